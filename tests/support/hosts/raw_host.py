"""A host made of a bare socket and canned messages: it answers pypsrp, and fails in any way a test asks for.

What it says shares nothing with psbridge or its emulator, so that what one misreads, this one does not.
"""

from __future__ import annotations

import base64
import contextlib
import re
import socket
import ssl
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from tests.support.fakes.loopback import Loopback, TlsSocket

CAPABILITY, STATE, PRIVATE = 0x00010002, 0x00021005, 0x00021009
OUTPUT, ERROR, PIPELINE_STATE, WARNING, PROGRESS = 0x00041004, 0x00041005, 0x00041006, 0x00041009, 0x00041010
COMPLETED = (PIPELINE_STATE, '<Obj RefId="0"><MS><I32 N="PipelineState">4</I32></MS></Obj>')
OPENING = [
    (
        CAPABILITY,
        (
            '<Obj RefId="0"><MS><Version N="protocolversion">2.3</Version><Version N="PSVersion">2.0</Version>'
            '<Version N="SerializationVersion">1.1.0.1</Version></MS></Obj>'
        ),
    ),
    (PRIVATE, '<Obj RefId="0"><MS><Nil N="ApplicationPrivateData" /></MS></Obj>'),
    (STATE, '<Obj RefId="0"><MS><I32 N="RunspaceState">2</I32></MS></Obj>'),
]
RSP = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
DONE = f"{RSP}/CommandState/Done"

Message = tuple[int, str]
Behaviour = Callable[["RawHost", socket.socket, bytes], None]


def http(status: int, body: bytes, *headers: str, kind: str = "application/soap+xml;charset=UTF-8") -> bytes:
    """Return a complete HTTP answer."""
    head = [f"HTTP/1.1 {status} X", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*head, "Date: Mon, 23 Nov 2026 12:00:00 GMT", "", ""]).encode() + body


@dataclass(frozen=True)
class _Instead:
    answer: bytes

    def __call__(self, host: RawHost, sock: socket.socket, _answer: bytes) -> None:
        named = re.search(r"MessageID>([^<]*)<", host.bodies[-1])
        head, _, body = self.answer.partition(b"\r\n\r\n")
        body = body.replace(b">mine<", f">{named[1] if named else ''}<".encode())
        head = re.sub(rb"Content-Length: \d+", b"Content-Length: %d" % len(body), head)
        sock.sendall(head + b"\r\n\r\n" + body)


def status(code: int, *headers: str, body: bytes = b"") -> Behaviour:
    """Answer with a status instead of doing what was asked."""
    return _Instead(http(code, body, *headers, kind="text/html"))


MINE = "mine"


def fault(code: int, reason: str = "no", *, relates_to: str | None = MINE) -> Behaviour:
    """Answer with a WSMan fault instead of doing what was asked; None relates to nothing."""
    related = "" if relates_to is None else f"<a:RelatesTo>{relates_to}</a:RelatesTo>"
    text = (
        '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/'
        f'addressing"><s:Header>{related}</s:Header><s:Body><s:Fault><s:Code><s:Value>s:Receiver'
        "</s:Value></s:Code><s:Reason><s:Text>x</s:Text></s:Reason><s:Detail><f:WSManFault xmlns:f="
        f'"http://schemas.microsoft.com/wbem/wsman/1/wsmanfault" Code="{code}"><f:Message>{reason}</f:Message>'
        "</f:WSManFault></s:Detail></s:Fault></s:Body></s:Envelope>"
    )
    return _Instead(http(500, text.encode()))


def done_then(behaviour: Behaviour) -> Behaviour:
    """Carry the request out all the same."""
    return lambda host, sock, answer: behaviour(host, sock, answer)


def drip(interval: float) -> Behaviour:
    """Send the answer one byte at a time."""

    def behave(host: RawHost, sock: socket.socket, answer: bytes) -> None:
        for byte in answer:
            sock.sendall(bytes([byte]))
            if host.stopped.wait(interval):
                return

    return behave


def silent(host: RawHost, sock: socket.socket, _answer: bytes) -> None:
    """Never answer."""
    host.stopped.wait(30)
    raise ConnectionError


def cut(_host: RawHost, sock: socket.socket, answer: bytes) -> None:
    """Send all but the last bytes and hang up."""
    sock.sendall(answer[:-20])
    raise ConnectionError


