"""Effects on an answer before it is sent: on its content and its HTTP headers."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from uuid import uuid4

from psbridge.emulator.faults.before import NOT_FOUND
from psbridge.emulator.faults.exchange import AlterAnswer, AlterReply, Exchange, Reply, ask_for_login, fault_asked_for
from psbridge.emulator.wsman.service import Answer
from psbridge.emulator.wsman.shell_output import split_fragments
from psbridge.values import replace

_GARBAGE = b"<html><body>This is not the SOAP you are looking for \x00\xff"
_PAGE = (
    b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title>Welcome</title></head>'
    b"<body><p>It works.</p></body></html>"
)
_HTML = (("Content-Type", "text/html"),)
_RELATES_TO = re.compile(rb"(?<=<a:RelatesTo>)[^<]*")
_STREAMS = re.compile(rb"(?:(<rsp:Stream [^>]*>)([^<]*)</rsp:Stream>)+")
_WINDOWS = re.compile(rb"<f:WSManFault .*?</f:WSManFault>|<e:MSFT_WmiError .*?</e:MSFT_WmiError>", re.DOTALL)
_GONE = re.compile(rb"<s:Value>w:InvalidSelectors</s:Value>")
_REASON = re.compile(rb"(?<=<s:Reason>)(<s:Text[^>]*>)[^<]*")
_STREAM = re.compile(rb"(<rsp:Stream [^>]*>)([^<]*)</rsp:Stream>")


def status(_exchange: Exchange, code: float, _reply: Reply) -> Reply:
    """Return a bare HTTP status, as a gateway does that has passed the request on and lost what came back."""
    return Reply(int(code))


def status_from_now_on(exchange: Exchange, code: float, reply: Reply) -> Reply:
    """Return it, and answer every later HTTP request so without carrying it out."""
    exchange.from_now_on(f"http:*:status={int(code)}")
    return status(exchange, code, reply)


def refuse_login(exchange: Exchange, _value: float, _reply: Reply) -> Reply:
    """Drop the connection's login and answer 401 although the request was carried out."""
    return ask_for_login(exchange)


def garbage(_exchange: Exchange, _value: float, _reply: Reply) -> Reply:
    """Return a body that is not XML."""
    return Reply(200, _GARBAGE, _HTML)


def empty(_exchange: Exchange, _value: float, reply: Reply) -> Reply:
    """Return a success that says nothing."""
    return replace(reply, status=200, body=b"")


def wrong_type(_exchange: Exchange, _value: float, reply: Reply) -> Reply:
    """Return the right body under a wrong Content-Type."""
    others = tuple(header for header in reply.headers if header[0] != "Content-Type")
    return replace(reply, headers=_HTML + others)


