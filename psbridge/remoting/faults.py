"""One table from what can go wrong below psbridge to psbridge's own errors.

`translate` is the only way in. A test walks `pypsrp.exceptions` and `requests.exceptions` and fails on a class that no
row names. Codes are those of wsmerror.h and winerror.h; texts are for people, decisions rest on classes and codes only.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import struct
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import pypsrp.exceptions
import requests.exceptions
import spnego.exceptions
import urllib3.exceptions

from psbridge.errors import (
    AuthError,
    ConfigError,
    InternalError,
    PrerequisiteError,
    PsbridgeError,
    ResultVoid,
    Unreachable,
    UsageError,
)
from psbridge.remoting import kerberos

MAX_FOREIGN_TEXT = 300
TIMED_OUT = 2150858793  # ERROR_WSMAN_OPERATION_TIMEDOUT: nothing came within the operation timeout
SHELL_GONE = 2150858843  # ERROR_WSMAN_UNEXPECTED_SELECTORS: the host has no such shell or command


@dataclass(frozen=True, slots=True)
class Where:
    """What was being done when an error came.

    Attributes:
        url: the endpoint, for people.
        doing: such as `open a session`.
        delivered: the host may have run what was sent.
        auth: how psbridge authenticates there.
        offered: what the host's first refusal offered, None if it did not say.
        spoke: it has answered in WSMan before, so that nonsense from it is a mishap and no wrong address.
    """

    url: str
    doing: str = "talk to the host"
    delivered: bool = False
    auth: str = ""
    offered: str | None = None
    spoke: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an error comes to."""

    kind: type[PsbridgeError]
    message: str
    hint: str
    retryable: bool = False


class Redirected(Exception):
    """The host answered with a redirect, which is never followed: credentials would go elsewhere."""


class NotWSMan(Exception):
    """The host answered, but not in WSMan."""


class TooMuch(OSError):
    """An answer is larger than any that WSMan allows."""


class TooManyLogins(Exception):
    """The host asked again and again for a login."""


def bounded(text: object, limit: int = MAX_FOREIGN_TEXT) -> str:
    """Return text of the far end on one line, at most `limit` characters of it."""
    try:
        line = " ".join(str(text).split())
    except Exception:  # noqa: BLE001 - pypsrp's errors make their text when asked, from what they were given
        line = type(text).__name__
    return line if len(line) <= limit else line[: limit - 1] + "…"


_RETRY = "Try again; if it stays so, look at the host's WinRM service and its event log."
_BUG = "This is a bug of psbridge; please report it with the output of --debug."
_QUOTA = "Close other sessions of this user on the host, or wait for their idle timeout, and try again."

_CODES: Mapping[int, tuple[type[PsbridgeError], str, str, bool]] = {
    5: (
        PrerequisiteError,
        "the host denies this user the session configuration",
        "Add the user to Remote Management Users on the host, or set configuration_name to one that the user may use.",
        False,
    ),
    TIMED_OUT: (Unreachable, "the host did not answer within the operation timeout", _RETRY, True),
    SHELL_GONE: (Unreachable, "the session is gone from the host", _RETRY, True),
    2150858811: (  # ERROR_WSMAN_INVALID_RESOURCE_URI
        PrerequisiteError,
        "the host has no such session configuration",
        "Set configuration_name to one that `Get-PSSessionConfiguration` lists on the host.",
        False,
    ),
    2150859180: (  # ERROR_WSMAN_REMOTESHELLS_NOT_ALLOWED
        PrerequisiteError,
        "the host allows no remote shells",
        "Allow them on the host: WSMan:\\localhost\\Shell\\AllowRemoteShellAccess.",
        False,
    ),
    2150859204: (  # ERROR_WINRS_SHELL_DISCONNECTED
        Unreachable,
        "the session on the host is disconnected",
        _RETRY,
        True,
    ),
    995: (Unreachable, "the host aborted the operation", _RETRY, True),  # ERROR_OPERATION_ABORTED
} | dict.fromkeys(
    # ERROR_WSMAN_QUOTA_*: LIMIT, MAX_SHELLS, MAX_OPERATIONS, USER, SYSTEM, MAX_SHELLUSERS and the plug-ins' seven
    (2150858815, *range(2150859173, 2150859177), 2150859179, *range(2150859236, 2150859243)),
    (Unreachable, "the host's quota of sessions or operations is used up", _QUOTA, True),
)


