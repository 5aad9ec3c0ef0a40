"""What an HTTP status without a SOAP fault means. It comes from the host, or from a gateway in front of it.

Meanings: RFC 9110, 15; 425: RFC 8470; 429 and 431: RFC 6585. Which of them may leave a session on the host is decided where
they are read (`psbridge.remoting.winrm.errors.statuses`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from psbridge.catalogue.hints import ADDRESS, RETRY


class Status(NamedTuple):
    """What a status means: the sentence, what to do, and whether a retry may succeed."""

    says: str
    hint: str
    retryable: bool = False


_BETWEEN: Final = "Check the proxy or gateway between this machine and the host: "
_NO_WSMAN: Final = "the service on this port is a web server without WSMan"
_NOT_REACHED: Final = "a gateway between this machine and the host can't reach the host"
_GATEWAY: Final = (
    "Retry later. If it happens again, check that the gateway can reach the host, and the WinRM service on the host."
)
TICKET: Final = (
    " With Kerberos, a ticket that is too large for the host is another cause (a user in many groups): raise MaxFieldLength "
    "and MaxRequestBytes of HTTP.sys on the host, or use `auth: ntlm`."
)

STATUSES: Final[Mapping[int, Status]] = {
    400: Status("the host, or a gateway in front of it, rejected the request as invalid", ADDRESS),
    403: Status(
        "the host, or a gateway in front of it, denies access to WSMan",
        "Check WinRM's IP filters (`winrm get winrm/config/service` on the host) and any proxy or web server in front of it.",
    ),
    404: Status(_NO_WSMAN, ADDRESS),
    405: Status(_NO_WSMAN, ADDRESS),
    407: Status(
        "a proxy on the way to the host asks for credentials, which psbridge does not support",
        "Allow this machine on the proxy without credentials, or connect to the host directly.",
    ),
    408: Status("the host, or a gateway in front of it, timed out waiting for the request", RETRY, True),
    411: Status("the request arrived without its length", _BETWEEN + "it removes Content-Length."),
    413: Status(
        "the request is too large for the host or a gateway in front of it",
        "Raise the gateway's limit for a request body, or MaxEnvelopeSizekb of WinRM (default: 500).",
    ),
    415: Status(_NO_WSMAN, ADDRESS),
    421: Status(
        "the request reached a server that is not responsible for this host name",
        "Set `host` to a name that this server answers for, and check the routes of the gateway in front of it.",
    ),
    425: Status("the host, or a gateway in front of it, asks for the request later", RETRY, True),
    426: Status("the server does not accept HTTP/1.1", ADDRESS),
    429: Status("the host is too busy", "Retry later. If it happens again, check the load of the host.", True),
    431: Status(
        "the headers of the request are too large for the host or a gateway in front of it",
        _BETWEEN + "raise its limit for headers.",
    ),
    501: Status(_NO_WSMAN, ADDRESS),
    502: Status(_NOT_REACHED, _GATEWAY, True),
    503: Status(
        "the WinRM service of the host is not ready, or a gateway can't reach the host",
        "Retry in a minute. If it happens again, run `Get-Service WinRM` on the host, and check any gateway in front of it.",
        True,
    ),
    504: Status(_NOT_REACHED, _GATEWAY, True),
    505: Status("the server does not accept HTTP/1.1", ADDRESS),
}
_OTHER: Final = "the host sent an HTTP status that WSMan does not use"


def of(code: int) -> Status:
    """Return what a status means. An unknown one is permanent unless it is a server error (5xx)."""
    failed = code >= 500
    return STATUSES.get(code) or Status(_OTHER, RETRY if failed else ADDRESS, failed)


def name_of(code: int) -> str:
    """Return the name of a status' entry."""
    return f"http-{code}"
