"""What only reads: the list, one backup, the settings, and what a host is ready for."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from psbridge.clock import Deadline
from psbridge.cmdlets import (
    BackupList,
    ConnectAzAccount,
    GetBackup,
    GetBackupConfiguration,
    ListBackups,
    Observation,
    ObserveBackup,
    Preflight,
    Readiness,
)
from psbridge.cmdlets.failures import check
from psbridge.cmdlets.observe import not_found
from psbridge.errors import Interrupted, NotFound, PrerequisiteError, PsbridgeError
from psbridge.models import Backup, BackupSettings, Phase
from psbridge.operations.guards import check_context
from psbridge.operations.work import Work
from psbridge.powershell import Pipeline, Session
from psbridge.verdict import looks_good, newest_ended

_LIST_TRIES = 3
_READ_BY_ID = 3


def prepare_sessions(work: Work) -> None:
    """Sign each session in that is opened from now on, if the target says how."""
    sign_in = work.target.sign_in
    if sign_in is None:
        return
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


def preflight(work: Work, location: str, deadline: Deadline) -> Readiness:
    """Return the host's commands, its context and the backups; read again while two lists of one answer differ.

    Raises:
        psbridge.errors.PrerequisiteError: the session is not signed in, or in a subscription that sees no location.
    """
    pipeline = Preflight(location).pipeline()
    ready = Preflight(location).parse(work.link.read(pipeline, deadline))
    for _ in range(_LIST_TRIES - 1):
        if ready.list.consistent or ready.problem is not None:
            break
        ready = Preflight(location).parse(work.link.read(pipeline, deadline))
    if ready.context is None:
        raise PrerequisiteError(
            f"the session on {work.link.host} is not signed in to the stamp",
            hint="Sign it in (Connect-AzAccount) on the host, or configure `sign_in` for this target.",
        )
    if ready.problem is not None:
        if isinstance(ready.problem, NotFound):
            check_context(work, ready.context)
        raise ready.problem
    if not ready.list.consistent:
        ready = replace(ready, list=_with_roles_by_id(work, location, ready.list, deadline))
    return ready


def _with_roles_by_id(work: Work, location: str, found: BackupList, deadline: Deadline) -> BackupList:
    """Read the newest good backups one by one, where lists never agreed: a later one is compared with their roles."""
    succeeded = [it for it in found.backups if it.phase is Phase.SUCCEEDED]
    whole: dict[str, Backup] = {}
    for backup in succeeded[:_READ_BY_ID]:
        one = GetBackup(location, backup.id)
        try:
            result = work.link.read(Pipeline.of(*one.statements()), deadline)
            check(result)
            read = one.read(result.output)
        except NotFound:
            continue
        if read is not None:
            whole[read.id] = read
        if read is not None and looks_good(read):
            break
    told = any(map(looks_good, whole.values())) or len(succeeded) <= _READ_BY_ID
    return BackupList(tuple(whole.get(it.id, it) for it in found.backups), consistent=told)


def raw_subscription(ready: Readiness) -> str | None:
    """Return the subscription's id where the host can read raw JSON, else None."""
    if ready.context is None or not ready.commands.has("Invoke-AzRestMethod"):
        return None
    try:
        return str(UUID(ready.context.subscription_id or ""))
    except ValueError:
        return None


def observe_backup(work: Work, location: str, id: str, ready: Readiness, deadline: Deadline) -> Observation:  # noqa: A002
    """Look at one backup once, with every witness that the host has."""
    look = ObserveBackup(location, id, raw_subscription(ready))
    return look.parse(work.link.read(look.pipeline(), deadline))


def read_settings(work: Work, location: str | None, deadline: Deadline) -> BackupSettings:
    """Return the stamp's settings."""
    get = GetBackupConfiguration(location)
    return get.parse(work.link.read(get.pipeline(), deadline))


def settings_or_none(work: Work, location: str, deadline: Deadline) -> BackupSettings | None:
    """Return the settings as evidence; that they can't be read is no reason to fail."""
    try:
        return read_settings(work, location, deadline)
    except Interrupted:
        raise
    except PsbridgeError:
        return None


def list_backups(work: Work, deadline: Deadline | None = None, *, location: str | None = None) -> tuple[Backup, ...]:
    """Return the location's backups, newest first; roles are None where two lists of one answer never agreed."""
    deadline = deadline or work.call_deadline()
    prepare_sessions(work)
    listing = ListBackups(location_of(work, location, deadline))
    found = listing.parse(work.link.read(listing.pipeline(), deadline))
    for _ in range(_LIST_TRIES - 1):
        if found.consistent:
            break
        found = listing.parse(work.link.read(listing.pipeline(), deadline))
    return found.backups


def show_backup(work: Work, id: str | None) -> Backup:  # noqa: A002 - the domain's word
    """Return one backup, or the newest that has ended (id None), with all that the host can tell of it.

    Raises:
        psbridge.errors.NotFound: there is none.
    """
    deadline = work.call_deadline()
    prepare_sessions(work)
    location = location_of(work, None, deadline)
    ready = preflight(work, location, deadline)
    if id is None:
        ended = newest_ended(ready.list.backups)
        if not ended:
            raise NotFound("no backup of this stamp has ended yet", hint="`psbridge backup start` makes one.")
        id = ended[0].id  # noqa: A001 - the domain's word
    seen = observe_backup(work, location, id, ready, deadline)
    if seen.backup is None:
        raise not_found(id)
    return seen.backup
