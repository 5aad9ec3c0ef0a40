"""Whatever happens on the stamp, a start confirms only what is whole and starts one backup, and a status is true."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from psbridge.emulator.stamp.scenario import HOST, Scenario
from psbridge.errors import ExitCode, PsbridgeError
from psbridge.models.report import Report
from psbridge.models.verdict import Judgement
from tests.operations.conftest import bench_in
from tests.support import tiers
from tests.support.any_scenario import scenarios


@settings(max_examples=tiers.examples(25))
@given(
    scenario=scenarios(2 * 3600.0), rest_method=st.booleans(), if_running=st.sampled_from(["fail", "attach", "queue"])
)
def test_only_complete_backups_are_confirmed(scenario: Scenario, rest_method: bool, if_running: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        it = bench_in(Path(folder), scenario, host=replace(HOST, rest_method=rest_method))
        try:
            ended: Report | PsbridgeError = it.start(if_running=if_running)
        except PsbridgeError as problem:
            ended = problem
    assert len(it.sessions.triggers) <= 1 or if_running == "queue"
    assert it.triggers <= 1
    assert ended.exit_code is not ExitCode.INTERNAL
    if isinstance(ended, Report) and ended.verdict.judgement is Judgement.CONFIRMED:
        assert ended.exit_code is ExitCode.OK
        assert ended.verdict.backup is not None
        (held,) = [each for each in it.stamp.backups() if each.id == ended.verdict.backup.id]
        assert held.status == "Succeeded"
        assert set(held.roles.values()) == {"Succeeded"}
        assert ended.verdict.backup.is_cloud_recovery_ready is True
        assert ended.verdict.upload_proof == "assumed" or (held.done is not None and held.done <= it.clock.now())
        assert held.automatic is (ended.action != "started")


@settings(max_examples=tiers.examples(25))
@given(
    scenario=scenarios(2 * 3600.0),
    rest_method=st.booleans(),
    starts=st.booleans(),
    later=st.floats(0, 2 * 86_400.0),
    max_age=st.sampled_from([None, 3600.0, 86_400.0]),
)
def test_a_stamp_is_well_only_with_a_complete_backup_that_is_young_enough_and_no_bad_one_after_it(
    scenario: Scenario, rest_method: bool, starts: bool, later: float, max_age: float | None
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        it = bench_in(Path(folder), scenario, host=replace(HOST, rest_method=rest_method))
        if starts:
            with suppress(PsbridgeError):
                it.start_no_wait()
        it.clock.advance(later)
        before = it.triggers
        status = it.client.status(max_age=max_age)
    assert it.triggers == before
    assert status.problem is None or status.problem.exit_code is not ExitCode.INTERNAL
    if status.exit_code is not ExitCode.OK:
        return
    ended = sorted((each for each in it.stamp.backups() if not each.running), key=lambda each: each.ends)
    good = [each for each in ended if each.status == "Succeeded" and set(each.roles.values()) == {"Succeeded"}]
    assert status.last_good is not None
    assert status.max_age is not None
    (held,) = [each for each in good if each.id == status.last_good.backup.id]
    assert (it.clock.now() - held.ends).total_seconds() <= status.max_age + 60
    bad = {"Failed", "PartialSucceeded", "Corrupted"}
    assert not [each for each in ended if each.ends > held.ends and each.status in bad and each.listed]
