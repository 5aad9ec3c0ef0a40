"""Metadata of a store: read by local names, bounded, and never guessed."""

import json

import pytest

from psbridge.store.metadata import (
    LARGEST_METADATA,
    NO_ID,
    NotRecognized,
    Registrations,
    Unreadable,
    backup_information,
    registrations,
    snapshot_metadata,
)

ID = "fa396b1d-1111-2222-3333-444444444444"
FULL = "0a396b1d-1111-2222-3333-444444444444"


def snapshot(within="", **changes) -> bytes:
    values = {"BackupDataVersion": "1.1.0", "BackupId": ID.upper(), "EncryptionCertThumbprint": "ab12", **changes}
    text = "".join(f"<{name}>{value}</{name}>" for name, value in values.items() if value is not None)
    return f"<BackupSnapshot>{text}<SnapshotProperties>{within}</SnapshotProperties></BackupSnapshot>".encode()


def test_ids_and_thumbprints_are_of_one_case():
    found = snapshot_metadata(snapshot("<BackupType>Full</BackupType>"))
    assert (found.backup_id, found.thumbprint, found.kind) == (ID, "AB12", "Full")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_encodings_of_dotnet_are_read(encoding):
    text = '<?xml version="1.0" encoding="utf-16"?>\n' + snapshot().decode()
    assert snapshot_metadata(text.encode(encoding)).backup_id == ID


def test_namespaces_and_unknown_elements_are_ignored():
    text = snapshot("<New><BackupId>x</BackupId></New>", Newer="1").replace(
        b"<BackupSnapshot>", b'<BackupSnapshot xmlns="urn:a">'
    )
    assert snapshot_metadata(text).backup_id == ID


def test_a_full_snapshot_has_none_before_it():
    links = (
        f"<PreviousSnapshotId>{NO_ID}</PreviousSnapshotId><DependentFullSnapshotId>{NO_ID}</DependentFullSnapshotId>"
    )
    found = snapshot_metadata(snapshot(f"<BackupType>Full</BackupType>{links}"))
    assert (found.previous, found.full) == ("", "")


def test_a_progressive_snapshot_names_the_one_before_it():
    links = (
        f"<PreviousSnapshotId>{{{FULL}}}</PreviousSnapshotId><DependentFullSnapshotId>{FULL}</DependentFullSnapshotId>"
    )
    found = snapshot_metadata(snapshot(f"<BackupType>2</BackupType>{links}"))
    assert (found.kind, found.previous, found.full) == ("Progressive", FULL, FULL)


@pytest.mark.parametrize(
    "data",
    [
        snapshot(BackupDataVersion="2.0.0"),
        snapshot(BackupDataVersion=None),
        snapshot(BackupId="not-an-id"),
        snapshot("<BackupType>Differential</BackupType>"),
        snapshot("<CreatedDateTime>yesterday</CreatedDateTime>"),
        snapshot("<BackupStatus>Failed</BackupStatus>", BackupStatus="Succeeded"),
        snapshot(StampVersion="1" * 5000),
        b"<BackupInfo/>",
    ],
    ids=["version", "no-version", "id", "type", "time", "twice", "long", "root"],
)
def test_what_has_another_form_is_not_recognized(data):
    with pytest.raises(NotRecognized):
        snapshot_metadata(data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe\x00",
        b"\xff\xfe\x00\xd8",  # half of a pair
        b"<BackupSnapshot>",
        b"<BackupSnapshot>\0</BackupSnapshot>",
        b'<!DOCTYPE a [<!ENTITY b "c">]><BackupSnapshot>&b;</BackupSnapshot>',
        b"<a>" * 300_000,
        b"<a/>" * 200_000,
        b" " * LARGEST_METADATA,  # took half an hour, when a declaration was searched for in all of it
        b"<?xml" * 200_000,
        b"<BackupSnapshot " + b" ".join(b"a%d=''" % n for n in range(60_000)) + b"/>",
    ],
    ids=["empty", "odd", "surrogate", "open", "nul", "entity", "deep", "many", "blank", "declarations", "attributes"],
)
def test_what_is_not_bounded_xml_is_unreadable(data):
    with pytest.raises(Unreadable):
        snapshot_metadata(data)


def info(within: str) -> bytes:
    version = "<BackupDataVersion>1.1.0</BackupDataVersion>"
    return f"<BackupInfo>{version}{within}<R><a><Status>Failed</Status></a></R></BackupInfo>".encode()


def test_a_backup_info_says_whether_it_is_uploaded():
    id = f"<BackupId>{ID}</BackupId>"
    found = backup_information(info(id))
    assert (found.backup_id, found.uploaded, found.status) == (ID, None, "")
    assert backup_information(info(f"{id}<CompletelyUploaded>false</CompletelyUploaded>")).uploaded is False


@pytest.mark.parametrize(
    "within",
    ["", f"<BackupId>{NO_ID}</BackupId>", f"<BackupId>{ID}</BackupId><CompletelyUploaded>soon</CompletelyUploaded>"],
)
def test_a_backup_info_of_another_form_is_not_recognized(within):
    with pytest.raises(NotRecognized):
        backup_information(info(within))


def row(role="NRP", essential=True, **more):
    return {"RoleName": role, "ComponentName": "", "PartitionId": None, "RepositoryName": "Quota"} | {
        "EssentialForCloudRecovery": essential,
        **more,
    }


@pytest.mark.parametrize(
    "made", [lambda rows: rows, lambda rows: {"Rows": rows}, lambda rows: {str(n): it for n, it in enumerate(rows)}]
)
def test_registrations_name_what_a_recovery_needs(made):
    rows = [row(DoubleEncryptionRequired=True), row("WAS", essential="False")]
    assert registrations(json.dumps(made(rows)).encode("utf-8-sig")) == Registrations(
        ("NRP;-;-;Quota",), ("NRP;-;-;Quota",)
    )


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [row(essential=False)],  # then every backup would have all that a recovery needs
        [row(essential=1), row("WAS")],
        [row(essential="yes"), row("WAS")],
        [row(essential=[]), row("WAS")],
        [row(role="")],
        [row(role=["NRP"])],
        [row(role={}), row()],
        [row(role="N" * 5000)],
        [row(), 5],
        [row(), {"RoleName": "WAS"}],
        [row(), row("WAS") | {"essentialForCloudRecovery": False}],
        5,
        {"a": [], "b": []},
    ],
)
def test_registrations_that_could_hide_a_repository_are_not_recognized(rows):
    with pytest.raises(NotRecognized):
        registrations(json.dumps(rows).encode())


@pytest.mark.parametrize(
    "data", [b"", b"\xff", b"[" * 100_000, b"[" + b"1," * 300_000 + b"1]", b"9" * 5000, b"{'a': 1}"]
)
def test_what_is_not_bounded_json_is_unreadable(data):
    with pytest.raises(Unreadable):
        registrations(data)
