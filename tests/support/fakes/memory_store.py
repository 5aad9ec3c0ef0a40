"""A store in memory, so that a test can damage one many times."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from psbridge.clock import Deadline
from psbridge.store.reader import Entry, NotInStore


class MemoryStore:
    """A store of these files, by their paths."""

    where = "/store"

    def __init__(
        self, files: Mapping[str, bytes], *, failing: Callable[[int], Exception | None] = lambda _: None
    ) -> None:
        self.files = dict(files)
        self.listed = 0
        self.calls = 0
        self._failing = failing

    @classmethod
    def of(cls, folder: Path) -> MemoryStore:
        """Return a copy of a folder."""
        return cls({str(it.relative_to(folder)): it.read_bytes() for it in folder.rglob("*") if it.is_file()})

    def entries(self, folder: str, deadline: Deadline) -> Sequence[Entry]:
        self.listed += 1
        self._call()
        start = f"{folder}/" if folder else ""
        found: dict[str, Entry] = {}
        for path, data in self.files.items():
            if path.startswith(start):
                name, _, below = path[len(start) :].partition("/")
                found[name] = Entry(name, is_folder=bool(below), size=0 if below else len(data))
        if folder and not found:
            raise NotInStore(folder)
        return sorted(found.values(), key=lambda entry: entry.name)

    @contextmanager
    def open(self, path: str, deadline: Deadline) -> Iterator[_OpenFile]:
        self._call()
        if path not in self.files:
            raise NotInStore(path)
        yield _OpenFile(self.files[path])

    def close(self) -> None:
        pass

    def _call(self) -> None:
        self.calls += 1
        if (error := self._failing(self.calls)) is not None:
            raise error


class _OpenFile:
    def __init__(self, data: bytes) -> None:
        self.size = len(data)
        self._data = data

    def read_at(self, offset: int, buffer: memoryview, deadline: Deadline) -> int:
        piece = self._data[offset : offset + len(buffer)]
        buffer[: len(piece)] = piece
        return len(piece)
