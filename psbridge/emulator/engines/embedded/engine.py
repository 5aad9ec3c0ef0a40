"""The engine itself: makes runspace pools that see one stamp."""

from __future__ import annotations

from threading import Event
from uuid import UUID

from psbridge.emulator.clock import SYSTEM, Clock
from psbridge.emulator.engine import Sink
from psbridge.emulator.engines.dialect import DEFAULT_CONFIGURATION, table_of
from psbridge.emulator.engines.embedded.command_runtime import HostSession, Sleep
from psbridge.emulator.engines.embedded.runspace import EmbeddedRunspace
from psbridge.emulator.stamp.api import StampApi


def wait(stop: Event, seconds: float) -> bool:
    """Wait; return whether the event was set."""
    return stop.wait(seconds)


class EmbeddedEngine:
    """Implements `psbridge.emulator.engine.Engine` in this process.

    Args:
        stamp: its profile says what kind of host this is.
        sleep: waits so many seconds or until the event is set, and returns whether it was set.
        clock: makes that event, and the threads of pipelines.
    """

    name = "embedded"

    def __init__(self, stamp: StampApi, *, sleep: Sleep = wait, clock: Clock = SYSTEM) -> None:
        self._stamp = stamp
        self._sleep = sleep
        self._clock = clock

    def open(
        self,
        shell_id: UUID,  # noqa: ARG002 - the shell's id does not change what it does
        fragments: bytes,
        sink: Sink,
        *,
        user: str,  # noqa: ARG002 - nor does the user
        configuration: str = DEFAULT_CONFIGURATION,
    ) -> EmbeddedRunspace:
        """Open a pool.

        Raises:
            BadFragments: the fragments do not open a pool.
        """
        session = HostSession.fresh(self._stamp, table_of(self._stamp.profile, configuration))
        return EmbeddedRunspace(session, sink, self._sleep, self._clock, fragments)
