"""Effects that come before a request is carried out, or instead of that."""

from __future__ import annotations

from html import escape
from typing import Final, NoReturn

from psbridge.emulator.faults.exchange import Before, Ended, Exchange, Reply, ask_for_login, fault_asked_for
from psbridge.emulator.wsman.errors import FaultKind, WSManFault
from psbridge.emulator.wsman.service import Answer

_BANNER = b"SSH-2.0-OpenSSH_9.2p1\r\n"

# Servers other than Windows send faults that have SOAP's codes alone, and no code of wsmerror.h. Microsoft's OMI says
# `wsa:DestinationUnreachable` and this of a shell that is gone and of a resource that it does not have.
NOT_FOUND: Final = "The requested object cannot be found."
_refused: Final = FaultKind(0, f"{NOT_FOUND} ", "observed: Microsoft's OMI", "a:DestinationUnreachable")
_failed: Final = FaultKind(0, "The operation failed. ", "DSP0226 14.6 (the text is ours)", "w:InternalError")


def reset(exchange: Exchange, _value: float) -> NoReturn:
    """Reset the connection."""
    exchange.http.reset()
    raise Ended


def close(_exchange: Exchange, _value: float) -> NoReturn:
    """Close the connection in good order."""
    raise Ended


def silence(exchange: Exchange, _value: float) -> NoReturn:
    """Hold the connection until the client closes it."""
    exchange.http.linger(exchange.closing)
    raise Ended


def banner(exchange: Exchange, _value: float) -> NoReturn:
    """Speak first, and not HTTP."""
    exchange.http.write(_BANNER)
    raise Ended


def delay(exchange: Exchange, seconds: float) -> None:
    """Hold the request back."""
    exchange.closing.wait(seconds)


def status(_exchange: Exchange, code: float) -> Reply:
    """Answer with a bare HTTP status."""
    return Reply(int(code))


def this_status(code: int) -> Before:
    """Return an effect that answers with one bare HTTP status."""
    return lambda exchange, _value: status(exchange, code)


def echo(exchange: Exchange, _value: float) -> Reply:
    """Answer with an error page that repeats the request's head, as debug pages of gateways do."""
    asked = exchange.request
    if asked is None:
        return Reply(500)
    lines = [f"{asked.method} {asked.target}", *(f"{name}: {value}" for name, value in asked.headers.items())]
    page = f"<html><head><title>Error</title></head><body><pre>{escape(chr(10).join(lines))}</pre></body></html>"
    return Reply(500, page.encode("utf-8", "replace"), (("Content-Type", "text/html; charset=utf-8"),))


def refuse_login(exchange: Exchange, _value: float) -> Reply:
    """Drop the connection's login and answer 401."""
    return ask_for_login(exchange)


def fault(exchange: Exchange, code: float) -> Answer:
    """Answer with a WSMan fault."""
    return _fault(exchange, fault_asked_for(code))


def refuse(exchange: Exchange, _value: float) -> Answer:
    """Answer with a fault that blames the client."""
    return _fault(exchange, _refused())


def fail(exchange: Exchange, _value: float) -> Answer:
    """Answer with a fault that blames the host."""
    return _fault(exchange, _failed())


def _fault(exchange: Exchange, error: WSManFault) -> Answer:
    return exchange.service.fault(exchange.envelope.message_id if exchange.envelope else "", error)


def drop_shells(exchange: Exchange, _value: float) -> None:
    """Lose every shell, as a restart of the WinRM service does."""
    exchange.service.drop_shells()


def kill_engine(exchange: Exchange, _value: float) -> None:
    """Kill what runs the request's shell."""
    if exchange.envelope is not None:
        exchange.service.kill_engine(exchange.envelope.shell_id)
