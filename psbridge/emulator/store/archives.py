"""What is in a data file once it is decrypted: an archive with the files that Microsoft's BackupValidationTool looks for."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections.abc import Iterable, Iterator
from typing import Final

from psbridge.emulator.store.encryption import KEY_BYTES, Header, Key, data_file
from psbridge.emulator.store.material import guid, stream
from psbridge.emulator.store.snapshots import Snapshot

_QUOTAS: Final = {
    "CRP;Microsoft.Compute.Admin;-;Quota": ("CRP-Microsoft.Compute.Admin.json", {"virtualMachineCount": 50}),
    "NRP;Microsoft.Network.Admin;-;Quota": ("NRP-Microsoft.Network.Admin.json", {"maxVnetsPerSubscription": 50}),
}
_STORAGE: Final = "SRP;SRP;-;-"
_NOISE: Final = 4096
_FIRST_DAY: Final = (2020, 1, 1, 0, 0, 0)  # every member's time, so that an archive is always the same


def content(snapshot: Snapshot) -> bytes:
    """Return what is encrypted."""
    seed = f"{snapshot.backup.id} {snapshot.repository.name}"
    if snapshot.data == "noise":
        return stream(f"{seed} noise", _NOISE)
    if snapshot.data == "empty":
        return _archive(())
    if snapshot.data == "encrypted":
        key = Key(stream(f"{seed} inner key", KEY_BYTES))
        return data_file(_archive(_files(snapshot, seed)), key, stream(f"{seed} inner iv", 16), Header())
    whole = _archive(_files(snapshot, seed))
    return _with_wrong_crc(whole) if snapshot.data == "bad-crc" else whole


def _files(snapshot: Snapshot, seed: str) -> Iterator[tuple[str, bytes]]:
    name, size = snapshot.repository.name, snapshot.size
    if name in _QUOTAS:
        file, quota = _QUOTAS[name]
        yield file, _quotas(quota, size)
    elif name == _STORAGE:
        # The validator looks for a folder of each part and an archive in it.
        own = f"{snapshot.backup.minute}_{snapshot.backup.id}_Full.zip"
        quota = {"capacityInGb": 2048, "numberOfStorageAccounts": 20}
        inner = _archive([("SRP-Microsoft.Storage.Admin.json", _quotas(quota, size))])
        yield f"SRP;Microsoft.Storage.Admin;-;Quota/{own}", inner
        yield f"SRP;StorageAccount;-;SRP/{own}", _archive([("Account.json", b"[]\n")])
    elif name.startswith("WAS;WasService;-;Microsoft."):
        database = snapshot.repository.parts[3]
        yield f"{database}.bak", stream(f"{seed} database", size)
        yield f"{database}.log", stream(f"{seed} log", size // 4)
    elif snapshot.repository.double_encrypted:
        key = Key(stream(f"{seed} inner key", KEY_BYTES))
        yield "data.bin", data_file(stream(seed, size), key, stream(f"{seed} inner iv", 16), Header())
    else:
        yield f"{(snapshot.repository.parts[3] or snapshot.repository.parts[1])}.dat", stream(seed, size)


def _quotas(quota: dict[str, int], size: int) -> bytes:
    one = {"id": f"/quotas/{guid(str(sorted(quota)))}", "name": "Default Quota", "properties": quota}
    text = json.dumps([one], indent=2)
    return f"{text}\n".ljust(size).encode()


def _archive(files: Iterable[tuple[str, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in files:
            archive.writestr(zipfile.ZipInfo(name, _FIRST_DAY), body, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _with_wrong_crc(archive: bytes) -> bytes:
    """Change the checksum of the first file, at both places."""
    start, directory = archive.index(b"PK\x03\x04") + 14, archive.index(b"PK\x01\x02") + 16
    wrong = struct.pack("<I", struct.unpack_from("<I", archive, start)[0] ^ 1)
    whole = bytearray(archive)
    whole[start : start + 4] = whole[directory : directory + 4] = wrong
    return bytes(whole)
