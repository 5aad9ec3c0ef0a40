"""Azs.Backup.Admin 1.0.2, as its generated code behaves."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from psbridge.emulator.embedded.call import Call, Run
from psbridge.emulator.embedded.cmdlets import azs_rest as rest
from psbridge.emulator.embedded.cmdlets.azs_backup_objects import async_operation, backup, backup_location
from psbridge.emulator.embedded.cmdlets.azs_objects import call_target
from psbridge.emulator.embedded.values import Value

_VERSION = "api-version=2018-09-01"


def _get_backup(call: Call) -> Iterator[Value]:
    call.verbose("reading")
    # the module takes `region/id` as well as the id
    name = (call.arguments.text("Name") or "").rpartition("/")[2]
    for subscription in rest.subscriptions(call):
        location = rest.location(call, subscription)
        path = f"{rest.place(call, subscription, location)}/backups"
        if name:
            target = call_target(0, {"Location": location, "Name": name})
            yield backup(rest.body_of(rest.ask(call, "GET", f"{path}/{quote(name, safe='')}?{_VERSION}", target)))
        else:
            target = call_target(1, {"Location": location})
            yield from rest.each_of(call, f"{path}?{_VERSION}{rest.page(call)}", target, backup)


def _get_configuration(call: Call) -> Iterator[Value]:
    for subscription in rest.subscriptions(call):
        location = rest.location(call, subscription)
        target = call_target(1, {"Location": location})
        answer = rest.ask(call, "GET", f"{rest.place(call, subscription, location)}?{_VERSION}", target)
        yield backup_location(rest.body_of(answer))


def _start_backup(call: Call) -> Iterator[Value]:
    for subscription in rest.subscriptions(call):
        location = rest.location(call, subscription)
        if not call.should_process("Call remote 'BackupLocationsCreateBackup' operation"):
            continue
        target = call_target(1, {"Location": location})
        answer = rest.ask(call, "POST", f"{rest.place(call, subscription, location)}/createBackup?{_VERSION}", target)
        if call.arguments.flag("NoWait"):
            yield async_operation(rest.operation_of(answer) or "")
        else:
            yield backup(rest.body_of(rest.wait(call, answer, target)))


RUNS: dict[str, Run] = {
    "Get-AzsBackup": rest.reporting(_get_backup),
    "Get-AzsBackupConfiguration": rest.reporting(_get_configuration),
    "Start-AzsBackup": rest.reporting(_start_backup),
}
