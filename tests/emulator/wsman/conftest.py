from __future__ import annotations

from collections.abc import Iterator

import pytest

from psbridge.emulator.host import OperatorHost
from tests.support.hosts.wsman_engine import ToyEngine


@pytest.fixture
def engine() -> ToyEngine:
    return ToyEngine()


@pytest.fixture
def host(engine: ToyEngine) -> Iterator[OperatorHost]:
    """A host that lets Basic pass over plain http: the quickest to talk to."""
    users = {"admin": "secret", "other": "word"}
    with OperatorHost(engine, users=users, allow_unencrypted=True) as running:
        yield running
