"""The library, and the composition root: the one place that chooses the real session, the config, and `demo`'s host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psbridge.api.backups import Backups, Run
from psbridge.api.proofs import verify_proof
from psbridge.api.stamp import Stamp, connect
from psbridge.errors import (
    Ambiguous,
    AuthError,
    BackupFailed,
    BackupPartial,
    Busy,
    ConfigError,
    DeadlineExceeded,
    ExitCode,
    InternalError,
    Interrupted,
    NotFound,
    PrerequisiteError,
    PsbridgeError,
    Stale,
    Trigger,
    Unknown,
    Unproven,
    Unreachable,
    UsageError,
)

if TYPE_CHECKING:
    from psbridge.models import (
        Backup,
        BackupSettings,
        DryRun,
        Evidence,
        Instant,
        Judgement,
        Outcome,
        Policy,
        Report,
        Role,
        RunRecord,
        Secret,
        Span,
        Target,
        Verdict,
    )

__all__ = [
    "Ambiguous",
    "AuthError",
    "Backup",
    "BackupFailed",
    "BackupPartial",
    "BackupSettings",
    "Backups",
    "Busy",
    "ConfigError",
    "DeadlineExceeded",
    "DryRun",
    "Evidence",
    "ExitCode",
    "Instant",
    "InternalError",
    "Interrupted",
    "Judgement",
    "NotFound",
    "Outcome",
    "Policy",
    "PrerequisiteError",
    "PsbridgeError",
    "Report",
    "Role",
    "Run",
    "RunRecord",
    "Secret",
    "Span",
    "Stale",
    "Stamp",
    "Target",
    "Trigger",
    "Unknown",
    "Unproven",
    "Unreachable",
    "UsageError",
    "Verdict",
    "connect",
    "verify_proof",
]


def __getattr__(name: str) -> Any:
    """Give the values' names when they are first used: building all their classes takes 20 ms."""
    if name in __all__:
        from psbridge import models

        return getattr(models, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
