"""One look at one backup, with every witness that the host has, in one round."""

from __future__ import annotations

from dataclasses import dataclass, replace

from psbridge.cmdlets.azs_backup import GetBackup
from psbridge.cmdlets.failures import check, code_of
from psbridge.cmdlets.paths import backup_service, checked_id
from psbridge.cmdlets.raw import RawAnswer, get, read_answers, read_raw_witness
from psbridge.errors import NotFound
from psbridge.models import Instant, Observation, Source, Witness, ascii_lower
from psbridge.powershell import Command, ErrorRecord, Pipeline, Result, State, Statement


@dataclass(frozen=True, slots=True)
class ObserveBackup:
    """Read a backup by id.

    Attributes:
        subscription: its id, for the raw calls; None where the host has no `Invoke-AzRestMethod` or the id is unknown.
    """

    location: str
    id: str
    subscription: str | None = None

    def pipeline(self) -> Pipeline:
        """Return what is sent: the object and its roles, then the operation and the raw backup where they can be had.

        The operation comes before the raw backup: then `completelyUploaded: false` beside an operation that has ended
        can't be the moment between the two.
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
        operation, raw = answers if len(answers) == 2 else (None, None)
        return self._observed(seen, raw, operation, result.host_time)

    def expected(self, record: ErrorRecord) -> bool:
        """Tell whether an error record is an answer: that there is no such backup."""
        return _is_absence(record)

    def _observed(
        self, seen: Witness | None, raw: RawAnswer | None, operation: RawAnswer | None, host_time: Instant | None
    ) -> Observation:
        shown = read_raw_witness(Source.RAW, raw) if raw else None
        ended = read_raw_witness(Source.OPERATION, operation) if operation else None
        # The end is a 200 that holds the whole backup (recording start-azsbackup): newer stamps answer a 200 of another
        # form while an operation still runs.
        status = 200 if ended and ended.backup.id == self.id else 202 if operation and operation.status == 202 else None
        return Observation.of(tuple(it for it in (seen, shown, ended) if it is not None), status, host_time)


def _is_absence(record: ErrorRecord) -> bool:
    return ascii_lower(code_of(record)) in {"resourcenotfound", "resourcenotfoundexception"}


def not_found(id: str) -> NotFound:
    """Return the error for a backup that the stamp does not show."""
    return NotFound(
        f"the stamp has no backup {id}",
        id=id,
        hint="`psbridge backup list` shows what there is; retention removes old ones, and a running one may not be listed.",
    )
