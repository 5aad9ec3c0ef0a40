"""Reports the stages of the connections of one session to its observer.

Stages nest: a connection that is opened again during a login or a session reports its own stages inside the outer one.
Without an observer nothing is kept and nothing is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from psbridge.clock import Clock
from psbridge.errors import Interrupted, PsbridgeError
from psbridge.powershell.stages import Stage, StageEvent, StageObserver


class _Running:
    """A stage that has started."""

    def __init__(self, stage: Stage, since: float) -> None:
        self.stage = stage
        self.since = since
        self.facts: dict[str, Any] = {}


class Stages:
    """The stages of one session.

    Args:
        host: the endpoint's address, for people.
        observe: is given each event; None keeps nothing. Unless it raises `Interrupted`, what it raises is ignored, and
            it is not called again.
    """

    def __init__(self, host: str, clock: Clock, observe: StageObserver | None = None) -> None:
        self._host = host
        self._observe = observe
        self._running: list[_Running] = []
        self._again = False
        self.clock = clock

    @property
    def observed(self) -> bool:
        """Return whether facts are of use to anyone."""
        return self._observe is not None

    @property
    def current(self) -> Stage | None:
        """The innermost stage that has started and not ended."""
        return self._running[-1].stage if self._running else None

    def start(self, stage: Stage) -> None:
        """Report that a stage starts."""
        if self._observe is not None:
            self._running.append(_Running(stage, self.clock.monotonic()))
            self._tell(StageEvent(stage, "started", self._host, again=self._again))

    def add(self, **facts: Any) -> None:
        """Note facts about the current stage."""
        if self._running:
            self._running[-1].facts |= facts

    def finish(self, stage: Stage, **facts: Any) -> None:
        """Report that a stage finished, if it is the current one."""
        if self.current is stage:
            self._end(self._running.pop(), "finished", facts)

    def fail(self, error: PsbridgeError, *, within: Stage | None = None) -> None:
        """Report that every stage that runs inside `within` failed, innermost first; all of them without `within`."""
        while self._running and self._running[-1].stage is not within:
            self._end(self._running.pop(), "failed", {}, error)

    def _end(
        self,
        ended: _Running,
        state: Literal["finished", "failed"],
        facts: Mapping[str, Any],
        error: PsbridgeError | None = None,
    ) -> None:
        seconds = max(0.0, self.clock.monotonic() - ended.since)
        self._tell(StageEvent(ended.stage, state, self._host, seconds, {**ended.facts, **facts}, error, self._again))
        self._again |= ended.stage is Stage.SESSION

    def _tell(self, event: StageEvent) -> None:
        if self._observe is None:
            return
        try:
            self._observe(event)
        except Interrupted:
            raise
        except Exception:  # noqa: BLE001 - an observer must not change a result
            self._observe = None
            self._running.clear()
