"""One emulated host, the target that leads to it, and what a read of it comes to; raw servers for what no WSMan host says."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from psbridge.clock import Deadline
from psbridge.emulator.emulation import Emulating, Emulation, emulation
from psbridge.errors import PsbridgeError
from psbridge.models.connection import Auth, Endpoint, Tls
from psbridge.models.secret import Secret
from psbridge.powershell.pipeline import Command, Pipeline
from psbridge.remoting.winrm.session import PypsrpSession, open_session
from psbridge.values import replace
from tests.support.fakes.autojump import CurrentClock
from tests.support.fakes.loopback import Loopback

USER, PASSWORD = "CONTOSO\\operator", "S3cret-pass"
CLOCK = CurrentClock()
"""That of the `Loopback` on which the test has its hosts, or the real one."""
LISTING = Pipeline.of(Command.of("Get-AzsBackup", {"Location": "redmond", "ResourceGroupName": "system.redmond"}))


def within(seconds: float = 30) -> Deadline:
    return Deadline.after(CLOCK, seconds)


def host(*auth: str, password: str = PASSWORD, network: Loopback | None = None, **how: Any) -> Any:
    """Return the emulation of a host that takes these logins, NTLM without any; without a network on a real port."""
    how |= {"users": {USER: password}, "auth": auth or ("ntlm",)}
    return network.emulated(**how) if network else emulation(Emulating(**how))


def to(running: Emulation, auth: Auth = Auth.NTLM, **what: Any) -> Endpoint:
    tls = Tls(ca=str(running.host.ca_file)) if running.host.secure else None
    return replace(Endpoint("127.0.0.1", running.host.port, tls, auth, USER, Secret(PASSWORD)), **what)


def opened(where: Endpoint) -> PypsrpSession:
    return open_session(where, 10, CLOCK, within())


def listed(where: Endpoint) -> int:
    """Return how many backups a host lists."""
    session = opened(where)
    try:
        return len(session.run(LISTING, within()).output)
    finally:
        session.close(within())


def failed(where: Endpoint, kind: type[PsbridgeError]) -> str:
    """Return message and hint of the error that a read ends with, which is of that kind and shows no password."""
    with pytest.raises(PsbridgeError) as caught:
        listed(where)
    assert type(caught.value) is kind, caught.value
    assert PASSWORD not in str(caught.value)
    return f"{caught.value.message} | {caught.value.hint}"


@contextlib.contextmanager
def server(serve: Any) -> Iterator[int]:
    """Hand each connection to `serve`; yields the port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    sock, _ = listener.accept()
                    with contextlib.suppress(OSError), sock:
                        serve(sock)

        worker = threading.Thread(target=accept, daemon=True)
        worker.start()
        yield int(listener.getsockname()[1])
        listener.shutdown(socket.SHUT_RDWR)
        worker.join(30)
