"""A trigger that is to be sent once: what is kept of it before, and what its answers mean (design 4, steps 2 and 3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from psbridge.clock import Deadline
from psbridge.cmdlets import Readiness
from psbridge.cmdlets.failures import unraised
from psbridge.errors import (
    AuthError,
    Busy,
    Interrupted,
    NotFound,
    PrerequisiteError,
    PsbridgeError,
    Trigger,
    Unreachable,
    UsageError,
)
from psbridge.journal import RunLog
from psbridge.models.events import HostMessage, Intent, Note, Started
from psbridge.operations.fate import Fate
from psbridge.operations.keeping import Keeping
from psbridge.operations.reads import name_update, update_under_way
from psbridge.operations.search import Lost
from psbridge.operations.work import Work
from psbridge.powershell import Result

_T = TypeVar("_T")
# The stamp's answer was a plain no: nothing was started.
REFUSALS = (Busy, PrerequisiteError, NotFound, AuthError, UsageError)


@dataclass(frozen=True, slots=True)
class Order:
    """A trigger that is to be sent: what for, and who is told of it.

    Attributes:
        intent: what the journal says before it leaves.
        deadline: the command's.
        wait: False if the id alone is wanted.
    """

    work: Work
    ready: Readiness
    log: RunLog
    fate: Fate
    intent: Intent
    deadline: Deadline
    wait: bool

    @property
    def location(self) -> str:
        """Where the backup is to be made."""
        return self.intent.location

    @property
    def kept(self) -> Keeping:
        """The journal, which no longer stops anything."""
        return Keeping(self.log, self.work.observe)

    def call(self) -> Deadline:
        """Return the deadline of one call from now on."""
        return self.deadline.sooner(self.work.policy.call_timeout)

    def intend(self) -> None:
        """Put the intent on disk; only then may the trigger leave.

        Raises:
            psbridge.errors.ConfigError: it can't be kept; nothing was sent.
        """
        self.log.observe(self.intent)
        self.work.observe(self.intent)
        self.fate.trigger = Trigger.UNKNOWN

    def sent(self, send: Callable[[], _T]) -> _T | PsbridgeError:
        """Return what comes of sending it, or the error after which it may have arrived.

        Raises:
            psbridge.errors.PsbridgeError: it did not leave.
        """
        try:
            return send()
        except Interrupted as stop:
            self.open(stop.message)
            raise
        except PsbridgeError as problem:
            if problem.delivered:
                return problem
            self.fate.trigger = Trigger.NOT_SENT
            self.kept.write("not_sent", cause=problem.message)
            raise

    def asked_again(self, ask: Callable[[], _T], lost: PsbridgeError) -> _T | PsbridgeError:
        """Return what comes of asking for the answer to a trigger that may have been delivered, else why it was lost.

        Nothing is sent again. That no answer can be had disproves nothing.
        """
        self.work.observe(Note(f"the trigger may have been delivered ({lost.message}): asking for its answer"))
        try:
            return ask()
        except Interrupted as stop:
            self.open(stop.message)
            raise
        except PsbridgeError as problem:
            self.work.observe(Note(f"its answer can't be had: {problem.message}"))
            return lost

    def answered(self, parse: Callable[[Result], str | None], result: Result) -> str | PsbridgeError:
        """Return the id in an answer, the `Busy` of a stamp on which another backup runs, or why the fate is open.

        Raises:
            psbridge.errors.PsbridgeError: the stamp's no.
        """
        try:
            return self._new(parse(result))
        except Interrupted:
            raise
        except REFUSALS as refused:
            return self._refused(refused) if refused.conclusive else refused
        except PsbridgeError as problem:
            return problem

    def _new(self, id: str | None) -> str | Unreachable:
        """Return the id that an answer names; one that was there before the trigger is not what the trigger started."""
        if id is None:
            return Unreachable("Start-AzsBackup answered without an operation")
        if id in self.intent.known_ids or id in self.work.journal.started(self.work.target.name, but=self.intent.run):
            return Unreachable(
                f"Start-AzsBackup answered with backup {id}, which was there before the trigger was sent"
            )
        return id

    def _refused(self, refused: PsbridgeError) -> Busy:
        self.fate.trigger = Trigger.NOT_SENT  # nothing of it is left to tell: the stamp's no is the answer
        self.kept.write("refused", cause=refused.message, code=refused.code)
        self._name_the_update(refused)
        refused.trigger = Trigger.SENT
        refused.detail["refused"] = True
        if isinstance(refused, Busy) and refused.detail.get("reason") == "backup_running":
            return refused
        raise nothing_started(refused)

    def _name_the_update(self, refused: PsbridgeError) -> None:
        """Name the update that holds backups back, where the host can tell of it."""
        if not isinstance(refused, Busy) or refused.detail.get("reason") != "update_running":
            return
        update = update_under_way(self.work, self.location, self.call())
        if update is not None:
            name_update(refused, update)

    def open(self, cause: str) -> None:
        """Record that it can't be told what became of it."""
        self.kept.write("open", cause=cause, candidates=[])

    def record(self, id: str) -> None:
        """Record the id, as soon as it is known."""
        self.fate.trigger, self.fate.id = Trigger.SENT, id
        self.kept.observe(Started(self.intent.run, id, "started"))

    def tell_beside(self, result: Result) -> None:
        """Tell the errors that the host wrote beside a good answer to the trigger."""
        for text in unraised(result):
            self.work.observe(HostMessage("error", text))

    def lost(self, cause: str) -> Lost:
        """Return what is known, for the search."""
        known = frozenset(self.intent.known_ids)
        return Lost(self.intent.run, self.location, known, self.ready.host_time, cause)


def nothing_started(refused: PsbridgeError) -> PsbridgeError:
    """Return the stamp's no with what it means for the backup."""
    refused.message += " Nothing was started." if refused.message.endswith(".") else "; nothing was started"
    refused.args = (refused.message,)
    return refused
