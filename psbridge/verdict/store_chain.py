"""Which snapshots a snapshot needs: back to the full one. Pure.

The rules are the stamp's own, known from strings of its code: a chain is one full snapshot and those progressive ones whose
`PreviousSnapshotId` exists and whose `DependentFullSnapshotId` is that full one; all share stamp version, OEM version,
deployment and certificate; only succeeded ones count. That a snapshot without an id of its own is named by its backup's id
is inferred.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from psbridge.models.time import Instant
from psbridge.models.verification import Level, Problem, Reason, Snapshot

LONGEST_CHAIN: Final = 400
"""Snapshots; the stamp keeps 20 days of at most 6 backups each day, so 120."""
_SHARED: Final = (
    ("stamp_version", "stamp version", Reason.CHAIN),
    ("oem_version", "OEM version", Reason.CHAIN),
    ("deployment_id", "deployment", Reason.OTHER_STAMP),
    ("thumbprint", "certificate", Reason.CHAIN),
)


def names_of(snapshot: Snapshot) -> set[str]:
    """Return the ids by which another snapshot may name this one."""
    return {each for each in (snapshot.snapshot_id, snapshot.backup_id, snapshot.named_id) if each}


def before(snapshot: Snapshot, others: Sequence[Snapshot]) -> Snapshot | None:
    """Return the snapshot of the same repository that a progressive one names as the one before it."""
    if not snapshot.previous:
        return None
    by_id = (each for each in others if snapshot.previous in names_of(each) and each is not snapshot)
    return next(by_id, None)


def chain_problems(chain: Sequence[Snapshot]) -> Iterator[Problem]:
    """Yield what is wrong with a chain, the oldest snapshot first; its metadata was read.

    A snapshot that could not be read has its own problem, so that it is not repeated here.
    """
    read = [each for each in chain if each.data_version]
    if read:
        yield from _beginning(read, whole=bool(chain[0].data_version))
        yield from _shared(read)
        yield from _order(read)


def _beginning(read: Sequence[Snapshot], *, whole: bool) -> Iterator[Problem]:
    first = read[0]
    if first.kind != "Full":
        if whole:
            missing = f"the snapshot {first.previous}" if first.previous else "a snapshot that it does not name,"
            text = f"the chain has a hole: {missing} before {_short(first)} is not there"
            yield _problem(first, text)
        return
    for each in read[1:]:
        if each.kind != "Full" and each.full not in names_of(first):
            full = f"the full snapshot {each.full}" if each.full else "a full snapshot that it does not name"
            text = f"{_short(each)} depends on {full}, but the chain begins with {_short(first)}"
            yield _problem(each, text)


def _shared(read: Sequence[Snapshot]) -> Iterator[Problem]:
    for field, name, reason in _SHARED:
        for each in read[:-1]:
            if getattr(each, field) != getattr(read[-1], field):
                yield _problem(
                    each, f"{_short(each)} has another {name} than {_short(read[-1])}, which depends on it", reason
                )


def _order(read: Sequence[Snapshot]) -> Iterator[Problem]:
    for earlier, later in pairwise(read):
        if later.kind == "Full":
            yield _problem(later, f"{_short(later)} is a full snapshot in the middle of a chain")
        if earlier.created and later.created and Instant.parse(later.created) < Instant.parse(earlier.created):
            yield _problem(later, f"{_short(later)} is older than the snapshot before it, {_short(earlier)}")


def _problem(snapshot: Snapshot, text: str, reason: Reason = Reason.CHAIN) -> Problem:
    return Problem(Level.DESCRIBED, reason, f"{snapshot.repository}: {text}")


def _short(snapshot: Snapshot) -> str:
    return f"snapshot {snapshot.backup_id or snapshot.named_id}"
