"""Whether a data file decrypts to an archive that is whole. Plaintext stays in memory, a megabyte at a time.

In CBC a block is decrypted with the one before it, so any part of a file can be decrypted by itself: a reader that seeks
is enough for `zipfile`, and no plaintext reaches a disk. Call this only for a file whose HMAC was checked.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any, Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from psbridge.clock import Deadline
from psbridge.models.verification import FileTest, TestResult
from psbridge.store.data_file import BLOCK, HEADER, PASSED, Header, Read, damaged
from psbridge.store.key import DataKey
from psbridge.store.reader import OpenFile

EXPECTED: Final = {
    "crp;microsoft.compute.admin;-;quota": "crp-microsoft.compute.admin.json",
    "nrp;microsoft.network.admin;-;quota": "nrp-microsoft.network.admin.json",
    "srp;srp;-;-": "srp;microsoft.storage.admin;-;quota",
    "was;wasservice;-;microsoft.azurestack.subscriptions": "microsoft.azurestack.subscriptions.bak",
}
"""The file, or for SRP the folder, that Microsoft's validator looks for; of other repositories nothing is known."""
MOST_MEMBERS: Final = 100_000
LARGEST_DIRECTORY: Final = 64 << 20
"""Bytes of the archive's directory, which `zipfile` reads as a whole."""
_PIECE: Final = 1 << 20
_INNER: Final = struct.pack("<5h", 1, 0, 0, 16, 64)
_LOCAL: Final = struct.Struct("<4s5H3L2H")
_ENCRYPTED: Final = 0x1
_SIZES_FOLLOW: Final = 0x8


class Decrypted(io.RawIOBase):
    """The plaintext of a data file, decrypted where it is read.

    Args:
        file: the open data file.
        header: its header.
        key: its key.
        deadline: of each read.

    Raises:
        ValueError: its padding is not as PKCS7 says, so it is damaged.
    """

    def __init__(self, file: OpenFile, header: Header, key: DataKey, deadline: Deadline) -> None:
        super().__init__()
        self._file = file
        self._iv = header.iv
        self._key = key
        self._deadline = deadline
        self._at = 0
        self.size = self._cipher_size = file.size - HEADER
        self.size = self._cipher_size - self._padding()

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the position in the plaintext."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Move to a position in the plaintext."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence]
        if base + offset < 0:
            raise ValueError("a position before the archive")
        self._at = base + offset
        return self._at

    def readinto(self, buffer: Any, /) -> int:
        """Decrypt into a buffer, a megabyte at most."""
        view = memoryview(buffer).cast("B")
        count = max(0, min(len(view), _PIECE, self.size - self._at))
        if count:
            skipped = self._at % BLOCK
            view[:count] = self._plain(self._at - skipped, skipped + count)[skipped : skipped + count]
            self._at += count
        return count

    def _plain(self, start: int, count: int) -> bytes:
        """Return the plaintext from a block's start, at least `count` bytes of it."""
        before = BLOCK if start else 0
        wanted = -(-count // BLOCK) * BLOCK
        data = memoryview(bytearray(before + wanted))
        at = 0
        while at < len(data):
            got = self._file.read_at(HEADER + start - before + at, data[at:], self._deadline)
            if not got:
                raise ValueError("the file became shorter while it was read")
            at += got
        iv = bytes(data[:BLOCK]) if before else self._iv
        cipher = Cipher(algorithms.AES256(self._key.for_decryption()), modes.CBC(iv)).decryptor()
        return cipher.update(data[before:]) + cipher.finalize()

    def _padding(self) -> int:
        last = self._plain(self._cipher_size - BLOCK, BLOCK)
        count = last[-1]
        if not 1 <= count <= BLOCK or last[-count:] != bytes([count]) * count:
            raise ValueError("its padding is not that of its key")
        return count


def check_readable(
    file: OpenFile, found: Header, key: DataKey, repository: str, *, is_full: bool, deadline: Deadline, read: Read
) -> FileTest:
    """Decrypt a data file in memory; check its archive and each member's CRC, and that it has what its repository needs.

    Args:
        file: open, and its HMAC was right.
        found: its header.
        key: its key.
        repository: the full name.
        is_full: a full snapshot: what a progressive one must have is not known.
        deadline: of the whole.
        read: is called with the bytes that were decrypted.

    Raises:
        StoreUnreadable: it can't be read any more.
        psbridge.DeadlineExceeded: it timed out.
    """
    try:
        plain = Decrypted(file, found, key, deadline)
        return _checked(plain, repository, is_full, read)
    except _Opaque as inner:
        return FileTest(TestResult.NOT_TESTED, str(inner))
    except (
        ValueError,
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        struct.error,
        OverflowError,
    ) as wrong:
        return damaged(f"it decrypts, but not to a whole archive: {_clause(wrong)}")


class _Opaque(Exception):
    """An inner layer that is encrypted with another key, so that it can't be checked. The text is a clause."""


def _checked(plain: Decrypted, repository: str, is_full: bool, read: Read) -> FileTest:
    first = plain.read(len(_INNER))
    if first == _INNER:
        raise _Opaque("it is encrypted twice; the inner layer can't be opened with this key")
    _check_directory(plain)
    with zipfile.ZipFile(io.BufferedReader(plain, _PIECE)) as archive:
        members = archive.infolist()
        if not members:
            return damaged("it decrypts to an archive without a file")
        for member in members:
            _check_member(archive, member, plain, read)
    expected = EXPECTED.get(repository.lower())
    names = {part for member in members for part in member.filename.replace("\\", "/").lower().split("/")}
    if is_full and expected and expected not in names:
        return damaged(f"its archive has no {expected}")
    return PASSED


def _check_directory(plain: Decrypted) -> None:
    """Refuse an archive whose directory would not fit into memory, before `zipfile` reads it as a whole."""
    tail = min(plain.size, 66_000)
    plain.seek(-tail, io.SEEK_END)
    data = b"".join(_pieces(plain, tail))
    at = data.rfind(b"PK\x05\x06")
    if at < 0 or len(data) < at + 22:
        raise ValueError("it has no directory")
    members, size = struct.unpack("<HL", data[at + 10 : at + 16])
    large = data.rfind(b"PK\x06\x06", 0, at)
    if size == 0xFFFFFFFF or members == 0xFFFF:
        if large < 0 or len(data) < large + 56:
            raise ValueError("it has no directory")
        members, size = struct.unpack("<QQ", data[large + 32 : large + 48])
    if members > MOST_MEMBERS or size > LARGEST_DIRECTORY:
        raise ValueError(f"it has {members} members")
    plain.seek(0)


def _pieces(plain: Decrypted, count: int) -> Iterator[bytes]:
    while count > 0 and (piece := plain.read(count)):
        yield piece
        count -= len(piece)


def _check_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, plain: Decrypted, read: Read) -> None:
    if member.flag_bits & _ENCRYPTED:
        raise _Opaque("its archive is encrypted a second time; that layer can't be opened with this key")
    _check_local(member, plain)
    with archive.open(member) as content:
        before = plain.tell()
        while content.read(_PIECE):
            read(max(0, plain.tell() - before))
            before = plain.tell()


