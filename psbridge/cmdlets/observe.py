"""One look at one backup, with every witness that the host has, in one round."""

from __future__ import annotations

from dataclasses import dataclass, replace

from psbridge.cmdlets.azs_backup import GetBackup
from psbridge.cmdlets.failures import check, code_of
from psbridge.cmdlets.paths import backup_service, checked_id
from psbridge.cmdlets.raw import RawAnswer, get, read_answers, read_raw_backup
from psbridge.errors import NotFound
from psbridge.models import Backup, Instant, Observation
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
        seen = GetBackup(self.location, self.id).read(result.output)
        absent = () if seen or result.state is not State.COMPLETED else tuple(filter(_is_absence, result.errors))
        check(
            replace(result, errors=tuple(it for it in result.errors if it not in absent)), but=("Invoke-AzRestMethod",)
        )
        answers = read_answers(result.output)
        operation, raw = answers if len(answers) == 2 else (None, None)
        return self._merged(seen, raw, operation, result.host_time)

    def _merged(
        self, seen: Backup | None, raw: RawAnswer | None, operation: RawAnswer | None, host_time: Instant | None
    ) -> Observation:
        witness, ended = self._backup_in(raw), self._backup_in(operation)
        # The end is a 200 that holds the whole backup (recording start-azsbackup): newer stamps answer a 200 of another
        # form while an operation still runs.
        status = 200 if ended else 202 if operation and operation.status == 202 else None
        if seen is None:
            return Observation(None, status, host_time=host_time)
        # At its end the operation's answer is the backup itself (recorded), should the other call have failed.
        upload = witness or ended
        if upload is None:
            return Observation(seen, status, host_time=host_time)
        return Observation(
            replace(seen, completely_uploaded=upload.completely_uploaded, is_automatic=upload.is_automatic),
            status,
            upload_read=True,
            witnesses_agree=all(it.status == seen.status for it in (witness, ended) if it is not None),
            host_time=host_time,
        )

    def _backup_in(self, answer: RawAnswer | None) -> Backup | None:
        found = read_raw_backup(answer.body) if answer and answer.status == 200 else None
        return found if found is not None and found.id == self.id else None


def _is_absence(record: ErrorRecord) -> bool:
    return code_of(record).casefold() in {"resourcenotfound", "resourcenotfoundexception"}


def not_found(id: str) -> NotFound:
    """Return the error for a backup that the stamp does not show."""
    return NotFound(
        f"the stamp has no backup {id}",
        id=id,
        hint="`psbridge backup list` shows what there is; retention removes old ones.",
    )
