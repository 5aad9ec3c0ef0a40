"""Frozen values: what psbridge knows, without a way to get it. Standard library only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psbridge.lazy import lazily

if TYPE_CHECKING:
    from psbridge.models.alert import Alert, StampUpdate
    from psbridge.models.backup import NONE_LISTED, PHASES, STATUS_WORDS, Backup, Phase, Role, backup_id, phase_of
    from psbridge.models.case import Case, Grounds, Look, Observation
    from psbridge.models.connection import Auth, Endpoint, SignIn, Tls
    from psbridge.models.context import AzContext, HostCommands, ModuleFamily
    from psbridge.models.report import DryRun, Report, RunRecord
    from psbridge.models.secret import Credential, Secret
    from psbridge.models.settings import BackupSettings
    from psbridge.models.target import INFERRED_CHECKS, Policy, Target
    from psbridge.models.ticks import Instant, Span
    from psbridge.models.verdict import Evidence, Judgement, Outcome, Verdict
    from psbridge.models.witness import FILLED, Source, Witness, joined
    from psbridge.models.words import ascii_lower, nearest

__all__ = [
    "FILLED",
    "INFERRED_CHECKS",
    "NONE_LISTED",
    "PHASES",
    "STATUS_WORDS",
    "Alert",
    "Auth",
    "AzContext",
    "Backup",
    "BackupSettings",
    "Case",
    "Credential",
    "DryRun",
    "Endpoint",
    "Evidence",
    "Grounds",
    "HostCommands",
    "Instant",
    "Judgement",
    "Look",
    "ModuleFamily",
    "Observation",
    "Outcome",
    "Phase",
    "Policy",
    "Report",
    "Role",
    "RunRecord",
    "Secret",
    "SignIn",
    "Source",
    "Span",
    "StampUpdate",
    "Target",
    "Tls",
    "Verdict",
    "Witness",
    "ascii_lower",
    "backup_id",
    "joined",
    "nearest",
    "phase_of",
]

__getattr__ = lazily(
    __name__,
    alert=("Alert", "StampUpdate"),
    backup=("NONE_LISTED", "PHASES", "STATUS_WORDS", "Backup", "Phase", "Role", "backup_id", "phase_of"),
    case=("Case", "Grounds", "Look", "Observation"),
    connection=("Auth", "Endpoint", "SignIn", "Tls"),
    context=("AzContext", "HostCommands", "ModuleFamily"),
    report=("DryRun", "Report", "RunRecord"),
    secret=("Credential", "Secret"),
    settings=("BackupSettings",),
    target=("INFERRED_CHECKS", "Policy", "Target"),
    ticks=("Instant", "Span"),
    verdict=("Evidence", "Judgement", "Outcome", "Verdict"),
    witness=("FILLED", "Source", "Witness", "joined"),
    words=("ascii_lower", "nearest"),
)
