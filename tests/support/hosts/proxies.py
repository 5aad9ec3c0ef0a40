"""A proxy that makes tunnels."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

from tests.support.hosts.one_host import server


def relay(one: socket.socket, other: socket.socket) -> None:
    def pass_on(source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        for sock in (source, target):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    back = threading.Thread(target=pass_on, args=(other, one), daemon=True)
    back.start()
    pass_on(one, other)
    back.join(30)


@contextlib.contextmanager
def proxy(answer: bytes = b"HTTP/1.1 200 Connection established\r\n\r\n") -> Iterator[tuple[str, list[bytes]]]:
    """A proxy that makes tunnels; yields its URL and what it was asked."""
    asked: list[bytes] = []

    def serve(sock: socket.socket) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += sock.recv(1)
        asked.append(head)
        sock.sendall(answer)
        if b" 200 " in answer:
            to_host, _, to_port = head.split()[1].decode().rpartition(":")
            with socket.create_connection((to_host.strip("[]"), int(to_port))) as far:
                relay(sock, far)

    with server(serve) as port:
        yield f"http://127.0.0.1:{port}", asked
