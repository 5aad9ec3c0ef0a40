r"""Where things are in a store: which names have which meaning. Pure; names are compared without case.

Known from Microsoft's open validator and from strings of the stamp's own code, never seen on a running stamp:

    MASBackup\<yyyyMMddHHmm>\<backupId>\BackupInfo.xml, <Role;Comp;Part;Repo>.xml and .zip          before 2102
    MASBackup\ProgressiveBackup\<stampVersion>\registrations.json
    MASBackup\ProgressiveBackup\<stampVersion>\<backupId or time>_BackupInfo.xml
    MASBackup\ProgressiveBackup\<stampVersion>\<Role;Comp;-;Repo>\<yyyyMMddHHmm>_<backupId>_<Full|Progressive>[_C].xml and .zip
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

ROOT: Final = "masbackup"
PROGRESSIVE: Final = "progressivebackup"
REGISTRATIONS: Final = "registrations.json"
LEGACY_INFO: Final = "backupinfo.xml"

_GUID: Final = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_SNAPSHOT: Final = re.compile(rf"(\d{{12}})_({_GUID})_(full|progressive)(?:_c)?\.(xml|zip)", re.IGNORECASE | re.ASCII)
_INFO: Final = re.compile(r"(.+)_backupinfo\.xml", re.IGNORECASE | re.ASCII)
_LEGACY_TIME: Final = re.compile(r"\d{12}", re.ASCII)
_LEGACY_FILE: Final = re.compile(r"([^;]+;[^;]*;[^;]*;[^;]*)\.(xml|zip)", re.IGNORECASE | re.ASCII)
_STAMP_VERSION: Final = re.compile(r"\d{1,9}(?:\.\d{1,9}){1,3}", re.ASCII)


class SnapshotName(msgspec.Struct, frozen=True):
    """What a file of a repository says by its name.

    Attributes:
        time: `yyyyMMddHHmm`, UTC; names sort by it.
        backup_id: lower case.
        kind: `Full` or `Progressive`.
        is_data: the data file; else its metadata.
    """

    time: str
    backup_id: str
    kind: str
    is_data: bool


def snapshot_name(name: str) -> SnapshotName | None:
    """Return what a file name of the progressive layout says; None if it is not one."""
    found = _SNAPSHOT.fullmatch(name)
    if found is None:
        return None
    return SnapshotName(found[1], found[2].lower(), found[3].capitalize(), found[4].lower() == "zip")


def legacy_file(name: str) -> tuple[str, bool] | None:
    """Return the repository of a file of the legacy layout and whether it is the data; None if it is not one."""
    found = _LEGACY_FILE.fullmatch(name)
    return None if found is None else (found[1], found[2].lower() == "zip")


def info_of(name: str) -> str | None:
    """Return what stands before `_BackupInfo.xml` (a backup's id or a time: which is unknown); None if it is not one."""
    found = _INFO.fullmatch(name)
    return None if found is None else found[1].lower()


def is_stamp_version(name: str) -> bool:
    """Return whether a folder is named as a version of a stamp, such as `1.2209.0.53`."""
    return _STAMP_VERSION.fullmatch(name) is not None


def is_repository(name: str) -> bool:
    """Return whether a folder is named as a repository: four parts."""
    return name.count(";") == 3


def is_legacy_time(name: str) -> bool:
    """Return whether a folder is named as the time of a backup of the legacy layout."""
    return _LEGACY_TIME.fullmatch(name) is not None
