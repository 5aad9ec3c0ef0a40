"""The end of a start, wait or confirm, and what a start would do (`--dry-run`)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, Self

import msgspec

from psbridge.documents.backup import BackupBody, body_or_none
from psbridge.documents.document import Document, copied, text_of
from psbridge.models.context import AzContext
from psbridge.models.report import DryRun, Report
from psbridge.models.target import Target
from psbridge.models.verdict import Evidence

Action = Literal["started", "attached", "skipped"]
Word = Literal["confirmed", "partial", "failed", "running", "unproven", "unknown"]
UploadProof = Literal["shown", "assumed"]


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


class VerdictDocument(Document, frozen=True, kw_only=True):
    """The end of a start, wait or confirm.

    Where `action` is `skipped`, `reason` says why nothing was started, and `retry_at` from when on one would be, for a
    newest backup that is not good.
    """

    kind: Literal["verdict"] = "verdict"
    target: str
    emulated: bool
    action: Action | None
    run: str | None
    verdict: Word
    exit_code: int
    backup: BackupBody | None
    last_good: BackupBody | None
    upload_proof: UploadProof | None
    evidence: tuple[EvidenceBody, ...]
    stamp: StampBody | None
    reason: str | None
    retry_at: str | None

    @classmethod
    def of(cls, target: Target, report: Report) -> Self:
        """Return the document of a report."""
        verdict = report.verdict
        return copied(
            cls,
            report,
            target=target.name,
            emulated=target.emulated,
            verdict=verdict.judgement.value,
            exit_code=int(report.exit_code),
            backup=body_or_none(verdict.backup),
            last_good=body_or_none(verdict.last_good),
            upload_proof=verdict.upload_proof,
            evidence=evidence_bodies(report.evidence),
            stamp=stamp_of(target, report),
            retry_at=text_of(report.retry_at),
        )

    def without_passed(self) -> Self:
        """Return it with only those rows of evidence that did not pass."""
        return msgspec.structs.replace(self, evidence=tuple(row for row in self.evidence if row.outcome != "pass"))


def evidence_bodies(rows: Iterable[Evidence]) -> tuple[EvidenceBody, ...]:
    """Return the rows of a verdict as documents have them."""
    return tuple(EvidenceBody(row.check, row.outcome.value, row.detail) for row in rows)


def stamp_body(context: AzContext | None, location: str | None) -> StampBody | None:
    """Return what the session was signed in to, None if it was not read."""
    return None if context is None else copied(StampBody, context, location=location)


def stamp_of(target: Target, report: Report) -> StampBody | None:
    """Return what a report's session was signed in to, and the location: the target's, or else the backup's."""
    found = report.verdict.backup
    return stamp_body(report.context, target.location or (found.location if found else None))


class DryRunDocument(Document, frozen=True, kw_only=True):
    """What a start would do, where, and as whom. `would_exit_code` is the code that it would end with if it would skip."""

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

    @classmethod
    def of(cls, target: Target, plan: DryRun) -> Self:
        """Return the document of what a start would do."""
        return copied(
            cls,
            plan,
            emulated=target.emulated,
            stamp=stamp_body(plan.context, plan.location),
            running=body_or_none(plan.running),
            last_good=body_or_none(plan.last_good),
            would_exit_code=None if plan.would_exit is None else int(plan.would_exit),
        )
