"""The table of effects: name, meaning, value, and where each acts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from psbridge.emulator.faults import altered, before, bombs, sending
from psbridge.emulator.faults.exchange import (
    AlterAnswer,
    AlterReply,
    Before,
    Send,
    carry_out,
    same_answer,
    same_reply,
    send_whole,
)
from psbridge.emulator.wsman.names import ACTIONS

TCP: Final = "tcp"
"""Counts connections as they are accepted, before TLS."""
HTTP: Final = "http"
"""Counts HTTP requests, including those of a login, before authentication."""
ANY: Final = "*"
"""Counts WSMan requests of every action."""

_MESSAGES: Final = frozenset({*ACTIONS.values(), ANY})
_REQUESTS: Final = _MESSAGES | {HTTP}
_EVERYWHERE: Final = _REQUESTS | {TCP}
_IN_SHELL: Final = _MESSAGES - {"create", "enumerate"}


class Value(msgspec.Struct, frozen=True):
    """The value after the `=` of an effect.

    Attributes:
        least, most: the range, both included.
        whole: whether it must be a whole number.
    """

    unit: str
    least: float
    most: float
    whole: bool = True


_BYTES: Final = Value("bytes", 0, 1e9)
_DECODED: Final = Value("bytes", 0, 1e10)
_TEXT: Final = Value("bytes", 0, 1e8)
_HEADERS: Final = Value("bytes", 0, 1e7)
_COUNT: Final = Value("answers", 1, 1e6)
_SECONDS: Final = Value("seconds", 0, 86_400, whole=False)
_RATE: Final = Value("bytes per second", 1, 1e9)
_CODE: Final = Value("a WSMan code", 1, 0xFFFFFFFF)
_STATUS: Final = Value("an HTTP status", 400, 599)
_PLACE: Final = Value("1 for the first", 1, 1e6)


class Effect(msgspec.Struct, frozen=True):
    """The effect of a rule.

    Attributes:
        meaning: whether the request is carried out, and what the client sees.
        value: the meaning and range of N; None: the effect takes no value.
        actions: the actions that a rule with this effect may name.
        before, answer, reply, send: what to do at these points of an exchange, see `exchange`.
    """

    meaning: str
    value: Value | None = None
    actions: frozenset[str] = _MESSAGES
    before: Before = carry_out
    answer: AlterAnswer = same_answer
    reply: AlterReply = same_reply
    send: Send = send_whole


def _before(meaning: str, effect: Before, value: Value | None = None, *, actions: frozenset[str] = _MESSAGES) -> Effect:
    return Effect(meaning, value, actions, before=effect)


def _answered(
    meaning: str, effect: AlterAnswer, value: Value | None = None, *, actions: frozenset[str] = _MESSAGES
) -> Effect:
    return Effect(meaning, value, actions, answer=effect)


def _replied(meaning: str, effect: AlterReply, value: Value | None = None) -> Effect:
    return Effect(meaning, value, _REQUESTS, reply=effect)


def _sealed(meaning: str, effect: AlterReply) -> Effect:
    return Effect(meaning, reply=effect)


def _sent(meaning: str, effect: Send, value: Value | None = None, *, actions: frozenset[str] = _REQUESTS) -> Effect:
    return Effect(meaning, value, actions, send=effect)


def _status(code: int) -> Effect:
    return _before(f"not carried out; a bare HTTP {code}", before.this_status(code), actions=_REQUESTS)


EFFECTS: Final[Mapping[str, Effect]] = {
    # the connection
    "reset-before": _before("not carried out; the connection is reset", before.reset, actions=_EVERYWHERE),
    "reset-after": _sent("carried out; the connection is reset instead of the answer", sending.reset),
    "close-before": _before("not carried out; the connection is closed", before.close, actions=_EVERYWHERE),
    "close": _sent("carried out; the connection is closed instead of the answer", sending.close),
    "close-after": _sent("carried out and answered; then the idle connection is closed", sending.then_close),
    "hang-up": _sent("carried out and answered; then TCP is closed without a TLS close_notify", sending.then_hang_up),
    "never-before": _before("not carried out; no answer ever comes", before.silence, actions=_EVERYWHERE),
    "never": _sent("carried out; no answer ever comes", sending.silence),
    "banner": _before(
        "the banner of an SSH server is sent, then the connection is closed", before.banner, actions=frozenset({TCP})
    ),
    # time
    "delay": _before("carried out N seconds later", before.delay, _SECONDS, actions=_EVERYWHERE),
    "delay-after": _sent("carried out; the answer is sent N seconds later", sending.delay, _SECONDS),
    "drip": _sent("carried out; the answer is sent at N bytes per second", sending.drip, _RATE),
    # HTTP
    **{str(code): _status(code) for code in (400, 403, 404, 429, 500, 502, 503, 504)},
    "401": _before(
        "not carried out; HTTP 401, and the connection must log in again, as when a ticket expires",
        before.refuse_login,
        actions=_REQUESTS,
    ),
    "echo": _before(
        "not carried out; HTTP 500 with a page that repeats the request's headers",
        before.echo,
        actions=_REQUESTS,
    ),
    "status": _before("not carried out; a bare HTTP N", before.status, _STATUS, actions=_REQUESTS),
    "status-after": _replied(
        "carried out; a bare HTTP N instead of the answer, as from a gateway", altered.status, _STATUS
    ),
    "status-forever": _replied(
        "carried out; a bare HTTP N; later HTTP requests are not carried out and get N too",
        altered.status_from_now_on,
        _STATUS,
    ),
    "401-after": _replied(
        "carried out; HTTP 401 instead of the answer, and the connection must log in again", altered.refuse_login
    ),
    "done-twice": _answered("carried out twice; the second answer is sent", altered.done_again),
    "cut": _sent(
        "carried out; the connection is closed after N bytes of the answer, headers included", sending.cut, _BYTES
    ),
    "cut-body": _sent("carried out; the connection is closed after N bytes of the body", sending.cut_body, _BYTES),
    "endless": _sent(
        f"carried out; an endless body without a length (up to {sending.ENDLESS >> 30} GiB)", sending.endless
    ),
    "endless-chunked": _sent("carried out; an endless body in chunks", sending.endless_chunked),
    "twice": _sent("carried out; the answer is sent twice", sending.twice),
    "wrong-type": _replied("carried out; the right body, but as text/html", altered.wrong_type),
    "empty": _replied("carried out; HTTP 200 without a body", altered.empty),
    "garbage": _replied("carried out; HTTP 200 with bytes that are not XML", altered.garbage),
    "broken-seal": _sealed(
        "carried out; one bit of an encrypted message is flipped (plain messages are unchanged)", altered.broken_seal
    ),
    "seal-epilogue": _sealed(
        "carried out; text after the last boundary of an encrypted message (RFC 2046 allows it)", altered.seal_epilogue
    ),
    "seal-bare": _sealed(
        "carried out; an encrypted message without tabs before its headers and without a final line end",
        altered.seal_bare,
    ),
    "seal-lines": _sealed(
        "carried out; an encrypted message with line ends around its parts as in RFC 2046", altered.seal_lines
    ),
    "seal-case": _sealed(
        "carried out; an encrypted message whose headers and boundaries are in lower case", altered.seal_case
    ),
    # cheap to send, expensive to read
    "gzip": _replied(
        "carried out; a body that decompresses to N bytes (Content-Encoding: gzip)", bombs.packed, _DECODED
    ),
    "gzip-twice": _replied(
        "carried out; a body that decompresses to N bytes, compressed twice", bombs.packed_twice, _DECODED
    ),
    "long-head": _replied("carried out; N bytes of additional headers", bombs.head, _HEADERS),
    "interim": _sent("carried out; N times HTTP 100 before the answer", bombs.interim, _COUNT),
    "tiny-chunks": _sent("carried out; the body in chunks of one byte, each with an extension", bombs.tiny_chunks),
    "unclosed": Effect(
        "carried out; an envelope of N bytes of nested elements, none of them closed",
        value=_TEXT,
        actions=_REQUESTS,
        answer=bombs.unclosed,
        reply=bombs.unclosed_page,
    ),
    "wide": Effect(
        "carried out; an envelope of N bytes of empty elements",
        value=_TEXT,
        actions=_REQUESTS,
        answer=bombs.wide,
        reply=bombs.wide_page,
    ),
    "attributes": Effect(
        "carried out; an envelope of N bytes of elements with a thousand attributes",
        value=_TEXT,
        actions=_REQUESTS,
        answer=bombs.attributes,
        reply=bombs.attributes_page,
    ),
    # WSMan
    "fault": _before("not carried out; a WSMan fault with the code N", before.fault, _CODE),
    "other-fault": _answered(
        "carried out; a WSMan fault with the code N in answer to another message", altered.other_fault, _CODE
    ),
    "refuse": _before(
        "not carried out; a fault of the client without a WSMan code, as OMI sends for an unsupported request",
        before.refuse,
    ),
    "fail": _before("not carried out; a fault of the host without a WSMan code", before.fail),
    "codeless": _answered("carried out; a fault is sent without its WSMan code, with OMI's text", altered.codeless),
    "page": _answered("carried out; HTTP 200 with an XHTML page instead of SOAP", altered.page),
    "truncate": _answered("carried out; only the first N bytes of the envelope", altered.truncated, _BYTES),
    "other-message": _answered(
        "carried out; the answer relates to a message that the client did not send", altered.other_message
    ),
    "previous": _answered("carried out; the previous answer on the connection is sent again", altered.previous),
    # the shell and PSRP
    "with-receive": _sent(
        "carried out; the answer is delayed until a Receive for the shell arrives",
        sending.with_receive,
        actions=frozenset({"send"}),
    ),
    "drop-shells": _before("carried out after every shell is lost, as when the service restarts", before.drop_shells),
    "other-host": _sent(
        "carried out; the connection is reset, and later requests reach a host without this shell",
        sending.reset_to_other_host,
        actions=_IN_SHELL,
    ),
    "lose-shells": Effect(
        "carried out after every shell is lost; the fault is sent without its WSMan code, with OMI's text",
        before=before.drop_shells,
        answer=altered.codeless,
    ),
    "kill-engine": _before(
        "carried out after the process of the shell's engine is killed", before.kill_engine, actions=_IN_SHELL
    ),
    "lose-fragment": _answered(
        "carried out; the Nth PSRP fragment of the answer is missing",
        altered.lose_fragment,
        _PLACE,
        actions=frozenset({"receive"}),
    ),
    "double-fragment": _answered(
        "carried out; the Nth PSRP fragment of the answer is sent twice",
        altered.double_fragment,
        _PLACE,
        actions=frozenset({"receive"}),
    ),
    "swap-fragments": _answered(
        "carried out; the PSRP fragments of the answer are sent in reverse order",
        altered.swap_fragments,
        actions=frozenset({"receive"}),
    ),
    "deep-object": _answered(
        "carried out; the first PSRP message is N bytes of nested lists",
        bombs.deep_object,
        _TEXT,
        actions=frozenset({"receive"}),
    ),
    "wide-object": _answered(
        "carried out; the first PSRP message is a list of N bytes",
        bombs.wide_object,
        _TEXT,
        actions=frozenset({"receive"}),
    ),
}

NO_EFFECT: Final = Effect("carried out and answered", actions=_EVERYWHERE)
