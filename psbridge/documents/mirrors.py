"""The models that documents hold whole, so that they can be read back. Each is made when it is first needed."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from psbridge.documents.kinds.backups import BackupBody, RoleBody
from psbridge.documents.kinds.proofs import AlertBody, CaseBody, LookBody, WitnessBody
from psbridge.documents.kinds.settings import SettingsBody
from psbridge.documents.mirror import Form, Mirror, each, maybe

if TYPE_CHECKING:
    from psbridge.models.alert import Alert
    from psbridge.models.backup import Backup
    from psbridge.models.observation import Case, Look
    from psbridge.models.settings import BackupSettings
    from psbridge.models.witness import Witness


@cache
def backup_mirror() -> Mirror[Backup, BackupBody]:
    """Return BACKUP of the contract; `started_at` follows from the other two times."""
    from psbridge.models.backup import Backup, Role
    from psbridge.models.time import Span

    role = Mirror(Role, RoleBody)
    return Mirror(
        Backup,
        BackupBody,
        names={"duration": "duration_seconds"},
        forms={
            "roles": each(role.write, role.read),
            "started_at": moment(),
            "completed_at": moment(),
            "duration_seconds": maybe(lambda span: span.seconds, Span.of_seconds),
        },
    )


@cache
def settings_mirror() -> Mirror[BackupSettings, SettingsBody]:
    """Return the stamp's backup configuration."""
    from psbridge.models.settings import BackupSettings

    forms = {"next_backup_time": moment(), "last_backup_time": moment()}
    return Mirror(BackupSettings, SettingsBody, forms=forms)


@cache
def case_mirror() -> Mirror[Case, CaseBody]:
    """Return what a verdict rests on; a case without a backup has an empty id."""
    from psbridge.models.alert import Alert
    from psbridge.models.observation import Case

    backup, settings = backup_mirror(), settings_mirror()
    alert: Mirror[Alert, AlertBody] = Mirror(Alert, AlertBody, forms={"created_at": moment()})
    return Mirror(
        Case,
        CaseBody,
        names={"id": "backup_id", "settle": "settle_seconds", "elapsed": "elapsed_seconds"},
        forms={
            "backup_id": Form(lambda id: id or None, lambda text: text or ""),
            "listed": each(backup.write, backup.read),
            "looks": each(look_body, _look),
            "settings": maybe(settings.write, settings.read),
            "alerts": each(alert.write, alert.read),
            "decided_at": moment(),
            "intent_host_time": moment(),
        },
    )


def moment() -> Form:
    """Return the form of a time: RFC 3339 in UTC."""
    from psbridge.models.time import Instant

    return maybe(str, Instant.parse)


def look_body(look: Look) -> LookBody:
    """Return one look as records keep it."""
    seen = look.observation
    return LookBody(
        at=str(look.at),
        until=str(look.until),
        times=look.times,
        elapsed_seconds=look.elapsed,
        host_time=moment().written(seen.host_time),
        backup=None if seen.backup is None else backup_mirror().write(seen.backup),
        operation_status=seen.operation,
        upload_read=seen.upload_read,
        witnesses_agree=seen.witnesses_agree,
        witnesses=tuple(map(_witness_body, seen.witnesses)),
    )


def _witness_body(witness: Witness) -> WitnessBody:
    return WitnessBody(witness.source.value, backup_mirror().write(witness.backup), witness.twice)


def _witness(body: WitnessBody) -> Witness:
    from psbridge.models.witness import Source, Witness

    return Witness(Source(body.source), backup_mirror().read(body.backup), body.twice)


def _look(body: LookBody) -> Look:
    from psbridge.models.observation import Look, Observation
    from psbridge.models.time import Instant

    seen = Observation(
        backup=None if body.backup is None else backup_mirror().read(body.backup),
        operation=body.operation_status,
        upload_read=body.upload_read,
        witnesses_agree=body.witnesses_agree,
        host_time=moment().read(body.host_time),
        witnesses=tuple(map(_witness, body.witnesses)),
    )
    return Look(seen, Instant.parse(body.at), Instant.parse(body.until), body.elapsed_seconds, body.times)
