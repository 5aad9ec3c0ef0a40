"""Effects on the bytes of an answer as they go out."""

from __future__ import annotations

from typing import Final, NoReturn

from psbridge.emulator.faults.exchange import Ended, Exchange

ENDLESS: Final = 1 << 30
"""Bytes after which even an endless body ends, if the client continues to read."""
_BLOCK: Final = b" " * 65_536
_HEAD: Final = b"HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml;charset=UTF-8\r\n"


def reset(exchange: Exchange, _value: float, _data: bytes) -> NoReturn:
    """Reset the connection."""
    exchange.http.reset()
    raise Ended


def reset_to_other_host(exchange: Exchange, _value: float, _data: bytes) -> NoReturn:
    """Reset the connection; later requests to the shell find it unknown."""
    if exchange.envelope is not None:
        exchange.service.send_elsewhere(exchange.envelope.shell_id)
    exchange.http.reset()
    raise Ended


def close(_exchange: Exchange, _value: float, _data: bytes) -> NoReturn:
    """Close the connection in good order."""
    raise Ended


def silence(exchange: Exchange, _value: float, _data: bytes) -> NoReturn:
    """Hold the connection until the client closes it."""
    exchange.http.linger(exchange.closing)
    raise Ended


def cut(exchange: Exchange, count: float, data: bytes) -> NoReturn:
    """Send the first bytes, then end the connection as a broken line does: without TLS's good-bye."""
    exchange.http.write(data[: int(count)])
    exchange.http.hang_up()
    raise Ended


def cut_body(exchange: Exchange, count: float, data: bytes) -> NoReturn:
    """Send the head and the first bytes of the body."""
    cut(exchange, data.index(b"\r\n\r\n") + 4 + count, data)


def delay(exchange: Exchange, seconds: float, data: bytes) -> None:
    """Send it later."""
    exchange.http.linger(exchange.closing, seconds)
    exchange.http.write(data)


def with_receive(exchange: Exchange, _value: float, data: bytes) -> None:
    """Delay the answer until a Receive for the shell arrives or the client closes the connection."""
    shell = exchange.envelope.shell_id if exchange.envelope else None
    before = exchange.service.receives(shell)
    while exchange.service.receives(shell) == before and not exchange.closing.is_set():
        exchange.http.linger(exchange.closing, 0.05)
        if not exchange.http.alive():
            raise Ended
    exchange.http.write(data)


def drip(exchange: Exchange, rate: float, data: bytes) -> None:
    """Send it slowly."""
    exchange.http.drip(data, rate, exchange.closing)


def twice(exchange: Exchange, _value: float, data: bytes) -> None:
    """Send it two times."""
    exchange.http.write(data + data)


def then_close(exchange: Exchange, _value: float, data: bytes) -> NoReturn:
    """Send it, then close the connection without having announced that."""
    exchange.http.write(data)
    raise Ended


def then_hang_up(exchange: Exchange, _value: float, data: bytes) -> NoReturn:
    """Send it, then end the connection below TLS."""
    exchange.http.write(data)
    exchange.http.hang_up()
    raise Ended


def endless(exchange: Exchange, _value: float, data: bytes) -> NoReturn:
    """Send a body that only the closing of the connection would end."""
    _flood(exchange, _HEAD + b"Connection: close\r\n\r\n", _body(data), _BLOCK)


def endless_chunked(exchange: Exchange, _value: float, data: bytes) -> NoReturn:
    """Send a body in chunks of which none is the last."""
    body = _body(data)
    first = b"%X\r\n%s\r\n" % (len(body), body) if body else b""
    block = b"%X\r\n%s\r\n" % (len(_BLOCK), _BLOCK)
    _flood(exchange, _HEAD + b"Transfer-Encoding: chunked\r\n\r\n", first, block)


def _body(data: bytes) -> bytes:
    return data.partition(b"\r\n\r\n")[2]


def _flood(exchange: Exchange, head: bytes, first: bytes, block: bytes) -> NoReturn:
    exchange.http.write(head + first)
    for _ in range(ENDLESS // len(block)):
        if exchange.closing.is_set():
            break
        exchange.http.write(block)
    raise Ended
