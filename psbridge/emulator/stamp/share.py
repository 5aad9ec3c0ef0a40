"""The share as the stamp knows it. `psbridge.emulator.store` writes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol


@dataclass(frozen=True, slots=True)
class StoreFault:
    """Something that is wrong with the files of the share.

    Attributes:
        what: a key of `scenario_format.store_keys.FAULTS`.
        repository: whose files, such as `WAS;WasService;-;Microsoft.AzureStack.Subscriptions`; None: the first one's.
        backup: of which backup, from 1, the newest; 0: each.
        file: `data` or `metadata`.
    """

    what: str
    value: object = None
    repository: str | None = None
    backup: int = 1
    file: str = "data"


@dataclass(frozen=True, slots=True)
class StoreOptions:
    """The share of a stamp.

    Attributes:
        layout: `progressive`, `legacy`, or `build`: as the stamp's build has it.
        chain: the number of members after which a new full snapshot begins; a stamp's own number is not known.
        size: bytes of the data in each repository, before compression and encryption.
        oaep: the digest that wraps the keys; `sha1` on stamps of before December 2023.
        info_named: whether the name of a BackupInfo file begins with the backup's `id` or its `time`; which is not known.
    """

    layout: str = "build"
    chain: int = 4
    size: int = 2048
    oaep: str = "sha256"
    info_named: str = "id"
    faults: tuple[StoreFault, ...] = ()


HEALTHY: Final = StoreOptions()


class Share(Protocol):
    """The folder that stands for a stamp's share."""

    def refresh(self) -> None:
        """Write what is new."""
        ...

    def strays(self) -> Sequence[str]:
        """Return the files that the stamp does not recognize: relative, `/` between names, lower case."""
        ...

    def prune(self, paths: Sequence[str]) -> None:
        """Delete such files."""
        ...
