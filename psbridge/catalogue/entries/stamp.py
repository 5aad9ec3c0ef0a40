"""Errors of the backup service. Its codes are the names of its exception classes."""

from __future__ import annotations

from typing import Final

from psbridge.catalogue.entries.entry import do
from psbridge.catalogue.entries.meanings import Long, entries

_SHARE: Final = "troubleshooting#the-share"
_SETTINGS: Final = do("See the path, the user and the free space.", "$ psbridge settings show")
_TEST: Final = do(
    "Let the stamp itself test the share, in a session to the privileged endpoint (PEP).",
    "PS> Test-AzureStack -Include AzsBackupShareAccessibility",
)
_START: Final = do("Start one when the cause is gone.", "$ psbridge backup start")
_LIST: Final = do("See what is running.", "$ psbridge backup list")
_CONFIRM: Final = do("Read the alerts and the newest backup.", "$ psbridge alert list", "$ psbridge backup confirm")
_VERSIONS: Final = do("See the module's version on the host.", "PS> Get-Module -ListAvailable Azs.Backup.Admin")
_NOT_A_BACKUP: Final = (
    "It is about another operation than a backup. As the answer to a start request it proves nothing: psbridge searches for "
    "the backup."
)
_RESTORE: Final = ("Someone restores this stamp, or tried to.",)