def _wsman_fault(error: BaseException, where: Where) -> Verdict:
    args = (*error.args, None, None, None, None, None, None)
    code, reason, detail = args[0], args[2], args[5]
    said = f" (WSMan fault {bounded(code, 40)}: {bounded(detail or reason or 'no reason given')})"
    known = _CODES.get(code) if isinstance(code, int) else None
    if known is None:
        return Verdict(Unreachable, f"the host refused to {where.doing}{said}", _RETRY, True)
    kind, message, hint, retryable = known
    return Verdict(kind, message + said, hint, retryable)


_STATUS: Mapping[int, tuple[str, str, bool]] = {
    400: ("the host could not read the request", _RETRY, True),
    403: (
        "the host forbids the way to WSMan",
        "Check WinRM's IP filters and any proxy or web server before it.",
        False,
    ),
    404: ("there is a web server, but no WSMan", "Check host, port and path; WinRM uses 5986 (https) or 5985.", False),
    405: ("there is a web server, but no WSMan", "Check host and port; WinRM uses 5986 (https) or 5985.", False),
    407: ("a proxy asks for credentials", "psbridge uses no proxy: reach the host directly.", False),
    415: ("there is a web server, but no WSMan", "Check host and port; WinRM uses 5986 (https) or 5985.", False),
    429: ("the host is too busy", _RETRY, True),
    502: ("a gateway does not reach the host", _RETRY, True),
    503: ("the host's WinRM service is not ready", _RETRY, True),
    504: ("a gateway does not reach the host", _RETRY, True),
}


def _http_status(error: BaseException, _where: Where) -> Verdict:
    code = next((item for item in error.args if isinstance(item, int)), 0)
    message, hint, retryable = _STATUS.get(code, ("the host answered, but not as WSMan does", _RETRY, code >= 500))
    return Verdict(Unreachable, f"{message} (HTTP {code})", hint, retryable)


def _refused_credentials(_error: BaseException, where: Where) -> Verdict:
    offered = f"; the host offers {bounded(where.offered, 120)}" if where.offered else ""
    return Verdict(
        AuthError,
        f"the host refused the credentials (auth: {where.auth}{offered})",
        "Check user name, password and auth. psbridge never tries a refused credential again, for accounts lock.",
    )


def _no_login(error: BaseException, where: Where) -> Verdict:
    """Say why a login came to nothing before the host could refuse it; Kerberos asks others, who refuse or are silent."""
    known = kerberos.trouble(error)
    if known is None:
        said = f"the login could not be done (auth: {where.auth}): {bounded(error)}"
        return Verdict(
            AuthError, said, "Check auth and the user name; for kerberos, the ticket (`klist`) and the realm."
        )
    said = f"{known.what} (auth: {where.auth}: {bounded(error, 160)})"
    return Verdict(AuthError if known.refused else Unreachable, said, known.hint, retryable=not known.refused)


def _missing_package(error: BaseException, where: Where) -> Verdict:
    extra = where.auth if where.auth in {"kerberos", "credssp"} else "kerberos] or psbridge[credssp"
    return Verdict(
        ConfigError,
        f"auth {where.auth} needs a package that is not installed: {bounded(error, 120)}",
        f"Install psbridge[{extra}]" + ("; it needs MIT Kerberos and its headers." if extra == "kerberos" else "."),
    )


_ALERTS = {  # what a host says of our certificate, by OpenSSL's reason
    "TLSV1_ALERT_UNKNOWN_CA": "no authority that it trusts has signed it",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": "it has expired",
    "SSLV3_ALERT_CERTIFICATE_REVOKED": "it is revoked",
    "SSLV3_ALERT_BAD_CERTIFICATE": "it is broken",
    "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE": "it is not for clients",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": "it is not acceptable",
    "TLSV1_ALERT_ACCESS_DENIED": "it is not wanted",
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": "it got none",
}


_TLS = (  # OpenSSL's verify codes, x509_vfy.h
    ({18, 19, 20, 21}, "its certificate is signed by no authority that is trusted here", "Set tls.ca to the PEM file"),
    ({62, 63, 64}, "its certificate is for another name", "Use the name that the certificate has as host"),
    ({10}, "its certificate has expired", "Renew the certificate of the host's WinRM listener"),
    ({9}, "its certificate is not valid yet", "Check the clocks of this machine and of the host"),
)


