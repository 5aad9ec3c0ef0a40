"""The way in, first half: bytes become a SOAP envelope whose header has been read and checked (pure, no I/O).

Reading has two halves, so that a fault about the body can still name the message that it relates to. The body is for
`bodies`.
"""

from __future__ import annotations

import re
from typing import Final
from uuid import UUID
from xml.etree.ElementTree import Element

import msgspec

from psbridge.emulator.wsman import errors, shell_errors, values
from psbridge.emulator.wsman.names import ACTIONS, ADDRESSING, ANONYMOUS, SHELL, SOAP, WSMAN, WSMV, XML
from psbridge.emulator.wsman.options import Options, read_options
from psbridge.emulator.wsman.quotas import MAX_ENVELOPE, MAX_TIMEOUT, MIN_ENVELOPE
from psbridge.emulator.wsman.xml import BadXml, read_xml

_UNDERSTOOD: Final = frozenset(
    f"{{{namespace}}}{name}"
    for namespace, names in {
        ADDRESSING: ("Action", "MessageID", "To", "ReplyTo", "FaultTo", "From", "RelatesTo"),
        WSMAN: ("ResourceURI", "SelectorSet", "OptionSet", "OperationTimeout", "MaxEnvelopeSize", "Locale"),
        WSMV: ("DataLocale", "SessionId", "OperationID", "SequenceId", "SequenceID", "ActivityId"),
        SHELL: ("CompressionType",),
    }.items()
    for name in names
)
"""The headers that are read here, or that [MS-WSMV] 3.1.4.1 has servers know."""
_MAX_MESSAGE_ID: Final = 2048


class Operation(msgspec.Struct, frozen=True):
    """What a robust client says of its request ([MS-WSMV] 3.1.4.1.39).

    Attributes:
        again: it may have been sent before (`mustUnderstand` of the OperationID).
        first: the sequence number is the 1 that each request begins with.
    """

    id: str
    again: bool
    first: bool


class Envelope(msgspec.Struct, frozen=True):
    """A SOAP envelope whose header has been read.

    Attributes:
        action: short name (`receive`), see `names.ACTIONS`.
        message_id: as sent, with its `uuid:`.
        shell_id: of the SelectorSet; None if there is none.
        operation_timeout: seconds that the client allows, at most `MAX_TIMEOUT`.
        max_envelope_size: bytes that the client can take.
        session_id: the client's own session, empty if it sent none.
        operation: None of a client without robust connections.
        locale, data_locale: language tags, as asked for.
        body: the body's one element; None if it is empty.
    """

    action: str
    message_id: str
    resource_uri: str
    shell_id: UUID | None
    operation_timeout: float
    max_envelope_size: int
    session_id: str
    body: Element | None
    options: Options = msgspec.field(default_factory=dict)
    operation: Operation | None = None
    locale: str = "en-US"
    data_locale: str = "en-US"


def message_id_of(root: Element) -> str:
    """Return the MessageID of an envelope, empty if it has none."""
    return (root.findtext(f"{{{SOAP}}}Header/{{{ADDRESSING}}}MessageID") or "").strip()[:_MAX_MESSAGE_ID]


def read_root(data: bytes) -> Element:
    """Return the root element of an envelope.

    Raises:
        WSManFault: the bytes are no SOAP 1.2 envelope, or one that is refused.
    """
    try:
        root = read_xml(data)
    except BadXml as error:
        raise errors.bad_envelope(str(error)) from None
    if root.tag != f"{{{SOAP}}}Envelope" or root.find(f"{{{SOAP}}}Header") is None:
        raise errors.bad_envelope("The root is not a SOAP 1.2 envelope with a header.")
    if root.find(f"{{{SOAP}}}Body") is None:
        raise errors.no_body()
    return root


