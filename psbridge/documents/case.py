"""What a verdict rests on, as proofs and the journal keep it, and the way back."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from psbridge.documents.backup import BackupBody, backup_body, backup_of, body_or_none
from psbridge.documents.document import copied, moment_of, text_of
from psbridge.documents.encoding import to_plain
from psbridge.documents.settings import SettingsBody, settings_body, settings_of
from psbridge.models.case import Case
from psbridge.models.observation import Observation, Source, Witness
from psbridge.models.stamp import Alert
from psbridge.models.time import Instant
from psbridge.models.verification import StoreCase


class WitnessBody(msgspec.Struct, frozen=True):
    """What one source said of the backup in one read; `twice` is what it said twice in different ways."""

    source: Literal["object", "raw", "operation"]
    backup: BackupBody
    twice: tuple[str, ...]


class LookBody(msgspec.Struct, frozen=True):
    """One read of a backup, or several in a row that showed the same of a running one; then `backup` is the last's."""

    at: str
    until: str
    times: int
    elapsed_seconds: float
    host_time: str | None
    backup: BackupBody | None
    operation_status: int | None
    upload_read: bool
    witnesses_agree: bool
    witnesses: tuple[WitnessBody, ...] = ()


class AlertBody(msgspec.Struct, frozen=True):
    """One open alert of the backup service."""

    id: str | None
    title: str | None
    severity: str | None
    fault_type: str | None
    created_at: str | None


class CaseBody(msgspec.Struct, frozen=True):
    """All that the verdict on one backup rests on: the rules, the list before the first read, the reads, the settings."""

    backup_id: str | None
    own: bool
    waiting: bool
    settle_seconds: float
    require_recovery_ready: bool
    require_upload_proof: bool
    listed: tuple[BackupBody, ...]
    list_consistent: bool
    looks: tuple[LookBody, ...]
    settings: SettingsBody | None
    alerts: tuple[AlertBody, ...] | None
    whole: bool
    decided_at: str
    elapsed_seconds: float
    expect_deployment_id: str | None = None
    seen_before: bool = False
    intent_host_time: str | None = None
    known_ids: tuple[str, ...] = ()
    inferred_checks: tuple[str, ...] = ()
    store: StoreCase | None = None
    copy: StoreCase | None = None


def look_plain(seen: Observation) -> dict[str, Any]:
    """Return an observation as a line of the journal keeps it."""
    return to_plain(_look_body(seen))


def case_body(case: Case) -> CaseBody:
    """Return a case as records keep it; one without a backup has an empty id."""
    return copied(
        CaseBody,
        case,
        backup_id=case.id or None,
        settle_seconds=case.settle,
        listed=tuple(map(backup_body, case.listed)),
        looks=tuple(map(_look_body, case.observations)),
        settings=None if case.settings is None else settings_body(case.settings),
        alerts=None if case.alerts is None else tuple(map(_alert_body, case.alerts)),
        decided_at=str(case.decided_at),
        elapsed_seconds=case.elapsed,
        intent_host_time=text_of(case.intent_host_time),
    )


def case_of(body: CaseBody) -> Case:
    """Return the case that a body was made from; the question about its age is in `ProofDocument`.

    Raises:
        ValueError: a time in it is not one.
    """
    return copied(
        Case,
        body,
        id=body.backup_id or "",
        settle=body.settle_seconds,
        listed=tuple(map(backup_of, body.listed)),
        observations=tuple(map(_look_of, body.looks)),
        settings=None if body.settings is None else settings_of(body.settings),
        alerts=None if body.alerts is None else tuple(map(_alert_of, body.alerts)),
        decided_at=Instant.parse(body.decided_at),
        elapsed=body.elapsed_seconds,
        intent_host_time=moment_of(body.intent_host_time),
        max_age=None,
        latest=False,
        last_good=None,
    )


def _look_body(seen: Observation) -> LookBody:
    return copied(
        LookBody,
        seen,
        at=str(seen.at),
        until=str(seen.until),
        elapsed_seconds=seen.elapsed,
        host_time=text_of(seen.host_time),
        backup=body_or_none(seen.backup),
        operation_status=seen.operation,
        witnesses=tuple(WitnessBody(it.source.value, backup_body(it.backup), it.twice) for it in seen.witnesses),
    )


def _look_of(body: LookBody) -> Observation:
    return copied(
        Observation,
        body,
        backup=None if body.backup is None else backup_of(body.backup),
        operation=body.operation_status,
        host_time=moment_of(body.host_time),
        witnesses=tuple(Witness(Source(it.source), backup_of(it.backup), it.twice) for it in body.witnesses),
        at=Instant.parse(body.at),
        until=Instant.parse(body.until),
        elapsed=body.elapsed_seconds,
    )


def _alert_body(alert: Alert) -> AlertBody:
    return copied(AlertBody, alert, created_at=text_of(alert.created_at))


def _alert_of(body: AlertBody) -> Alert:
    return copied(Alert, body, created_at=moment_of(body.created_at))
