"""From what a command rests on to how it ends: pure, so that a record of the one gives the other again."""

from __future__ import annotations

from typing import Final

from psbridge.errors import ExitCode, PsbridgeError, Stale
from psbridge.models.backup import Backup, Phase
from psbridge.models.observation import Case, Grounds
from psbridge.models.time import Instant
from psbridge.models.verdict import Evidence, Judgement, Outcome, Verdict
from psbridge.verdict.checks import rough
from psbridge.verdict.contradictions import host_clock
from psbridge.verdict.decide import decide, folded, judged
from psbridge.verdict.exit_code import problem_of
from psbridge.verdict.rules import RULES
from psbridge.verdict.state import Seen

OPEN: Final = frozenset({Judgement.RUNNING, Judgement.UNPROVEN})
"""The judgements that a wait goes on after."""
# Several causes at once: the contract's order.
_ORDER: Final = (ExitCode.UNKNOWN, ExitCode.FAILED, ExitCode.PARTIAL, ExitCode.STALE, ExitCode.UNPROVEN)
_START_ONE: Final = "Start one: psbridge backup start."


def exit_code_of(grounds: Grounds, rules: int = RULES) -> ExitCode:
    """Return the code that a command with these grounds ends with; a wait that is not over has met its deadline."""
    seen = folded(grounds.case, rules)
    if grounds.case.waiting and not is_over(seen, judged(grounds.case, seen, rules)):
        return ExitCode.TIMEOUT
    problem = problem_with(grounds, rules)
    return ExitCode.OK if problem is None else problem.exit_code


def is_over(seen: Seen, verdict: Verdict) -> bool:
    """Tell whether a wait need not look again: there is a verdict, and nothing that may still change it."""
    if seen.contradiction is not None:
        return True
    uploaded = seen.backup is not None and seen.backup.completely_uploaded is True
    # The operation is the authority on the end: until then the upload and the readiness may still change.
    upload_goes_on = seen.operation == 202 and not uploaded and verdict.judgement is not Judgement.FAILED
    return seen.reads_agree is not None and not upload_goes_on and verdict.judgement not in OPEN


def problem_with(grounds: Grounds, rules: int = RULES) -> PsbridgeError | None:
    """Return what is wrong with a backup that was judged: the worst of its verdict and its age; None if nothing is."""
    verdict = decide(grounds.case, rules)
    age = _age_problem(grounds, verdict, rules)
    if not grounds.case.id:
        return age
    found = (problem_of(verdict, grounds.case.id), age)
    return min((it for it in found if it is not None), key=lambda it: _ORDER.index(it.exit_code), default=None)


def age_row(grounds: Grounds, verdict: Verdict, rules: int = RULES) -> Evidence | None:
    """Return the row of evidence that says that a backup is older than was asked for; None if it is not."""
    stale = _age_problem(grounds, verdict, rules)
    return None if stale is None or rules == 1 else Evidence("age", Outcome.FAIL, stale.message)


def _age_problem(grounds: Grounds, verdict: Verdict, rules: int) -> PsbridgeError | None:
    if not grounds.case.id:
        return Stale("no backup of this stamp has ended, so none is young enough", hint=_START_ONE)
    if verdict.judgement is Judgement.RUNNING and not grounds.latest and rules > 1:
        return None  # the one that was asked for has not ended: it has no age
    measured = last_good(grounds, verdict, rules) if grounds.latest else verdict.backup
    return _stale(grounds, measured, rules)


def last_good(grounds: Grounds, verdict: Verdict, rules: int = RULES) -> Backup | None:
    """Return the newest confirmed backup: the one that is judged, or the other one that was looked for."""
    if verdict.judgement is Judgement.CONFIRMED:
        return verdict.backup
    if grounds.good is None:
        return None
    other = decide(grounds.good, rules)
    return other.backup if other.judgement is Judgement.CONFIRMED else None


def now_of(case: Case, rules: int = RULES) -> Instant:
    """Return the time by which ages are told: the host's clock at the last answer, else this machine's."""
    return host_clock(case, folded(case, rules))


def _stale(grounds: Grounds, backup: Backup | None, rules: int) -> PsbridgeError | None:
    if grounds.max_age is None:
        return None
    if backup is not None and backup.phase is Phase.LIVE and not grounds.latest:
        return None  # the one that was asked for has not ended: it has no age
    if backup is None or backup.completed_at is None:
        return Stale("there is no good backup, so none is young enough", hint=_START_ONE)
    age = (now_of(grounds.case, rules) - backup.completed_at).seconds
    if age <= grounds.max_age:
        return None
    return Stale(
        f"the newest good backup, {backup.id}, ended {rough(age)} ago; {rough(grounds.max_age)} are allowed",
        id=backup.id,
        hint=_START_ONE,
        detail={"age_seconds": age, "max_age_seconds": grounds.max_age},
    )
