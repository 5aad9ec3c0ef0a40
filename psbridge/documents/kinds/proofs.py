"""The record that a verdict can be recomputed from, and what recomputing it showed."""

from __future__ import annotations

from typing import Literal

import msgspec

from psbridge.documents.kinds.backups import BackupBody
from psbridge.documents.kinds.settings import SettingsBody
from psbridge.documents.kinds.verdicts import EvidenceBody, StampBody


class WitnessBody(msgspec.Struct, frozen=True):
    """What one source said of the backup in a look; `twice` is what it said twice in different ways."""

    source: Literal["object", "raw", "operation"]
    backup: BackupBody
    twice: tuple[str, ...]


class LookBody(msgspec.Struct, frozen=True):
    """One look at a backup, or several in a row that showed the same of one that runs; then `backup` is the last's."""

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
    """All that the verdict on one backup rests on: the rules, the list before the first look, the looks, the settings."""

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


class MakerBody(msgspec.Struct, frozen=True):
    """Who made a record, and with what."""

    psbridge: str
    python: str
    user: str
    machine: str


class ProofDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What `--proof` writes. `sha256` is over everything else in it; it shows damage, not forgery.

    `rules` is the number of the rules that the verdict was found by, `note` what `start --note` said; records of earlier
    releases have neither, and are of the first rules.
    """

    schema_version: Literal[1] = 1
    kind: Literal["proof"] = "proof"
    target: str
    emulated: bool
    made_at: str
    made_by: MakerBody
    host: str | None
    stamp: StampBody | None
    run: str | None
    action: Literal["started", "attached", "skipped"] | None
    verdict: Literal["confirmed", "partial", "failed", "running", "unproven", "unknown"]
    exit_code: int
    upload_proof: Literal["shown", "assumed"] | None
    evidence: tuple[EvidenceBody, ...]
    latest: bool
    max_age_seconds: float | None
    observations: CaseBody
    last_good_observations: CaseBody | None
    rules: int = 1
    note: str | None = None
    sha256: str


class ProofCheckDocument(msgspec.Struct, frozen=True, kw_only=True):
    """`proof verify`: what the record says, and what its observations lead to now.

    Where the file is not a record at all, what it would say is null. `warnings` says where today's rules lead elsewhere than
    the record's own, `rules`, by which it is judged.
    """

    schema_version: Literal[1] = 1
    kind: Literal["proof_check"] = "proof_check"
    file: str
    intact: bool
    agrees: bool
    exit_code: int
    problems: tuple[str, ...]
    target: str | None
    emulated: bool | None
    made_at: str | None
    made_by: MakerBody | None
    host: str | None
    run: str | None
    backup: BackupBody | None
    recorded_verdict: str | None
    recorded_exit_code: int | None
    verdict: str | None
    evidence: tuple[EvidenceBody, ...]
    note: str | None
    rules: int | None
    warnings: tuple[str, ...]
