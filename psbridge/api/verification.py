"""Verify a backup in its store: read it, judge it, and make its record."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from psbridge import defaults
from psbridge.clock import Clock, Deadline, SystemClock
from psbridge.errors import ConfigError, DeadlineExceeded, NotFound, PrerequisiteError, PsbridgeError, Trigger
from psbridge.models.events import Decided
from psbridge.models.target import StorePlace
from psbridge.models.verdict import Judgement
from psbridge.models.verification import Level, VerificationReport
from psbridge.store.key import HeldKey
from psbridge.values import replace
from psbridge.verdict.exit_code import problem_of
from psbridge.verdict.judge import judge

if TYPE_CHECKING:
    from psbridge.models.backup import Backup
    from psbridge.models.events import Event, StoreRead
    from psbridge.models.report import Report
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
    from psbridge.verdict.store import judge_store
    from psbridge.verdict.store import problem_of as store_problem

    deadline = Deadline.after(clock or SystemClock(), timeout)
    place = StorePlace(str(store)) if isinstance(store, str | Path) else store
    opened = open_store(place) if isinstance(place, StorePlace) else place
    try:
        wanted = _wanted(opened, backup, deadline)
        chosen = Level(level) if level is not None else Level.OPENABLE if key is not None else Level.DESCRIBED
        case = verify_store(opened, wanted, chosen, key, deadline=deadline, observe=observe)
    finally:
        opened.close()
    if case.layout is None and case.stamp_status is None and not case.unrecognized:
        raise NotFound(
            f"{case.where} has no backup {case.backup_id}",
            hint="`psbridge backup list` shows the backups of the stamp; is it the store of this stamp?",
            id=case.backup_id,
        )
    found = judge_store(case)
    return VerificationReport(case=case, verification=found, problem=store_problem(case, found))


def check_store(place: StorePlace, clock: Clock) -> None:
    """Refuse a store that can't be read, before anything is started.

    Raises:
        psbridge.PrerequisiteError: it can't be read, or is not a store.
        psbridge.ConfigError: it is a share, and this machine lacks the package for it.
        psbridge.DeadlineExceeded: it does not answer in time.
    """
    from psbridge.store.contents import find_root
    from psbridge.store.open import open_store

    store = open_store(place)
    try:
        find_root(store, Deadline.after(clock, defaults.CALL_TIMEOUT))
    finally:
        store.close()


class Verify(msgspec.Struct, frozen=True, kw_only=True):
    """Where and how a start, wait or confirm verifies the backup once its verdict is `confirmed`.

    Attributes:
        store: where the stamp backs up to.
        level: how much to read; None as for `verify_in_store`.
        key: the opened certificate.
        copy: a second copy, read to the same level.
        timeout: seconds, of each of the two.
    """

    store: StorePlace
    level: Level | None = None
    key: HeldKey | None = None
    copy: StorePlace | None = None
    timeout: float = defaults.TIMEOUT


def verified(report: Report, verify: Verify | None, clock: Clock, observe: Callable[[Event], object]) -> Report:
    """Return a report with what its backup is in its store. Only a confirmed backup is read; the verdict stays what it is.

    A store that can't be read, or not in time, is the report's problem: it says that the backup is confirmed.
    """
    backup, case = report.verdict.backup, report.case
    if verify is None or backup is None or case is None or report.verdict.judgement is not Judgement.CONFIRMED:
        return report
    observe(Decided(report.verdict))  # from here on an interrupt says what the verdict is
    unread: PsbridgeError | None = None
    for name, place in (("store", verify.store), ("copy", verify.copy)):
        if place is None:
            continue
        try:
            found = verify_in_store(
                place, backup, level=verify.level, key=verify.key, timeout=verify.timeout, clock=clock, observe=observe
            )
        except (PrerequisiteError, DeadlineExceeded, ConfigError) as problem:
            told = f"backup {backup.id} is confirmed, but its store could not be read: {problem.message}"
            unread = unread or problem.replace(message=told, id=backup.id, trigger=_trigger(report))
            continue
        case = replace(case, store=found.case) if name == "store" else replace(case, copy=found.case)
    judged = judge(case)
    return replace(report, case=case, verdict=judged, problem=problem_of(case, judged) or unread or report.problem)


def _trigger(report: Report) -> Trigger:
    return Trigger.SENT if report.action == "started" else Trigger.NOT_SENT


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
