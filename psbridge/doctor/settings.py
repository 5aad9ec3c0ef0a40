"""The stage `settings`: what in the stamp's backup settings stops or spoils a backup."""

from __future__ import annotations

from collections.abc import Iterator

from psbridge.config.layers import DEMO
from psbridge.doctor import lints
from psbridge.doctor.location import settings_forbidden
from psbridge.doctor.results import Found, found, ok, warn
from psbridge.doctor.state import DoctorState, known
from psbridge.documents.encoding import to_plain
from psbridge.documents.settings import settings_body
from psbridge.models.diagnosis import StageResult
from psbridge.models.stamp import BackupSettings
from psbridge.models.target import same_account


def check(state: DoctorState) -> StageResult:
    """Judge the settings that the stage `location` read."""
    if state.unread is not None and settings_forbidden(state):
        return found(warn(f"the settings can't be read: {state.unread.message}", state.unread.hint))
    settings = known(state.settings)
    wrong = lints.findings(settings, state.family)
    return found(ok(_summary(settings)), *wrong, *_reader(state, settings), facts=to_plain(settings_body(settings)))


def _reader(state: DoctorState, settings: BackupSettings) -> Iterator[Found]:
    """Yield a warning if the share is read as the account that the stamp writes with: whoever has it may delete backups."""
    if state.config is None or state.name is None or state.name == DEMO:
        return
    reader = state.config.values(state.name).get("store_username")
    if reader is not None and same_account(reader.value, settings.user_name):
        remedy = "Give store_username an account of its own that may only read the share."
        yield Found(warn("store_username is the account that the stamp writes its backups with", remedy))


def _summary(settings: BackupSettings) -> str:
    every, kept = settings.backup_frequency_in_hours, settings.backup_retention_period_in_days
    parts = [
        settings.path or "no share",
        f"every {every}h" if every is not None else None,
        f"kept {kept}d" if kept is not None else None,
        f"{settings.available_capacity.strip()} free" if settings.available_capacity else None,
    ]
    return ", ".join(part for part in parts if part)
