r"""A store on a share, over SMB 3, signed and encrypted. It opens files for reading only, and shares them for everything.

So neither the stamp that writes nor its retention that deletes is disturbed. A login is tried once: by NTLM if there is a
password, else by the user's Kerberos ticket, and never by one after the other.
"""

from __future__ import annotations

import logging
import re
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from typing import Any, Final, TypeVar

import msgspec
from smbprotocol.connection import Connection, Dialects
from smbprotocol.exceptions import NoMoreFiles
from smbprotocol.file_info import FileInformationClass
from smbprotocol.open import (
    CreateDisposition,
    CreateOptions,
    DirectoryAccessMask,
    FileAttributes,
    FilePipePrinterAccessMask,
    ImpersonationLevel,
    Open,
    ShareAccess,
)
from smbprotocol.session import Session
from smbprotocol.tree import TreeConnect

from psbridge.clock import Deadline
from psbridge.errors import DeadlineExceeded, PsbridgeError, UsageError
from psbridge.models.secret import Secret
from psbridge.store import smb_errors
from psbridge.store.blocking import bounded
from psbridge.store.reader import MOST_ENTRIES, Entry, NotInStore, StoreUnreadable
from psbridge.store.smb_errors import Said, Step

T = TypeVar("T")
PORT: Final = 445
CONNECT: Final = 30.0
"""Seconds to connect, at most."""
ANSWER: Final = 60.0
"""Seconds that an answer may take, at most, or all the answers that list a folder."""
READ: Final = 1 << 20
"""Bytes of one read request, at most; servers offer up to 8 MiB."""

_CREDIT: Final = 1 << 16
"""Bytes that one credit of the server pays for ([MS-SMB2] 3.1.5.2)."""
_READERS: Final = 2
"""Files that are read at the same time. If the server grants fewer credits than that takes, one request is sent at a time."""
_SHARED: Final = ShareAccess.FILE_SHARE_READ | ShareAccess.FILE_SHARE_WRITE | ShareAccess.FILE_SHARE_DELETE
_FOLDER: Final = FileAttributes.FILE_ATTRIBUTE_DIRECTORY
_REPARSE: Final = FileAttributes.FILE_ATTRIBUTE_REPARSE_POINT
_UNC: Final = re.compile(r"[\\/]{2}([^\\/@:]+)(?:@(\d{1,5}))?[\\/]+([^\\/]+)(?:[\\/]+(.*))?")


class Place(msgspec.Struct, frozen=True):
    """A folder of a share; `folder` has backslashes between its names and may be empty."""

    server: str
    port: int
    share: str
    folder: str


def place_of(where: str) -> Place:
    r"""Return what `\\server\share\folder` names; `\\server@4445\share` names another port.

    Raises:
        psbridge.UsageError: it names no share.
    """
    found = _UNC.fullmatch(where)
    if found is None or not 0 < int(found[2] or PORT) < 65536:
        raise UsageError(f"{where}: not a share", hint=r"A share is named as \\server\share\folder.")
    folder = "\\".join(part for part in re.split(r"[\\/]+", found[4] or "") if part)
    return Place(found[1], int(found[2] or PORT), found[3], folder)


for _name in ("smbprotocol", "spnego"):
    _logger = logging.getLogger(_name)
    _logger.setLevel(logging.CRITICAL + 1)  # at DEBUG they log whole messages, at ERROR what a broken server sent
    _logger.propagate = False


