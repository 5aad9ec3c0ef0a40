"""Certificates that open backups, and what is known of them. Nothing here is secret."""

from __future__ import annotations

import msgspec

from psbridge.models.time import Instant


class OpenedKey(msgspec.Struct, frozen=True, kw_only=True):
    """A .pfx file that was opened on this machine, and what it opened. The key itself is never kept.

    Attributes:
        thumbprint: of the certificate, SHA-1 in upper-case hexadecimal.
        subject: as in RFC 4514.
        serial: serial number of the certificate, upper-case hexadecimal.
        not_after: when the certificate expires; an expired one still opens backups.
        path: the .pfx file.
        machine: where that was.
        opened_at: when.
        backup_id: the backup whose wrapped keys it opened, all of them.
    """

    thumbprint: str
    subject: str
    serial: str
    not_after: Instant
    path: str
    machine: str
    opened_at: Instant
    backup_id: str


class LastVerification(msgspec.Struct, frozen=True, kw_only=True):
    """The last verification of a target's backup on this machine.

    Attributes:
        at: when.
        level: what was asked for.
        reached: the highest level that passed, None if none did.
        exit_code: how it ended.
    """

    at: Instant
    backup_id: str
    where: str
    level: str
    reached: str | None
    exit_code: int
