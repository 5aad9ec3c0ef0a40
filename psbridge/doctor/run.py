"""Run the stages in their order."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack
from typing import Final

from psbridge.catalogue.hints import with_target
from psbridge.clock import Deadline
from psbridge.doctor.results import ended, failed, found, left_out, not_reached
from psbridge.doctor.stages import OPENING, STAGES, StageEntry
from psbridge.doctor.state import GROUP_SECONDS, Asked, DoctorState
from psbridge.errors import DeadlineExceeded, InternalError, Interrupted, PsbridgeError, UsageError
from psbridge.models.diagnosis import Diagnosis, StageResult, StageState
from psbridge.models.text import nearest
from psbridge.values import replace

NOT_CHECKED: Final = (
    "whether the account may start a backup (createBackup) or change settings (write): that needs an attempt",
    "whether the stamp reaches the share and may write to it: a backup or Test-AzureStack shows it",
)


def diagnose(
    asked: Asked,
    *,
    only: Sequence[str] = (),
    timeout: float | None = None,
    report: Callable[[StageResult], object] = lambda _: None,
    after: Callable[[DoctorState, Diagnosis], object] = lambda *_: None,
) -> Diagnosis:
    """Run the stages and return what they found.

    Args:
        asked: where and how.
        only: the stages to report; what they need is run too. Empty for all.
        timeout: seconds for all stages together; None for the limits of the groups alone.
        report: is given each result as its stage ends.
        after: is given what is known and the outcome, while the session is open; what it raises is raised.

    Raises:
        psbridge.errors.UsageError: `only` names an unknown stage.
        psbridge.errors.Interrupted: Ctrl-C or SIGTERM.
    """
    wanted = _with_needs(only)
    whole = Deadline.after(asked.clock, timeout if timeout is not None else GROUP_SECONDS * len(STAGES))
    with ExitStack() as stack:
        state = DoctorState(asked, stack, whole, whole)
        group = None
        for entry in STAGES:
            if entry.name not in wanted:
                continue
            if entry.group != group:
                group = entry.group
                state.begin_group()
            result = _led(_run(entry, state), state)
            state.results[entry.name] = result
            report(result)
        emulated = state.target is not None and state.target.emulated
        found = Diagnosis(state.name, emulated, tuple(state.results.values()), () if only else NOT_CHECKED)
        after(state, found)
        return found


def _with_needs(only: Sequence[str]) -> Collection[str]:
    """Return the stages to run."""
    by_name = {entry.name: entry for entry in STAGES}
    wanted: set[str] = set()
    left = [name.strip().casefold().replace("-", "_") for name in only] or list(by_name)
    while left:
        name = left.pop()
        if name not in by_name:
            near = nearest(name, by_name)
            hint = f"Did you mean {near}?" if near else f"The stages: {', '.join(by_name)}."
            raise UsageError(f"no such stage: {name[:60]!r}", hint=hint)
        if name not in wanted:
            wanted.add(name)
            left += (*by_name[name].needs, *by_name[name].after)
    return wanted


def _run(entry: StageEntry, state: DoctorState) -> StageResult:
    missing = _missing(entry, state)
    if missing is not None:
        return replace(missing, stage=entry.name, group=entry.group)
    if state.ended_in is not None and entry.uses_session:
        return replace(ended(state.ended_in), stage=entry.name, group=entry.group)
    state.asked.begin(entry.name)
    before = state.clock.monotonic()
    result = _checked(entry, state)
    result = _with_the_end(result, entry, state)
    seconds = state.clock.monotonic() - before if result.seconds is None else result.seconds
    if result.state is StageState.NOT_REACHED:
        return replace(result, stage=entry.name, group=entry.group)
    return replace(result, stage=entry.name, group=entry.group, seconds=seconds)


def _with_the_end(result: StageResult, entry: StageEntry, state: DoctorState) -> StageResult:
    """Return the result of the stage in which the session ended as a failure, whatever the stage itself made of it."""
    lost = state.tools.link.over if state.opened and state.unopened is None else None
    if lost is None or state.ended_in is not None:
        return result
    state.ended_in = entry.name
    if result.state is StageState.FAIL:
        return result
    return replace(found(*result.findings, facts=result.facts, error=lost), seconds=result.seconds)


def _missing(entry: StageEntry, state: DoctorState) -> StageResult | None:
    """Return the result of a stage that needs one which failed; of one that was not reached, the reason is the same."""
    needed = {name: state.results[name] for name in entry.needs}
    unreached = next((it for it in needed.values() if it.state is StageState.NOT_REACHED), None)
    failures = [name for name, it in needed.items() if it.state is StageState.FAIL]
    return not_reached(*failures) if failures else unreached


def _led(result: StageResult, state: DoctorState) -> StageResult:
    """Name the target's options in the commands of the remedies."""
    if state.target is None:
        return result
    command = state.target.command
    if result.error is not None and result.error.hint is not None:
        result.error.hint = with_target(result.error.hint, command)
    lead = [replace(it, remedy=with_target(it.remedy, command)) if it.remedy else it for it in result.findings]
    return replace(result, findings=tuple(lead))


def _checked(entry: StageEntry, state: DoctorState) -> StageResult:
    """Run one stage; an error, or a bug, is the failure of this stage alone."""
    if state.deadline.expired and not (state.opened and entry.group == OPENING):
        return _late(state)
    try:
        return entry.check(state)
    except (Interrupted, KeyboardInterrupt):
        raise
    except PsbridgeError as problem:
        return failed(problem)
    except Exception as bug:  # noqa: BLE001 - a bug in one stage must not hide what the others found
        return failed(
            InternalError(
                f"a bug of psbridge: {type(bug).__name__}",
                hint="Report it with the output of the same command with --debug.",
            )
        )


def _late(state: DoctorState) -> StageResult:
    """Return the result of a stage for which no time is left: a failure, unless an earlier one says why already."""
    if any(it.state is StageState.FAIL for it in state.results.values()):
        return left_out("no time was left")
    hint = "Allow more time with --timeout, or run it alone."
    return failed(DeadlineExceeded("no time was left for this stage", hint=hint))
