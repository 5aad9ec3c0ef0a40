"""What a stamp answers to a session whose sign-in is not what it seems: one place for both engines."""

from __future__ import annotations

import re
from email.utils import formatdate
from uuid import uuid4

from psbridge.emulator.stamp import arm_error
from psbridge.emulator.stamp.api import RestResponse

_OPERATORS = re.compile(r"/providers/(Microsoft\.[A-Za-z]+\.Admin)/", re.IGNORECASE)


def refused(session: str, path: str) -> RestResponse | None:
    """Return the answer to a call of a session, None where the stamp itself answers.

    Args:
        session: as `HostProfile.session` has it; what is not refused by an answer of the stamp counts as `works`.
        path: the call's.
    """
    provider = _OPERATORS.search(path)
    if session == "expired":
        refusal = arm_error.EXPIRED
    elif session == "tenant-endpoint" and provider is not None:
        refusal = arm_error.unknown_namespace(provider[1])
    else:
        return None
    headers = {"Date": formatdate(usegmt=True), "x-ms-request-id": str(uuid4())}
    return RestResponse(refusal.status, headers, refusal.body())
