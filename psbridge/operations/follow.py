"""Wait for a backup on behalf of a run, and record how the run ended."""

from __future__ import annotations

from psbridge.clock import Deadline
from psbridge.errors import Busy, ExitCode, NotFound, PsbridgeError, Trigger
from psbridge.journal.runs import RunLog
from psbridge.models.events import Decided, Event, Observed
from psbridge.models.report import Report
from psbridge.operations.context import Context
from psbridge.operations.run_log import WarningRunLog
from psbridge.operations.wait import Awaited, await_verdict
from psbridge.values import replace

_UNDECIDED = frozenset({ExitCode.TIMEOUT, ExitCode.UNKNOWN})
"""Ends after which a later `wait` takes the run up again: it was not proved, or what was seen proved nothing."""


def follow(context: Context, awaited: Awaited, log: RunLog, deadline: Deadline) -> Report:
    """Wait for a verdict and record the end of the run; the verdict stands whether or not that can be kept."""
    kept = WarningRunLog(log, context.observe)

    def observe(event: Event) -> None:
        if isinstance(event, Observed):
            kept.observe(event)
        context.observe(event)

    try:
        report = await_verdict(replace(context, observe=observe), awaited, deadline)
    except PsbridgeError as problem:
        if awaited.own and problem.trigger is Trigger.NOT_SENT:
            problem.trigger = Trigger.SENT
        problem.id = problem.id or awaited.id
        kept.write("ended", exit_code=int(problem.exit_code), final=isinstance(problem, Busy | NotFound))
        raise
    context.observe(Decided(report.verdict))
    kept.observe(Decided(report.verdict))
    kept.write("ended", exit_code=int(report.exit_code), final=report.exit_code not in _UNDECIDED)
    return report
