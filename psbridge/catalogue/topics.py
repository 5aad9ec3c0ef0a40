"""Which entry of `psbridge explain` an error leads to, without loading the entries."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from psbridge.catalogue import http_statuses, kerberos_errors, nt_status, sign_in, tls_errors, wsman_faults
from psbridge.catalogue.error_codes import meaning_of

REASONS: Final = frozenset(
    {
        "backup_running",
        "chain",
        "connection_cut",
        "connection_refused",
        "damaged",
        "layout",
        "locked",
        "login_lost",
        "login_not_offered",
        "login_not_possible",
        "login_refused",
        "missing",
        "name_not_resolved",
        "no_answer",
        "no_cmdlet",
        "no_route",
        "no_subscription",
        "not_wsman",
        "other_stamp",
        "package_missing",
        "proxy_failed",
        "redirected",
        "rows_not_ok",
        "run_in_use",
        "signed_out",
        "skipped",
        "tenant_endpoint",
        "update_running",
        "wrong_key",
    }
)
"""The values of `detail.reason`, without those of a sign-in; each has an entry."""
_SIGN_IN: Final = frozenset(
    {*(it.reason for it in sign_in.FAILURES), sign_in.REFUSED.reason, "endpoint_unreachable", "environment_refused"}
)
_IDENTITY: Final = re.compile(r"AADSTS\d{4,}|MSIS\d{4}")


_STATUSES: Final = frozenset(map(http_statuses.name_of, http_statuses.STATUSES))


def topic_of(detail: Mapping[str, object]) -> str | None:
    """Return the reason or the code in an error's detail that an entry explains; None if there is none.

    Of several hosts that failed alike it is that of all.
    """
    hosts = detail.get("hosts")
    if isinstance(hosts, list):
        found = {topic_of(it) if isinstance(it, Mapping) else None for it in hosts}
        return found.pop() if len(found) == 1 else None
    return next((it for it in (detail.get("reason"), detail.get("code")) if isinstance(it, str) and _known(it)), None)


def _known(word: str) -> bool:
    return (
        word in REASONS
        or word in _SIGN_IN
        or word in wsman_faults.CODES
        or word in _STATUSES
        or word in kerberos_errors.NAMES
        or word in tls_errors.NAMES
        or word in nt_status.NAMES
        or _IDENTITY.fullmatch(word) is not None
        or meaning_of(word) is not None
    )
