"""What the status of a refused account means. Only CredSSP sends one; NTLM and Basic end with a bare 401.

The values are those of [MS-ERREF] 2.3.1, sent in the errorCode of CredSSP ([MS-CSSP] 2.2.1).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from psbridge.remoting.winrm.errors.translation import causes

_CHANGE = "Set a new password for the account, and update password of the target."
_DOMAIN = "Have the account {} in the domain or on the host."
_REASONS: Final[Mapping[int, tuple[str, str]]] = {
    0xC000006E: ("a policy restricts the account", "Check the account's restrictions, such as an empty password."),
    0xC000006F: ("the account may not log in at this time", "Check the account's logon hours."),
    0xC0000070: ("the account may not log in from this machine", "Check the workstations that the account may use."),
    0xC0000071: ("the password has expired", _CHANGE),
    0xC0000072: ("the account is disabled", _DOMAIN.format("enabled")),
    0xC000015B: (
        "the account may not log in to this host over the network",
        "Check the user rights of the host: Access this computer from the network.",
    ),
    0xC0000193: ("the account has expired", _DOMAIN.format("extended")),
    0xC0000224: ("the password must be changed before the first login", _CHANGE),
    0xC0000234: ("the account is locked", _DOMAIN.format("unlocked") + " Failed attempts lock it."),
}


def account_refused(error: BaseException) -> tuple[str, str] | None:
    """Return why a host refused an account, with its status, and what to do; None if the status gives no reason.

    requests_credssp's own number is that of a class of errors; the one that was sent is in an error below it.
    """
    numbers = (getattr(cause, "winerror", None) for cause in causes(error))
    status = next((number & 0xFFFFFFFF for number in numbers if isinstance(number, int)), 0)
    known = _REASONS.get(status)
    return None if known is None else (f"{known[0]} (NTSTATUS 0x{status:08X})", known[1])
