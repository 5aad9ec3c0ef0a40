"""Azs.Backup.Admin 1.0.2, as its generated code behaves."""

from __future__ import annotations

from collections.abc import Iterator

from psbridge.emulator.engines.embedded.cmdlets import az_errors
from psbridge.emulator.engines.embedded.cmdlets import azs_rest as rest
from psbridge.emulator.engines.embedded.cmdlets.azs_backup_objects import async_operation, backup, backup_location
from psbridge.emulator.engines.embedded.cmdlets.azs_get import Resources, name_without_region, read
from psbridge.emulator.engines.embedded.cmdlets.azs_objects import call_target
from psbridge.emulator.engines.embedded.command_runtime import CommandRuntime, Run
from psbridge.emulator.engines.embedded.values import Value

_API = "2018-09-01"
_BACKUPS = Resources(rest.BACKUP_LOCATIONS, "backups", _API, backup, told=("Location",))


def _get_backup(runtime: CommandRuntime) -> Iterator[Value]:
    runtime.verbose("reading")
    return read(runtime, _BACKUPS, name_without_region(runtime), query=rest.page(runtime))


def _get_configuration(runtime: CommandRuntime) -> Iterator[Value]:
    for subscription in rest.subscriptions(runtime):
        location = rest.location(runtime, subscription)
        target = call_target(1, {"Location": location})
        answer = rest.ask(runtime, "GET", f"{rest.place(runtime, subscription, location)}?api-version={_API}", target)
        yield backup_location(rest.body_of(answer))


def _start_backup(runtime: CommandRuntime) -> Iterator[Value]:
    for subscription in rest.subscriptions(runtime):
        location = rest.location(runtime, subscription)
        if not runtime.should_process("Call remote 'BackupLocationsCreateBackup' operation"):
            continue
        target = call_target(1, {"Location": location})
        answer = rest.ask(
            runtime, "POST", f"{rest.place(runtime, subscription, location)}/createBackup?api-version={_API}", target
        )
        runtime.stray(lambda text: az_errors.stray(runtime.cmdlet, text))
        if runtime.arguments.flag("NoWait"):
            yield async_operation(rest.operation_of(answer) or "")
        else:
            yield backup(rest.body_of(rest.wait(runtime, answer, target)))


RUNS: dict[str, Run] = {
    "Get-AzsBackup": rest.reporting(_get_backup),
    "Get-AzsBackupConfiguration": rest.reporting(_get_configuration),
    "Start-AzsBackup": rest.reporting(_start_backup),
}
