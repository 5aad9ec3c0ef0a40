"""How an operation ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from psbridge.errors import ExitCode, PsbridgeError
from psbridge.models.backup import Backup
from psbridge.models.case import Case
from psbridge.models.context import AzContext
from psbridge.models.time import Instant
from psbridge.models.verdict import Evidence, Verdict


class Report(msgspec.Struct, frozen=True):
    """The end of a start, wait or confirm that has a verdict.

    Attributes:
        action: `started`, `attached`, `skipped`, or None if nothing was to be started.
        run: the run's id in the journal, None without one.
        problem: what `require()` raises: None if all is well; else it carries the exit code, sentence and hint.
        context: what the host's session was signed in to, None if it was not read.
        case: what it rests on, as a proof's record keeps it.
        host: the address of the host that was asked.
        note: what `start --note` said of the run.
        reason: why nothing was started, for `skipped`.
        retry_at: from when on a start would start one, where the newest backup is not good and it is too early.
    """

    verdict: Verdict
    action: str | None = None
    run: str | None = None
    problem: PsbridgeError | None = None
    context: AzContext | None = None
    case: Case | None = None
    host: str | None = None
    note: str | None = None
    reason: str | None = None
    retry_at: Instant | None = None

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """The verdict's rows."""
        return self.verdict.evidence

    @property
    def exit_code(self) -> ExitCode:
        """The code that the command line ends with."""
        return self.problem.exit_code if self.problem else ExitCode.OK

    def require(self) -> None:
        """Raise the problem, if there is one."""
        if self.problem:
            raise self.problem


class DryRun(msgspec.Struct, frozen=True):
    """What a start would do.

    Attributes:
        would: `start`, `attach`, `queue` or `skip`; what would be refused ends the dry run as it would end the start.
        reason: why not `start`, in words; None for `start`.
        what_if: True if the host's cmdlet took `-WhatIf`; None if it has none and so was not called.
        would_exit: the code that a start would end with where it would skip; None if its backup decides.
        warnings: what does not keep a trigger from being sent, and may still spoil the backup.
    """

    target: str
    host: str
    location: str
    would: str
    reason: str | None
    what_if: bool | None
    context: AzContext | None
    running: Backup | None
    last_good: Backup | None
    would_exit: ExitCode | None = None
    warnings: tuple[str, ...] = ()


class RunRecord(msgspec.Struct, frozen=True):
    """One run of the journal, as `run list` and `run show` give it. Times are RFC 3339.

    Attributes:
        state: a word of `psbridge.journal.states.RunState`, which says what each means.
        trigger: `not_sent`, `sent` or `unknown`.
        action: `started` (the run's own backup), `attached`, or None while the id is unknown.
        cause: why the trigger's answer was lost, None if no line records it.
        host: the address of the host that the trigger was to go to.
        status: the stamp's word for the backup at the last read that showed something new.
        note: what `start --note` said.
        closed_reason: why `run close` closed it, None for any other.
        at_work: the processes that work on it, each with its identity (`psbridge.journal.process`).
    """

    run: str
    target: str
    location: str
    state: str
    trigger: str
    created_at: str
    updated_at: str
    backup_id: str | None
    verdict: str | None
    exit_code: int | None
    known_ids: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()
    host_time: str | None = None
    action: str | None = None
    cause: str | None = None
    status: str | None = None
    host: str | None = None
    note: str | None = None
    closed_reason: str | None = None
    at_work: tuple[Mapping[str, Any], ...] = ()

    @property
    def host_moment(self) -> Instant | None:
        """The host's clock just before the trigger; None if it was not kept or can't be read."""
        try:
            return Instant.parse(self.host_time) if self.host_time else None
        except ValueError:
            return None
