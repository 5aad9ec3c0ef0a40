"""Frozen values: what psbridge knows, without a way to get it. Standard library only."""

from psbridge.models.backup import PHASES, Backup, Phase, Role, backup_id, phase_of
from psbridge.models.connection import Auth, Endpoint, SignIn, Tls
from psbridge.models.context import AzContext, HostCommands
from psbridge.models.report import DryRun, Report, RunRecord
from psbridge.models.secret import Credential, Secret
from psbridge.models.settings import BackupSettings
from psbridge.models.target import Policy, Target
from psbridge.models.ticks import Instant, Span
from psbridge.models.verdict import Evidence, Judgement, Outcome, Verdict

__all__ = [
    "PHASES",
    "Auth",
    "AzContext",
    "Backup",
    "BackupSettings",
    "Credential",
    "DryRun",
    "Endpoint",
    "Evidence",
    "HostCommands",
    "Instant",
    "Judgement",
    "Outcome",
    "Phase",
    "Policy",
    "Report",
    "Role",
    "RunRecord",
    "Secret",
    "SignIn",
    "Span",
    "Target",
    "Tls",
    "Verdict",
    "backup_id",
    "phase_of",
]
