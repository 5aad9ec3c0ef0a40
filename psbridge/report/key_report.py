"""Which certificate opens which backup, and what is known of its key. Pure.

It never says that a key may go: a copy elsewhere may need it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Final

import msgspec

from psbridge.models.backup import Backup
from psbridge.models.keys import OpenedKey
from psbridge.models.stamp import BackupSettings
from psbridge.models.time import Instant

SOON: Final = timedelta(days=60)
"""Before its end, a certificate in the settings is warned of."""


class KeyNeed(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate.

    Attributes:
        in_settings: the stamp encrypts with it now.
        backups: ids of the backups on the stamp that need it, newest first.
        in_store: ids of the backups in the store that need it, newest first; empty if no store was read.
        opened: when and where its key was opened; None if this machine never did.
        warnings: sentences.
    """

    thumbprint: str
    in_settings: bool
    backups: tuple[str, ...]
    in_store: tuple[str, ...]
    opened: OpenedKey | None
    warnings: tuple[str, ...]


def key_needs(
    settings: BackupSettings | None,
    backups: Sequence[Backup],
    opened: Iterable[OpenedKey],
    now: Instant,
    stored: Mapping[str, Sequence[str]] | None = None,
) -> tuple[KeyNeed, ...]:
    """Return each certificate that is in the settings, is needed by a backup, or was opened; that of the settings first.

    `stored`: the ids of the backups of the store by thumbprint in upper case, if a store was read.
    """
    keys = {key.thumbprint.upper(): key for key in opened}
    current = ((settings.encryption_cert_thumbprint if settings else None) or "").upper()
    needed: dict[str, list[str]] = {}
    for backup in backups:
        if backup.encryption_cert_thumbprint:
            needed.setdefault(backup.encryption_cert_thumbprint.upper(), []).append(backup.id)
    kept = stored or {}
    order = dict.fromkeys([*([current] if current else []), *needed, *kept, *keys])
    return tuple(
        KeyNeed(
            thumbprint=each,
            in_settings=each == current,
            backups=tuple(needed.get(each, ())),
            in_store=tuple(kept.get(each, ())),
            opened=keys.get(each),
            warnings=tuple(
                _warnings(
                    each == current, (*needed.get(each, ()), *kept.get(each, ())), keys.get(each), bool(current), now
                )
            ),
        )
        for each in order
    )


def _warnings(
    current: bool, backups: Sequence[str], opened: OpenedKey | None, known: bool, now: Instant
) -> Iterable[str]:
    if opened is None and (current or backups):
        yield "its key was never opened on this machine: prove that you hold it, `psbridge backup verify --key FILE.pfx`"
    if backups and known and not current:
        yield "it is not the certificate in the settings any more: keep its key as long as a backup needs it"
    if opened is not None and current:
        left = opened.not_after.as_datetime() - now.as_datetime()
        if left <= timedelta(0):
            yield "it has expired: set a new one; backups that need it still open with it"
        elif left < SOON:
            yield f"it expires in {left.days} days: set a new one before"
