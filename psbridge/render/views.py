"""The view of each kind of document: what a person sees of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from psbridge.documents.config import ConfigProblemsDocument
from psbridge.documents.document import Document
from psbridge.errors import ExitCode
from psbridge.models.backup import NONE_LISTED, Phase, phase_of
from psbridge.render import formatting
from psbridge.render.blocks import BAD, DIM, GOOD, STRONG, WARN, Block, Cell, Gap, Table, fields, line
from psbridge.render.doctor_view import doctor
from psbridge.render.explanation_view import explanation
from psbridge.render.local_views import (
    config,
    config_problems,
    emulation,
    notify_test,
    run,
    run_closed,
    run_list,
    target_list,
)
from psbridge.render.recovery_views import key_list, recovery_sheet
from psbridge.render.stamp_views import alert_list, stamp_status
from psbridge.render.store_views import evidence, key_check, store_list, verification, wrapped_keys

if TYPE_CHECKING:
    from psbridge.documents.backup import BackupBody, BackupDocument, BackupListDocument
    from psbridge.documents.error import ErrorDocument
    from psbridge.documents.progress import LogDocument, StageDocument, StartedDocument, StatusDocument
    from psbridge.documents.proof import ProofCheckDocument, ProofDocument
    from psbridge.documents.settings import SettingsDocument
    from psbridge.documents.verdict import DryRunDocument, StampBody, VerdictDocument


def _emulated(document: Any) -> list[Block]:
    return [line(Cell(formatting.EMULATED, WARN))] if getattr(document, "emulated", False) else []


def _roles(backup: BackupBody, good: BackupBody | None = None) -> str:
    """Return how many roles succeeded, of those that the backup or the last good one (`good`) has."""
    if backup.roles is None:
        return formatting.NONE
    succeeded = sum(role.status.casefold() == "succeeded" for role in backup.roles)
    names = {role.name.casefold() for role in backup.roles}
    missing = {role.name.casefold() for role in (good.roles if good else None) or ()} - names
    return f"{succeeded}/{len(backup.roles) + len(missing)}"


def _good_before(backups: Sequence[BackupBody], place: int) -> BackupBody | None:
    """Return the newest good backup that is listed after one, and so is older."""
    good = (it for it in backups[place + 1 :] if phase_of(it.status) is Phase.SUCCEEDED and it.roles)
    return next(good, None)


def _once_ended(backup: BackupBody, value: object) -> str:
    """Return what a backup can have only once it has ended; `-` while it runs."""
    return formatting.NONE if phase_of(backup.status) is Phase.LIVE else formatting.text(value)


def _backup_list(document: BackupListDocument) -> list[Block]:
    if not document.backups:
        return [line(f"no backups to list on {document.target}"), *_emulated(document)]
    rows = tuple(
        (
            Cell(backup.id),
            formatting.status(backup.status),
            Cell(formatting.moment(backup.completed_at)),
            Cell(formatting.taken(backup.duration_seconds)),
            Cell(_roles(backup, _good_before(document.backups, place))),
            Cell(_once_ended(backup, backup.is_cloud_recovery_ready)),
        )
        for place, backup in enumerate(document.backups)
    )
    header = ("ID", "STATUS", "COMPLETED", "TOOK", "ROLES", "READY")
    return [Table(header, rows, spare=("TOOK", "READY", "ROLES", "COMPLETED")), *_emulated(document)]


def _facts_of(backup: BackupBody) -> Block:
    return fields(
        [
            ("id", backup.id),
            ("status", formatting.status(backup.status)),
            ("location", backup.location),
            ("started", formatting.moment(backup.started_at)),
            ("completed", formatting.moment(backup.completed_at)),
            ("took", formatting.taken(backup.duration_seconds)),
            ("roles listed", _roles(backup)),
            ("recovery ready", _once_ended(backup, backup.is_cloud_recovery_ready)),
            ("uploaded", _once_ended(backup, backup.completely_uploaded)),
            ("automatic", formatting.text(backup.is_automatic)),
            ("stamp version", formatting.text(backup.stamp_version)),
            ("oem version", formatting.text(backup.oem_version)),
            ("deployment", formatting.text(backup.deployment_id)),
            ("certificate", formatting.text(backup.encryption_cert_thumbprint)),
        ]
    )


def _backup(document: BackupDocument) -> list[Block]:
    shown: list[Block] = [_facts_of(document.backup)]
    if document.backup.roles:
        rows = tuple((Cell(role.name), formatting.status(role.status)) for role in document.backup.roles)
        shown += [Gap(), Table(("ROLE", "STATUS"), rows)]
    return shown + _emulated(document)


def _verdict(document: VerdictDocument) -> list[Block]:
    shown = [_skipped(document.reason)] if document.action == "skipped" else []
    shown += [_headline(document), *_emulated(document)]
    if document.backup:
        shown += [Gap(), _verdict_facts(document, document.backup)]
    return [*shown, Gap(), evidence(document.evidence)] if document.evidence else shown


def _skipped(reason: str | None) -> Block:
    return line(Cell("nothing started:" if reason else "nothing started", f"bold {WARN}"), reason or "")


def _headline(document: VerdictDocument) -> Block:
    """Return the verdict with its backup; `stale` if the backup is older than the limit."""
    about = f"no backup on {document.target}"
    if document.backup is not None:
        about = f"backup {document.backup.id} on {document.target}"
    if document.exit_code == ExitCode.STALE:
        known = f" ({document.verdict}, but older than the limit)" if document.backup is not None else ""
        return line(Cell("stale:", f"bold {WARN}"), about + known)
    if document.exit_code == ExitCode.NOT_VERIFIED:
        return line(Cell(f"{document.verdict}, not verified in its store:", f"bold {BAD}"), about)
    return line(
        Cell(f"{document.verdict}:", f"bold {formatting.JUDGEMENT_STYLES.get(document.verdict, '')}".strip()), about
    )


def _verdict_facts(document: VerdictDocument, backup: BackupBody) -> Block:
    stamp = document.stamp
    older = document.last_good if document.last_good and document.last_good.id != backup.id else None
    return fields(
        [
            ("status", formatting.status(backup.status)),
            ("completed", formatting.moment(backup.completed_at)),
            ("took", formatting.taken(backup.duration_seconds)),
            ("roles", _judged_roles(document, backup, older)),
            ("recovery ready", _once_ended(backup, backup.is_cloud_recovery_ready)),
            ("upload", document.upload_proof),
            ("action", document.action),
            ("run", document.run),
            ("stamp", _where(stamp) if stamp else None),
            ("last good", f"{older.id}, completed {formatting.moment(older.completed_at)}" if older else None),
        ]
    )


def _judged_roles(document: VerdictDocument, backup: BackupBody, older: BackupBody | None) -> Cell:
    """Return how many roles succeeded, with what is wrong where the number does not show it, such as a missing role."""
    row = next((it for it in document.evidence if it.check == "roles" and it.outcome == "fail"), None)
    counted = _roles(backup, older)
    done, _, total = counted.partition("/")
    if row is None:
        return Cell(counted)
    return Cell(f"{counted}: {row.detail}" if done == total else counted, BAD)


def _where(stamp: StampBody) -> str:
    parts = [stamp.environment, stamp.location, stamp.subscription_name or stamp.subscription_id]
    account = f" as {stamp.account}" if stamp.account else ""
    return ", ".join(part for part in parts if part) + account


def _started(document: StartedDocument) -> list[Block]:
    said = line(Cell(document.action, STRONG), f"backup {document.id} on {document.target}")
    return [said, *_emulated(document)]


def _status(document: StatusDocument) -> list[Block]:
    counted = f"{document.roles_done}/{document.roles_total}" if document.roles_total else None
    rows = fields(
        [
            ("id", document.id),
            ("status", formatting.status(document.status)),
            ("elapsed", formatting.duration(document.elapsed_seconds)),
            ("time left", formatting.duration(document.eta_seconds)),
            ("roles", counted),
        ]
    )
    return [rows, *_emulated(document)]


def _settings(document: SettingsDocument) -> list[Block]:
    found = document.settings
    every, retention = found.backup_frequency_in_hours, found.backup_retention_period_in_days
    enabled = found.is_backup_scheduler_enabled
    rows = fields(
        [
            ("location", formatting.text(found.location)),
            ("share", formatting.text(found.path)),
            ("user", formatting.text(found.user_name)),
            ("certificate", formatting.text(found.encryption_cert_thumbprint)),
            ("scheduler", Cell({True: "on", False: "off", None: formatting.NONE}[enabled], GOOD if enabled else WARN)),
            ("backup every", formatting.NONE if every is None else f"{every}h"),
            ("retention", formatting.NONE if retention is None else f"{retention}d"),
            ("free space", formatting.text(found.available_capacity)),
            ("next scheduled", formatting.moment(found.next_backup_time)),
            ("last backup", formatting.moment(found.last_backup_time)),
        ]
    )
    return [rows, *_emulated(document)]


def _error(document: ErrorDocument) -> list[Block]:
    error = document.error
    shown: list[Block] = [line(Cell("error:", f"bold {BAD}"), error.message)]
    problems = error.detail.get("problems") if error.code in {"config", "usage"} else None
    if isinstance(problems, list) and len(problems) > 1:  # the sentence names the first only
        shown += config_problems(ConfigProblemsDocument.of(None, problems))
    if error.hint:
        shown.append(line(Cell("hint:", STRONG), error.hint))
    if error.explain:
        shown.append(line(Cell("More:", DIM), Cell(f"psbridge explain {error.explain}", DIM)))
    return shown


def _dry_run(document: DryRunDocument) -> list[Block]:
    what_if = {True: "accepted by the host's cmdlet", None: "not supported by the host's cmdlet", False: "refused"}
    shown = fields(
        [
            ("host", document.host),
            ("location", document.location),
            ("stamp", _where(document.stamp) if document.stamp else formatting.NONE),
            ("-WhatIf", what_if[document.what_if] if document.would == "start" else formatting.NONE),
            ("running", document.running.id if document.running else NONE_LISTED),
            ("last good", document.last_good.id if document.last_good else formatting.NONE),
        ]
    )
    reason = f": {document.reason}" if document.reason else ""
    would = f"would {document.would} on {document.target}{reason}"
    warned = [line(Cell("warning:", f"bold {WARN}"), each) for each in document.warnings]
    return [line(Cell("dry run:", STRONG), would), *warned, *_emulated(document), Gap(), shown]


def _stage(document: StageDocument) -> list[Block]:
    from psbridge.render.stage_text import stage_line  # few commands show one

    return [line(stage_line(document))]


def _log(document: LogDocument) -> list[Block]:
    origin = "host " if document.source == "host" else ""
    style = {"warning": WARN, "error": BAD}.get(document.level, DIM)
    return [line(Cell(f"{origin}{document.level}:", style), document.message)]


def _proof(document: ProofDocument) -> list[Block]:
    """Return the record's head; its observations are for `proof verify`."""
    looks = sum(look.times for look in document.observations.looks)
    rows = [
        ("target", document.target),
        ("host", formatting.text(document.host)),
        ("backup", formatting.text(document.observations.backup_id)),
        ("verdict", document.verdict),
        ("reads", str(looks)),
        ("created", formatting.moment(document.made_at)),
        ("sha256", document.sha256),
    ]
    return [line(Cell("record:", STRONG), f"a verdict on {document.target}"), Gap(), fields(rows)]


