"""From what was read of a store to what it proves. Pure: equal cases have equal verifications."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

from psbridge.errors import NotVerified, PsbridgeError, Unknown, Unproven
from psbridge.models.verdict import Evidence, Outcome
from psbridge.models.verification import (
    FileTest,
    Level,
    Problem,
    Reason,
    Snapshot,
    StoreCase,
    StoredFile,
    TestResult,
    Verification,
)
from psbridge.verdict.store_chain import chain_problems

SMALLEST_DATA: Final = 106
"""Bytes: a header of 90 and one block of 16."""
_SUCCEEDED: Final = "Succeeded"
_LEVEL_TESTS: Final = ((Level.OPENABLE, "opened"), (Level.WHOLE, "whole"), (Level.READABLE, "readable"))


def judge_store(case: StoreCase) -> Verification:
    """Return what a case proves.

    Nothing is concluded from what was not read: a level that was not asked for, or that needs a key that is not there, is
    `not_checked`. What has an unknown form makes the backup neither good nor bad.
    """
    problems = sorted(dict.fromkeys(_problems(case)), key=lambda it: list(Level).index(it.level))
    undecided = tuple(dict.fromkeys(text for _, text in _undecided(case)))
    rows = tuple(_row(case, level, problems) for level in Level)
    return Verification(
        reached=_reached(rows),
        rows=(*rows, *_others(case)),
        problems=tuple(problems),
        undecided=undecided,
        uploading=_uploading(case, problems),
    )


def own(case: StoreCase) -> list[Snapshot]:
    """Return the snapshots of the backup itself, without those of earlier backups that their chains need."""
    return [each for each in case.snapshots if each.named_id == case.backup_id]


def plausible(size: int) -> str:
    """Return why a data file can't have this size; empty if it can. The header's length is known, see `store/data_file`."""
    if size < SMALLEST_DATA:
        return f"it has {size} bytes, fewer than the smallest data file"
    if (size - SMALLEST_DATA) % 16:
        return f"it has {size} bytes, not a whole number of blocks: it is cut off or altered"
    return ""


def problem_of(case: StoreCase, found: Verification) -> PsbridgeError | None:
    """Return what is wrong, as the error whose exit code the command ends with: the first of 14, 15, 13; None if nothing is."""
    what = f"backup {case.backup_id} in {case.where}"
    if found.undecided:
        return Unknown(
            f"{what}: the layout is not recognized: {_counted(found.undecided)}",
            hint="Nothing was proved, neither good nor bad. Is it the store of this stamp? A newer release may know it.",
            id=case.backup_id,
            detail={"reason": "layout"},
        )
    if found.uploading:
        return Unproven(
            f"{what} is not uploaded completely yet: {_counted([it.text for it in found.problems])}"
            if found.problems
            else f"{what}: the stamp says that the upload is not complete yet",
            hint="Verify it again in some minutes.",
            id=case.backup_id,
        )
    if found.problems:
        return NotVerified(
            f"{what} is not verified: {_counted([it.text for it in found.problems])}",
            hint=_HINTS[found.problems[0].reason],
            id=case.backup_id,
            detail={"reason": found.problems[0].reason.value},
        )
    if found.reached is not case.level:  # nothing is wrong, and something that was asked for was not proved
        return Unproven(
            f"{what}: {case.level} was not proved: {_counted([it.detail for it in found.rows if it.check == case.level])}",
            hint="Name what it needs, such as the key: --key FILE.pfx.",
            id=case.backup_id,
        )
    return None


_HINTS: Final = {
    Reason.WRONG_KEY: "Find the .pfx file of the certificate that it names, and verify with that: --key FILE.pfx.",
    Reason.DAMAGED: "Do not rely on this backup. Verify an older one, and check the disk of the share.",
    Reason.MISSING: "Do not rely on this backup as it is here. Verify an older one, or another copy of the store.",
    Reason.CHAIN: "Do not rely on this backup as it is here. Verify an older one, or start another backup.",
    Reason.OTHER_STAMP: "Is it the store of this stamp? `psbridge settings show` names the share that the stamp backs up to.",
}


# -- what is wrong -------------------------------------------------------------------------------------------------------


def _problems(case: StoreCase) -> Iterator[Problem]:
    yield from _absent(case)
    for snapshot in case.snapshots:
        level = Level.PRESENT if snapshot.named_id == case.backup_id else Level.DESCRIBED
        yield from _files(snapshot, level)
    if case.level.includes(Level.DESCRIBED):
        yield from _described(case)
    for level, name in _LEVEL_TESTS:
        if case.level.includes(level):
            yield from _failed(case.snapshots, level, name)


def _absent(case: StoreCase) -> Iterator[Problem]:
    there = {_name(each.repository) for each in own(case)}
    if not there and case.layout is None and case.unrecognized:
        return  # it may be there in a newer layout
    if not there:
        yield Problem(Level.PRESENT, Reason.MISSING, f"the store has no snapshot of backup {case.backup_id}")
        return
    for name in case.essential:
        if _name(name) not in there:
            text = f"{name}: there is no snapshot of this backup, and a recovery needs this repository"
            yield Problem(Level.PRESENT, Reason.MISSING, text)


def _files(snapshot: Snapshot, level: Level) -> Iterator[Problem]:
    which = f"{snapshot.repository}: of snapshot {snapshot.named_id}"
    if snapshot.data is None:
        yield Problem(level, Reason.MISSING, f"{which} the data file is not there")
    elif wrong := plausible(snapshot.data.size):
        yield Problem(level, Reason.DAMAGED, f"{snapshot.data.path}: {wrong}")
    if snapshot.metadata is None:
        yield Problem(level, Reason.MISSING, f"{which} the metadata file is not there")


def _described(case: StoreCase) -> Iterator[Problem]:
    for snapshot in case.snapshots:
        if snapshot.metadata is not None:
            yield from _metadata(snapshot, snapshot.metadata)
    for _, chain in groupby(case.snapshots, key=lambda each: each.repository):
        yield from chain_problems(list(chain))
    yield from _stamps(case)
    yield from _versions(case)
    if case.info is not None and case.info_unread:
        yield Problem(Level.DESCRIBED, Reason.DAMAGED, f"{case.info.path}: {case.info_unread}")
    if case.info is not None and case.info_backup_id and case.info_backup_id != case.backup_id:
        text = f"{case.info.path}: it is of backup {case.info_backup_id}"
        yield Problem(Level.DESCRIBED, Reason.DAMAGED, text)


def _metadata(snapshot: Snapshot, file: StoredFile) -> Iterator[Problem]:
    """Yield what is wrong with a snapshot's metadata by itself."""
    if snapshot.unread:
        yield Problem(Level.DESCRIBED, Reason.DAMAGED, f"{file.path}: {snapshot.unread}")
    if not snapshot.data_version:
        return
    wrong = {
        f"it names backup {snapshot.backup_id or 'none'}, not {snapshot.named_id}": snapshot.backup_id
        != snapshot.named_id,
        f"it names repository {snapshot.described_as or 'none'}": not _same_repository(snapshot),
        f"it is of a {snapshot.kind} snapshot, its name of a {snapshot.named_kind} one": bool(
            snapshot.named_kind and snapshot.kind != snapshot.named_kind
        ),
        "it names no time": not snapshot.created,
        "it names no certificate": not snapshot.thumbprint,
        "it has no wrapped key": not snapshot.wrapped_key,
    }
    for text in (text for text, holds in wrong.items() if holds):
        yield Problem(Level.DESCRIBED, Reason.DAMAGED, f"{file.path}: {text}")
    if snapshot.status != _SUCCEEDED:
        text = f"{file.path}: the snapshot ended as {snapshot.status or 'nothing that it names'}, so it does not count"
        yield Problem(Level.DESCRIBED, Reason.MISSING, text)


