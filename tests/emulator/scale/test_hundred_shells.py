"""A hundred shells at once, each with a pipeline that runs and a client that waits for its output."""

from __future__ import annotations

import base64
import http.client
import os
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import psrpcore
import pytest
from psrpcore.types import RunspacePoolState

from psbridge.emulator.clock import SystemClock
from psbridge.emulator.engines.embedded import EmbeddedEngine
from psbridge.emulator.host import OperatorHost
from tests.support.clients.embedded import FakeStamp
from tests.support.clients.wsman_client import create_body, envelope, receive_body
from tests.support.process.until import LONG

USERS = {f"user{number}": f"word{number}" for number in range(4)}
SHELLS = 100  # 25 a user: MaxShellsPerUser of an operator host


@dataclass
class Client:
    """One user's shell on a connection of its own; it speaks WSMan and PSRP, and leaves out all else."""

    host: OperatorHost
    user: str

    def __post_init__(self) -> None:
        self._connection = http.client.HTTPConnection(self.host.host, self.host.port, timeout=LONG)
        login = base64.b64encode(f"{self.user}:{USERS[self.user]}".encode()).decode()
        self._headers = {"Authorization": f"Basic {login}"}
        self.pool = psrpcore.ClientRunspacePool()
        self.post(envelope("create", create_body(self.pool)))
        self.pool.state = RunspacePoolState.Opened

    def post(self, message: bytes) -> bytes:
        self._connection.request("POST", "/wsman", message, self._headers)
        answer = self._connection.getresponse()
        body = answer.read()
        assert answer.status == 200 or b'Code="2150858793"' in body, body
        return body

    def start(self) -> UUID:
        shell = psrpcore.ClientPowerShell(self.pool)
        shell.add_command("Start-AzsBackup").add_parameter("Location", "redmond")
        shell.start()
        fragments = self.pool.data_to_send()
        assert fragments is not None
        text = base64.b64encode(fragments.data).decode()
        body = (
            f'<rsp:CommandLine CommandId="{shell.pipeline_id}"><rsp:Command/>'
            f"<rsp:Arguments>{text}</rsp:Arguments></rsp:CommandLine>"
        )
        self.post(envelope("command", body, shell_id=self.pool.runspace_pool_id))
        return shell.pipeline_id

    def receive(self, command: UUID, timeout: str = "PT20S") -> tuple[bytes, bool]:
        """Return what came, and whether the command is done; a timeout is not a failure."""
        headers = f"<w:OperationTimeout>{timeout}</w:OperationTimeout>"
        shell = self.pool.runspace_pool_id
        answer = self.post(envelope("receive", receive_body(command), shell_id=shell, headers=headers))
        data = b"".join(map(base64.b64decode, re.findall(rb"<rsp:Stream [^>]*>([^<]*)<", answer)))
        return data, b"CommandState/Done" in answer

    def close(self) -> None:
        self.post(envelope("delete", shell_id=self.pool.runspace_pool_id))
        self._connection.close()


def engine_threads() -> int:
    """Return how many pipelines run."""
    return sum(thread.name == "psbridge-pipeline" for thread in threading.enumerate())


class Hurried(SystemClock):
    """Its events wait half a second at most: an operation is asked about sooner than its answer says."""

    def event(self) -> threading.Event:
        return _HalfASecond()


class _HalfASecond(threading.Event):
    def wait(self, timeout: float | None = None) -> bool:
        return super().wait(timeout if timeout is None else min(timeout, 0.5))


def memory() -> int:
    """Return the bytes of memory that this process holds (RSS)."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


@pytest.mark.source("psbridge: a hundred shells with running pipelines hold")
def test_a_hundred_shells_run_pipelines_at_once() -> None:
    stamp = FakeStamp(polls=10**9)  # its operations go on until it is told otherwise
    engine = EmbeddedEngine(stamp, clock=Hurried())
    before = threading.active_count()
    begun = memory()
    with OperatorHost(engine, users=USERS, allow_unencrypted=True) as host:
        running = threading.Barrier(SHELLS + 1)

        def one(number: int) -> bytes:
            client = Client(host, f"user{number % 4}")
            command = client.start()
            assert client.receive(command, "PT0.1S") == (b"", False)  # it runs, and has nothing to say
            running.wait(LONG)
            data, done = b"", False
            while not done:
                more, done = client.receive(command)
                data += more
            client.close()
            return data

        with ThreadPoolExecutor(SHELLS) as clients:
            answers = [clients.submit(one, number) for number in range(SHELLS)]
            try:
                running.wait(LONG)
                assert len(host.shells()) == SHELLS
                assert all(state.connected for state in host.shells())
                assert engine_threads() == SHELLS
                # Of the host: one a connection, one a pipeline, the listener and the reaper; the clients' own besides.
                assert threading.active_count() - before - SHELLS <= 2 * SHELLS + 2
                assert memory() - begun < 100 * 1024 * 1024  # measured: 18 MiB, with the clients
            except BaseException:
                running.abort()
                raise
            finally:
                stamp.polls = -1  # the operations end
            texts = [answer.result(LONG).decode("latin-1") for answer in answers]
        assert all('<I32 N="PipelineState">4</I32>' in text for text in texts)
        assert host.shells() == []
        assert host.requests["create"] == host.requests["command"] == host.requests["delete"] == SHELLS
