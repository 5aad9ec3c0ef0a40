"""`backup start --dry-run`."""

from __future__ import annotations

from typing import Literal, Self, cast

from psbridge.documents.backup import BackupBody, body_or_none
from psbridge.documents.document import Document
from psbridge.documents.verdict import StampBody, stamp_body
from psbridge.models.report import DryRun
from psbridge.models.target import Target

Would = Literal["start", "attach", "queue", "skip", "refuse"]


class DryRunDocument(Document, frozen=True, kw_only=True):
    """What a start would do, where, and as whom. `would_exit_code` is the code that it would end with if it would skip."""

    kind: Literal["dry_run"] = "dry_run"
    target: str
    emulated: bool
    action: Literal["dry_run"] = "dry_run"
    host: str
    location: str
    would: Would
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
        return cls(
            target=plan.target,
            emulated=target.emulated,
            host=plan.host,
            location=plan.location,
            would=cast("Would", plan.would),
            reason=plan.reason,
            what_if=plan.what_if,
            stamp=stamp_body(plan.context, plan.location),
            running=body_or_none(plan.running),
            last_good=body_or_none(plan.last_good),
            would_exit_code=None if plan.would_exit is None else int(plan.would_exit),
            warnings=plan.warnings,
        )
