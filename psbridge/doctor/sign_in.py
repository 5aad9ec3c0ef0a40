"""The stage `sign_in`: whom the session is signed in to the stamp as, and where."""

from __future__ import annotations

from psbridge.cmdlets.azs_backup import member
from psbridge.cmdlets.error_records import check as check_result
from psbridge.cmdlets.sign_in import CONTEXT, read_context
from psbridge.doctor.results import found, ok
from psbridge.doctor.state import DoctorState
from psbridge.models.diagnosis import StageResult
from psbridge.operations.list import check_signed_in
from psbridge.operations.preflight import check_context
from psbridge.powershell.pipeline import Pipeline


def check(state: DoctorState) -> StageResult:
    """Sign the session in, if the target says how, once; then read its context and compare it with the target."""
    context = state.tools
    if context.target.sign_in is not None:
        from psbridge.operations.sign_in import preparation

        context.link.prepare(preparation(context.target.sign_in, context.target), state.deadline)
    get = CONTEXT[state.family]
    result = context.link.read(Pipeline.of(get, get.piped_to(member("Subscription"))), state.deadline)
    seen = read_context(result.output)
    if seen is None:
        check_result(result)
    check_signed_in(context, seen)
    check_context(context, seen)
    if seen is None:
        return found()
    facts = {
        "environment": seen.environment,
        "tenant": seen.tenant,
        "account": seen.account,
        "subscription": seen.subscription_name,
        "subscription_id": seen.subscription_id,
        "signed_in_by": "psbridge" if context.target.sign_in else "the host's saved context",
    }
    where = seen.subscription_name or seen.subscription_id
    return found(ok(f"{seen.account} in {seen.environment}, {where} ({facts['signed_in_by']})"), facts=facts)
