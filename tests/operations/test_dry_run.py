"""What a dry run says and refuses; it starts nothing."""

from __future__ import annotations

import pytest

from psbridge.errors import (
    PsbridgeError,
    Trigger,
)
from psbridge.models.events import Queued


@pytest.mark.parametrize("scenario", ["succeeds", "slow", "fails"])
def test_a_dry_run_starts_nothing(bench, scenario):
    it = bench(scenario)
    found = it.dry_run()
    assert (found.would, found.what_if) == ("start", True)
    assert found.last_good is not None
    assert (found.context.environment, found.location) == ("AzureStackAdmin", "redmond")
    assert it.triggers == 0
    assert it.stamp.counts()["refused"] == 0
    assert it.journal.list() == []


@pytest.mark.parametrize(("if_running", "would"), [("attach", "attach"), ("queue", "queue")])
def test_a_dry_run_reports_the_action_during_a_running_backup(bench, if_running, would):
    it = bench("busy")
    found = it.dry_run(if_running=if_running)
    assert (found.would, found.what_if) == (would, None)
    assert found.running.id in found.reason
    assert it.of(Queued) == []


def test_a_dry_run_reports_a_skip(bench):
    assert bench().dry_run(if_older_than=6 * 3600.0).would == "skip"


@pytest.mark.parametrize(
    "scenario",
    [
        "busy",
        "not-signed-in",
        "wrong-subscription",
        "no-module",
        "not-configured",
        "no-certificate",
        "update-running",
    ],
)
def test_a_dry_run_ends_as_the_start_does(bench, scenario):
    it = bench(scenario)
    with pytest.raises(PsbridgeError) as caught:
        it.dry_run()
    assert caught.value.trigger is Trigger.NOT_SENT
    assert it.sessions.triggers == []
    refused = it.refused()
    assert (caught.value.exit_code, caught.value.message) == (refused.exit_code, refused.message)
    assert caught.value.detail.get("reason") == refused.detail.get("reason")
