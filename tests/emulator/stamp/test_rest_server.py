"""The REST API over HTTP, as the script modules of the real engine call it."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from typing import Any
from urllib.parse import urlsplit

import pytest

from psbridge.emulator.stamp.resources import Identity
from psbridge.emulator.stamp.rest_server import LARGEST_BODY, RestServer
from psbridge.emulator.stamp.scenarios import HOST
from psbridge.emulator.stamp.service import APPLICATION_ID, CERTIFICATE, ServicePrincipal, Stamp
from tests.support.process.until import LONG, until

PLACE = Identity(HOST.subscription_id).location_id
VERSION = "?api-version=2018-09-01"


@pytest.fixture
def stamp() -> Stamp:
    return Stamp(principal=ServicePrincipal(secret="right"))


@pytest.fixture
def server(stamp: Stamp) -> Iterator[RestServer]:
    with RestServer(stamp) as running:
        yield running


@pytest.fixture
def connection(server: RestServer) -> Iterator[http.client.HTTPConnection]:
    with closing(http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=LONG)) as made:
        yield made


def ask(
    connection: http.client.HTTPConnection, server: RestServer, method: str, path: str, body: bytes | None = None
) -> tuple[int, Any, http.client.HTTPMessage]:
    connection.request(method, path, body, {"Authorization": f"Bearer {server.token}"})
    answer = connection.getresponse()
    content = answer.read()
    return answer.status, json.loads(content) if content else None, answer.headers


def test_a_call_is_answered_as_the_stamp_answers_it(
    connection: http.client.HTTPConnection, server: RestServer, stamp: Stamp
) -> None:
    status, body, headers = ask(connection, server, "GET", f"{PLACE}/backups{VERSION}")
    assert (status, body) == (200, stamp.rest("GET", f"{PLACE}/backups{VERSION}").body)
    assert headers["Content-Type"] == "application/json; charset=utf-8"
    assert headers.get_all("Date") is not None
    assert len(headers.get_all("Date")) == 1
    assert headers["x-ms-request-id"]


def test_many_calls_go_over_one_connection(connection: http.client.HTTPConnection, server: RestServer) -> None:
    status, body, headers = ask(connection, server, "POST", f"{PLACE}/createBackup{VERSION}")
    assert (status, body, headers["Content-Length"], headers["Retry-After"]) == (202, None, "0", "60")
    kept = connection.sock
    path = headers["Location"].removeprefix(HOST.resource_manager_url.rstrip("/"))
    assert ask(connection, server, "GET", path)[0] == 202
    assert ask(connection, server, "GET", "/nothing")[0] == 404
    change = b'{"properties": {"externalStoreDefault": {"userName": "contoso\\\\other"}}}'
    assert ask(connection, server, "PUT", PLACE + VERSION, change)[0] == 202
    assert connection.sock is kept


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer wrong", "Basic {token}", "{token}", "Bearer {token}x", "é"]
)
def test_without_the_token_nothing_is_answered(
    connection: http.client.HTTPConnection, server: RestServer, stamp: Stamp, header: str | None
) -> None:
    headers = {} if header is None else {"Authorization": header.format(token=server.token)}
    for method, path in (("POST", f"{PLACE}/createBackup{VERSION}"), ("GET", "/_emulator/counts")):
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        assert answer.status == 401
        assert json.loads(answer.read())["error"]["code"] == "AuthenticationFailed"
    assert stamp.counts()["triggers"] == 0


def test_tokens_are_not_used_twice(stamp: Stamp) -> None:
    with RestServer(stamp) as one, RestServer(stamp) as other:
        assert one.token != other.token


def test_the_emulators_own_calls_return_counts_and_profile(
    connection: http.client.HTTPConnection, server: RestServer, stamp: Stamp
) -> None:
    ask(connection, server, "POST", f"{PLACE}/createBackup{VERSION}")
    assert ask(connection, server, "GET", "/_emulator/counts")[:2] == (200, stamp.counts())
    assert stamp.counts()["triggers"] == 1
    assert ask(connection, server, "GET", "/_emulator/profile")[:2] == (
        200,
        {**json.loads(json.dumps(asdict(HOST))), "location": "redmond", "endpoint_error": None},
    )
    assert ask(connection, server, "POST", "/_emulator/profile")[0] == 404


def test_signing_in_goes_through_the_server(connection: http.client.HTTPConnection, server: RestServer) -> None:
    given = {
        "environment": "AzureStackAdmin",
        "tenant": HOST.tenant,
        "application_id": APPLICATION_ID,
        "secret": "right",
    }

    def sign_in(**change: object) -> tuple[int, Any]:
        return ask(connection, server, "POST", "/_emulator/sign-in", json.dumps({**given, **change}).encode())[:2]

    assert sign_in() == (200, {"account": APPLICATION_ID})
    assert sign_in(secret="wrong")[0] == 401
    assert sign_in(secret=7)[0] == 400
    assert sign_in(secret=None, thumbprint=CERTIFICATE) == (200, {"account": APPLICATION_ID})
    status, answer = sign_in(secret=None, thumbprint="0" * 40)
    assert (status, answer["error"]["code"]) == (401, "argument")
    assert ask(connection, server, "POST", "/_emulator/sign-in", b"[")[0] == 400
    assert ask(connection, server, "POST", "/_emulator/sign-in", b"[]")[0] == 400


@pytest.mark.parametrize(
    ("header", "value", "status"),
    [
        ("Content-Length", str(LARGEST_BODY + 1), 413),
        ("Content-Length", "9" * 5000, 413),
        ("Content-Length", "-1", 411),
        ("Content-Length", "²", 411),
        ("Transfer-Encoding", "chunked", 411),
    ],
)
def test_a_body_without_bounds_ends_the_connection(server: RestServer, header: str, value: str, status: int) -> None:
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port), timeout=LONG) as raw:
        raw.sendall(
            f"POST {PLACE}/createBackup{VERSION} HTTP/1.1\r\nHost: x\r\n{header}: {value}\r\n\r\n".encode("latin-1")
        )
        answer = b""
        while piece := raw.recv(65536):
            answer += piece
    assert answer.startswith(f"HTTP/1.1 {status} ".encode())
    assert b"Connection: close" in answer


def test_it_listens_on_the_loopback_only(server: RestServer) -> None:
    assert urlsplit(server.url).hostname == "127.0.0.1"


def test_closing_it_closes_port_connections_and_threads(stamp: Stamp) -> None:
    before = set(threading.enumerate())
    with RestServer(stamp) as server:
        kept = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=LONG)
        assert ask(kept, server, "GET", "/_emulator/counts")[0] == 200
    with pytest.raises((http.client.HTTPException, OSError)):
        ask(kept, server, "GET", "/_emulator/counts")
    kept.close()
    with (
        pytest.raises(OSError),
        closing(socket.create_connection((urlsplit(server.url).hostname, urlsplit(server.url).port))),
    ):
        pass
    until(lambda: set(threading.enumerate()) <= before)