def reset(_host: RawHost, sock: socket.socket, _answer: bytes) -> None:
    """Throw the connection away with the answer."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raise ConnectionError


def hang_up_early(_host: RawHost, sock: socket.socket, _answer: bytes) -> None:
    """Close the connection instead of the answer."""
    raise ConnectionError


def hang_up(_host: RawHost, sock: socket.socket, answer: bytes) -> None:
    """Answer, then close the connection though it could be kept."""
    sock.sendall(answer)
    raise ConnectionError


def endless(host: RawHost, sock: socket.socket, _answer: bytes) -> None:
    """Send a body that does not end."""
    sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml\r\nTransfer-Encoding: chunked\r\n\r\n")
    chunk = b"10000\r\n" + b" " * 65536 + b"\r\n"
    while not host.stopped.is_set():
        sock.sendall(chunk)


@dataclass
class RawHost:
    """Serves one shell whose commands answer, in turn, with `pipelines`: each a list of Receive answers.

    Attributes:
        network: where it listens.
        pipelines: messages by Receive, by command.
        behaviours: what to do instead of answering the n-th request (from 0) of an action, by its last word.
        replays: a Receive that comes again with the same MessageID gets the same answer.
        seen: the actions that came, in order.
        bodies: what came, in order.
    """

    network: Loopback
    pipelines: list[list[list[Message]]] = field(default_factory=list)
    behaviours: dict[tuple[str, int], Behaviour] = field(default_factory=dict)
    context: ssl.SSLContext | None = None
    replays: bool = True
    skip_ids: set[int] = field(default_factory=set)
    seen: list[str] = field(default_factory=list)
    bodies: list[str] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.stopped = self.network.clock.event()
        self.connections = 0
        self._counter = 0
        self._commands = 0
        self._queues: dict[str, list[list[Message]]] = {}
        self._answered: dict[str, bytes] = {}
        self._listener = self.network.listen(("127.0.0.1", 0))
        self.port: int = self._listener.port
        self._listener.start(self._accepted)

    def close(self) -> None:
        self.stopped.set()
        self._listener.close()

    def _accepted(self, sock: socket.socket, _peer: object) -> None:
        self.connections += 1
        self.network.clock.thread(self._serve, sock).start()

    def _serve(self, sock: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError):
            try:
                if self.context:
                    self.context.sslsocket_class = TlsSocket
                    sock = self.context.wrap_socket(sock, server_side=True)
                reader = sock.makefile("rb")
                while (request := self._read(reader)) is not None:
                    self._handle(sock, *request)
            finally:
                sock.close()

    def _read(self, reader) -> tuple[str, str] | None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = reader.readline()
            if not line:
                return None
            head += line
        length = re.search(rb"(?i)content-length: (\d+)", head)
        login = re.search(rb"(?i)\nauthorization: (\S+)", head)
        self.logins.append(login[1].decode() if login else "")
        return head.decode(), reader.read(int(length[1]) if length else 0).decode()

    def _handle(self, sock: socket.socket, _head: str, body: str) -> None:
        found = re.search(r"Action[^>]*>[^<]*/(\w+)<", body)
        action = found[1] if found else "Empty"
        number = self.seen.count(action)
        self.seen.append(action)
        self.bodies.append(body)
        self._behave(sock, action, number, body)

    def _behave(self, sock: socket.socket, action: str, number: int, body: str) -> None:
        behaviour = self.behaviours.get((action, number)) or self.behaviours.get((action, -1))
        answer = b"" if action == "Empty" or isinstance(behaviour, _Instead) else self._answer(action, body)
        if behaviour is None:
            sock.sendall(answer)
        else:
            behaviour(self, sock, answer)

    def _answer(self, action: str, body: str) -> bytes:
        message_id = re.search(r"MessageID>([^<]*)<", body)[1]
        if self.replays and message_id in self._answered:
            return self._answered[message_id]
        made = getattr(self, f"_on_{action.lower()}", lambda _body: "")(body)
        text = (
            '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004'
            f'/08/addressing" xmlns:rsp="{RSP}"><s:Header><a:RelatesTo>{message_id}</a:RelatesTo></s:Header>'
            f"<s:Body>{made}</s:Body></s:Envelope>"
        )
        self._answered[message_id] = http(200, text.encode())
        return self._answered[message_id]

    def _on_create(self, body: str) -> str:
        shell = re.search(r'ShellId="([^"]*)"', body)[1]
        self._counter = 0
        self._queues[""] = [OPENING]
        return (
            f"<rsp:Shell><rsp:ShellId>{shell}</rsp:ShellId></rsp:Shell><x:ResourceCreated xmlns:x="
            '"http://schemas.xmlsoap.org/ws/2004/09/transfer"><a:ReferenceParameters><w:SelectorSet xmlns:w='
            f'"http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"><w:Selector Name="ShellId">{shell}</w:Selector>'
            "</w:SelectorSet></a:ReferenceParameters></x:ResourceCreated>"
        )

    def _on_command(self, body: str) -> str:
        command = re.search(r'CommandId="([^"]*)"', body)[1]
        self._queues[command] = [list(part) for part in self.pipelines[self._commands]]
        self._commands += 1
        return f"<rsp:CommandResponse><rsp:CommandId>{command}</rsp:CommandId></rsp:CommandResponse>"

    def _on_receive(self, body: str) -> str:
        found = re.search(r'CommandId="([^"]*)"', body)
        command = found[1] if found else ""
        queue = self._queues.get(command, [])
        messages = queue.pop(0) if queue else []
        done = bool(command) and not queue
        data = base64.b64encode(b"".join(self._fragment(*message) for message in messages)).decode()
        to = f' CommandId="{command}"' if command else ""
        state = f'<rsp:CommandState CommandId="{command}" State="{DONE}"/>' if done else ""
        return f'<rsp:ReceiveResponse><rsp:Stream Name="stdout"{to}>{data}</rsp:Stream>{state}</rsp:ReceiveResponse>'

    def _fragment(self, kind: int, text: str) -> bytes:
        self._counter += 1
        while self._counter in self.skip_ids:
            self._counter += 1
        data = struct.pack("<II", 1, kind) + UUID(int=0).bytes_le * 2 + b"\xef\xbb\xbf" + text.encode()
        return struct.pack(">QQBI", self._counter, 0, 3, len(data)) + data
