"""The alerts of the backup service. Their meanings and remedies are in `psbridge.catalogue.alerts`."""

from __future__ import annotations

from typing import Final

from psbridge.catalogue.alerts import ALERTS, AlertType
from psbridge.catalogue.entries.entry import Entry, do

FAULT_IDS: Final = {
    "BackupFailedGeneralFault": "ae29d9dd-40c1-416e-a93c-ab233db25fdd",
    "BackupFailedShareAuthenticationFault": "9bd704a6-3c46-4df9-a7fc-76a7ae377cad",
    "BackupFailedSharePathInvalidFault": "3747b8d2-6f11-4dc3-b560-a4d70ce3497b",
    "BackupFailedShareConnectionFault": "6a712a9c-6c9c-449d-a2e0-db666c919f39",
    "BackupFailedShareOutOfCapacityFault": "b75e2e3c-2036-4dea-b998-c07088cd04d8",
    "BackupFailedShareReadWriteFault": "a8d5a12a-5aee-439d-95d6-f0304c78093c",
    "BackupFailedShareNotAccessibleGeneralFault": "6549483f-74e9-4b6b-aac9-1810d7ee7160",
    "BackupFailedShareUploadDataFault": "adaefed4-a6ad-41ef-b031-5fbfa488a603",
    "BackupPartialSucceededFault": "5aad75c3-398d-4c54-a63a-dfdf75e30f87",
    "BackupSkippedWithFailedOperationFault": "03e5c306-704b-4118-a79b-c8021e0444b0",
    "BackupSchedulerPausedFault": "9cadd26b-48aa-45ad-ab72-e89e79b23edd",
    "BackupShareNotConfiguredFault": "9cb8946a-27dd-4de0-8925-7d3deb2f0fbb",
    "ExternalShareAlmostFullFault": "44339003-7fb8-480d-992e-e3da7b2e9377",
    "BackupDeletionFailedFault": "5328bdff-a75b-4a4c-bfd5-1ba41473b5df",
    "KeyBasedEncryptionDeprecatedFault": "75c74233-a3bb-4247-ad8d-8f2ca0d7bfa3",
    "InternalBackupFailedGeneralFault": "5c91161c-a45f-4ce7-89a4-e09a0dc8a2ad",
    "InternalBackupDeletionFailedFault": "01a74d99-ab56-41fb-a234-bffec6f9f868",
}
"""`FaultId` of each type (BackupAlert, build 2301; AzureStack-Tools)."""
_ERRORS: Final = {
    "BackupFailedShareAuthenticationFault": "SmbShareAuthenticationException",
    "BackupFailedSharePathInvalidFault": "SmbSharePathInvalidException",
    "BackupFailedShareConnectionFault": "SmbShareConnectionException",
    "BackupFailedShareOutOfCapacityFault": "SmbShareOutOfCapacityException",
    "BackupFailedShareReadWriteFault": "SmbShareIOException",
    "BackupFailedShareNotAccessibleGeneralFault": "SmbShareNotAccessibleException",
    "BackupPartialSucceededFault": "BackupPartiallySucceededException",
    "BackupSkippedWithFailedOperationFault": "update_running",
    "BackupShareNotConfiguredFault": "ExternalStoreNotConfiguredException",
}
"""The error of the service about the same cause."""
_CAUSES: Final = {
    "BackupFailedGeneralFault": (
        "A role could not export its data.",
        "A service of the stamp was restarted meanwhile.",
    ),
    "BackupFailedShareAuthenticationFault": (
        "The password of the share's user was changed or has expired.",
        "The user is locked, or is written without its domain.",
    ),
    "BackupFailedSharePathInvalidFault": (
        "The share or its folder was renamed or removed.",
        "The path is not a UNC path, or names a server that the stamp can't resolve.",
    ),
    "BackupFailedShareConnectionFault": (
        "The file server is down, or a firewall blocks SMB (port 445).",
        "The stamp's DNS forwarder does not know the file server.",
    ),
    "BackupFailedShareOutOfCapacityFault": (
        "Other data lies on the same share.",
        "The retention keeps more backups than the share has room for, or old ones could not be deleted.",
    ),
    "BackupFailedShareReadWriteFault": ("The user may read the share, or the folder, but not write.",),
    "BackupFailedShareNotAccessibleGeneralFault": (
        "The file server refuses the stamp's version of SMB.",
        "Another connection to the server exists with other credentials.",
    ),
    "BackupFailedShareUploadDataFault": (
        "The network or the file server broke during the copy.",
        "The share filled up during the copy.",
    ),
    "BackupPartialSucceededFault": ("A role could not export its data; the backup's roles name it.",),
    "BackupSkippedWithFailedOperationFault": (
        "An update failed and was not resumed.",
        "A rotation of secrets or the replacement of a part failed, or is running.",
    ),
    "BackupSchedulerPausedFault": ("An operator switched automatic backups off, such as before an update.",),
    "BackupShareNotConfiguredFault": (
        "Backups were never set up on this stamp.",
        "The settings were cleared, such as by an update that ended the support of key-based encryption.",
    ),
    "ExternalShareAlmostFullFault": ("Backups grow, the retention is long, or other data lies on the share.",),
    "BackupDeletionFailedFault": (
        "The user may write on the share and not delete.",
        "A program, such as a copy job or a virus scanner, holds the files open.",
    ),
    "KeyBasedEncryptionDeprecatedFault": ("Backups were set up with a key, before certificates were supported.",),
}
_BY_ITSELF: Final = "The service closes the alert after the next backup that succeeds; there is no need to close it."


def _entry(it: AlertType) -> Entry:
    clause = it.meaning.rstrip(".")
    return Entry(
        it.name,
        it.titles[0].rstrip(".") if it.titles else f"{clause[0].lower()}{clause[1:]}",
        it.meaning,
        _CAUSES.get(it.name, ()),
        (
            it.remedy,
            do("See all open alerts.", "$ psbridge alert list"),
            *((_BY_ITSELF,) if it.name.startswith(("BackupFailed", "BackupPartial", "BackupSkipped")) else ()),
        ),
        see=("explain:alerts", *((f"explain:{_ERRORS[it.name]}",) if it.name in _ERRORS else ())),
        aliases=(it.fault_type, FAULT_IDS[it.name], *it.titles),
        source=f"the service's alert classes, build 2301 (AzureStack-Tools){'; recorded on a stamp' if it.recorded else ''}",
        inferred=not it.recorded,
    )


ENTRIES: Final = tuple(_entry(it) for it in ALERTS)
