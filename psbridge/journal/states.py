"""The states of a run, and what each line of its journal makes of it: one table.

The state of a run depends only on its lines on disk, so a kill at any moment leads to one of these states. Each of them
states what may have happened on the stamp, and what a later command does about it.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Final


class RunState(StrEnum):
    """What is known of a run."""

    BEGUN = "begun"
    INTENT = "intent"
    OPEN = "open"
    NOT_SENT = "not_sent"
    REFUSED = "refused"
    STARTED = "started"
    ATTACHED = "attached"
    DECIDED = "decided"
    CLOSED = "closed"


class Step(StrEnum):
    """What a line of the journal says. The words are those of its `event` key; `decided` and `left` are an `ended`."""

    BEGUN = "begun"
    INTENT = "intent"
    OPEN = "open"
    NOT_SENT = "not_sent"
    REFUSED = "refused"
    STARTED = "started"
    ATTACHED = "attached"
    DECIDED = "decided"
    LEFT = "left"
    CLOSED = "closed"


MEANINGS: Final = {
    RunState.BEGUN: "recorded; no start request was sent",
    RunState.INTENT: "the start request may have been sent",
    RunState.OPEN: "the outcome of the start request is unknown; a backup may have started",
    RunState.NOT_SENT: "the start request was provably not sent; nothing was started",
    RunState.REFUSED: "the stamp refused the start request; nothing was started",
    RunState.STARTED: "the stamp accepted the start request; the backup's id is known",
    RunState.ATTACHED: "the run waits for a backup that it did not start; its id is known",
    RunState.DECIDED: "a verdict was given, or there is nothing left to wait for",
    RunState.CLOSED: "closed by hand, with a reason; a backup on the stamp continues",
}
LONGEST_BACKUP: Final = timedelta(days=1)
"""No backup takes a day: an older one does not run any more."""
UNFINISHED: Final = frozenset({RunState.INTENT, RunState.OPEN, RunState.STARTED, RunState.ATTACHED})
"""A later `wait` without an id resumes such a run, and pruning keeps it."""
NOTHING_STARTED: Final = frozenset({RunState.BEGUN, RunState.NOT_SENT, RunState.REFUSED})

# From each state (row) by each step (column) the next state; `.` keeps the state. Two rules: a run that may have started a
# backup stays so until an answer proves otherwise, and a known id is never lost. A `?` marks a step that psbridge itself
# never writes: a line between the two was torn or lost, and the same two rules apply. `begun` occurs again when a start that
# the stamp refused is queued behind another backup and tried again.
_TABLE: Final = """
            begun    intent    open    not_sent    refused    started    attached    decided   left   closed
begun       .        intent    open?   not_sent?   refused?   started?   attached    decided?  .      .
intent      .        .         open    not_sent    refused    started    attached?   .         .      closed
open        .        .         .       .           .          started    .           .         .      closed
not_sent    begun?   intent?   open?   .           refused?   started?   attached?   .         .      .
refused     begun    intent?   open?   not_sent?   .          started?   attached    .         .      .
started     .        .         .       .           .          .          .           decided   .      closed
attached    .        .         .       .           .          .          .           decided   .      closed
decided     .        .         .       .           .          .          .           .         .      .
closed      .        .         .       .           .          .          .           .         .      .
"""


def _read(table: str) -> dict[tuple[RunState, Step], str]:
    head, *rows = (line.split() for line in table.strip().splitlines())
    steps = [Step(word) for word in head]
    return {(RunState(state), step): word for state, *words in rows for step, word in zip(steps, words, strict=True)}


_CELLS: Final = _read(_TABLE)
TABLE: Final = {key: key[0] if word == "." else RunState(word.rstrip("?")) for key, word in _CELLS.items()}


def next_state(state: RunState, step: Step) -> RunState:
    """Return what a run is after one more line."""
    return TABLE[state, step]


def diagram() -> str:
    """Return what psbridge writes as a Mermaid state diagram."""
    written = (state for state, word in _CELLS.items() if word.isidentifier())
    arrows = "".join(f"    {state} --> {TABLE[state, step]}\n" for state, step in written)
    last = (RunState.NOT_SENT, RunState.REFUSED, RunState.DECIDED, RunState.CLOSED)
    ends = "".join(f"    {state} --> [*]\n" for state in last)
    return f"stateDiagram-v2\n    [*] --> {RunState.BEGUN}\n{arrows}{ends}"
