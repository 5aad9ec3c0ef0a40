"""What a case of a store leads to. The case is made by hand, so that each rule is met alone."""

import pytest

from psbridge.models import verification
from psbridge.models.verdict import Outcome
from psbridge.models.verification import FileTest, Level, Reason, Snapshot, StoreCase, StoredFile
from psbridge.values import replace
from psbridge.verdict.store import judge_store, problem_of

ID = "fa396b1d-1111-2222-3333-444444444444"
FULL = "0a396b1d-1111-2222-3333-444444444444"
PASS = FileTest(verification.TestResult.PASS)
DAMAGED = FileTest(verification.TestResult.FAIL, "its HMAC does not fit", Reason.DAMAGED)


def snapshot(repository="A;B;-;C", id=ID, **changes) -> Snapshot:
    values = {
        "repository": repository,
        "named_id": id,
        "named_kind": "Full",
        "metadata": StoredFile(f"{repository}/{id}.xml", 2000, "0" * 64),
        "data": StoredFile(f"{repository}/{id}.zip", 106),
        "described_as": repository,
        "backup_id": id,
        "kind": "Full",
        "status": "Succeeded",
        "created": "2026-11-30T12:00:00Z",
        "thumbprint": "AB",
        "stamp_version": "1.2301.2.58",
        "oem_version": "2.1",
        "deployment_id": FULL,
        "data_version": "1.1.0",
        "wrapped_key": "QQ==",
        "opened": PASS,
        "whole": PASS,
        "readable": PASS,
    }
    return Snapshot(**{**values, **changes})


def later(**changes) -> Snapshot:
    links = {"kind": "Progressive", "named_kind": "Progressive", "previous": FULL, "full": FULL}
    return snapshot(**{**links, **changes})


THREE = tuple(snapshot(f"A;B;-;{name}") for name in "CDE")
CASE = StoreCase(
    where="/store",
    level=Level.READABLE,
    backup_id=ID,
    layout="progressive",
    snapshots=THREE,
    essential=("A;B;-;C", "a;b;-;d"),
    essential_from="registrations",
    key_thumbprint="AB",
)


def with_last(**changes) -> StoreCase:
    return replace(CASE, snapshots=(*THREE[:2], snapshot("A;B;-;E", **changes)))


def chain(*snapshots: Snapshot) -> StoreCase:
    return replace(CASE, snapshots=snapshots, essential=("A;B;-;C",))


def exit_code(case: StoreCase) -> int:
    wrong = problem_of(case, judge_store(case))
    return wrong.exit_code if wrong else 0


def test_a_whole_backup_passes():
    assert judge_store(CASE).reached is Level.READABLE
    assert exit_code(CASE) == 0
    assert exit_code(chain(snapshot(id=FULL), later())) == 0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"stamp_version": "1.2301.2.59"}, "stamp version 1.2301.2.59"),
        ({"stamp_version": ""}, "stamp version none"),
        ({"oem_version": "2.2"}, "OEM version 2.2"),
        ({"deployment_id": ""}, "deployment none"),
    ],
)
def test_one_backup_is_of_one_version(changes, said):
    (problem,) = judge_store(with_last(**changes)).problems
    assert (problem.level, problem.reason) == (Level.DESCRIBED, Reason.DAMAGED)
    assert said in problem.text
    assert "A;B;-;E" in problem.text


@pytest.mark.parametrize(
    ("case", "said"),
    [
        (chain(later()), f"the chain has a hole: the snapshot {FULL}"),
        (chain(later(previous="")), "a snapshot that it does not name"),
        (chain(snapshot(id=FULL), later(full="")), "depends on a full snapshot that it does not name"),
        (chain(snapshot(id=FULL), later(full=ID)), f"depends on the full snapshot {ID}"),
        (chain(snapshot(id=FULL), snapshot()), "a full snapshot in the middle of a chain"),
        (chain(snapshot(id=FULL, thumbprint="CD"), later()), "another certificate"),
        (chain(snapshot(id=FULL, created="2026-12-01T00:00:00Z"), later()), "is older than the snapshot before it"),
    ],
)
def test_a_chain_that_is_not_closed(case, said):
    (problem,) = judge_store(case).problems
    assert (problem.level, problem.reason) == (Level.DESCRIBED, Reason.CHAIN)
    assert said in problem.text


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"data": None}, 13),
        ({"metadata": None}, 13),
        ({"unread": "it is not well-formed XML", "data_version": ""}, 13),
        ({"whole": DAMAGED}, 13),  # a file can have its full size before it is written
        ({"deployment_id": ID}, 15),
        ({"opened": FileTest(verification.TestResult.FAIL, "another key", Reason.WRONG_KEY)}, 15),
    ],
)
def test_what_an_upload_may_still_end_is_no_failure(changes, code):
    case = with_last(**changes)
    assert exit_code(case) == 15
    assert exit_code(replace(case, stamp_uploaded=False)) == code
    assert exit_code(replace(case, stamp_uploaded=True, info_uploaded=False)) == 15


def test_a_repository_that_a_recovery_needs_is_missing_by_its_name():
    (problem,) = judge_store(replace(CASE, snapshots=THREE[1:])).problems
    assert (problem.level, problem.reason) == (Level.PRESENT, Reason.MISSING)
    assert problem.text.startswith("A;B;-;C:")


@pytest.mark.parametrize(
    "changes",
    [
        {"essential": (), "essential_from": None},
        {"unrecognized": ("x: the name is not one of a snapshot",)},
        {"snapshots": (*THREE[:2], snapshot("A;B;-;E", unrecognized="its data version is 9", data_version=""))},
        {"snapshots": (), "layout": None, "unrecognized": ("x: the name is not one of a stamp version",)},
        {"info_thumbprint": "AB", "stamp_thumbprint": "CD"},
    ],
    ids=["no-registrations", "name", "version", "folder", "contradiction"],
)
def test_what_is_not_recognized_is_neither_good_nor_bad(changes):
    case = replace(CASE, **changes)
    assert exit_code(case) == 14
    assert judge_store(case).problems == ()
    assert judge_store(case).reached is not Level.READABLE


@pytest.mark.parametrize("name", ["a;B;-;C", "A;B;;C"])
def test_a_repository_is_known_by_its_parts(name):
    assert exit_code(replace(CASE, essential=(name,))) == 0


@pytest.mark.parametrize("unrecognized", [(), ("x: the name is not one of a stamp version",)])
def test_nothing_is_claimed_of_a_backup_that_is_not_there(unrecognized):
    found = judge_store(replace(CASE, snapshots=(), layout=None, unrecognized=unrecognized))
    assert found.reached is None
    assert Outcome.PASS not in {row.outcome for row in found.rows if row.check in set(Level)}


def test_what_was_not_read_is_not_claimed():
    found = judge_store(replace(CASE, level=Level.PRESENT))
    assert found.reached is Level.PRESENT
    assert {row.outcome for row in found.rows[1:5]} == {Outcome.NOT_CHECKED}


def test_without_a_key_nothing_is_claimed_of_it():
    untested = tuple(replace(it, opened=FileTest(), whole=FileTest(), readable=FileTest()) for it in THREE)
    case = replace(CASE, snapshots=untested, key_thumbprint=None)
    assert judge_store(case).reached is Level.DESCRIBED
    assert exit_code(case) == 13
