"""Whether a message was delivered, and which messages may be sent again.

A message may have been delivered unless the opposite is proved. A message that makes the host run something is sent again
only if no byte of it was sent.

A Command that may have been delivered is never sent again. "Not sent" is claimed only if a row of `UNDELIVERED` proves it.
No HTTP status is a row: a gateway, a load balancer or http.sys in front of the host may answer 400, 401, 403, 407, 408, 413,
421, 425, 429, 502, 503 or 504 after the host has the request. Envoy answers 503 when the connection behind it is reset after
it has forwarded a request (istio/istio#13851, envoyproxy/envoy#14981). A TLS 1.3 alert may also come after the request was
sent: the client sends data with its Finished, before the server has checked the client's certificate (RFC 8446, figure 1).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import msgspec
from pypsrp.wsman import WSManAction

from psbridge.remoting.winrm.errors.wsman import refuses


class Exchange(msgspec.Struct):
    """What is known about one message.

    Attributes:
        transmissions: how often the message, or the beginning of it, was handed to a socket. The login does not count,
            because its requests have no body.
        trusted: the answer is from the host: TLS with a verified certificate, or a seal.
        fault: the code of the WSMan fault in the answer, None without one.
        relates: the fault names this message in RelatesTo.
    """

    transmissions: int = 0
    trusted: bool = False
    fault: object = None
    relates: bool = False


class Undelivered(msgspec.Struct, frozen=True):
    """A proof that the host did not begin to process a message.

    Attributes:
        source: why this is a proof.
    """

    what: str
    holds: Callable[[Exchange], bool]
    source: str


UNDELIVERED: tuple[Undelivered, ...] = (
    Undelivered(
        "no byte of the message was handed to a socket",
        lambda it: it.transmissions == 0,
        "The name was not found, the connection was refused, the TLS handshake failed (Python's ssl sends no early data, "
        "RFC 8446, 2.3), or the login failed (its requests have no body, `transport.DeadlineTransport`).",
    ),
    Undelivered(
        "a WSMan fault refuses this message, in answer to the only time that it was sent",
        lambda it: it.transmissions == 1 and it.relates and it.trusted and refuses(it.fault),
        "WS-Addressing: RelatesTo names the message that an answer is to; the codes are wsmerror.h's (`errors.wsman.refuses`). "
        "The answer to a retry proves nothing about the first transmission, because another host may have sent it.",
    ),
)


def undelivered(exchange: Exchange) -> Undelivered | None:
    """Return the proof that the host did not begin to process a message, None if there is none."""
    return next((case for case in UNDELIVERED if case.holds(exchange)), None)


_PAUSES: Final = (0.2, 1.0, 3.0)
"""Seconds before the first retry, the second, and each later one."""


class Resend(msgspec.Struct, frozen=True):
    """How often an action may be sent again with the same bytes.

    Attributes:
        failed: after any failure.
        unsent: after a failure before any byte of it was sent.
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
    WSManAction.CREATE: Resend(0, 0),  # a retry uses another host or a new session
    WSManAction.CONNECT: Resend(0, 0),
}
_NEVER: Final = Resend(0, 0)


def may_resend(action: str, attempt: int, transmissions: int) -> bool:
    """Return whether an action's message may be sent again.

    `attempt`: how often it has been sent again.
    `transmissions`: how often it, or its beginning, was handed to a socket.
    """
    allowed = RESEND.get(action, _NEVER)
    return attempt < (allowed.failed if transmissions else allowed.unsent)


def pause_before(attempt: int) -> float:
    """Return the seconds to wait before a retry; 0 is the first one."""
    return _PAUSES[min(attempt, len(_PAUSES) - 1)]
