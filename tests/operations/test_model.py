"""Anything that users, links, kills and the stamp may do, in any order, held against what the stamp itself knows.

The fast tier takes some hundred steps, `--all` the same ten thousand each time, `--whole` others, and more.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from psbridge.emulator.stamp.api import HostProfile
from psbridge.emulator.stamp.scenario import HOST, ROLES, Scenario
from tests.operations.model import TROUBLES, Trouble, World
from tests.support.fakes.journal_edge import POINTS

STEPS, EXAMPLES, OLD_EXAMPLES, PARTS = 50, 25, 8, 8
FEW: Final = 3
"""Examples of the fast tier."""
AZURERM: Final[dict[str, Any]] = {"family": "azurerm", "module": "0.3.2", "rest_method": False}
_SHM: Final = Path("/dev/shm")

runs_of_the_host = st.one_of(st.just(0), st.integers(1, 9))
executed = {"void": st.just(True), "denied": st.just(False)}
in_a_run = st.sampled_from(sorted(TROUBLES)).flatmap(
    lambda kind: st.builds(Trouble, st.just(kind), runs_of_the_host, executed.get(kind, st.booleans()))
)
in_the_journal = st.builds(
    Trouble,
    st.sampled_from(["killed", "full"]),
    st.integers(1, 6),
    point=st.sampled_from(POINTS),
)
emptied = st.just(Trouble("emptied", 0))
troubles = st.one_of(
    st.just(()), st.lists(st.one_of(in_a_run, in_a_run, in_the_journal, emptied), max_size=2).map(tuple)
)
soon = st.sampled_from([0.0, 3.0, 30.0, 150.0])


class Life(RuleBasedStateMachine):
    """A stamp's life and its user's."""

    world: World

    @initialize(
        listed=st.booleans(),
        rest_method=st.sampled_from([True, True, False]),
        ends=st.sampled_from(["Succeeded", "Succeeded", "Succeeded", "PartialSucceeded", "Failed", "Skipped"]),
        more=st.fixed_dictionaries(
            {},
            optional={
                "uploaded": st.just(False),
                "operation_ends": st.just(False),
                "ready": st.just(False),
                "races": st.just(True),
                "busy": st.just(True),
                "own_time": st.just(True),
                "missing": st.just(frozenset({ROLES[0]})),
                "history": st.just(0),
            },
        ),
        skew=st.sampled_from([0.0, 0.0, -40.0, 40.0]),
    )
    def opened(self, listed: bool, rest_method: bool, ends: str, more: dict[str, Any], skew: float) -> None:
        self.live_on(replace(HOST, rest_method=rest_method), listed, ends, more, skew)

    def live_on(self, host: HostProfile, listed: bool, ends: str, more: dict[str, Any], skew: float) -> None:
        self.folder = Path(tempfile.mkdtemp(dir=_SHM if _SHM.is_dir() else None))
        known = {"roles": ROLES[:2], "history": 1, "duration": 120.0, "settings": {"backupRetentionPeriodInDays": 2}}
        scenario = Scenario(
            "any",
            "made by a test",
            ends=ends,
            listed=listed,
            host=host,
            **{**known, **more},
        )
        self.world = World(self.folder, scenario, skew)

    @rule(
        troubles=troubles,
        if_running=st.sampled_from(["fail", "attach", "queue"]),
        wait=st.sampled_from([False, False, True]),
        if_older_than=st.sampled_from([None, None, None, 3600.0]),
    )
    def start(self, troubles: tuple[Trouble, ...], **options: Any) -> None:
        self.world.start(troubles, **options)

    @rule(troubles=troubles, timeout=st.sampled_from([None, None, 60.0]))
    def wait(self, troubles: tuple[Trouble, ...], timeout: float | None) -> None:
        self.world.wait(troubles, None, timeout=timeout)

    @rule()
    def quiet_hours(self) -> None:
        self.world.advance(200.0)
        self.world.take_up()

    @rule(troubles=troubles, which=st.integers(0, 9))
    def wait_for_one(self, troubles: tuple[Trouble, ...], which: int) -> None:
        ids = sorted(self.world.held)
        if ids:
            self.world.wait(troubles, ids[which % len(ids)])

    @rule(troubles=troubles, max_age=st.sampled_from([None, None, 3600.0]))
    def confirm(self, troubles: tuple[Trouble, ...], max_age: float | None) -> None:
        self.world.confirm(troubles, None, max_age=max_age)

    @rule(seconds=st.sampled_from([0.5, 5.0, 50.0, 130.0, 300.0, 3600.0, 13 * 3600.0, 50 * 3600.0]))
    def time_passes(self, seconds: float) -> None:
        self.world.advance(seconds)

    @rule(delay=soon)
    def the_scheduler_makes_a_backup(self, delay: float) -> None:
        self.world.befall("backup", "begins", delay)

    @rule(delay=soon, value=st.sampled_from(["begins", "ends", "ends", "fails"]))
    def an_update(self, delay: float, value: str) -> None:
        self.world.befall("update", value, delay)

    @rule(delay=soon, value=st.sampled_from(["full", "works", "works"]))
    def the_share(self, delay: float, value: str) -> None:
        self.world.befall("share", value, delay)

    @precondition(lambda self: not self.world.rivals_at)
    @rule(delay=soon)
    def another_operator_starts_a_backup(self, delay: float) -> None:
        self.world.rivals_at.append(self.world.clock.now() + timedelta(seconds=delay))

    def teardown(self) -> None:
        shutil.rmtree(getattr(self, "folder", "/nonexistent"), ignore_errors=True)


class OldModulesLife(Life):
    """The same on a host of the AzureRM modules, whose trigger runs as long as the backup."""

    def live_on(self, host: HostProfile, listed: bool, ends: str, more: dict[str, Any], skew: float) -> None:
        super().live_on(replace(host, **AZURERM), listed, ends, more, skew)


@pytest.mark.parametrize(
    ("kind", "examples", "part"),
    [
        pytest.param(Life, FEW, 0, id="az-few"),
        pytest.param(OldModulesLife, FEW, 0, id="azurerm-few"),
        *(pytest.param(Life, EXAMPLES, part, id=f"az-{part}", marks=pytest.mark.sweep) for part in range(PARTS)),
        pytest.param(OldModulesLife, OLD_EXAMPLES, 0, id="azurerm", marks=pytest.mark.sweep),
    ],
)
def test_any_sequence_makes_one_backup_per_start_and_true_reports(
    kind: type[Life], examples: int, part: int, request: pytest.FixtureRequest
) -> None:
    whole = request.config.getoption("--whole")
    life = kind if whole else seed(part)(type("Life", (kind,), {}))
    run_state_machine_as_test(
        life,
        settings=settings(
            max_examples=examples * (20 if whole else 1),
            stateful_step_count=STEPS,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, Phase.shrink] if whole else [Phase.generate],  # shrinking takes minutes
        ),
    )
