"""Writes a share's folder: what is planned and not there yet is written, what is no longer planned is removed."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from psbridge.emulator.errors import EmulationError
from psbridge.emulator.stamp.share import StoreOptions
from psbridge.emulator.store.certificates import Held, held
from psbridge.emulator.store.faults import faulty_files, faulty_plan
from psbridge.emulator.store.ledger import Entry, followed
from psbridge.emulator.store.plan import ROOT, File, files, plan
from psbridge.emulator.store.snapshots import Backup

MARK: Final = ".psbridge-emulated-store.json"
"""In the folder of the share: that an emulated stamp wrote it, and what it must know to go on."""
PFX_PASSWORD: Final = "rehearsal"  # noqa: S105 - of a key that is public


@dataclass(frozen=True, slots=True)
class Shared:
    """What a stamp has to write.

    Attributes:
        backups: those that have ended and are not deleted.
        certificates: that clients have set, DER by thumbprint.
        thumbprint: of the certificate in the settings.
    """

    backups: tuple[Backup, ...]
    certificates: Mapping[str, bytes] = field(default_factory=dict)
    thumbprint: str | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """A written store.

    Attributes:
        folder: the share.
        backups: ids of the backups that the stamp has, the newest first.
        thumbprint: of the certificate that the settings show.
        certificate: that certificate with its key; None if the key is not the emulator's.
        files: the paths of all files, relative to the folder.
    """

    folder: Path
    backups: tuple[str, ...]
    thumbprint: str | None
    certificate: Held | None
    files: tuple[str, ...]

    def write_pfx(self, path: Path, password: str = PFX_PASSWORD) -> Path:
        """Write the certificate with its key, readable by this user only; return the path.

        Raises:
            EmulationError: the key is not the emulator's.
            OSError: it can't be written.
        """
        if self.certificate is None:
            raise EmulationError("store", f"the key of the certificate {self.thumbprint} is not the emulator's")
        replaced(path, self.certificate.pfx(password), mode=0o600)
        return path


def write(folder: Path, shared: Shared, options: StoreOptions) -> Written:
    """Bring the folder to what the stamp has now.

    Raises:
        EmulationError: the folder has files that are not an emulated stamp's.
        OSError: it can't be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder):
        return _written(folder, shared, options)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Keep other processes from writing to the folder: the stamp of `demo` lives in several."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _written(folder: Path, shared: Shared, options: StoreOptions) -> Written:
    before = _mark(folder, options)
    entries = followed(before.entries, shared.backups, options.chain)
    whole = faulty_plan(plan(entries, options, shared.certificates))
    wanted = faulty_files(whole, files(whole))
    _remove(folder, set(before.files) - set(wanted))
    unfinished = set(before.unfinished)
    for path, file in wanted.items():
        if file.changes or path in unfinished or path not in before.files:
            _put(folder / path, file)
    changing = [path for path, file in wanted.items() if file.changes]
    _Mark(entries, tuple(wanted), tuple(changing), _digest(options)).write(folder)
    newest = sorted((each for each in shared.backups), key=lambda each: each.end, reverse=True)
    return Written(
        folder, tuple(each.id for each in newest), shared.thumbprint, held(shared.thumbprint or ""), tuple(wanted)
    )


def strays(folder: Path) -> tuple[str, ...]:
    """Return the files that the stamp does not recognize, as a prune lists them: `/` between names, lower case."""
    known = {each.lower() for each in _mark(folder, None).files if not each.endswith(".pfx")}
    root = folder / ROOT / "ProgressiveBackup"
    found = (each.relative_to(folder).as_posix().lower() for each in sorted(root.rglob("*")) if each.is_file())
    return tuple(each for each in found if each not in known)


def prune(folder: Path, paths: Sequence[str]) -> None:
    """Delete files that the stamp does not recognize; paths as `strays` gave them."""
    gone = set(paths)
    for each in sorted((folder / ROOT).rglob("*")):
        if each.is_file() and each.relative_to(folder).as_posix().lower() in gone:
            each.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class _Mark:
    """What is known of a folder from before."""

    entries: tuple[Entry, ...] = ()
    files: tuple[str, ...] = ()
    unfinished: tuple[str, ...] = ()
    options: str = ""

    def write(self, folder: Path) -> None:
        plain = {
            "entries": [each.to_plain() for each in self.entries],
            "files": self.files,
            "unfinished": self.unfinished,
            "options": self.options,
        }
        replaced(folder / MARK, f"{json.dumps(plain)}\n".encode())


def _mark(folder: Path, options: StoreOptions | None) -> _Mark:
    """Return what was written before; of other options nothing: then all is written anew."""
    try:
        plain: dict[str, Any] = json.loads((folder / MARK).read_bytes())
        entries = tuple(map(Entry.from_plain, plain["entries"]))
    except FileNotFoundError:
        if any(each.name.lower() == ROOT.lower() for each in folder.iterdir()):
            raise EmulationError(
                "store", f"{folder} has a {ROOT} folder that no emulated stamp wrote; nothing was changed"
            ) from None
        return _Mark()
    except (ValueError, KeyError, TypeError) as error:
        raise EmulationError("store", f"{folder / MARK} is damaged; nothing was changed") from error
    if options is not None and plain["options"] != _digest(options):
        _remove(folder, set(plain["files"]))
        return _Mark(entries)
    return _Mark(entries, tuple(plain["files"]), tuple(plain["unfinished"]), plain["options"])


def _digest(options: StoreOptions) -> str:
    return hashlib.sha256(repr(asdict(options)).encode()).hexdigest()


def clear(folder: Path) -> None:
    """Remove what an emulated stamp wrote to a folder; a folder that is empty or missing stays so.

    Raises:
        EmulationError: the folder has files that are not an emulated stamp's.
        OSError: they can't be removed.
    """
    if folder.exists():
        _mark(folder, None)
        with suppress(FileNotFoundError):
            shutil.rmtree(folder / ROOT)
        (folder / MARK).unlink(missing_ok=True)


def _remove(folder: Path, paths: set[str]) -> None:
    for each in paths:
        path = folder / each
        path.unlink(missing_ok=True)
        for parent in path.relative_to(folder).parents:
            if parent.parts and (folder / parent).is_dir() and not any((folder / parent).iterdir()):
                (folder / parent).rmdir()


def _put(path: Path, file: File) -> None:
    """Write a file if its bytes differ."""
    content = file.content()
    try:
        if path.read_bytes() == content:
            return
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
    replaced(path, content)


def replaced(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Write a file in one step, over another."""
    new = path.with_name(f".{path.name}.{os.getpid()}.new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    new.replace(path)
