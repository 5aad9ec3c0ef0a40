"""The points of an exchange at which an effect can act, and the data that it gets."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

import msgspec

from psbridge.emulator.http.messages import HttpRequest, response
from psbridge.emulator.http.protocol import HttpConnection
from psbridge.emulator.wsman.envelope import Envelope
from psbridge.emulator.wsman.errors import FaultKind, WSManFault
from psbridge.emulator.wsman.service import Answer, Service


class Ended(Exception):
    """The connection ends without an answer."""


class Reply(msgspec.Struct, frozen=True):
    """An HTTP answer; its body is sealed already where that is due."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()

    def encode(self, *, keep_alive: bool, date: datetime | None = None) -> bytes:
        """Return its bytes; `date` is the host's clock, None this machine's."""
        return response(self.status, self.body, self.headers, keep_alive=keep_alive, date=date)


class Session(Protocol):
    """The login of a connection, as far as effects touch it."""

    def forget(self) -> None:
        """Drop it, as when a ticket expires."""
        ...


class Exchange(msgspec.Struct):
    """One request; without an envelope, an accepted connection or an HTTP request that is not parsed yet.

    Attributes:
        request: its head; None for a connection.
        challenges: the methods that a 401 offers.
        closing: set when the host ends; no effect outlasts it.
        previous: the answer to the previous request on the connection.
        keep: whether the connection is kept after the answer.
        again: carries the request out again.
        from_now_on: adds a rule, for which the next request is the first.
    """

    http: HttpConnection
    service: Service
    login: Session
    challenges: tuple[str, ...]
    closing: threading.Event
    request: HttpRequest | None = None
    envelope: Envelope | None = None
    previous: Answer | None = None
    keep: bool = True
    again: Callable[[], Answer] | None = None
    from_now_on: Callable[[str], None] = lambda _rule: None


Before = Callable[[Exchange, float], Answer | Reply | None]
"""Before the request is carried out; an Answer or a Reply is sent instead of that. May raise `Ended`."""
AlterAnswer = Callable[[Exchange, float, Answer], Answer]
"""The SOAP answer before it is sealed."""
AlterReply = Callable[[Exchange, float, Reply], Reply]
"""The HTTP answer, sealed."""
Send = Callable[[Exchange, float, bytes], None]
"""The answer's bytes, head included. May raise `Ended`."""


def ask_for_login(exchange: Exchange) -> Reply:
    """Drop the connection's login; return a 401."""
    exchange.login.forget()
    return Reply(401, headers=tuple(("WWW-Authenticate", value) for value in exchange.challenges))


def fault_asked_for(code: float) -> WSManFault:
    """Return the fault with a code that a rule names."""
    return FaultKind(int(code), "A fault was asked for. ", "psbridge: `--fault`")()


def carry_out(_exchange: Exchange, _value: float) -> None:
    """Let the request be carried out."""


def same_answer(_exchange: Exchange, _value: float, answer: Answer) -> Answer:
    """Leave the SOAP answer as it is."""
    return answer


def same_reply(_exchange: Exchange, _value: float, reply: Reply) -> Reply:
    """Leave the HTTP answer as it is."""
    return reply


def send_whole(exchange: Exchange, _value: float, data: bytes) -> None:
    """Send the complete answer."""
    exchange.http.write(data)
