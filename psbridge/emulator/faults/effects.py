"""The table of effects: what each is called, what it means, what its value is, and where it acts."""

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
"""Counts HTTP requests, those of a login included, before anybody knows who sends them."""
ANY: Final = "*"
"""Counts WSMan requests of every action."""

_MESSAGES: Final = frozenset({*ACTIONS.values(), ANY})
_REQUESTS: Final = _MESSAGES | {HTTP}
_EVERYWHERE: Final = _REQUESTS | {TCP}
_IN_SHELL: Final = _MESSAGES - {"create", "enumerate"}


class Value(msgspec.Struct, frozen=True):
    """What may stand after the `=` of an effect.

    Attributes:
        least: the smallest; the largest is `most`.
        whole: no fractions.
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
_RATE: Final = Value("bytes a second", 1, 1e9)
_CODE: Final = Value("a WSMan code", 1, 0xFFFFFFFF)
_STATUS: Final = Value("an HTTP status", 400, 599)
_PLACE: Final = Value("1 for the first", 1, 1e6)


class Effect(msgspec.Struct, frozen=True):
    """What a rule does.

    Attributes:
        meaning: whether the request is carried out and what the client sees.
        value: what N is; None for an effect without one.
        actions: the actions that a rule with this effect can be for.
        before, answer, reply, send: what is done at these points of the way, see `exchange`.
    """

    meaning: str
    value: Value | None = None
    actions: frozenset[str] = _MESSAGES
    before: Before = carry_out
    answer: AlterAnswer = same_answer
    reply: AlterReply = same_reply
    send: Send = send_whole


def _status(code: int) -> Effect:
    return Effect(f"not carried out; a bare HTTP {code}", actions=_REQUESTS, before=before.this_status(code))


EFFECTS: Final[Mapping[str, Effect]] = {
    # the connection
    "reset-before": Effect("not carried out; the connection is reset", actions=_EVERYWHERE, before=before.reset),
    "reset-after": Effect(
        "carried out; the connection is reset instead of the answer", actions=_REQUESTS, send=sending.reset
    ),
    "close-before": Effect("not carried out; the connection is closed", actions=_EVERYWHERE, before=before.close),
    "close": Effect(
        "carried out; the connection is closed instead of the answer", actions=_REQUESTS, send=sending.close
    ),
    "close-after": Effect(
        "carried out and answered; then the idle connection is closed without a word",
        actions=_REQUESTS,
        send=sending.then_close,
    ),
    "hang-up": Effect(
        "carried out and answered; then TCP ends without the good-bye of TLS",
        actions=_REQUESTS,
        send=sending.then_hang_up,
    ),
    "never-before": Effect("not carried out; no answer ever comes", actions=_EVERYWHERE, before=before.silence),
    "never": Effect("carried out; no answer ever comes", actions=_REQUESTS, send=sending.silence),
    "banner": Effect("the greeting of an SSH server, then the end", actions=frozenset({TCP}), before=before.banner),
    # time
    "delay": Effect("carried out N seconds later", value=_SECONDS, actions=_EVERYWHERE, before=before.delay),
    "delay-after": Effect(
        "carried out; the answer comes N seconds later", value=_SECONDS, actions=_REQUESTS, send=sending.delay
    ),
    "drip": Effect(
        "carried out; the answer comes at N bytes a second", value=_RATE, actions=_REQUESTS, send=sending.drip
    ),
    # HTTP
    **{str(code): _status(code) for code in (400, 403, 404, 429, 500, 502, 503, 504)},
    "401": Effect(
        "not carried out; HTTP 401, and the connection's login is forgotten, as when a ticket expires",
        actions=_REQUESTS,
        before=before.refuse_login,
    ),
    "status": Effect("not carried out; a bare HTTP N", value=_STATUS, actions=_REQUESTS, before=before.status),
    "status-after": Effect(
        "carried out; a bare HTTP N instead of the answer, as from a gateway",
        value=_STATUS,
        actions=_REQUESTS,
        reply=altered.status,
    ),
    "status-forever": Effect(
        "the same, and every later HTTP request gets N and is not carried out",
        value=_STATUS,
        actions=_REQUESTS,
        reply=altered.status_from_now_on,
    ),
    "401-after": Effect(
        "carried out; HTTP 401 instead of the answer, and the connection's login is forgotten",
        actions=_REQUESTS,
        reply=altered.refuse_login,
    ),
    "done-twice": Effect("carried out two times; the second answer", answer=altered.done_again),
    "cut": Effect(
        "carried out; the connection ends after N bytes of the answer, head included",
        value=_BYTES,
        actions=_REQUESTS,
        send=sending.cut,
    ),
    "cut-body": Effect(
        "carried out; the connection ends after the head and N bytes of the body",
        value=_BYTES,
        actions=_REQUESTS,
        send=sending.cut_body,
    ),
    "endless": Effect(
        f"carried out; a body without a length that never ends ({sending.ENDLESS >> 30} GiB at most)",
        actions=_REQUESTS,
        send=sending.endless,
    ),
    "endless-chunked": Effect("carried out; the same in chunks", actions=_REQUESTS, send=sending.endless_chunked),
    "twice": Effect(
        "carried out; the same answer twice, so that one is left over", actions=_REQUESTS, send=sending.twice
    ),
    "wrong-type": Effect("carried out; the right body as text/html", actions=_REQUESTS, reply=altered.wrong_type),
    "empty": Effect("carried out; HTTP 200 without a body", actions=_REQUESTS, reply=altered.empty),
    "garbage": Effect("carried out; HTTP 200 with bytes that are no XML", actions=_REQUESTS, reply=altered.garbage),
    "broken-seal": Effect(
        "carried out; one bit of an encrypted message is wrong (others stay as they are)", reply=altered.broken_seal
    ),
    "seal-epilogue": Effect(
        "carried out; text after the last boundary of an encrypted message (RFC 2046 allows it)",
        reply=altered.seal_epilogue,
    ),
    "seal-bare": Effect(
        "carried out; an encrypted message without tabs before its headers and a line end at its end",
        reply=altered.seal_bare,
    ),
    "seal-lines": Effect(
        "carried out; an encrypted message with the line ends around its parts that RFC 2046 has",
        reply=altered.seal_lines,
    ),
    "seal-case": Effect(
        "carried out; an encrypted message whose headers and boundaries are in small letters", reply=altered.seal_case
    ),
    # what costs its reader more than its sender
    "gzip": Effect(
        "carried out; a body that unfolds to N bytes, under Content-Encoding: gzip",
        value=_DECODED,
        actions=_REQUESTS,
        reply=bombs.packed,
    ),
    "gzip-twice": Effect(
        "carried out; the same, packed two times", value=_DECODED, actions=_REQUESTS, reply=bombs.packed_twice
    ),
    "long-head": Effect("carried out; N bytes of further headers", value=_HEADERS, actions=_REQUESTS, reply=bombs.head),
    "interim": Effect(
        "carried out; N interim answers (HTTP 100) before the answer",
        value=_COUNT,
        actions=_REQUESTS,
        send=bombs.interim,
    ),
    "tiny-chunks": Effect(
        "carried out; the body in chunks of one byte, each with an extension", actions=_REQUESTS, send=bombs.tiny_chunks
    ),
    "unclosed": Effect(
        "carried out; an envelope of N bytes, elements within one another and none closed",
        value=_TEXT,
        actions=_REQUESTS,
        answer=bombs.unclosed,
        reply=bombs.unclosed_page,
    ),
    "wide": Effect(
        "carried out; an envelope of N bytes, empty elements one beside the other",
        value=_TEXT,
        actions=_REQUESTS,
        answer=bombs.wide,
        reply=bombs.wide_page,
    ),
    "attributes": Effect(
        "carried out; an envelope of N bytes, elements of a thousand attributes",
        value=_TEXT,
        actions=_REQUESTS,
        answer=bombs.attributes,
        reply=bombs.attributes_page,
    ),
    # WSMan
    "fault": Effect("not carried out; a WSMan fault with the code N", value=_CODE, before=before.fault),
    "other-fault": Effect(
        "carried out; a WSMan fault with the code N that relates to another message",
        value=_CODE,
        answer=altered.other_fault,
    ),
    "refuse": Effect(
        "not carried out; a fault without a WSMan code that blames the client, as OMI has it for what it lacks",
        before=before.refuse,
    ),
    "fail": Effect("not carried out; a fault without a WSMan code that blames the host", before=before.fail),
    "codeless": Effect("carried out; a fault comes without its WSMan code, worded as OMI's", answer=altered.codeless),
    "page": Effect("carried out; HTTP 200 with a web page that is XML and no SOAP", answer=altered.page),
    "truncate": Effect("carried out; the first N bytes of the envelope alone", value=_BYTES, answer=altered.truncated),
    "other-message": Effect(
        "carried out; the answer names a message that the client never sent", answer=altered.other_message
    ),
    "previous": Effect(
        "carried out; what the request before it on the connection got comes again", answer=altered.previous
    ),
    # the shell and PSRP
    "with-receive": Effect(
        "carried out; the answer is held back until a Receive for the shell comes",
        actions=frozenset({"send"}),
        send=sending.with_receive,
    ),
    "drop-shells": Effect(
        "every shell is lost first, as when the service restarts; then carried out", before=before.drop_shells
    ),
    "other-host": Effect(
        "carried out; the connection is reset, and what comes next meets a host that knows no such shell",
        actions=_IN_SHELL,
        send=sending.reset_to_other_host,
    ),
    "lose-shells": Effect(
        "every shell is lost first; then carried out, and the fault comes without its WSMan code, as OMI's",
        before=before.drop_shells,
        answer=altered.codeless,
    ),
    "kill-engine": Effect(
        "the process of the shell's engine is killed first; then carried out",
        actions=_IN_SHELL,
        before=before.kill_engine,
    ),
    "lose-fragment": Effect(
        "carried out; the Nth PSRP fragment of the answer is missing",
        value=_PLACE,
        actions=frozenset({"receive"}),
        answer=altered.lose_fragment,
    ),
    "double-fragment": Effect(
        "carried out; the Nth PSRP fragment of the answer comes twice",
        value=_PLACE,
        actions=frozenset({"receive"}),
        answer=altered.double_fragment,
    ),
    "swap-fragments": Effect(
        "carried out; the PSRP fragments of the answer come in reverse order",
        actions=frozenset({"receive"}),
        answer=altered.swap_fragments,
    ),
    "deep-object": Effect(
        "carried out; the first PSRP message is N bytes of lists within one another",
        value=_TEXT,
        actions=frozenset({"receive"}),
        answer=bombs.deep_object,
    ),
    "wide-object": Effect(
        "carried out; the first PSRP message is a list of N bytes",
        value=_TEXT,
        actions=frozenset({"receive"}),
        answer=bombs.wide_object,
    ),
}

NO_EFFECT: Final = Effect("carried out and answered", actions=_EVERYWHERE)
