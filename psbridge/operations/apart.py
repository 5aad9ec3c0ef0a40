"""A pipeline in a session of its own, beside the one that reads."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Self

from psbridge.clock import Deadline
from psbridge.powershell import Result, Session

_PATIENCE = 1.0  # seconds that a look may take where there is nothing new


class Apart:
    """A pipeline that was begun; leaving it removes its session from the host, whether or not the pipeline has ended.

    Args:
        session: where it runs.
        close: ends that session.
    """

    def __init__(self, session: Session, close: Callable[[Session], None]) -> None:
        self._session = session
        self._close = close

    def look(self, deadline: Deadline) -> Result | None:
        """Return what came of it, None while it runs.

        Raises:
            psbridge.errors.PsbridgeError: as `Session.poll`; the link to it is lost then.
        """
        return self._session.poll(_PATIENCE, deadline)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close(self._session)
