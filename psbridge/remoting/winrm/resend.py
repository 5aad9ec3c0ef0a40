"""Which WSMan messages may be sent again, and when. What makes the host run something is sent again only if it never left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec
from pypsrp.wsman import WSManAction

_PAUSES: Final = (0.2, 1.0, 3.0)
"""Seconds before the first repetition, the second, and each one after."""


class Resend(msgspec.Struct, frozen=True):
    """How often an action may be sent again with the same bytes.

    Attributes:
        failed: after any failure.
        unsent: after one before which nothing of it had left this machine.
    """

    failed: int
    unsent: int


_SAFE = Resend(3, 3)
_UNTIL_SENT = Resend(0, 1)
RESEND: Mapping[str, Resend] = {
    WSManAction.RECEIVE: _SAFE,
    WSManAction.GET: _SAFE,
    WSManAction.ENUMERATE: _SAFE,
    WSManAction.SIGNAL: _SAFE,
    WSManAction.DELETE: _SAFE,
    WSManAction.DISCONNECT: _SAFE,
    WSManAction.RECONNECT: _SAFE,
    WSManAction.COMMAND: _UNTIL_SENT,
    WSManAction.SEND: _UNTIL_SENT,
    WSManAction.CREATE: Resend(0, 0),  # another host, or a fresh session, is the better repetition
    WSManAction.CONNECT: Resend(0, 0),
}
_NEVER: Final = Resend(0, 0)


def may_resend(action: str, attempt: int, transmissions: int) -> bool:
    """Return whether an action's message may be sent again.

    Args:
        action: the WSMan action.
        attempt: how often it has been sent again.
        transmissions: how often it, or its beginning, has left this machine.
    """
    allowed = RESEND.get(action, _NEVER)
    return attempt < (allowed.failed if transmissions else allowed.unsent)


def pause_before(attempt: int) -> float:
    """Return the seconds to wait before a repetition; 0 is the first one."""
    return _PAUSES[min(attempt, len(_PAUSES) - 1)]
