"""Errors of Windows that a share of backups meets; the backup service knows them (their grouping is inferred)."""

from __future__ import annotations

from typing import Final

from psbridge.catalogue.entries.entry import Entry, do

_SHARE: Final = "troubleshooting#the-share"
_SETTINGS: Final = do("See the path, the user and the free space.", "$ psbridge settings show")
_TEST: Final = do(
    "Let the stamp itself test the share, in a session to the privileged endpoint (PEP).",
    "PS> Test-AzureStack -Include AzsBackupShareAccessibility",
)
_SET: Final = (
    "Set path, user and password together, in the portal (Infrastructure backup) or with Set-AzsBackupConfiguration."
)
_START: Final = do("Start a backup when the cause is gone.", "$ psbridge backup start")
_PORT: Final = do(
    "See whether the file server answers, from a machine next to the stamp.", "PS> Test-NetConnection SERVER -Port 445"
)
_SESSIONS: Final = do("See the sessions on the file server.", "PS> Get-SmbSession")
_WHAT: Final = {
    "login": "The stamp can't write its backups: the share refuses it. A backup fails, or is refused before it begins.",
    "path": "The stamp can't write its backups: the path leads nowhere.",
    "connection": "The stamp can't write its backups: it does not reach the file server.",
    "conflict": "The stamp can't write its backups while the conflict lasts.",
    "full": "Backups fail, or end incomplete, until there is room.",
}
_ERRORS: Final = {
    "login": "SmbShareAuthenticationException",
    "path": "SmbSharePathInvalidException",
    "connection": "SmbShareConnectionException",
    "conflict": "SmbConnectionConflictException",
    "full": "SmbShareOutOfCapacityException",
}


def _error(
    number: int, name: str, title: str, group: str, causes: tuple[str, ...], *steps: str, aliases: tuple[str, ...] = ()
) -> Entry:
    return Entry(
        f"win32-{number}",
        title,
        _WHAT[group],
        causes,
        (*steps, _SETTINGS, _TEST, _START),
        see=(_SHARE, f"explain:{_ERRORS[group]}"),
        aliases=(name, str(number), f"0x{0x80070000 + number:08x}", *aliases),
        exit_code="prerequisite",
        source="winerror.h; which errors the service knows: its assembly BackupUtils (AzureStack-Tools)",
        inferred=True,
    )


ENTRIES: Final = (
    _error(
        5,
        "ERROR_ACCESS_DENIED",
        "access to the share or its folder is denied",
        "login",
        ("The user has no right to write on the share, or in the folder.", "The user may log on at other times only."),
        "Give the user the right to read and write, on the share and in the folder.",
    ),
    _error(
        39,
        "ERROR_HANDLE_DISK_FULL",
        "the disk of the share is full",
        "full",
        ("Other data lies on the same disk.", "The retention keeps more backups than there is room for."),
        "Free space, or enlarge the share.",
        aliases=("-2147024857",),
    ),
    _error(
        53,
        "ERROR_BAD_NETPATH",
        "the network path was not found",
        "connection",
        (
            "The name of the file server is wrong, or the stamp's DNS does not know it.",
            "A firewall blocks SMB (port 445).",
        ),
        _PORT,
        aliases=("The network path was not found", "NetworkPathNotFound"),
    ),
    _error(
        55,
        "ERROR_DEV_NOT_EXIST",
        "the share is no longer available",
        "path",
        ("The share was removed while it was used.", "The file server was restarted."),
    ),
    _error(
        67,
        "ERROR_BAD_NET_NAME",
        "the share's name was not found on the file server",
        "path",
        ("The share was renamed or removed, or its name is misspelled.",),
        do("List the shares on the file server.", "PS> Get-SmbShare"),
        aliases=("The network name cannot be found",),
    ),
    _error(
        86,
        "ERROR_INVALID_PASSWORD",
        "the password of the share's user is wrong",
        "login",
        ("The password was changed on the file server or in the domain, and not in the backup settings.",),
        _SET,
    ),
    _error(
        112,
        "ERROR_DISK_FULL",
        "there is not enough space on the share",
        "full",
        ("Other data lies on the same share.", "The retention keeps more backups than there is room for.", "A quota."),
        "Free space, or enlarge the share.",
        aliases=("-2147024784", "There is not enough space on the disk"),
    ),
    _error(
        170,
        "ERROR_BUSY",
        "the resource is in use",
        "conflict",
        ("Another program holds the share or a file on it.",),
        _SESSIONS,
    ),
    _error(
        487,
        "ERROR_INVALID_ADDRESS",
        "the address of the share is invalid",
        "path",
        ("The path is not a UNC path.",),
        _SET,
    ),
    _error(
        1203,
        "ERROR_NO_NET_OR_BAD_PATH",
        "no network took the path of the share",
        "path",
        ("The path is misspelled, or the file server is not reachable.",),
        _PORT,
    ),
    _error(
        1205,
        "ERROR_BAD_PROVIDER",
        "the name of the network provider is invalid",
        "connection",
        ("The file server offers no version of SMB that the stamp uses.",),
        _PORT,
    ),
    _error(
        1206,
        "ERROR_CANNOT_OPEN_PROFILE",
        "the profile of network connections can't be opened",
        "connection",
        ("A fault inside the stamp.",),
    ),
    _error(
        1219,
        "ERROR_SESSION_CREDENTIAL_CONFLICT",
        "the server is already connected with other credentials",
        "conflict",
        (
            "Two users of one machine use the same server name.",
            "The credentials were changed while a connection was open.",
        ),
        "Wait some minutes and retry. If it stays, use another name of the file server in the path.",
        _SESSIONS,
    ),
    _error(
        1222,
        "ERROR_NO_NETWORK",
        "the network is not there, or was not started",
        "connection",
        ("The file server does not answer.", "A fault of the stamp's network."),
        _PORT,
    ),
    _error(
        1326,
        "ERROR_LOGON_FAILURE",
        "the user name or the password of the share is wrong",
        "login",
        ("The password was changed.", "The user is written without its domain: DOMAIN\\user."),
        _SET,
        aliases=("The user name or password is incorrect", "LogonFailure"),
    ),
    _error(
        1909,
        "ERROR_ACCOUNT_LOCKED_OUT",
        "the account of the share's user is locked",
        "login",
        ("An old password is tried again and again, such as by the stamp itself.",),
        "Set the new password in the backup settings first, then have the account unlocked.",
    ),
    _error(
        2202,
        "ERROR_BAD_USERNAME",
        "the user name of the share is invalid",
        "login",
        ("The user name has characters or a form that Windows does not take.",),
        _SET,
    ),
    _error(
        2250,
        "ERROR_NOT_CONNECTED",
        "the connection to the share does not exist",
        "connection",
        ("The connection broke, such as at a restart of the file server.",),
        _PORT,
    ),
)
