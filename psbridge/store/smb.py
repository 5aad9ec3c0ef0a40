r"""A store on a share, over SMB 3, signed and encrypted. It opens files for reading only, and shares them for everything.

So neither the stamp that writes nor its retention that deletes is disturbed. A login is tried once.
"""

from __future__ import annotations

import re
import socket
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final, TypeVar

import msgspec
from smbprotocol.connection import Connection, Dialects
from smbprotocol.exceptions import (
    AccessDenied,
    BadNetworkName,
    FileIsADirectory,
    LogonFailure,
    NoMoreFiles,
    NoSuchFile,
    ObjectNameInvalid,
    ObjectNameNotFound,
    ObjectPathInvalid,
    ObjectPathNotFound,
    PasswordExpired,
    PathNotCovered,
    SMBAuthenticationError,
    SMBException,
    SMBResponseException,
)
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
from psbridge.errors import UsageError
from psbridge.models.secret import Secret
from psbridge.store.blocking import bounded
from psbridge.store.reader import MOST_ENTRIES, Entry, NotInStore, StoreUnreadable

T = TypeVar("T")
PORT: Final = 445
CONNECT: Final = 30.0
"""Seconds to connect, at most."""
READ: Final = 1 << 20
"""Bytes of one read request, at most; servers offer up to 8 MiB."""

_SHARED: Final = ShareAccess.FILE_SHARE_READ | ShareAccess.FILE_SHARE_WRITE | ShareAccess.FILE_SHARE_DELETE
_FOLDER: Final = FileAttributes.FILE_ATTRIBUTE_DIRECTORY
_REPARSE: Final = FileAttributes.FILE_ATTRIBUTE_REPARSE_POINT
_UNC: Final = re.compile(r"[\\/]{2}([^\\/@:]+)(?:@(\d{1,5}))?[\\/]+([^\\/]+)(?:[\\/]+(.*))?")
_GONE: Final = (ObjectNameNotFound, ObjectPathNotFound, NoSuchFile, ObjectNameInvalid, ObjectPathInvalid)


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

    def entries(self, folder: str, deadline: Deadline) -> Sequence[Entry]:
        """As `psbridge.store.reader.Store`."""
        return self._asked(lambda tree: self._listed(tree, folder), deadline, folder)

    @contextmanager
    def open(self, path: str, deadline: Deadline) -> Iterator[_OpenFile]:
        """As `psbridge.store.reader.Store`."""
        file = self._asked(lambda tree: self._opened(tree, path), deadline, path)
        try:
            yield _OpenFile(file, lambda call, until: self._asked(lambda _: call(), until, path))
        finally:
            with suppress(Exception):  # the connection may be gone, and the server closes it then
                self._asked(lambda _: file.close(), deadline, path)

    def close(self) -> None:
        """End the session, within 3 seconds."""
        connection, self._connection, self._tree = self._connection, None, None
        if connection is not None:
            thread = threading.Thread(target=_disconnect, args=(connection,), daemon=True, name="psbridge-smb-close")
            thread.start()
            thread.join(3.0)

    # -- in the thread that may block ------------------------------------------------------------------------------------

    def _asked(self, call: Callable[[TreeConnect], T], deadline: Deadline, path: str) -> T:
        place = f"{self.where}: {path}" if path else self.where

        def asked() -> T:
            return call(self._connected(deadline))

        try:
            return bounded(asked, deadline, place)
        except _GONE as wrong:
            if not path:
                raise self._unreadable("the folder is not there", "Check the folder's name.") from wrong
            raise NotInStore(path) from wrong
        except (SMBException, OSError, ValueError) as wrong:
            raise self._refused(wrong, path) from wrong

    def _connected(self, deadline: Deadline) -> TreeConnect:
        with self._lock:
            if self._tree is None:
                self._tree = self._connect(min(CONNECT, deadline.remaining()))
            return self._tree

    def _connect(self, timeout: float) -> TreeConnect:
        place = self._place
        connection = Connection(uuid.uuid4(), place.server, place.port, require_signing=True)
        connection.connect(timeout=timeout)
        self._connection = connection
        if connection.dialect < Dialects.SMB_3_0_0:
            raise self._unreadable(
                "the server speaks no SMB 3, so nothing it sends could be encrypted",
                "Enable SMB 3 on the server, or mount the share and name the folder.",
            )
        password = None if self._password is None else self._password.reveal()
        session = Session(connection, username=self._username, password=password, require_encryption=True)
        session.connect()
        tree = TreeConnect(session, rf"\\{place.server}\{place.share}")
        tree.connect()
        return tree

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
        try:
            while len(entries) <= MOST_ENTRIES:
                entries += [
                    entry
                    for each in opened.query_directory("*", FileInformationClass.FILE_DIRECTORY_INFORMATION)
                    for entry in _entry(each)
                ]
        except NoMoreFiles:
            return sorted(entries, key=lambda entry: entry.name)
        finally:
            opened.close()
        raise self._unreadable(f"{folder} has more than {MOST_ENTRIES} entries", "Is it the folder of one stamp?")

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

    def _refused(self, wrong: Exception, path: str) -> Exception:
        if isinstance(wrong, StoreUnreadable):
            return wrong
        for kinds, text, hint in _REFUSALS:
            if isinstance(wrong, kinds):
                return self._unreadable(text, hint, path)
        if "encryption is required" in str(wrong).lower():
            hint = "Enable encryption on the server or the share, or mount the share and name the folder."
            return self._unreadable("the server does not encrypt", hint)
        if isinstance(wrong, FileIsADirectory):
            return NotInStore(path)
        if isinstance(wrong, SMBResponseException):
            return self._unreadable(f"the server refused: NT status 0x{wrong.status:08X}", "Check the share.", path)
        if self._tree is None:
            return self._unreadable("can't connect to the server", "Check its name and port, and that it serves SMB.")
        return self._unreadable("the connection to the server was lost", "Verify again; nothing was changed.", path)

    def _unreadable(self, text: str, hint: str, path: str = "") -> StoreUnreadable:
        return StoreUnreadable(f"{self.where}: {f'{path}: ' if path else ''}{text}", hint=hint)


