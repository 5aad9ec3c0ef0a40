"""Effects that come before a request is carried out, or instead of that."""

from __future__ import annotations

from typing import NoReturn

from psbridge.emulator.faults.turn import Before, Ended, Reply, Turn
from psbridge.emulator.wsman.errors import FaultKind
from psbridge.emulator.wsman.service import Answer

_BANNER = b"SSH-2.0-OpenSSH_9.2p1\r\n"


def reset(turn: Turn, _value: float) -> NoReturn:
    """Reset the connection."""
    turn.http.reset()
    raise Ended


def close(_turn: Turn, _value: float) -> NoReturn:
    """Close the connection in good order."""
    raise Ended


def silence(turn: Turn, _value: float) -> NoReturn:
    """Hold the connection until the client gives up."""
    turn.http.linger(turn.closing)
    raise Ended


def banner(turn: Turn, _value: float) -> NoReturn:
    """Speak first, and not HTTP."""
    turn.http.write(_BANNER)
    raise Ended


def delay(turn: Turn, seconds: float) -> None:
    """Hold the request back."""
    turn.closing.wait(seconds)


def status(_turn: Turn, code: float) -> Reply:
    """Answer with a bare HTTP status."""
    return Reply(int(code))


def this_status(code: int) -> Before:
    """Return an effect that answers with one bare HTTP status."""
    return lambda turn, _value: status(turn, code)


def refuse_login(turn: Turn, _value: float) -> Reply:
    """Forget who the connection is, and ask."""
    turn.login.forget()
    return Reply(401, headers=tuple(("WWW-Authenticate", value) for value in turn.challenges))


def fault(turn: Turn, code: float) -> Answer:
    """Answer with a WSMan fault."""
    error = FaultKind(int(code), "A fault was asked for. ", "psbridge: `--fault`")()
    return turn.service.fault(turn.envelope.message_id if turn.envelope else "", error)


def drop_shells(turn: Turn, _value: float) -> None:
    """Lose every shell, as a restart of the WinRM service does."""
    turn.service.drop_shells()


def kill_engine(turn: Turn, _value: float) -> None:
    """Kill what runs the request's shell."""
    if turn.envelope is not None:
        turn.service.kill_engine(turn.envelope.shell_id)
