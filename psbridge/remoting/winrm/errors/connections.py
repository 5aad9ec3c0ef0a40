"""Why a connection could not be made or broke: DNS, TCP, proxy and TLS, below what requests and urllib3 wrap around them."""

from __future__ import annotations

import http.client
import socket
import ssl

import requests.exceptions
import urllib3.exceptions

from psbridge.errors import AuthError, ConfigError, Unreachable
from psbridge.remoting.winrm.errors.translation import (
    RETRY,
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
_UNTRUSTED = (  # OpenSSL's verify codes, x509_vfy.h
    ({18, 19, 20, 21}, "its certificate is signed by no authority that is trusted here", "Set tls.ca to the PEM file"),
    (
        {62, 63, 64},
        "its certificate is for another name",
        "Use the name that the certificate has as host, or set tls.server_name to it",
    ),
    ({10}, "its certificate has expired", "Renew the certificate of the host's WinRM listener"),
    ({9}, "its certificate is not valid yet", "Check the clocks of this machine and of the host"),
)
# From x509_vfy.h too: what VERIFY_X509_STRICT looks at, which Python sets from 3.13 on.
_STRICT = range(79, 95)
_WEAK_CERTIFICATE = {
    66: "its key is too short",
    67: "its authority's key is too short",
    68: "its signature is too weak",
}
_FORBIDDEN = {  # what this machine's own OpenSSL refuses, by its reason (sslerr.h)
    "UNSUPPORTED_PROTOCOL": "the host offers only a version of TLS that is too old for this machine",
    "NO_PROTOCOLS_AVAILABLE": "this machine allows no version of TLS",
    "NO_CIPHERS_AVAILABLE": "this machine allows no cipher of the versions of TLS that it allows",
    "LIBRARY_HAS_NO_CIPHERS": "this machine allows no cipher",
    "DH_KEY_TOO_SMALL": "the host's Diffie-Hellman key is too short for this machine",
    "EE_KEY_TOO_SMALL": "a certificate's key is too short for this machine",
    "CA_KEY_TOO_SMALL": "an authority's key is too short for this machine",
    "CA_MD_TOO_WEAK": "an authority's signature is too weak for this machine",
    "WRONG_SIGNATURE_TYPE": "the host signs in a way that this machine does not allow",
    "WRONG_CURVE": "the host's key is on a curve that this machine does not allow",
    "UNSAFE_LEGACY_RENEGOTIATION_DISABLED": "the host lacks secure renegotiation (RFC 5746), which this machine wants",
}
_NOTHING_SHARED = frozenset(
    {"TLSV1_ALERT_PROTOCOL_VERSION", "SSLV3_ALERT_HANDSHAKE_FAILURE", "TLSV1_ALERT_INSUFFICIENT_SECURITY"}
)
_NOT_TLS = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST", "RECORD_LAYER_FAILURE"})
_POLICY = (
    "Look at this machine's crypto policy (openssl.cnf, `update-crypto-policies --show`), and have the host's TLS and its "
    "certificate brought up to date."
)
_STRICTLY = (
    "From Python 3.13 on an authority's certificate must have a critical basicConstraints, keyUsage with keyCertSign and a "
    "subjectKeyIdentifier, and a host's an authorityKeyIdentifier: have them issued anew so, or run psbridge on Python 3.11 "
    "or 3.12, which don't ask for that."
)


def tls(error: BaseException, context: ErrorContext) -> Translation:
    """Say what either side holds against the other's certificate, or that they can't speak TLS."""
    for cause in causes(error):
        found = _known(cause, context)
        if found is not None:
            return found
    return Translation(
        Unreachable,
        f"TLS to the host failed: {bounded(error, 160)}",
        "Check that the port speaks https (5986; without tls it is 5985) and that both sides share a TLS version.",
    )


def _known(cause: BaseException, context: ErrorContext) -> Translation | None:
    reason = str(getattr(cause, "reason", ""))
    refusal = _ALERTS.get(reason)
    if refusal and context.auth == "certificate":
        return Translation(
            AuthError,
            f"the host refused the client certificate: {refusal}",
            "Look at tls.client_cert of the target, and at the authorities that the host trusts.",
        )
    if isinstance(cause, ssl.SSLEOFError | ssl.SSLZeroReturnError | ssl.SSLSyscallError):
        hint = "Check that the port speaks https: `tls` of the target must fit it (5986 with, 5985 without)."
        return Translation(Unreachable, "the connection was cut", hint if context.in_handshake else RETRY, True)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return _untrusted(cause)
    if reason in _FORBIDDEN:
        return Translation(ConfigError, f"TLS can't be done on this machine: {_FORBIDDEN[reason]} ({reason})", _POLICY)
    if reason in _NOTHING_SHARED:
        return Translation(
            Unreachable,
            f"TLS to the host failed: it shares no version or cipher of TLS with this machine ({reason})",
            "psbridge speaks TLS 1.2 and newer: allow these on the host. " + _POLICY,
        )
    if reason in _NOT_TLS:
        return Translation(
            Unreachable,
            f"what answers there does not speak TLS ({reason})",
            "Check the port: WinRM speaks https on 5986; for http on 5985 set `tls: false`.",
        )
    return None


def _untrusted(cause: ssl.SSLCertVerificationError) -> Translation:
    code = getattr(cause, "verify_code", 0)
    said = bounded(getattr(cause, "verify_message", "") or cause)
    for codes, what, hint in _UNTRUSTED:
        if code in codes:
            return Translation(Unreachable, f"TLS to the host failed: {what}", f"{hint}.")
    if code in _WEAK_CERTIFICATE:
        what = f"the policy of this machine refuses the host's certificate, because {_WEAK_CERTIFICATE[code]}"
        return Translation(ConfigError, f"TLS can't be done on this machine: {what} ({said})", _POLICY)
    if code in _STRICT:
        what = "the host's certificate, or that of its authority, breaks the strict rules of RFC 5280"
        return Translation(Unreachable, f"TLS to the host failed: {what}: {said}", _STRICTLY)
    return Translation(Unreachable, f"the host's certificate is refused: {said}", "Look at the certificate.")


_DNS = fixed(
    Unreachable, "the host's name can't be resolved", "Check the name, and this machine's DNS.", retryable=True
)
_REFUSED = fixed(
    Unreachable,
    "the host refused the connection",
    "Check the port (5986 with tls, 5985 without) and that WinRM listens there.",
    retryable=True,
)


def no_answer_hint(context: ErrorContext) -> str:
    """Return what to look at where a host took the connection and said nothing, or not all of it."""
    hint = "Check the host and the firewalls on the way to it"
    if context.in_handshake:
        return f"{hint}, and whether the port speaks TLS at all: for plain http (5985) set `tls: false`."
    if context.nothing_received and not context.secure:
        return f"{hint}, and whether the port wants TLS: for https (5986) leave `tls` out or set it."
    return f"{hint}."


def no_answer(_error: BaseException, context: ErrorContext) -> Translation:
    """Say that nothing came in time; a port that waits for the other protocol is silent too."""
    what = "took the connection, but said nothing to TLS" if context.in_handshake else "did not answer in time"
    return Translation(Unreachable, f"the host {what}", no_answer_hint(context), retryable=True)


def _not_http(error: BaseException, _context: ErrorContext) -> Translation:
    """Say that what answers speaks another protocol: its first line is not an HTTP status."""
    line = error.args[0] if error.args and isinstance(error.args[0], str) else ""
    if line.startswith(("\x15\x03", "\x16\x03")):  # a TLS record: an alert, a handshake
        hint = "Set `tls` of the target (`true`, or {ca: PATH}): https is on 5986, http on 5985."
        return Translation(Unreachable, "what answers there speaks TLS, not plain http", hint)
    return Translation(
        Unreachable,
        f"what answers there does not speak HTTP: {bounded(line.encode('unicode_escape').decode(), 80)}",
        "Check host, port and `tls`: WinRM uses 5986 (https) or 5985 (http).",
    )


CUT = fixed(
    Unreachable,
    "the connection was cut",
    "Try again; look at the WinRM service on the host, and whether `tls` of the target fits its port.",
    retryable=True,
)


def _proxy(error: BaseException, _context: ErrorContext) -> Translation:
    """Say why the proxy made no tunnel; nothing of a message has left by then."""
    status, proxy = (error.status, error.proxy) if isinstance(error, ProxyRefused) else (0, "")
    if status == 407:
        return Translation(
            Unreachable,
            f"the proxy {proxy} asks for credentials (HTTP 407), and psbridge has none for it",
            "Let the proxy pass this machine, or remove `proxy` from the target to reach the host directly.",
        )
    return Translation(
        Unreachable,
        f"the proxy {proxy} makes no tunnel to the host (HTTP {status})",
        "Check `proxy`, `host` and `port` of the target: many proxies allow CONNECT to chosen hosts and ports only.",
        retryable=status >= 500 or status == 429,
    )


_CAUSES: tuple[tuple[type[BaseException], Rule], ...] = (
    (ProxyRefused, _proxy),
    (ProxyUnreachable, quoting(Unreachable, "the proxy can't be used", "Check `proxy` of the target.", retryable=True)),
    (ssl.SSLError, tls),
    (socket.gaierror, _DNS),
    (urllib3.exceptions.NameResolutionError, _DNS),
    (ConnectionRefusedError, _REFUSED),
    (TooMuch, quoting(Unreachable, "the host's answer is not WSMan", RETRY)),
    (TimeoutError, no_answer),
    (ConnectionError, CUT),
    (http.client.BadStatusLine, _not_http),
    (OSError, quoting(Unreachable, "the host can't be reached", "Check the network.", retryable=True)),
    (urllib3.exceptions.TimeoutError, no_answer),
    (urllib3.exceptions.ProtocolError, CUT),
)


def connection(error: BaseException, context: ErrorContext) -> Translation:
    """Say which of the ways to fail a connection took; requests wraps them all in one class."""
    inner = [cause for cause in causes(error) if not isinstance(cause, requests.exceptions.RequestException)]
    for kind, rule in _CAUSES:
        for cause in inner:
            if isinstance(cause, kind):
                return rule(cause, context)
    return Translation(Unreachable, f"the connection broke: {bounded(error, 160)}", RETRY, True)
