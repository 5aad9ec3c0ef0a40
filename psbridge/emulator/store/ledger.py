"""Which snapshots a share has, and how each is linked to its chain: what a stamp decides once, when a backup ends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from psbridge.emulator.store.repositories import Repository, of_roles
from psbridge.emulator.store.snapshots import Backup, Link

_WITHOUT = ("Failed", "Skipped", "Corrupted", "Deleted")


@dataclass(frozen=True, slots=True)
class Entry:
    """A backup with the links of its repositories, by their names and in their order."""

    backup: Backup
    links: Mapping[str, Link]

    def to_plain(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "backup": {**asdict(self.backup), "roles": dict(self.backup.roles)},
            "links": {name: asdict(link) for name, link in self.links.items()},
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Entry:
        """Read what `to_plain` gave."""
        links = {name: Link(**link) for name, link in plain["links"].items()}
        return cls(Backup(**plain["backup"]), links)

    @property
    def repositories(self) -> tuple[Repository, ...]:
        """The repositories of which it has a snapshot."""
        return tuple(map(Repository, self.links))


def followed(entries: Iterable[Entry], backups: Iterable[Backup], longest: int) -> tuple[Entry, ...]:
    """Return the entries after the stamp's present backups: new ones added, those that went kept while a chain needs them.

    A chain is never cut: its members stay until the last one that depends on them is gone (inferred).
    """
    now = {each.id: each for each in backups}
    after = [_present(each, now) for each in entries]
    known = {each.backup.id for each in after}
    for backup in sorted(now.values(), key=lambda each: each.end):
        if backup.id not in known:
            after.append(Entry(backup, _links(backup, after, longest)))
    needed = _needed(after)
    kept = [each if each.backup.kept else _only(each, needed) for each in after]
    return tuple(each for each in kept if each.backup.kept or each.links)


def _present(entry: Entry, now: Mapping[str, Backup]) -> Entry:
    return replace(entry, backup=now.get(entry.backup.id) or replace(entry.backup, kept=False))


def _only(entry: Entry, needed: set[tuple[str, str]]) -> Entry:
    return replace(entry, links={name: link for name, link in entry.links.items() if (entry.backup.id, name) in needed})


def _needed(entries: Sequence[Entry]) -> set[tuple[str, str]]:
    """Return the snapshots that later ones depend on, as backup and repository."""
    by_id = {each.backup.id: each for each in entries}
    found: set[tuple[str, str]] = set()
    for entry in entries:
        for name, link in entry.links.items() if entry.backup.kept else ():
            previous = link.previous
            while previous in by_id and name in by_id[previous].links:
                found.add((previous, name))
                previous = by_id[previous].links[name].previous
    return found


def _links(backup: Backup, before: Sequence[Entry], longest: int) -> dict[str, Link]:
    """Return a link for each repository that was backed up: those of roles that did not fail (inferred)."""
    if backup.status in _WITHOUT:
        return {}
    whole = [role for role, status in backup.roles.items() if status not in _WITHOUT]
    return {each.name: _link(each, backup, before, longest) for each in of_roles(whole)}


def _link(repository: Repository, backup: Backup, before: Sequence[Entry], longest: int) -> Link:
    """Return what a snapshot follows: the newest of the same stamp, version and certificate, if its chain is not too long."""
    if not repository.progressive or not backup.is_progressive:
        return Link()
    mine = _same(backup)
    for entry in reversed(before):
        link = entry.links.get(repository.name)
        if link is not None and _same(entry.backup) == mine:
            if link.position >= longest:
                return Link()
            return Link(entry.backup.id, link.full or entry.backup.id, link.position + 1)
    return Link()


def _same(backup: Backup) -> tuple[str, ...]:
    return backup.stamp_version, backup.oem_version, backup.deployment_id, backup.thumbprint
