"""A verdict and the evidence it rests on, as values."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from psbridge.models.backup import Backup


class Judgement(StrEnum):
    """psbridge's word on a backup."""

    CONFIRMED = "confirmed"
    PARTIAL = "partial"
    FAILED = "failed"
    RUNNING = "running"
    UNPROVEN = "unproven"
    UNKNOWN = "unknown"


class Outcome(StrEnum):
    """The result of one check."""

    PASS = "pass"  # noqa: S105 - the result of a check, not a password
    FAIL = "fail"
    WARN = "warn"
    UNKNOWN = "unknown"
    NOT_CHECKED = "not_checked"


class Evidence(msgspec.Struct, frozen=True):
    """One row of the verdict's table."""

    check: str
    outcome: Outcome
    detail: str


class Verdict(msgspec.Struct, frozen=True):
    """What psbridge concludes about a backup, and why.

    Attributes:
        upload_proof: `shown` where the stamp says the upload is complete, `assumed` after the settle time, else None.
        last_good: the newest confirmed backup, if it was searched.
    """

    judgement: Judgement
    backup: Backup | None
    evidence: tuple[Evidence, ...]
    upload_proof: str | None = None
    last_good: Backup | None = None
