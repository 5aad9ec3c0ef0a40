"""The kinds of alerts that the backup service raises, one for each alert class of its public assemblies.

Known: the classes and their purposes (XML documentation next to Azure/AzureStack-Tools'
InfrastructureBackupValidator), and two complete alerts (recordings of June 2020 and March 2021: the skipped backup and the
paused scheduler), from which the form of `faultTypeId`, the severity and the impacted resource are taken for the others
too (inferred). Titles are as operators showed them in public, unless they are marked as inferred. Descriptions and
remedies paraphrase the operator's documentation.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class AlertKind:
    """A kind of alert.

    Attributes:
        name: the alert's class, without `Alert` at its end.
        remedy: the steps, in order.
        failure: whether it reports a backup that did not succeed; at most one of those is open, and the next success closes it
            (`KeepSingleBackupFailedAlert`, `CloseAllBackupFailedAlerts` of those assemblies).
        replaces: whether raising it again closes the open one; others stay open with a new time.
        severity: `Warning` or `Critical`.
        other_type: the `faultTypeId`, for one that is not of these classes.
        provider, resource: what it is about.
    """

    name: str
    title: str
    description: str
    remedy: tuple[str, ...]
    failure: bool = False
    replaces: bool = False
    severity: str = "Warning"
    other_type: str = ""
    provider: str = "Microsoft.Backup.Admin"
    resource: str = "Infrastructure backup"

    @property
    def fault_type(self) -> str:
        """`faultTypeId` on the wire."""
        return self.other_type or f"AzureStack.BackupController.{self.name}Fault"


_AGAIN = "Start a backup, or wait for the next one of the scheduler."
_SUPPORT = "If that does not help, collect logs and contact Support."
_MAP = "Map the share with the configured path from another machine."

_TABLE = (
    AlertKind(
        "BackupFailedGeneral",
        "Backup failed because of an unknown error",
        "The backup ended with an error that has no explanation of its own.",
        (_AGAIN, _SUPPORT),
        failure=True,
    ),
    AlertKind(
        "BackupFailedShareOutOfCapacity",
        "Backup failed because file share is full",
        "The file share that backups are written to has no space left.",
        ("Free space on the share, or add capacity to it.", _AGAIN),
        failure=True,
    ),
    AlertKind(
        "BackupFailedShareConnection",
        "Backup failed because of network connectivity issues",
        "The file share can't be reached over the network.",
        ("Look for a fault between the stamp and the file server.", _MAP, _AGAIN),
        failure=True,
    ),
    AlertKind(
        "BackupFailedSharePathInvalid",
        "Backup failed because backup file share path is not valid",
        "The configured path leads to no file share.",
        (_MAP, "Correct the path in the backup settings if it is wrong.", _AGAIN),
        failure=True,
    ),
    AlertKind(
        "BackupFailedShareAuthentication",
        "Backup failed because can't access backup share",
        "The file share refuses the configured user name or password.",
        ("Check the user and that it may read and write there.", "Update the credentials in the backup settings."),
        failure=True,
    ),
    AlertKind(
        "BackupFailedShareReadWrite",
        "Cannot write to the backup file share",
        "The configured user may not read or write on the file share.",
        ("Give the user read and write permission on the share and its folder.", _AGAIN),
        failure=True,
    ),
    AlertKind(
        "BackupFailedShareNotAccessibleGeneral",
        "Backup file share is not accessible",
        "The file share can't be used, for a reason that has no explanation of its own.",
        (_MAP, _AGAIN, _SUPPORT),
        failure=True,
    ),
    AlertKind(
        "BackupFailedShareUploadData",
        "Backup failed during file copy to external share",
        "The backup was made, but copying it to the file share failed.",
        (_MAP, _AGAIN, _SUPPORT),
        failure=True,
    ),
    AlertKind(
        "BackupPartialSucceeded",
        "Backup only partially completed because of an unexpected error",
        "Some of the roles could not be backed up.",
        (_AGAIN, _SUPPORT),
        failure=True,
    ),
    AlertKind(
        "InternalBackupFailedGeneral",
        "Internal backup failed because of an unknown error",  # inferred
        "The backup to the stamp's internal store failed.",
        (_SUPPORT,),
        failure=True,
    ),
    AlertKind(
        "BackupSkippedWithFailedOperation",
        "The scheduled backup was skipped due to a conflict with failed operations.",  # recorded
        "A scheduled backup did not start because another operation of the stamp has failed: an update, a rotation of "
        "secrets, or the replacement of a part. None starts until that is completed.",
        (
            "Resolve the failed operations: {failedAdminOperations}.",
            "Resume a failed update once its cause is gone; for a failed rotation of secrets contact Support.",
            _AGAIN,
        ),
        replaces=True,
    ),
    AlertKind(
        "BackupSchedulerPaused",
        "Automatic backups are disabled.",  # recorded
        "The scheduler is switched off and no backup was made in the past 24 hours. This is told again every 24 hours.",
        ("Resolve what the scheduler was switched off for.", "Switch it on in the backup settings."),
    ),
    AlertKind(
        "BackupShareNotConfigured",
        "Backup is not enabled for a location",
        "No file share for backups is configured.",
        ("Name a file share, its user and an encryption certificate in the backup settings.",),
    ),
    AlertKind(
        "ExternalShareAlmostFull",
        "Backup file share is almost full",  # inferred
        "The file share that backups are written to is filling up.",
        ("Free space on the share, add capacity to it, or shorten the retention period.",),
    ),
    AlertKind(
        "KeyBasedEncryptionDeprecated",
        "Encryption key for backups is deprecated",  # inferred
        "Backups are encrypted with a key; a certificate takes its place.",
        ("Provide an encryption certificate in the backup settings.", "Keep the key as long as its backups are kept."),
    ),
    AlertKind(
        "BackupDeletionFailed",
        "Backup could not be deleted",
        "Backups that are older than the retention period could not be deleted.",
        (_MAP, "Check that the user may delete there.", "Delete them by hand if they stay."),
    ),
    AlertKind(
        "InternalBackupDeletionFailed",
        "Internal backup could not be deleted",  # inferred
        "Old backups in the stamp's internal store could not be deleted.",
        (_SUPPORT,),
    ),
)
KINDS = MappingProxyType({kind.name: kind for kind in _TABLE})

# The kind that an error of the service raises when it keeps a backup from being made or makes it fail; other errors,
# such as that of a conflict, raise none.
BY_CODE = MappingProxyType(
    {
        "SmbShareOutOfCapacityException": "BackupFailedShareOutOfCapacity",
        "SmbShareConnectionException": "BackupFailedShareConnection",
        "SmbSharePathInvalidException": "BackupFailedSharePathInvalid",
        "SmbShareAuthenticationException": "BackupFailedShareAuthentication",
        "SmbConnectionConflictException": "BackupFailedShareNotAccessibleGeneral",
        "SmbShareIOException": "BackupFailedShareReadWrite",
        "SmbShareNotAccessibleException": "BackupFailedShareNotAccessibleGeneral",
        "SmbShareException": "BackupFailedShareNotAccessibleGeneral",
        "InternalBackupUploadException": "BackupFailedShareUploadData",
        "InfraShareOutOfCapacityException": "InternalBackupFailedGeneral",
        "BackupOperationException": "BackupFailedGeneral",
        "BackupDataExportException": "BackupFailedGeneral",
        "BackupSourceException": "BackupFailedGeneral",
        "EceClientException": "BackupFailedGeneral",
    }
)
