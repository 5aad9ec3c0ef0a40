"""`--if-older-than`: whether nothing need be started, by the newest backup that has ended. Green is never older than red."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from psbridge.clock import Deadline
from psbridge.cmdlets.preflight import Readiness
from psbridge.errors import NotFound, PsbridgeError, Unknown
from psbridge.models.backup import Backup
from psbridge.models.case import Case
from psbridge.models.report import Report
from psbridge.models.text import approximate_duration
from psbridge.models.time import Instant, Span
from psbridge.models.verdict import Judgement
from psbridge.operations.confirm import CaseReader
from psbridge.operations.context import OperationContext
from psbridge.operations.running import RunningBackup
from psbridge.values import replace
from psbridge.verdict.age import AHEAD, EARLIEST
from psbridge.verdict.baseline import MAY_HAVE_ENDED
from psbridge.verdict.exit_code import problem_of
from psbridge.verdict.fold import fold
from psbridge.verdict.judge import judge
from psbridge.verdict.state import host_clock


class Freshness(msgspec.Struct, frozen=True):
    """What a start was asked about the backups that there are. Times in seconds.

    Attributes:
        max_age: nothing is started while the newest backup is confirmed and ended less than this ago.
        retry_after: nothing is started sooner than this after the end of one that is not.
    """

    max_age: float
    retry_after: float


class Skipped(msgspec.Struct, frozen=True):
    """Why nothing is started.

    Attributes:
        report: what the command ends with.
        good: the newest backup is confirmed and young enough; False: it is not good, and not to be retried yet.
    """

    report: Report
    good: bool


def skipped(
    context: OperationContext,
    location: str,
    ready: Readiness,
    running: RunningBackup | None,
    asked: Freshness | None,
    *,
    settle: float,
    deadline: Deadline,
) -> Skipped | None:
    """Return why nothing is started, None if a backup is due or no age was given.

    While a backup is running, an earlier bad one does not delay a start.

    Raises:
        psbridge.errors.Unknown: the newest backup can't be read, and it is too early for a retry.
    """
    if asked is None:
        return None
    found = _skipped(context, location, ready, asked, settle=settle, deadline=deadline)
    return found if found is None or found.good or running is None else None


def _skipped(
    context: OperationContext, location: str, ready: Readiness, asked: Freshness, *, settle: float, deadline: Deadline
) -> Skipped | None:
    """Return why no backup is due.

    Only the newest backup that has ended counts. Skipped and deleted ones hold nothing and are ignored. A backup without an
    end time, or with one in the future, counts as the newest, unless the journal shows that it was listed before the trigger
    of a backup that has ended since.
    """
    cases = CaseReader(context, location, ready, settle, deadline)
    now = ready.host_time or Instant.of(context.clock.now())
    for candidate in _newest_first(context, ready.list.backups, now):
        try:
            case = cases.read(candidate.id)
        except NotFound:
            continue  # it is gone since it was listed
        except PsbridgeError as unread:
            if unread.conclusive and not isinstance(unread, Unknown):
                raise  # of the way to the stamp, or of this command, and not of the backup
            retry_at = _retry_at(candidate, asked, now)
            if retry_at is None:
                return None
            raise _unreadable(candidate, unread, retry_at) from unread
        if judge(case).judgement is Judgement.RUNNING:
            return None  # it is still running; the stamp will refuse the trigger
        return _fresh(context, ready, case, asked) or _held_back(context, ready, case, asked, candidate, now)
    return None


def _fresh(context: OperationContext, ready: Readiness, case: Case, asked: Freshness) -> Skipped | None:
    verdict = judge(case)
    good = verdict.backup
    if verdict.judgement is not Judgement.CONFIRMED or good is None or good.completed_at is None:
        return None
    age = (host_clock(case, fold(case)) - good.completed_at).seconds
    if age >= asked.max_age:
        return None
    ended, asked_for = approximate_duration(age), approximate_duration(asked.max_age)
    reason = f"backup {good.id} is {ended} old (limit {asked_for})"
    return Skipped(_report(context, ready, case, reason, max_age=asked.max_age), good=True)


def _held_back(
    context: OperationContext, ready: Readiness, case: Case, asked: Freshness, listed: Backup, now: Instant
) -> Skipped | None:
    """Return why a backup that is not good is not retried yet. Of answers that can't be used, its end is as it was listed."""
    verdict = judge(case)
    if verdict.judgement is Judgement.CONFIRMED:
        return None
    shown = verdict.backup
    bad = shown if shown is not None and _placed(shown, now) else listed
    retry_at = _retry_at(bad, asked, now)
    if retry_at is None or bad.completed_at is None:
        return None
    ended = f"ended {approximate_duration((now - bad.completed_at).seconds)} ago"
    reason = f"the newest backup, {bad.id}, is {verdict.judgement} ({ended}); no retry before {_moment(retry_at)}"
    return Skipped(_report(context, ready, case, reason, retry_at=retry_at), good=False)


