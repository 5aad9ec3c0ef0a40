"""Say what a start would do, and what its trigger would be refused with as far as the stamp shows it before; send none."""

from __future__ import annotations

from psbridge.clock import Deadline
from psbridge.cmdlets.error_records import foreseen
from psbridge.cmdlets.preflight import Readiness
from psbridge.errors import PsbridgeError
from psbridge.models.capacity import capacity_bytes
from psbridge.models.context import ModuleFamily
from psbridge.models.events import Note
from psbridge.models.report import DryRun
from psbridge.models.stamp import BackupSettings
from psbridge.operations.context import OperationContext
from psbridge.operations.freshness import Skipped, skipped
from psbridge.operations.list import location_of, prepare_sessions
from psbridge.operations.operation import operation
from psbridge.operations.preflight import preflight_start
from psbridge.operations.reads import running_update, settings_or_none, with_update
from psbridge.operations.running import RunningBackup, running_backup
from psbridge.operations.start import StartOptions
from psbridge.operations.trigger import start_cmdlet
from psbridge.verdict.baseline import looks_good, newest_ended


@operation("dry_run")
def dry_run(context: OperationContext, options: StartOptions) -> DryRun:
    """Say what a start would do, and start nothing.

    Raises:
        psbridge.errors.PsbridgeError: what a start would end with before its trigger.
    """
    policy, deadline = context.policy, options.deadline(context)
    prepare_sessions(context)
    location = location_of(context, options.location, context.call_deadline(deadline))
    ready = preflight_start(context, location, context.call_deadline(deadline))
    running = running_backup(context, location, ready, context.call_deadline(deadline))
    skip = skipped(
        context,
        location,
        ready,
        running,
        options.freshness(policy),
        settle=options.settle_by(policy),
        deadline=context.call_deadline(deadline),
    )
    would, reason = _what_it_would_do(options, running, skip)
    warnings = check_stamp(context, location, ready, context.call_deadline(deadline)) if would == "start" else ()
    for each in warnings:
        context.observe(Note(each, "warning"))
    good = [it for it in newest_ended(ready.list.backups) if looks_good(it)]
    return DryRun(
        target=context.target.name,
        host=context.link.host,
        location=location,
        would=would,
        reason=reason,
        what_if=_ask_what_if(context, ready, location, deadline) if would == "start" else None,
        context=ready.context,
        running=running.backup if running else None,
        last_good=skip.report.verdict.backup if skip and skip.good else next(iter(good), None),
        would_exit=skip.report.exit_code if skip else None,
        warnings=warnings,
    )


def _what_it_would_do(
    options: StartOptions, running: RunningBackup | None, skip: Skipped | None
) -> tuple[str, str | None]:
    """Return what a start would do, as `DryRun.would` says it, and why.

    Raises:
        psbridge.errors.Busy: a backup runs, and a start would not wait for it.
    """
    if skip is not None:
        return "skip", skip.report.reason
    if running is None:
        return "start", None
    if options.if_running == "fail":
        raise running.in_the_way()
    return options.if_running, f"backup {running.backup.id} {running.known_from}"


def _ask_what_if(context: OperationContext, ready: Readiness, location: str, deadline: Deadline) -> bool | None:
    """Run the trigger with -WhatIf; True if it was, None if the host's cmdlet has no such parameter."""
    if not ready.commands.start_takes("WhatIf"):
        return None
    cmdlet = start_cmdlet(ready, location, what_if=True)
    cmdlet.parse(context.link.run_once(cmdlet.pipeline(), context.call_deadline(deadline)))
    return True


def check_stamp(context: OperationContext, location: str, ready: Readiness, deadline: Deadline) -> tuple[str, ...]:
    """Make sure that the stamp would take a trigger, as far as it shows that before; return what may spoil the backup.

    What it does not show is a share that is full or can't be reached. That an empty thumbprint means that no certificate is
    set is inferred, and of older stamps, which had a key in its place, not taken to be so.

    Raises:
        psbridge.errors.PsbridgeError: what the trigger would be refused with.
    """
    settings = settings_or_none(context, location, deadline)
    if settings is not None and not settings.path:
        raise _refused(context, foreseen("ExternalStoreNotConfigured"))
    if settings is not None and not settings.encryption_cert_thumbprint and ready.commands.family is ModuleFamily.AZ:
        raise _refused(context, foreseen("EncryptionCertNotConfigured"))
    update = running_update(context, location, deadline)
    if update is not None:
        raise _refused(context, with_update(foreseen("PreconditionFailed"), update))
    return _warnings(settings)


def _refused(context: OperationContext, refusal: PsbridgeError) -> PsbridgeError:
    context.trigger.cause = refusal  # foreseen: none was sent
    return refusal


def _warnings(settings: BackupSettings | None) -> tuple[str, ...]:
    capacity = settings.available_capacity if settings else None
    if capacity is None or capacity_bytes(capacity) != 0:
        return ()
    return (
        f"the stamp's settings report {capacity.strip()} of free space on the share: a backup may run out of space",
    )
