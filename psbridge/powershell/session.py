"""The interface between operations and a PowerShell session, which runs one pipeline at a time."""

from __future__ import annotations

from typing import Protocol

from psbridge.clock import Deadline
from psbridge.powershell.pipeline import Pipeline
from psbridge.powershell.result import Result


class Session(Protocol):
    """One open session to one host, used from one thread.

    Attributes:
        removed_earlier: the ids of shells that were remaining on the host from earlier sessions, and that this one removed.
    """

    removed_earlier: tuple[str, ...]

    def run(self, pipeline: Pipeline, deadline: Deadline) -> Result:
        """Run a pipeline to its end and return its whole result. A FAILED pipeline is a result, not an exception.

        Raises:
            psbridge.errors.AuthError: the host refused the credentials; final.
            psbridge.errors.Unreachable: the connection broke. `delivered` reports whether the host may have run it.
            psbridge.errors.DeadlineExceeded: no time was left; `delivered` as above.
            psbridge.errors.ResultVoid: it ran, but messages of its answer were lost.
            psbridge.errors.PrerequisiteError: the host has no such session configuration, or denies it.

        After any of these the session is broken: close it, and open another; or `resume` what may have been delivered.
        """
        ...

    def begin(self, pipeline: Pipeline, deadline: Deadline) -> None:
        """Send a pipeline and return when the host has accepted it; `poll` returns its result. One at a time.

        Raises:
            psbridge.errors.PsbridgeError: as `run`.
        """
        ...

    def poll(self, patience: float, deadline: Deadline) -> Result | None:
        """Poll the pipeline that was begun, once.

        Args:
            patience: how long the host may take to answer if there is nothing new, in seconds; at least 1.
            deadline: when there must be an answer.

        Returns:
            Its whole result, None while it runs.

        Raises:
            psbridge.errors.PsbridgeError: as `run`; always `delivered`.
        """
        ...

    def resume(self) -> None:
        """Resume the pipeline that was sent last and may have been delivered, after its answer was lost; then `poll`.

        No command is sent. `poll` asks for the answer by the id of the pipeline. A host that does not know this id does not
        disprove delivery: the pipeline may still be on its way.

        Raises:
            psbridge.errors.Unreachable: there is no such pipeline, or parts of its answer were lost.
        """
        ...

    def close(self, deadline: Deadline) -> str | None:
        """Remove the session's shell from the host, if possible by the deadline; never raises.

        Returns:
            The id of a shell that is remaining on the host, None if none is.
        """
        ...


class SessionFactory(Protocol):
    """Opens sessions to one target."""

    def __call__(self, deadline: Deadline) -> Session:
        """Open a session; raises as `Session.run` does, with `delivered` False."""
        ...

    @property
    def description(self) -> str:
        """The address of the host, for people."""
        ...

    def stay_on(self, host: str | None) -> bool:
        """Open sessions to one host alone from now on.

        Args:
            host: as `description` named it; None for any of the target's again.

        Returns:
            Whether it is one of the target's; if not, nothing has changed.
        """
        ...
