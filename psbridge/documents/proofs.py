"""A proof's record: from the grounds of a report and back, and the hash that shows damage. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, cast

from psbridge.documents import kinds
from psbridge.documents.builders import backup_body, moment_text, settings_body, stamp_body
from psbridge.documents.plain import to_plain
from psbridge.models import Alert, Backup, BackupSettings, Case, Grounds, Instant, Look, Observation, Role, Span

if TYPE_CHECKING:
    from psbridge.models import Report, Target

_TICKS = 10_000_000


def proof(target: Target, report: Report, made_at: str, made_by: kinds.MakerBody) -> kinds.ProofDocument:
    """Return the record of a report.

    Raises:
        ValueError: the report has no grounds.
    """
    held, grounds = report.verdict, report.grounds
    if grounds is None:
        raise ValueError("a report without its grounds proves nothing")
    location = target.location or (held.backup.location if held.backup else None)
    document = kinds.ProofDocument(
        target=target.name,
        emulated=target.emulated,
        made_at=made_at,
        made_by=made_by,
        host=report.host,
        stamp=stamp_body(report.context, location),
        run=report.run,
        action=cast("Literal['started', 'attached', 'skipped'] | None", report.action),
        verdict=held.judgement.value,
        exit_code=int(report.exit_code),
        upload_proof=cast("Literal['shown', 'assumed'] | None", held.upload_proof),
        evidence=tuple(kinds.EvidenceBody(row.check, row.outcome.value, row.detail) for row in held.evidence),
        latest=grounds.latest,
        max_age_seconds=grounds.max_age,
        observations=_case_body(grounds.case),
        last_good_observations=_case_body(grounds.good) if grounds.good else None,
        sha256="",
    )
    return replace(document, sha256=checksum(to_plain(document)))


def checksum(plain: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a record's values in canonical form: all keys but `sha256`, sorted, without white space."""
    rest = {key: value for key, value in plain.items() if key != "sha256"}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def grounds_of(record: kinds.ProofDocument) -> Grounds:
    """Return what a record says its verdict rests on.

    Raises:
        ValueError: a time or an id in it is none.
    """
    good = record.last_good_observations
    return Grounds(
        _case(record.observations),
        good=_case(good) if good else None,
        latest=record.latest,
        max_age=record.max_age_seconds,
    )


def _case_body(case: Case) -> kinds.CaseBody:
    return kinds.CaseBody(
        backup_id=case.id or None,
        own=case.own,
        waiting=case.waiting,
        settle_seconds=case.settle,
        require_recovery_ready=case.require_recovery_ready,
        require_upload_proof=case.require_upload_proof,
        listed=tuple(backup_body(it) for it in case.listed),
        list_consistent=case.list_consistent,
        looks=tuple(_look_body(it) for it in case.looks),
        settings=settings_body(case.settings) if case.settings else None,
        alerts=None if case.alerts is None else tuple(map(_alert_body, case.alerts)),
        whole=case.whole,
        decided_at=str(case.decided_at),
        elapsed_seconds=case.elapsed,
    )


def _alert_body(alert: Alert) -> kinds.AlertBody:
    return kinds.AlertBody(alert.id, alert.title, alert.severity, alert.fault_type, moment_text(alert.created_at))


def _alert(body: kinds.AlertBody) -> Alert:
    return Alert(body.id, body.title, body.severity, body.fault_type, _instant(body.created_at))


def _look_body(look: Look) -> kinds.LookBody:
    seen = look.observation
    return kinds.LookBody(
        at=str(look.at),
        until=str(look.until),
        times=look.times,
        elapsed_seconds=look.elapsed,
        host_time=moment_text(seen.host_time),
        backup=backup_body(seen.backup) if seen.backup else None,
        operation_status=seen.operation,
        upload_read=seen.upload_read,
        witnesses_agree=seen.witnesses_agree,
    )


def _case(body: kinds.CaseBody) -> Case:
    return Case(
        id=body.backup_id or "",
        own=body.own,
        waiting=body.waiting,
        settle=body.settle_seconds,
        require_recovery_ready=body.require_recovery_ready,
        require_upload_proof=body.require_upload_proof,
        listed=tuple(_backup(it) for it in body.listed),
        list_consistent=body.list_consistent,
        looks=tuple(_look(it) for it in body.looks),
        settings=_settings(body.settings) if body.settings else None,
        alerts=None if body.alerts is None else tuple(map(_alert, body.alerts)),
        whole=body.whole,
        decided_at=Instant.parse(body.decided_at),
        elapsed=body.elapsed_seconds,
    )


def _look(body: kinds.LookBody) -> Look:
    seen = Observation(
        backup=_backup(body.backup) if body.backup else None,
        operation=body.operation_status,
        upload_read=body.upload_read,
        witnesses_agree=body.witnesses_agree,
        host_time=_instant(body.host_time),
    )
    return Look(seen, Instant.parse(body.at), Instant.parse(body.until), body.elapsed_seconds, body.times)


def _backup(body: kinds.BackupBody) -> Backup:
    return Backup(
        id=body.id,
        name=body.name,
        location=body.location,
        status=body.status,
        roles=None if body.roles is None else tuple(Role(it.name, it.status) for it in body.roles),
        completed_at=_instant(body.completed_at),
        duration=None if body.duration_seconds is None else Span(round(body.duration_seconds * _TICKS)),
        stamp_version=body.stamp_version,
        oem_version=body.oem_version,
        deployment_id=body.deployment_id,
        encryption_cert_thumbprint=body.encryption_cert_thumbprint,
        is_cloud_recovery_ready=body.is_cloud_recovery_ready,
        completely_uploaded=body.completely_uploaded,
        is_automatic=body.is_automatic,
        data_version=body.data_version,
        resource_id=body.resource_id,
    )


def _settings(body: kinds.SettingsBody) -> BackupSettings:
    return BackupSettings(
        location=body.location,
        path=body.path,
        user_name=body.user_name,
        encryption_cert_thumbprint=body.encryption_cert_thumbprint,
        backup_frequency_in_hours=body.backup_frequency_in_hours,
        backup_retention_period_in_days=body.backup_retention_period_in_days,
        available_capacity=body.available_capacity,
        is_backup_scheduler_enabled=body.is_backup_scheduler_enabled,
        next_backup_time=_instant(body.next_backup_time),
        last_backup_time=_instant(body.last_backup_time),
        resource_id=body.resource_id,
    )


def _instant(text: str | None) -> Instant | None:
    return None if text is None else Instant.parse(text)
