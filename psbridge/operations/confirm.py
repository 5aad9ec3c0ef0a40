"""Judge a backup as it is now: two reads back to back, no waiting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from psbridge.clock import Deadline
from psbridge.cmdlets import Readiness
from psbridge.cmdlets.observe import not_found
from psbridge.errors import ExitCode, NotFound, PsbridgeError, ResultVoid, Stale, UsageError
from psbridge.models import Backup, BackupSettings, Case, Instant, Judgement, Phase, Report, Verdict
from psbridge.models.events import Note
from psbridge.operations.listing import location_of, prepare_sessions
from psbridge.operations.reads import observe_backup, preflight, settings_or_none
from psbridge.operations.work import Work
from psbridge.verdict import Facts, decide, folded, judge, judged, looks_good, newest_ended, problem_of, rough

_LOOKED_AT = 5
# Several causes at once: the contract's order.
_ORDER = (ExitCode.UNKNOWN, ExitCode.FAILED, ExitCode.PARTIAL, ExitCode.STALE, ExitCode.UNPROVEN)


def confirm(work: Work, id: str | None, *, max_age: float | None = None, settle: float | None = None) -> Report:
    """Judge one backup, or the newest that has ended (id None).

    Args:
        work: the tools.
        id: the backup; None is `latest`.
        max_age: seconds; of that backup, or on `latest` of the newest confirmed one.
        settle: seconds after the end from which an upload that can't be read is assumed; None: the policy's.

    Raises:
        psbridge.errors.NotFound: there is no such backup, or none at all.
    """
    if max_age is not None and max_age <= 0:
        raise UsageError("--max-age must be more than 0")
    deadline = work.call_deadline()
    prepare_sessions(work)
    location = location_of(work, None, deadline)
    ready = preflight(work, location, deadline)
    judging = _Judging(work, location, ready, work.policy.settle if settle is None else settle, deadline)
    chosen = id or _latest(work, ready)
    if chosen is None:
        return _none_at_all(work, ready, max_age)
    verdict = judging.verdict(chosen)
    good = _last_good(judging, ready, verdict, look=id is None and max_age is not None)
    problems = [problem_of(verdict), _stale(work, ready, verdict.backup if id else good, max_age)]
    found = [problem for problem in problems if problem is not None]
    worst = min(found, key=lambda it: _ORDER.index(it.exit_code), default=None)
    return Report(replace(verdict, last_good=good), problem=worst, context=ready.context)


def _latest(work: Work, ready: Readiness) -> str | None:
    running = [it.id for it in ready.list.backups if it.phase is Phase.LIVE]
    if running:
        work.observe(Note(f"a backup is running: {running[0]}"))
    ended = newest_ended(ready.list.backups)
    return ended[0].id if ended else None


def _none_at_all(work: Work, ready: Readiness, max_age: float | None) -> Report:
    """End where no backup has ended: stale where an age was asked for, else not found."""
    if max_age is None:
        raise NotFound("no backup of this stamp has ended yet", hint="`psbridge backup start` makes one.")
    problem = Stale(
        "no backup of this stamp has ended, so none is young enough", hint="Start one: psbridge backup start."
    )
    return Report(judge(Facts(backup=None), work.policy), problem=problem, context=ready.context)


class _Judging:
    """Judges backups of one location by two reads each."""

    def __init__(self, work: Work, location: str, ready: Readiness, settle: float, deadline: Deadline) -> None:
        self._work = work
        self._location = location
        self._ready = ready
        self._settle = settle
        self._deadline = deadline
        self._settings: BackupSettings | None = None
        self._settings_read = False

    def verdict(self, id: str) -> Verdict:
        """Judge a backup.

        Raises:
            psbridge.errors.NotFound: the stamp does not show it, deleted it, or skipped it, so that it holds nothing.
        """
        case = self._case(id)
        try:
            case = self._looked_at(case)
        except ResultVoid:
            return decide(replace(case, whole=False))
        seen = folded(case)
        backup = seen.backup
        if backup is None and seen.contradiction is not None:
            return judged(case, seen)
        if backup is None or backup.phase is Phase.GONE:
            raise not_found(id)
        if backup.phase is Phase.SKIPPED:
            raise NotFound(f"the stamp skipped backup {id}: it holds nothing", id=id, hint="Confirm another: `latest`.")
        if not self._settings_read:
            self._settings = settings_or_none(self._work, self._location, self._deadline)
            self._settings_read = True
        return judged(replace(case, settings=self._settings), seen)

    def _case(self, id: str) -> Case:
        policy, listed = self._work.policy, self._ready.list
        return Case(
            id=id,
            own=False,
            waiting=False,
            settle=self._settle,
            require_recovery_ready=policy.require_recovery_ready,
            require_upload_proof=policy.require_upload_proof,
            listed=tuple(listed.backups),
            list_consistent=listed.consistent,
            decided_at=Instant.of(self._work.clock.now()),
        )

    def _looked_at(self, case: Case) -> Case:
        began = self._work.clock.monotonic()
        # Two that agree are enough; a third and fourth only while the two witnesses of one answer differ.
        for _ in range(4):
            answer = observe_backup(self._work, self._location, case.id, self._ready, self._deadline)
            elapsed = self._work.clock.monotonic() - began
            case = case.seeing(answer, Instant.of(self._work.clock.now()), elapsed)
            seen = folded(case)
            runs = seen.first_end is None and answer.witnesses_agree
            if seen.contradiction or seen.reads_agree is not None or runs:
                break
        return case


def _last_good(judging: _Judging, ready: Readiness, verdict: Verdict, *, look: bool) -> Backup | None:
    """Return the newest confirmed backup: this one, or the first of the older ones that is, where it is looked for."""
    if verdict.judgement is Judgement.CONFIRMED:
        return verdict.backup
    found = newest_confirmed(judging, ready.list.backups, but=verdict.backup) if look else None
    return found.backup if found else None


def newest_confirmed(judging: _Judging, backups: Sequence[Backup], *, but: Backup | None = None) -> Verdict | None:
    """Return the verdict on the newest backup that is confirmed when judged; the five newest that look good are looked at."""
    candidates = [it for it in newest_ended(backups) if looks_good(it) and (but is None or it.id != but.id)]
    for candidate in candidates[:_LOOKED_AT]:
        try:
            verdict = judging.verdict(candidate.id)
        except NotFound:
            continue
        if verdict.judgement is Judgement.CONFIRMED:
            return verdict
    return None


def fresh_enough(
    work: Work, location: str, ready: Readiness, *, max_age: float, settle: float, deadline: Deadline
) -> Verdict | None:
    """Return the verdict on the newest confirmed backup if it ended less than `max_age` seconds ago, else None."""
    judging = _Judging(work, location, ready, settle, deadline)
    verdict = newest_confirmed(judging, ready.list.backups)
    good = verdict.backup if verdict else None
    now = ready.host_time or Instant.of(work.clock.now())
    if verdict is None or good is None or good.completed_at is None:
        return None
    return replace(verdict, last_good=good) if (now - good.completed_at).seconds < max_age else None


def _stale(work: Work, ready: Readiness, backup: Backup | None, max_age: float | None) -> PsbridgeError | None:
    if max_age is None:
        return None
    now = ready.host_time or Instant.of(work.clock.now())
    if backup is None or backup.completed_at is None:
        return Stale("there is no good backup, so none is young enough", hint="Start one: psbridge backup start.")
    age = (now - backup.completed_at).seconds
    if age <= max_age:
        return None
    return Stale(
        f"the newest good backup, {backup.id}, ended {rough(age)} ago; {rough(max_age)} are allowed",
        id=backup.id,
        hint="Start one: psbridge backup start.",
        detail={"age_seconds": age, "max_age_seconds": max_age},
    )
