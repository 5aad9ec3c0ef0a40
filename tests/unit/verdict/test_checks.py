"""The checks one by one, and that nothing without a proof is confirmed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from psbridge.models.backup import Backup, Role
from psbridge.models.observation import Observation
from psbridge.models.stamp import Alert, BackupSettings
from psbridge.models.time import Instant, Span
from psbridge.models.verdict import Evidence, Judgement, Outcome
from psbridge.values import replace
from psbridge.verdict.checks import Facts
from psbridge.verdict.exit_code import problem_of
from psbridge.verdict.judge import verdict_on
from psbridge.verdict.state import State
from tests.support import tiers
from tests.support.backups import ID, OLD, case

END = Instant.parse("2026-03-04T12:00:00Z")
ROLES = (Role("NRP", "Succeeded"), Role("SRP", "Succeeded"))
GOOD = Backup(
    id=ID,
    status="Succeeded",
    roles=ROLES,
    completed_at=END,
    duration=Span.parse("PT20M"),
    stamp_version="1.2301.2.58",
    oem_version="2.3",
    encryption_cert_thumbprint="AB12",
    is_cloud_recovery_ready=True,
    completely_uploaded=True,
)
EARLIER = replace(GOOD, id=OLD, completed_at=Instant.parse("2026-03-04T00:00:00Z"))
REQUIRED = ("require_recovery_ready", "require_upload_proof")
HOST_TIME = Instant.parse("2026-03-04T13:00:00Z")
PROVED = Facts(
    case(
        own=False,
        waiting=False,
        observations=(Observation(GOOD),),
        settings=BackupSettings(encryption_cert_thumbprint="ab12"),
        alerts=(),
    ),
    State(latest=Observation(GOOD, host_time=HOST_TIME), reads_agree=True, operation=200, upload_read=True),
    local_time=HOST_TIME,
    baseline=EARLIER,
    newest_versions=("1.2301.2.58", "2.3"),
)


def facts(**changes) -> Facts:
    """Return what proves a backup, changed; keys of the backup, the observation, the state, the case and the facts."""

    def taken(*names: str) -> dict[str, Any]:
        return {name: changes.pop(name) for name in names if name in changes}

    shown = replace(GOOD, **taken(*(name for name in changes if hasattr(GOOD, name))))
    shown = changes.pop("backup", shown)
    latest = shown and replace(PROVED.state.latest, backup=shown, **taken("host_time"))
    state = replace(PROVED.state, latest=latest, **taken("reads_agree", "operation", "upload_read"))
    of_case = taken("own", "waiting", "whole", "settings", "alerts", "list_consistent", *REQUIRED)
    return replace(PROVED, case=replace(PROVED.case, **of_case), state=state, **changes)


def row(verdict, check: str) -> Evidence:
    return next(it for it in verdict.evidence if it.check == check)


def test_a_proved_backup_is_confirmed_without_failing_rows():
    verdict = verdict_on(PROVED)
    assert (verdict.judgement, verdict.upload_proof) == (Judgement.CONFIRMED, "shown")
    assert {it.outcome for it in verdict.evidence} == {Outcome.PASS, Outcome.NOT_CHECKED}
    assert problem_of(PROVED.case, verdict) is None


CONFIRMED, PARTIAL, FAILED = Judgement.CONFIRMED, Judgement.PARTIAL, Judgement.FAILED
RUNNING, UNPROVEN, UNKNOWN = Judgement.RUNNING, Judgement.UNPROVEN, Judgement.UNKNOWN


@pytest.mark.parametrize(
    ("changes", "judgement", "check", "outcome"),
    [
        # status
        ({"status": "Failed"}, FAILED, "status", Outcome.FAIL),
        ({"status": "Corrupted"}, FAILED, "status", Outcome.FAIL),
        ({"status": "corrupted"}, FAILED, "status", Outcome.FAIL),
        ({"status": "PartialSucceeded"}, PARTIAL, "status", Outcome.FAIL),
        ({"status": "Creating"}, RUNNING, "status", Outcome.UNKNOWN),
        ({"status": "Queued"}, RUNNING, "status", Outcome.UNKNOWN),
        ({"status": "Running"}, RUNNING, "status", Outcome.UNKNOWN),
        ({"status": "Verifying"}, UNKNOWN, "status", Outcome.UNKNOWN),
        ({"status": "Verifying", "waiting": True}, RUNNING, "status", Outcome.UNKNOWN),
        ({"status": None}, UNKNOWN, "status", Outcome.UNKNOWN),
        ({"status": "Deleted"}, UNKNOWN, "status", Outcome.UNKNOWN),
        ({"status": "Skipped"}, UNKNOWN, "status", Outcome.UNKNOWN),
        ({"backup": None}, UNKNOWN, "status", Outcome.UNKNOWN),
        ({"backup": None, "own": True}, RUNNING, "status", Outcome.UNKNOWN),
        # roles
        ({"roles": None}, UNKNOWN, "roles", Outcome.UNKNOWN),
        ({"roles": ()}, UNKNOWN, "roles", Outcome.UNKNOWN),
        ({"roles": (ROLES[0], Role("SRP", "Failed"))}, PARTIAL, "roles", Outcome.FAIL),
        ({"roles": (ROLES[0], Role("SRP", ""))}, PARTIAL, "roles", Outcome.FAIL),
        ({"roles": (ROLES[0], Role("SRP", "Running"))}, PARTIAL, "roles", Outcome.FAIL),
        ({"roles": ROLES[:1]}, PARTIAL, "roles", Outcome.FAIL),
        ({"roles": (*ROLES, Role("New", "Succeeded"))}, CONFIRMED, "roles", Outcome.PASS),
        ({"roles": (Role("nrp", "succeeded"), Role("srp", "SUCCEEDED"))}, CONFIRMED, "roles", Outcome.PASS),
        ({"baseline": None}, CONFIRMED, "roles", Outcome.PASS),
        ({"baseline": None, "list_consistent": False}, UNKNOWN, "roles", Outcome.UNKNOWN),
        # recovery_ready
        ({"is_cloud_recovery_ready": False}, PARTIAL, "recovery_ready", Outcome.FAIL),
        ({"is_cloud_recovery_ready": None}, CONFIRMED, "recovery_ready", Outcome.WARN),
        # upload
        ({"completely_uploaded": True, "operation": 202}, CONFIRMED, "upload", Outcome.PASS),
        ({"completely_uploaded": True, "operation": None}, CONFIRMED, "upload", Outcome.PASS),
        ({"completely_uploaded": None, "operation": 200}, CONFIRMED, "upload", Outcome.PASS),
        ({"completely_uploaded": None, "operation": 200, "upload_read": False}, UNPROVEN, "upload", Outcome.UNKNOWN),
        ({"completely_uploaded": False, "operation": 202}, UNPROVEN, "upload", Outcome.UNKNOWN),
        ({"completely_uploaded": False, "operation": None, "settled": True}, UNPROVEN, "upload", Outcome.UNKNOWN),
        ({"completely_uploaded": None, "operation": 202, "settled": True}, UNPROVEN, "upload", Outcome.UNKNOWN),
        ({"completely_uploaded": False, "operation": 200}, FAILED, "upload", Outcome.FAIL),
        ({"completely_uploaded": None, "operation": None}, UNPROVEN, "upload", Outcome.UNKNOWN),
        ({"completely_uploaded": None, "operation": None, "settled": True}, CONFIRMED, "upload", Outcome.WARN),
        # second_read
        ({"reads_agree": None}, UNPROVEN, "second_read", Outcome.UNKNOWN),
        ({"reads_agree": False}, UNKNOWN, "second_read", Outcome.FAIL),
        ({"reads_agree": False, "status": "Failed"}, UNKNOWN, "second_read", Outcome.FAIL),
        # whole
        ({"whole": False}, UNKNOWN, "whole", Outcome.UNKNOWN),
        ({"contradiction": "it ended and runs again"}, UNKNOWN, "status", Outcome.UNKNOWN),
        # warnings
        ({"encryption_cert_thumbprint": "CD34"}, CONFIRMED, "thumbprint", Outcome.WARN),
        ({"encryption_cert_thumbprint": None}, CONFIRMED, "thumbprint", Outcome.WARN),
        ({"settings": None}, CONFIRMED, "thumbprint", Outcome.UNKNOWN),
        ({"newest_versions": ("1.2406.0.8", "2.3")}, CONFIRMED, "versions", Outcome.WARN),
        ({"host_time": Instant.parse("2026-03-04T13:02:30Z")}, CONFIRMED, "clock", Outcome.WARN),
        ({"host_time": Instant.parse("2026-03-04T13:01:59Z")}, CONFIRMED, "clock", Outcome.PASS),
        ({"host_time": None}, CONFIRMED, "clock", Outcome.UNKNOWN),
        ({"completed_at": Instant.parse("2026-03-04T14:00:00Z")}, CONFIRMED, "age", Outcome.WARN),
    ],
)
def test_each_row_of_the_table(changes, judgement, check, outcome):
    verdict = verdict_on(facts(**changes))
    assert verdict.judgement is judgement
    assert row(verdict, check).outcome is outcome


def test_of_several_bad_rows_the_worst_decides():
    """Unknown before failed before partial before unproven."""
    partial = facts(is_cloud_recovery_ready=False, completely_uploaded=None, operation=202)
    assert verdict_on(partial).judgement is PARTIAL
    failed = facts(is_cloud_recovery_ready=False, completely_uploaded=False)
    assert verdict_on(failed).judgement is FAILED
    assert verdict_on(facts(is_cloud_recovery_ready=False, completely_uploaded=False, whole=False)).judgement is UNKNOWN


def test_policy_makes_readiness_a_warning():
    verdict = verdict_on(facts(is_cloud_recovery_ready=False, require_recovery_ready=False))
    assert (verdict.judgement, row(verdict, "recovery_ready").outcome) == (CONFIRMED, Outcome.WARN)


def test_policy_never_lets_an_upload_be_assumed():
    assumed = {"completely_uploaded": None, "operation": None, "settled": True}
    assert verdict_on(facts(**assumed)).upload_proof == "assumed"
    verdict = verdict_on(facts(**assumed, require_upload_proof=True))
    assert (verdict.judgement, verdict.upload_proof) == (UNPROVEN, None)


@pytest.mark.parametrize("check", ["off_site_copy", "key_held", "readable", "second_copy", "validate"])
@pytest.mark.parametrize("status", ["Succeeded", "Failed", "Running"])
def test_unchecked_rows_are_always_shown(check, status):
    assert row(verdict_on(facts(status=status)), check).outcome is Outcome.NOT_CHECKED


def test_an_old_backup_despite_a_schedule_is_a_warning():
    told = BackupSettings(backup_frequency_in_hours=12, is_backup_scheduler_enabled=True)
    later = Instant.parse("2026-03-05T07:00:00Z")
    old = facts(settings=told, host_time=later)
    assert row(verdict_on(old), "age").outcome is Outcome.WARN
    off = facts(settings=replace(told, is_backup_scheduler_enabled=False), host_time=later)
    assert row(verdict_on(off), "age").outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"status": "Failed"}, 1),
        ({"roles": ROLES[:1]}, 3),
        ({"status": "Running"}, 13),
        ({"reads_agree": None}, 13),
        ({"whole": False}, 14),
        ({"status": "Verifying"}, 14),
    ],
)
def test_an_unconfirmed_verdict_has_a_code_a_message_and_a_hint(changes, code):
    problem = problem_of(PROVED.case, verdict_on(facts(**changes)))
    assert problem.exit_code == code
    assert ID in problem.message
    assert problem.hint


def test_the_problem_of_missing_roles_names_them():
    assert "SRP" in problem_of(PROVED.case, verdict_on(facts(roles=ROLES[:1]))).message


# -- no input that lacks a proof comes out confirmed

WORDS = st.sampled_from(
    [
        "Succeeded",
        "succeeded",
        "Failed",
        "PartialSucceeded",
        "Running",
        "Skipped",
        "Deleted",
        "Corrupted",
        "What",
        "",
        None,
    ]
)
INSTANTS = st.integers(-(10**17), 2 * 10**17).map(Instant)
ROLE = st.builds(Role, st.sampled_from(["NRP", "nrp", "SRP", "CA", ""]), st.sampled_from(["Succeeded", "Failed", ""]))
MOSTLY_GOOD = st.one_of(st.just(ROLES), st.lists(ROLE, max_size=4).map(tuple), st.none())
FLAGS = st.sampled_from([True, False, None])
BACKUPS = st.builds(
    Backup,
    id=st.just(ID),
    status=st.one_of(st.just("Succeeded"), WORDS),
    roles=MOSTLY_GOOD,
    completed_at=st.one_of(st.none(), INSTANTS),
    duration=st.one_of(st.none(), st.integers(-(10**15), 10**15).map(Span)),
    is_cloud_recovery_ready=FLAGS,
    completely_uploaded=FLAGS,
    encryption_cert_thumbprint=st.sampled_from([None, "AB", ""]),
    stamp_version=st.sampled_from([None, "1", "2"]),
)
CASES = st.builds(
    case,
    own=st.booleans(),
    waiting=st.booleans(),
    whole=st.one_of(st.just(True), st.booleans()),
    observations=st.just((Observation(GOOD),)),
    list_consistent=st.one_of(st.just(True), st.booleans()),
    settings=st.one_of(
        st.none(),
        st.builds(
            BackupSettings,
            encryption_cert_thumbprint=st.sampled_from([None, "AB"]),
            backup_frequency_in_hours=st.sampled_from([None, 0, 4, -1]),
            is_backup_scheduler_enabled=FLAGS,
        ),
    ),
    require_recovery_ready=st.booleans(),
    require_upload_proof=st.booleans(),
)
STATES = st.builds(
    State,
    latest=st.none() | st.builds(Observation, BACKUPS, host_time=st.one_of(st.none(), INSTANTS)),
    reads_agree=st.one_of(st.just(True), FLAGS),
    operation=st.sampled_from([None, 200, 202]),
    upload_read=st.booleans(),
)
FACTS = st.builds(
    Facts,
    CASES,
    STATES,
    local_time=INSTANTS,
    baseline=st.one_of(st.none(), BACKUPS),
    settled=st.booleans(),
    contradiction=st.sampled_from([None, None, None, "it can't be"]),
    newest_versions=st.sampled_from([None, ("1", None), (None, None)]),
)


def proofs(seen: Facts) -> list[bool]:
    """Say independently of the judge what a confirmed backup must have shown."""
    it, asked, state = seen.backup, seen.case, seen.state
    if it is None:
        return [False]
    roles = list(it.roles or [])
    before = {role.name.lower() for role in (seen.baseline.roles or ())} if seen.baseline else set()
    shown = it.completely_uploaded is True or (
        it.completely_uploaded is None and state.operation == 200 and state.upload_read
    )
    unreadable = it.completely_uploaded is None and state.operation != 202
    return [
        (it.status or "").lower() == "succeeded",
        len(roles) > 0,
        all(role.status.lower() == "succeeded" for role in roles),
        before <= {role.name.lower() for role in roles},
        asked.list_consistent,
        it.is_cloud_recovery_ready is not False or not asked.require_recovery_ready,
        shown or (unreadable and seen.settled and not asked.require_upload_proof),
        state.reads_agree is True,
        asked.whole is True,
        seen.contradiction is None,
    ]


@settings(max_examples=tiers.examples(700))
@given(FACTS)
def test_confirmed_if_and_only_if_every_proof_is_there(seen):
    verdict = verdict_on(seen)
    assert (verdict.judgement is CONFIRMED) == all(proofs(seen))
    if verdict.judgement is CONFIRMED:
        shown = seen.backup.completely_uploaded is True or (seen.state.operation == 200 and seen.state.upload_read)
        assert verdict.upload_proof == ("shown" if shown else "assumed")
    else:
        assert verdict.upload_proof is None
        assert problem_of(seen.case, verdict) is not None


@settings(max_examples=tiers.examples(100))
@given(FACTS)
def test_every_verdict_has_every_row_once(seen):
    checks = [it.check for it in verdict_on(seen).evidence]
    assert len(checks) == len(set(checks)) == 17
    assert all(it.detail for it in verdict_on(seen).evidence)


# -- alerts: evidence beside a verdict, never a reason for one


def test_open_alerts_warn_with_their_remedies_and_change_no_verdict() -> None:
    alerts = (
        Alert(title="Backup failed because file share is full"),
        Alert(title="Backup is not enabled for a location"),
    )
    verdict = verdict_on(facts(alerts=alerts))
    assert verdict.judgement is CONFIRMED
    shown = row(verdict, "alerts")
    assert shown.outcome is Outcome.WARN
    assert "Backup failed because file share is full (Free space on the share or enlarge it" in shown.detail
    bad = verdict_on(facts(alerts=alerts, status="Failed"))
    assert bad.judgement is FAILED
    assert problem_of(PROVED.case, bad).hint.startswith("Alerts open: Backup failed because file share is full")


@pytest.mark.parametrize(
    ("wrong", "check"),
    [
        ({"status": "Failed"}, "Check the backup in the portal"),
        ({"is_cloud_recovery_ready": False}, "Check the backup in the portal"),
        ({"roles": (ROLES[0], Role("SRP", "Failed"))}, "Check the roles in the portal"),
    ],
)
def test_the_hint_names_what_to_check_and_how_to_see_the_newest_good_backup(wrong: dict[str, Any], check: str) -> None:
    bad = verdict_on(facts(**wrong))
    hint = problem_of(PROVED.case, bad).hint
    assert hint.startswith(check)
    assert hint.endswith("To see the newest good backup: `psbridge backup confirm --max-age 1d`.")
    known = replace(bad, last_good=EARLIER)
    assert problem_of(PROVED.case, known).hint.endswith(f"The newest good backup is {OLD}.")


def test_what_follows_from_an_unknown_status_is_not_named_as_a_cause() -> None:
    unread = verdict_on(facts(status="Verifying", roles=None, reads_agree=None))
    assert problem_of(PROVED.case, unread).message.endswith(f"neither good nor bad: {row(unread, 'status').detail}")
    no_roles = verdict_on(facts(roles=None))
    assert row(no_roles, "roles").detail in problem_of(PROVED.case, no_roles).message


def test_alerts_that_could_not_be_read_are_unknown_and_none_at_all_passes() -> None:
    assert row(verdict_on(facts(alerts=None)), "alerts").outcome is Outcome.UNKNOWN
    assert row(verdict_on(facts(alerts=())), "alerts").outcome is Outcome.PASS
    assert verdict_on(facts(alerts=None)).judgement is CONFIRMED
