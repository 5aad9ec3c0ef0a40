"""Wait for a backup: by id, by this machine's journal, or for whatever runs now."""

from __future__ import annotations

from psbridge.clock import Deadline
from psbridge.cmdlets.preflight import Readiness
from psbridge.errors import NotFound, Trigger
from psbridge.models.backup import NONE_RUNNING
from psbridge.models.events import Started
from psbridge.models.report import Report
from psbridge.operations.context import OperationContext
from psbridge.operations.list import location_of, prepare_sessions
from psbridge.operations.operation import operation
from psbridge.operations.poll import await_verdict
from psbridge.operations.preflight import preflight
from psbridge.operations.reads import new_case
from psbridge.operations.resume import preflight_again, resume, unfinished
from psbridge.operations.run_log import intent_of
from psbridge.operations.running import running_backup
from psbridge.values import replace


@operation("wait")
def wait(
    context: OperationContext, id: str | None, *, timeout: float | None = None, settle: float | None = None
) -> Report:
    """Wait for a backup: the one of that id; else this target's unfinished run; else the one that runs now.

    Args:
        context: the tools.
        id: the backup.
        timeout: seconds; None: the policy's.
        settle: seconds after the end from which an upload that can't be read is assumed; None: the policy's.

    Raises:
        psbridge.errors.NotFound: there is nothing to wait for.
        psbridge.errors.Ambiguous: whether the unfinished run started a backup is unknown.
    """
    deadline, settle = _limits(context, timeout, settle)
    prepare_sessions(context)
    mine = unfinished(context, id, deadline)
    if mine is not None:
        return resume(context, mine, settle, deadline)
    call = context.call_deadline(deadline)
    location = location_of(context, None, call)
    ready = preflight(context, location, call)
    chosen = id or _running(context, location, ready, call)
    made = context.journal.run_that_started(context.target.name, chosen)
    case = new_case(
        context, ready, chosen, settle=settle, waiting=True, intent=None if made is None else intent_of(made)
    )
    context.trigger.attached(chosen)
    return await_verdict(context, case, location, ready, deadline)


@operation("wait")
def wait_unrecorded(
    context: OperationContext, started: Started, *, location: str | None, timeout: float | None, settle: float | None
) -> Report:
    """Wait for the backup of a start without a record: only its result is known."""
    deadline, settle = _limits(context, timeout, settle)
    prepare_sessions(context)
    own = started.action == "started"
    context.trigger.took_up(Trigger.SENT if own else Trigger.NOT_SENT, started.id)
    location = location_of(context, location, context.call_deadline(deadline))
    ready = preflight_again(context, location, started.id, deadline)
    case = new_case(context, ready, started.id, settle=settle, waiting=True, own=own)
    return replace(await_verdict(context, case, location, ready, deadline), action=started.action)


def _limits(context: OperationContext, timeout: float | None, settle: float | None) -> tuple[Deadline, float]:
    policy = context.policy
    deadline = Deadline.after(context.clock, policy.timeout if timeout is None else timeout)
    return deadline, policy.settle if settle is None else settle


def _running(context: OperationContext, location: str, ready: Readiness, deadline: Deadline) -> str:
    running = running_backup(context, location, ready, deadline)
    if running is None:
        raise NotFound(
            f"nothing to wait for: no unfinished run, and {NONE_RUNNING}",
            hint="Name a backup: psbridge backup wait ID. The ended ones: psbridge backup list",
        )
    return running.backup.id
