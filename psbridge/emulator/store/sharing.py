"""What a stamp writes to its share at one time: its ended backups, as `store` takes them."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping

from psbridge.emulator.stamp.lifecycle import has_ended
from psbridge.emulator.stamp.records import BackupRecord, State
from psbridge.emulator.stamp.resources import Identity
from psbridge.emulator.stamp.scenario import BAD_SHARES
from psbridge.emulator.stamp.service import Stamp
from psbridge.emulator.store.snapshots import Backup
from psbridge.emulator.store.writer import Shared

_STUCK = 0.5  # of an upload that never completes


def shared(stamp: Stamp) -> Shared:
    """Return the backups that have ended, with how much of each has been uploaded, and the certificates."""
    world, state, now = stamp.inside()
    ended = [each for each in world.backups(state, now) if has_ended(each, now) and _is_written(each)]
    return Shared(
        backups=tuple(_backup(world.identity, each, now) for each in ended),
        certificates=_certificates(state),
        thumbprint=world.shown_settings(state, now)["encryptionCertThumbprint"],
    )


def _is_written(record: BackupRecord) -> bool:
    """Return whether a backup leaves anything: none that was skipped, or that the share itself made fail (inferred)."""
    return record.status != "Skipped" and record.cause not in BAD_SHARES.values()


def _backup(identity: Identity, record: BackupRecord, now: int) -> Backup:
    info = record.recorded["properties"]["backupInfo"] if record.recorded is not None else {}
    return Backup(
        id=record.id.lower(),
        start=record.start,
        end=record.end,
        uploaded=_uploaded(record, now),
        status=record.status,
        roles=dict(record.roles),
        automatic=record.automatic,
        ready=bool(record.ready),
        thumbprint=record.thumbprint or "",
        stamp_version=info.get("stampVersion") or record.version or identity.stamp_version,
        oem_version=info.get("oemVersion") or identity.oem_version or "",
        deployment_id=info.get("deploymentID") or identity.deployment_id,
    )


def _uploaded(record: BackupRecord, now: int) -> float:
    """Return how much has been uploaded: nothing at the backup's end, all at the end of its operation."""
    if record.uploaded_at is None:
        return 0.0 if record.status == "Failed" else _STUCK
    if now >= record.uploaded_at:
        return 1.0
    return max(0.0, (now - record.end) / (record.uploaded_at - record.end))


def _certificates(state: State) -> Mapping[str, bytes]:
    """Return the certificates that clients have set, DER by thumbprint."""
    given = (each.settings.get("encryptionCertBase64") for each in state.operations)
    ders = [base64.b64decode(each) for each in given if isinstance(each, str)]
    return {hashlib.sha1(der, usedforsecurity=False).hexdigest().upper(): der for der in ders}
