"""From a verdict to what is wrong: the error whose exit code a command ends with."""

from __future__ import annotations

from typing import Final

from psbridge.errors import BackupFailed, BackupPartial, ExitCode, PsbridgeError, Unknown, Unproven
from psbridge.models.case import Case
from psbridge.models.verdict import Evidence, Judgement, Outcome, Verdict
from psbridge.verdict.age import too_old
from psbridge.verdict.fold import RULES, fold
from psbridge.verdict.state import host_clock, is_over
from psbridge.verdict.store_rows import store_problems

_ORDER: Final = (
    ExitCode.UNKNOWN,
    ExitCode.FAILED,
    ExitCode.PARTIAL,
    ExitCode.NOT_VERIFIED,
    ExitCode.STALE,
    ExitCode.UNPROVEN,
)
"""Which of several causes the code is of: the first."""


def exit_code_of(case: Case, verdict: Verdict, rules: int = RULES) -> ExitCode:
    """Return the code that a command with this verdict ends with; a wait that is not over has met its deadline."""
    if case.waiting and not is_over(fold(case, rules), verdict):
        return ExitCode.TIMEOUT
    problem = problem_of(case, verdict, rules)
    return ExitCode.OK if problem is None else problem.exit_code


def problem_of(case: Case, verdict: Verdict, rules: int = RULES) -> PsbridgeError | None:
    """Return what is wrong with a backup that was judged: the worst of its verdict and its age; None if nothing is."""
    age = too_old(case, verdict, host_clock(case, fold(case, rules)), rules)
    if not case.id:
        return age
    found = (_problem_with(verdict, case.id), *(store_problems(case) if rules > 2 else ()), age)
    return min((it for it in found if it is not None), key=lambda it: _ORDER.index(it.exit_code), default=None)


def _problem_with(verdict: Verdict, id: str) -> PsbridgeError | None:
    """Return what is wrong with a judged backup, whatever its age; None if it is confirmed.

    Running and unproven give `Unproven` (13), as confirm ends; a wait that met its deadline says so itself (6).
    """
    id = verdict.backup.id if verdict.backup else id
    failing = _failing(verdict)
    match verdict.judgement:
        case Judgement.CONFIRMED:
            return None
        case Judgement.FAILED:
            return BackupFailed(f"backup {id} failed: {failing}", id=id, hint=_hint(verdict, "the backup"))
        case Judgement.PARTIAL:
            part = "the roles" if any(it.check == "roles" for it in _failed(verdict)) else "the backup"
            return BackupPartial(f"backup {id} is incomplete: {failing}", id=id, hint=_hint(verdict, part))
        case Judgement.UNKNOWN:
            why = failing or "the answers about it contradict each other"
            again = f"Do not rely on it. Check it in the portal, or judge it again with `psbridge backup confirm {id}`."
            hint = f"{again} {_older(verdict)}"
            return Unknown(f"backup {id} can be proved neither good nor bad: {why}", id=id, hint=hint)
        case _:
            word = "is still running" if verdict.judgement is Judgement.RUNNING else "has ended but is not proved yet"
            return Unproven(f"backup {id} {word}", id=id, hint=f"Wait for it: psbridge backup wait {id}")


_HARD: Final = {"status", "roles", "whole", "second_read"}
"""The checks that are named as a cause where they are unknown, too."""
_FOLLOWING: Final = {"roles", "second_read"}
"""Those that are unknown only because the status is."""


def _failing(verdict: Verdict) -> str:
    """Return what is wrong with the backup, whatever its age."""
    rows = [row for row in verdict.evidence if row.check != "age"]
    unread = any(it.check == "status" and it.outcome is Outcome.UNKNOWN for it in rows)
    hard = _HARD - _FOLLOWING if unread else _HARD
    wrong = (it for it in rows if it.outcome is Outcome.FAIL or (it.outcome is Outcome.UNKNOWN and it.check in hard))
    return "; ".join(row.detail for row in wrong)


def _failed(verdict: Verdict) -> list[Evidence]:
    return [it for it in verdict.evidence if it.outcome is Outcome.FAIL]


def _hint(verdict: Verdict, part: str) -> str:
    """Return the open alerts with their remedies, or what to check if none is open; then what else can be relied on."""
    alerts = (it.detail for it in verdict.evidence if it.check == "alerts" and it.outcome is Outcome.WARN)
    otherwise = f"Check {part} in the portal (Infrastructure backup), then start another."
    return f"{next((f'Alerts {each}.' for each in alerts), otherwise)} {_older(verdict)}"


def _older(verdict: Verdict) -> str:
    """Return which older backup is good, or the command that shows it."""
    if verdict.last_good is not None:
        return f"The newest good backup is {verdict.last_good.id}."
    return "To see the newest good backup: `psbridge backup confirm --max-age 1d`."
