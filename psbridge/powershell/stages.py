"""The stages in which a connection to a host is opened, for observers: each one starts, and finishes or fails.

`psbridge.remoting.sessions` takes an observer. A stage that the connection did not reach has no event.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Literal

import msgspec

from psbridge.errors import PsbridgeError


class Stage(StrEnum):
    """A stage of a connection, in the order of a first one."""

    NAME = "name"  # the name is resolved
    TCP = "tcp"  # a TCP connection is opened, and a proxy's tunnel
    TLS = "tls"  # the TLS handshake
    WSMAN = "wsman"  # the first answer: is it a WSMan listener, and which logins does it offer?
    LOGIN = "login"
    SESSION = "session"  # a shell and its runspace pool are opened


class StageEvent(msgspec.Struct, frozen=True):
    """A stage started, finished or failed.

    Attributes:
        host: the endpoint's address, such as `https://oaw01:5986/wsman`.
        seconds: how long the stage took by the clock of the session; None where it has only started.
        facts: what is known about the stage, by name; JSON values, no secrets. Those of each stage are in `FACTS`.
        error: why it failed, None otherwise.
        again: the session is open already, and its connection is opened again, such as after an idle time.
    """

    stage: Stage
    state: Literal["started", "finished", "failed"]
    host: str
    seconds: float | None = None
    facts: Mapping[str, Any] = msgspec.field(default_factory=dict)
    error: PsbridgeError | None = None
    again: bool = False


StageObserver = Callable[[StageEvent], None]
"""Is given each event as it happens; what it raises does not change a result."""

FACTS: Mapping[Stage, Mapping[str, str]] = {
    Stage.NAME: {
        "name": "the name that was looked up: the host's, or the proxy's",
        "addresses": "its addresses, in the order in which they are tried",
        "literal": "true if the name is an address, which is not looked up",
    },
    Stage.TCP: {
        "address": "the address that answered, with its port",
        "failed": "the addresses that were tried before, each with its error",
        "proxy": "host and port of the proxy that opened a tunnel, else null",
    },
    Stage.TLS: {
        "version": "such as TLSv1.3",
        "cipher": "the cipher suite",
        "verified": "the certificate was verified",
        "reason": "why the certificate was not verified, else null",
        "chain": "the certificates, the host's first: subject, issuer, names, not_before, not_after, days_left",
    },
    Stage.WSMAN: {
        "status": "HTTP status of the first answer; null if the client certificate was refused before one",
        "offered": "the logins that the first 401 offered, null without a 401",
        "server": "the Server header",
        "host_time": "the host's clock (RFC 3339), from the Date header",
    },
    Stage.LOGIN: {
        "auth": "`auth` of the target",
        "mechanism": "what was really used: ntlm, kerberos, basic, certificate; null if the host asked for none",
        "below": "what carried the mechanism: negotiate or credssp, else null",
        "sealed": "the messages of the session are encrypted with the login's key",
        "tls": "the messages are inside TLS",
        "channel_binding": "the login was bound to the certificate of the TLS connection",
    },
    Stage.SESSION: {
        "configuration": "the session configuration",
        "shell": "the id of the shell on the host",
        "protocol_version": "PSRP version of the host",
        "ps_version": "PSVersion of its SESSION_CAPABILITY, which is 2.0 for every later PowerShell too",
        "version_table": "$PSVersionTable of the host, where it sent it",
    },
}
"""The facts of each stage's last event; a failed stage has those that were known."""
