"""What is told of a start, wait or confirm, while it goes on and at its end."""

from __future__ import annotations

from typing import Literal

import msgspec

from psbridge.documents.kinds.backups import BackupBody


class EvidenceBody(msgspec.Struct, frozen=True):
    """One row of a verdict's evidence."""

    check: str
    outcome: Literal["pass", "fail", "warn", "unknown", "not_checked"]
    detail: str


class StampBody(msgspec.Struct, frozen=True):
    """What the host's session was signed in to, and the location worked in."""

    environment: str | None
    subscription_id: str | None
    subscription_name: str | None
    tenant: str | None
    account: str | None
    location: str | None


class VerdictDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The end of a start, wait or confirm.

    Where `action` is `skipped`, `reason` says why nothing was started, and `retry_at` from when on one would be, for a
    newest backup that is not good.
    """

    schema_version: Literal[1] = 1
    kind: Literal["verdict"] = "verdict"
    target: str
    emulated: bool
    action: Literal["started", "attached", "skipped"] | None
    run: str | None
    verdict: Literal["confirmed", "partial", "failed", "running", "unproven", "unknown"]
    exit_code: int
    backup: BackupBody | None
    last_good: BackupBody | None
    upload_proof: Literal["shown", "assumed"] | None
    evidence: tuple[EvidenceBody, ...]
    stamp: StampBody | None
    reason: str | None
    retry_at: str | None


class StartedDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The id is known: the first JSON line of a start, and the result with `--no-wait`."""

    schema_version: Literal[1] = 1
    kind: Literal["started"] = "started"
    target: str
    emulated: bool
    run: str | None
    id: str
    action: Literal["started", "attached"]


class StatusDocument(msgspec.Struct, frozen=True, kw_only=True):
    """How a backup is; `status` is null while the stamp does not show it."""

    schema_version: Literal[1] = 1
    kind: Literal["status"] = "status"
    target: str
    emulated: bool
    id: str
    status: str | None
    elapsed_seconds: float
    eta_seconds: float | None
    roles_done: int | None
    roles_total: int | None


class DryRunDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What a start would do, where, and as whom. `would_exit_code` is the code that it would end with if it would skip."""

    schema_version: Literal[1] = 1
    kind: Literal["dry_run"] = "dry_run"
    target: str
    emulated: bool
    action: Literal["dry_run"] = "dry_run"
    host: str
    location: str
    would: Literal["start", "attach", "queue", "skip", "refuse"]
    reason: str | None
    what_if: bool | None
    stamp: StampBody | None
    running: BackupBody | None
    last_good: BackupBody | None
    would_exit_code: int | None
    warnings: tuple[str, ...]