def broken_seal(_exchange: Exchange, _value: float, reply: Reply) -> Reply:
    """Return the body with one bit of its sealed part turned; one that is not sealed stays as it is."""
    if not any(name == "Content-Type" and value.startswith("multipart/") for name, value in reply.headers):
        return reply
    body = bytearray(reply.body)
    body[len(body) // 2] ^= 1
    return replace(reply, body=bytes(body))


def _reshaped(change: Callable[[bytes], bytes], kind: Callable[[str], str] = str) -> AlterReply:
    """Return an effect on the MIME form of a sealed body; a body that is not sealed is unchanged."""

    def alter(_exchange: Exchange, _value: float, reply: Reply) -> Reply:
        named = dict(reply.headers)
        content_type = named.get("Content-Type", "")
        if not content_type.startswith("multipart/"):
            return reply
        named["Content-Type"] = kind(content_type)
        return replace(reply, body=change(reply.body), headers=tuple(named.items()))

    return alter


_MARK = b"--Encrypted Boundary"
_SEALED_TYPE = b"Content-Type: application/octet-stream\r\n"


def _lines_before(body: bytes) -> bytes:
    """Return a body with the empty line after headers and the line end before boundaries that RFC 2046 has."""
    head, *parts = body.split(_SEALED_TYPE)
    return head + b"".join(_SEALED_TYPE + b"\r\n" + part.replace(_MARK, b"\r\n" + _MARK, 1) for part in parts)


def _in_small(body: bytes) -> bytes:
    names = re.compile(rb"\t(Content-Type|OriginalContent):|Length=|" + _MARK)
    return names.sub(lambda found: found[0].lower(), body)


seal_epilogue = _reshaped(lambda body: body + b"\r\nWhat comes after the last boundary means nothing.\r\n")
seal_bare = _reshaped(lambda body: body.removesuffix(b"\r\n").replace(b"\r\n\t", b"\r\n"))
seal_lines = _reshaped(_lines_before)
seal_case = _reshaped(
    _in_small,
    lambda kind: (
        kind.replace("multipart/", "Multipart/").replace(";boundary=", "; Boundary=").replace(";protocol", "; Protocol")
    ),
)


def page(_exchange: Exchange, _value: float, _answer: Answer) -> Answer:
    """Return a web page that is XML."""
    return Answer(200, _PAGE)


def truncated(_exchange: Exchange, count: float, answer: Answer) -> Answer:
    """Return the first bytes of the envelope, in a complete HTTP answer."""
    return replace(answer, body=answer.body[: int(count)])


def other_message(_exchange: Exchange, _value: float, answer: Answer) -> Answer:
    """Return the answer as one to a message that the client never sent."""
    return replace(answer, body=_RELATES_TO.sub(f"uuid:{uuid4()}".upper().encode(), answer.body))


def done_again(exchange: Exchange, _value: float, answer: Answer) -> Answer:
    """Carry the request out again and return the second answer."""
    return exchange.again() if exchange.again is not None else answer


def other_fault(exchange: Exchange, code: float, _answer: Answer) -> Answer:
    """Return a fault that is about a message which the client never sent."""
    return exchange.service.fault(f"uuid:{uuid4()}".upper(), fault_asked_for(code))


def previous(exchange: Exchange, _value: float, answer: Answer) -> Answer:
    """Return the answer to the previous request."""
    return exchange.previous or answer


def on_fragments(change: Callable[[list[bytes], int], list[bytes]]) -> AlterAnswer:
    """Return an effect on the PSRP fragments of a ReceiveResponse; an answer without any stays as it is."""

    def alter(_exchange: Exchange, value: float, answer: Answer) -> Answer:
        found = _STREAM.search(answer.body)
        if found is None:
            return answer
        opening = found[1]
        data = b"".join(base64.b64decode(part[2]) for part in _STREAM.finditer(answer.body))
        changed = change(split_fragments(data), int(value))
        streams = b"".join(opening + base64.b64encode(item) + b"</rsp:Stream>" for item in changed)
        return replace(answer, body=_STREAMS.sub(lambda _: streams, answer.body, count=1))

    return alter


def _without(fragments: list[bytes], number: int) -> list[bytes]:
    return [item for place, item in enumerate(fragments, start=1) if place != number]


def _doubled(fragments: list[bytes], number: int) -> list[bytes]:
    return [item for place, item in enumerate(fragments, start=1) for _ in range(2 if place == number else 1)]


def codeless(_exchange: Exchange, _value: float, answer: Answer) -> Answer:
    """Return a fault as OMI words it; an answer that is not a fault stays as it is."""
    if not _WINDOWS.search(answer.body):
        return answer
    body = _WINDOWS.sub(b"", answer.body)
    if _GONE.search(body):
        body = _GONE.sub(b"<s:Value>a:DestinationUnreachable</s:Value>", body)
        body = _REASON.sub(rb"\g<1>" + NOT_FOUND.encode(), body)
    return replace(answer, body=body)


lose_fragment = on_fragments(_without)
double_fragment = on_fragments(_doubled)
swap_fragments = on_fragments(lambda fragments, _: fragments[::-1])
