"""Which entry of `psbridge explain` an error leads to, without loading the entries."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from psbridge.catalogue import http_statuses, kerberos_errors, wsman_faults
from psbridge.catalogue.error_codes import meaning_of

REASONS: Final = frozenset(
    {
        "backup_running",
        "locked",
        "no_cmdlet",
        "no_subscription",
        "run_in_use",
        "signed_out",
        "skipped",
        "tenant_endpoint",
        "update_running",
    }
)
"""The values of `detail.reason`; each has an entry."""
_IDENTITY: Final = re.compile(r"AADSTS\d{4,}|MSIS\d{4}")


_STATUSES: Final = frozenset(map(http_statuses.name_of, http_statuses.STATUSES))


def topic_of(detail: Mapping[str, object]) -> str | None:
    """Return the reason or the code in an error's detail that an entry explains; None if there is none."""
    return next((it for it in (detail.get("reason"), detail.get("code")) if isinstance(it, str) and _known(it)), None)


def _known(word: str) -> bool:
    return (
        word in REASONS
        or word in wsman_faults.CODES
        or word in _STATUSES
        or word in kerberos_errors.NAMES
        or _IDENTITY.fullmatch(word) is not None
        or meaning_of(word) is not None
    )
