"""Whatever happens on the stamp, a start confirms only what is whole, and starts one backup at most."""

from __future__ import annotations

import tempfile
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
