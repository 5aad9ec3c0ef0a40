"""Where the stamp's state is kept: in memory, or in a file that several processes share."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar

from filelock import FileLock

from psbridge.emulator.stamp.records import State

T = TypeVar("T")
SCHEMA = 1
_LOCK_WAIT = 10.0  # seconds; a holder reads and writes one small file


def _encode(state: State) -> bytes:
    text = json.dumps(state.to_plain())
    return json.dumps({"schema": SCHEMA, "sha256": _checksum(text), "state": text}).encode()


def _decode(content: bytes) -> State:
    """Read what `_encode` wrote.

    Raises:
        ValueError: if it is anything else, or of another schema.
    """
    try:
        whole = json.loads(content)
        if whole["schema"] != SCHEMA or whole["sha256"] != _checksum(whole["state"]):
            raise ValueError("the stored state is damaged or from another version")
        return State.from_plain(json.loads(whole["state"]))
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError("the stored state is damaged") from error


def _checksum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class Store(Protocol):
    """Holds one `State`. Safe to use from several threads."""

    def read(self) -> State:
        """Return the state as it is.

        Raises:
            OSError: if it can't be read.
        """
        ...

    def update(self, change: Callable[[State], tuple[State, T]]) -> T:
        """Replace the state by the result of `change`, exclusively; return the value that `change` returns with it.

        Raises:
            OSError: it can't be read or written; then it is unchanged.
        """
        ...


class MemoryStore:
    """A state that ends with its process."""

    def __init__(self, state: State | None = None) -> None:
        self._state = state or State()
        self._lock = threading.Lock()

    def read(self) -> State:
        """Return the state as it is."""
        return self._state

    def update(self, change: Callable[[State], tuple[State, T]]) -> T:
        """Replace the state; what `change` raises leaves it as it was."""
        with self._lock:
            self._state, answer = change(self._state)
        return answer


class FileStore:
    """A state in `folder`/stamp.json, replaced atomically.

    A file that is not a state (damaged, or of another version) is moved aside and the stamp starts empty. Damage shows by a
    checksum, so that no field needs to be doubted once it is read.

    Args:
        folder: where the file and its lock are; made if it is missing, private to this user.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / "stamp.json"

    def read(self) -> State:
        """Return the current state; needs no lock, because the file is replaced atomically."""
        try:
            return _decode(self._file.read_bytes())
        except (FileNotFoundError, ValueError):
            return State()  # the next writer moves a damaged file aside, under the lock

    def update(self, change: Callable[[State], tuple[State, T]]) -> T:
        """Replace the state under the lock that every process takes."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with FileLock(self._folder / "stamp.lock", timeout=_LOCK_WAIT, mode=0o600):
            old = self._load()
            new, answer = change(old)
            if new != old:
                self._write(new)
        return answer

    def _load(self) -> State:
        try:
            return _decode(self._file.read_bytes())
        except FileNotFoundError:
            return State()
        except ValueError:
            self._file.replace(self._aside())
            return State()

    def _aside(self) -> Path:
        """Return a name that no file has yet."""
        number = 1
        while (path := self._folder / f"stamp.damaged-{number}.json").exists():
            number += 1
        return path

    def _write(self, state: State) -> None:
        handle, name = tempfile.mkstemp(dir=self._folder, prefix="stamp.", suffix=".new")
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(_encode(state))
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self._file)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise
