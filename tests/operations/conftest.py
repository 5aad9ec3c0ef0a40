"""What the tests of operations share: a stamp on a fake clock, without a network."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from psbridge.api.stamp import Stamp as Library
from psbridge.cmdlets.azs_backup import is_backup, is_role
from psbridge.emulator.stamp.arm_error import Refusal
from psbridge.emulator.stamp.scenario import Scenario
from psbridge.emulator.stamp.scenarios import SCENARIOS
from psbridge.emulator.stamp.service import Stamp
from psbridge.errors import DeadlineExceeded, PsbridgeError, ResultVoid, Unreachable
from psbridge.journal.runs import Journal
from psbridge.models.events import Event, Started
from psbridge.models.report import DryRun, Report
from psbridge.models.target import Policy, Target
from psbridge.operations.start import StartOptions
from psbridge.powershell.result import Result, Value
from psbridge.values import replace
from tests.support.fakes.fake_clock import FakeClock
from tests.support.fakes.stamp_session import Fault, StampSessions

POLICY = Policy(timeout=7200, poll=240, settle=900)


@dataclass
class Bench:
    """One emulated stamp, one target, one state folder, one fake clock."""

    stamp: Stamp
    clock: FakeClock
    folder: Path
    target: Target
    sessions: StampSessions
    client: Library
    events: list[Event] = field(default_factory=list)

    def start(self, **options: Any) -> Report:
        ended = self.client.backups.run(StartOptions(**options), observe=self.events.append)
        assert isinstance(ended, Report)
        return ended

    def start_no_wait(self, **options: Any) -> Started:
        ended = self.client.backups.run(StartOptions(wait=False, **options), observe=self.events.append)
        assert isinstance(ended, Started)
        return ended

    def dry_run(self, **options: Any) -> DryRun:
        return self.client.backups.dry_run(StartOptions(**options), observe=self.events.append)

    def refused(self, **options: Any) -> PsbridgeError:
        with pytest.raises(PsbridgeError) as caught:
            self.client.backups.run(StartOptions(**options), observe=self.events.append)
        return caught.value

    def again(self) -> Library:
        """Return the library as a new process would have it: same state folder, same stamp, nothing remembered."""
        return Library(self.target, state=self.folder, clock=self.clock, sessions=self.sessions)

    def rival(self) -> str | None:
        """Start a backup behind psbridge's back, as another operator would; return its id, None if the stamp refuses."""
        profile = self.stamp.profile
        answer = self.stamp.rest(
            "POST",
            f"/subscriptions/{profile.subscription_id}/resourceGroups/system.redmond/providers/Microsoft.Backup.Admin"
            "/backupLocations/redmond/createBackup?api-version=2018-09-01",
        )
        return answer.headers["Location"].partition("?")[0].rpartition("/")[2] if answer.status == 202 else None

    @property
    def journal(self) -> Journal:
        return Journal(self.folder, self.clock)

    @property
    def triggers(self) -> int:
        """The number of backups that were requested."""
        return self.stamp.counts()["triggers"]

    def of(self, kind: type) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]


def bench_in(
    folder: Path,
    scenario: str | Scenario = "succeeds",
    *,
    policy: dict[str, Any] | None = None,
    target: dict[str, Any] | None = None,
    faults: list[Fault] | None = None,
    now: FakeClock | None = None,
    **changes: Any,
) -> Bench:
    """Set a bench up: a scenario (and what is changed of it), a target and a policy, with its journal in `folder`."""
    clock = now or FakeClock()
    chosen = SCENARIOS[scenario] if isinstance(scenario, str) else scenario
    stamp = Stamp(dataclasses.replace(chosen, **changes), now=clock.now)
    sessions = StampSessions(stamp, clock, faults or [])
    known = {"location": "redmond", "policy": replace(POLICY, **(policy or {})), **(target or {})}
    aim = Target("nyc", **known)
    return Bench(stamp, clock, folder, aim, sessions, Library(aim, state=folder, clock=clock, sessions=sessions))


@pytest.fixture
def bench(tmp_path: Path) -> Callable[..., Bench]:
    """Return what sets a bench up: `bench_in` without its folder."""
    return partial(bench_in, tmp_path / "state")


# Once the trigger may have been sent, start ends with these and no others.
AFTER_TRIGGER = {0, 1, 3, 6, 7, 11, 14, 70, 130}


def reset(*, delivered: bool = True) -> Callable[[], PsbridgeError]:
    return lambda: Unreachable("connection reset", retryable=True, delivered=delivered)


def void() -> PsbridgeError:
    return ResultVoid("messages were lost", retryable=True, delivered=True)


def killed() -> BaseException:
    return KeyboardInterrupt()  # no error of psbridge's own


def slow() -> PsbridgeError:
    return DeadlineExceeded("timed out before the host answered", delivered=True)


def is_trigger(text: str, _number: int) -> bool:
    return text.startswith("Start-AzsBackup")


def is_look(text: str, _number: int) -> bool:
    """Tell a read of one backup by its id."""
    return text.startswith("Get-AzsBackup") and "-Name" in text


def without_roles(result: Result, *, empty: bool = False) -> Result:
    """Return a list in which every RoleStatus is null, or empty, as PowerShell gives that."""
    output = [value for value in result.output if not is_role(value)]
    first, last = (pick(at for at, value in enumerate(output) if is_backup(value)) for pick in (min, max))
    none: Value = () if empty else None
    listed = [replace(value, properties={**value.properties, "RoleStatus": none}) for value in output[first : last + 1]]
    half = len(listed) // 2
    between = () if empty else (None,) * half
    return replace(result, output=(*output[:first], *listed[:half], *between, *listed[half:]))


__all__ = ["Bench", "Fault", "Refusal", "is_look", "is_trigger", "without_roles"]
