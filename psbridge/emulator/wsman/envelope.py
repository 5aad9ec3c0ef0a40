"""Parses bytes into a SOAP envelope and reads and checks its header (pure, no I/O).

Reading has two halves, so that a fault about the body can still name the message that it relates to. The body is for
`bodies`.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Final
from uuid import UUID
from xml.etree.ElementTree import Element

import msgspec

from psbridge.emulator.wsman import errors, shell_errors
from psbridge.emulator.wsman.errors import WSManFault
from psbridge.emulator.wsman.names import ACTIONS, ADDRESSING, ANONYMOUS, SHELL, SOAP, WSMAN, WSMV, XML
from psbridge.emulator.wsman.quotas import MAX_ENVELOPE, MAX_TIMEOUT, MIN_ENVELOPE
from psbridge.emulator.wsman.xml import BadXml, read_xml

NO_PROFILE: Final = "WINRS_NOPROFILE"
_PROTOCOL_VERSION: Final = "protocolversion"
_OF_POWERSHELL: Final = "PS_"
_KNOWN: Final = frozenset(
    {NO_PROFILE, "WINRS_CODEPAGE", "WINRS_CONSOLEMODE_STDIN", "WINRS_SKIP_CMD_SHELL", "WSMAN_CMDSHELL_OPTION_KEEPALIVE"}
)
"""Those of [MS-WSMV] 3.1.4.5.2, 3.1.4.11 and 3.2.4.1.20. They only change the properties that a shell shows."""
_MAX_OPTIONS: Final = 100


class Option(msgspec.Struct, frozen=True):
    """One option."""

    value: str
    must_comply: bool


Options = Mapping[str, Option]


def read_options(header: Element) -> Options:
    """Return the options of a SOAP header by name."""
    found = header.findall(f"{{{WSMAN}}}OptionSet/{{{WSMAN}}}Option")[:_MAX_OPTIONS]
    return {
        option.get("Name", ""): Option((option.text or "").strip(), option.get("MustComply") in {"true", "1"})
        for option in found
    }


def is_true(options: Options, name: str) -> bool:
    """Return whether a switch is on."""
    return name in options and options[name].value.casefold() in {"true", "1"}


def comply_with_plugin(options: Options) -> None:
    """Check the options of a Create as PowerShell's plugin does (WSManPlugin.cs, EnsureOptionsComply).

    It wants to hear of protocol 2.x, refuses options of its own that it does not know, and ignores all others.

    Raises:
        WSManFault: it would refuse them.
    """
    for name, option in options.items():
        if name == _PROTOCOL_VERSION and not re.fullmatch(r"2\.\d{1,9}(\.\d{1,9}){0,2}", option.value, re.ASCII):
            raise shell_errors.other_protocol_version(option.value)
        if name.startswith(_OF_POWERSHELL) and option.must_comply:
            raise shell_errors.option_not_understood(name)
    if _PROTOCOL_VERSION not in options:
        raise shell_errors.no_protocol_version()


def comply(options: Options) -> None:
    """Check the options of a request that PowerShell's plugin does not see, or sees and ignores.

    Raises:
        WSManFault: one that must be complied with is not known.
    """
    for name, option in options.items():
        if option.must_comply and name not in _KNOWN and name != _PROTOCOL_VERSION:
            raise errors.unknown_option(name)


_DURATION: Final = re.compile(
    r"P(?:(\d{1,6})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,9}(?:\.\d{1,9})?)S)?)?", re.ASCII
)


def parse_duration(text: str) -> float | None:
    """Return the seconds of an XML duration of days, hours, minutes and seconds; None if it is not one."""
    match = _DURATION.fullmatch(text.strip())
    if match is None or not any(match.groups()):
        return None
    days, hours, minutes, seconds = (float(group or 0) for group in match.groups())
    return days * 86400 + hours * 3600 + minutes * 60 + seconds


def parse_guid(text: str | None, otherwise: WSManFault) -> UUID | None:
    """Return an id, with or without its `uuid:`; None for no text.

    Raises:
        WSManFault: `otherwise`, if the text is not a GUID.
    """
    if not text or not text.strip():
        return None
    try:
        return UUID(text.strip())
    except ValueError:
        raise otherwise from None


def parse_base64(text: str | None) -> bytes:
    """Decode base64.

    Raises:
        WSManFault: it is not base64.
    """
    try:
        return base64.b64decode("".join((text or "").split()), validate=True)
    except (binascii.Error, ValueError):
        raise shell_errors.bad_parameter("The data is not base64.") from None


def parse_seconds(text: str) -> float | None:
    """Return a duration of a body in seconds; None for no text.

    Raises:
        WSManFault: it is not a duration.
    """
    if not text:
        return None
    value = parse_duration(text)
    if value is None:
        raise shell_errors.bad_parameter(f"Not a duration: {text[:40]}.")
    return value


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
    """The operation of a robust client's request ([MS-WSMV] 3.1.4.1.39).

    Attributes:
        again: whether it may have been sent before (`mustUnderstand` of the OperationID).
        first: whether the sequence number is 1, with which each request begins.
    """

    id: str
    again: bool
    first: bool


class Envelope(msgspec.Struct, frozen=True):
    """A SOAP envelope whose header has been read.

    Attributes:
        action: short name (`receive`), see `names.ACTIONS`.
        message_id: as sent, with its `uuid:`.
        operation_timeout: seconds that the client allows, at most `MAX_TIMEOUT`.
        max_envelope_size: the client's limit in bytes.
        operation: None without robust connections.
        body: the body's only element; None if it is empty.
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
        WSManFault: the bytes are not a SOAP 1.2 envelope, or one that is refused.
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
    """Return the shell of a request, for the log: the selected one, or the one that a Create names."""
    if envelope.action != "create" or envelope.body is None:
        return envelope.shell_id
    try:
        return UUID(envelope.body.get("ShellId", ""))
    except ValueError:
        return None


def selected_shell(parent: Element) -> UUID | None:
    """Return the ShellId of the SelectorSet in `parent`; names are case-insensitive ([MS-WSMV] 3.1.4.1.2).

    Raises:
        WSManFault: it is not a GUID, so it selects nothing.
    """
    for selector in parent.findall(f"{{{WSMAN}}}SelectorSet/{{{WSMAN}}}Selector"):
        if selector.get("Name", "").casefold() == "shellid":
            return parse_guid(selector.text, shell_errors.unknown_shell())
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
    value = parse_duration(text)
    if value is None:
        raise errors.bad_header(f"The XML contains an invalid timeout field in the SOAP header: {text[:40]}.")
    return min(value, MAX_TIMEOUT)


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