def _same_repository(snapshot: Snapshot) -> bool:
    """Return whether metadata is of the repository that its place names."""
    return _name(snapshot.described_as) == _name(snapshot.repository)


def _name(repository: str) -> tuple[str, ...]:
    """Return the parts of a full name, to be compared without case; an empty part and `-` are the same."""
    return tuple(part if part != "-" else "" for part in repository.casefold().split(";"))


def _stamps(case: StoreCase) -> Iterator[Problem]:
    """Yield the snapshots of another stamp than the one that was asked, or else than most of the backup are of."""
    found = [each for each in own(case) if each.deployment_id]
    counted = [each.deployment_id for each in found]
    expected = case.stamp_deployment_id or case.info_deployment_id or max(counted, key=counted.count, default="")
    for snapshot in found:
        if snapshot.deployment_id != expected:
            text = f"{snapshot.repository}: the snapshot is of deployment {snapshot.deployment_id}, not {expected}"
            yield Problem(Level.DESCRIBED, Reason.OTHER_STAMP, text)
    if case.stamp_deployment_id and case.info_deployment_id not in {"", case.stamp_deployment_id}:
        text = f"BackupInfo is of deployment {case.info_deployment_id}; the stamp is {case.stamp_deployment_id}"
        yield Problem(Level.DESCRIBED, Reason.OTHER_STAMP, text)


