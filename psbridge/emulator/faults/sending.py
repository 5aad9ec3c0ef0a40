"""Effects on the bytes of an answer as they go out."""

from __future__ import annotations

from typing import Final, NoReturn

from psbridge.emulator.faults.turn import Ended, Turn

ENDLESS: Final = 1 << 30
"""Bytes after which even an endless body ends, should a client go on reading."""
_BLOCK: Final = b" " * 65_536
_HEAD: Final = b"HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml;charset=UTF-8\r\n"


def reset(turn: Turn, _value: float, _data: bytes) -> NoReturn:
    """Reset the connection."""
    turn.http.reset()
    raise Ended


def reset_to_other_host(turn: Turn, _value: float, _data: bytes) -> NoReturn:
    """Reset the connection; whoever asks for the shell again meets a host that does not know it."""
    if turn.envelope is not None:
        turn.service.send_elsewhere(turn.envelope.shell_id)
    turn.http.reset()
    raise Ended


def close(_turn: Turn, _value: float, _data: bytes) -> NoReturn:
    """Close the connection in good order."""
    raise Ended


def silence(turn: Turn, _value: float, _data: bytes) -> NoReturn:
    """Hold the connection until the client gives up."""
    turn.http.linger(turn.closing)
    raise Ended


def cut(turn: Turn, count: float, data: bytes) -> NoReturn:
    """Send the first bytes, then end the connection as a broken line does: without TLS's good-bye."""
    turn.http.write(data[: int(count)])
    turn.http.hang_up()
    raise Ended


def cut_body(turn: Turn, count: float, data: bytes) -> NoReturn:
    """Send the head and the first bytes of the body."""
    cut(turn, data.index(b"\r\n\r\n") + 4 + count, data)


def delay(turn: Turn, seconds: float, data: bytes) -> None:
    """Send it later."""
    turn.http.linger(turn.closing, seconds)
    turn.http.write(data)


def with_receive(turn: Turn, _value: float, data: bytes) -> None:
    """Hold it back until a Receive for the shell comes, or the client gives up."""
    shell = turn.envelope.shell_id if turn.envelope else None
    before = turn.service.receives(shell)
    while turn.service.receives(shell) == before and not turn.closing.is_set():
        turn.http.linger(turn.closing, 0.05)
        if not turn.http.alive():
            raise Ended
    turn.http.write(data)


def drip(turn: Turn, rate: float, data: bytes) -> None:
    """Send it slowly."""
    turn.http.drip(data, rate, turn.closing)


def twice(turn: Turn, _value: float, data: bytes) -> None:
    """Send it two times."""
    turn.http.write(data + data)


def then_close(turn: Turn, _value: float, data: bytes) -> NoReturn:
    """Send it, then close the connection without having announced that."""
    turn.http.write(data)
    raise Ended


def then_hang_up(turn: Turn, _value: float, data: bytes) -> NoReturn:
    """Send it, then end the connection below TLS."""
    turn.http.write(data)
    turn.http.hang_up()
    raise Ended


def endless(turn: Turn, _value: float, data: bytes) -> NoReturn:
    """Send a body that only the closing of the connection would end."""
    _flood(turn, _HEAD + b"Connection: close\r\n\r\n", _body(data), _BLOCK)


def endless_chunked(turn: Turn, _value: float, data: bytes) -> NoReturn:
    """Send a body in chunks of which none is the last."""
    body = _body(data)
    first = b"%X\r\n%s\r\n" % (len(body), body) if body else b""
    block = b"%X\r\n%s\r\n" % (len(_BLOCK), _BLOCK)
    _flood(turn, _HEAD + b"Transfer-Encoding: chunked\r\n\r\n", first, block)


def _body(data: bytes) -> bytes:
    return data.partition(b"\r\n\r\n")[2]


def _flood(turn: Turn, head: bytes, first: bytes, block: bytes) -> NoReturn:
    turn.http.write(head + first)
    for _ in range(ENDLESS // len(block)):
        if turn.closing.is_set():
            break
        turn.http.write(block)
    raise Ended
