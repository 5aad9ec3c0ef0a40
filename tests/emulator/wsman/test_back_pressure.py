"""A pipeline that says more than anybody fetches is held back, on both engines: memory stays bounded, nothing is lost."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest
from pypsrp.powershell import PowerShell, RunspacePool

from psbridge.emulator.engines.embedded import EmbeddedEngine
from psbridge.emulator.engines.pwsh import PwshEngine
from psbridge.emulator.host import OperatorHost
from psbridge.emulator.wsman.quotas import Quotas
from tests.support.clients.embedded import FakeStamp, backup
from tests.support.clients.wsman_client import wsman
from tests.support.fakes.autojump import AutojumpClock
from tests.support.fakes.loopback import Loopback, in_use
from tests.support.process.until import LONG, until

BUFFER = 50_000
OBJECTS = 600

pytestmark = pytest.mark.source(
    "PowerShell docs: OutputBufferingMode Block", "[MS-WSMV] 2.2.5.10", "psbridge: bounded memory"
)


@dataclass(frozen=True)
class Rehearsal:
    """A host, whether its engine runs scripts, and what waits until that would have said more if it might, and its time."""

    host: OperatorHost
    scripts: bool
    rest: Callable[[], object]
    now: Callable[[], float]

    def pool(self) -> RunspacePool:
        return RunspacePool(wsman(self.host))

    def talkative(self, pool: RunspacePool) -> PowerShell:
        """Return a pipeline that says `OBJECTS` objects, megabytes of them."""
        shell = PowerShell(pool)
        if self.scripts:
            shell.add_script(f"1..{OBJECTS} | ForEach-Object {{ 'x' * 3000 }}")
            return shell
        for number in range(4):
            if number:
                shell.add_statement()
            shell.add_cmdlet("Get-AzsBackup").add_parameter("Location", "redmond")
        return shell

    def full(self, pool: RunspacePool) -> PowerShell:
        """Return such a pipeline, begun and held back: it would say megabytes while this waits."""
        shell = self.talkative(pool)
        shell.begin_invoke()
        until(lambda: self.waiting(shell) >= BUFFER)
        self.rest()
        assert BUFFER <= self.waiting(shell) < BUFFER + 70_000, "no more than one line of the engine over"
        return shell

    def waiting(self, shell: PowerShell) -> int:
        """Return the bytes that wait to be fetched."""
        (opened,) = self.host._service._table.owned(None)
        return opened.output._queues[UUID(shell.id)].size


@pytest.fixture(scope="module", params=["embedded", pytest.param("pwsh", marks=pytest.mark.pwsh)])
def rehearsal(request: pytest.FixtureRequest) -> Iterator[Rehearsal]:
    stamp = FakeStamp(backups=[backup(str(uuid4())) for _ in range(OBJECTS // 4)])
    how: dict[str, Any] = {"users": {"a": "b"}, "allow_unencrypted": True, "quotas": Quotas(output_buffer=BUFFER)}
    if request.param == "pwsh":
        assert shutil.which("pwsh")
        real = PwshEngine(rest_url="http://127.0.0.1:9", rest_token="x", profile=stamp.profile, language="FullLanguage")
        with OperatorHost(real, **how) as running:
            yield Rehearsal(
                running, scripts=True, rest=lambda: threading.Event().wait(0.3), now=time.monotonic
            )  # a process: in real time
        return
    network = Loopback(AutojumpClock())
    engine = EmbeddedEngine(stamp, clock=network.clock)
    with in_use(), OperatorHost(engine, clock=network.clock, listen=network.listen, **how) as running:
        yield Rehearsal(running, scripts=False, rest=lambda: network.clock.sleep(0.001), now=network.clock.monotonic)


def test_unfetched_output_halts_the_pipeline_and_arrives_later(rehearsal: Rehearsal) -> None:
    with rehearsal.pool() as pool:
        shell = rehearsal.full(pool)
        pool.disconnect()
        pool.connect()
        assert len(shell.connect()) == OBJECTS


def test_a_halted_pipeline_can_be_stopped_and_the_pool_continues(rehearsal: Rehearsal) -> None:
    with rehearsal.pool() as pool:
        rehearsal.full(pool).stop()
        assert len(rehearsal.talkative(pool).invoke()) == OBJECTS


def test_a_pool_with_a_halted_pipeline_closes_at_once(rehearsal: Rehearsal) -> None:
    pool = rehearsal.pool()
    pool.open()
    rehearsal.full(pool)
    rehearsal.host.drop_shells()
    assert rehearsal.host.shells() == []


def test_a_halted_engine_can_be_killed_at_once(rehearsal: Rehearsal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("psbridge.emulator.engines.pwsh.runspace._CLOSE_SECONDS", LONG)
    pool = rehearsal.pool()
    pool.open()
    rehearsal.full(pool)
    begin = rehearsal.now()
    rehearsal.host._service.kill_engine(UUID(pool.id))
    assert rehearsal.host.shells() == []
    assert rehearsal.now() - begin < LONG / 2, "not after a wait for a word that can't come"
    rehearsal.host.reap()