def _versions(case: StoreCase) -> Iterator[Problem]:
    """Yield the snapshots of another version than most of the backup are of; a stamp is updated between two backups."""
    read = [each for each in own(case) if each.data_version]
    for field, name in (
        ("stamp_version", "stamp version"),
        ("oem_version", "OEM version"),
        ("deployment_id", "deployment"),
    ):
        versions = [getattr(each, field) for each in read]
        expected, count = max(Counter(versions).items(), key=lambda it: it[1], default=("", 0))
        if count == len(versions):
            continue
        for snapshot, version in zip(read, versions, strict=True):
            another = not version if field == "deployment_id" else version != expected  # see `_stamps` for another one
            if another and snapshot.metadata is not None:
                text = f"it names {name} {version or 'none'}; most of the backup {expected or 'none'}"
                yield Problem(Level.DESCRIBED, Reason.DAMAGED, f"{snapshot.metadata.path}: {text}")


def _failed(snapshots: Sequence[Snapshot], level: Level, name: str) -> Iterator[Problem]:
    for snapshot in snapshots:
        test: FileTest = getattr(snapshot, name)
        file = snapshot.metadata if level is Level.OPENABLE else snapshot.data
        if test.result is TestResult.FAIL and file is not None:
            yield Problem(level, test.reason or Reason.DAMAGED, f"{file.path}: {test.detail}")


# -- what is not known ---------------------------------------------------------------------------------------------------


def _undecided(case: StoreCase) -> Iterator[tuple[Level, str]]:
    """Yield what has an unknown form, or contradicts, with the level that finds it."""
    if not own(case) and case.layout is None:
        yield from ((Level.PRESENT, text) for text in case.unrecognized)
        return
    if case.essential_from is None and not case.unrecognized:
        text = (
            "the store has neither registrations.json nor an earlier good backup of this stamp version, so it is not known "
            "which repositories a recovery needs"
        )
        yield Level.PRESENT, text
    for text in case.unrecognized:
        yield Level.PRESENT, text
    if not case.level.includes(Level.DESCRIBED):
        return
    for snapshot in case.snapshots:
        if snapshot.unrecognized and snapshot.metadata is not None:
            yield Level.DESCRIBED, f"{snapshot.metadata.path}: {snapshot.unrecognized}"
    yield from _contradictions(case)
    for level, name in _LEVEL_TESTS:
        for snapshot in case.snapshots:
            test: FileTest = getattr(snapshot, name)
            if test.result is TestResult.NOT_RECOGNIZED and snapshot.data is not None:
                yield level, f"{snapshot.data.path}: {test.detail}"


def _contradictions(case: StoreCase) -> Iterator[tuple[Level, str]]:
    said = (
        ("stamp version", case.info_stamp_version, case.stamp_version),
        ("certificate", case.info_thumbprint, (case.stamp_thumbprint or "").upper()),
    )
    for what, info, stamp in said:
        if info and stamp and info != stamp:
            yield Level.DESCRIBED, f"BackupInfo names {what} {info}, the stamp {stamp}"


def _uploading(case: StoreCase, problems: Sequence[Problem]) -> bool:
    """Return whether what is missing may still come: the stamp, or the backup itself, says that the upload is not over."""
    not_over = case.stamp_uploaded is False or (case.stamp_uploaded is None and case.info_uploaded is False)
    return not_over and all(_may_still_come(case, it) for it in problems)


def _may_still_come(case: StoreCase, problem: Problem) -> bool:
    """Return whether an upload may end a problem: a file that is being written can already have its full size."""
    if problem.level is Level.PRESENT:
        return problem.reason in {Reason.MISSING, Reason.DAMAGED}
    return case.stamp_uploaded is False and problem.reason is Reason.DAMAGED


# -- rows ----------------------------------------------------------------------------------------------------------------


