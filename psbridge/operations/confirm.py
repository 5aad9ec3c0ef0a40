"""Judge a backup as it is now: two reads back to back, no waiting."""

from __future__ import annotations

from collections.abc import Sequence

from psbridge.clock import Deadline
from psbridge.cmdlets.observe import not_found
from psbridge.cmdlets.preflight import Readiness
from psbridge.errors import NotFound, PsbridgeError, ResultVoid, Unknown, UsageError
from psbridge.models.backup import Backup, Phase
from psbridge.models.case import Case
from psbridge.models.events import Note
from psbridge.models.report import Report
from psbridge.models.stamp import Alert, BackupSettings
from psbridge.models.time import Instant
from psbridge.models.verdict import Judgement
from psbridge.operations.context import OperationContext
from psbridge.operations.list import location_of, prepare_sessions
from psbridge.operations.operation import operation
from psbridge.operations.preflight import preflight
from psbridge.operations.reads import alerts_or_none, new_case, no_ended_backup, observe_backup, settings_or_none
from psbridge.operations.run_log import intent_of
from psbridge.values import replace
from psbridge.verdict.baseline import looks_good, newest_ended
from psbridge.verdict.exit_code import problem_of
from psbridge.verdict.fold import fold
from psbridge.verdict.judge import judge

_READ_AT_MOST = 5


@operation("confirm")
def confirm(
    context: OperationContext, id: str | None, *, max_age: float | None = None, settle: float | None = None
) -> Report:
    """Judge one backup, or the newest that has ended (id None).

    Args:
        context: the tools.
        id: the backup; None is `latest`.
        max_age: seconds; of that backup, or on `latest` of the newest confirmed one.
        settle: seconds after the end from which an upload that can't be read is assumed; None: the policy's.

    Raises:
        psbridge.errors.NotFound: there is no such backup, or no backup at all.
    """
    if max_age is not None and max_age <= 0:
        raise UsageError("--max-age must be more than 0")
    deadline = context.call_deadline()
    prepare_sessions(context)
    location = location_of(context, None, deadline)
    ready = preflight(context, location, deadline)
    cases = CaseReader(context, location, ready, context.policy.settle if settle is None else settle, deadline)
    chosen = id or _latest(context, ready)
    if chosen is None and max_age is None:
        raise no_ended_backup()
    case = cases.read(chosen) if chosen else cases.without_backup()
    case = replace(case, max_age=max_age, latest=id is None)
    verdict = judge(case)
    if chosen and id is None and max_age is not None and verdict.judgement is not Judgement.CONFIRMED:
        case = replace(case, last_good=newest_confirmed(cases, ready.list.backups, but=verdict.backup))
        verdict = judge(case)
    return Report(verdict, problem=problem_of(case, verdict), context=ready.context, case=case, host=context.link.host)


def _latest(context: OperationContext, ready: Readiness) -> str | None:
    running = [it.id for it in ready.list.backups if it.phase is Phase.LIVE]
    if running:
        context.observe(Note(f"backup {running[0]} is running; the newest backup that has ended is judged"))
    ended = newest_ended(ready.list.backups)
    return ended[0].id if ended else None


class CaseReader:
    """Reads all that a judgement rests on of backups of one location, as they are now: two reads of each.

    `evidence`: also read settings and alerts, which change no judgement; False for a caller that reads them itself.
    """

    def __init__(
        self,
        context: OperationContext,
        location: str,
        ready: Readiness,
        settle: float,
        deadline: Deadline,
        *,
        evidence: bool = True,
    ) -> None:
        self._context = context
        self._location = location
        self._ready = ready
        self._settle = settle
        self._deadline = deadline
        self._settings: BackupSettings | None = None
        self._alerts: tuple[Alert, ...] | None = None
        self._settings_read = not evidence

    def without_backup(self) -> Case:
        """Return the case of a stamp none of whose backups has ended."""
        return self._case("")

    def read(self, id: str) -> Case:
        """Return a backup's case.

        Raises:
            psbridge.errors.NotFound: the stamp does not show it, deleted it, or skipped it, so that it holds nothing.
        """
        case = self._case(id)
        try:
            case = self._read_twice(case)
        except ResultVoid:
            return replace(case, whole=False)
        seen = fold(case)
        backup = seen.backup
        if backup is None and (seen.contradiction is not None or seen.operation == 202):
            return case
        if backup is None or backup.phase is Phase.GONE:
            raise not_found(id)
        if backup.phase is Phase.SKIPPED:
            raise NotFound(
                f"the stamp skipped backup {id}: nothing was backed up",
                id=id,
                hint="Judge the newest backup that has ended: psbridge backup confirm",
            )
        if not self._settings_read:
            self._settings = settings_or_none(self._context, self._location, self._deadline)
            self._alerts = alerts_or_none(self._context, self._location, self._deadline)
            self._settings_read = True
        return replace(case, settings=self._settings, alerts=self._alerts)

    def _case(self, id: str) -> Case:
        """Return the case of a backup, with the journal's record if a run of this machine started it."""
        record = self._context.journal.run_that_started(self._context.target.name, id) if id else None
        return new_case(
            self._context,
            self._ready,
            id,
            settle=self._settle,
            waiting=False,
            intent=None if record is None else intent_of(record),
        )

    def _read_twice(self, case: Case) -> Case:
        began = self._context.clock.monotonic()
        # Two that agree are enough; a third and fourth only while the two witnesses of one answer differ.
        for _ in range(4):
            answer = observe_backup(self._context, self._location, case.id, self._ready, self._deadline)
            elapsed = self._context.clock.monotonic() - began
            case = case.with_observation(answer, Instant.of(self._context.clock.now()), elapsed)
            seen = fold(case)
            runs = seen.first_end is None and not seen.disagreements
            if seen.contradiction or seen.reads_agree is not None or runs:
                break
        return case


def newest_confirmed(cases: CaseReader, backups: Sequence[Backup], *, but: Backup | None = None) -> Case | None:
    """Return the case of the newest backup that is confirmed when judged; the five newest that look good are read."""
    candidates = [it for it in newest_ended(backups) if looks_good(it) and (but is None or it.id != but.id)]
    for candidate in candidates[:_READ_AT_MOST]:
        try:
            case = cases.read(candidate.id)
        except (NotFound, Unknown):
            continue  # what can't be read is not confirmed; another may be
        except PsbridgeError as unnamed:
            if unnamed.conclusive:
                raise
            continue
        if judge(case).judgement is Judgement.CONFIRMED:
            return case
    return None