class SmbStore:
    r"""A store on a share.

    Args:
        where: such as `\\server\share\folder`.
        username: who reads it; None for the Kerberos ticket of this user.
        password: their password.
    """

    def __init__(self, where: str, username: str | None = None, password: Secret | None = None) -> None:
        self.where = where
        self._place = place_of(where)
        self._username = username
        self._password = password
        self._tree: TreeConnect | None = None
        self._connection: Connection | None = None
        self._lock = threading.Lock()
        self._most = READ
        self._turn: AbstractContextManager[object] = nullcontext()
        self._step = Step.CONNECT
        self._over: StoreUnreadable | None = None

    def entries(self, folder: str, deadline: Deadline) -> Sequence[Entry]:
        """As `psbridge.store.reader.Store`."""
        return self._asked(lambda tree: self._listed(tree, folder), deadline, folder)

    @contextmanager
    def open(self, path: str, deadline: Deadline) -> Iterator[_OpenFile]:
        """As `psbridge.store.reader.Store`."""
        file = self._asked(lambda tree: self._opened(tree, path), deadline, path)
        try:
            yield _OpenFile(file, self._most, lambda call, until: self._asked(lambda _: call(), until, path))
        finally:
            with suppress(PsbridgeError):  # the connection may be gone, and the server closes it then
                self._asked(lambda _: file.close(), deadline, path)

    def close(self) -> None:
        """End the session, within 3 seconds; without a word to a server that no longer answers."""
        connection, self._connection, self._tree = self._connection, None, None
        if connection is not None:
            thread = threading.Thread(
                target=_disconnect, args=(connection, self._over is None), daemon=True, name="psbridge-smb-close"
            )
            thread.start()
            thread.join(3.0)

    # -- in the thread that may block ------------------------------------------------------------------------------------

    def _asked(self, call: Callable[[TreeConnect], T], deadline: Deadline, path: str) -> T:
        """Return what the server answers. After a login or an answer that failed, nothing more is sent."""
        if self._over is not None:
            raise self._over
        place = f"{self.where}: {path}" if path else self.where

        def asked() -> T:
            tree = self._connected(deadline)
            with self._turn:
                return call(tree)

        try:
            return bounded(asked, deadline.sooner(ANSWER), place)
        except DeadlineExceeded as late:
            unanswered = f"the server did not answer within {ANSWER:g} s"
            self._over = self._unreadable(Said(unanswered, smb_errors.UNANSWERED), path)
            if deadline.expired:
                raise DeadlineExceeded(
                    f"{place}: timed out while the server was waited for", hint=smb_errors.UNANSWERED
                ) from late
            raise self._over from late
        except (PsbridgeError, NotInStore):
            raise
        except Exception as wrong:  # also what an answer that is not SMB leads to in the library
            raise self._refused(wrong, path) from wrong

    def _connected(self, deadline: Deadline) -> TreeConnect:
        with self._lock:
            if self._over is not None:
                raise self._over
            if self._tree is None:
                self._tree = self._connect(min(CONNECT, deadline.remaining()))
                self._step = Step.READ
                self._divide(self._tree.session.connection)
            return self._tree

    def _connect(self, timeout: float) -> TreeConnect:
        place = self._place
        connection = Connection(uuid.uuid4(), place.server, place.port, require_signing=True)
        self._connection = connection
        connection.connect(timeout=timeout)
        if connection.dialect < Dialects.SMB_3_0_0:
            raise self._unreadable(smb_errors.OLD_SERVER)
        if not connection.supports_encryption:
            raise self._unreadable(smb_errors.PLAIN_SERVER)
        self._step = Step.LOGIN
        password = None if self._password is None else self._password.reveal()
        session = Session(
            connection,
            username=self._username,
            password=password,
            require_encryption=True,
            auth_protocol="kerberos" if password is None else "ntlm",
        )
        session.connect()
        self._step = Step.SHARE
        tree = TreeConnect(session, rf"\\{place.server}\{place.share}")
        tree.connect()
        return tree

    def _divide(self, connection: Connection) -> None:
        """Size requests by the credits that the server granted; without enough of them smbprotocol fails and does not wait."""
        granted = connection.sequence_window["high"] - connection.sequence_window["low"]
        self._most = min(READ, connection.max_read_size, max(granted, 1) * _CREDIT)
        if granted < _READERS * READ // _CREDIT:
            self._turn = threading.Lock()

    def _path(self, path: str) -> str:
        return "\\".join(part for part in (self._place.folder, path.replace("/", "\\")) if part)

    def _listed(self, tree: TreeConnect, folder: str) -> list[Entry]:
        opened = Open(tree, self._path(folder))
        opened.create(
            ImpersonationLevel.Impersonation,
            DirectoryAccessMask.FILE_LIST_DIRECTORY | DirectoryAccessMask.FILE_READ_ATTRIBUTES,
            _FOLDER,
            _SHARED,
            CreateDisposition.FILE_OPEN,
            CreateOptions.FILE_DIRECTORY_FILE,
        )
        entries: list[Entry] = []
        count = 0
        try:
            while count <= MOST_ENTRIES:
                found = opened.query_directory("*", FileInformationClass.FILE_DIRECTORY_INFORMATION)
                count += max(len(found), 1)
                entries += [entry for each in found for entry in _entry(each)]
        except NoMoreFiles:
            return sorted(entries, key=lambda entry: entry.name)
        finally:
            opened.close()
        text = f"it has more than {MOST_ENTRIES} entries"
        raise self._unreadable(Said(text, "Is it the folder of one stamp?"), folder)

    def _opened(self, tree: TreeConnect, path: str) -> Open:
        opened = Open(tree, self._path(path))
        opened.create(
            ImpersonationLevel.Impersonation,
            FilePipePrinterAccessMask.FILE_READ_DATA | FilePipePrinterAccessMask.FILE_READ_ATTRIBUTES,
            FileAttributes.FILE_ATTRIBUTE_NORMAL,
            _SHARED,
            CreateDisposition.FILE_OPEN,
            CreateOptions.FILE_NON_DIRECTORY_FILE | CreateOptions.FILE_OPEN_REPARSE_POINT,
        )
        return opened

    # -- errors ----------------------------------------------------------------------------------------------------------

    def _refused(self, wrong: BaseException, path: str) -> Exception:
        """Return what an error means; one that ends the connection, or a login, ends the store."""
        status = smb_errors.status_of(wrong)
        if status in smb_errors.GONE and self._step is Step.READ:
            return NotInStore(path) if path else self._unreadable(smb_errors.NO_FOLDER)
        said = smb_errors.said(wrong, self._step, ticket=self._password is None)
        problem = self._unreadable(said, path if self._step is Step.READ else "")
        if self._step is not Step.READ or status is None:
            self._over = problem
        return problem

    def _unreadable(self, said: Said, path: str = "") -> StoreUnreadable:
        return StoreUnreadable(f"{self.where}: {f'{path}: ' if path else ''}{said.text}", hint=said.hint)


