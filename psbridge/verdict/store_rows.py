"""The rows of a verdict that come from the store, where `--verify` read it."""

from __future__ import annotations

from typing import Final

from psbridge.errors import PsbridgeError
from psbridge.models.case import Case
from psbridge.models.verdict import Evidence, Outcome
from psbridge.models.verification import Level, Reason, StoreCase, TestResult, Verification
from psbridge.verdict.store import judge_store
from psbridge.verdict.store import problem_of as store_problem

KEY_HELD: Final = "psbridge can't see whether the certificate's private key (.pfx) is kept"
READABLE: Final = "the store was not read: `--verify LEVEL`"
SECOND_COPY: Final = "no second copy was read: `--copy WHERE`"


def store_rows(case: Case) -> tuple[Evidence, ...]:
    """Return `key_held`, `readable` and `second_copy`; not checked where the store was not read."""
    return (
        Evidence("key_held", *_key_held(case.store)),
        Evidence("readable", *_read(case.store, READABLE)),
        Evidence("second_copy", *_read(case.copy, SECOND_COPY)),
    )


def store_problems(case: Case) -> list[PsbridgeError]:
    """Return what is wrong with the backup in the stores that were read."""
    read = (each for each in (case.store, case.copy) if each is not None)
    found = (store_problem(each, judge_store(each)) for each in read)
    return [problem for problem in found if problem is not None]


def _key_held(case: StoreCase | None) -> tuple[Outcome, str]:
    if case is None or case.key_thumbprint is None or not case.level.includes(Level.OPENABLE):
        return Outcome.NOT_CHECKED, KEY_HELD
    tests = [each.opened for each in case.snapshots]
    wrong = [test for test in tests if test.reason is Reason.WRONG_KEY]
    opened = sum(test.result is TestResult.PASS for test in tests)
    if wrong:
        return Outcome.FAIL, f"the key does not open {len(wrong)} of {len(tests)} wrapped keys"
    if not opened or opened < len(tests):
        return Outcome.UNKNOWN, f"the key opens {opened} of {len(tests)} wrapped keys"
    return Outcome.PASS, f"the key {case.key_thumbprint} opens every wrapped key in {case.where}"


def _read(case: StoreCase | None, without: str) -> tuple[Outcome, str]:
    if case is None:
        return Outcome.NOT_CHECKED, without
    found = judge_store(case)
    problem = store_problem(case, found)
    if found.undecided:
        return Outcome.UNKNOWN, f"{case.where}: the layout is not recognized"
    if found.uploading:
        return Outcome.UNKNOWN, f"{case.where}: the upload is not complete yet"
    if problem is not None:
        return Outcome.FAIL, f"{case.where}: {_first(found)}"
    return Outcome.PASS, f"{case.where}: {found.reached} ({_row(found)})"


def _first(found: Verification) -> str:
    more = len(found.problems) - 1
    text = found.problems[0].text if found.problems else "not all that was asked for was proved"
    return f"{text} (and {more} more)" if more > 0 else text


def _row(found: Verification) -> str:
    return next(row.detail for row in found.rows if row.check == found.reached)
