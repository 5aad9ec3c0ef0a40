"""Whether a message was delivered, and which may be sent again.

Whatever is not proved undelivered may have been delivered. What makes the host run something is sent again only if it never
left.

A Command that may have been delivered is never sent again, and "not sent" is said only of one that a row of
`UNDELIVERED` covers. No HTTP status is a row: whoever stands before the host (a gateway, a load balancer, http.sys) may
answer 400, 401, 403, 407, 408, 413, 421, 425, 429, 502, 503 or 504 after the host has the request. Envoy answers 503
when the connection is reset behind it after it has passed a request on (istio/istio#13851, envoyproxy/envoy#14981). A TLS
1.3 alert may come after the request has left, too: the client sends data with its Finished, before the server has judged its
certificate (RFC 8446, figure 1).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import msgspec
from pypsrp.wsman import WSManAction

from psbridge.remoting.winrm.errors.wsman import refuses


class Exchange(msgspec.Struct):
    """What is known of one message on its way.

    Attributes:
        transmissions: how often the message, or the beginning of it, was handed to a socket; logging in does not count,
            because its requests have no body.
        trusted: nobody on the way can have made the answer up: TLS with a verified certificate, or a seal.
        fault: the code of the WSMan fault that answered it, None if none did.
        relates: that fault names this message in RelatesTo.
    """

    transmissions: int = 0
    trusted: bool = False
    fault: object = None
    relates: bool = False


class Undelivered(msgspec.Struct, frozen=True):
    """One way to know that the host did not begin what it was sent.

    Attributes:
        source: why the host can't have begun it then.
    """

    what: str
    holds: Callable[[Exchange], bool]
    source: str


UNDELIVERED: tuple[Undelivered, ...] = (
    Undelivered(
        "no byte of the message was handed to a socket",
        lambda it: it.transmissions == 0,
        "The name was not found, the connection was refused, TLS failed in its handshake (Python's ssl sends no early data, "
        "RFC 8446, 2.3), or the login failed, whose requests have no body "
        "(`transport.DeadlineTransport`).",
    ),
    Undelivered(
        "a WSMan fault refuses this message, in answer to the only time that it was sent",
        lambda it: it.transmissions == 1 and it.relates and it.trusted and refuses(it.fault),
        "WS-Addressing: RelatesTo names the message that an answer is to; the codes are wsmerror.h's (`errors.wsman.refuses`). "
        "The answer to a repetition says nothing of the first: another host may have given it.",
    ),
)


def undelivered(exchange: Exchange) -> Undelivered | None:
    """Return why the host did not begin what it was sent, None if it may have."""
    return next((case for case in UNDELIVERED if case.holds(exchange)), None)


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

    `attempt`: how often it has been sent again.
    `transmissions`: how often it, or its beginning, has left this machine.
    """
    allowed = RESEND.get(action, _NEVER)
    return attempt < (allowed.failed if transmissions else allowed.unsent)


def pause_before(attempt: int) -> float:
    """Return the seconds to wait before a repetition; 0 is the first one."""
    return _PAUSES[min(attempt, len(_PAUSES) - 1)]
