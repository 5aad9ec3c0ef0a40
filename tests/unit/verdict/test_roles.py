"""Where roles are compared: with an earlier backup, between two sources, between the list and the backup itself."""

from __future__ import annotations

import pytest

from psbridge.models.backup import Phase, Role
from psbridge.models.verdict import Outcome
from psbridge.values import replace
from psbridge.verdict.roles import (
    check_roles,
    comparable_roles,
    differing_roles,
    impossible_roles,
    roles_succeeded,
    worse_role,
)
from tests.support.backups import GOOD

NRP, SRP = Role("NRP", "Succeeded"), Role("SRP", "Succeeded")
FAILED = Role("SRP", "Failed")


@pytest.mark.parametrize(
    ("roles", "before", "read", "outcome", "detail"),
    [
        (None, None, True, Outcome.UNKNOWN, "no list of roles"),
        ((), (NRP,), True, Outcome.UNKNOWN, "no list of roles"),
        ((NRP, SRP), None, True, Outcome.PASS, "2 of 2 succeeded; no earlier backup to compare with"),
        (
            (NRP, SRP),
            (NRP,),
            True,
            Outcome.PASS,
            "2 of 2 succeeded; none is missing (compared with the last good backup)",
        ),
        ((Role("nrp", "SUCCEEDED"),), (NRP,), False, Outcome.UNKNOWN, "the roles of earlier backups can't be read"),
        ((NRP,), (NRP, SRP), True, Outcome.FAIL, "role SRP is missing (the last good backup had it)"),
        ((NRP,), (NRP, SRP), False, Outcome.FAIL, "role SRP is missing (the last good backup had it)"),
        (
            (NRP, FAILED),
            (NRP, Role("CA", "Succeeded")),
            True,
            Outcome.FAIL,
            "not succeeded: SRP Failed; role CA is missing",
        ),
        ((NRP, Role("", "")), None, True, Outcome.FAIL, "not succeeded: (no name) (no status)"),
    ],
)
def test_roles_are_compared_with_those_of_an_earlier_backup(
    roles: tuple[Role, ...] | None, before: tuple[Role, ...] | None, read: bool, outcome: Outcome, detail: str
) -> None:
    baseline = None if before is None else replace(GOOD, roles=before)
    found = check_roles(roles, baseline, history_read=read)
    assert (found.check, found.outcome) == ("roles", outcome)
    assert found.detail.startswith(detail)


def test_two_sources_agree_in_any_order_and_case() -> None:
    assert comparable_roles((NRP, SRP)) == comparable_roles((Role("srp", "succeeded"), Role("nrp", "SUCCEEDED")))
    assert comparable_roles((NRP, SRP)) != comparable_roles((NRP, FAILED))


def test_only_differing_roles_of_two_sources_are_shown() -> None:
    assert differing_roles((NRP, SRP), (NRP, FAILED)) == "SRP Succeeded"
    assert differing_roles((NRP,), (NRP, FAILED)) == "no such role"


def test_a_role_bad_in_the_list_and_good_in_the_backup_is_bad() -> None:
    bad = {Phase.FAILED}
    assert worse_role((NRP, FAILED), (NRP, Role("srp", "Succeeded")), bad) == FAILED
    assert worse_role((NRP, FAILED), (NRP, FAILED), bad) is None
    assert worse_role((NRP, SRP), (NRP, FAILED), bad) is None


def test_a_role_without_a_name_or_with_two_statuses_is_impossible() -> None:
    assert list(impossible_roles((NRP, SRP, Role("nrp", "succeeded")))) == []
    assert list(impossible_roles((NRP, Role(" ", "")))) == ["has a role without a name, without a status"]
    assert list(impossible_roles((SRP, FAILED))) == ["gives role SRP twice, succeeded and Failed"]


def test_a_backup_is_a_baseline_only_if_it_and_each_role_succeeded() -> None:
    assert roles_succeeded(replace(GOOD, completed_at=None))
    for changes in ({"status": "PartialSucceeded"}, {"roles": None}, {"roles": ()}, {"roles": (NRP, FAILED)}):
        assert not roles_succeeded(replace(GOOD, **changes))
