"""`settings show`, and the stamp's settings as every document has them."""

from __future__ import annotations

from typing import Literal, Self

import msgspec

from psbridge.documents.document import Document, copied, moment_of, text_of
from psbridge.models.stamp import BackupSettings
from psbridge.models.target import Target


class SettingsBody(msgspec.Struct, frozen=True):
    """The stamp's backup configuration."""

    location: str | None
    path: str | None
    user_name: str | None
    encryption_cert_thumbprint: str | None
    backup_frequency_in_hours: int | None
    backup_retention_period_in_days: int | None
    available_capacity: str | None
    is_backup_scheduler_enabled: bool | None
    next_backup_time: str | None
    last_backup_time: str | None
    resource_id: str | None


class SettingsDocument(Document, frozen=True, kw_only=True):
    """`settings show`."""

    kind: Literal["settings"] = "settings"
    target: str
    emulated: bool
    settings: SettingsBody

    @classmethod
    def of(cls, target: Target, settings: BackupSettings) -> Self:
        """Return the document of a stamp's settings."""
        return cls(target=target.name, emulated=target.emulated, settings=settings_body(settings))


def settings_body(settings: BackupSettings) -> SettingsBody:
    """Return settings as documents have them."""
    times = {
        "next_backup_time": text_of(settings.next_backup_time),
        "last_backup_time": text_of(settings.last_backup_time),
    }
    return copied(SettingsBody, settings, **times)


def settings_of(body: SettingsBody) -> BackupSettings:
    """Return the settings that a body was made from.

    Raises:
        ValueError: a time in it is not one.
    """
    times = {"next_backup_time": moment_of(body.next_backup_time), "last_backup_time": moment_of(body.last_backup_time)}
    return copied(BackupSettings, body, **times)
