"""The engine itself: makes runspace pools that see one stamp."""

from __future__ import annotations

from uuid import UUID

from psbridge.emulator.clock import SYSTEM, Clock
from psbridge.emulator.engine import Sink
from psbridge.emulator.engines.dialect import DEFAULT_CONFIGURATION, table_of
from psbridge.emulator.engines.embedded.command_runtime import HostSession
from psbridge.emulator.engines.embedded.runspace import EmbeddedRunspace
from psbridge.emulator.stamp.api import StampApi


class EmbeddedEngine:
    """Implements `psbridge.emulator.engine.Engine` in this process.

    Args:
        stamp: its profile says what kind of host this is.
        clock: for what pipelines wait for, and their threads.
    """

    name = "embedded"

    def __init__(self, stamp: StampApi, *, clock: Clock = SYSTEM) -> None:
        self._stamp = stamp
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
        return EmbeddedRunspace(session, sink, self._clock, fragments)
