"""The cmdlets of Azs.Backup.Admin, 1.0.x and (the reads are the same) 0.x of AzureRM."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar, Final

import msgspec

from psbridge.cmdlets.decode import Reader, text_of, twice_of
from psbridge.cmdlets.error_records import check
from psbridge.cmdlets.paths import checked_id, where
from psbridge.errors import NotFound, Unknown
from psbridge.models.backup import Backup, Role, backup_id
from psbridge.models.observation import Source, Witness
from psbridge.models.stamp import BackupSettings
from psbridge.models.text import ascii_lower
from psbridge.powershell.pipeline import Argument, Command, Pipeline, Statement
from psbridge.powershell.result import PSObject, Result, Value
from psbridge.values import replace


def get_backup_command(location: str, id: str | None = None) -> Command:
    """Return `Get-AzsBackup -Location … -ResourceGroupName … [-Name …]`."""
    return Command.of("Get-AzsBackup", {**where(location), "Name": None if id is None else checked_id(id)})


def member(name: str) -> Command:
    """Return `ForEach-Object -MemberName <name>`: the way to what lies below the serialisation depth, without a script."""
    return Command.of("ForEach-Object", {"MemberName": name})


def is_backup(value: Value) -> bool:
    """Return whether a value is a backup, by its shape: type names differ between module versions."""
    return isinstance(value, PSObject) and value.has("CreatedDateTime") and value.has("Status")


def is_role(value: Value) -> bool:
    """Return whether a value is a role, by its shape."""
    return isinstance(value, PSObject) and value.has("RoleName")


def read_backup(value: PSObject, what: str) -> Backup:
    """Return the backup that an object shows, without its roles, which lie below the serialisation depth.

    Raises:
        psbridge.errors.Unknown: if the object has no id or a property can't be read.
    """
    at = Reader(value, what)
    name = at.text("Name")
    resource_id = at.text("Id")
    try:
        id_ = backup_id(name or resource_id or "")
    except ValueError as problem:
        raise Unknown(f"{what} has no backup id: {problem}") from problem
    return Backup(
        id=id_,
        name=name,
        location=at.text("Location"),
        status=at.text("Status"),
        completed_at=at.instant("CreatedDateTime"),
        duration=at.span("TimeTakenToCreate"),
        stamp_version=at.text("StampVersion"),
        oem_version=at.text("OemVersion"),
        deployment_id=at.text("DeploymentId"),
        encryption_cert_thumbprint=at.text("EncryptionCertThumbprint"),
        is_cloud_recovery_ready=at.flag("IsCloudRecoveryReady"),
        data_version=at.text("BackupDataVersion"),
        resource_id=resource_id,
    )


def read_role(value: PSObject) -> Role:
    """Return one role. A missing name or status becomes the empty text, which no check accepts."""
    at = Reader(value, "RoleStatus")
    return Role(at.text("RoleName") or "", at.text("Status") or "")


def role_count(value: PSObject) -> int | None:
    """Return how many roles an object has: a depth-cut list keeps its length (measured). None for a null list."""
    roles = value.get("RoleStatus")
    if roles is None:
        return None
    return len(roles) if isinstance(roles, Sequence) and not isinstance(roles, str) else 1


class GetBackup(msgspec.Struct, frozen=True):
    """One backup by its id, with its roles: `Get-AzsBackup -Name`, and the same through `ForEach-Object`.

    The status is read before the roles, so a backup that ends in between shows as running with newer roles: harmless,
    while ended with older roles can't happen.
    """

    location: str
    id: str

    def statements(self) -> tuple[Command | Statement, ...]:
        """Return both statements."""
        one = get_backup_command(self.location, self.id)
        return (one, one.piped_to(member("RoleStatus")))

    def read(self, output: Sequence[Value]) -> Backup | None:
        """Return the backup in the output, None if it is not there.

        Raises:
            psbridge.errors.Unknown: another backup than the one asked for came back, or it can't be read.
        """
        found = [value for value in output if isinstance(value, PSObject) and is_backup(value)]
        if not found:
            return None
        backup = read_backup(found[0], "Get-AzsBackup")
        if len(found) > 1 or backup.id != self.id:
            raise Unknown(
                f"the stamp was asked for backup {self.id} and answered with "
                f"{', '.join(text_of(it.get('Name')) or 'a backup without a name' for it in found)}",
                hint="The backup is neither proved good nor bad. Check it in the portal.",
            )
        count = role_count(found[0])
        named = tuple(read_role(value) for value in output if isinstance(value, PSObject) and is_role(value))
        return replace(backup, roles=named if count is not None and len(named) == count else None)

    def witness(self, output: Sequence[Value]) -> Witness | None:
        """Return what the module's object says, None if the backup is not there.

        Raises:
            psbridge.errors.Unknown: as `read`.
        """
        backup = self.read(output)
        if backup is None:
            return None
        parts = [value for value in output if is_backup(value) or is_role(value)]
        twice = [text for part in parts for text in twice_of(part)]
        if backup.resource_id and backup.name and _ends_otherwise(backup.resource_id, backup.id):
            twice.append(f"id: {backup.id}, {backup_id(backup.resource_id)}")
        return Witness(Source.OBJECT, backup, tuple(twice))


def _ends_otherwise(resource_id: str, id: str) -> bool:
    """Return whether a resource id ends with the id of another backup."""
    try:
        return backup_id(resource_id) != id
    except ValueError:
        return False


class StartBackup(msgspec.Struct, frozen=True):
    """The trigger, `Start-AzsBackup -NoWait`.

    Attributes:
        subscription: the id that the session's context must have; passed so that no other can be hit.
        what_if: pass `-WhatIf`, which starts nothing and prints nothing to a client without a host (measured).
        asks: whether the host's takes -WhatIf and -Confirm; what an administrator wrote in its place need not.
    """

    location: str
    subscription: str | None = None
    what_if: bool = False
    asks: bool = True

    def pipeline(self) -> Pipeline:
        """Return what is sent."""
        return _trigger(self, {"SubscriptionId": self.subscription, "NoWait": True})

    def parse(self, result: Result) -> str | None:
        """Return the new backup's id, from the operation's URL, whose GUID is the backup's (every recording).

        None if the answer holds none, more than one, or the id of another place. The trigger was sent in any case.

        Raises:
            psbridge.errors.PsbridgeError: the stamp refused; nothing was started.
        """
        place = {"subscriptions": self.subscription and ascii_lower(self.subscription)}
        place["backuplocations"] = ascii_lower(self.location)
        found = {id for value in result.output if isinstance(value, PSObject) for id in _targets(value, place)}
        if not found:
            check(result)
        return found.pop() if len(found) == 1 else None


def _trigger(start: StartBackup | StartBackupAndWait, given: Mapping[str, Argument]) -> Pipeline:
    parameters = {**where(start.location), **given, "WhatIf": True if start.what_if else None}
    return Pipeline.of(Command.of("Start-AzsBackup", parameters, asks=start.asks))


_NO_ID: Final = "00000000-0000-0000-0000-000000000000"
"""What .NET makes of a GUID that was never set."""


def _targets(value: PSObject, place: Mapping[str, str | None]) -> Iterator[str]:
    """Yield the id of each operation that an object names as its target, where that lies at a place."""
    given = [
        value.get("Target"),
        *(it for name, *both in value.repeated if ascii_lower(name) == "target" for it in both),
    ]
    given += [it for name, it in value.properties.items() if ascii_lower(name) == "target"]
    for target in map(text_of, given):
        path = (target or "").partition("?")[0]
        try:
            id_ = backup_id(path)
        except ValueError:
            continue
        if id_ != _NO_ID and _lies_at(path, place):
            yield id_


def _lies_at(path: str, place: Mapping[str, str | None]) -> bool:
    """Return whether a path names no other subscription or location than a place has, nor ends with one of them."""
    parts = ascii_lower(path).strip("/").split("/")
    return all(
        at + 2 < len(parts) and place[key] in (None, parts[at + 1]) for at, key in enumerate(parts) if key in place
    )


class StartBackupAndWait(msgspec.Struct, frozen=True):
    """The trigger of Azs.Backup.Admin 0.x: there is no -NoWait, so it answers when the backup has ended.

    It asks unless it gets -Force, and takes no subscription: the context's is the one that is hit (source of 0.3.2).
    """

    location: str
    what_if: bool = False
    asks: bool = True

    def pipeline(self) -> Pipeline:
        """Return what is sent."""
        return _trigger(self, {"Force": True})

    def parse(self, result: Result) -> str | None:
        """Return the id of the backup that has ended; None if the answer names none.

        0.3.x gives the backup itself; the documentation promises a LongRunningOperationStatus, which has no id.

        Raises:
            psbridge.errors.PsbridgeError: the stamp refused, or the operation failed.
        """
        for value in result.output:
            if is_backup(value) and isinstance(value, PSObject):
                return read_backup(value, "Start-AzsBackup").id
        check(result)
        return None


def is_settings(value: Value) -> bool:
    """Return whether a value is a backup location, by its shape."""
    return isinstance(value, PSObject) and value.has("BackupFrequencyInHours")


def read_settings(value: PSObject) -> BackupSettings:
    """Return the settings that an object shows. Its password and certificate are null on read, and never read."""
    at = Reader(value, "Get-AzsBackupConfiguration")
    return BackupSettings(
        location=at.text("Location") or at.text("Name"),
        path=at.text("Path"),
        user_name=at.text("UserName"),
        encryption_cert_thumbprint=at.text("EncryptionCertThumbprint"),
        backup_frequency_in_hours=at.integer("BackupFrequencyInHours"),
        backup_retention_period_in_days=at.integer("BackupRetentionPeriodInDays"),
        available_capacity=at.text("AvailableCapacity"),
        is_backup_scheduler_enabled=at.flag("IsBackupSchedulerEnabled"),
        next_backup_time=at.instant("NextBackupTime"),
        last_backup_time=at.instant("LastBackupTime"),
        resource_id=at.text("Id"),
    )


class GetBackupConfiguration(msgspec.Struct, frozen=True):
    """The settings of a location; without one, of the stamp's only location, which the host looks up."""

    CMDLET: ClassVar = "Get-AzsBackupConfiguration"
    location: str | None = None

    def command(self) -> Command:
        """Return the cmdlet with its parameters."""
        return Command.of(self.CMDLET, {} if self.location is None else where(self.location))

    def pipeline(self) -> Pipeline:
        """Return what is sent."""
        return Pipeline.of(self.command())

    def parse(self, result: Result) -> BackupSettings:
        """Return the settings.

        Raises:
            psbridge.errors.PsbridgeError: the error that the stamp gave; `NotFound` if it gave nothing.
        """
        check(result)
        for value in result.output:
            if isinstance(value, PSObject) and is_settings(value):
                return read_settings(value)
        raise NotFound(
            f"the stamp has no backup location {self.location or ''}".rstrip(), hint="Check `location` of the target."
        )
