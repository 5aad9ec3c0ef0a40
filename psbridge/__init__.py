"""Start, wait for and prove Azure Stack Hub infrastructure backups from Linux, over PowerShell Remoting.

    import psbridge
    from datetime import timedelta

    with psbridge.connect("redmond") as stamp:
        run = stamp.backups.start(if_running="attach")
        verdict = run.wait(timeout=timedelta(hours=2), observe=print)
        verdict.require()  # raises psbridge.BackupFailed, BackupPartial …, each with .exit_code and .hint
        stamp.backups.list()

Nothing here prints, exits or handles signals. Names are loaded when they are first used, so that importing psbridge
imports neither Typer, rich, pypsrp nor psrpcore.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from psbridge.api import (
        Ambiguous,
        AuthError,
        Backup,
        BackupFailed,
        BackupPartial,
        Backups,
        BackupSettings,
        Busy,
        ConfigError,
        DeadlineExceeded,
        DryRun,
        Evidence,
        ExitCode,
        Instant,
        InternalError,
        Interrupted,
        Judgement,
        NotFound,
        Outcome,
        Policy,
        PrerequisiteError,
        PsbridgeError,
        Report,
        Role,
        Run,
        RunRecord,
        Secret,
        Span,
        Stale,
        Stamp,
        Target,
        Trigger,
        Unknown,
        Unproven,
        Unreachable,
        UsageError,
        Verdict,
        connect,
    )
    from psbridge.version import __version__

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
    "__version__",
    "connect",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from psbridge.version import __version__

        return __version__
    if name in __all__:
        from psbridge import api

        return getattr(api, name)
    raise AttributeError(f"module 'psbridge' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
