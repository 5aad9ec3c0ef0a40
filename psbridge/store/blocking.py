"""Calls that may block for ever: made by a thread of their own, and waited for until the deadline."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Any, Final, TypeVar

from psbridge.clock import Deadline
from psbridge.errors import DeadlineExceeded

T = TypeVar("T")
_WAIT: Final = 0.5
"""Seconds between two looks at the deadline."""


def bounded(call: Callable[[], T], deadline: Deadline, place: str) -> T:
    """Return what a call returns that may block for ever, or raise what it raises.

    Raises:
        psbridge.DeadlineExceeded: it timed out; the call may still block its thread.
    """
    if deadline.remaining() <= 0:
        raise DeadlineExceeded(f"{place}: timed out")
    answers: queue.SimpleQueue[tuple[Any, BaseException | None]] = queue.SimpleQueue()
    _worker().put((call, answers))
    over = False
    try:
        while not deadline.expired:
            try:
                value, error = answers.get(timeout=min(_WAIT, max(deadline.remaining(), 0.001)))
            except queue.Empty:
                continue
            over = True
            if error is not None:
                raise error
            found: T = value
            return found
    finally:
        if not over:  # timed out, or Ctrl-C
            _forget_worker()
    raise DeadlineExceeded(
        f"{place}: no answer in time", hint="Is the share's server there? `mount` shows the mounted ones."
    )


_Calls = queue.SimpleQueue[tuple[Callable[[], Any], "queue.SimpleQueue[tuple[Any, BaseException | None]]"]]
_local = threading.local()


def _worker() -> _Calls:
    """Return the queue of this thread's worker, which makes one call after the other."""
    calls: _Calls | None = getattr(_local, "calls", None)
    if calls is None:
        calls = _local.calls = queue.SimpleQueue()
        threading.Thread(target=_serve, args=(calls,), name="psbridge-store", daemon=True).start()
    return calls


def _forget_worker() -> None:
    """Leave a worker that does not come back to its call."""
    _local.calls = None


def _serve(calls: _Calls) -> None:
    while True:
        call, answers = calls.get()
        try:
            answers.put((call(), None))
        except BaseException as error:  # noqa: BLE001 - it is raised where the call was asked for
            answers.put((None, error))
