"""What an HTTP status without a SOAP fault means. It comes from the host, or from a gateway in front of it.

No status proves that a message was not delivered (`delivery`).
"""

from __future__ import annotations

from collections.abc import Mapping

from psbridge.errors import Unreachable
from psbridge.remoting.winrm.errors.translation import ADDRESS, RETRY, ErrorContext, Translation

_BETWEEN = "Check the proxy or gateway between this machine and the host: "
_NO_WSMAN = "the service on this port is a web server without WSMan"
_NOT_REACHED = "a gateway between this machine and the host can't reach the host"
_GATEWAY = (
    "Retry later. If it happens again, check that the gateway can reach the host, and the WinRM service on the host."
)
_TICKET = (
    " With Kerberos, a ticket that is too large for the host is another cause (a user in many groups): raise MaxFieldLength "
    "and MaxRequestBytes of HTTP.sys on the host, or use `auth: ntlm`."
)
_MAY_USE_KERBEROS = frozenset({"kerberos", "negotiate"})

# Message, hint, whether a retry may succeed. Meanings: RFC 9110, 15; 425: RFC 8470; 429 and 431: RFC 6585.
_STATUS: Mapping[int, tuple[str, str, bool]] = {
    400: ("the host, or a gateway in front of it, rejected the request as invalid", ADDRESS, False),
    403: (
        "the host, or a gateway in front of it, denies access to WSMan",
        "Check WinRM's IP filters (`winrm get winrm/config/service` on the host) and any proxy or web server in front of it.",
        False,
    ),
    404: (_NO_WSMAN, ADDRESS, False),
    405: (_NO_WSMAN, ADDRESS, False),
    407: (
        "a proxy on the way to the host asks for credentials, which psbridge does not support",
        "Allow this machine on the proxy without credentials, or connect to the host directly.",
        False,
    ),
    408: ("the host, or a gateway in front of it, timed out waiting for the request", RETRY, True),
    411: ("the request arrived without its length", _BETWEEN + "it removes Content-Length.", False),
    413: (
        "the request is too large for the host or a gateway in front of it",
        "Raise the gateway's limit for a request body, or MaxEnvelopeSizekb of WinRM (default: 500).",
        False,
    ),
    415: (_NO_WSMAN, ADDRESS, False),
    421: (
        "the request reached a server that is not responsible for this host name",
        "Set `host` to a name that this server answers for, and check the routes of the gateway in front of it.",
        False,
    ),
    425: ("the host, or a gateway in front of it, asks for the request later", RETRY, True),
    426: ("the server does not accept HTTP/1.1", ADDRESS, False),
    429: ("the host is too busy", "Retry later. If it happens again, check the load of the host.", True),
    431: (
        "the headers of the request are too large for the host or a gateway in front of it",
        _BETWEEN + "raise its limit for headers.",
        False,
    ),
    501: (_NO_WSMAN, ADDRESS, False),
    502: (_NOT_REACHED, _GATEWAY, True),
    503: (
        "the WinRM service of the host is not ready, or a gateway can't reach the host",
        "Retry in a minute. If it happens again, run `Get-Service WinRM` on the host, and check any gateway in front of it.",
        True,
    ),
    504: (_NOT_REACHED, _GATEWAY, True),
    505: ("the server does not accept HTTP/1.1", ADDRESS, False),
}


_MOST_LIKELY_NO_SHELL = frozenset({401, 503})
_NO_SUCH_SHELL = frozenset({404, 410})


def may_pass(status: int, *, sealed: bool) -> bool:
    """Return whether an immediate retry may succeed: after 503, and after 400 on a sealed message whose key the host lost."""
    return status == 503 or (status == 400 and sealed)


def most_likely_no_shell(status: int) -> bool:
    """Return whether a Create that got this status has most likely left no shell."""
    return status in _MOST_LIKELY_NO_SHELL


def no_such_shell(status: int) -> bool:
    """Return whether a Delete that got this status found no shell."""
    return status in _NO_SUCH_SHELL


def http_status(error: BaseException, context: ErrorContext) -> Translation:
    """Return what a status means. An unknown status is permanent unless it is a server error (5xx)."""
    code = next((item for item in error.args if isinstance(item, int)), 0)
    failed = code >= 500
    otherwise = ("the host sent an HTTP status that WSMan does not use", RETRY if failed else ADDRESS, failed)
    message, hint, retryable = _STATUS.get(code, otherwise)
    if code == 400 and context.spoke:
        # The host could read the messages before this one, so the address is right.
        hint, retryable = RETRY, True
    if code in {400, 431} and context.auth in _MAY_USE_KERBEROS:
        hint += _TICKET
    return Translation(Unreachable, f"{message} (HTTP {code})", hint, retryable)
