"""The entries of a scenario's `store`: how the stamp writes its share, and the faults of the files there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from psbridge.emulator.stamp.scenario_format.document import Value
from psbridge.emulator.stamp.scenario_format.problems import together
from psbridge.emulator.stamp.scenario_format.readers import (
    Key,
    Reader,
    flag,
    mapping,
    pattern,
    several,
    text,
    whole,
    word,
)
from psbridge.emulator.stamp.share import StoreFault, StoreOptions

_INT16: Final = whole(-32768, 32767)
_FAR: Final = 1 << 40  # bytes


def _part() -> Reader:
    """A number from 0 to 1."""
    expected = "a number from 0 to 1, such as 0.5"

    def read(value: Value) -> float:
        plain = value.plain
        if isinstance(plain, bool) or not isinstance(plain, int | float) or not 0 <= plain <= 1:
            value.wrong(expected)
        return float(plain)

    return Reader(expected, read, {"type": "number", "minimum": 0, "maximum": 1})


def _thumbprint() -> Reader:
    printed = pattern("a thumbprint", "[0-9A-F]{40}")
    expected = "other, or a thumbprint of 40 hexadecimal digits"

    def read(value: Value) -> Any:
        return "other" if value.plain == "other" else printed(value)

    return Reader(expected, read, {"anyOf": [{"const": "other"}, printed.schema]})


def _other_file() -> Reader:
    """A backup, or a repository."""
    backup, repository = whole(1, 100), text()
    expected = "a backup from 1, the newest, or the name of a repository"

    def read(value: Value) -> Any:
        return backup(value) if isinstance(value.plain, int) else repository(value)

    return Reader(expected, read, {"anyOf": [backup.schema, repository.schema]})


FAULTS: Final[Mapping[str, Key]] = {
    "missing": Key(
        word(("data", "metadata", "both", "info", "registrations", "recoverypoint")), "a file is not in the share"
    ),
    "altered": Key(
        whole(-_FAR, _FAR), "one bit of a file is another, at this offset; a negative one counts from the end"
    ),
    "truncated": Key(whole(-_FAR, _FAR), "a file has only so many bytes; of a negative number, so many are missing"),
    "swapped_with": Key(_other_file(), "a data file is exchanged with the one of another backup or repository"),
    "chain": Key(
        word(("hole", "no-full", "other-full", "unknown-previous")),
        "a chain is broken: the snapshot before it is missing, its full one is, or its metadata name others",
    ),
    "uploaded": Key(_part(), "the upload stopped after this part of the backup"),
    "other_stamp": Key(word(("metadata", "info")), "the file names the deployment of another stamp"),
    "stamp_version": Key(text(), "the version of the stamp in the metadata"),
    "thumbprint": Key(_thumbprint(), "the thumbprint in the metadata"),
    "wrapped_key": Key(
        word(("other-certificate", "other-backup", "noise", "short", "no-base64")),
        "the wrapped key: for another certificate, of another backup, random bytes, too short, or not base64",
    ),
    "oaep": Key(word(("sha256", "sha1")), "the digest of the wrapped key; sha1 is an older stamp's, and no fault"),
    "status": Key(text(), "the status in the metadata"),
    "data_version": Key(text(), "the version of the data in the metadata"),
    "magic": Key(_INT16, "the first number of the data file; 1 is known"),
    "encryption": Key(_INT16, "the number of the encryption in the data file; 0 is known"),
    "authentication": Key(_INT16, "the number of the authentication in the data file; 0 is known"),
    "content": Key(
        word(("noise", "bad-crc", "empty", "encrypted")),
        "what is encrypted: no archive, one with a wrong CRC, one without files, or one that was encrypted before with another "
        "key",
    ),
    "unknown_elements": Key(flag(), "each metadata file has elements that no release knows; that is no fault"),
    "key_inside": Key(flag(), "the certificate with its key lies among the backups, password `rehearsal`"),
}

SELECTORS: Final[Mapping[str, Key]] = {
    "of": Key(text(), "the repository; `*`: each. By default the first that a recovery needs"),
    "backup": Key(whole(0, 100), "the backup, from 1, the newest; 0: each. By default 1"),
    "file": Key(word(("data", "metadata", "info")), "which file is altered or truncated. By default data"),
}


def _fault(value: Value) -> StoreFault:
    read: dict[str, Any] = {}
    parts = {name: key.reader for name, key in (*SELECTORS.items(), *FAULTS.items())}
    with together() as each:
        with each():
            read = value.read(FAULT.expected, parts)
        with each():
            found = [name for name in FAULTS if value.find(name)]
            if len(found) > 1 or (read and not found):
                said = f"found {' and '.join(found)}" if found else "found none"
                value.refuse(f"expected exactly one of {', '.join(FAULTS)}; {said}")
    selected = {"repository": read.pop("of", None), "backup": read.pop("backup", 1), "file": read.pop("file", "data")}
    ((what, said),) = read.items()
    return StoreFault(what, said, **selected)


def _fault_schema() -> dict[str, Any]:
    every = {
        name: {**key.reader.schema, "description": key.meaning} for name, key in (*SELECTORS.items(), *FAULTS.items())
    }
    return {"type": "object", "properties": every, "additionalProperties": False}


FAULT: Final = Reader("an entry such as {missing: data, of: 'SRP;SRP;-;-'}", _fault, _fault_schema())

_OPTIONS: Final[Mapping[str, Reader]] = {
    "layout": word(("build", "progressive", "legacy")),
    "chain": whole(1, 100),
    "size": whole(1, 64 << 20),
    "oaep": word(("sha256", "sha1")),
    "info_named": word(("id", "time")),
    "faults": several(FAULT),
}


def _store() -> Reader:
    whole_one = mapping(_OPTIONS)
    return Reader(whole_one.expected, lambda value: StoreOptions(**whole_one(value)), whole_one.schema)


STORE: Final = Key(
    _store(),
    "how --store writes the files of the share. layout: as the stamp's build has it (build), progressive or legacy. chain: "
    "members of a chain at most. size: bytes in each repository. oaep: the digest of the wrapped keys. info_named: whether the "
    "name of a BackupInfo file begins with the backup's id or time. faults: what is wrong, see below",
)