def _report(
    context: OperationContext,
    ready: Readiness,
    case: Case,
    reason: str,
    *,
    max_age: float | None = None,
    retry_at: Instant | None = None,
) -> Report:
    case = replace(case, max_age=max_age)
    verdict = judge(case)
    problem = problem_of(case, verdict)
    return Report(
        verdict,
        action="skipped",
        problem=problem if problem is None or retry_at is None else _held_back_until(problem, retry_at),
        context=ready.context,
        case=case,
        host=context.link.host,
        reason=reason,
        retry_at=retry_at,
    )


def _newest_first(context: OperationContext, listed: Sequence[Backup], now: Instant) -> Iterator[Backup]:
    ended = [it for it in listed if it.phase in MAY_HAVE_ENDED]
    placed = sorted((it for it in ended if _placed(it, now)), key=_end, reverse=True)
    older = _listed_before(context, placed[0].id) if placed else frozenset()
    yield from (it for it in ended if not _placed(it, now) and it.id not in older)
    yield from placed


def _end(backup: Backup) -> int:
    return backup.completed_at.ticks if backup.completed_at else 0


def _placed(backup: Backup, now: Instant) -> bool:
    """Return whether a backup says when it ended, and that can be."""
    ended = backup.completed_at
    return ended is not None and ended >= EARLIEST and (ended - now).seconds <= AHEAD


def _listed_before(context: OperationContext, id: str) -> frozenset[str]:
    """Return the backups that the journal knows to be older than one: those that were listed before its trigger was sent."""
    made = context.journal.run_that_started(context.target.name, id)
    return frozenset(made.known_ids if made else ())


def _retry_at(bad: Backup, asked: Freshness, now: Instant) -> Instant | None:
    """Return from when on a backup that is not good is retried; None if that has passed, or its end time is implausible."""
    if bad.completed_at is None or not _placed(bad, now):
        return None
    retry_at = bad.completed_at.minus(Span.of_seconds(-asked.retry_after))
    return retry_at if now < retry_at else None


def _moment(at: Instant) -> str:
    return str(at.whole_second())


def _held_back_until(problem: PsbridgeError, retry_at: Instant) -> PsbridgeError:
    """Return what is wrong with a backup with what that means for the start: nothing was started, and when one is."""
    later = f"The next start is allowed from {_moment(retry_at)} (--retry-after), or at once without --if-older-than."
    return problem.replace(
        message=f"{problem.message}; nothing was started",
        hint=f"{problem.hint} {later}" if problem.hint else later,
        detail={**problem.detail, "retry_at": str(retry_at)},
    )


def _unreadable(backup: Backup, unread: PsbridgeError, retry_at: Instant) -> PsbridgeError:
    problem = Unknown(
        f"the newest backup, {backup.id}, can't be read: {unread.message}",
        id=backup.id,
        hint=unread.hint,
        detail={**unread.detail, "cause": unread.code},
    )
    return _held_back_until(problem, retry_at)
