"""The same request twice gets the same bytes once more, and is carried out once.

A client whose connection broke may send the very same envelope again; pypsrp does so for Receive and expects the same
answer (its comment in `WSMan.receive`). Windows promises it only for clients that send an OperationID ([MS-WSMV]
3.1.4.1.39); the emulated host is as generous as pypsrp's author found real hosts to be.

A robust client's repetition says that it is one. What [MS-WSMV] 3.1.4.1.39 has the host send first then, an Acknowledge in
a chunk of its own, is left out: no client at hand can be asked whether it would miss it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Final

from psbridge.emulator.clock import Clock

MAX_ANSWERS: Final = 1024
MAX_BYTES: Final = 64 * 1024 * 1024


class Repeated(Exception):
    """A request that says it is new was seen before."""


class Replay:
    """The last answers by request. Thread-safe."""

    def __init__(self, clock: Clock, *, max_answers: int = MAX_ANSWERS, max_bytes: int = MAX_BYTES) -> None:
        self._changed = clock.condition()
        self._answers: OrderedDict[Hashable, tuple[int, bytes]] = OrderedDict()
        self._running: set[Hashable] = set()
        self._bytes = 0
        self._max_answers = max_answers
        self._max_bytes = max_bytes

    def begin(self, key: Hashable, *, new: bool = False) -> tuple[int, bytes] | None:
        """Return the (status, body) that `key` got before; None makes the caller the one to answer it.

        Waits while another thread answers the same key. Each None must be followed by one `end`.

        Raises:
            Repeated: the request is said to be `new` and is not.
        """
        with self._changed:
            if new and (key in self._running or key in self._answers):
                raise Repeated
            self._changed.wait_for(lambda: key not in self._running)
            known = self._answers.get(key)
            if known is None:
                self._running.add(key)
            return known

    def end(self, key: Hashable, answer: tuple[int, bytes] | None) -> None:
        """Keep the answer to `key`; None where there was none, so that a repetition is carried out."""
        with self._changed:
            self._running.discard(key)
            if answer is not None:
                self._answers[key] = answer
                self._bytes += len(answer[1])
                self._evict()
            self._changed.notify_all()

    def _evict(self) -> None:
        while len(self._answers) > self._max_answers or (self._bytes > self._max_bytes and len(self._answers) > 1):
            _, (_, body) = self._answers.popitem(last=False)
            self._bytes -= len(body)
