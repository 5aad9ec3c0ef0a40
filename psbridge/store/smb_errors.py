"""What is said where a share can't be read: a sentence and a hint for each cause, by the NT status ([MS-ERREF] 2.3.1)."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from psbridge.catalogue import nt_status


class Step(StrEnum):
    """How far a connection had got."""

    CONNECT = "connect"
    LOGIN = "login"
    SHARE = "share"
    READ = "read"


class Said(NamedTuple):
    """A clause, and what to do."""

    text: str
    hint: str


GONE: Final = frozenset({
    0xC000000F,  # STATUS_NO_SUCH_FILE
    0xC0000033,  # STATUS_OBJECT_NAME_INVALID
    0xC0000034,  # STATUS_OBJECT_NAME_NOT_FOUND
    0xC0000039,  # STATUS_OBJECT_PATH_INVALID
    0xC000003A,  # STATUS_OBJECT_PATH_NOT_FOUND
    0xC000003B,  # STATUS_OBJECT_PATH_SYNTAX_BAD
    0xC0000056,  # STATUS_DELETE_PENDING: retention deletes it now
    0xC00000BA,  # STATUS_FILE_IS_A_DIRECTORY
    0xC0000103,  # STATUS_NOT_A_DIRECTORY
})  # fmt: skip
"""Statuses of a file or folder that is not there, or is the other of the two."""
END_OF_FILE: Final = 0xC0000011

_ACCOUNT: Final = "Check store_username and store_password. It was tried once; accounts lock after several."
_TICKET: Final = (
    "Get a ticket of an account that may read the share (kinit, with psbridge[kerberos]), or set store_username and "
    "store_password."
)
_PASSWORD: Final = "Set a new password for the account, and update store_password."  # noqa: S105
_MOUNT: Final = "or mount the share and name the folder."
_RIGHT: Final = "Give the account of store_username the right to read it."
_AGAIN: Final = "Verify again; nothing was changed."
_PASSWORDS: Final = frozenset({0xC0000071, 0xC0000224})
"""Statuses of a password that must be changed."""

_STATUSES: Final[Mapping[int, Said]] = {
    0xC000006D: Said("the server refused the account or its password", _ACCOUNT),  # STATUS_LOGON_FAILURE
    0xC000006A: Said("the server refused the account or its password", _ACCOUNT),  # STATUS_WRONG_PASSWORD
    0xC0000064: Said("the server refused the account or its password", _ACCOUNT),  # STATUS_NO_SUCH_USER
    0xC0000022: Said("the account may not read it", _RIGHT),  # STATUS_ACCESS_DENIED
    0xC00000CA: Said("the account may not read it", _RIGHT),  # STATUS_NETWORK_ACCESS_DENIED
    0xC00000CC: Said("the server has no such share", "Check the share's name."),  # STATUS_BAD_NETWORK_NAME
    0xC0000418: Said(  # STATUS_NTLM_BLOCKED
        "a policy of the server forbids NTLM",
        "Use a Kerberos ticket: leave out store_username and store_password, and get a ticket with kinit.",
    ),
    0xC0000257: Said(  # STATUS_PATH_NOT_COVERED
        "it is a DFS link, which is not followed", "Name the server and share that it leads to."
    ),
    0xC0000043: Said(  # STATUS_SHARING_VIOLATION
        "another program has the file open and shares it with nobody", "Verify again when that program has ended."
    ),
    0xC0000054: Said(  # STATUS_FILE_LOCK_CONFLICT
        "another program has locked a part of the file", "Verify again when that program has ended."
    ),
    0xC000035C: Said(  # STATUS_NETWORK_SESSION_EXPIRED
        "the login has expired while it was read", "Get a ticket that is valid for longer (kinit -l), and verify again."
    ),
    0xC0000203: Said("the server ended the session", _AGAIN),  # STATUS_USER_SESSION_DELETED
    0xC00000C9: Said("the server withdrew the share while it was read", _AGAIN),  # STATUS_NETWORK_NAME_DELETED
    0xC00000CE: Said("the server has too many sessions", "Verify again later."),  # STATUS_TOO_MANY_SESSIONS
    0xC00000D0: Said("the server has too many sessions", "Verify again later."),  # STATUS_REQUEST_NOT_ACCEPTED
    0xC000009A: Said("the server has no resources left for it", "Verify again later."),  # STATUS_INSUFFICIENT_RESOURCES
    0xC000003F: Said("the server can't read its own disk", "Check the disk of the file server."),  # STATUS_CRC_ERROR
    0xC000009C: Said(  # STATUS_DEVICE_DATA_ERROR
        "the server can't read its own disk", "Check the disk of the file server."
    ),
    0xC0000185: Said(
        "the server can't read its own disk", "Check the disk of the file server."
    ),  # STATUS_IO_DEVICE_ERROR
}

OLD_SERVER: Final = Said(
    "the server speaks no SMB 3, so nothing it sends could be encrypted", f"Enable SMB 3 on the server, {_MOUNT}"
)
PLAIN_SERVER: Final = Said(
    "the server does not encrypt, so no login was tried", f"Enable encryption on the server or the share, {_MOUNT}"
)
LOST: Final = Said("the connection to the server was lost", _AGAIN)
NO_FOLDER: Final = Said("the folder is not there", "Check the folder's name.")
UNANSWERED: Final = "Check that the server is well, and verify again; nothing was changed."


def said(error: BaseException, step: Step, *, ticket: bool) -> Said:
    """Return what an error of a share means.

    Args:
        error: of smbprotocol, of the system, or any other that a hostile answer leads to.
        step: what was under way.
        ticket: whether the login is by a Kerberos ticket.
    """
    status = status_of(error)
    if status is not None:
        found = _of_status(status, step)
        return Said(found.text, _TICKET) if ticket and found.hint == _ACCOUNT else found
    match step:
        case Step.CONNECT:
            return _of_connecting(error)
        case Step.LOGIN:
            return _of_login(error, ticket=ticket)
        case Step.SHARE | Step.READ:
            return LOST


def status_of(error: BaseException) -> int | None:
    """Return the NT status that the server answered with; None if the error is not its answer."""
    status = getattr(error, "status", None)
    return status if isinstance(status, int) else None


def _of_status(status: int, step: Step) -> Said:
    if step is Step.LOGIN and status in nt_status.REFUSALS:
        known = nt_status.REFUSALS[status]
        return Said(f"the server refused the login: {known.says}", _PASSWORD if status in _PASSWORDS else known.hint)
    if step is Step.LOGIN and status == 0xC0000022:  # STATUS_ACCESS_DENIED
        return Said("the server refused the login: the account may not log in over the network", _ACCOUNT)
    return _STATUSES.get(status) or Said(
        f"the server refused it with NT status 0x{status:08X}", "Its meaning is in [MS-ERREF] 2.3.1; check the share."
    )


def _of_connecting(error: BaseException) -> Said:
    for cause in _causes(error):
        if isinstance(cause, socket.gaierror):
            return Said("the server's name can't be resolved", "Check the server's name.")
        if isinstance(cause, ConnectionRefusedError):
            return Said(
                "can't connect to the server: the port is closed", "Check its name and port, and that it serves SMB."
            )
        if isinstance(cause, TimeoutError):
            return Said("can't connect to the server: no answer", "Check its name and port, and the firewall between.")
    if "timeout" in str(error).lower():
        return Said("the server does not answer in SMB", "Check the port, and that it serves SMB 3.")
    if "closed" in str(error).lower():
        hint = f"Enable SMB 3 on the server, {_MOUNT}"
        return Said("can't connect to the server: it hung up on SMB 3, perhaps because it speaks SMB 1 alone", hint)
    return Said("can't connect to the server", "Check its name and port, and that it serves SMB.")


def _of_login(error: BaseException, *, ticket: bool) -> Said:
    text = str(error).lower()
    if "guest" in text:
        return Said("the server took the login for that of a guest, who can't be trusted", _ACCOUNT)
    if "encryption is required" in text:
        return PLAIN_SERVER
    if "closed" in text:
        return Said("the server hung up during the login", "Check the server's log, and store_username.")
    if ticket:
        return Said("the login by a Kerberos ticket failed", _TICKET)
    return Said("the login to the server failed", _ACCOUNT)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and those that led to it, at most 16."""
    current: BaseException | None = error
    for _ in range(16):
        if current is None:
            return
        yield current
        current = current.__cause__ or current.__context__