def _tls(error: BaseException, where: Where) -> Verdict:
    for cause in causes(error):
        refusal = _ALERTS.get(str(getattr(cause, "reason", "")))
        if refusal and where.auth == "certificate":
            return Verdict(
                AuthError,
                f"the host refused the client certificate: {refusal}",
                "Look at tls.client_cert of the target, and at the authorities that the host trusts.",
            )
        if isinstance(cause, ssl.SSLEOFError | ssl.SSLZeroReturnError | ssl.SSLSyscallError):
            return Verdict(Unreachable, "the connection was cut", _RETRY, True)
        if isinstance(cause, ssl.SSLCertVerificationError):
            code = getattr(cause, "verify_code", 0)
            for codes, what, hint in _TLS:
                if code in codes:
                    return Verdict(Unreachable, f"TLS to the host failed: {what}", f"{hint}.")
            said = bounded(getattr(cause, "verify_message", "") or cause)
            return Verdict(Unreachable, f"the host's certificate is refused: {said}", "Look at the certificate.")
    return Verdict(
        Unreachable,
        f"TLS to the host failed: {bounded(error, 160)}",
        "Check that the port speaks https (5986) and that both sides share a TLS version.",
    )


def _connection(error: BaseException, where: Where) -> Verdict:
    """Say which of the ways to fail a connection took; requests wraps them all in one class."""
    inner = [cause for cause in causes(error) if not isinstance(cause, requests.exceptions.RequestException)]
    for kind, row in _CAUSES:
        for cause in inner:
            if isinstance(cause, kind):
                return row(cause, where)
    return Verdict(Unreachable, f"the connection broke: {bounded(error, 160)}", _RETRY, True)


def _not_wsman(error: BaseException, where: Where) -> Verdict:
    if where.spoke:
        return Verdict(Unreachable, f"the host's answer is garbled: {bounded(error)}", _RETRY, True)
    return Verdict(Unreachable, f"the host's answer is not WSMan: {bounded(error)}", "Check host, port and path.")


def _fixed(
    kind: type[PsbridgeError], message: str, hint: str, *, retryable: bool = False
) -> Callable[[BaseException, Where], Verdict]:
    return lambda _error, _where: Verdict(kind, message, hint, retryable)


def _said(
    kind: type[PsbridgeError], message: str, hint: str, *, retryable: bool = False
) -> Callable[[BaseException, Where], Verdict]:
    return lambda error, _where: Verdict(kind, f"{message}: {bounded(error)}", hint, retryable)


_DNS = _fixed(
    Unreachable, "the host's name can't be resolved", "Check the name, and this machine's DNS.", retryable=True
)
_REFUSED = _fixed(
    Unreachable,
    "the host refused the connection",
    "Check the port (5986 with tls, 5985 without) and that WinRM listens there.",
    retryable=True,
)
_SILENT = _fixed(
    Unreachable,
    "the host did not answer in time",
    "Check the host and the firewalls on the way to it.",
    retryable=True,
)
_CUT = _fixed(
    Unreachable,
    "the connection was cut",
    "Try again; look at the WinRM service on the host, and whether `tls` of the target fits its port.",
    retryable=True,
)
_INVALID = _said(ConfigError, "the address or a setting can't be used", "Check host, port, tls and auth of the target.")
_BROKEN_HTTP = _said(Unreachable, "the host's HTTP answer is broken", _RETRY, retryable=True)
_OUR_BUG = _said(InternalError, "the session was used wrongly", _BUG)
_VOID = _said(ResultVoid, "the host's answer can't be read whole", "Try again.", retryable=True)

Row = Callable[[BaseException, Where], Verdict]

_CAUSES: tuple[tuple[type[BaseException], Row], ...] = (
    (ssl.SSLError, _tls),
    (socket.gaierror, _DNS),
    (urllib3.exceptions.NameResolutionError, _DNS),
    (ConnectionRefusedError, _REFUSED),
    (TooMuch, _said(Unreachable, "the host's answer is not WSMan", _RETRY)),
    (TimeoutError, _SILENT),
    (ConnectionError, _CUT),
    (OSError, _said(Unreachable, "the host can't be reached", "Check the network.", retryable=True)),
    (urllib3.exceptions.TimeoutError, _SILENT),
    (urllib3.exceptions.ProtocolError, _CUT),
)