ENTRIES: Final = tuple(
    entries(
        {
            "BackupConflictException": Long(
                (
                    "The scheduler or another operator started a backup.",
                    "An earlier start of this machine is still running.",
                ),
                (_LIST,),
                ("troubleshooting#another-backup-or-an-update-is-in-the-way-7",),
            ),
            "PreconditionFailedException": Long(
                (
                    "An update is installing or has failed.",
                    "A rotation of secrets or the replacement of a part is running or has failed.",
                ),
                (do("See the update's state on the host.", "PS> Get-AzsUpdateLocation | Format-List Name, State"),),
                ("troubleshooting#another-backup-or-an-update-is-in-the-way-7",),
            ),
            "ExternalStoreNotConfiguredException": Long(
                ("Backups were never set up on this stamp, or the settings were cleared.",),
                (_SETTINGS, _START),
                (_SHARE, "explain:BackupShareNotConfiguredFault"),
            ),
            "EncryptionCertNotConfiguredException": Long(
                (
                    "The certificate was never set, or was cleared with the settings.",
                    "A symmetric key was set, which newer builds no longer support.",
                ),
                (
                    "The file holds the certificate only (.cer, RSA of 2048 bits or more), never the private key.",
                    _SETTINGS,
                    _START,
                ),
                (_SHARE, "explain:KeyBasedEncryptionDeprecatedFault"),
            ),
            "InternalBackupStoreNotConfiguredException": Long(
                ("The stamp's own store is not set up; operators have no setting for it.",),
                (_CONFIRM,),
            ),
            "SmbShareOutOfCapacityException": Long(
                (
                    "Other data lies on the share.",
                    "The retention keeps more backups than there is room for, or old ones could not be deleted.",
                ),
                (_SETTINGS, _START),
                (_SHARE, "explain:win32-112", "explain:BackupFailedShareOutOfCapacityFault"),
            ),
            "SmbShareException": Long(
                ("The path, the user or password, or the network to the file server.",),
                (_SETTINGS, _TEST),
                (_SHARE,),
            ),
            "SmbShareAuthenticationException": Long(
                (
                    "The password of the share's user was changed or has expired.",
                    "The user is locked, or is written without its domain.",
                ),
                (
                    "Set path, user and password together: in the portal, or with Set-AzsBackupConfiguration.",
                    _TEST,
                ),
                (_SHARE, "explain:win32-1326", "explain:win32-86", "explain:win32-1909"),
                title="the share refuses the stamp's user name or password",
            ),
            "SmbShareConnectionException": Long(
                (
                    "The file server is down, or a firewall blocks SMB (port 445) from the stamp.",
                    "The stamp's DNS does not know the file server.",
                ),
                (_TEST, _SETTINGS),
                (_SHARE, "explain:win32-53", "explain:win32-1222"),
                title="the stamp can't connect to the file server of its backup share",
            ),
            "SmbConnectionConflictException": Long(
                ("The stamp has another connection to the same server with other credentials.",),
                ("Wait some minutes and retry. If it stays, use another name of the file server in the path.", _TEST),
                (_SHARE, "explain:win32-1219"),
                title="the stamp's connections to the file server conflict",
            ),
            "SmbShareIOException": Long(
                (
                    "The user may read the share or the folder, and not write.",
                    "The file server or the network broke during a write.",
                ),
                (_TEST, _SETTINGS),
                (_SHARE, "explain:win32-5", "explain:BackupFailedShareReadWriteFault"),
                title="the stamp can't read or write on its backup share",
            ),
            "SmbShareNotAccessibleException": Long(
                (
                    "The file server refuses the stamp's version of SMB.",
                    "Path, user or network, without a more exact cause.",
                ),
                (_TEST, _SETTINGS),
                (_SHARE, "explain:BackupFailedShareNotAccessibleGeneralFault"),
                title="the stamp's backup share is not accessible",
            ),
            "SmbSharePathInvalidException": Long(
                (
                    "The share or its folder was renamed or removed.",
                    "The path is not of the form \\\\server\\share.",
                ),
                (_SETTINGS, _TEST),
                (_SHARE, "explain:win32-67", "explain:BackupFailedSharePathInvalidFault"),
                title="the path of the stamp's backup share is invalid",
            ),
            "InfraShareOutOfCapacityException": Long(
                ("The stamp's own store has no space left.",), (_CONFIRM,), title="a store inside the stamp is full"
            ),
            "BadRequestException": Long(
                (
                    "`location` of the target is not the stamp's region.",
                    "The module is of another version than the stamp.",
                ),
                (_VERSIONS,),
                ("troubleshooting#location-and-ids",),
            ),
            "BrpArgumentException": Long(
                ("An argument, such as the location, is not one that the service knows.",),
                (_VERSIONS,),
                ("troubleshooting#location-and-ids",),
                title="the backup service rejects an argument of the request",
            ),
            "BrpMethodNotAllowedException": Long(
                ("The module is of another version than the stamp.",),
                (_VERSIONS,),
                title="the backup service does not allow this request here",
            ),
            "PayloadTooLargeException": Long(
                ("The module, or a gateway, altered the request.",),
                (_VERSIONS,),
                title="the backup service finds the request too large",
            ),
            "ResourceNotFoundException": Long(
                (
                    "Retention removed the backup, or it is another stamp's.",
                    "`location` of the target is not the stamp's region.",
                ),
                (do("List the backups.", "$ psbridge backup list"),),
                ("troubleshooting#location-and-ids",),
            ),
            "BackupOperationException": Long(
                ("The service met an error that has no name of its own.",), (_CONFIRM,), ("explain:alerts",)
            ),
            "BackupPartiallySucceededException": Long(
                ("Some roles could not export their data; the backup's roles name them.",),
                (_CONFIRM,),
                ("explain:partial", "explain:BackupPartialSucceededFault"),
            ),
            "BackupDataExportException": Long(
                ("A service of the stamp could not export its data.",),
                (_CONFIRM,),
                ("explain:roles",),
                title="a role of the stamp could not export its data",
            ),
            "BackupSourceException": Long(
                ("A service of the stamp that backups read from is not available.",),
                (_CONFIRM,),
                ("explain:roles",),
                title="a source of the stamp's backup can't be read",
            ),
            "EceClientException": Long(
                ("The stamp's deployment engine is busy with an update, or is not available.",),
                (_CONFIRM,),
                ("explain:update_running",),
            ),
            "InternalBackupUploadException": Long(
                (
                    "The share filled up or became unreachable during the copy.",
                    "The network between the stamp and the file server broke.",
                ),
                (_TEST,),
                (_SHARE, "explain:BackupFailedShareUploadDataFault"),
            ),
            "RestoreOperationException": Long(
                _RESTORE, (_CONFIRM,), title="a restore on the stamp failed", backup=_NOT_A_BACKUP
            ),
            "RestoreAlreadyDoneException": Long(
                _RESTORE, (_CONFIRM,), title="a restore was asked for that is already done", backup=_NOT_A_BACKUP
            ),
            "WrongStampVersionException": Long(
                ("A backup serves only for the version of the stamp that made it.",),
                (do("Make a backup on the present version.", "$ psbridge backup start"),),
                ("explain:versions",),
                title="the backup is of another version of the stamp",
                backup=_NOT_A_BACKUP,
            ),
            "OperationNotResumableException": Long(
                ("An operation that failed can't be resumed.",),
                (_CONFIRM,),
                title="an operation of the stamp can't be resumed",
                backup=_NOT_A_BACKUP,
            ),
        },
        "names of the service's exception classes (AzureStack-Tools, BackupDataModel.xml)",
        inferred=True,
    )
)
