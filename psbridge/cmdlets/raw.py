"""`Invoke-AzRestMethod`: the raw JSON, which shows what the module's objects drop (recording get-azsbackup)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psbridge.bounded_json import MOST_VALUES, count_values, loads
from psbridge.cmdlets.decode import JsonObject, Reader, text_of, twice_of
from psbridge.cmdlets.paths import backup_service
from psbridge.models import Backup, Role, Source, Witness, backup_id
from psbridge.powershell import Command, Pipeline, PSObject, Result, Value

_LARGEST_BODY = 4 << 20


def get(path: str) -> Command:
    """Return `Invoke-AzRestMethod -Path … -Method GET`."""
    return Command.of("Invoke-AzRestMethod", {"Path": path, "Method": "GET"})


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """One answer: an HTTP error status is returned in the object, not raised.

    Attributes:
        twice: what the object itself gives twice in different ways.
    """

    status: int
    body: Any
    twice: tuple[str, ...] = ()


def read_answers(output: Sequence[Value]) -> list[RawAnswer]:
    """Return the answers in an output, in order; a body that is not JSON, or is too large, is None."""
    answers = []
    left = MOST_VALUES  # of all bodies together
    for value in output:
        if isinstance(value, PSObject) and value.has("StatusCode") and value.has("Content"):
            status = Reader(value, "Invoke-AzRestMethod").integer("StatusCode")
            content = value.get("Content")
            answers.append(RawAnswer(status or 0, _json(content, left), twice_of(value)))
            left -= count_values(content) if isinstance(content, str) else 0
    return answers


def _json(content: Value, most: int) -> Any:
    if not isinstance(content, str) or not content or len(content) > _LARGEST_BODY:
        return None
    try:
        return loads(content, most=most, pairs=JsonObject)
    except ValueError:
        return None


def read_raw_witness(source: Source, answer: RawAnswer) -> Witness | None:
    """Return what an answer says of a backup, whichever it is about; None if it holds none that can be told."""
    backup = read_raw_backup(answer.body) if answer.status == 200 else None
    if backup is None:
        return None
    info = _at(answer.body, "properties", "backupInfo")
    roles = _at(info, "roleStatus")
    parts = (answer.body, _at(answer.body, "properties"), info, *(roles if isinstance(roles, list) else ()))
    twice = (*answer.twice, *(text for part in parts for text in twice_of(part)))
    ids = {_id_in(_at(part, key)) for part, key in ((answer.body, "name"), (answer.body, "id"), (info, "backupId"))}
    told = sorted(id for id in ids if id)
    return Witness(source, backup, twice if len(told) < 2 else (*twice, f"id: {', '.join(told)}"))


def _id_in(value: Any) -> str | None:
    try:
        return backup_id(text_of(value) or "")
    except ValueError:
        return None


def read_raw_backup(body: Any) -> Backup | None:
    """Return the backup in a raw body, None if it holds none that can be told."""
    info = _at(body, "properties", "backupInfo")
    name, resource_id = (text_of(_at(body, key)) or None for key in ("name", "id"))
    try:
        id_ = backup_id(name or resource_id or "")
    except ValueError:
        return None
    if not isinstance(info, Mapping):
        return None
    at = Reader(info, "backupInfo")
    return Backup(
        id=id_,
        name=name,
        location=text_of(_at(body, "location")) or None,
        status=at.text("status"),
        roles=_roles(at.raw("roleStatus")),
        completed_at=at.instant("createdDateTime"),
        duration=at.span("timeTakenToCreate"),
        stamp_version=at.text("stampVersion"),
        oem_version=at.text("oemVersion"),
        deployment_id=at.text("deploymentID"),
        encryption_cert_thumbprint=at.text("encryptionCertThumbprint"),
        is_cloud_recovery_ready=at.flag("isCloudRecoveryReady"),
        completely_uploaded=at.flag("completelyUploaded"),
        is_automatic=at.flag("isAutomaticBackup"),
        data_version=at.text("backupDataVersion"),
        resource_id=resource_id,
    )


def _roles(value: Any) -> tuple[Role, ...] | None:
    if not isinstance(value, list):
        return None
    return tuple(Role(text_of(_at(it, "roleName")) or "", text_of(_at(it, "status")) or "") for it in value)


def _at(value: Any, *keys: str) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


@dataclass(frozen=True, slots=True)
class ListRawBackups:
    """All backups as raw JSON: tells the scheduler's own (`isAutomaticBackup`) from others."""

    subscription: str
    location: str

    def command(self) -> Command:
        """Return the call."""
        return get(backup_service(self.subscription, self.location, "backups"))

    def pipeline(self) -> Pipeline:
        """Return what is sent."""
        return Pipeline.of(self.command())

    def parse(self, result: Result) -> tuple[Backup, ...] | None:
        """Return the backups, None if they could not be read."""
        answers = read_answers(result.output)
        if not answers or answers[0].status != 200:
            return None
        listed = _at(answers[0].body, "value")
        if not isinstance(listed, list) or _at(answers[0].body, "nextLink"):
            return None
        backups = [read_raw_backup(item) for item in listed]
        return None if None in backups else tuple(it for it in backups if it)
