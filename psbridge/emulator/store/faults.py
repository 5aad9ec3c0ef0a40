"""What is wrong with a share, by the scenario's `store.faults`: changes of the plan, and of the files that it leads to."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from psbridge.emulator.stamp.share import StoreFault
from psbridge.emulator.store.certificates import held
from psbridge.emulator.store.encryption import Header
from psbridge.emulator.store.material import guid, stream
from psbridge.emulator.store.plan import (
    PROGRESSIVE,
    RECOVERY_POINT,
    REGISTRATIONS,
    File,
    Files,
    Plan,
    changed,
    wrapped_key,
)
from psbridge.emulator.store.snapshots import Backup, Link, Snapshot

OTHER_DEPLOYMENT: Final = guid("another deployment")
OTHER_THUMBPRINT: Final = stream("another certificate", 20).hex().upper()
KEY_INSIDE: Final = f"{PROGRESSIVE}/{{version}}/BackupEncryptionCert.pfx"


def faulty_plan(whole: Plan) -> Plan:
    """Return the plan with the faults that are in what the files say."""
    for fault in whole.options.faults:
        if fault.what == "unknown_elements":
            whole = replace(changed(whole, lambda each: each.but(extra=True)), extra=True)
        elif fault.what == "uploaded":
            whole = _half_uploaded(whole, fault)
        elif fault.what == "other_stamp" and fault.value == "info":
            at = {each.id: OTHER_DEPLOYMENT for each in _backups(whole, fault)}
            whole = replace(whole, info_deployment={**(whole.info_deployment or {}), **at})
        elif fault.what in _IN_SNAPSHOTS:
            whole = _in_snapshots(whole, fault)
    return whole


def _in_snapshots(whole: Plan, fault: StoreFault) -> Plan:
    made = {id(each) for each in targets(whole, fault)}
    make = _IN_SNAPSHOTS[fault.what]
    return changed(whole, lambda each: make(each, fault.value) if id(each) in made else each)


def _half_uploaded(whole: Plan, fault: StoreFault) -> Plan:
    half = {each.id: replace(each, uploaded=float(str(fault.value))) for each in _backups(whole, fault)}
    snapshots = tuple(each.but(backup=half.get(each.backup.id, each.backup)) for each in whole.snapshots)
    return replace(whole, backups=tuple(half.get(each.id, each) for each in whole.backups), snapshots=snapshots)


def _backups(whole: Plan, fault: StoreFault) -> list[Backup]:
    newest = sorted(whole.backups, key=lambda each: each.end, reverse=True)
    return newest if fault.backup == 0 else newest[fault.backup - 1 : fault.backup]


def targets(whole: Plan, fault: StoreFault) -> list[Snapshot]:
    """Return the snapshots that a fault is about: of one repository, or with `*` of each."""
    ids = {each.id for each in _backups(whole, fault)}
    found = [each for each in whole.snapshots if each.backup.id in ids]
    if fault.repository == "*":
        return found
    name = fault.repository or _first(found, chained=fault.what == "chain")
    return [each for each in found if each.repository.name == name]


def _first(found: Iterable[Snapshot], *, chained: bool) -> str:
    """Return the first repository that a recovery needs; with `chained`, one that makes chains."""
    fits = (each.repository for each in found if each.repository.essential)
    return next((each.name for each in fits if each.progressive or not chained), "")


def _thumbprint(snapshot: Snapshot, value: Any) -> Snapshot:
    return snapshot.but(thumbprint=OTHER_THUMBPRINT if value == "other" else value)


def _wrapped(snapshot: Snapshot, value: Any) -> Snapshot:
    seed = f"{snapshot.backup.id} wrapped"
    match value:
        case "other-certificate":
            return snapshot.but(wraps_for=None)
        case "other-backup":
            other = guid(f"{snapshot.backup.id} another")
            return snapshot.but(wrapped=wrapped_key(other, snapshot.wraps_for, snapshot.digest, {}))
        case "noise":
            return snapshot.but(wrapped=base64.b64encode(b"\0" + stream(seed, 255)).decode())
        case "short":
            return snapshot.but(wrapped=base64.b64encode(stream(seed, 100)).decode())
        case _:
            return snapshot.but(wrapped="not base64")


def _header(snapshot: Snapshot, **numbers: int) -> Snapshot:
    given = {name: getattr(snapshot.header, name) for name in Header.__slots__}
    return snapshot.but(header=Header(**{**given, **numbers}))


def _link(snapshot: Snapshot, value: Any) -> Snapshot:
    if value == "other-full":
        return snapshot.but(link=replace(snapshot.link, full=guid("another full snapshot")))
    if value == "unknown-previous":
        return snapshot.but(link=Link(guid("another snapshot"), snapshot.link.full or guid("a full one"), 2))
    return snapshot


_IN_SNAPSHOTS: Final[Mapping[str, Callable[[Snapshot, Any], Snapshot]]] = {
    "thumbprint": _thumbprint,
    "wrapped_key": _wrapped,
    "other_stamp": lambda each, _: each.but(deployment_id=OTHER_DEPLOYMENT),
    "stamp_version": lambda each, value: each.but(stamp_version=value),
    "data_version": lambda each, value: each.but(data_version=value),
    "status": lambda each, value: each.but(status=value),
    "oaep": lambda each, value: each.but(digest=value),
    "magic": lambda each, value: _header(each, magic=value),
    "encryption": lambda each, value: _header(each, encryption=value),
    "authentication": lambda each, value: _header(each, authentication=value),
    "content": lambda each, value: each.but(data=value),
    "chain": _link,
}


def faulty_files(whole: Plan, found: Files) -> Files:
    """Return the files with the faults that are in their bytes, or in whether they are there."""
    original = dict(found)
    for fault in whole.options.faults:
        match fault.what:
            case "missing":
                found = _without(found, _missing(whole, fault))
            case "chain" if fault.value in {"hole", "no-full"}:
                found = _without(found, _members(whole, fault))
            case "altered" | "truncated":
                found = _edited(whole, found, fault)
            case "swapped_with":
                found = {**found, **_swapped(whole, original, fault)}
            case "key_inside":
                found = {**found, **_key_inside(whole)}
            case _:
                pass
    return found


def _without(found: Files, gone: set[str]) -> Files:
    return {path: file for path, file in found.items() if path not in gone}


def _missing(whole: Plan, fault: StoreFault) -> set[str]:
    versions = whole.repositories
    match fault.value:
        case "registrations":
            return {f"{PROGRESSIVE}/{version}/{REGISTRATIONS}" for version in versions}
        case "recoverypoint":
            return {f"{PROGRESSIVE}/{RECOVERY_POINT}"}
        case "info":
            return {whole.info_path(each) for each in _backups(whole, fault)}
        case _:
            endings = {"data": (".zip",), "metadata": (".xml",)}.get(str(fault.value), (".zip", ".xml"))
            return {whole.stem(each) + ending for each in targets(whole, fault) for ending in endings}


def _members(whole: Plan, fault: StoreFault) -> set[str]:
    """Return the files of the snapshot before the newest, or of the full one that the chain begins with."""
    gone = set()
    for each in targets(whole, fault):
        wanted = each.link.previous if fault.value == "hole" else each.link.full
        same = (it for it in whole.snapshots if it.repository == each.repository and it.backup.id == wanted)
        gone |= {whole.stem(it) + ending for it in same for ending in (".zip", ".xml")}
    return gone


def _paths(whole: Plan, fault: StoreFault) -> set[str]:
    if fault.file == "info":
        return {whole.info_path(each) for each in _backups(whole, fault)}
    ending = ".xml" if fault.file == "metadata" else ".zip"
    return {whole.stem(each) + ending for each in targets(whole, fault)}


def _edited(whole: Plan, found: Files, fault: StoreFault) -> Files:
    number = int(str(fault.value))
    edit = _altered if fault.what == "altered" else _truncated

    def edited(file: File) -> File:
        return replace(file, content=lambda: edit(file.content(), number))

    paths = _paths(whole, fault)
    return {path: edited(file) if path in paths else file for path, file in found.items()}


def _altered(content: bytes, offset: int) -> bytes:
    """Return the content with one bit changed, at an offset from the start or, if it is negative, from the end."""
    whole = bytearray(content)
    if -len(whole) <= offset < len(whole):
        whole[offset] ^= 1
    return bytes(whole)


def _truncated(content: bytes, size: int) -> bytes:
    """Return the first bytes of the content; of a negative size, all but so many."""
    return content[:size]


def _swapped(whole: Plan, found: Files, fault: StoreFault) -> Files:
    """Return data files exchanged with those of another repository, or of another backup of the same one."""
    swapped: Files = {}
    for each in targets(whole, fault):
        if isinstance(fault.value, int):
            newest = _backups(whole, replace(fault, backup=fault.value))
            other = (it for it in whole.snapshots if it.repository == each.repository and it.backup in newest)
        else:
            other = (it for it in whole.snapshots if it.repository.name == fault.value and it.backup == each.backup)
        for it in other:
            mine, its = f"{whole.stem(each)}.zip", f"{whole.stem(it)}.zip"
            if mine in found and its in found:
                swapped |= {mine: found[its], its: found[mine]}
    return swapped


def _key_inside(whole: Plan) -> Files:
    newest = max(whole.backups, key=lambda each: each.end, default=None)
    own = held(newest.thumbprint) if newest else None
    if newest is None or own is None:
        return {}
    return {KEY_INSIDE.format(version=newest.stamp_version): File(lambda: own.pfx("rehearsal"))}
