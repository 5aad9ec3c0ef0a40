"""What a trigger would be refused with, as far as the stamp shows it before: for a dry run, which sends none."""

from __future__ import annotations

from psbridge.clock import Deadline
from psbridge.cmdlets import Readiness
from psbridge.cmdlets.failures import foreseen
from psbridge.models import ModuleFamily
from psbridge.operations.order import nothing_started
from psbridge.operations.reads import name_update, settings_or_none, update_under_way
from psbridge.operations.work import Work


def check_stamp(work: Work, location: str, ready: Readiness, deadline: Deadline) -> None:
    """Make sure that the stamp would take a trigger, as far as it shows that before.

    What it does not show is a share that is full or can't be reached. That an empty thumbprint means that no certificate is
    set is inferred, and of older stamps, which had a key in its place, not taken to be so.

    Raises:
        psbridge.errors.PsbridgeError: what the trigger would be refused with.
    """
    settings = settings_or_none(work, location, deadline)
    if settings is not None and not settings.path:
        raise nothing_started(foreseen("ExternalStoreNotConfigured"))
    if settings is not None and not settings.encryption_cert_thumbprint and ready.commands.family is ModuleFamily.AZ:
        raise nothing_started(foreseen("EncryptionCertNotConfigured"))
    update = update_under_way(work, location, deadline)
    if update is not None:
        refused = foreseen("PreconditionFailed")
        name_update(refused, update)
        raise nothing_started(refused)