def read_envelope(root: Element) -> Envelope:
    """Return an envelope's header, checked.

    Raises:
        WSManFault: an unknown action, or a header that is missing, makes no sense or asks for too much.
    """
    header, body = root.find(f"{{{SOAP}}}Header"), root.find(f"{{{SOAP}}}Body")
    assert header is not None  # noqa: S101 - `read_root` let it in
    assert body is not None  # noqa: S101 - `read_root` let in none without it
    _understand(header)
    action = _action(_text(header, ADDRESSING, "Action"))
    if not message_id_of(root):
        raise errors.bad_header("The SOAP header has no MessageID.")
    _reply_here(header)
    return Envelope(
        action=action,
        message_id=message_id_of(root),
        resource_uri=_text(header, WSMAN, "ResourceURI"),
        shell_id=selected_shell(header),
        operation_timeout=_timeout(_text(header, WSMAN, "OperationTimeout")),
        max_envelope_size=_envelope_size(_text(header, WSMAN, "MaxEnvelopeSize")),
        session_id=_text(header, WSMV, "SessionId"),
        body=body[0] if len(body) else None,
        options=read_options(header),
        operation=_operation(header),
        locale=_language(header.find(f"{{{WSMAN}}}Locale")),
        data_locale=_language(header.find(f"{{{WSMV}}}DataLocale")),
    )


def asked_shell(envelope: Envelope) -> UUID | None:
    """Return the shell that a request is about, for the log: the selected one, or the one that a Create asks for."""
    if envelope.action != "create" or envelope.body is None:
        return envelope.shell_id
    try:
        return UUID(envelope.body.get("ShellId", ""))
    except ValueError:
        return None


def selected_shell(parent: Element) -> UUID | None:
    """Return the ShellId of the SelectorSet in `parent`; names are case-insensitive ([MS-WSMV] 3.1.4.1.2).

    Raises:
        WSManFault: it is no GUID, so that it selects nothing.
    """
    for selector in parent.findall(f"{{{WSMAN}}}SelectorSet/{{{WSMAN}}}Selector"):
        if selector.get("Name", "").casefold() == "shellid":
            return values.guid(selector.text, shell_errors.unknown_shell())
    return None


def _text(parent: Element, namespace: str, name: str) -> str:
    return (parent.findtext(f"{{{namespace}}}{name}") or "").strip()


def _must_understand(element: Element) -> bool:
    return element.get(f"{{{SOAP}}}mustUnderstand", "").strip() in {"true", "1"}


def _understand(header: Element) -> None:
    for element in header:
        if not _must_understand(element):
            continue
        name = element.tag.rpartition("}")[2]
        if element.tag not in _UNDERSTOOD:
            raise errors.not_understood(element.tag)
        if name in {"Locale", "DataLocale"}:
            raise errors.strict_locale(name)
        if name == "CompressionType":
            raise errors.no_compression((element.text or "").strip())


def _action(uri: str) -> str:
    if not uri:
        raise errors.missing_header("Action")
    action = ACTIONS.get(uri)
    if action is None:
        raise errors.unknown_action(uri)
    return action


def _reply_here(header: Element) -> None:
    for name, required in (("ReplyTo", True), ("FaultTo", False)):
        address = header.find(f"{{{ADDRESSING}}}{name}/{{{ADDRESSING}}}Address")
        if address is None and required:
            raise errors.missing_header(name)
        if address is not None and (address.text or "").strip().rstrip("/") != ANONYMOUS:
            raise errors.reply_elsewhere()


def _timeout(text: str) -> float:
    if not text:
        return MAX_TIMEOUT
    seconds = values.duration(text)
    if seconds is None:
        raise errors.bad_header(f"The XML contains an invalid timeout field in the SOAP header: {text[:40]}.")
    return min(seconds, MAX_TIMEOUT)


def _envelope_size(text: str) -> int:
    if not text:
        return MAX_ENVELOPE
    if not re.fullmatch(r"\d{1,20}", text, re.ASCII):
        raise errors.bad_header(f"The XML contains an invalid MaxEnvelopeSize in the SOAP header: {text[:40]}.")
    if int(text) < MIN_ENVELOPE:
        raise errors.small_envelope()
    return min(int(text), MAX_ENVELOPE)


def _operation(header: Element) -> Operation | None:
    element = header.find(f"{{{WSMV}}}OperationID")
    if element is None or not (element.text or "").strip():
        return None
    sequence = _text(header, WSMV, "SequenceId") or _text(header, WSMV, "SequenceID")
    return Operation((element.text or "").strip().casefold()[:100], _must_understand(element), sequence == "1")


def _language(element: Element | None) -> str:
    tag = element.get(f"{{{XML}}}lang", "") if element is not None else ""
    return tag if re.fullmatch(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8}){0,4}", tag, re.ASCII) else "en-US"
