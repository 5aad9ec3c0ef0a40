"""Wait for a backup on behalf of a run, and record how the run ended."""

from __future__ import annotations

from psbridge.clock import Deadline
from psbridge.errors import Busy, ConfigError, ExitCode, NotFound, PsbridgeError, Trigger
from psbridge.journal import RunLog
from psbridge.models import Report
from psbridge.models.events import Decided, Note
from psbridge.operations.waiting import Awaited, await_verdict
from psbridge.operations.work import Work


def follow(work: Work, awaited: Awaited, log: RunLog, deadline: Deadline) -> Report:
    """Wait for a verdict and record the end of the run."""
    try:
        report = await_verdict(work, awaited, deadline)
    except PsbridgeError as problem:
        if awaited.own and problem.trigger is Trigger.NOT_SENT:
            problem.trigger = Trigger.SENT
        problem.id = problem.id or awaited.id
        _recorded_end(work, log, problem.exit_code, final=isinstance(problem, Busy | NotFound))
        raise
    work.observe(Decided(report.verdict))
    _recorded_end(work, log, report.exit_code, final=report.exit_code is not ExitCode.TIMEOUT, report=report)
    return report


def _recorded_end(work: Work, log: RunLog, code: ExitCode, *, final: bool, report: Report | None = None) -> None:
    """Record how the run ended; the verdict stands whether or not it can be kept."""
    try:
        if report is not None:
            log.observe(Decided(report.verdict))
        log.write("ended", exit_code=int(code), final=final)
    except ConfigError as full:
        work.observe(Note(full.message))
