"""A backup of six hours over a link that drops every five minutes: confirmed in the end, and nothing piles up meanwhile.

Real WSMan on both ends; their clock moves when both wait, so that six hours pass in seconds.
"""

from __future__ import annotations

import gc
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from psbridge.api.stamp import Stamp as Library
from psbridge.emulator.stamp.scenarios import SCENARIOS
from psbridge.emulator.stamp.service import Stamp
from psbridge.errors import ExitCode
from psbridge.models.connection import Auth, Endpoint
from psbridge.models.events import Event, Retrying, Started, Status
from psbridge.models.secret import Secret
from psbridge.models.target import Policy, Target
from psbridge.models.verdict import Judgement
from psbridge.operations.start import StartOptions
from tests.support.fakes.autojump import AutojumpClock
from tests.support.fakes.loopback import Loopback

SIX_HOURS: Final = 6 * 3600.0
FIVE_MINUTES: Final = 300.0
POLICY: Final = Policy(timeout=8 * 3600.0, call_timeout=20.0, poll=150.0, settle=900.0)
MORE: Final = 400
"""Objects of the client's that may be there more after six hours than after one: a wait keeps a look, of some 20 objects,
each time that a role has made progress, and of all the others none."""
CLIENT: Final = ("psbridge.", "pypsrp.", "requests.", "urllib3.", "spnego.", "socket", "ssl")


def clients() -> int:
    """Return how many objects there are that only the client makes, or that both ends do and neither keeps."""
    gc.collect()
    modules = (str(getattr(type(each), "__module__", "")) for each in gc.get_objects())
    return sum(name.startswith(CLIENT) and not name.startswith("psbridge.emulator") for name in modules)


@pytest.mark.sweep
def test_a_wait_of_six_hours_over_a_link_that_drops_every_five_minutes(tmp_path: Path) -> None:
    network = Loopback(AutojumpClock())
    clock = network.clock
    stamp = Stamp(replace(SCENARIOS["succeeds"], duration=SIX_HOURS), now=clock.now)
    drops: list[float] = []
    held: list[int] = []
    seen: list[type[Event]] = []

    with network.emulated(stamp=stamp, users={"operator": "pw"}, auth=("ntlm",)) as running:

        def watch(event: Event) -> None:
            """Let the link break, the shells be lost with it each second time, and look at what is held each hour."""
            seen.append(type(event))
            if clock.passed - (drops[-1] if drops else 0.0) >= FIVE_MINUTES:
                drops.append(clock.passed)
                running.host.faults.add("*:1:reset-after" if len(drops) % 2 else "*:1:drop-shells", from_now=True)
            if len(held) < clock.passed // 3600:
                held.append(clients())

        endpoint = Endpoint(running.host.host, running.host.port, None, Auth.NTLM, "operator", Secret("pw"))
        target = Target("nyc", endpoints=(endpoint,), location="redmond", policy=POLICY)
        with Library(target, state=tmp_path, clock=clock) as client:
            started = client.backups.run(StartOptions(wait=False))
            assert isinstance(started, Started)
            report = client.backups.wait(observe=watch)
    assert (report.exit_code, report.verdict.judgement) == (ExitCode.OK, Judgement.CONFIRMED)
    assert report.verdict.backup is not None
    assert report.verdict.backup.id == started.id
    assert stamp.counts()["triggers"] == 1
    assert len(drops) >= SIX_HOURS / FIVE_MINUTES - 1
    assert seen.count(Status) > 120
    assert seen.count(Retrying) >= len(drops) // 2 - 1  # the shells that were lost; a reset alone is mended below
    assert len(held) >= 6
    assert max(held[1:]) - held[0] < MORE, held
