"""The recovery sheet: what the OEM asks for when a stamp is recovered. Pure; what is not known is a gap to fill in by hand.

The fields are those that Microsoft's documentation of a recovery and of its validation on an ASDK ask for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from psbridge.models.backup import Backup
from psbridge.models.keys import LastVerification, OpenedKey
from psbridge.models.stamp import BackupSettings
from psbridge.models.target import Target
from psbridge.models.time import Instant

NOTES: Final = (
    "OEM and Microsoft support recover a stamp, onto exactly the version that the backup names: no other one reads it.",
    "The key is needed twice: when the stamp is deployed again, and for Restore-AzsBackup. The stamp does not keep it.",
    "psbridge does not restore: a wrong restore of a stamp that runs would destroy it.",
    "Keep this sheet away from the stamp. It names where secrets are, and holds none.",
)
_BY_HAND: Final = "fill in by hand"


class SheetRow(msgspec.Struct, frozen=True):
    """One line; `value` is None for what must be filled in."""

    section: str
    name: str
    value: str | None
    source: str = _BY_HAND


def sheet(
    target: Target,
    backup: Backup,
    settings: BackupSettings | None,
    keys: Sequence[OpenedKey],
    last: LastVerification | None,
) -> tuple[SheetRow, ...]:
    """Return the lines of the sheet of a backup.

    Args:
        target: whose stamp it is.
        backup: as the stamp shows it.
        settings: of the stamp; None if they could not be read.
        keys: that were opened on this machine.
        last: the last verification of a backup of the target on this machine.
    """
    return (*_backup(backup), *_share(settings), *_key(backup, keys), *_stamp(target, backup), *_proved(backup, last))


def _moment(at: Instant | None) -> str | None:
    return None if at is None else str(at.whole_second())


def _backup(backup: Backup) -> Iterator[SheetRow]:
    said = "the stamp's list of backups"
    values = (
        ("backup id", backup.id),
        ("status", backup.status),
        ("completed (UTC)", _moment(backup.completed_at)),
        ("stamp version", backup.stamp_version),
        ("OEM version", backup.oem_version),
        ("deployment id", backup.deployment_id),
    )
    for name, value in values:
        yield SheetRow("Backup", name, value or None, said if value else _BY_HAND)


def _share(settings: BackupSettings | None) -> Iterator[SheetRow]:
    said = "the stamp's backup settings"
    for name, value in (
        ("share", settings.path if settings else None),
        ("user of the share", settings.user_name if settings else None),
    ):
        yield SheetRow("Share", name, value or None, said if value else _BY_HAND)
    yield SheetRow("Share", "where that user's password is kept", None)
    yield SheetRow("Share", "where a second copy of the share is", None)


def _key(backup: Backup, keys: Sequence[OpenedKey]) -> Iterator[SheetRow]:
    thumbprint = (backup.encryption_cert_thumbprint or "").upper()
    yield SheetRow("Key", "thumbprint", thumbprint or None, "the stamp's list of backups" if thumbprint else _BY_HAND)
    opened = next((key for key in keys if key.thumbprint.upper() == thumbprint), None)
    said = "the key when it was opened" if opened else _BY_HAND
    yield SheetRow("Key", "subject", opened.subject if opened else None, said)
    yield SheetRow("Key", "serial number", opened.serial if opened else None, said)
    yield SheetRow("Key", "expires (UTC)", _moment(opened.not_after) if opened else None, said)
    where = f"{opened.path} on {opened.machine}, {_moment(opened.opened_at)}" if opened else None
    yield SheetRow("Key", "opened last", where, "this machine" if opened else _BY_HAND)
    yield SheetRow("Key", "where the .pfx file is kept", None)
    yield SheetRow("Key", "where its password is kept", None)
    yield SheetRow("Key", "where the password of the external certificates is kept", None)


def _stamp(target: Target, backup: Backup) -> Iterator[SheetRow]:
    region = backup.location or target.location
    yield SheetRow("Stamp", "region", region, "the stamp's list of backups" if region else _BY_HAND)
    yield SheetRow("Stamp", "external domain name", None)
    tenant = target.sign_in.tenant if target.sign_in else None
    yield SheetRow("Stamp", "identity provider and tenant", tenant, "the config" if tenant else _BY_HAND)
    yield SheetRow("Stamp", "time server", None)
    hosts = ", ".join(it.host for it in target.endpoints)
    yield SheetRow("Stamp", "operator host", hosts or None, "the config" if hosts else _BY_HAND)
    yield SheetRow("Stamp", "OEM and support contract", None)
    yield SheetRow("Stamp", "whom to call", None)


def _proved(backup: Backup, last: LastVerification | None) -> Iterator[SheetRow]:
    if last is None:
        text = None
    else:
        of_it = "this backup" if last.backup_id == backup.id else f"another backup, {last.backup_id}"
        reached = f"{last.reached} reached" if last.reached else "nothing was proved"
        text = f"{of_it} in {last.where}, {_moment(last.at)}: {reached}, exit code {last.exit_code}"
    yield SheetRow("Proved", "last verification", text, "this machine" if text else "never on this machine")
