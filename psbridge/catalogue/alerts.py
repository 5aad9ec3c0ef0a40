"""The alerts of the stamp's infrastructure backup service, by their `FaultTypeId`.

The ids are string constants of the service's own assembly (BackupAlert, build 2301; AzureStack-Tools); those marked
`recorded` were also seen in recordings of a stamp or in the documentation. Titles change between builds and languages, so an
alert is known by its id, and by a title only where an answer has no id. What each means and what to do is inferred from its
id, its properties and known titles.
"""

from __future__ import annotations

from typing import Final, NamedTuple

PREFIX: Final = "AzureStack.BackupController."
"""How the fault type of every alert of the backup service begins."""
PROVIDER: Final = "Microsoft.Backup.Admin"
"""The resource provider of the backup service."""


class AlertType(NamedTuple):
    """One type of alert.

    Attributes:
        name: the part of the fault type after `PREFIX`.
        meaning: what it means for the backups, one sentence.
        remedy: what to do, full sentences.
        titles: titles that stamps and published lists of alerts show, the usual one first; which type each belongs to is
            inferred.
        recorded: seen in a recording or in the documentation.
    """

    name: str
    meaning: str
    remedy: str
    titles: tuple[str, ...] = ()
    recorded: bool = False

    @property
    def fault_type(self) -> str:
        """The whole `FaultTypeId`."""
        return f"{PREFIX}{self.name}"


_SHARE: Final = (
    "Test the share from the stamp: Test-AzureStack -Include AzsBackupShareAccessibility at the privileged endpoint."
)

ALERTS: Final = (
    AlertType(
        "BackupFailedGeneralFault",
        "The last backup failed, for a reason that the stamp does not name.",
        "Start another backup. If it fails too, collect the stamp's diagnostic logs and open a support case.",
        ("Backup failed", "Backup failed because of an unknown error"),
        recorded=True,
    ),
    AlertType(
        "BackupFailedShareAuthenticationFault",
        "The last backup failed: the share refused the stamp's user name or password.",
        "Correct the user name and password of the backup settings (Set-AzsBackupConfiguration), and check that the account "
        "is not locked or expired.",
    ),
    AlertType(
        "BackupFailedSharePathInvalidFault",
        "The last backup failed: the path of the share is not valid.",
        "Correct the path of the backup settings (Set-AzsBackupConfiguration): \\\\server\\share by a name that the stamp "
        "can resolve.",
        ("Backup failed because backup file share path is not valid",),
    ),
    AlertType(
        "BackupFailedShareConnectionFault",
        "The last backup failed: the stamp could not connect to the server of the share.",
        f"Check the server of the share, name resolution and the firewall between it and the stamp. {_SHARE}",
        ("Backup failed because of network connectivity issues",),
    ),
    AlertType(
        "BackupFailedShareOutOfCapacityFault",
        "The last backup failed: the share is full.",
        "Free space on the share or enlarge it, or keep backups for fewer days; then start a backup.",
        ("Backup failed because file share is full",),
    ),
    AlertType(
        "BackupFailedShareReadWriteFault",
        "The last backup failed: the stamp could not read or write on the share.",
        f"Give the account of the backup settings read and write rights on the share and on its folder. {_SHARE}",
        ("Cannot write to the backup file share",),
    ),
    AlertType(
        "BackupFailedShareNotAccessibleGeneralFault",
        "The last backup failed: the share is not accessible, for a reason that the stamp does not name.",
        f"Check path, account and server of the share. {_SHARE}",
        ("Backup failed because can't access backup share",),
    ),
    AlertType(
        "BackupFailedShareUploadDataFault",
        "The last backup failed while it was copied to the share.",
        "Check the share's free space and the network, then start another backup.",
    ),
    AlertType(
        "BackupPartialSucceededFault",
        "The last backup is incomplete: some roles failed.",
        "Start another backup. If the same roles fail again, open a support case and name them.",
        ("Backup only partially completed because of an unexpected error",),
    ),
    AlertType(
        "BackupSkippedWithFailedOperationFault",
        "The scheduled backup was skipped, because an update or a rotation of secrets runs or has failed.",
        "End or repair that operation in the portal (Update, or the rotation of secrets). Then start a backup.",
        (
            "The scheduled backup was skipped due to a conflict with failed operations",
            "The scheduled backup was skipped due to a conflict with unfinished operations",
        ),
        recorded=True,
    ),
    AlertType(
        "BackupSchedulerPausedFault",
        "The scheduler is off: the stamp makes no backups by itself.",
        "Turn automatic backups on in the portal (Infrastructure backup), or start each backup yourself, for example "
        "daily with psbridge.",
        ("Automatic backups are disabled.", "Infrastructure backups are paused"),
        recorded=True,
    ),
    AlertType(
        "BackupShareNotConfiguredFault",
        "No share is set, so the stamp can make no backup.",
        "Set share, account and encryption certificate in the portal (Infrastructure backup, Basic settings).",
        ("Backup is not enabled for a location",),
    ),
    AlertType(
        "ExternalShareAlmostFullFault",
        "The share is almost full; the next backups may fail.",
        "Free space on the share or enlarge it, or keep backups for fewer days.",
        ("The backup file share is almost full",),
    ),
    AlertType(
        "BackupDeletionFailedFault",
        "Old backups could not be deleted, so the share fills up. Newer backups are not affected.",
        "Check that the account of the backup settings may delete on the share, and that nothing holds the files open.",
        ("Backup could not be deleted",),
    ),
    AlertType(
        "KeyBasedEncryptionDeprecatedFault",
        "The settings still hold a symmetric key for encryption, which newer builds no longer support.",
        "Set an encryption certificate (Set-AzsBackupConfiguration -EncryptionCertPath) before the next update.",
    ),
    AlertType(
        "InternalBackupFailedGeneralFault",
        "A backup to the stamp's own store failed.",
        "Start another backup. If it fails too, collect the stamp's diagnostic logs and open a support case.",
    ),
    AlertType(
        "InternalBackupDeletionFailedFault",
        "Old backups in the stamp's own store could not be deleted.",
        "Collect the stamp's diagnostic logs and open a support case.",
    ),
)
_BY_TYPE: Final = {it.fault_type.casefold(): it for it in ALERTS}
_BY_TITLE: Final = {title.casefold().rstrip("."): it for it in ALERTS for title in it.titles}
_READ: Final = "Read it in the operator's portal under Alerts."


def alert_type(fault_type: str | None) -> AlertType | None:
    """Return what is known of a fault type, ignoring case; None for one that this release does not know."""
    return _BY_TYPE.get((fault_type or "").casefold())


def remedy(fault_type: str | None, title: str | None) -> str:
    """Return what to do about an alert, by its fault type, or by its title where an answer has no fault type; sentences."""
    by_title = _BY_TITLE.get((title or "").casefold().strip().rstrip("."))
    known = alert_type(fault_type) if fault_type else by_title
    return known.remedy if known else _READ
