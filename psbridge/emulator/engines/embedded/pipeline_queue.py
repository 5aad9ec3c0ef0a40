"""The queue of pipelines: as many run at once as the pool has runspaces, the others wait (PowerShell 7.6.9, measured)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final
from uuid import UUID

from psbridge.emulator.clock import Clock

MOST: Final = 50
"""Pipelines of one pool that run at once, however many runspaces its client asks for."""

Job = Callable[[], None]


class PipelineQueue:
    """Runs jobs on daemon threads, in the order in which they came. Thread-safe.

    Args:
        limit: returns the number of jobs that may run at once.
    """

    def __init__(self, limit: Callable[[], int], clock: Clock) -> None:
        self._clock = clock
        self._limit = limit
        self._lock = threading.Lock()
        self._waiting: dict[UUID, Job] = {}
        self._threads: set[threading.Thread] = set()

    def put(self, pipeline_id: UUID, job: Job) -> None:
        """Run a job, now or when its turn comes.

        Raises:
            RuntimeError: the system has no more threads.
        """
        with self._lock:
            self._waiting[pipeline_id] = job
            if len(self._threads) >= min(max(self._limit(), 1), MOST):
                return
            thread = self._clock.thread(self._work, name="psbridge-pipeline")
            try:
                thread.start()
            except BaseException:
                del self._waiting[pipeline_id]
                raise
            self._threads.add(thread)

    def withdraw(self, pipeline_id: UUID) -> bool:
        """Take back a job that still waits; return whether it did."""
        with self._lock:
            return self._waiting.pop(pipeline_id, None) is not None

    def join(self, seconds: float) -> None:
        """Wait for the jobs that run, `seconds` in all at most."""
        with self._lock:
            threads = self._threads - {threading.current_thread()}
        for thread in threads:
            thread.join(seconds / len(threads))

    def _work(self) -> None:
        while (job := self._next()) is not None:
            job()

    def _next(self) -> Job | None:
        with self._lock:
            if self._waiting:
                return self._waiting.pop(next(iter(self._waiting)))
            self._threads.discard(threading.current_thread())
            return None
