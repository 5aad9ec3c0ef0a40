"""A pipeline in its own session, next to the session that reads."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Self

from psbridge.clock import Deadline
from psbridge.errors import Interrupted, PsbridgeError
from psbridge.powershell.result import Result
from psbridge.powershell.session import Session

_PATIENCE = 1.0  # seconds that a poll may take if there is nothing new


class SecondSession:
    """A pipeline that was begun; leaving it removes its session from the host, whether or not the pipeline has ended.

    Args:
        session: where it runs.
        leave: leaves that session, with what went wrong in it, if anything did.
    """

    def __init__(self, session: Session, leave: Callable[[PsbridgeError | None], None]) -> None:
        self._session = session
        self._leave = leave
        self._lost: PsbridgeError | None = None

    def look(self, deadline: Deadline) -> Result | None:
        """Return its result, None while it runs. After a broken connection it is resumed on a new one at once.

        Raises:
            psbridge.errors.PsbridgeError: as `Session.poll`; the link to it is lost then.
        """
        try:
            return self._session.poll(_PATIENCE, deadline)
        except PsbridgeError as problem:
            self._lost = problem
            if not problem.retryable:
                raise
            result = self._resumed(problem, deadline)
            self._lost = None
            return result

    def _resumed(self, lost: PsbridgeError, deadline: Deadline) -> Result | None:
        try:
            self._session.resume()
            return self._session.poll(_PATIENCE, deadline)
        except Interrupted:
            raise
        except PsbridgeError as problem:
            raise lost from problem

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave(self._lost)
