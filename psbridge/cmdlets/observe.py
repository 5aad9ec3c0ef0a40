"""Read one backup once, with every source that the host has, in one round trip."""

from __future__ import annotations

import msgspec

from psbridge.cmdlets.azs_backup import GetBackup
from psbridge.cmdlets.error_records import check, code_of
from psbridge.cmdlets.paths import backup_service, checked_id
from psbridge.cmdlets.raw import RawAnswer, ended_badly, get, read_answers, read_operation_status, read_raw_witness
from psbridge.errors import NotFound
from psbridge.models.backup import Backup, Phase
from psbridge.models.observation import Observation, Source, Witness
from psbridge.models.text import ascii_lower
from psbridge.models.time import Instant
from psbridge.powershell.pipeline import Command, Pipeline, Statement
from psbridge.powershell.result import ErrorRecord, Result, State
from psbridge.values import replace


class ObserveBackup(msgspec.Struct, frozen=True):
    """Read a backup by id.

    Attributes:
        subscription: its id, for the raw calls; None if the host has no `Invoke-AzRestMethod` or the id is unknown.
    """

    location: str
    id: str
    subscription: str | None = None

    def pipeline(self) -> Pipeline:
        """Return what is sent: the object and its roles, then the operation and the raw backup if possible.

        The operation is read before the raw backup: if it has ended, a later `completelyUploaded: false` is not a matter of
        the moment between the two reads.
        """
        parts: list[Command | Statement] = list(GetBackup(self.location, self.id).statements())
        if self.subscription:
            parts.append(get(backup_service(self.subscription, self.location, "operationResults", checked_id(self.id))))
            parts.append(get(backup_service(self.subscription, self.location, "backups", checked_id(self.id))))
        return Pipeline.of(*parts)

    def parse(self, result: Result) -> Observation:
        """Return what was seen.

        Raises:
            psbridge.errors.PsbridgeError: an error other than that there is no such backup.
        """
        seen = GetBackup(self.location, self.id).witness(result.output)
        absent = () if seen or result.state is not State.COMPLETED else tuple(filter(_is_absence, result.errors))
        check(
            replace(result, errors=tuple(it for it in result.errors if it not in absent)), but=("Invoke-AzRestMethod",)
        )
        answers = read_answers(result.output)
        # A single answer may be either of the two; both hold what the raw backup does, and a 202 proves no end.
        operation, raw = answers if len(answers) == 2 else (None, answers[0] if len(answers) == 1 else None)
        return self._observed(seen, raw, operation, result.host_time)

    def expected(self, record: ErrorRecord) -> bool:
        """Return whether an error record is an answer: that there is no such backup."""
        return _is_absence(record)

    def _observed(
        self, seen: Witness | None, raw: RawAnswer | None, operation: RawAnswer | None, host_time: Instant | None
    ) -> Observation:
        shown = read_raw_witness(Source.RAW, raw, self.id) if raw else None
        ended = self._ended(seen, operation) if operation else None
        status = 200 if ended and ended.backup.id == self.id else 202 if operation and _goes_on(operation) else None
        return Observation.of(tuple(it for it in (seen, shown, ended) if it is not None), status, host_time)

    def _ended(self, seen: Witness | None, operation: RawAnswer) -> Witness | None:
        """Return what an operation's end says.

        The end is a 200 that holds the whole backup (recording start-azsbackup). Newer stamps may answer a 200 with the
        operation's own status: a good one says nothing of the backup, which may be partial all the same (inferred). A bad
        one is the operation's result, and contradicts a backup that is shown as a success.
        """
        word = read_operation_status(operation)
        if ended_badly(word) and seen is not None and seen.backup.phase is Phase.SUCCEEDED:
            return Witness(Source.OPERATION, Backup(self.id, status=word))
        return read_raw_witness(Source.OPERATION, operation, self.id)


# ARM's words, and those of the recordings of 2021 (`Accepted`), for an operation that has not ended.
_GOING_ON = frozenset({"accepted", "inprogress", "running", "creating", "queued", "updating"})


def _goes_on(operation: RawAnswer) -> bool:
    return operation.status == 202 or ascii_lower(read_operation_status(operation) or "") in _GOING_ON


def _is_absence(record: ErrorRecord) -> bool:
    return ascii_lower(code_of(record)) in {"resourcenotfound", "resourcenotfoundexception"}


def not_found(id: str) -> NotFound:
    """Return the error for a backup that the stamp does not show."""
    return NotFound(
        f"the stamp shows no backup {id}",
        id=id,
        hint="Check the id against `psbridge backup list`. Retention deletes old ones; a stamp may not show a running one.",
    )
