"""What is known of a start's trigger, and every error's word of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from psbridge.errors import DeadlineExceeded, InternalError, Interrupted, PsbridgeError, Trigger, what_now


class Fate(msgspec.Struct):
    """Whether a backup was triggered; an interrupt may come between any two steps, so this is kept as it becomes known.

    Attributes:
        command: how to call psbridge for the target again.
        trigger: whether the trigger left this machine.
        id: the backup's, once it is known.
    """

    command: str
    trigger: Trigger = Trigger.NOT_SENT
    id: str | None = None

    @contextmanager
    def told(self) -> Iterator[None]:
        """Say in each error that leaves whether a backup was triggered."""
        try:
            yield
        except PsbridgeError as problem:
            self._tell(problem)
            raise
        except Exception as bug:
            if self.trigger is Trigger.NOT_SENT:
                raise
            nameless = InternalError(f"a bug of psbridge: {type(bug).__name__}", hint="Please report it.")
            self._tell(nameless)
            raise nameless from bug

    def _tell(self, problem: PsbridgeError) -> None:
        if self.trigger is Trigger.NOT_SENT:
            _nothing_started(problem)
            return
        if problem.trigger is Trigger.NOT_SENT:
            problem.trigger = self.trigger
        problem.id = problem.id or self.id
        if isinstance(problem, Interrupted) or problem.hint is None:
            problem.hint = what_now(self.command, self.id)


def _nothing_started(problem: PsbridgeError) -> None:
    if isinstance(problem, DeadlineExceeded) and "backup" not in problem.detail:
        problem.message += "; no backup was started"
        problem.args = (problem.message,)
        problem.detail["backup"] = "none"
        problem.hint = "Give it more with --timeout (all of it) or --call-timeout (one call), or look at the host."
    elif isinstance(problem, Interrupted):
        problem.hint = problem.hint or "No backup was started."
