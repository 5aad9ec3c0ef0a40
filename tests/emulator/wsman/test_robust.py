"""Robust connections: a client names its requests, and may send each of them again ([MS-WSMV] 3.1.4.1.39)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pypsrp.powershell import RunspacePool

from psbridge.emulator.host import OperatorHost
from tests.support.clients.wsman_client import CONFIG_URI, pipeline, wsman
from tests.support.hosts.raw_wsman import Client, operation, receive
from tests.support.hosts.wsman_engine import ToyEngine


@pytest.fixture(scope="module")
def host() -> Iterator[OperatorHost]:
    users = {"admin": "secret", "other": "word"}
    with OperatorHost(ToyEngine(), users=users, allow_unencrypted=True) as running:
        yield running


@pytest.fixture
def client(host: OperatorHost) -> Client:
    return Client(host)


@pytest.mark.source("[MS-WSMV] 3.1.4.1.39", "[MS-WSMV] 4.11.3")
def test_an_answer_names_the_operation_and_its_own_number(client: Client) -> None:
    reply = client.ask("get", resource=CONFIG_URI, headers=operation("uuid:NAMED", again=False))
    assert (reply.header("OperationID"), reply.header("SequenceId")) == ("uuid:named", "1")
    order = [item.tag.rpartition("}")[2] for item in reply.root[0]]
    assert order == ["Action", "MessageID", "OperationID", "SequenceId", "ActivityId", "To", "RelatesTo"]
    plain = client.ask("get", resource=CONFIG_URI)
    assert (plain.header("OperationID"), plain.header("SequenceId")) == (None, None)


@pytest.mark.source("[MS-WSMV] 3.1.4.1.39 the request is a retransmission")
def test_a_retransmission_gets_the_lost_answer_and_is_not_repeated(host: OperatorHost) -> None:
    with RunspacePool(wsman(host)) as pool:
        client = Client(host)
        shell = pipeline(pool, Count=3)
        shell.begin_invoke()
        ask = receive(shell.id)
        first = client.ask("receive", ask, shell_id=pool.id, headers=operation("uuid:r", again=False))
        again = client.ask("receive", ask, shell_id=pool.id, headers=operation("uuid:r", again=True))
        assert first.all("Stream") == again.all("Stream") != []
        never_seen = client.ask("receive", ask, shell_id=pool.id, headers=operation("uuid:s", again=True))
        assert never_seen.status in {200, 500}, "it is carried out as a new one"
        assert never_seen.all("Stream") != first.all("Stream")


@pytest.mark.source("[MS-WSMV] 3.1.4.1.39 fails with InvalidMessageInformationHeader")
def test_reused_operation_ids_and_wrong_first_sequence_ids_are_refused(client: Client) -> None:
    assert client.ask("get", resource=CONFIG_URI, headers=operation("uuid:old", again=False)).status == 200
    for headers in (
        operation("uuid:old", again=False),
        operation("uuid:fresh", again=False, sequence=2),
        operation("uuid:old", again=True, sequence=2),
    ):
        reply = client.ask("get", resource=CONFIG_URI, headers=headers)
        assert (reply.code, reply.subcode) == (2150858767, "a:InvalidMessageInformationHeader")


@pytest.mark.source("psbridge: what one user was told is for no other")
def test_an_operation_belongs_to_its_user(host: OperatorHost, client: Client) -> None:
    named = operation("uuid:mine", again=False)
    assert client.ask("get", resource=CONFIG_URI, headers=named, message_id="uuid:A").header("RelatesTo") == "uuid:A"
    stranger = Client(host, user="other", password="word")
    again = operation("uuid:mine", again=True)
    assert stranger.ask("get", resource=CONFIG_URI, headers=again, message_id="uuid:B").header("RelatesTo") == "uuid:B"
