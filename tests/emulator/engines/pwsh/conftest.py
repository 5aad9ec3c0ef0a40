"""The real engine in front of an emulated stamp."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from psbridge.emulator.engines.pwsh import PwshEngine
from psbridge.emulator.stamp.rest_server import RestServer
from psbridge.emulator.stamp.service import Stamp
from tests.support.clients.psrp_client import PsrpClient


@pytest.fixture(scope="module")
def stamp() -> Stamp:
    return Stamp(speed=600)


@pytest.fixture(scope="module")
def rest(stamp: Stamp) -> Iterator[RestServer]:
    with RestServer(stamp) as server:
        yield server


@pytest.fixture(scope="module")
def engine(rest: RestServer, stamp: Stamp) -> PwshEngine:
    return PwshEngine(rest_url=rest.url, rest_token=rest.token, profile=stamp.profile)


@pytest.fixture(scope="module")
def client(engine: PwshEngine) -> Iterator[PsrpClient]:
    with PsrpClient(engine) as opened:
        yield opened
