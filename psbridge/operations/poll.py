"""Poll one backup by short reads until there is a verdict. Any command with the id can resume the wait."""

from __future__ import annotations

from typing import Final

from psbridge.catalogue.hints import take_up_again
from psbridge.clock import Deadline
from psbridge.cmdlets.observe import not_found
from psbridge.cmdlets.preflight import Readiness
from psbridge.errors import (
    AuthError,
    Busy,
    DeadlineExceeded,
    ExitCode,
    Interrupted,
    NotFound,
    PsbridgeError,
    ResultVoid,
    Unknown,
)
from psbridge.journal.runs import RunLog
from psbridge.models.backup import Backup, Phase
from psbridge.models.case import Case
from psbridge.models.events import Decided, Event, Observed, Retrying, Settling, Status
from psbridge.models.observation import Observation
from psbridge.models.report import Report
from psbridge.models.text import approximate_duration
from psbridge.models.time import Instant
from psbridge.models.verdict import Outcome, Verdict
from psbridge.operations.context import OperationContext
from psbridge.operations.progress import roles_done, usual_seconds
from psbridge.operations.reads import alerts_or_none, observe_backup, settings_or_none
from psbridge.operations.run_log import WarningRunLog
from psbridge.values import replace
from psbridge.verdict.exit_code import problem_of
from psbridge.verdict.fold import fold
from psbridge.verdict.judge import judge
from psbridge.verdict.state import is_over, settle_left

_FIRST_POLL = 1.0


_NEXT_STEPS: Final = {
    "running": "The backup continues on the stamp.",
    "unproven": "Do not rely on the backup yet.",
    "not_shown": "Check the backup in the portal.",
    "unknown_status": "Check the backup in the portal.",
}
"""What to do about a backup at the deadline, by `detail.backup`."""
_UNDECIDED = frozenset({ExitCode.TIMEOUT, ExitCode.UNKNOWN})
"""Exit codes after which a later `wait` resumes the run, because nothing was proved."""


def await_verdict(context: OperationContext, case: Case, location: str, ready: Readiness, deadline: Deadline) -> Report:
    """Return the verdict once it is `confirmed`, `partial`, `failed` or `unknown`, or what is known at the deadline (6).

    Raises:
        psbridge.errors.NotFound: the stamp does not show the backup, and it is not our own (`Case.own`).
        psbridge.errors.Busy: the stamp skipped the backup.
    """
    return _Poll(context, case, location, ready, deadline).run()


def await_recorded(
    context: OperationContext, log: RunLog, case: Case, location: str, ready: Readiness, deadline: Deadline
) -> Report:
    """Do what `await_verdict` does, and record the end of the run; the verdict stands whether or not that can be kept."""
    kept = WarningRunLog(log, context.observe)

    def observe(event: Event) -> None:
        if isinstance(event, Observed):
            kept.observe(event)
        context.observe(event)

    try:
        report = await_verdict(replace(context, observe=observe), case, location, ready, deadline)
    except PsbridgeError as problem:
        kept.write("ended", exit_code=int(problem.exit_code), final=isinstance(problem, Busy | NotFound))
        raise
    context.observe(Decided(report.verdict))
    kept.observe(Decided(report.verdict))
    kept.write("ended", exit_code=int(report.exit_code), final=report.exit_code not in _UNDECIDED)
    return report


