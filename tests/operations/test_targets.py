"""Which stamp, subscription and location an operation works on."""

from __future__ import annotations

import pytest

from psbridge.errors import (
    ExitCode,
    NotFound,
    PrerequisiteError,
    Trigger,
)
from psbridge.models.events import Note
from psbridge.models.verdict import Judgement


@pytest.mark.parametrize(
    "target",
    [
        {"subscription": "Some Other Subscription"},
        {"environment": "AzureCloud"},
        {"expect_deployment_id": "00000000-0000-4000-8000-000000000000"},
    ],
    ids=["subscription", "environment", "deployment"],
)
def test_a_session_on_another_stamp_is_refused_before_the_trigger(bench, target):
    it = bench(target=target)
    problem = it.refused()
    assert isinstance(problem, PrerequisiteError)
    assert problem.trigger is Trigger.NOT_SENT
    assert it.sessions.triggers == []


READS = {
    "list": lambda stamp: stamp.backups.list(),
    "show": lambda stamp: stamp.backups.show(),
    "confirm": lambda stamp: stamp.backups.confirm(),
    "wait": lambda stamp: stamp.backups.wait(stamp.backups.list()[0].id),
    "settings": lambda stamp: stamp.settings(),
}


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_another_stamp_than_the_expected_is_not_read_from_either(bench, read):
    other = bench(target={"expect_deployment_id": "00000000-0000-4000-8000-000000000000"})
    with pytest.raises(PrerequisiteError, match="expected 00000000"):
        read(other.client)


def test_the_expected_stamp_is_started_on_and_read_from(bench):
    first = bench()
    deployment = first.client.backups.list()[0].deployment_id
    it = bench(target={"expect_deployment_id": deployment.upper(), "environment": "azurestackadmin"})
    assert it.start().exit_code is ExitCode.OK
    for read in READS.values():
        read(it.client)


def test_a_first_backup_on_another_stamp_is_not_confirmed(bench):
    it = bench("history-empty", target={"expect_deployment_id": "00000000-0000-4000-8000-000000000000"})
    report = it.start()
    assert (report.exit_code, report.verdict.judgement) == (ExitCode.UNKNOWN, Judgement.UNKNOWN)
    assert "00000000-0000-4000-8000-000000000000 is expected" in report.problem.message
    assert it.triggers == 1


def test_an_unidentified_stamp_is_reported(bench):
    it = bench("history-empty", target={"expect_deployment_id": "00000000-0000-4000-8000-000000000000"})
    assert it.client.backups.list(observe=it.events.append) == []
    assert "was not checked" in it.of(Note)[0].text


def test_a_subscription_may_be_named_by_its_id(bench):
    it = bench(target={"subscription": "5F4B1C1E-8F0A-4C59-9F3E-2B6F3A7D9C10"})
    assert it.start().exit_code is ExitCode.OK


def test_an_unknown_location_is_not_found(bench):
    it = bench(target={"location": "nowhere"})
    assert isinstance(it.refused(), NotFound)
    assert it.sessions.triggers == []


def test_without_a_location_the_stamps_own_is_used(bench):
    it = bench(target={"location": None})
    assert it.start().exit_code is ExitCode.OK
    assert "-Location 'redmond'" in it.sessions.triggers[0]


def test_subscription_location_and_group_are_passed_to_the_trigger(bench):
    it = bench()
    it.start_no_wait()
    (sent,) = it.sessions.triggers
    assert sent == (
        "Start-AzsBackup -Location 'redmond' -ResourceGroupName 'system.redmond' "
        "-SubscriptionId '5f4b1c1e-8f0a-4c59-9f3e-2b6f3a7d9c10' -NoWait $true"
    )
