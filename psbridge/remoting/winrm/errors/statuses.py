"""What an HTTP status without a SOAP fault means. It comes from the host, or from a gateway in front of it.

No status proves that a message was not delivered (`delivery`).
"""

from __future__ import annotations

from psbridge.catalogue.hints import RETRY
from psbridge.catalogue.http_statuses import TICKET, name_of, of
from psbridge.errors import Unreachable
from psbridge.remoting.winrm.errors.translation import ErrorContext, Translation

_MAY_USE_KERBEROS = frozenset({"kerberos", "negotiate"})
_MOST_LIKELY_NO_SHELL = frozenset({401, 503})
_NO_SUCH_SHELL = frozenset({404, 410})


def may_pass(status: int, *, sealed: bool) -> bool:
    """Return whether an immediate retry may succeed: after 503, and after 400 on a sealed message whose key the host lost."""
    return status == 503 or (status == 400 and sealed)


def most_likely_no_shell(status: int) -> bool:
    """Return whether a Create that got this status has most likely left no shell."""
    return status in _MOST_LIKELY_NO_SHELL


def no_such_shell(status: int) -> bool:
    """Return whether a Delete that got this status found no shell."""
    return status in _NO_SUCH_SHELL


def http_status(error: BaseException, context: ErrorContext) -> Translation:
    """Return what a status means. An unknown status is permanent unless it is a server error (5xx)."""
    code = next((item for item in error.args if isinstance(item, int)), 0)
    found = of(code)
    hint, retryable = found.hint, found.retryable
    if code == 400 and context.spoke:
        # The host could read the messages before this one, so the address is right.
        hint, retryable = RETRY, True
    if code in {400, 431} and context.auth in _MAY_USE_KERBEROS:
        hint += TICKET
    return Translation(Unreachable, f"{found.says} (HTTP {code})", hint, retryable, name_of(code))
