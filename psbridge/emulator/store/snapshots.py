"""Backups and snapshots as they are written, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from psbridge.emulator.stamp import ticks
from psbridge.emulator.stamp.resources import is_progressive
from psbridge.emulator.store.encryption import Header
from psbridge.emulator.store.repositories import Repository

NO_ID = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that has ended.

    Attributes:
        start, end: ticks since 1970.
        uploaded: how much of it has been uploaded, 0.0 to 1.0.
        roles: status by role.
        kept: whether the stamp still lists it; otherwise only members of chains remain.
    """

    id: str
    start: int
    end: int
    uploaded: float
    status: str
    roles: Mapping[str, str]
    automatic: bool
    ready: bool
    thumbprint: str
    stamp_version: str
    oem_version: str
    deployment_id: str
    kept: bool = True

    @property
    def minute(self) -> str:
        """The `yyyyMMddHHmm` of its names (UTC)."""
        return ticks.as_datetime(self.start).strftime("%Y%m%d%H%M")

    @property
    def is_progressive(self) -> bool:
        """Whether its build knows progressive backups."""
        return is_progressive(self.stamp_version)


@dataclass(frozen=True, slots=True)
class Link:
    """The place of a snapshot in its chain: full, or after another.

    Attributes:
        previous, full: ids of backups; empty for a full snapshot.
        position: from 1, the full one.
    """

    previous: str = ""
    full: str = ""
    position: int = 1


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A repository's part of a backup, with all that its two files say.

    Attributes:
        index, of: its place among the snapshots of its backup.
        key_of: whose key encrypts the data.
        wraps_for: thumbprint of the certificate that the key is wrapped for; None: for nobody's.
        digest: of OAEP.
        data: `archive`, or what is encrypted instead: `noise`, `bad-crc`, `empty`, `encrypted`.
        wrapped: the wrapped key, where it is not the right one.
        extra: whether elements are added that no release knows.
    """

    backup: Backup
    repository: Repository
    link: Link
    index: int
    of: int
    data_version: str
    deployment_id: str
    thumbprint: str
    stamp_version: str
    status: str
    key_of: str
    wraps_for: str | None
    digest: str = "sha256"
    data: str = "archive"
    size: int = 2048
    wrapped: str | None = None
    header: Header = field(default_factory=Header)
    extra: bool = False

    @property
    def kind(self) -> str:
        """`Full` or `Progressive`."""
        return "Progressive" if self.link.previous else "Full"

    @property
    def created(self) -> int:
        """When it was made: one after the other in the backup's time (inferred)."""
        backup = self.backup
        return backup.start + (backup.end - backup.start) * (self.index + 1) // self.of

    def but(self, **changes: object) -> Snapshot:
        """Return one that says something else."""
        return replace(self, **changes)  # type: ignore[arg-type]  # names of its own fields
