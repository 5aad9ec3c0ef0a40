"""Verify a backup in its store: read it, judge it, and make its record."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from psbridge import defaults
from psbridge.clock import Clock, Deadline, SystemClock
from psbridge.errors import NotFound
from psbridge.models.target import StorePlace
from psbridge.models.verification import Level, VerificationReport

if TYPE_CHECKING:
    from psbridge.models.backup import Backup
    from psbridge.models.events import StoreRead
    from psbridge.store.key import HeldKey
    from psbridge.store.reader import Store
    from psbridge.store.verify import Wanted


def verify_in_store(
    store: str | Path | StorePlace | Store,
    backup: Backup | str | None = None,
    *,
    level: Level | str | None = None,
    key: HeldKey | None = None,
    timeout: float = defaults.TIMEOUT,
    clock: Clock | None = None,
    observe: Callable[[StoreRead], object] = lambda _: None,
) -> VerificationReport:
    """Read a backup in its store and judge what was read. `.require()` on what comes back raises what is wrong.

    Args:
        store: a folder or share, also with who reads it; or an open store.
        backup: what the stamp says of it; an id, of which nothing else is known; None for the newest that is there.
        level: how much to read; None for `openable` with a key and `described` without one.
        key: the opened certificate, see `psbridge.store.key.open_key`.
        timeout: seconds, of the whole.
        clock: the clock; None for the real one.
        observe: is given how far the reading of data files is.

    Raises:
        psbridge.PrerequisiteError: the store can't be read.
        psbridge.NotFound: the store has no backup of that id, and only the id is known.
        psbridge.DeadlineExceeded: it timed out.
    """
    from psbridge.store.open import open_store
    from psbridge.store.verify import verify_store
    from psbridge.verdict.store import judge_store, problem_of

    deadline = Deadline.after(clock or SystemClock(), timeout)
    place = StorePlace(str(store)) if isinstance(store, str | Path) else store
    opened = open_store(place) if isinstance(place, StorePlace) else place
    try:
        wanted = _wanted(opened, backup, deadline)
        chosen = Level(level) if level is not None else Level.OPENABLE if key is not None else Level.DESCRIBED
        case = verify_store(opened, wanted, chosen, key, deadline=deadline, observe=observe)
    finally:
        opened.close()
    if case.layout is None and case.stamp_status is None:
        raise NotFound(
            f"{case.where} has no backup {case.backup_id}",
            hint="`psbridge backup list` shows the backups of the stamp; is it the store of this stamp?",
            id=case.backup_id,
        )
    found = judge_store(case)
    return VerificationReport(case=case, verification=found, problem=problem_of(case, found))


def _wanted(store: Store, backup: Backup | str | None, deadline: Deadline) -> Wanted:
    from psbridge.store.contents import newest_id
    from psbridge.store.verify import Wanted

    if backup is None:
        return Wanted(id=newest_id(store, deadline))
    if isinstance(backup, str):
        return Wanted(id=backup)
    return Wanted(
        id=backup.id,
        status=backup.status,
        uploaded=backup.completely_uploaded,
        deployment_id=backup.deployment_id,
        stamp_version=backup.stamp_version,
        thumbprint=backup.encryption_cert_thumbprint,
    )
