"""One attempt to start a backup: what is recorded before its trigger is sent, and what the answers mean."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import msgspec

from psbridge.clock import Deadline
from psbridge.cmdlets.error_records import is_conflict, unraised
from psbridge.cmdlets.preflight import Readiness
from psbridge.errors import (
    AuthError,
    Busy,
    Interrupted,
    NotFound,
    PrerequisiteError,
    PsbridgeError,
    Unreachable,
    UsageError,
)
from psbridge.journal.runs import RunLog
from psbridge.models.backup import Backup
from psbridge.models.events import HostMessage, Intent, Note, Started
from psbridge.operations.context import OperationContext
from psbridge.operations.lost_trigger import new_backups_or_raise
from psbridge.operations.reads import running_update, with_update
from psbridge.operations.run_log import WarningRunLog
from psbridge.powershell.result import Result

_T = TypeVar("_T")
# The stamp refused: nothing was started.
REFUSALS = (Busy, PrerequisiteError, NotFound, AuthError, UsageError)
UNLISTED = (
    "The stamp lists no new backup. If the host sent the start request twice (HTTP clients repeat one after a gateway error), "
    "the running backup is the one of this request: check `psbridge backup list` when it has ended."
)


class Attempt(msgspec.Struct, frozen=True):
    """One attempt to start a backup. The outcome of its trigger is kept in `context.trigger`.

    Attributes:
        intent: what the journal records before the trigger is sent.
        deadline: the command's.
        any_will_do: a running backup is judged, whoever started it.
    """

    context: OperationContext
    intent: Intent
    ready: Readiness
    log: RunLog
    deadline: Deadline
    any_will_do: bool = False

    def call(self) -> Deadline:
        """Return the deadline of one call from now on."""
        return self.context.call_deadline(self.deadline)

    @property
    def warning_log(self) -> WarningRunLog:
        """The journal once the trigger may have been sent: a line that can't be written is a warning only."""
        return WarningRunLog(self.log, self.context.observe)

    def intend(self) -> None:
        """Write the intent to disk; only then may the trigger be sent.

        Raises:
            psbridge.errors.ConfigError: it can't be written; nothing was sent.
        """
        self.log.observe(self.intent)
        self.context.observe(self.intent)
        self.context.trigger.sending()

    def sent(self, send: Callable[[], _T]) -> _T | PsbridgeError:
        """Return the result of sending it, or the error after which it may have arrived.

        Raises:
            psbridge.errors.PsbridgeError: it was not sent.
        """
        try:
            return send()
        except Interrupted as stop:
            self.open(stop.message)
            raise
        except PsbridgeError as problem:
            if problem.delivered:
                return problem
            self.context.trigger.not_sent()
            self.warning_log.write("not_sent", cause=problem.message)
            raise

    def asked_again(self, ask: Callable[[], _T], lost: PsbridgeError) -> _T | PsbridgeError:
        """Return the answer to a trigger that may have been delivered, else why it was lost.

        The trigger is not sent again. A missing answer does not prove that it was not delivered.
        """
        self.context.observe(
            Note(f"the start request may have reached the host ({lost.message}); asking for its answer")
        )
        try:
            return ask()
        except Interrupted as stop:
            self.open(stop.message)
            raise
        except PsbridgeError as problem:
            self.context.observe(Note(f"the answer to the start request is not available: {problem.message}"))
            return lost

    def answered(self, parse: Callable[[Result], str | None], result: Result) -> str | PsbridgeError:
        """Return the id in an answer, the `Busy` of a stamp on which another backup runs, or why the outcome is unknown.

        Raises:
            psbridge.errors.PsbridgeError: the stamp refused.
        """
        try:
            return self._new(parse(result))
        except Interrupted:
            raise
        except REFUSALS as refusal:
            if not refusal.conclusive:
                return refusal
            return self._after_conflict(refusal) if self._may_be_ours(refusal) else self._refused(refusal)
        except PsbridgeError as problem:
            return problem

    def _new(self, id: str | None) -> str | Unreachable:
        """Return the id that an answer names. A backup that is older than the trigger was not started by it."""
        if id is None:
            return Unreachable("the answer of Start-AzsBackup names no backup")
        context = self.context
        if id in self.intent.known_ids or id in context.journal.started_ids(context.target.name, but=self.intent.run):
            return Unreachable(
                f"the answer of Start-AzsBackup names backup {id}, which is older than the start request"
            )
        return id

    def _may_be_ours(self, refusal: PsbridgeError) -> bool:
        """Return whether a refusal may be a conflict with the backup of this very trigger.

        The host's HTTP client may have sent the trigger twice, and then this answers the second: Microsoft.Rest's
        (Azs.Backup.Admin 0.x) repeats a POST after a 408 and after any 5xx, such as a gateway's 504
        (its RetryDelegatingHandler).
        """
        return not self.any_will_do and is_conflict(refusal)

    def _after_conflict(self, refusal: PsbridgeError) -> PsbridgeError:
        """Return why the conflict may be with the backup of this very trigger, else the refusal.

        A new running backup is probably ours, unless the scheduler started it. Some stamps do not list a running backup.
        """
        try:
            new = self._new_ones()
        except Interrupted:
            raise
        except PsbridgeError as unread:
            return Unreachable(
                f"{refusal.message}; whether it is the backup of this start request can't be read: {unread.message}"
            )
        ours = [it.id for it in new if it.is_automatic is not True]
        if ours:
            return Unreachable(
                f"{refusal.message}; it may be the backup of this start request: backup {ours[0]} is new"
            )
        if not new and _another_runs(refusal):
            refusal = refusal.replace(hint=f"{refusal.hint} {UNLISTED}")
        return self._refused(refusal)

    def _new_ones(self) -> list[Backup]:
        return new_backups_or_raise(self.context, self.intent, self.ready, self.call())

    def _refused(self, refusal: PsbridgeError) -> Busy:
        """Record a refusal. Return it if another backup is in the way, which may be waited for.

        Raises:
            psbridge.errors.PsbridgeError: it, if not.
        """
        self.context.trigger.refused(refusal)
        self.warning_log.write("refused", cause=refusal.message, code=refusal.code)
        if isinstance(refusal, Busy) and _another_runs(refusal):
            return refusal
        named = self._naming_the_update(refusal)
        self.context.trigger.refused(named)
        raise named

    def _naming_the_update(self, refusal: PsbridgeError) -> PsbridgeError:
        """Return a refusal that names the update because of which backups are refused, if the host shows one."""
        if not isinstance(refusal, Busy) or refusal.detail.get("reason") != "update_running":
            return refusal
        update = running_update(self.context, self.intent.location, self.call())
        return refusal if update is None else with_update(refusal, update)

    def open(self, cause: str) -> None:
        """Record that the outcome is unknown."""
        self.warning_log.write("open", cause=cause, candidates=[])

    def record(self, id: str) -> None:
        """Record the id, as soon as it is known."""
        self.context.trigger.started(id)
        self.warning_log.observe(Started(self.intent.run, id, "started"))

    def report_additional_errors(self, result: Result) -> None:
        """Report the errors that the host wrote in addition to a good answer to the trigger."""
        for text in unraised(result):
            self.context.observe(HostMessage("error", text))


def _another_runs(refusal: PsbridgeError) -> bool:
    return refusal.detail.get("reason") == "backup_running"
