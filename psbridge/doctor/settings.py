"""The stage `settings`: what in the stamp's backup settings stops or spoils a backup."""

from __future__ import annotations

from psbridge.doctor.lints import lint
from psbridge.doctor.results import found, ok
from psbridge.doctor.state import DoctorState
from psbridge.documents.encoding import to_plain
from psbridge.documents.settings import settings_body
from psbridge.errors import Unknown
from psbridge.models.diagnosis import StageResult


def check(state: DoctorState) -> StageResult:
    """Judge the settings that the stage `location` read."""
    if state.settings is None:
        raise Unknown("the settings were not read")
    settings = state.settings
    findings, error = lint(settings, state.family)
    every, kept = settings.backup_frequency_in_hours, settings.backup_retention_period_in_days
    summary = ok(f"share {settings.path}, a backup every {every}h, kept for {kept}d")
    return found(*(findings or [summary]), facts=to_plain(settings_body(settings)), error=error)
