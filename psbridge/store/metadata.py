"""What the metadata files of a store say: snapshots (XML), the backup's information (XML), registrations (JSON).

Names and types of the elements are known from Microsoft's open validator and from strings of the stamp's own code; a whole
file of a running stamp was never seen. So elements are matched by their local name in any order, unknown ones are ignored,
and what is well-formed but of another form is `NotRecognized`: neither good nor bad.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from psbridge.bounded_json import loads
from psbridge.models.time import Instant
from psbridge.xmlbounds import Bounds, TooMuchXml, read

LARGEST_METADATA: Final = 1 << 20
"""Bytes; one of a repository has some two thousand, a BackupInfo of 60 repositories some thirty thousand."""
LARGEST_REGISTRATIONS: Final = 4 << 20
KNOWN_VERSIONS: Final = frozenset({"1.0.1", "1.1.0"})
"""Data versions: before 2102, and progressive backups since."""
NO_ID: Final = "00000000-0000-0000-0000-000000000000"
"""In a full snapshot, of the one before it and of the full one it depends on."""

_BOUNDS: Final = Bounds(size=LARGEST_METADATA, nodes=20_000, depth=16)
_LONGEST: Final = 4096
"""Characters of a value; a wrapped key has 344, or 684 with a certificate of 4096 bits."""
_DECLARATION: Final = re.compile(r"<\?xml[^>]{1,200}\?>")
_GUID: Final = re.compile(r"\{?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\}?", re.IGNORECASE)


class Unreadable(ValueError):
    """The file is damaged: it is not the XML or JSON that it should be. The text is a clause for users."""


class NotRecognized(ValueError):
    """The file is whole, but of a form that this release does not know. The text is a clause for users."""


class SnapshotMetadata(msgspec.Struct, frozen=True, kw_only=True):
    """A snapshot's metadata. Texts are empty where the file does not say; ids are lower case.

    Attributes:
        repository: `Role;Component;Partition;Repository`, each part left empty written as `-`; empty if it names no role.
    """

    repository: str
    backup_id: str
    snapshot_id: str
    kind: str
    previous: str
    full: str
    status: str
    created: str
    thumbprint: str
    stamp_version: str
    oem_version: str
    deployment_id: str
    data_version: str
    wrapped_key: str


class BackupInformation(msgspec.Struct, frozen=True, kw_only=True):
    """A backup's own information. It is written before the data, so alone it proves nothing.

    Attributes:
        uploaded: None if the file does not say.
        repositories: their full names.
    """

    backup_id: str
    status: str
    deployment_id: str
    stamp_version: str
    thumbprint: str
    uploaded: bool | None
    repositories: tuple[str, ...]


def snapshot_metadata(data: bytes) -> SnapshotMetadata:
    """Return what a snapshot's metadata file says.

    Raises:
        Unreadable: it is not well-formed.
        NotRecognized: it is XML of another kind, of an unknown data version, or a value has another form.
    """
    root = _root(data, "BackupSnapshot")
    values = _values(root, {"ComponentInfo", "SnapshotProperties"})
    _check_version(values)
    kind = _kind(values.get("BackupType", ""))
    previous, full = _id(values.get("PreviousSnapshotId", "")), _id(values.get("DependentFullSnapshotId", ""))
    return SnapshotMetadata(
        repository=full_name(
            *(values.get(name, "") for name in ("RoleName", "ComponentName", "PartitionId", "RepositoryName"))
        ),
        backup_id=_id(values.get("BackupId", "")),
        snapshot_id=_id(values.get("SnapshotId", "")),
        kind=kind,
        previous="" if kind == "Full" else previous,
        full="" if kind == "Full" else full,
        status=values.get("BackupStatus", ""),
        created=_instant(values.get("CreatedDateTime", "")),
        thumbprint=values.get("EncryptionCertThumbprint", "").upper(),
        stamp_version=values.get("StampVersion", ""),
        oem_version=values.get("OemVersion", ""),
        deployment_id=_id(values.get("DeploymentID", "")),
        data_version=values["BackupDataVersion"],
        wrapped_key=values.get("EncryptedBackupEncryptionKey", ""),
    )


def backup_information(data: bytes) -> BackupInformation:
    """Return what a backup's information file says.

    Raises:
        Unreadable, NotRecognized: as `snapshot_metadata`.
    """
    root = _root(data, "BackupInfo")
    values = _values(root, set())
    _check_version(values)
    backup_id = _id(values.get("BackupId", ""))
    if not backup_id:
        raise NotRecognized("it names no backup")
    uploaded = values.get("CompletelyUploaded", "").strip().lower()
    if uploaded not in {"", "true", "false", "1", "0"}:
        raise NotRecognized("its CompletelyUploaded is neither true nor false")
    names = (each.text or "" for each in root.iter() if _local(each.tag) == "FullRepositoryName")
    return BackupInformation(
        backup_id=backup_id,
        status=values.get("Status", ""),
        deployment_id=_id(values.get("DeploymentID", "")),
        stamp_version=values.get("StampVersion", ""),
        thumbprint=values.get("EncryptionCertThumbprint", "").upper(),
        uploaded=None if not uploaded else uploaded in {"true", "1"},
        repositories=tuple(name.strip()[:_LONGEST] for name in names if name.strip()),
    )


class Registrations(msgspec.Struct, frozen=True):
    """Full names of repositories: those that a recovery needs, and those that are encrypted twice."""

    essential: tuple[str, ...]
    double_encrypted: tuple[str, ...]


def registrations(data: bytes) -> Registrations:
    """Return what the registrations say of the repositories.

    Raises:
        Unreadable: it is not JSON.
        NotRecognized: it has no such list.
    """
    try:
        value = loads(data.decode("utf-8-sig"), pairs=_object)
    except NotRecognized:
        raise
    except ValueError as wrong:
        raise Unreadable("it is not JSON") from wrong
    rows = _rows(value)
    if not rows or not all("essentialforcloudrecovery" in row for row in rows):
        raise NotRecognized("it has no list of repositories with EssentialForCloudRecovery")
    essential = _where(rows, "essentialforcloudrecovery")
    if not essential:
        raise NotRecognized("it names no repository that a recovery needs")
    return Registrations(essential, _where(rows, "doubleencryptionrequired"))


def full_name(role: str, component: str, partition: str, repository: str) -> str:
    """Return a repository's full name; a part left empty is written `-`. Empty without a role."""
    return ";".join(part or "-" for part in (role, component, partition, repository)) if role else ""


