"""Why a connection could not be made or broke: DNS, TCP and TLS, below what requests and urllib3 wrap around them."""

from __future__ import annotations

import socket
import ssl

import requests.exceptions
import urllib3.exceptions

from psbridge.errors import Unreachable
from psbridge.remoting.faults.outcome import RETRY, Outcome, Row, Where, bounded, causes, fixed, quoting
from psbridge.remoting.faults.own import ProxyRefused, ProxySilent, TooMuch
from psbridge.remoting.faults.tls import tls

_DNS = fixed(
    Unreachable, "the host's name can't be resolved", "Check the name, and this machine's DNS.", retryable=True
)
_REFUSED = fixed(
    Unreachable,
    "the host refused the connection",
    "Check the port (5986 with tls, 5985 without) and that WinRM listens there.",
    retryable=True,
)
SILENT = fixed(
    Unreachable,
    "the host did not answer in time",
    "Check the host and the firewalls on the way to it.",
    retryable=True,
)
CUT = fixed(
    Unreachable,
    "the connection was cut",
    "Try again; look at the WinRM service on the host, and whether `tls` of the target fits its port.",
    retryable=True,
)


def _proxy(error: BaseException, _where: Where) -> Outcome:
    """Say why the proxy made no tunnel; nothing of a message has left by then."""
    status, proxy = (error.status, error.proxy) if isinstance(error, ProxyRefused) else (0, "")
    if status == 407:
        return Outcome(
            Unreachable,
            f"the proxy {proxy} asks for credentials (HTTP 407), and psbridge has none for it",
            "Let the proxy pass this machine, or remove `proxy` from the target to reach the host directly.",
        )
    return Outcome(
        Unreachable,
        f"the proxy {proxy} makes no tunnel to the host (HTTP {status})",
        "Check `proxy`, `host` and `port` of the target: many proxies allow CONNECT to chosen hosts and ports only.",
        retryable=status >= 500 or status == 429,
    )


_CAUSES: tuple[tuple[type[BaseException], Row], ...] = (
    (ProxyRefused, _proxy),
    (ProxySilent, quoting(Unreachable, "the proxy can't be used", "Check `proxy` of the target.", retryable=True)),
    (ssl.SSLError, tls),
    (socket.gaierror, _DNS),
    (urllib3.exceptions.NameResolutionError, _DNS),
    (ConnectionRefusedError, _REFUSED),
    (TooMuch, quoting(Unreachable, "the host's answer is not WSMan", RETRY)),
    (TimeoutError, SILENT),
    (ConnectionError, CUT),
    (OSError, quoting(Unreachable, "the host can't be reached", "Check the network.", retryable=True)),
    (urllib3.exceptions.TimeoutError, SILENT),
    (urllib3.exceptions.ProtocolError, CUT),
)


def connection(error: BaseException, where: Where) -> Outcome:
    """Say which of the ways to fail a connection took; requests wraps them all in one class."""
    inner = [cause for cause in causes(error) if not isinstance(cause, requests.exceptions.RequestException)]
    for kind, row in _CAUSES:
        for cause in inner:
            if isinstance(cause, kind):
                return row(cause, where)
    return Outcome(Unreachable, f"the connection broke: {bounded(error, 160)}", RETRY, True)
