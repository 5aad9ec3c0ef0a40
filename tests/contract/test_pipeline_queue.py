"""Pipelines of one pool take turns: as many run as it has runspaces. Both engines; where they differ, the real one is right."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import pytest

from psbridge.emulator.engine import Engine
from psbridge.emulator.engines.embedded import EmbeddedEngine
from psbridge.emulator.engines.pwsh import PwshEngine
from psbridge.emulator.stamp.rest_server import RestServer
from psbridge.emulator.stamp.service import Stamp
from tests.support.clients.psrp_client import PsrpClient
from tests.support.process.until import until

LONG = [("Start-AzsBackup", {"Location": "redmond"})]
SHORT = [("Get-Command", {"Name": "Get-Module"})]


@pytest.fixture
def stamp() -> Stamp:
    return Stamp()  # in its own time, so that LONG ends when it is stopped, never before


@pytest.fixture(params=["embedded", pytest.param("pwsh", marks=pytest.mark.pwsh)])
def engine(request: pytest.FixtureRequest, stamp: Stamp) -> Iterator[Engine]:
    if request.param == "embedded":
        yield EmbeddedEngine(stamp)
        return
    with RestServer(stamp) as rest:
        yield PwshEngine(rest_url=rest.url, rest_token=rest.token, profile=stamp.profile)


def begun(client: PsrpClient, stamp: Stamp) -> UUID:
    """Begin LONG, and return when it has its runspace: of pipelines sent together any may be the first (measured)."""
    command_id = client.begin(LONG)
    until(lambda: stamp.counts()["triggers"])  # so far has Start-AzsBackup come then
    return command_id


def test_a_pool_with_one_runspace_runs_one_pipeline_after_the_other(engine: Engine, stamp: Stamp) -> None:
    with PsrpClient(engine, max_runspaces=1) as client:
        client.run(SHORT)
        first = begun(client, stamp)
        second, third = client.begin(SHORT), client.begin(SHORT)
        client.runspace.stop(second)
        stopped = client.end(second)
        assert not {first, third} & client._done
        # Stopped before its turn: the state alone, without the error that a stopped pipeline else has.
        assert [message.clixml for message in stopped.messages] == [
            '<Obj RefId="0"><MS><I32 N="PipelineState">3</I32></MS></Obj>'
        ]
        client.runspace.stop(first)
        client.end(first)
        assert len(client.end(third).output) == 1
        for _ in range(2):
            client.begin(LONG)  # so the pool closes with one that runs and one that waits
    assert client.died_of is None


def test_a_pool_with_two_runspaces_runs_two_at_once(engine: Engine, stamp: Stamp) -> None:
    with PsrpClient(engine, max_runspaces=2) as client:
        client.run(SHORT)
        first, second = begun(client, stamp), client.begin(SHORT)
        assert len(client.end(second).output) == 1
        assert first not in client._done
        client.runspace.stop(first)
        client.end(first)
