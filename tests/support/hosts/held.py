"""An answer that the host holds back until the test lets it go, in place of one that is slow."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from psbridge.emulator.emulation import Emulation
from psbridge.emulator.faults.effects import EFFECTS, Effect
from psbridge.emulator.faults.exchange import Exchange
from psbridge.emulator.faults.rules import FaultRule
from tests.support.process.until import LONG, until


@contextmanager
def held_answer(running: Emulation, action: str, number: int) -> Iterator[threading.Event]:
    """Hold back the answer to the nth such request from now on, until the event is set or the body ends."""
    free = threading.Event()

    def send(exchange: Exchange, _value: float, data: bytes) -> None:
        free.wait(LONG)
        exchange.http.write(data)

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(EFFECTS, "hold", Effect("carried out; answered when the test says so", send=send))
        running.host.faults.add(FaultRule(action, number, number, "hold"), from_now=True)
        try:
            yield free
        finally:
            free.set()


def until_asked(running: Emulation, action: str, number: int = 1) -> None:
    """Wait until the host has taken the nth such request."""
    until(lambda: running.host.requests.get(action, 0) >= number)
