"""Why a connection could not be made or broke: DNS, TCP and TLS, below what requests and urllib3 wrap around them."""

from __future__ import annotations

import http.client
import socket
import ssl

import requests.exceptions
import urllib3.exceptions

from psbridge.errors import Unreachable
from psbridge.remoting.winrm.errors.exceptions import ProxyRefused, ProxyUnreachable, TooMuch
from psbridge.remoting.winrm.errors.tls import tls
from psbridge.remoting.winrm.errors.translation import (
    RETRY,
    ErrorContext,
    Rule,
    Translation,
    bounded,
    causes,
    fixed,
    quoting,
)

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
