"""A server for notifications on the loopback: it keeps what it is sent, and answers, fails or hangs as it is told."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

Answer = Callable[[socket.socket, threading.Event], None]
"""Answers one request on its connection; the event is set when the test is over."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came."""

    line: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        """The target of the request line, with its query."""
        return self.line.split(" ")[1]

    @property
    def json(self) -> dict[str, Any]:
        """The body as JSON."""
        found: dict[str, Any] = json.loads(self.body)
        return found


def says(status: int = 200, body: bytes = b"OK", **headers: str) -> Answer:
    """Answer with a status, a body and headers; `_` stands for `-` in a header's name."""

    def answer(sock: socket.socket, _over: threading.Event) -> None:
        lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", f"Content-Length: {len(body)}", "Connection: close"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        sock.sendall("\r\n".join([*lines, "", ""]).encode() + body)

    return answer


def hangs(sock: socket.socket, over: threading.Event) -> None:
    """Answer nothing, and keep the connection open until the test is over."""
    del sock
    over.wait(60)


def drips(sock: socket.socket, over: threading.Event) -> None:
    """Answer a header a byte at a time and never to the end, each byte in time for a limit per read."""
    sock.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    with contextlib.suppress(OSError):
        while not over.wait(0.02):
            sock.sendall(b"X")


def drops(sock: socket.socket, _over: threading.Event) -> None:
    """Close the connection without an answer."""
    sock.shutdown(socket.SHUT_RDWR)


def floods(sock: socket.socket, over: threading.Event) -> None:
    """Answer with a body without an end."""
    sock.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    block = b"x" * (1 << 20)
    with contextlib.suppress(OSError):
        while not over.is_set():
            sock.sendall(block)


def babbles(sock: socket.socket, _over: threading.Event) -> None:
    """Answer with something that is not HTTP."""
    sock.sendall(b"220 mail.contoso.com ESMTP\r\n")


@dataclass(slots=True)
class PingServer:
    """A server that runs.

    Attributes:
        port: where.
        answers: the answers to come; the last one is kept.
        requests: what came, in order.
        secure: whether it speaks TLS.
    """

    port: int
    secure: bool = False
    answers: list[Answer] = field(default_factory=lambda: [says()])
    requests: list[Request] = field(default_factory=list)

    def url(self, path: str = "/ping/hunter2-Zz") -> str:
        """Return a URL of it, with a canary in its path."""
        return f"{'https' if self.secure else 'http'}://localhost:{self.port}{path}"

    @property
    def paths(self) -> list[str]:
        """What was requested, without queries."""
        return [each.path.partition("?")[0] for each in self.requests]


@contextmanager
def ping_server(*answers: Answer, tls: ssl.SSLContext | None = None, reads: bool = True) -> Iterator[PingServer]:
    """Run a server for the body; it answers without reading a request first if `reads` is False."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = PingServer(listener.getsockname()[1], tls is not None, list(answers) or [says()])

        def serve(plain: socket.socket) -> None:
            with contextlib.suppress(OSError, ValueError), contextlib.ExitStack() as stack:
                sock = stack.enter_context(plain)
                sock = stack.enter_context(tls.wrap_socket(sock, server_side=True)) if tls else sock
                if reads:
                    server.requests.append(_request(sock))
                answer = server.answers.pop(0) if len(server.answers) > 1 else server.answers[0]
                answer(sock, over)

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield server
        finally:
            over.set()
            listener.shutdown(socket.SHUT_RDWR)


def absent() -> int:
    """Return a port of the loopback on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _request(sock: socket.socket) -> Request:
    data = b""
    while b"\r\n\r\n" not in data:
        data += _more(sock)
    head, _, body = data.partition(b"\r\n\r\n")
    line, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.casefold(): value.strip() for name, _, value in (each.partition(":") for each in lines)}
    while len(body) < int(headers.get("content-length", "0")):
        body += _more(sock)
    return Request(line, headers, body)


def _more(sock: socket.socket) -> bytes:
    data = sock.recv(65536)
    if not data:
        raise OSError("gone")
    return data
