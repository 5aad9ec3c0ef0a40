"""What this machine knows of keys and verifications: small files in the state folder, never a key or a password."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

from psbridge.bounded_json import loads
from psbridge.files import file_name, private_folder, read_regular, write_whole
from psbridge.models.keys import LastVerification, OpenedKey
from psbridge.models.time import Instant

T = TypeVar("T", OpenedKey, LastVerification)
_LARGEST: Final = 16 << 10
_MOST: Final = 1000
_TIMES: Final = frozenset({"not_after", "opened_at", "at"})


class KeyBook:
    """The keys that were opened, a file each, and the last verification of each target.

    Args:
        folder: the state folder.
    """

    def __init__(self, folder: Path) -> None:
        self._keys = folder / "keys"
        self._verifications = folder / "verifications"

    def opened(self, key: OpenedKey) -> None:
        """Remember a key that opened a backup; the newest of each certificate is kept.

        Raises:
            OSError: it can't be written.
        """
        _write(self._keys, key.thumbprint, key)

    def all(self) -> list[OpenedKey]:
        """Return the keys that were opened, the newest first. A file that can't be read is passed over."""
        files = sorted(self._keys.glob("*.json"))[:_MOST] if self._keys.is_dir() else []
        found = (_read(file, OpenedKey) for file in files)
        return sorted((key for key in found if key is not None), key=lambda key: key.opened_at, reverse=True)

    def verified(self, target: str, last: LastVerification) -> None:
        """Remember the last verification of a target.

        Raises:
            OSError: it can't be written.
        """
        _write(self._verifications, target, last)

    def last(self, target: str) -> LastVerification | None:
        """Return the last verification of a target; None if there is none that can be read."""
        return _read(self._verifications / f"{file_name(target)}.json", LastVerification)


def _write(folder: Path, name: str, value: OpenedKey | LastVerification) -> None:
    private_folder(folder)
    plain = {"schema_version": 1} | {each: _plain(getattr(value, each)) for each in value.__struct_fields__}
    write_whole(folder / f"{file_name(name)}.json", msgspec.json.encode(plain) + b"\n", 0o600)


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Instant) else value


def _read(path: Path, kind: type[T]) -> T | None:
    try:
        plain = loads(read_regular(path, _LARGEST))
        given = {key: Instant.parse(item) if key in _TIMES else item for key, item in plain.items()}
        return msgspec.convert({key: given[key] for key in kind.__struct_fields__}, kind)
    except (OSError, ValueError, TypeError, AttributeError, KeyError, msgspec.ValidationError):
        return None
