"""What a stamp answers to a session whose sign-in is not what it seems: one place for both engines."""

from __future__ import annotations

import re

from psbridge.emulator.stamp.face import RestResponse

_OPERATORS = re.compile(r"/providers/(Microsoft\.[A-Za-z]+\.Admin)/", re.IGNORECASE)


def refused(session: str, path: str) -> RestResponse | None:
    """Return the answer to a call of a session, None where the stamp itself answers.

    Args:
        session: as `HostProfile.session` has it; what is not refused by an answer of the stamp counts as `works`.
        path: the call's.
    """
    if session == "expired":
        text = "The access token expiry UTC time '3/4/2026 11:15:43 AM' is earlier than current UTC time."
        return _error(401, "ExpiredAuthenticationToken", text)
    provider = _OPERATORS.search(path)
    if session == "tenant-endpoint" and provider is not None:
        # as a tenant's endpoint answers for an operator's provider (MicrosoftDocs/azure-docs-powershell#1049)
        return _error(404, "InvalidResourceNamespace", f"The resource namespace '{provider[1]}' is invalid.")
    return None


def _error(status: int, code: str, message: str) -> RestResponse:
    return RestResponse(
        status,
        {"x-ms-request-id": "00000000-0000-0000-0000-000000000000"},
        {"error": {"code": code, "message": message}},
    )