def _proof_check(document: ProofCheckDocument) -> list[Block]:
    """Return what a record says and what its observations lead to."""
    good = document.intact and document.agrees
    word = Cell("valid record:" if good else "invalid record:", GOOD if good else BAD)
    about = f"its observations lead to {document.verdict}" if document.verdict else document.file
    if good and document.exit_code == ExitCode.STALE:
        about = f"stale ({about}, but the backup is older than the limit)"
    shown: list[Block] = [line(word, about), *(line(Cell("-", BAD), each) for each in document.problems)]
    shown += [line(Cell("warning:", WARN), each) for each in document.warnings]
    if document.target is None:
        return shown
    maker = document.made_by
    rows = fields(
        [
            ("target", document.target + (f" ({formatting.EMULATED})" if document.emulated else "")),
            ("host", formatting.text(document.host)),
            ("backup", formatting.text(document.backup_id)),
            ("completed", formatting.moment(document.backup.completed_at) if document.backup else formatting.NONE),
            ("recorded", f"{document.recorded_verdict}, exit code {document.recorded_exit_code}"),
            (
                "created",
                f"{formatting.moment(document.made_at)} by {maker.user} on {maker.machine}"
                if maker
                else formatting.NONE,
            ),
            ("run", document.run),
            ("note", document.note),
        ]
    )
    return [*shown, Gap(), rows, Gap(), evidence(document.evidence)]


_VIEWS: dict[str, Callable[[Any], list[Block]]] = {
    "backup_list": _backup_list,
    "backup": _backup,
    "verdict": _verdict,
    "started": _started,
    "status": _status,
    "settings": _settings,
    "error": _error,
    "run_list": run_list,
    "run": run,
    "run_closed": run_closed,
    "dry_run": _dry_run,
    "config": config,
    "config_problems": config_problems,
    "target_list": target_list,
    "notify_test": notify_test,
    "explanation": explanation,
    "emulation": emulation,
    "log": _log,
    "stage": _stage,
    "verification": verification,
    "key_check": key_check,
    "key_list": key_list,
    "recovery_sheet": recovery_sheet,
    "wrapped_keys": wrapped_keys,
    "store_list": store_list,
    "proof": _proof,
    "proof_check": _proof_check,
    "stamp_status": stamp_status,
    "alert_list": alert_list,
    "doctor": doctor,
}


def view(document: Document) -> list[Block]:
    """Return what a person sees of a document."""
    return _VIEWS[document.kind](document)
