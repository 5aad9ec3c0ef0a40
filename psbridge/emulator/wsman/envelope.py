"""The way in: bytes of a SOAP envelope become one frozen request ([MS-WSMV] 3.1.4; pure, no I/O).

Decoding has two steps, so that a fault about the second can still name the message it relates to.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID
from xml.etree.ElementTree import Element

from psbridge.emulator.wsman import errors
from psbridge.emulator.wsman.names import (
    ACTIONS,
    ADDRESSING,
    ENUMERATION,
    POWERSHELL,
    SHELL,
    SHELL_COMMAND,
    SOAP,
    WSMAN,
    WSMV,
)
from psbridge.emulator.wsman.xml import BadXml, read_xml

MAX_TIMEOUT: Final = 60.0
"""Seconds: `MaxTimeoutms` of a Windows host's default configuration (capture); longer ones are cut to it."""
MAX_ENVELOPE: Final = 512_000
"""Bytes: `MaxEnvelopeSizekb` 500 of the same."""
MIN_ENVELOPE: Final = 8_192
"""Bytes: the least that a client may ask for ([MS-WSMV] 2.2.4.20 and DSP0226 6.2)."""

_DURATION: Final = re.compile(
    r"P(?:(\d{1,6})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,9}(?:\.\d{1,9})?)S)?)?", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Envelope:
    """A SOAP envelope whose header has been read.

    Attributes:
        action: short name (`receive`), see `names.ACTIONS`.
        message_id: as sent, with its `uuid:`.
        shell_id: of the SelectorSet; None if there is none.
        operation_timeout: seconds that the client allows, at most `MAX_TIMEOUT`.
        max_envelope_size: bytes that the client can take.
        session_id: the client's own session, empty if it sent none.
    """

    action: str
    message_id: str
    resource_uri: str
    shell_id: UUID | None
    operation_timeout: float
    max_envelope_size: int
    session_id: str
    body: Element | None


@dataclass(frozen=True, slots=True)
class Create:
    """Open a shell: `fragments` are SESSION_CAPABILITY and INIT_RUNSPACEPOOL; `idle_timeout` in seconds."""

    shell_id: UUID | None
    fragments: bytes
    input_streams: str
    output_streams: str
    idle_timeout: float | None
    name: str


@dataclass(frozen=True, slots=True)
class Command:
    """Start a pipeline."""

    command_id: UUID | None
    fragments: bytes


@dataclass(frozen=True, slots=True)
class Send:
    """More fragments for a command or the pool; `streams` in the order of the envelope: (name, command, bytes)."""

    streams: tuple[tuple[str, UUID | None, bytes], ...]


@dataclass(frozen=True, slots=True)
class Receive:
    """Fetch what a command, or the pool, has put out."""

    command_id: UUID | None


@dataclass(frozen=True, slots=True)
class Signal:
    """Stop or free a command."""

    command_id: UUID
    code: str


@dataclass(frozen=True, slots=True)
class Connect:
    """Adopt a disconnected shell (`fragments`), or one of its commands (`command_id`)."""

    command_id: UUID | None
    fragments: bytes


@dataclass(frozen=True, slots=True)
class Delete:
    """Close a shell."""


@dataclass(frozen=True, slots=True)
class Disconnect:
    """Leave a shell, to come back later; `idle_timeout` in seconds replaces the shell's."""

    idle_timeout: float | None


@dataclass(frozen=True, slots=True)
class Reconnect:
    """Come back to a shell with the same session."""


@dataclass(frozen=True, slots=True)
class Get:
    """Read the service's configuration, or one shell's state."""


@dataclass(frozen=True, slots=True)
class Enumerate:
    """List shells, or with `shell_id` the commands of one."""

    commands: bool
    shell_id: UUID | None


Request = Create | Command | Send | Receive | Signal | Connect | Delete | Disconnect | Reconnect | Get | Enumerate


def parse_duration(text: str) -> float | None:
    """Return the seconds of an XML duration of days, hours, minutes and seconds; None if it is none."""
    match = _DURATION.fullmatch(text.strip())
    if match is None or not any(match.groups()):
        return None
    days, hours, minutes, seconds = (float(group or 0) for group in match.groups())
    return days * 86400 + hours * 3600 + minutes * 60 + seconds


def message_id_of(root: Element) -> str:
    """Return the MessageID of an envelope, empty if it has none."""
    return (root.findtext(f"{{{SOAP}}}Header/{{{ADDRESSING}}}MessageID") or "").strip()[:200]


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
    return root


def read_envelope(root: Element) -> Envelope:
    """Return an envelope's header, checked.

    Raises:
        WSManFault: an unknown action, or a header that is missing or makes no sense.
    """
    header = root.find(f"{{{SOAP}}}Header")
    body = root.find(f"{{{SOAP}}}Body")
    assert header is not None  # noqa: S101 - `read_root` let it in
    action_uri = _text(header, ADDRESSING, "Action")
    action = ACTIONS.get(action_uri)
    if action is None:
        raise errors.unknown_action(action_uri)
    message_id = message_id_of(root)
    if not message_id:
        raise errors.bad_header("The SOAP header has no MessageID.")
    return Envelope(
        action=action,
        message_id=message_id,
        resource_uri=_text(header, WSMAN, "ResourceURI"),
        shell_id=_selector(header.find(f"{{{WSMAN}}}SelectorSet")),
        operation_timeout=_timeout(_text(header, WSMAN, "OperationTimeout")),
        max_envelope_size=_envelope_size(_text(header, WSMAN, "MaxEnvelopeSize")),
        session_id=_text(header, WSMV, "SessionId"),
        body=body[0] if body is not None and len(body) else None,
    )


def read_request(envelope: Envelope) -> Request:
    """Return what an envelope asks for.

    Raises:
        WSManFault: its body is not that of its action.
    """
    return _READERS[envelope.action](envelope)


def asked_shell(envelope: Envelope) -> UUID | None:
    """Return the shell that a request is about, for the log: the selected one, or the one that a Create asks for."""
    if envelope.action != "create" or envelope.body is None:
        return envelope.shell_id
    try:
        return UUID(envelope.body.get("ShellId", ""))
    except ValueError:
        return None


def _text(parent: Element, namespace: str, name: str) -> str:
    return (parent.findtext(f"{{{namespace}}}{name}") or "").strip()


def _timeout(text: str) -> float:
    if not text:
        return MAX_TIMEOUT
    seconds = parse_duration(text)
    if seconds is None:
        raise errors.bad_header(f"The XML contains an invalid timeout field in the SOAP header: {text[:40]}.")
    return min(seconds, MAX_TIMEOUT)


def _envelope_size(text: str) -> int:
    if not text:
        return MAX_ENVELOPE
    if not re.fullmatch(r"\d{1,10}", text, re.ASCII) or int(text) < MIN_ENVELOPE:
        raise errors.bad_header(f"The MaxEnvelopeSize is invalid or less than {MIN_ENVELOPE}: {text[:40]}.")
    return min(int(text), MAX_ENVELOPE)


def _selector(selectors: Element | None) -> UUID | None:
    for selector in selectors if selectors is not None else ():
        if selector.get("Name", "").casefold() == "shellid":
            try:
                return UUID((selector.text or "").strip())
            except ValueError:
                raise errors.unknown_shell() from None
    return None


def _id(text: str | None) -> UUID | None:
    if not text:
        return None
    try:
        return UUID(text.strip())
    except ValueError:
        raise errors.bad_parameter("An id is not a GUID.") from None


def _fragments(text: str | None) -> bytes:
    try:
        return base64.b64decode("".join((text or "").split()), validate=True)
    except (binascii.Error, ValueError):
        raise errors.bad_parameter("The data is not base64.") from None


def _seconds(text: str) -> float | None:
    if not text:
        return None
    seconds = parse_duration(text)
    if seconds is None:
        raise errors.bad_parameter(f"Not a duration: {text[:40]}.")
    return seconds


def _body(envelope: Envelope, name: str, namespace: str = SHELL) -> Element:
    if envelope.body is None or envelope.body.tag != f"{{{namespace}}}{name}":
        raise errors.bad_parameter(f"The body has no {name}.")
    return envelope.body


def _create(envelope: Envelope) -> Create:
    shell = _body(envelope, "Shell")
    return Create(
        shell_id=_id(shell.get("ShellId")),
        fragments=_fragments(_text(shell, POWERSHELL, "creationXml")),
        input_streams=_text(shell, SHELL, "InputStreams") or "stdin pr",
        output_streams=_text(shell, SHELL, "OutputStreams") or "stdout",
        idle_timeout=_seconds(_text(shell, SHELL, "IdleTimeOut")),
        name=(shell.get("Name") or _text(shell, SHELL, "Name"))[:200],
    )


def _command(envelope: Envelope) -> Command:
    line = _body(envelope, "CommandLine")
    arguments = line.findall(f"{{{SHELL}}}Arguments")
    return Command(_id(line.get("CommandId")), b"".join(_fragments(argument.text) for argument in arguments))


def _send(envelope: Envelope) -> Send:
    streams = _body(envelope, "Send").findall(f"{{{SHELL}}}Stream")
    if not streams:
        raise errors.bad_parameter("Nothing is sent.")
    return Send(
        tuple((item.get("Name", "stdin"), _id(item.get("CommandId")), _fragments(item.text)) for item in streams)
    )


def _receive(envelope: Envelope) -> Receive:
    stream = _body(envelope, "Receive").find(f"{{{SHELL}}}DesiredStream")
    if stream is None or "stdout" not in (stream.text or "").split():
        raise errors.bad_parameter("The only stream to receive is stdout.")
    return Receive(_id(stream.get("CommandId")))


def _signal(envelope: Envelope) -> Signal:
    signal = _body(envelope, "Signal")
    command_id = _id(signal.get("CommandId"))
    if command_id is None:
        raise errors.bad_parameter("The signal names no command.")
    return Signal(command_id, _text(signal, SHELL, "Code"))


def _connect(envelope: Envelope) -> Connect:
    connect = _body(envelope, "Connect")
    command_id = _id(connect.get("CommandId"))
    fragments = _fragments(_text(connect, POWERSHELL, "connectXml"))
    if command_id is None and not fragments:
        raise errors.bad_parameter("The connect has no connectXml.")
    return Connect(command_id, fragments)


def _disconnect(envelope: Envelope) -> Disconnect:
    return Disconnect(_seconds(_text(_body(envelope, "Disconnect"), SHELL, "IdleTimeOut")))


def _enumerate(envelope: Envelope) -> Enumerate:
    listing = _body(envelope, "Enumerate", ENUMERATION)
    if envelope.resource_uri.casefold() not in {SHELL.casefold(), SHELL_COMMAND.casefold()}:
        raise errors.unknown_resource(envelope.resource_uri)
    return Enumerate(
        commands=envelope.resource_uri.casefold() == SHELL_COMMAND.casefold(),
        shell_id=_selector(listing.find(f"{{{WSMAN}}}Filter/{{{WSMAN}}}SelectorSet")),
    )


_READERS: Final[Mapping[str, Callable[[Envelope], Request]]] = {
    "create": _create,
    "command": _command,
    "send": _send,
    "receive": _receive,
    "signal": _signal,
    "connect": _connect,
    "disconnect": _disconnect,
    "enumerate": _enumerate,
    "delete": lambda _: Delete(),
    "reconnect": lambda _: Reconnect(),
    "get": lambda _: Get(),
}
