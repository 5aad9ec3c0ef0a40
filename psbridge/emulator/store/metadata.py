"""The XML and JSON files of a store. Names and types are known from strings; the order of the elements is inferred."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from xml.etree import ElementTree as ET

from psbridge.emulator.stamp import ticks
from psbridge.emulator.store.repositories import Repository
from psbridge.emulator.store.snapshots import NO_ID, Backup, Link, Snapshot

Node = str | Sequence[tuple[str, "Node"]]
# What .NET's XmlSerializer writes on each root, used or not.
_ROOT: Final = {
    "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
    "xmlns:xsd": "http://www.w3.org/2001/XMLSchema",
}
_KB: Final = 1024


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _document(root: str, nodes: Sequence[tuple[str, Node]]) -> bytes:
    element = ET.Element(root, _ROOT)
    _fill(element, nodes)
    ET.indent(element)
    text: str = ET.tostring(element, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{text}'.encode()


def _fill(element: ET.Element, nodes: Iterable[tuple[str, Node]]) -> None:
    for name, value in nodes:
        child = ET.SubElement(element, name)
        if isinstance(value, str):
            child.text = value
        else:
            _fill(child, value)


def snapshot_xml(snapshot: Snapshot, wrapped_key: str, plain_size: int, size: int) -> bytes:
    """Return the metadata of a snapshot."""
    backup, repository, link = snapshot.backup, snapshot.repository, snapshot.link
    role, component, partition, own = repository.parts
    took = (backup.end - backup.start) // snapshot.of
    properties: list[tuple[str, Node]] = [
        ("BackupType", snapshot.kind),
        ("PreviousSnapshotId", link.previous or NO_ID),
        ("DependentFullSnapshotId", link.full or NO_ID),
        ("CreatedDateTime", ticks.moment_text(snapshot.created)),
        ("TimeTakenToCreate", ticks.span_text(took)),
        ("Description", ""),
        ("BackupStatus", snapshot.status),
        ("BackupSizeInKb", str(plain_size // _KB)),
        ("CompressedBackupSizeInKb", str(size // _KB)),
    ]
    nodes: list[tuple[str, Node]] = [
        ("BackupDataVersion", snapshot.data_version),
        ("StampVersion", snapshot.stamp_version),
        ("OemVersion", backup.oem_version),
        ("DeploymentID", snapshot.deployment_id),
        ("BackupId", backup.id),
        ("IsAutomaticBackup", _flag(backup.automatic)),
        ("IsContemporaneousBackup", _flag(value=True)),
        ("ComponentInfo", [("RoleName", role), ("ComponentName", component), ("PartitionId", partition)]),
        ("RepositoryName", own),
        ("HostVMName", f"AzS-{role[:8]}01"),
        ("EncryptedBackupEncryptionKey", wrapped_key),
        ("EncryptionCertThumbprint", snapshot.thumbprint),
        ("SnapshotProperties", properties),
    ]
    return _document("BackupSnapshot", [*nodes, *_unknown(snapshot.extra)])


def _unknown(there: bool) -> list[tuple[str, Node]]:
    """Return elements that no release knows."""
    return [("IntroducedLater", [("BackupId", NO_ID), ("Status", "Failed")])] if there else []


def info_xml(
    backup: Backup,
    repositories: Sequence[Repository],
    wrapped_key: str,
    data_version: str,
    size: int,
    *,
    deployment_id: str,
    extra: bool,
) -> bytes:
    """Return the BackupInfo of a backup; a stamp writes it before the data."""
    roles: list[tuple[str, Node]] = []
    for role, status in backup.roles.items():
        # `status` of a repository is its role's: recorded ones all agree.
        parts: list[tuple[str, Node]] = [
            ("RepositoryOperationStatus", [("FullRepositoryName", each.name), ("Status", status)])
            for each in repositories
            if each.role == role
        ]
        named: list[tuple[str, Node]] = [("RoleName", role), ("RepositoryStatus", parts), ("Status", status)]
        roles.append(("RoleOperationStatus", named))
    nodes: list[tuple[str, Node]] = [
        ("BackupDataVersion", data_version),
        ("BackupId", backup.id),
        ("RoleStatus", roles),
        ("Status", backup.status),
        ("CreatedDateTime", ticks.moment_text(backup.end)),
        ("TimeTakenToCreate", ticks.span_text(backup.end - backup.start)),
        ("StampVersion", backup.stamp_version),
        ("OemVersion", backup.oem_version),
        ("DeploymentID", deployment_id),
        ("EncryptedBackupEncryptionKey", wrapped_key),
        ("EncryptionCertThumbprint", backup.thumbprint),
        ("BackupSizeInKb", str(size // _KB)),
        ("CompressedBackupSizeInKb", str(size // _KB)),
        ("CompletelyUploaded", _flag(backup.uploaded >= 1)),
        ("IsAutomaticBackup", _flag(backup.automatic)),
        ("IsCloudRecoveryReady", _flag(backup.ready)),
    ]
    return _document("BackupInfo", [*nodes, *_unknown(extra)])


def registrations_json(
    repositories: Sequence[Repository], last: Mapping[str, tuple[str, Link]], *, extra: bool
) -> bytes:
    """Return registrations.json: one row for each repository. `last`: the last backup of each, with its link."""
    rows = []
    for at, each in enumerate(repositories):
        role, component, partition, own = each.parts
        newest, link = last.get(each.name, (NO_ID, Link()))
        row: dict[str, object] = {
            "RoleName": role,
            "ComponentName": component,
            "PartitionId": partition,
            "RepositoryName": own,
            "EceRolePath": f"Cloud\\Fabric\\{role}",
            "BackupPriority": at + 1,
            "RestorePriority": at + 1,
            "BackupPeriodInMinutes": 720,
            "RetentionPeriodInDays": 7,
            "ProgressiveBackupType": "Progressive" if each.progressive else "Full",
            "EssentialForCloudRecovery": each.essential,
            "RequiredForRestoreActionPlan": each.essential,
            "LastBackupOperationSucceeded": newest != NO_ID,
            "DoubleEncryptionRequired": each.double_encrypted,
            "PreviousSnapshotId": newest,
            "DependentFullSnapshotId": link.full or newest,
        }
        rows.append({**row, "IntroducedLater": {"A": [1]}} if extra else row)
    return _json(rows)


def recovery_point_json(backup: Backup) -> bytes:
    """Return recoverypoint.json; its name is known from strings, all of its content is inferred."""
    return _json(
        {
            "BackupId": backup.id,
            "StampVersion": backup.stamp_version,
            "CreatedDateTime": ticks.moment_text(backup.end),
            "EncryptionCertThumbprint": backup.thumbprint,
        }
    )


def _json(value: object) -> bytes:
    return f"{json.dumps(value, indent=2)}\n".encode()
