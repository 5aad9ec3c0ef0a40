"""Why Windows refuses an account, by NTSTATUS ([MS-ERREF] 2.3.1): CredSSP sends it, and event 4625 of the host logs it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple


class Refusal(NamedTuple):
    """What a status means.

    Attributes:
        name: its constant.
        says: a clause.
        hint: what to do, sentences.
    """

    name: str
    says: str
    hint: str


_CHANGE: Final = "Set a new password for the account, and update password of the target."
_DOMAIN: Final = "Have the account {} in the domain or on the host."

REFUSALS: Final[Mapping[int, Refusal]] = {
    0xC000006E: Refusal(
        "STATUS_ACCOUNT_RESTRICTION",
        "a policy restricts the account",
        "Check the account's restrictions, such as an empty password.",
    ),
    0xC000006F: Refusal(
        "STATUS_INVALID_LOGON_HOURS", "the account may not log in at this time", "Check the account's logon hours."
    ),
    0xC0000070: Refusal(
        "STATUS_INVALID_WORKSTATION",
        "the account may not log in from this machine",
        "Check the workstations that the account may use.",
    ),
    0xC0000071: Refusal("STATUS_PASSWORD_EXPIRED", "the password has expired", _CHANGE),
    0xC0000072: Refusal("STATUS_ACCOUNT_DISABLED", "the account is disabled", _DOMAIN.format("enabled")),
    0xC000015B: Refusal(
        "STATUS_LOGON_TYPE_NOT_GRANTED",
        "the account may not log in to this host over the network",
        "Check the user rights of the host: Access this computer from the network.",
    ),
    0xC0000193: Refusal("STATUS_ACCOUNT_EXPIRED", "the account has expired", _DOMAIN.format("extended")),
    0xC0000224: Refusal("STATUS_PASSWORD_MUST_CHANGE", "the password must be changed before the first login", _CHANGE),
    0xC0000234: Refusal(
        "STATUS_ACCOUNT_LOCKED_OUT",
        "the account is locked",
        "Find what logs in with a wrong password, then have the account unlocked in the domain or on the host.",
    ),
}
NAMES: Final = frozenset(it.name for it in REFUSALS.values())