class _Poll:
    def __init__(
        self, context: OperationContext, case: Case, location: str, ready: Readiness, deadline: Deadline
    ) -> None:
        self._context = context
        self._case = case
        self._id, self._own = case.id, case.own
        self._location = location
        self._ready = ready
        self._deadline = deadline
        self._began = context.clock.monotonic()
        self._age = _seconds_since_start(case, ready)
        self._seen = fold(self._case)
        self._settings_read = False
        self._usual = usual_seconds(ready.list.backups)
        self._last_cause: PsbridgeError | None = None
        self._refused = False
        self._looks = 0
        self._ran = False  # whether its operation was seen running

    def run(self) -> Report:
        poll = _FIRST_POLL
        while True:
            self._ask()
            verdict = self._judge()
            if is_over(self._seen, verdict):
                return self._report(verdict, problem_of(self._case, verdict))
            if self._refused:
                return self._out_of_time(verdict)
            delay = self._delay(poll)
            if self._deadline.remaining() <= delay:
                self._context.clock.sleep(self._deadline.remaining())
                return self._out_of_time(verdict)
            self._context.clock.sleep(delay)
            poll = min(poll * 2, self._context.policy.poll)

    def _ask(self) -> None:
        """Read once. An error on the way does not end the wait, because the backup continues without psbridge."""
        try:
            answer = observe_backup(self._context, self._location, self._id, self._ready, self._deadline)
        except Interrupted:
            raise
        except PsbridgeError as problem:
            said = self._last_cause.message if self._last_cause else None
            self._last_cause = problem
            self._refused = isinstance(problem, AuthError)
            if self._refused and not self._own:
                raise
            if not self._refused and problem.message != said:
                self._context.observe(Retrying(problem.message, None))
            return
        self._last_cause = None
        self._looks += 1
        known = len(self._case.observations)
        self._case = self._case.with_observation(answer, Instant.of(self._context.clock.now()), self._elapsed())
        if len(self._case.observations) > known:
            self._context.observe(Observed(self._id, self._case.observations[-1]))
        self._seen = fold(self._case)
        self._raise_if_nothing_to_wait_for(answer)
        if self._seen.first_end is not None and not self._settings_read:
            settings = settings_or_none(self._context, self._location, self._deadline)
            alerts = alerts_or_none(self._context, self._location, self._deadline)
            self._case = replace(self._case, settings=settings, alerts=alerts)
            self._settings_read = True
        self._report_status(answer)

    def _raise_if_nothing_to_wait_for(self, answer: Observation) -> None:
        if self._seen.disagreements:
            return  # read it again first
        self._ran = self._ran or answer.operation == 202
        if not self._seen.showed and not self._own and not self._ran:
            raise not_found(self._id)
        if self._looks == 1 and not self._own and _phase(answer) is Phase.GONE:
            raise not_found(self._id)
        if self._seen.backup is not None and self._seen.backup.phase is Phase.SKIPPED:
            raise Busy(
                f"the stamp skipped backup {self._id}: nothing was backed up",
                id=self._id,
                hint="A stamp skips backups during updates and after failed admin operations. Check the portal for either, "
                "then start again.",
                detail={"reason": "skipped"},
            )

    def _judge(self) -> Verdict:
        """Judge what is known now, the passing of time included."""
        self._case = self._case.judged_at(Instant.of(self._context.clock.now()), self._elapsed())
        return judge(self._case)

    def _elapsed(self) -> float:
        return self._context.clock.monotonic() - self._began

    def _settle_left(self) -> float:
        return settle_left(replace(self._case, elapsed=self._elapsed()), self._seen)

    def _delay(self, poll: float) -> float:
        """Return the pause before the next read: two reads after the end are at least one `poll` apart."""
        if self._seen.first_end is None:
            return poll
        return self._context.policy.poll

    def _report_status(self, answer: Observation) -> None:
        elapsed = self._age + self._elapsed()
        left = None if self._usual is None or elapsed > self._usual else self._usual - elapsed
        done, total = roles_done(answer.backup)
        ended = self._seen.first_end is not None
        self._context.observe(Status(self._id, answer.backup, elapsed, None if ended else left, done, total))
        if ended and self._seen.operation != 202 and self._settle_left() > 0 and self._upload_unread():
            self._context.observe(Settling(self._id, self._settle_left()))

    def _upload_unread(self) -> bool:
        backup = self._seen.backup
        return backup is not None and backup.completely_uploaded is None and self._seen.operation is None

    def _out_of_time(self, verdict: Verdict) -> Report:
        state, word = self._state(verdict)
        cause = self._last_cause
        problem = DeadlineExceeded(
            f"{self._why()}: backup {self._id} {state}" + (f" (last error: {cause.message})" if cause else ""),
            id=self._id,
            hint=self._next_step(word),
            detail={
                "backup": word,
                "cause": {"code": cause.code, "message": cause.message} if cause else None,
            },
        )
        return self._report(verdict, problem)

    def _why(self) -> str:
        """Return why the wait ends without a verdict."""
        if self._refused:
            return "the wait ended because the credentials were refused"
        return f"timed out after {approximate_duration(self._elapsed())}"

    def _next_step(self, word: str) -> str:
        wait = take_up_again(self._context.target.command, self._id)
        if self._refused:
            return f"Fix the credentials. The backup continues on the stamp. {wait}"
        if word == "running" and self._last_cause:
            return f"The backup does not need the host, so it may continue on the stamp. {wait}"
        return f"{_NEXT_STEPS[word]} {wait}"

    def _state(self, verdict: Verdict) -> tuple[str, str]:
        """Return how the backup stands at the deadline, in words and as `detail.backup`."""
        if self._seen.first_end is not None:
            open_ = [f"{it.check}: {it.detail}" for it in verdict.evidence if it.outcome is Outcome.UNKNOWN]
            return "has ended but is not proved yet" + (f" ({'; '.join(open_)})" if open_ else ""), "unproven"
        if not self._looks:
            return "was not read once; it is taken to be running", "running"
        if isinstance(self._last_cause, Unknown) and not isinstance(self._last_cause, ResultVoid):
            return "may have ended; the stamp's answer about it can't be read", "unknown_status"
        if not self._seen.showed and self._seen.operation == 202:
            return "is running (the stamp does not list it yet)", "running"
        if not self._seen.showed:
            return "is not shown by the stamp: it may be running unlisted, or be deleted", "not_shown"
        return self._state_of(self._seen.backup)

    def _state_of(self, backup: Backup | None) -> tuple[str, str]:
        """Return the state at the deadline of a backup that was shown and that no known status ended."""
        if backup is None or backup.phase is not Phase.UNKNOWN:
            return "was running when it was last read" if self._last_cause else "is still running", "running"
        word = f"has the unknown status {backup.status}" if backup.status else "has no status"
        if backup.completed_at is None:
            return f"{word} and no end time; whether it is still running is unknown", "unknown_status"
        return f"{word} and the end time {backup.completed_at}; whether it succeeded is unknown", "unknown_status"

    def _report(self, verdict: Verdict, problem: PsbridgeError | None) -> Report:
        return Report(
            verdict=verdict,
            problem=problem,
            context=self._ready.context,
            case=self._case,
            host=self._context.link.host,
        )


def _phase(answer: Observation) -> Phase | None:
    return answer.backup.phase if answer.backup else None


def _seconds_since_start(case: Case, ready: Readiness) -> float:
    """Return how long a backup has run when a wait begins; 0 where its start request is not known."""
    if case.intent_host_time is None or ready.host_time is None:
        return 0.0
    return max(0.0, (ready.host_time - case.intent_host_time).seconds)
