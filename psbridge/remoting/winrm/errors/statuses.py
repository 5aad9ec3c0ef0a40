"""What an HTTP status without a SOAP fault means: the host's own, or that of whoever stands before it.

Each question that is asked of a status is answered here, but one: none proves that a message was not delivered (`delivery`).
"""

from __future__ import annotations

from collections.abc import Mapping

from psbridge.errors import Unreachable
from psbridge.remoting.winrm.errors.translation import RETRY, ErrorContext, Translation

_ADDRESS = "Check host, port, path and tls of the target; WinRM uses 5986 (https) or 5985."
_BETWEEN = "Look at what stands between this machine and the host: "
_TICKET = (
    " With Kerberos, a ticket that is too large for the host does this as well (a user in many groups): raise MaxFieldLength "
    "and MaxRequestBytes of HTTP.sys on the host, or use auth: ntlm."
)
_MAY_USE_KERBEROS = frozenset({"kerberos", "negotiate"})

# Message, hint, whether the same request may do better later. Meanings: RFC 9110, 15; 425: RFC 8470; 429 and 431: RFC 6585.
_STATUS: Mapping[int, tuple[str, str, bool]] = {
    400: ("the host, or a gateway before it, can't read the request", _ADDRESS, False),
    403: (
        "the host forbids the way to WSMan",
        "Check WinRM's IP filters and any proxy or web server before it.",
        False,
    ),
    404: ("there is a web server, but no WSMan", _ADDRESS, False),
    405: ("there is a web server, but no WSMan", _ADDRESS, False),
    407: ("a proxy asks for credentials", "Name it with `proxy` of the target, or reach the host directly.", False),
    408: ("the host, or a gateway before it, did not wait for the request", RETRY, True),
    411: ("the request's length was lost on the way", _BETWEEN + "it drops Content-Length.", False),
    413: (
        "the request is too large for the host or a gateway before it",
        "Raise the gateway's limit of a request's body, or MaxEnvelopeSizekb of WinRM (500 is its default).",
        False,
    ),
    415: ("there is a web server, but no WSMan", _ADDRESS, False),
    421: (
        "the request reached a server that does not answer for this host",
        "Use the name that this server answers for as host, and look at the routes of what stands before the host.",
        False,
    ),
    425: ("the host, or a gateway before it, wants the request later", RETRY, True),
    426: ("the server wants another protocol than HTTP/1.1", _ADDRESS, False),
    429: ("the host is too busy", RETRY, True),
    431: (
        "the headers of the request are too large for the host or a gateway before it",
        _BETWEEN + "its limit of a header.",
        False,
    ),
    501: ("there is a web server, but no WSMan", _ADDRESS, False),
    502: ("a gateway does not reach the host", RETRY, True),
    503: ("the host's WinRM service is not ready, or a gateway does not reach the host", RETRY, True),
    504: ("a gateway does not reach the host", RETRY, True),
    505: ("the server wants another protocol than HTTP/1.1", _ADDRESS, False),
}


_MOST_LIKELY_NO_SHELL = frozenset({401, 503})
_NO_SUCH_SHELL = frozenset({404, 410})


def may_pass(status: int, *, sealed: bool) -> bool:
    """Return whether the same message may do better at once: 503, and 400 on a sealed one, whose key the host has forgotten."""
    return status == 503 or (status == 400 and sealed)


def most_likely_no_shell(status: int) -> bool:
    """Return whether a Create that was answered so has most likely left no shell."""
    return status in _MOST_LIKELY_NO_SHELL


def no_such_shell(status: int) -> bool:
    """Return whether a Delete that was answered so found no shell."""
    return status in _NO_SUCH_SHELL


def http_status(error: BaseException, context: ErrorContext) -> Translation:
    """Say what a status means. One that the table does not have is permanent unless it is a server's own error (5xx)."""
    code = next((item for item in error.args if isinstance(item, int)), 0)
    failed = code >= 500
    otherwise = ("the host answered, but not as WSMan does", RETRY if failed else _ADDRESS, failed)
    message, hint, retryable = _STATUS.get(code, otherwise)
    if code == 400 and context.spoke:
        # It could read what came before; so its end of the seal is gone, or the line is bad.
        hint, retryable = RETRY, True
    if code in {400, 431} and context.auth in _MAY_USE_KERBEROS:
        hint += _TICKET
    return Translation(Unreachable, f"{message} (HTTP {code})", hint, retryable)
