"""A machine between client and host whose certificate the client trusts: what channel bindings are against."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from psbridge.emulator.tls.server import TlsFiles, Workshop
from tests.support.process.until import LONG


@contextmanager
def man_in_the_middle(host: str, port: int, ca: Path) -> Iterator[tuple[int, Path]]:
    """Pass on what comes, decrypted and encrypted again; yield the port to call and the authority to trust."""
    workshop = Workshop()
    files = workshop.server(["127.0.0.1", "localhost"])
    outside = ssl.create_default_context(cafile=str(ca))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        worker = threading.Thread(target=_serve, args=(listener, files, (host, port), outside), daemon=True)
        worker.start()
        assert files.ca is not None
        try:
            yield listener.getsockname()[1], files.ca
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            worker.join(LONG)
            workshop.close()


def _serve(listener: socket.socket, files: TlsFiles, to: tuple[str, int], outside: ssl.SSLContext) -> None:
    context = files.context()
    with contextlib.suppress(OSError):
        while True:
            plain, _ = listener.accept()
            threading.Thread(target=_pass_on, args=(plain, context, to, outside), daemon=True).start()


def _pass_on(plain: socket.socket, context: ssl.SSLContext, to: tuple[str, int], outside: ssl.SSLContext) -> None:
    """Pass requests and answers on in turn, as HTTP has them; a head and its body may come apart."""
    with (
        contextlib.suppress(OSError),
        context.wrap_socket(plain, server_side=True) as client,
        socket.create_connection(to) as raw,
        outside.wrap_socket(raw, server_hostname=to[0]) as host,
    ):
        while True:
            for source, target in ((client, host), (host, client)):
                target.sendall(_message(source))


def _message(sock: ssl.SSLSocket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += _more(sock)
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    wanted = int(lengths[0].partition(b":")[2]) if lengths else 0
    while len(body) < wanted:
        body += _more(sock)
    return head + b"\r\n\r\n" + body


def _more(sock: ssl.SSLSocket) -> bytes:
    data = sock.recv(65536)
    if not data:
        raise ConnectionError("gone")
    return data
