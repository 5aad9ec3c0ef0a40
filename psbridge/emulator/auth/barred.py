"""Accounts whose right password is refused, and the status that says so."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Barred(StrEnum):
    """Why an account can't log in with its right password."""

    DISABLED = "disabled"
    EXPIRED_ACCOUNT = "expired-account"
    EXPIRED_PASSWORD = "expired-password"  # noqa: S105 - a state, not a password
    MUST_CHANGE = "must-change"
    LOCKED = "locked"
    OUT_OF_HOURS = "out-of-hours"


STATUSES: Final[Mapping[Barred, int]] = {
    Barred.DISABLED: 0xC0000072,
    Barred.EXPIRED_ACCOUNT: 0xC0000193,
    Barred.EXPIRED_PASSWORD: 0xC0000071,
    Barred.MUST_CHANGE: 0xC0000224,
    Barred.LOCKED: 0xC0000234,
    Barred.OUT_OF_HOURS: 0xC000006F,
}
"""NTSTATUS values ([MS-ERREF] 2.3.1). CredSSP alone tells a client ([MS-CSSP] 2.2.1); NTLM and Basic end with a bare 401."""
