"""Which files a share has at one time, and what is in each: a pure function of the ledger and the options."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from psbridge.emulator.stamp.resources import data_version
from psbridge.emulator.stamp.share import StoreOptions
from psbridge.emulator.store import archives, metadata
from psbridge.emulator.store.certificates import nobodys, public_key
from psbridge.emulator.store.encryption import KEY_BYTES, Key, data_file, wrapped
from psbridge.emulator.store.ledger import Entry
from psbridge.emulator.store.material import stream
from psbridge.emulator.store.repositories import Repository, of_roles
from psbridge.emulator.store.snapshots import Backup, Link, Snapshot

ROOT: Final = "MASBackup"
PROGRESSIVE: Final = f"{ROOT}/ProgressiveBackup"
REGISTRATIONS: Final = "registrations.json"
RECOVERY_POINT: Final = "recoverypoint.json"
_SEED: Final = 32  # bytes, as long as the longest digest of OAEP


@dataclass(frozen=True, slots=True)
class File:
    """A file of the share.

    Attributes:
        content: makes its bytes.
        changes: whether it can have other bytes at another time, under the same options.
    """

    content: Callable[[], bytes]
    changes: bool = False


Files = dict[str, File]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be written.

    Attributes:
        backups: those whose BackupInfo is there.
        snapshots: of all of them and of their chains, whether uploaded yet or not.
        given: certificates that clients have set, DER by thumbprint.
    """

    backups: tuple[Backup, ...]
    snapshots: tuple[Snapshot, ...]
    options: StoreOptions
    given: Mapping[str, bytes]
    repositories: Mapping[str, tuple[Repository, ...]]
    last: Mapping[str, tuple[str, Link]]
    extra: bool = False
    info_deployment: Mapping[str, str] | None = None

    def is_progressive(self, backup: Backup) -> bool:
        """Return whether a backup has the layout of progressive backups."""
        if self.options.layout == "build":
            return backup.is_progressive
        return self.options.layout == "progressive"

    def stem(self, snapshot: Snapshot) -> str:
        """Return the path of a snapshot's two files, without `.zip` and `.xml`."""
        backup, name = snapshot.backup, snapshot.repository.name
        if not self.is_progressive(backup):
            return f"{ROOT}/{backup.minute}/{backup.id}/{name}"
        return (
            f"{PROGRESSIVE}/{backup.stamp_version}/{name}/{backup.minute}_{backup.id}_{snapshot.kind}"
            "_C"  # contemporaneous: the same backup in all repositories (inferred)
        )

    def info_path(self, backup: Backup) -> str:
        """Return the path of a BackupInfo file."""
        if not self.is_progressive(backup):
            return f"{ROOT}/{backup.minute}/{backup.id}/BackupInfo.xml"
        name = backup.id if self.options.info_named == "id" else backup.minute
        return f"{PROGRESSIVE}/{backup.stamp_version}/{name}_BackupInfo.xml"

    def of(self, backup: Backup) -> tuple[Snapshot, ...]:
        """Return the snapshots of a backup, in the order of their upload."""
        return tuple(each for each in self.snapshots if each.backup.id == backup.id)


def plan(entries: Sequence[Entry], options: StoreOptions, given: Mapping[str, bytes]) -> Plan:
    """Return the plan of a healthy share; faults are then made in it."""
    last: dict[str, tuple[str, Link]] = {}
    for entry in entries:
        last.update({name: (entry.backup.id, link) for name, link in entry.links.items()})
    versions = {entry.backup.stamp_version for entry in entries}
    return Plan(
        backups=tuple(each.backup for each in entries if each.backup.kept),
        snapshots=tuple(snapshot for entry in entries for snapshot in _snapshots(entry, options)),
        options=options,
        given=given,
        repositories={version: _repositories(entries, version) for version in versions},
        last=last,
    )


def _repositories(entries: Iterable[Entry], version: str) -> tuple[Repository, ...]:
    roles = [role for each in entries if each.backup.stamp_version == version for role in each.backup.roles]
    return of_roles(dict.fromkeys(roles))


