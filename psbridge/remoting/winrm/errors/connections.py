"""Why a connection could not be opened or broke: DNS, TCP, proxy and TLS. requests and urllib3 wrap these errors."""

from __future__ import annotations

import http.client
import socket
import ssl

import requests.exceptions
import urllib3.exceptions

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

_ALERTS = {  # why a host refused the client certificate, by OpenSSL's reason
    "TLSV1_ALERT_UNKNOWN_CA": "the host does not trust the CA that signed it",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": "it has expired",
    "SSLV3_ALERT_CERTIFICATE_REVOKED": "it is revoked",
    "SSLV3_ALERT_BAD_CERTIFICATE": "it is invalid",
    "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE": "it is not valid for client authentication",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": "the host does not accept it",
    "TLSV1_ALERT_ACCESS_DENIED": "the host denies access with it",
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": "the host received none",
}
_SAID_IN_FULL = frozenset({9, 10})  # codes whose text of OpenSSL adds nothing
_NAME_THE_CA = "Set `tls: {ca: FILE}` to the PEM file of the CA that signed it"
_UNTRUSTED = (  # OpenSSL's verify codes, x509_vfy.h
    (
        {18, 19, 20, 21},
        "its certificate is not signed by a trusted CA",
        "Set `tls: {ca: FILE}` to the PEM file of the CA that signed it",
        "issuer",
    ),
    (
        {62, 63, 64},
        "its certificate is for another name",
        "Set `host`, or `tls: {server_name: NAME}`, to a name in the certificate",
        "ext subjectAltName",
    ),
    ({10}, "its certificate has expired", "Renew the certificate of the host's WinRM listener", "enddate"),
    ({9}, "its certificate is not valid yet", "Check the clocks of this machine and of the host", "startdate"),
)
# From x509_vfy.h too: the checks of VERIFY_X509_STRICT, which Python sets from 3.13 on.
_STRICT = range(79, 95)
_WEAK_CERTIFICATE = {
    66: "its key is too short",
    67: "its CA's key is too short",
    68: "its signature is too weak",
}
_FORBIDDEN = {  # what this machine's own OpenSSL refuses, by its reason (sslerr.h)
    "UNSUPPORTED_PROTOCOL": "the host offers only a version of TLS that is too old for this machine",
    "NO_PROTOCOLS_AVAILABLE": "this machine allows no version of TLS",
    "NO_CIPHERS_AVAILABLE": "this machine allows no cipher for the TLS versions that it allows",
    "LIBRARY_HAS_NO_CIPHERS": "this machine allows no cipher",
    "DH_KEY_TOO_SMALL": "the host's Diffie-Hellman key is too short for this machine",
    "EE_KEY_TOO_SMALL": "a certificate's key is too short for this machine",
    "CA_KEY_TOO_SMALL": "a CA's key is too short for this machine",
    "CA_MD_TOO_WEAK": "a CA's signature is too weak for this machine",
    "WRONG_SIGNATURE_TYPE": "this machine does not allow the host's signature algorithm",
    "WRONG_CURVE": "this machine does not allow the curve of the host's key",
    "UNSAFE_LEGACY_RENEGOTIATION_DISABLED": "the host lacks secure renegotiation (RFC 5746), which this machine requires",
}
_NOTHING_SHARED = frozenset(
    {"TLSV1_ALERT_PROTOCOL_VERSION", "SSLV3_ALERT_HANDSHAKE_FAILURE", "TLSV1_ALERT_INSUFFICIENT_SECURITY"}
)
_NOT_TLS = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST", "RECORD_LAYER_FAILURE"})
_POLICY = (
    "Update the TLS settings and the certificate of the host, or check this machine's crypto policy (openssl.cnf, "
    "`update-crypto-policies --show`)."
)
_STRICTLY = (
    "Python 3.13 and later require a critical basicConstraints, keyUsage with keyCertSign and a subjectKeyIdentifier in a "
    "CA's certificate, and an authorityKeyIdentifier in the host's. Issue the certificates again with these extensions, or "
    "run psbridge with Python 3.11 or 3.12, which do not require them."
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
    refusal = _ALERTS.get(reason)
    if refusal and context.auth == "certificate":
        return Translation(
            AuthError,
            f"the host refused the client certificate: {refusal}",
            "Check tls.client_cert of the target, and the CAs that the host trusts for clients.",
        )
    if isinstance(cause, ssl.SSLEOFError | ssl.SSLZeroReturnError | ssl.SSLSyscallError):
        return cut(cause, context)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return _untrusted(cause, context)
    if reason in _FORBIDDEN:
        return Translation(
            ConfigError,
            f"TLS is not possible with this machine's crypto policy: {_FORBIDDEN[reason]} ({reason})",
            _POLICY,
        )
    if reason in _NOTHING_SHARED:
        return Translation(
            Unreachable,
            f"TLS to the host failed: it shares no TLS version or cipher with this machine ({reason})",
            "psbridge uses TLS 1.2 or newer: enable it on the host. " + _POLICY,
        )
    if reason in _NOT_TLS:
        return Translation(
            Unreachable,
            f"the service on this port does not speak TLS ({reason})",
            "Check `port`: WinRM uses 5986 for https. If the host has only plain http (5985), set `tls: false`.",
        )
    return None


def _untrusted(cause: ssl.SSLCertVerificationError, context: ErrorContext) -> Translation:
    code = getattr(cause, "verify_code", 0)
    said = bounded(getattr(cause, "verify_message", "") or cause).rstrip(".")
    for codes, what, hint, shown in _UNTRUSTED:
        if code in codes:
            detail = "" if code in _SAID_IN_FULL else f" ({said})"
            message = f"TLS to the host failed: {what}{detail}"
            return Translation(Unreachable, message, f"{hint}. {_show(shown, context)}")
    if code in _WEAK_CERTIFICATE:
        what = f"this machine's crypto policy refuses the host's certificate because {_WEAK_CERTIFICATE[code]}"
        return Translation(ConfigError, f"TLS to the host failed: {what} ({said})", _POLICY)
    if code in _STRICT:
        what = "the certificate of the host or of its CA breaks the strict rules of RFC 5280"
        return Translation(Unreachable, f"TLS to the host failed: {what}: {said}", _STRICTLY)
    return Translation(
        Unreachable, f"TLS to the host failed: its certificate is refused ({said})", _show("issuer -dates", context)
    )


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
    return Translation(Unreachable, f"the host {what}", no_answer_hint(context), retryable=True)


def _not_http(error: BaseException, _context: ErrorContext) -> Translation:
    """Return what it means that the first line of an answer is not an HTTP status."""
    line = error.args[0] if error.args and isinstance(error.args[0], str) else ""
    if line.startswith(("\x15\x03", "\x16\x03")):  # a TLS record: an alert, a handshake
        hint = "Remove `tls: false` from the target, or set `port` to the http listener of the host (5985 by default)."
        return Translation(Unreachable, "the service on this port speaks TLS, not plain http", hint)
    return Translation(
        Unreachable,
        f"the service on this port does not speak HTTP: {bounded(line.encode('unicode_escape').decode(), 80)}",
        "Check `host`, `port` and `tls` of the target: WinRM uses 5986 (https) or 5985 (http).",
    )


def cut(_error: BaseException, context: ErrorContext) -> Translation:
    """Return what it means that the connection ended early; a port of the other protocol does so too."""
    if context.in_handshake:
        return Translation(
            Unreachable,
            "the connection was cut during the TLS handshake",
            "Check that the port uses https (WinRM: 5986). If it uses plain http (5985 by default), set `tls: false`.",
            retryable=True,
        )
    if context.nothing_received and not context.secure:
        return Translation(
            Unreachable,
            "the connection was cut before an answer came",
            "If the port uses https (5986 by default), remove `tls: false`. Else check the WinRM service on the host and "
            "the firewalls between it and this machine.",
            retryable=True,
        )
    return Translation(Unreachable, "the connection was cut", RETRY, retryable=True)


def _proxy(error: BaseException, _context: ErrorContext) -> Translation:
    """Return why the proxy opened no tunnel; no byte of a message was sent by then."""
    status, proxy = (error.status, error.proxy) if isinstance(error, ProxyRefused) else (0, "")
    if status == 407:
        return Translation(
            Unreachable,
            f"the proxy {proxy} asks for credentials (HTTP 407), which psbridge does not support",
            "Allow this machine on the proxy without credentials, or remove `proxy` from the target to connect directly.",
        )
    return Translation(
        Unreachable,
        f"the proxy {proxy} refused the tunnel to the host (HTTP {status})",
        _PROXY_FAILED
        if status >= 500
        else "Check that the proxy allows CONNECT to this host and port, and `proxy` of the target.",
        retryable=status >= 500 or status == 429,
    )


_NETWORK = "Check `host` and `port` of the target, and the network between this machine and the host."
_NO_PROXY = "Check `proxy` of the target, and that an http proxy listens there."
_PROXY_DENIED = "Check that the proxy allows CONNECT to this host and port, and `proxy` of the target."
_PROXY_FAILED = "Check that the proxy can resolve and reach the host and port, and `proxy` of the target."
_CAUSES: tuple[tuple[type[BaseException], Rule], ...] = (
    (ProxyRefused, _proxy),
    (ProxyUnreachable, quoting(Unreachable, "the proxy failed", _NO_PROXY, retryable=True)),
    (ssl.SSLError, tls),
    (socket.gaierror, _DNS),
    (urllib3.exceptions.NameResolutionError, _DNS),
    (ConnectionRefusedError, _refused),
    (TooMuch, quoting(Unreachable, "the host's answer is too large for WSMan", ADDRESS)),
    (TimeoutError, no_answer),
    (ConnectionError, cut),
    (http.client.BadStatusLine, _not_http),
    (OSError, quoting(Unreachable, "the host can't be reached", _NETWORK, retryable=True)),
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