def _rows(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a list, of an object's one list, or of an object of objects."""
    if isinstance(value, dict):
        lists = [each for each in value.values() if isinstance(each, list)]
        value = lists[0] if len(lists) == 1 else list(value.values())
    rows = value if isinstance(value, list) else []
    if not all(isinstance(row, dict) for row in rows):
        raise NotRecognized("its list has something other than repositories")
    return rows


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object with its keys in lower case."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        if found.setdefault(key.lower(), value) != value:
            raise NotRecognized("it has two values of one name")
    return found


def _where(rows: Sequence[Mapping[str, Any]], key: str) -> tuple[str, ...]:
    return tuple(_registered(row) for row in rows if _flag(row.get(key)))


def _flag(value: object) -> bool:
    """Return a flag; what is neither true nor false could hide that a recovery needs a repository."""
    text = str(value).lower()
    if text not in {"true", "false", "none"}:
        raise NotRecognized("it has a flag that is neither true nor false")
    return text == "true"


def _registered(row: Mapping[str, Any]) -> str:
    parts = [row.get(name) or "" for name in ("rolename", "componentname", "partitionid", "repositoryname")]
    if not all(isinstance(part, str) and len(part) <= _LONGEST for part in parts) or not parts[0]:
        raise NotRecognized("it has a repository without a role, or with a name that is not one")
    return full_name(*parts)


def _root(data: bytes, name: str) -> ET.Element:
    try:
        root = read(_utf8(data), _BOUNDS)
    except TooMuchXml as wrong:
        raise Unreadable(f"it has {wrong}") from wrong
    except (ET.ParseError, UnicodeError, ValueError) as wrong:
        raise Unreadable("it is not well-formed XML") from wrong
    if _local(root.tag) != name:
        raise NotRecognized(f"it is not a {name}")
    return root


def _utf8(data: bytes) -> bytes:
    """Return a text as UTF-8 without a declaration; .NET writes UTF-8, or UTF-16 with its mark."""
    wide = data[:2] in {b"\xff\xfe", b"\xfe\xff"}
    text = data.decode("utf-16" if wide else "utf-8-sig")
    declaration = _DECLARATION.match(text)
    return text[declaration.end() if declaration else 0 :].encode("utf-8")


def _local(tag: object) -> str:
    return str(tag).rpartition("}")[2]


def _values(root: ET.Element, within: set[str]) -> dict[str, str]:
    """Return the texts of the elements without children, of the root and of the named elements within it."""
    found: dict[str, str] = {}
    for element in [child for part in root for child in (part if _local(part.tag) in within else (part,))]:
        name, text = _local(element.tag), (element.text or "").strip()
        if len(element):
            continue
        if found.get(name, text) != text:
            raise NotRecognized("it has two values of one name")
        if len(text) > _LONGEST:
            raise NotRecognized(f"it has a value of {len(text)} characters")
        found[name] = text
    return found


def _check_version(values: Mapping[str, str]) -> None:
    version = values.get("BackupDataVersion", "")
    if not version:
        raise NotRecognized("it has no BackupDataVersion")
    if version not in KNOWN_VERSIONS:
        raise NotRecognized(f"its data version is {version[:40]}")


def _kind(text: str) -> str:
    """Return `Full` or `Progressive`; the legacy layout has full ones only, and says nothing."""
    kinds = {"": "Full", "full": "Full", "1": "Full", "progressive": "Progressive", "2": "Progressive"}
    kind = kinds.get(text.lower())
    if kind is None:
        raise NotRecognized(f"its backup type is {text[:40]}")
    return kind


def _id(text: str) -> str:
    if not text:
        return ""
    found = _GUID.fullmatch(text)
    if found is None:
        raise NotRecognized("it has an id that is not one")
    return "" if found[1] == NO_ID else found[1].lower()


def _instant(text: str) -> str:
    try:
        return str(Instant.parse(text)) if text else ""
    except ValueError as wrong:
        raise NotRecognized("its CreatedDateTime is not a time") from wrong