def _snapshots(entry: Entry, options: StoreOptions) -> Iterable[Snapshot]:
    backup = entry.backup
    legacy = options.layout == "legacy"
    for index, repository in enumerate(entry.repositories):
        yield Snapshot(
            backup=backup,
            repository=repository,
            link=Link() if legacy else entry.links[repository.name],
            index=index,
            of=len(entry.links),
            data_version="1.0.1" if legacy else data_version(backup.stamp_version),
            deployment_id=backup.deployment_id,
            thumbprint=backup.thumbprint,
            stamp_version=backup.stamp_version,
            status=backup.roles.get(repository.role, backup.status),
            key_of=backup.id,
            wraps_for=backup.thumbprint,
            digest=options.oaep,
            size=options.size,
        )


def files(whole: Plan) -> Files:
    """Return the files by path, relative to the share, in the order of their upload."""
    found: Files = {}
    for backup in whole.backups:
        found[whole.info_path(backup)] = File(lambda backup=backup: _info(whole, backup), changes=True)  # type: ignore[misc]
    for backup in {each.backup.id: each.backup for each in whole.snapshots}.values():
        found.update(_uploaded(whole, backup))
    for version, repositories in whole.repositories.items():
        at = [each for each in whole.backups if each.stamp_version == version and whole.is_progressive(each)]
        if at:
            content = metadata.registrations_json(repositories, whole.last, extra=whole.extra)
            found[f"{PROGRESSIVE}/{version}/{REGISTRATIONS}"] = File(lambda content=content: content, changes=True)  # type: ignore[misc]
    found.update(_recovery_point(whole))
    return found


def _recovery_point(whole: Plan) -> Files:
    good = [each for each in whole.backups if whole.is_progressive(each) and each.ready and each.uploaded >= 1]
    if not good:
        return {}
    newest = max(good, key=lambda each: each.end)
    content = metadata.recovery_point_json(newest)
    return {f"{PROGRESSIVE}/{RECOVERY_POINT}": File(lambda: content, changes=True)}


def _uploaded(whole: Plan, backup: Backup) -> Files:
    """Return the snapshots that are there: whole ones, then one whose data is being copied (that order is inferred)."""
    snapshots = whole.of(backup)
    done = int(backup.uploaded * len(snapshots))
    found: Files = {}
    for snapshot in snapshots[:done]:
        stem = whole.stem(snapshot)
        found[f"{stem}.zip"] = File(lambda snapshot=snapshot: data(snapshot))  # type: ignore[misc]
        found[f"{stem}.xml"] = File(lambda snapshot=snapshot: _metadata(whole, snapshot))  # type: ignore[misc]
    if done < len(snapshots):
        stem = whole.stem(snapshots[done])
        found[f"{stem}.zip"] = File(lambda: _half(data(snapshots[done])), changes=True)
    return found


def _half(content: bytes) -> bytes:
    return content[: len(content) // 2]


def data(snapshot: Snapshot) -> bytes:
    """Return a data file."""
    iv = stream(f"{snapshot.backup.id} {snapshot.repository.name} iv", 16)
    return data_file(archives.content(snapshot), _key(snapshot.key_of), iv, snapshot.header)


def _key(backup: str) -> Key:
    return Key(stream(f"{backup} key", KEY_BYTES))


def wrapped_key(backup: str, thumbprint: str | None, digest: str, given: Mapping[str, bytes]) -> str:
    """Return a backup's key, wrapped for a certificate; None: for nobody's."""
    public = nobodys("other") if thumbprint is None else public_key(thumbprint, given)
    return wrapped(_key(backup), public, digest, stream(f"{backup} seed", _SEED))


def _metadata(whole: Plan, snapshot: Snapshot) -> bytes:
    key = snapshot.wrapped
    if key is None:
        key = wrapped_key(snapshot.backup.id, snapshot.wraps_for, snapshot.digest, whole.given)
    plain = archives.content(snapshot)
    return metadata.snapshot_xml(snapshot, key, snapshot.size, len(plain))


def _info(whole: Plan, backup: Backup) -> bytes:
    deployment = (whole.info_deployment or {}).get(backup.id, backup.deployment_id)
    versions = {each.data_version for each in whole.of(backup)}
    return metadata.info_xml(
        backup,
        of_roles(backup.roles),
        wrapped_key(backup.id, backup.thumbprint, whole.options.oaep, whole.given),
        versions.pop() if len(versions) == 1 else data_version(backup.stamp_version),
        whole.options.size * len(whole.of(backup)),
        deployment_id=deployment,
        extra=whole.extra,
    )


def changed(whole: Plan, change: Callable[[Snapshot], Snapshot]) -> Plan:
    """Return the plan with each snapshot replaced."""
    return replace(whole, snapshots=tuple(map(change, whole.snapshots)))
