"""The models that documents hold whole, so that they can be read back. Each is made when it is first needed."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from psbridge.documents import kinds
from psbridge.documents.mirror import Form, Mirror, each, maybe

if TYPE_CHECKING:
    from psbridge.models import Alert, Backup, BackupSettings, Case, Look, Witness


@cache
def backup_mirror() -> Mirror[Backup, kinds.BackupBody]:
    """Return BACKUP of the contract; `started_at` follows from the other two times."""
    from psbridge.models import Backup, Role, Span

    role = Mirror(Role, kinds.RoleBody)
    return Mirror(
        Backup,
        kinds.BackupBody,
        names={"duration": "duration_seconds"},
        forms={
            "roles": each(role.write, role.read),
            "started_at": moment(),
            "completed_at": moment(),
            "duration_seconds": maybe(lambda span: span.seconds, Span.of_seconds),
        },
    )


@cache
def settings_mirror() -> Mirror[BackupSettings, kinds.SettingsBody]:
    """Return the stamp's backup configuration."""
    from psbridge.models import BackupSettings

    forms = {"next_backup_time": moment(), "last_backup_time": moment()}
    return Mirror(BackupSettings, kinds.SettingsBody, forms=forms)


@cache
def case_mirror() -> Mirror[Case, kinds.CaseBody]:
    """Return what a verdict rests on; a case without a backup has an empty id."""
    from psbridge.models import Alert, Case

    backup, settings = backup_mirror(), settings_mirror()
    alert: Mirror[Alert, kinds.AlertBody] = Mirror(Alert, kinds.AlertBody, forms={"created_at": moment()})
    return Mirror(
        Case,
        kinds.CaseBody,
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
    from psbridge.models import Instant

    return maybe(str, Instant.parse)


def look_body(look: Look) -> kinds.LookBody:
    """Return one look as records keep it."""
    seen = look.observation
    return kinds.LookBody(
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


def _witness_body(witness: Witness) -> kinds.WitnessBody:
    return kinds.WitnessBody(witness.source.value, backup_mirror().write(witness.backup), witness.twice)


def _witness(body: kinds.WitnessBody) -> Witness:
    from psbridge.models import Source, Witness

    return Witness(Source(body.source), backup_mirror().read(body.backup), body.twice)


def _look(body: kinds.LookBody) -> Look:
    from psbridge.models import Instant, Look, Observation

    seen = Observation(
        backup=None if body.backup is None else backup_mirror().read(body.backup),
        operation=body.operation_status,
        upload_read=body.upload_read,
        witnesses_agree=body.witnesses_agree,
        host_time=moment().read(body.host_time),
        witnesses=tuple(map(_witness, body.witnesses)),
    )
    return Look(seen, Instant.parse(body.at), Instant.parse(body.until), body.elapsed_seconds, body.times)
