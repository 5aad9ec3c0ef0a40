"""Fold the lines of a file to a run: pure; an unknown line changes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from psbridge.journal.states import RunState, Step, next_state
from psbridge.models.backup import backup_id
from psbridge.values import replace

if TYPE_CHECKING:
    from psbridge.models.report import RunRecord

_TRIGGER: Final = {
    RunState.INTENT: "unknown",
    RunState.OPEN: "unknown",
    RunState.NOT_SENT: "not_sent",
    RunState.REFUSED: "sent",
    RunState.STARTED: "sent",
}
"""What a state means for the trigger; the other states do not change it."""


def step_of(line: Mapping[str, Any]) -> Step | None:
    """Return the step of a line in the run's state, None for a line that only adds facts."""
    event = line["event"]
    if event == "ended":
        return Step.DECIDED if line.get("final") is True else Step.LEFT
    return Step(event) if event in _STEPS else None


_STEPS: Final = frozenset(Step) - {Step.DECIDED, Step.LEFT}


def fold_lines(run: str, lines: list[Mapping[str, Any]]) -> RunRecord | None:
    """Return the run that a file's lines record; None if they are not a run's."""
    if not lines or lines[0]["event"] != "begun":
        return None
    from psbridge.models.report import RunRecord

    first = lines[0]
    at = str(first.get("at"))
    record = RunRecord(
        run=run,
        target=str(first.get("target")),
        location=str(first.get("location")),
        state=RunState.BEGUN,
        trigger="not_sent",
        created_at=at,
        updated_at=at,
        backup_id=None,
        verdict=None,
        exit_code=None,
        at_work=_process(first),
    )
    for line in lines[1:]:
        record = replace(_after(record, line), updated_at=str(line.get("at")))
    return record


def _after(record: RunRecord, line: Mapping[str, Any]) -> RunRecord:
    step = step_of(line)
    if step is not None:
        state = next_state(RunState(record.state), step)
        if state != record.state:
            record = replace(record, state=state, trigger=_TRIGGER.get(state, record.trigger))
    return _with_facts(record, line)


def _with_facts(record: RunRecord, line: Mapping[str, Any]) -> RunRecord:
    match line["event"]:
        case "intent":
            known, time = _texts(line.get("known_ids")), _text(line.get("host_time"))
            return replace(record, known_ids=known, host_time=time, host=_text(line.get("host")))
        case "open":
            cause = _text(line.get("cause")) or record.cause
            return replace(record, candidates=_texts(line.get("candidates")), cause=cause)
        case "started" | "attached":
            # An id that is known is never lost to a later line.
            if record.backup_id is not None:
                return record
            found = _id(line.get("backup_id"))
            return replace(record, backup_id=found, action=line["event"] if found else None)
        case "observed":
            return replace(record, status=_status(line.get("look")) or record.status)
        case "judged":
            return replace(record, verdict=_text(line.get("verdict")))
        case _:
            return _kept(record, line)


def _kept(record: RunRecord, line: Mapping[str, Any]) -> RunRecord:
    """Return the record after a line about the run itself: the processes that work on it, and what people wrote."""
    match line["event"]:
        case "noted":
            return replace(record, note=_text(line.get("note")))
        case "begun" | "taken_up":
            return replace(record, at_work=(*_others(record, line), *_process(line)))
        case "ended":
            code = line.get("exit_code")
            return replace(record, exit_code=code if isinstance(code, int) else None, at_work=_others(record, line))
        case "closed":
            closed = record.state == RunState.CLOSED and record.closed_reason is None
            return replace(record, closed_reason=_text(line.get("reason")) or "") if closed else record
        case _:
            return record


def _process(line: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """Return the process that a line names, if it names one."""
    found = line.get("process")
    return (found,) if isinstance(found, Mapping) else ()


def _others(record: RunRecord, line: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """Return the other processes that work on the run, without the one that wrote the line."""
    return tuple(it for it in record.at_work if it not in _process(line))


def _status(look: object) -> str | None:
    backup = look.get("backup") if isinstance(look, dict) else None
    return _text(backup.get("status")) if isinstance(backup, dict) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _id(value: object) -> str | None:
    try:
        return backup_id(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _texts(value: object) -> tuple[str, ...]:
    return tuple(it for it in value if isinstance(it, str)) if isinstance(value, list) else ()
