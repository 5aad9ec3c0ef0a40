"""What the tests of the embedded engine share."""

from __future__ import annotations

import pytest

from tests.support.clients.embedded import Client, FakeStamp


@pytest.fixture
def stamp() -> FakeStamp:
    return FakeStamp()


@pytest.fixture
def client(stamp: FakeStamp) -> Client:
    return Client(stamp)