_ACCOUNT: Final = "Check store_username and store_password. It was tried once; accounts lock after several."
_REFUSALS: Final[tuple[tuple[type[Exception] | tuple[type[Exception], ...], str, str], ...]] = (
    (PasswordExpired, "the account's password has expired", "Set a new password for the account."),
    (LogonFailure, "the server refused the account or its password", _ACCOUNT),
    (SMBAuthenticationError, "the login to the server failed", _ACCOUNT),
    (BadNetworkName, "the server has no such share", "Check the share's name."),
    (PathNotCovered, "it is a DFS link, which is not followed", "Name the server and share that it leads to."),
    (AccessDenied, "the account may not read it", "Give the account of store_username the right to read it."),
    (socket.gaierror, "the server's name can't be resolved", "Check the server's name."),
)


class _OpenFile:
    def __init__(self, file: Open, asked: Callable[[Callable[[], bytes], Deadline], bytes]) -> None:
        self.size = int(file.end_of_file)
        self._file = file
        self._asked = asked

    def read_at(self, offset: int, buffer: memoryview, deadline: Deadline) -> int:
        count = min(len(buffer), self.size - offset, READ)
        if count <= 0:
            return 0
        data = self._asked(lambda: self._file.read(offset, count), deadline)
        buffer[: len(data)] = data
        return len(data)


def _entry(found: Any) -> list[Entry]:
    """Return a folder or a file; a reparse point, such as a link, is not part of a store."""
    name = found["file_name"].get_value().decode("utf-16-le", "replace")
    attributes = found["file_attributes"].get_value()
    if name in {".", ".."} or attributes & _REPARSE:
        return []
    is_folder = bool(attributes & _FOLDER)
    return [Entry(name, is_folder, 0 if is_folder else found["end_of_file"].get_value())]


def _disconnect(connection: Connection) -> None:
    with suppress(Exception):  # it may be gone
        connection.disconnect(True)
