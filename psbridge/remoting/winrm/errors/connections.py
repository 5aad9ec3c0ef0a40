"""Why a connection could not be opened or broke: DNS, TCP, proxy and TLS. requests and urllib3 wrap these errors."""

from __future__ import annotations

import http.client
import socket
import ssl

import requests.exceptions
import urllib3.exceptions

from psbridge.catalogue import tls_errors
from psbridge.catalogue.hints import ADDRESS, RETRY
from psbridge.errors import AuthError, ConfigError, Unreachable
from psbridge.remoting.winrm.errors.translation import (
    ErrorContext,
    ProxyRefused,
    ProxyUnreachable,
    Rule,
    TooMuch,
    Translation,
    bounded,
    causes,
    fixed,
    quoting,
)


def tls(error: BaseException, context: ErrorContext) -> Translation:
    """Return why TLS failed: a refused certificate, or no TLS version in common."""
    for cause in causes(error):
        found = _known(cause, context)
        if found is not None:
            return found
    return Translation(
        Unreachable,
        f"TLS to the host failed: {bounded(error, 160)}",
        "Check that the port uses https (WinRM: 5986; plain http: 5985) and that the host allows TLS 1.2 or newer.",
    )


def _known(cause: BaseException, context: ErrorContext) -> Translation | None:
    reason = str(getattr(cause, "reason", ""))
    refusal = tls_errors.REFUSED_BY_HOST.get(reason)
    if refusal and context.auth == "certificate":
        message = f"the host refused the client certificate: {refusal}"
        return Translation(AuthError, message, tls_errors.CLIENT_CERTIFICATE, code=reason)
    if isinstance(cause, ssl.SSLEOFError | ssl.SSLZeroReturnError | ssl.SSLSyscallError):
        return cut(cause, context)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return _untrusted(cause, context)
    if reason in tls_errors.FORBIDDEN:
        message = f"TLS is not possible with this machine's crypto policy: {tls_errors.FORBIDDEN[reason]} ({reason})"
        return Translation(ConfigError, message, tls_errors.POLICY, code=reason)
    if reason in tls_errors.NOTHING_SHARED:
        message = f"TLS to the host failed: {tls_errors.NOTHING_SHARED_SAYS} ({reason})"
        return Translation(Unreachable, message, tls_errors.NOTHING_SHARED_HINT, code=reason)
    if reason in tls_errors.NOT_TLS:
        return Translation(Unreachable, f"{tls_errors.NOT_TLS_SAYS} ({reason})", tls_errors.NOT_TLS_HINT, code=reason)
    return None


def _untrusted(cause: ssl.SSLCertVerificationError, context: ErrorContext) -> Translation:
    number = getattr(cause, "verify_code", 0)
    said = bounded(getattr(cause, "verify_message", "") or cause).rstrip(".")
    if found := tls_errors.UNTRUSTED.get(number):
        message = f"TLS to the host failed: {found.says}{'' if found.in_full else f' ({said})'}"
        return Translation(Unreachable, message, f"{found.hint}. {_show(found.field, context)}", code=found.name)
    if weak := tls_errors.WEAK.get(number):
        what = f"this machine's crypto policy refuses the host's certificate because {weak[1]}"
        return Translation(ConfigError, f"TLS to the host failed: {what} ({said})", tls_errors.POLICY, code=weak[0])
    if number in tls_errors.STRICT:
        what = "the certificate of the host or of its CA breaks the strict rules of RFC 5280"
        message = f"TLS to the host failed: {what}: {said}"
        return Translation(Unreachable, message, tls_errors.STRICTLY, code=tls_errors.STRICT[number])
    message = f"TLS to the host failed: its certificate is refused ({said})"
    return Translation(Unreachable, message, _show("issuer -dates", context), code=tls_errors.VERIFY_FAILED)


def _show(field: str, context: ErrorContext) -> str:
    """Return the command that shows a field of the host's certificate."""
    return (
        f"To show the certificate: `openssl s_client -connect {context.host_and_port} </dev/null | "
        f"openssl x509 -noout -subject -{field}`"
    )


_DNS = fixed(
    Unreachable,
    "the host's name can't be resolved",
    "Check `host` of the target and the DNS of this machine.",
    retryable=True,
    reason="name_not_resolved",
)


def _refused(_error: BaseException, context: ErrorContext) -> Translation:
    """Return what it means that nothing listens on the port."""
    listener = "https listener (5986 by default)" if context.secure else "http listener (5985 by default)"
    return Translation(
        Unreachable,
        "the host refused the connection",
        f"Check `host` and `port` of the target, and that the host has a WinRM {listener}: run "
        "`winrm enumerate winrm/config/listener` there.",
        retryable=True,
        reason="connection_refused",
    )


