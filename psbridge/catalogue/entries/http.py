"""HTTP statuses: from the host or a gateway (`psbridge.catalogue.http_statuses`), and as Azure Stack's answers have them."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final, NamedTuple

from psbridge.catalogue.entries.entry import Entry, do
from psbridge.catalogue.http_statuses import STATUSES, name_of

_OPEN: Final = (
    "To a read: none was started. To a start request it proves nothing, whoever sent it: psbridge searches for the backup and "
    "ends with 0, 6 or 11."
)
_REFUSED: Final = (
    "None was started. From Azure Stack (in an error of a cmdlet) it is a refusal, and proves that nothing was started."
)
_CONNECTION: Final = "troubleshooting#the-connection-is-refused-or-nothing-answers"
_FROM: Final = "exit-codes#where-a-code-comes-from"
_LISTENER: Final = do("See the listeners on the host.", "PS> winrm enumerate winrm/config/listener")
_SERVICE: Final = do("See whether WinRM runs.", "PS> Get-Service WinRM")
_LIST: Final = do("Check the way to the stamp, step by step; one login, only reads.", "$ psbridge doctor")
_NO_WSMAN: Final = (
    "Another program has the port: a web server, a management agent.",
    "The address is that of a gateway whose route to /wsman is missing.",
)
_GATEWAY: Final = ("A gateway or load balancer in front of the host can't reach it.", "The host is down or restarting.")


class _Long(NamedTuple):
    """What is to be said about a status in addition to its sentence. `title`: for one that has no sentence of the host."""

    causes: tuple[str, ...]
    steps: tuple[str, ...] = (_LIST,)
    backup: str = _OPEN
    see: tuple[str, ...] = (_CONNECTION,)
    title: str = ""
    exit_code: str = "unreachable"


_REDIRECT: Final = _Long(
    ("A web server or gateway sends browsers to another address, such as from http to https.",),
    ("Set `host` and `port` of the target to the WinRM listener itself: psbridge never follows a redirect.", _LISTENER),
    title="the host answered with a redirect, which psbridge never follows",
)
_MORE: Final = {
    301: _REDIRECT,
    302: _REDIRECT,
    307: _REDIRECT,
    308: _REDIRECT,
    400: _Long(
        (
            "The port speaks another protocol or another address is served there.",
            "A Kerberos ticket is too large for HTTP.sys (a user in many groups).",
            "A gateway altered a sealed message, or the host lost its key.",
        ),
        (
            "With Kerberos and many groups: raise MaxFieldLength and MaxRequestBytes of HTTP.sys, or use `auth: ntlm`.",
            _LIST,
        ),
    ),
    401: _Long(
        (
            "From the host: the login was refused, or is not one that it offers.",
            "From the host in the middle of a session: a load balancer sent the request to another host.",
            "From Azure Stack: the host's session is not signed in, or its sign-in has expired.",
        ),
        (
            "Read the error's message: it says who answered. Refused credentials are never retried, because accounts lock.",
            do(
                "See what a sign-in on the host has.",
                "PS> Get-AzContext | Format-List Account, Environment, Subscription",
            ),
        ),
        _REFUSED,
        ("troubleshooting#the-login-is-refused", _FROM, "explain:signed_out", "explain:auth"),
        "the request carries no accepted login",
        "",
    ),
    403: _Long(
        (
            "From the host: an IP filter of WinRM, or a web server in front of it, denies access.",
            "From Azure Stack: the account has no role that permits this.",
        ),
        (
            do("See WinRM's filters on the host.", "PS> winrm get winrm/config/service"),
            "From Azure Stack: give the account the role Contributor on the Default Provider Subscription.",
        ),
        _REFUSED,
        (_FROM, "explain:AuthorizationFailed"),
        exit_code="",
    ),
    404: _Long(_NO_WSMAN, (_LISTENER, _LIST)),
    405: _Long(_NO_WSMAN, (_LISTENER, _LIST)),
    407: _Long(
        ("A proxy between this machine and the host asks for credentials; psbridge can't log in to proxies.",),
        (
            "Remove `proxy` from the target to connect directly.",
            do("See the values in force.", "$ psbridge config show"),
        ),
    ),
    408: _Long(("The network is slow or breaks.", "The host is very busy.")),
    409: _Long(
        ("Another backup or another operation of the stamp is running.",),
        (do("See what is running.", "$ psbridge backup list"),),
        _REFUSED,
        (_FROM, "explain:BackupConflictException"),
        "Azure Stack reports a conflict with another operation",
        "busy",
    ),
    411: _Long(("A proxy or gateway removes the length of requests.",)),
    412: _Long(
        ("An update is installing, or another condition for backups is not met.",),
        (do("See the update's state on the host.", "PS> Get-AzsUpdateLocation | Format-List Name, State"),),
        _REFUSED,
        (_FROM, "explain:PreconditionFailedException"),
        "Azure Stack reports that a condition is not met",
        "busy",
    ),
    413: _Long(
        ("A gateway takes smaller request bodies than WinRM.", "MaxEnvelopeSizekb of the host was lowered."),
        (do("See the host's limit.", "PS> Get-Item WSMan:\\localhost\\MaxEnvelopeSizekb"),),
    ),
    415: _Long(_NO_WSMAN, (_LISTENER, _LIST)),
    421: _Long(("A gateway chooses the host by name, and does not know this one.",)),
    425: _Long(("A gateway does not take early data.",)),
    426: _Long(("The server takes HTTP/2 only, or another protocol.",), (_LISTENER,)),
    429: _Long(
        (
            "From the host or a gateway: too many requests.",
            "From Azure Stack: its limit for the subscription is used up.",
        ),
        ("Wait some minutes; psbridge waits by itself during a backup.", _LIST),
    ),
    431: _Long(
        ("A Kerberos ticket is too large for the host or a gateway (a user in many groups).",),
        ("Raise MaxFieldLength and MaxRequestBytes of HTTP.sys on the host, or use `auth: ntlm`.", _LIST),
        see=("troubleshooting#kerberos",),
    ),
    500: _Long(
        (
            "From the host: WinRM met an error, and mostly sends a WSMan fault with it, which says more.",
            "From Azure Stack: the backup service met an internal error.",
        ),
        (
            do(
                "Read WinRM's event log on the host.",
                "PS> Get-WinEvent -LogName Microsoft-Windows-WinRM/Operational -MaxEvents 20",
            ),
            do("See the stamp's alerts.", "$ psbridge alert list"),
        ),
        see=(_FROM, "explain:InternalServerError"),
        title="the server reports an internal error",
    ),
    501: _Long(_NO_WSMAN, (_LISTENER, _LIST)),
    502: _Long(_GATEWAY, (_SERVICE, _LIST)),
    503: _Long(
        ("WinRM is stopped or starting.", *_GATEWAY, "From Azure Stack: the backup service is not available."),
        (_SERVICE, _LIST),
        see=(_CONNECTION, _FROM),
    ),
    504: _Long(_GATEWAY, (_SERVICE, _LIST)),
    505: _Long(("The server on this port is not WinRM.",), (_LISTENER,)),
}


def _entry(code: int, more: _Long) -> Entry:
    known = STATUSES.get(code)
    phrase = HTTPStatus(code).phrase
    return Entry(
        name_of(code),
        known.says if known else more.title,
        more.backup,
        more.causes,
        (*((known.hint,) if known else ()), *more.steps),
        see=more.see,
        aliases=(str(code), phrase),
        exit_code=more.exit_code,
        source="RFC 9110, RFC 6585, RFC 8470",
    )


ENTRIES: Final = tuple(_entry(code, more) for code, more in _MORE.items())
