"""One look at one backup, with every witness that the host has, in one round."""

from __future__ import annotations

from dataclasses import dataclass, replace

from psbridge.cmdlets.azs_backup import GetBackup
from psbridge.cmdlets.failures import check, codes_of
from psbridge.cmdlets.paths import backup_service
from psbridge.cmdlets.raw import RawAnswer, get, read_answers, read_raw_backup
from psbridge.errors import NotFound
from psbridge.models import Backup, Instant
from psbridge.powershell import Command, Pipeline, Result, State, Statement


@dataclass(frozen=True, slots=True)
class Observation:
    """What one look showed.

    Attributes:
        backup: None if the stamp does not show it (that it shows a running one is inferred, not known).
        operation: HTTP status of `operationResults/<id>`: 202 while it runs, 200 at its end; None if it can't be read.
        upload_field: True if the raw JSON had `completelyUploaded`.
        witnesses_agree: the raw JSON and the module's object had the same status; True where there is only one.
        host_time: the host's clock at this answer.
    """

    backup: Backup | None
    operation: int | None = None
    upload_field: bool = False
    witnesses_agree: bool = True
    host_time: Instant | None = None


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
        """Return what is sent: the object and its roles, then the raw backup and the operation where they can be had."""
        parts: list[Command | Statement] = list(GetBackup(self.location, self.id).statements())
        if self.subscription:
            parts.append(get(backup_service(self.subscription, self.location, "backups", self.id)))
            parts.append(get(backup_service(self.subscription, self.location, "operationResults", self.id)))
        return Pipeline.of(*parts)

    def parse(self, result: Result) -> Observation:
        """Return what was seen.

        Raises:
            psbridge.errors.PsbridgeError: an error other than that there is no such backup.
        """
        seen = GetBackup(self.location, self.id).read(result.output)
        if result.state is not State.COMPLETED or seen is not None:
            check(result, only=("Get-AzsBackup",) if result.state is State.COMPLETED else ())
        else:
            self._only_absent(result)
        answers = read_answers(result.output)
        raw, operation = answers if len(answers) == 2 else (None, None)
        return self._merged(seen, raw, operation, result.host_time)

    def _only_absent(self, result: Result) -> None:
        for record in result.errors:
            if record.activity.casefold() == "get-azsbackup" and not _is_absence(codes_of(record)):
                check(replace(result, errors=(record,)))

    def _merged(
        self, seen: Backup | None, raw: RawAnswer | None, operation: RawAnswer | None, host_time: Instant | None
    ) -> Observation:
        witness = read_raw_backup(raw.body) if raw and raw.status == 200 else None
        if witness is not None and witness.id != self.id:
            witness = None
        status = _operation_status(operation, self.id)
        if seen is None or witness is None:
            return Observation(seen, status, host_time=host_time)
        return Observation(
            replace(seen, completely_uploaded=witness.completely_uploaded, is_automatic=witness.is_automatic),
            status,
            upload_field=witness.completely_uploaded is not None,
            witnesses_agree=witness.status == seen.status,
            host_time=host_time,
        )


def _operation_status(operation: RawAnswer | None, id: str) -> int | None:  # noqa: A002 - the domain's word
    """Return 202 while the operation runs, 200 at its end, None if it can't be told.

    The end is a 200 that holds the whole backup (recording start-azsbackup): newer stamps answer a 200 of another form
    while an operation still runs.
    """
    if operation is None or operation.status == 202:
        return operation.status if operation else None
    ended = read_raw_backup(operation.body) if operation.status == 200 else None
    return 200 if ended is not None and ended.id == id else None


def _is_absence(codes: list[str]) -> bool:
    return any(code.casefold() in {"resourcenotfound", "resourcenotfoundexception"} for code in codes)


def not_found(id: str) -> NotFound:  # noqa: A002 - the domain's word
    """Return the error for a backup that the stamp does not show."""
    return NotFound(
        f"the stamp has no backup {id}",
        id=id,
        hint="`psbridge backup list` shows what there is; retention removes old ones.",
    )