def no_answer_hint(context: ErrorContext) -> str:
    """Return what to check if a host accepted the connection and sent no answer, or only part of it."""
    hint = "Check the host and the firewalls between it and this machine"
    if context.in_handshake:
        return f"{hint}. If the port uses plain http (5985 by default), set `tls: false`."
    if context.nothing_received and not context.secure:
        return f"{hint}. If the port uses https (5986 by default), remove `tls: false`."
    return f"{hint}."


def no_answer(_error: BaseException, context: ErrorContext) -> Translation:
    """Return what it means that nothing came in time; a port of the other protocol is silent too."""
    what = "accepted the connection but did not answer TLS" if context.in_handshake else "did not answer in time"
    return Translation(Unreachable, f"the host {what}", no_answer_hint(context), retryable=True, reason="no_answer")


def _not_http(error: BaseException, _context: ErrorContext) -> Translation:
    """Return what it means that the first line of an answer is not an HTTP status."""
    line = error.args[0] if error.args and isinstance(error.args[0], str) else ""
    if line.startswith(("\x15\x03", "\x16\x03")):  # a TLS record: an alert, a handshake
        hint = "Remove `tls: false` from the target, or set `port` to the http listener of the host (5985 by default)."
        return Translation(Unreachable, "the service on this port speaks TLS, not plain http", hint, reason="not_wsman")
    return Translation(
        Unreachable,
        f"the service on this port does not speak HTTP: {bounded(line.encode('unicode_escape').decode(), 80)}",
        "Check `host`, `port` and `tls` of the target: WinRM uses 5986 (https) or 5985 (http).",
        reason="not_wsman",
    )


def cut(_error: BaseException, context: ErrorContext) -> Translation:
    """Return what it means that the connection ended early; a port of the other protocol does so too."""
    if context.in_handshake:
        return Translation(
            Unreachable,
            "the connection was cut during the TLS handshake",
            "Check that the port uses https (WinRM: 5986). If it uses plain http (5985 by default), set `tls: false`.",
            retryable=True,
            reason="connection_cut",
        )
    if context.nothing_received and not context.secure:
        return Translation(
            Unreachable,
            "the connection was cut before an answer came",
            "If the port uses https (5986 by default), remove `tls: false`. Else check the WinRM service on the host and "
            "the firewalls between it and this machine.",
            retryable=True,
            reason="connection_cut",
        )
    return Translation(Unreachable, "the connection was cut", RETRY, retryable=True, reason="connection_cut")


def _proxy(error: BaseException, _context: ErrorContext) -> Translation:
    """Return why the proxy opened no tunnel; no byte of a message was sent by then."""
    status, proxy = (error.status, error.proxy) if isinstance(error, ProxyRefused) else (0, "")
    if status == 407:
        return Translation(
            Unreachable,
            f"the proxy {proxy} asks for credentials (HTTP 407), which psbridge does not support",
            "Allow this machine on the proxy without credentials, or remove `proxy` from the target to connect directly.",
            reason="proxy_failed",
        )
    return Translation(
        Unreachable,
        f"the proxy {proxy} refused the tunnel to the host (HTTP {status})",
        _PROXY_FAILED if status >= 500 else _PROXY_DENIED,
        retryable=status >= 500 or status == 429,
        reason="proxy_failed",
    )


_NETWORK = "Check `host` and `port` of the target, and the network between this machine and the host."
_NO_PROXY = "Check `proxy` of the target, and that an http proxy listens there."
_PROXY_DENIED = "Check that the proxy allows CONNECT to this host and port, and `proxy` of the target."
_PROXY_FAILED = "Check that the proxy can resolve and reach the host and port, and `proxy` of the target."
_CAUSES: tuple[tuple[type[BaseException], Rule], ...] = (
    (ProxyRefused, _proxy),
    (ProxyUnreachable, quoting(Unreachable, "the proxy failed", _NO_PROXY, retryable=True, reason="proxy_failed")),
    (ssl.SSLError, tls),
    (socket.gaierror, _DNS),
    (urllib3.exceptions.NameResolutionError, _DNS),
    (ConnectionRefusedError, _refused),
    (TooMuch, quoting(Unreachable, "the host's answer is too large for WSMan", ADDRESS)),
    (TimeoutError, no_answer),
    (ConnectionError, cut),
    (http.client.BadStatusLine, _not_http),
    (OSError, quoting(Unreachable, "the host can't be reached", _NETWORK, retryable=True, reason="no_route")),
    (urllib3.exceptions.TimeoutError, no_answer),
    (urllib3.exceptions.ProtocolError, cut),
)


def connection(error: BaseException, context: ErrorContext) -> Translation:
    """Return why a connection failed; requests wraps all causes in one class."""
    inner = [cause for cause in causes(error) if not isinstance(cause, requests.exceptions.RequestException)]
    for kind, rule in _CAUSES:
        for cause in inner:
            if isinstance(cause, kind):
                return rule(cause, context)
    return Translation(Unreachable, f"the connection broke: {bounded(error, 160)}", RETRY, True)
