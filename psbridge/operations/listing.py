"""The list and the settings: what needs nothing but one cmdlet, and so is quick to load."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psbridge.clock import Deadline
from psbridge.cmdlets import ListBackups
from psbridge.errors import NotFound

if TYPE_CHECKING:
    from psbridge.models import Backup, BackupSettings
    from psbridge.operations.work import Work
    from psbridge.powershell import Session

LIST_TRIES = 3


def prepare_sessions(work: Work) -> None:
    """Sign each session in that is opened from now on, if the target says how."""
    sign_in = work.target.sign_in
    if sign_in is None:
        return
    from psbridge.cmdlets import ConnectAzAccount

    connect = ConnectAzAccount(sign_in)

    def prepare(session: Session, deadline: Deadline) -> None:
        connect.parse(session.run(connect.pipeline(), deadline))

    work.link.on_open(prepare)


def location_of(work: Work, location: str | None, deadline: Deadline) -> str:
    """Return the location to work on: the one that is asked for, the target's, or the stamp's only one."""
    known = location or work.target.location
    if known:
        return known
    found = read_settings(work, None, deadline).location
    if not found:
        raise NotFound(
            "the stamp does not tell its backup location", hint="Set `location` in the target, or use --location."
        )
    return found


def read_settings(work: Work, location: str | None, deadline: Deadline) -> BackupSettings:
    """Return the stamp's settings."""
    from psbridge.cmdlets import GetBackupConfiguration

    get = GetBackupConfiguration(location)
    return get.parse(work.link.read(get.pipeline(), deadline))


def list_backups(work: Work, deadline: Deadline | None = None, *, location: str | None = None) -> tuple[Backup, ...]:
    """Return the location's backups, newest first; roles are None where two lists of one answer never agreed."""
    deadline = deadline or work.call_deadline()
    prepare_sessions(work)
    listing = ListBackups(location_of(work, location, deadline))
    found = listing.parse(work.link.read(listing.pipeline(), deadline))
    for _ in range(LIST_TRIES - 1):
        if found.consistent:
            break
        found = listing.parse(work.link.read(listing.pipeline(), deadline))
    return found.backups
