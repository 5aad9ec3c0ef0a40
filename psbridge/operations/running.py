"""Which backup runs, by all that can be known: the list, the journal, and the operations of the journal's runs.

A stamp need not list a backup before it has ended: its infrastructure backup controller gives completed ones only (the
comments and log texts of its assemblies, AzureStack-Tools; whether the service above it adds others was not seen). So that
none is listed says nothing, and the stamp's answer to a trigger stays the authority.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Final

import msgspec

from psbridge.clock import Deadline
from psbridge.cmdlets.preflight import Readiness
from psbridge.errors import AuthError, Busy, ConfigError, Interrupted, PsbridgeError
from psbridge.journal.states import LONGEST_BACKUP, RunState
from psbridge.models.backup import Backup, Phase
from psbridge.models.report import RunRecord
from psbridge.models.time import Instant
from psbridge.operations.context import OperationContext
from psbridge.operations.reads import observe_backup, raw_subscription

_MAY_RUN: Final = frozenset({RunState.STARTED, RunState.ATTACHED, RunState.CLOSED})
_ASKED: Final = 3
"""The number of newest runs for which the operation is read; a stamp makes one backup at a time."""


class RunningBackup(msgspec.Struct, frozen=True):
    """A backup that runs.

    Attributes:
        run: the run of this machine that started it and whose operation still runs; None if the stamp lists the backup.
    """

    backup: Backup
    run: str | None = None

    @property
    def known_from(self) -> str:
        """How it is known to run, in words that follow its id."""
        if self.run is None:
            return "is already running"
        return f"of run {self.run} is already running (the stamp does not list it yet)"

    def in_the_way(self) -> Busy:
        """Return the error for a start with `--if-running fail`."""
        return Busy(
            f"backup {self.backup.id} {self.known_from}; nothing was started",
            id=self.backup.id,
            hint=f"Wait for it: psbridge backup wait {self.backup.id} (or start with --if-running attach or queue)",
            detail={"reason": "backup_running"},
        )


def listed(ready: Readiness) -> RunningBackup | None:
    """Return the backup that is listed as running."""
    return next((RunningBackup(it) for it in ready.list.backups if it.phase is Phase.LIVE), None)


def running_backup(
    context: OperationContext, location: str, ready: Readiness, deadline: Deadline
) -> RunningBackup | None:
    """Return the backup that is known to run; None if none is known, although one may run.

    Raises:
        psbridge.errors.AuthError: the credentials are refused.
    """
    found = listed(ready)
    if found is not None or raw_subscription(ready) is None:  # without raw answers no operation can be read
        return found
    known = {it.id for it in ready.list.backups}
    for run in _that_may_run(context, location):
        if (
            run.backup_id is not None
            and run.backup_id not in known
            and _goes_on(context, location, run.backup_id, ready, deadline)
        ):
            return RunningBackup(Backup(run.backup_id, location=location), run.run)
    return None


def _that_may_run(context: OperationContext, location: str) -> Iterator[RunRecord]:
    """Yield the runs whose backups may run, the newest ones, each backup once."""
    since = str(Instant.of(context.clock.now() - LONGEST_BACKUP))
    runs: list[RunRecord] = []
    with suppress(ConfigError):
        runs = context.journal.list(context.target.name)
    may = [it for it in runs if RunState(it.state) in _MAY_RUN and it.location == location and it.created_at >= since]
    yield from list({it.backup_id: it for it in reversed(may) if it.backup_id}.values())[::-1][:_ASKED]


def _goes_on(context: OperationContext, location: str, id: str, ready: Readiness, deadline: Deadline) -> bool:
    """Return whether the operation of an unlisted backup still runs; False if it can't be read."""
    try:
        seen = observe_backup(context, location, id, ready, deadline)
    except (Interrupted, AuthError):
        raise
    except PsbridgeError:
        return False
    return seen.operation == 202 and (seen.backup is None or seen.backup.phase is Phase.LIVE)