# The first row whose class matches decides; so subclasses stand before their bases.
TABLE: tuple[tuple[type[BaseException], Row], ...] = (
    (pypsrp.exceptions.AuthenticationError, _refused_credentials),
    (pypsrp.exceptions.WSManFaultError, _wsman_fault),
    (pypsrp.exceptions.WinRMTransportError, _http_status),
    (pypsrp.exceptions.InvalidRunspacePoolStateError, _OUR_BUG),
    (pypsrp.exceptions.InvalidPipelineStateError, _OUR_BUG),
    (pypsrp.exceptions._InvalidStateError, _OUR_BUG),  # noqa: SLF001 - the base of the two above
    (pypsrp.exceptions.InvalidPSRPOperation, _said(Unreachable, "the host broke the session off", _RETRY)),
    (pypsrp.exceptions.FragmentError, _VOID),
    (pypsrp.exceptions.SerializationError, _said(UsageError, "an argument can't be sent", "Check the arguments.")),
    (pypsrp.exceptions.WinRMError, _said(Unreachable, "the host's answer is not WSMan", _RETRY, retryable=True)),
    (
        Redirected,
        _said(Unreachable, "the host redirects elsewhere, which is never followed", "Use the real address as host."),
    ),
    (NotWSMan, _not_wsman),
    (TooManyLogins, _refused_credentials),
    (requests.exceptions.SSLError, _connection),
    (requests.exceptions.ProxyError, _said(Unreachable, "a proxy is in the way", "Reach the host directly.")),
    (requests.exceptions.ConnectTimeout, _SILENT),
    (requests.exceptions.ReadTimeout, _SILENT),
    (requests.exceptions.Timeout, _SILENT),
    (requests.exceptions.RetryError, _CUT),
    (requests.exceptions.ConnectionError, _connection),
    (requests.exceptions.ChunkedEncodingError, _connection),
    (requests.exceptions.ContentDecodingError, _BROKEN_HTTP),
    (requests.exceptions.InvalidHeader, _BROKEN_HTTP),
    (requests.exceptions.InvalidJSONError, _BROKEN_HTTP),
    (requests.exceptions.TooManyRedirects, _BROKEN_HTTP),
    (requests.exceptions.HTTPError, _BROKEN_HTTP),
    (requests.exceptions.StreamConsumedError, _OUR_BUG),
    (requests.exceptions.UnrewindableBodyError, _OUR_BUG),
    (requests.exceptions.MissingSchema, _INVALID),
    (requests.exceptions.InvalidSchema, _INVALID),
    (requests.exceptions.InvalidURL, _INVALID),
    (requests.exceptions.URLRequired, _INVALID),
    (requests.exceptions.RequestException, _connection),
    (spnego.exceptions.InvalidCredentialError, _refused_credentials),
    (spnego.exceptions.SpnegoError, _no_login),
    (spnego.exceptions.FeatureMissingError, _no_login),
    (urllib3.exceptions.HTTPError, _connection),
    (http.client.HTTPException, _CUT),
    (ImportError, _missing_package),
    (OSError, _connection),
    (UnicodeError, _said(UsageError, "a text can't be sent", "Check the arguments.")),
    # pypsrp reads an answer without looking whether it has the parts that it takes for granted.
    (ET.ParseError, _not_wsman),
    (ValueError, _not_wsman),
    (LookupError, _not_wsman),
    (AttributeError, _not_wsman),
    (TypeError, _not_wsman),
    (struct.error, _not_wsman),
)


# Those of packages that may not be installed, by package and class; "" is every other class of it.
OPTIONAL: Mapping[tuple[str, str], Row] = {
    ("krb5", ""): _no_login,
    ("gssapi", ""): _no_login,
    ("requests_credssp", ""): _no_login,
    ("requests_credssp", "NTStatusException"): _refused_credentials,
}


def causes(error: BaseException) -> Iterator[BaseException]:
    """Walk an error and what it wraps, outermost first; requests and urllib3 hide the real one in `args` or `reason`."""
    seen: set[int] = set()
    queue: list[BaseException] = [error]
    while queue and len(seen) < 32:
        current = queue.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        inner = (*current.args, getattr(current, "reason", None), current.__cause__, current.__context__)
        queue.extend(item for item in inner if isinstance(item, BaseException))


def row_for(kind: type[BaseException]) -> Row | None:
    """Return the row that decides for a class of errors, None if there is none."""
    for each in kind.__mro__:
        package = each.__module__.partition(".")[0]
        row = OPTIONAL.get((package, each.__name__)) or OPTIONAL.get((package, ""))
        if row is not None:
            return row
    return next((row for known, row in TABLE if issubclass(kind, known)), None)


def translate(error: Exception, where: Where) -> PsbridgeError:
    """Return psbridge's error for a foreign one; psbridge's own pass through."""
    if isinstance(error, PsbridgeError):
        return error
    row = row_for(type(error))
    verdict = row(error, where) if row else _OUR_BUG(error, where)
    return verdict.kind(
        f"{where.url}: {verdict.message}",
        hint=verdict.hint,
        retryable=verdict.retryable,
        delivered=where.delivered,
        detail={"host": where.url, "cause": type(error).__name__},
    )
