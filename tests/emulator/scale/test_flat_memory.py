"""Memory stays flat over many hostile requests: what they made the host hold, it lets go of."""

from __future__ import annotations

import base64
import gc
import http.client
import socket
import struct
import threading
import tracemalloc
from uuid import UUID, uuid4

import psrpcore
import pytest

from psbridge.emulator.clock import SYSTEM
from psbridge.emulator.engines.embedded import EmbeddedEngine
from psbridge.emulator.host import OperatorHost
from psbridge.emulator.wsman.service import Replay
from tests.support.clients.embedded import FakeStamp
from tests.support.clients.wsman_client import create_body, envelope, receive_body
from tests.support.process.until import LONG

LOGIN = {"Authorization": "Basic " + base64.b64encode(b"admin:secret").decode()}
COMMAND = '<rsp:CommandLine CommandId="{id}"><rsp:Command/><rsp:Arguments>{data}</rsp:Arguments></rsp:CommandLine>'
SEND = '<rsp:Send><rsp:Stream Name="stdin" CommandId="{id}">{data}</rsp:Stream></rsp:Send>'


class Enemy:
    """One connection that is signed in, and all that can be done with it."""

    def __init__(self, host: OperatorHost) -> None:
        self._host = host
        self._line = http.client.HTTPConnection(host.host, host.port, timeout=LONG)
        pool = psrpcore.ClientRunspacePool()
        self.shell = pool.runspace_pool_id
        assert self.post(envelope("create", create_body(pool))) == 200

    def post(self, body: bytes, headers: dict[str, str] = LOGIN) -> int:
        self._line.request("POST", "/wsman", body, headers)
        answer = self._line.getresponse()
        answer.read()
        return answer.status

    def to_shell(self, action: str, body: str) -> int:
        return self.post(envelope(action, body, shell_id=self.shell))

    def close(self) -> None:
        self._line.close()

    def raw(self, data: bytes) -> None:
        with socket.create_connection((self._host.host, self._host.port), timeout=LONG) as sock:
            sock.sendall(data)
            sock.shutdown(socket.SHUT_WR)
            while sock.recv(65536):
                pass

    def message(self, body: bytes, command: UUID, *, bits: int = 3) -> str:
        whole = struct.pack("<II", 2, 0x21006) + self.shell.bytes_le + command.bytes_le + body
        return base64.b64encode(struct.pack(">QQBI", 5, 0, bits, len(whole)) + whole).decode()

    def round(self) -> None:
        """Do everything once; ids and sizes are new each time, so that nothing is the same by chance."""
        fresh = uuid4()
        junk = str(fresh) * 50
        self.raw(b"\x16\x03\x01" + junk.encode())
        self.raw(b"POST /wsman HTTP/1.1\r\nX-" + junk[:30].encode() + b": y\r\nContent-Length: 9\r\n\r\n")
        assert self.post(junk.encode(), {}) == 401
        assert self.post(junk.encode(), {"Authorization": f"Basic {base64.b64encode(junk.encode()).decode()}"}) == 401
        assert self.post(b"<" + junk.encode()) == 500
        assert self.post(envelope(f"urn:{junk}")) == 500
        assert self.post(envelope("get", resource=f"urn:{junk}")) == 500
        assert self.post(envelope("receive", receive_body(fresh), shell_id=fresh)) == 500
        assert self.to_shell("receive", receive_body(fresh)) == 500
        assert self.to_shell("command", COMMAND.format(id=fresh, data="!" + junk)) == 500
        assert (
            self.to_shell("command", COMMAND.format(id=fresh, data=self.message(b"<Obj>" + junk.encode(), fresh)))
            == 500
        )
        deep = self.message(b"<a>" * 5000, fresh)
        assert self.to_shell("command", COMMAND.format(id=fresh, data=deep)) == 500
        begun = self.message(junk.encode(), fresh, bits=1)
        assert self.to_shell("command", COMMAND.format(id=fresh, data=begun)) == 200
        assert self.to_shell("send", SEND.format(id=fresh, data=begun)) == 500
        signal = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/signal/Terminate"
        assert (
            self.to_shell("signal", f'<rsp:Signal CommandId="{fresh}"><rsp:Code>{signal}</rsp:Code></rsp:Signal>')
            == 200
        )
        create = create_body().replace("<creationXml", "<nonsense").replace("</creationXml", "</nonsense")
        assert self.post(envelope("create", create)) == 500


ROUNDS, REQUESTS = 40, 16


def traced() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


@pytest.mark.sweep
@pytest.mark.source("psbridge: bounded memory")
def test_memory_is_flat_over_hostile_requests() -> None:
    tracemalloc.start()  # before all else: what replaces something must be seen to do so
    try:
        with OperatorHost(EmbeddedEngine(FakeStamp()), users={"admin": "secret"}, allow_unencrypted=True) as host:
            # The answers that may be asked for again are a fixed number; a small one is full before the counting begins.
            host._service._replay = Replay(SYSTEM, max_answers=20)
            enemy = Enemy(host)
            for _ in range(ROUNDS):  # regular expressions and the like are kept the first times
                enemy.round()
            threads, before = threading.active_count(), traced()
            for _ in range(ROUNDS):
                enemy.round()
            # One small object left behind by each request would be more than this, the clients' own memory included.
            assert traced() - before < ROUNDS * REQUESTS * 60
            assert threading.active_count() <= threads + 1
            assert len(host.shells()) == 1
            enemy.close()
    finally:
        tracemalloc.stop()
