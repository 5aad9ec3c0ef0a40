"""The list of a location's backups with their roles, which lie below the depth that the module's objects arrive with.

There are two ways to the roles, and each reads the list twice, because a list that loses one backup and gains one between
two reads would give roles to the wrong backup without a sign (measured on PowerShell 7.6.9). Where the host has
`Invoke-AzRestMethod`, the raw JSON has all of a backup in one message: `ListBackupsAndRaw`. Elsewhere the roles come one by
one between two lists: `ListBackups`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from psbridge.clock import Tick, no_tick
from psbridge.cmdlets.azs_backup import (
    get_backup_command,
    is_backup,
    is_role,
    member,
    read_backup,
    read_role,
    role_count,
)
from psbridge.cmdlets.decode import text_of
from psbridge.cmdlets.error_records import check
from psbridge.cmdlets.raw import INVOKE, RawPage, list_command, read_page
from psbridge.models.backup import Backup
from psbridge.models.text import ascii_lower
from psbridge.powershell.pipeline import Command, Pipeline, Statement
from psbridge.powershell.result import ErrorRecord, PSObject, Result, State, Value
from psbridge.values import replace


class BackupList(msgspec.Struct, frozen=True):
    """The stamp's backups.

    Attributes:
        backups: newest first; with their roles if `consistent`.
        consistent: each role belongs to the backup that it is shown at: two reads of the list agreed, or the last good
            backups were read one by one.
    """

    backups: tuple[Backup, ...]
    consistent: bool


class ListBackups(msgspec.Struct, frozen=True):
    """All backups of a location by the module alone, in one round: list, roles, list.

    The two lists must agree in every id, status and number of roles.
    """

    location: str

    def statements(self) -> tuple[Command | Statement, ...]:
        """Return the three statements."""
        listing = get_backup_command(self.location)
        return (listing, listing.piped_to(member("RoleStatus")), listing)

    def pipeline(self) -> Pipeline:
        """Return what is sent."""
        return Pipeline.of(*self.statements())

    def rest(self) -> Pipeline:
        """Return what is sent where the first list has been read: roles, list."""
        return Pipeline.of(*self.statements()[1:])

    def parse(self, result: Result, tick: Tick = no_tick, *, first: Sequence[PSObject] = ()) -> BackupList:
        """Return the list.

        Args:
            result: the answer.
            tick: called for each backup.
            first: the first list, if it was read before.

        Raises:
            psbridge.errors.PsbridgeError: the error that the stamp gave, or `Unknown` if the answer can't be read.
        """
        check(result)
        return read_list((*first, *result.output), tick)


def read_list(output: Sequence[Value], tick: Tick = no_tick) -> BackupList:
    """Return the list in the output of `ListBackups`; what comes before the first backup and after the last is not its."""
    places = [at for at, value in enumerate(output) if is_backup(value)]
    if not places:
        return BackupList((), consistent=True)
    output = output[places[0] : places[-1] + 1]
    objects = [value for value in output if isinstance(value, PSObject) and is_backup(value)]
    half = len(objects) // 2
    first, second = objects[:half], objects[half:]
    signature = [_signature(value) for value in first]
    rest = [value for value in output if not is_backup(value)]
    shown = _read_all(objects, tick)
    consistent = signature == [_signature(value) for value in second]
    counts = [role_count(value) for value in first]
    # A null RoleStatus yields one empty message, an empty one yields nothing (measured on 7.6.9).
    if consistent and len(rest) == sum(1 if count is None else count for count in counts):
        return BackupList(newest_first(_with_roles(shown[half:], counts, rest)), consistent=True)
    # The boundary between the two lists is unknown then, so every backup of either is returned, as last shown.
    return BackupList(newest_first(list({it.id: it for it in shown}.values())), consistent=False)


def _read_all(objects: Sequence[PSObject], tick: Tick) -> list[Backup]:
    read = []
    for at, value in enumerate(objects):
        tick()
        read.append(read_backup(value, f"Get-AzsBackup[{at}]"))
    return read


def _with_roles(backups: Sequence[Backup], counts: Sequence[int | None], rest: Sequence[Value]) -> list[Backup]:
    roles = iter(rest)
    whole = []
    for backup, count in zip(backups, counts, strict=True):
        if count is None:
            next(roles)
            whole.append(backup)
        else:
            mine = [next(roles) for _ in range(count)]
            named = tuple(read_role(value) for value in mine if isinstance(value, PSObject) and is_role(value))
            whole.append(replace(backup, roles=named if len(named) == count else None))
    return whole


def _signature(value: PSObject) -> tuple[str | None, str | None, int | None]:
    return (text_of(value.get("Name")), text_of(value.get("Status")), role_count(value))


def newest_first(backups: Sequence[Backup]) -> tuple[Backup, ...]:
    """Return backups newest first; one without an end time has not ended, so it is newer than all that have."""

    def ended(it: Backup) -> tuple[bool, int]:
        return it.completed_at is None, it.completed_at.ticks if it.completed_at else 0

    return tuple(sorted(backups, key=ended, reverse=True))


MOST_PAGES: Final = 50
"""Pages of a raw list that are followed; the service gives everything on one (recorded)."""


class TwoLists(msgspec.Struct, frozen=True):
    """The list as the module's objects show it, and as the raw JSON does.

    Attributes:
        objects: the module's.
        page: the first page of the raw list; None if the host has no `Invoke-AzRestMethod` or does not allow it, or if the
            stamp's answer to it can't be read.
    """

    objects: tuple[PSObject, ...]
    page: RawPage | None

    def joined(self, raw: Sequence[Backup], tick: Tick = no_tick) -> BackupList:
        """Return the module's backups with what only the raw list has of them: roles, upload, and who started them.

        The two must agree in every id, status and number of roles. Where they don't, all that either shows is given,
        without roles.

        `raw`: the raw list, with all of its pages.

        Raises:
            psbridge.errors.Unknown: one of the module's objects can't be read.
        """
        shown = _read_all(self.objects, tick)
        counts = [role_count(it) or 0 for it in self.objects]
        ours = sorted((it.id, it.status or "", counts[at], at) for at, it in enumerate(shown))
        theirs = sorted((it.id, it.status or "", len(it.roles or ()), at) for at, it in enumerate(raw))
        if [key for *key, _ in ours] != [key for *key, _ in theirs]:
            either = {it.id: replace(it, roles=None) for it in raw} | {it.id: it for it in shown}
            return BackupList(newest_first(list(either.values())), consistent=False)
        for (*_, at), (*_, there) in zip(ours, theirs, strict=True):
            full = raw[there]
            shown[at] = replace(
                shown[at],
                roles=full.roles,
                completely_uploaded=full.completely_uploaded,
                is_automatic=full.is_automatic,
            )
        return BackupList(newest_first(shown), consistent=True)


class ListBackupsAndRaw(msgspec.Struct, frozen=True):
    """All backups of a location, by the module and as raw JSON, in one round.

    Whether the host has `Invoke-AzRestMethod` is not asked before: the module's list comes first, so that it is there
    whatever becomes of the other.
    """

    location: str

    def pipeline(self) -> Pipeline:
        """Return what is sent."""
        return Pipeline.of(get_backup_command(self.location), list_command(self.location))

    def parse(self, result: Result, tick: Tick = no_tick) -> TwoLists:
        """Return both lists."""
        if result.state is State.FAILED and _is_about_raw(result.failure):
            result = replace(result, state=State.COMPLETED, failure=None)
        check(result, but=(INVOKE,))
        objects = tuple(it for it in result.output if isinstance(it, PSObject) and is_backup(it))
        return TwoLists(objects, read_page(result.output, self.location, tick))


def _is_about_raw(record: ErrorRecord | None) -> bool:
    """Return whether a pipeline failed at `Invoke-AzRestMethod`: it is unknown or hidden, or lacks a parameter."""
    return record is not None and ascii_lower(INVOKE) in map(ascii_lower, (record.target_name, record.activity))
