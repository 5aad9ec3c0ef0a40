"""The stage `sign_in`: as whom the session is signed in to the stamp, where, and whether it may read."""

from __future__ import annotations

from typing import Any, Final

from psbridge.cmdlets.azs_backup import member
from psbridge.cmdlets.error_records import check as check_result
from psbridge.cmdlets.sign_in import CONTEXT, read_context
from psbridge.doctor.location import probe, settings_forbidden
from psbridge.doctor.results import failed, found, ok
from psbridge.doctor.state import DoctorState
from psbridge.errors import AuthError, PsbridgeError, Unreachable
from psbridge.models.context import AzContext
from psbridge.models.diagnosis import StageResult
from psbridge.operations.list import check_signed_in
from psbridge.operations.preflight import check_context
from psbridge.operations.sign_in import preparation
from psbridge.powershell.pipeline import Pipeline

_OURS: Final = frozenset({"signed_out", "no_subscription", "tenant_endpoint"})
"""The reasons for which a read fails because of the sign-in."""


def check(state: DoctorState) -> StageResult:
    """Sign the session in, if the target says how, once; compare its context with the target; try a read."""
    context = state.tools
    if context.target.sign_in is not None:
        context.link.prepare(preparation(context.target.sign_in, context.target), state.deadline)
    seen = state.signed_in = _context(state)
    facts: dict[str, Any] = {
        "environment": seen.environment,
        "tenant": seen.tenant,
        "account": seen.account,
        "subscription": seen.subscription_name,
        "subscription_id": seen.subscription_id,
        "signed_in_by": "psbridge" if context.target.sign_in else "host",
        "may": {"read": None, "createBackup": "not checked", "write": "not checked"},
    }
    try:
        check_context(context, seen)
    except PsbridgeError as problem:
        return failed(problem, facts)
    state.unread = probe(state)
    if state.unread is not None and _of_the_sign_in(state.unread) and not settings_forbidden(state):
        return failed(state.unread, facts | {"may": {**facts["may"], "read": False}})
    how = "signed in by psbridge" if context.target.sign_in else "signed in by the host's saved context"
    where = f"{seen.environment}, {seen.subscription_name or seen.subscription_id}"
    readable = {"read": None if state.unread else True}
    return found(ok(f"{seen.account} in {where} ({how})"), facts=facts | {"may": {**facts["may"], **readable}})


def _context(state: DoctorState) -> AzContext:
    """Return the session's context.

    Raises:
        psbridge.errors.PsbridgeError: there is none, or it has no subscription.
    """
    get = CONTEXT[state.family]
    result = state.tools.link.read(Pipeline.of(get, get.piped_to(member("Subscription"))), state.deadline)
    seen = read_context(result.output)
    if seen is None:
        check_result(result)
    check_signed_in(state.tools, seen)
    return seen or AzContext()


def _of_the_sign_in(problem: PsbridgeError) -> bool:
    return isinstance(problem, AuthError | Unreachable) or problem.detail.get("reason") in _OURS
