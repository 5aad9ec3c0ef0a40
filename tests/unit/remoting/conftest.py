"""A raw host behind TLS, and sessions to it."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme

from psbridge.clock import Deadline, SystemClock
from psbridge.models.connection import Auth, Endpoint, Tls
from psbridge.models.secret import Secret
from tests.support.fakes.autojump import AutojumpClock
from tests.support.fakes.loopback import Loopback, in_use
from tests.support.hosts.one_host import CLOCK
from tests.support.hosts.raw_host import RawHost

Hosts = Callable[..., tuple[RawHost, Endpoint]]


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


@pytest.fixture
def network() -> Iterator[Loopback]:
    """Where raw hosts listen, and psbridge's client connects."""
    made = Loopback(AutojumpClock())
    CLOCK.clock = made.clock
    with in_use():
        yield made
    CLOCK.clock = SystemClock()


@pytest.fixture
def host(authority: trustme.CA, ca_file: str, network: Loopback) -> Iterator[Hosts]:
    """Start raw hosts; Basic over TLS unless told otherwise."""
    started: list[RawHost] = []

    def start(*, name: str = "localhost", tls: Tls | None = None, **kwargs: object) -> tuple[RawHost, Endpoint]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(name).configure_cert(context)
        raw = RawHost(network, context=context, **kwargs)
        started.append(raw)
        endpoint = Endpoint(
            "localhost", raw.port, tls or Tls(ca=ca_file), auth=Auth.BASIC, username="u", password=Secret("p4ss")
        )
        return raw, endpoint

    yield start
    for raw in started:
        raw.close()


@pytest.fixture
def clock() -> SystemClock:
    return SystemClock()


@pytest.fixture
def soon(clock: SystemClock) -> Callable[[float], Deadline]:
    return lambda seconds: Deadline.after(clock, seconds)


@pytest.fixture
def data() -> Path:
    return Path(__file__).resolve().parents[2] / "data"