class _OpenFile:
    def __init__(self, file: Open, most: int, asked: Callable[[Callable[[], bytes], Deadline], bytes]) -> None:
        self.size = max(int(file.end_of_file), 0)
        self._file = file
        self._asked = asked
        self._most = most

    def read_at(self, offset: int, buffer: memoryview, deadline: Deadline) -> int:
        count = min(len(buffer), self.size - offset, self._most)
        if count <= 0:
            return 0
        data = self._asked(lambda: self._read(offset, count), deadline)
        buffer[: len(data)] = data
        return len(data)

    def _read(self, offset: int, count: int) -> bytes:
        try:
            data = bytes(self._file.read(offset, count))
        except Exception as wrong:
            if smb_errors.status_of(wrong) == smb_errors.END_OF_FILE:  # it was cut short since it was opened
                return b""
            raise
        if len(data) > count:
            raise ValueError("the server sent more than it was asked for")
        return data


def _entry(found: Any) -> list[Entry]:
    """Return a folder or a file; a reparse point, such as a link, is not part of a store, and neither is a path for a name."""
    name = found["file_name"].get_value().decode("utf-16-le", "replace")
    attributes = found["file_attributes"].get_value()
    if name in {"", ".", ".."} or attributes & _REPARSE or re.search(r"[\\/\x00]", name):
        return []
    is_folder = bool(attributes & _FOLDER)
    return [Entry(name, is_folder, 0 if is_folder else max(found["end_of_file"].get_value(), 0))]


def _disconnect(connection: Connection, logoff: bool) -> None:
    with suppress(Exception):  # it may be gone
        connection.disconnect(logoff, timeout=3)
