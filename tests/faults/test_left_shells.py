"""No shell of ours stays on a host if the network allows; one that had to stay is named, and removed next time."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from psbridge.api.stamp import Stamp as Library
from psbridge.emulator.emulation import Emulation
from psbridge.models.connection import Auth, Endpoint
from psbridge.models.events import Event, Note
from psbridge.models.secret import Secret
from psbridge.models.target import Policy, Target
from tests.support.fakes.autojump import AutojumpClock, CurrentClock
from tests.support.fakes.loopback import Loopback
from tests.support.process.cli import Cli

CLOCK = CurrentClock()


@pytest.fixture
def running() -> Iterator[Emulation]:
    network = Loopback(AutojumpClock())
    CLOCK.clock = network.clock
    with network.emulated(users={"operator": "pw"}, speed=1500.0) as it:
        yield it


def listed(running: Emulation, folder: Path) -> list[str]:
    """List the backups once; return what was said of shells."""
    said: list[Event] = []
    endpoint = Endpoint(running.host.host, running.host.port, None, Auth.NTLM, "operator", Secret("pw"))
    policy = Policy(call_timeout=2.0)
    with Library(
        Target("nyc", endpoints=(endpoint,), location="redmond", policy=policy), state=folder, clock=CLOCK
    ) as client:
        client.backups.list(observe=said.append)
    return [event.text for event in said if isinstance(event, Note)]


def test_a_shell_that_could_not_be_removed_is_named_and_removed_next_time(running: Emulation, tmp_path: Path) -> None:
    running.host.faults.add("delete:1-4:reset-before")
    (named,) = listed(running, tmp_path)
    (stayed,) = (str(state.shell_id) for state in running.host.shells())
    assert f"shell {stayed.upper()} is remaining on" in named
    (removed,) = listed(running, tmp_path)
    assert f"removed shell {stayed.upper()}" in removed
    assert running.host.shells() == []
    assert listed(running, tmp_path) == []
    assert list((tmp_path / "shells").iterdir()) == []


def test_the_mark_of_a_shell_removed_by_the_host_is_deleted(running: Emulation, tmp_path: Path) -> None:
    running.host.faults.add("delete:1-4:reset-before")
    listed(running, tmp_path)
    running.host.drop_shells()
    listed(running, tmp_path)
    assert list((tmp_path / "shells").iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_terminated_process_leaves_no_shell(tmp_path: Path, number: signal.Signals) -> None:
    cli = Cli(tmp_path)
    with cli.facing("slow", speed=60.0) as running:
        process = cli.start("backup", "start", "-o", "jsonl")
        process.line_of("status")
        process.signal(number)
        process.ended()
        assert len(running.host.shells()) == (1 if number is signal.SIGKILL else 0)
        cli("backup", "list", "-q").expect(0)
        assert running.host.shells() == []