def _check_local(member: zipfile.ZipInfo, plain: Decrypted) -> None:
    """Compare a member's own header with the directory: the IV, which no HMAC covers, alters the first of them."""
    at = plain.tell()
    plain.seek(member.header_offset)
    data = b"".join(_pieces(plain, _LOCAL.size))
    plain.seek(at)
    magic, version, flags, method, time, date, crc, packed, size, _, _ = _LOCAL.unpack(data)
    year, month, day, hour, minute, second = member.date_time
    stamp = (hour << 11 | minute << 5 | second // 2, (year - 1980) << 9 | month << 5 | day)
    same = (magic, flags, method, (time, date)) == (b"PK\x03\x04", member.flag_bits, member.compress_type, stamp)
    sized = crc == member.CRC and _fits(packed, member.compress_size) and _fits(size, member.file_size)
    follows = flags & _SIZES_FOLLOW and crc in {0, member.CRC}
    if not (same and _version_fits(version, member) and (sized or follows)):
        raise ValueError("the header of a member differs from the directory")


def _version_fits(local: int, member: zipfile.ZipInfo) -> bool:
    """Return whether the version of a header is the directory's, which alone may ask for ZIP64."""
    directory = member.extract_version
    return local >> 8 == member.reserved and (
        local & 0xFF == directory or (directory == 45 and local & 0xFF in {10, 20})
    )


def _fits(local: int, size: int) -> bool:
    return local in {size, 0xFFFFFFFF}


def _clause(wrong: Exception) -> str:
    """Return what is wrong, without a name or a value of the plaintext."""
    return str(wrong) if type(wrong) is ValueError else "its directory or a member is damaged"
