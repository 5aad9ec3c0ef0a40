"""The library, and the composition root: the one place that chooses the real session, the config, and `demo`'s host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psbridge.api.backups import Backups, Run
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
from psbridge.proofs.record import verify_proof

if TYPE_CHECKING:
    from psbridge.models.backup import Backup, Role
    from psbridge.models.report import DryRun, Report, RunRecord
    from psbridge.models.secret import Secret
    from psbridge.models.settings import BackupSettings
    from psbridge.models.target import Policy, Target
    from psbridge.models.time import Instant, Span
    from psbridge.models.verdict import Evidence, Judgement, Outcome, Verdict

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


_VALUES = {
    "backup": ("Backup", "Role"),
    "report": ("DryRun", "Report", "RunRecord"),
    "secret": ("Secret",),
    "settings": ("BackupSettings",),
    "target": ("Policy", "Target"),
    "time": ("Instant", "Span"),
    "verdict": ("Evidence", "Judgement", "Outcome", "Verdict"),
}


def __getattr__(name: str) -> Any:
    """Give the values' names when they are first used: building all their classes takes 20 ms."""
    for module, names in _VALUES.items():
        if name in names:
            from importlib import import_module

            return getattr(import_module(f"psbridge.models.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
