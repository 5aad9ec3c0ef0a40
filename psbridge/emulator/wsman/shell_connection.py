"""The connection state of a shell's client, and the idle time ([MS-WSMV] 3.1.4.15 to 3.1.4.17)."""

from __future__ import annotations

from psbridge.emulator.clock import Clock
from psbridge.emulator.wsman import shell_errors as errors


class ShellConnection:
    """The client's side of one shell. Not thread-safe: its shell's lock guards it.

    Args:
        idle_timeout: seconds without a request until the shell is deleted.
        can_leave: whether the client chose the ShellId, which disconnecting requires ([MS-WSMV] 3.1.4.15).

    Attributes:
        drop: whether, while disconnected, a full buffer loses its oldest output instead of halting the command.
    """

    def __init__(self, session_id: str, *, idle_timeout: float, can_leave: bool, clock: Clock) -> None:
        self.connected = True
        self.idle_timeout = idle_timeout
        self.drop = False
        self._session_id = session_id
        self._can_leave = can_leave
        self._clock = clock
        self._busy = 0
        self._lost_at: float | None = None
        self._opened = self._used = clock.monotonic()

    def disconnect(self, idle_timeout: float | None, *, drop: bool | None) -> None:
        """Disconnect the client; it may change the idle timeout.

        Raises:
            WSManFault: it can't disconnect.
        """
        if not self._can_leave:
            raise errors.no_disconnect()
        self.connected = False
        self.idle_timeout = idle_timeout or self.idle_timeout
        self._buffer(drop)

    def reconnect(self, session_id: str, *, drop: bool | None) -> None:
        """Reconnect the disconnected client; harmless when connected ([MS-WSMV] 3.1.4.16).

        Raises:
            WSManFault: it is another client ([MS-PSRP] 3.1.4.10 distinguishes them by session).
        """
        if session_id != self._session_id:
            raise errors.other_session()
        self.connected = True
        self._buffer(drop)

    def require_left(self) -> None:
        """Raise the fault for a shell in use unless its client has left ([MS-WSMV] 3.1.4.17)."""
        if self.connected:
            raise errors.shell_in_use()

    def adopt(self, session_id: str, *, drop: bool | None) -> None:
        """A client takes the shell over."""
        self.connected = True
        self._session_id = session_id
        self._buffer(drop)

    def _buffer(self, drop: bool | None) -> None:
        self.drop = self.drop if drop is None else drop

    def lose(self) -> None:
        """A robust client's connection broke in the middle of a request ([MS-WSMV] 3.1.6.5)."""
        self._lost_at = self._clock.monotonic()

    def leave_if_lost(self, after: float) -> None:
        """Disconnect a vanished client that did not return for `after` seconds.

        [MS-WSMV] 3.1.5.6 calls the timer AutoDisconnect and only starts the idle time with it; that others can connect
        to the shell from then on is inferred from that name and from PowerShell's about_Remote_Disconnected_Sessions.
        """
        if self._can_leave and self._lost_at is not None and self._clock.monotonic() - self._lost_at >= after:
            self._lost_at = None
            self.connected = False

    def enter(self) -> None:
        """A request for this shell began."""
        self._busy += 1
        self._lost_at = None
        self._used = self._clock.monotonic()

    def leave(self) -> None:
        """A request for this shell ended."""
        self._busy -= 1
        self._used = self._clock.monotonic()

    def idle_for(self) -> float:
        """Return the seconds since the last request ended, 0 while one runs."""
        return 0.0 if self._busy else self._clock.monotonic() - self._used

    def run_time(self) -> float:
        """Return the seconds since the shell was opened."""
        return self._clock.monotonic() - self._opened