def _row(case: StoreCase, level: Level, problems: Sequence[Problem]) -> Evidence:
    if not case.level.includes(level):
        key = " with `--key FILE.pfx`" if case.key_thumbprint is None and level.includes(Level.OPENABLE) else ""
        return Evidence(level, Outcome.NOT_CHECKED, f"not asked for: `--level {level}`{key}")
    found = [it.text for it in problems if it.level is level]
    if found:
        return Evidence(level, Outcome.FAIL, _number(len(found), "problem", "problems"))
    unknown = [text for at, text in _undecided(case) if at is level]
    if unknown:
        return Evidence(level, Outcome.UNKNOWN, _counted(unknown))
    return _passed(case, level)


def _passed(case: StoreCase, level: Level) -> Evidence:
    count, chained = len(own(case)), len(case.snapshots)
    if not count:
        return Evidence(level, Outcome.NOT_CHECKED, "there is nothing of this backup to read")
    tests = [getattr(each, name) for at, name in _LEVEL_TESTS if at is level for each in case.snapshots]
    done = [test for test in tests if test.result is TestResult.PASS]
    if tests and case.key_thumbprint is None:
        return Evidence(level, Outcome.NOT_CHECKED, "no key was given: `--key FILE.pfx`")
    if tests and not done:
        return Evidence(level, Outcome.NOT_CHECKED, "nothing could be tested, because a lower level failed")
    repositories, snapshots = _number(count, "repository", "repositories"), _number(chained, "snapshot", "snapshots")
    needed = len(case.essential)
    texts = {
        Level.PRESENT: f"{repositories} with this backup, among them all {needed} that a recovery needs",
        Level.DESCRIBED: f"{snapshots} in {_number(count, 'chain', 'chains')}, each closed back to its full snapshot",
        Level.OPENABLE: f"the key opens the wrapped key of {_number(len(done), 'snapshot', 'snapshots')}",
        Level.WHOLE: f"the HMAC of {_number(len(done), 'data file', 'data files')} is right",
        Level.READABLE: f"{_number(len(done), 'data file', 'data files')} decrypted to archives that are whole",
    }
    missing = len(tests) - len(done)
    if missing:
        return Evidence(
            level,
            Outcome.WARN if level is Level.READABLE else Outcome.UNKNOWN,
            f"{texts[level]}; {missing} not checked",
        )
    return Evidence(level, Outcome.PASS, texts[level])


def _others(case: StoreCase) -> Iterator[Evidence]:
    """Yield what is known beside the levels, and what nothing here can check."""
    if case.stamp_status is None:
        yield Evidence("stamp", Outcome.NOT_CHECKED, "the stamp was not asked")
    elif case.info is None or not case.level.includes(Level.DESCRIBED):
        yield Evidence(
            "stamp", Outcome.NOT_CHECKED, f"the stamp says {case.stamp_status}; no BackupInfo was compared with it"
        )
    elif case.info_status and case.info_status != case.stamp_status:
        text = (
            f"BackupInfo, which is written before the data, says {case.info_status}; the stamp says {case.stamp_status}"
        )
        yield Evidence("stamp", Outcome.WARN, text)
    else:
        yield Evidence("stamp", Outcome.PASS, f"BackupInfo and the stamp agree: {case.stamp_status}")
    opaque = {
        it.repository for it in case.snapshots if it.readable.result is TestResult.NOT_TESTED and it.readable.detail
    }
    named = {_name(name) for name in case.double_encrypted}
    twice = opaque | {it.repository for it in own(case) if _name(it.repository) in named}
    if twice and case.level.includes(Level.READABLE):
        where = _number(len(twice), "repository", "repositories")
        text = f"what is encrypted twice, in {where}: only the outer layer can be opened"
        yield Evidence("inner_layer", Outcome.NOT_CHECKED, text)
    yield Evidence("restore", Outcome.NOT_CHECKED, "that a stamp can be recovered from it; only a recovery proves that")


def _reached(rows: Sequence[Evidence]) -> Level | None:
    reached = None
    for row, level in zip(rows, Level, strict=True):
        if row.outcome not in {Outcome.PASS, Outcome.WARN}:
            break
        reached = level
    return reached


def _counted(texts: Sequence[str]) -> str:
    return texts[0] if len(texts) == 1 else f"{texts[0]} (and {len(texts) - 1} more)"


def _number(count: int, one: str, more: str) -> str:
    return f"{count} {one if count == 1 else more}"
