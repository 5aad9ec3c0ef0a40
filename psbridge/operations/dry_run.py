"""What a trigger would be refused with, as far as the stamp shows it before: for a dry run, which sends none."""

from __future__ import annotations

import re
from typing import Final

from psbridge.clock import Deadline
from psbridge.cmdlets.failures import foreseen
from psbridge.cmdlets.preflight import Readiness
from psbridge.models.context import ModuleFamily
from psbridge.models.settings import BackupSettings
from psbridge.operations.context import Context
from psbridge.operations.order import nothing_started
from psbridge.operations.reads import name_update, settings_or_none, update_under_way

_NOTHING: Final = re.compile(r"-?0*(?:[.,]0*)?\s*(?:[KMGTPE]?i?B|bytes)?|-\d.*", re.ASCII | re.IGNORECASE)
"""A capacity of nothing, such as `0.00 TB` (recorded: `1.00 TB`, `60 GB`); other cultures write a comma."""


def check_stamp(context: Context, location: str, ready: Readiness, deadline: Deadline) -> tuple[str, ...]:
    """Make sure that the stamp would take a trigger, as far as it shows that before; return what may spoil the backup.

    What it does not show is a share that is full or can't be reached. That an empty thumbprint means that no certificate is
    set is inferred, and of older stamps, which had a key in its place, not taken to be so.

    Raises:
        psbridge.errors.PsbridgeError: what the trigger would be refused with.
    """
    settings = settings_or_none(context, location, deadline)
    if settings is not None and not settings.path:
        raise nothing_started(foreseen("ExternalStoreNotConfigured"))
    if settings is not None and not settings.encryption_cert_thumbprint and ready.commands.family is ModuleFamily.AZ:
        raise nothing_started(foreseen("EncryptionCertNotConfigured"))
    update = update_under_way(context, location, deadline)
    if update is not None:
        refused = foreseen("PreconditionFailed")
        name_update(refused, update)
        raise nothing_started(refused)
    return _warnings(settings)


def _warnings(settings: BackupSettings | None) -> tuple[str, ...]:
    capacity = settings.available_capacity if settings else None
    if capacity is None or not _NOTHING.fullmatch(capacity.strip()):
        return ()
    return (f"the settings say that the share has {capacity.strip()} free: a backup may run out of space",)
