"""The engine itself: makes runspace pools that see one stamp."""

from __future__ import annotations

from threading import Event
from uuid import UUID

from psbridge.emulator.embedded.call import HostSession, SignIn, Sleep
from psbridge.emulator.embedded.runspace import EmbeddedRunspace
from psbridge.emulator.engine import Sink
from psbridge.emulator.stamp.face import StampFace


class EmbeddedEngine:
    """Implements `psbridge.emulator.engine.Engine` in this process.

    Args:
        face: the stamp.
        visible: the only commands that sessions show, as a restricted endpoint does; None for the whole dialect.
        sleep: waits so many seconds or until the event is set, and tells whether it was set.
    """

    name = "embedded"

    def __init__(self, face: StampFace, *, visible: frozenset[str] | None = None, sleep: Sleep = Event.wait) -> None:
        self._face = face
        self._visible = None if visible is None else frozenset(name.casefold() for name in visible)
        self._sleep = sleep

    def open(self, shell_id: UUID, fragments: bytes, sink: Sink, *, user: str) -> EmbeddedRunspace:  # noqa: ARG002
        """Open a pool; neither the shell's id nor the user changes what it does.

        Raises:
            BadFragments: the fragments do not open a pool.
        """
        profile = self._face.profile
        session = HostSession(self._face, self._visible, SignIn.of(profile) if profile.signed_in else None)
        return EmbeddedRunspace(session, sink, self._sleep, fragments)
