"""The way in, second half: the body of an envelope becomes one frozen request ([MS-WSMV] 3.1.4; pure, no I/O)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final
from uuid import UUID
from xml.etree.ElementTree import Element

import msgspec

from psbridge.emulator.wsman import errors as header_errors
from psbridge.emulator.wsman import shell_errors as errors
from psbridge.emulator.wsman.envelope import (
    NO_PROFILE,
    Envelope,
    is_true,
    parse_base64,
    parse_guid,
    parse_seconds,
    selected_shell,
)
from psbridge.emulator.wsman.names import ENUMERATION, POWERSHELL, SELECTOR_FILTER, SHELL, SHELL_COMMAND, WSMAN

INPUT_STREAMS: Final = frozenset({"stdin", "pr"})


class Create(msgspec.Struct, frozen=True):
    """Open a shell: `fragments` are SESSION_CAPABILITY and INIT_RUNSPACEPOOL; `idle_timeout` in seconds."""

    shell_id: UUID | None
    fragments: bytes
    input_streams: str
    output_streams: str
    idle_timeout: float | None
    name: str
    profile: bool


class Command(msgspec.Struct, frozen=True):
    """Start a pipeline."""

    command_id: UUID | None
    fragments: bytes


class Send(msgspec.Struct, frozen=True):
    """More fragments for a command or the pool; `streams` in the order of the envelope: (name, command, bytes)."""

    streams: tuple[tuple[str, UUID | None, bytes], ...]


class Receive(msgspec.Struct, frozen=True):
    """Fetch the output of a command, or of the pool."""

    command_id: UUID | None


class Signal(msgspec.Struct, frozen=True):
    """Stop or free a command."""

    command_id: UUID
    code: str


class Connect(msgspec.Struct, frozen=True):
    """Adopt a disconnected shell (`fragments`), or one of its commands (`command_id`); `drop` as for Disconnect."""

    command_id: UUID | None
    fragments: bytes
    drop: bool | None


class Delete(msgspec.Struct, frozen=True):
    """Close a shell."""


class Disconnect(msgspec.Struct, frozen=True):
    """Disconnect from a shell, to reconnect later.

    Attributes:
        idle_timeout: in seconds, replaces the shell's; None keeps it.
        drop: whether a full buffer loses its oldest output instead of halting the command; None keeps it.
    """

    idle_timeout: float | None
    drop: bool | None


class Reconnect(msgspec.Struct, frozen=True):
    """Reconnect to a shell with the same session; `drop` as for Disconnect."""

    drop: bool | None


class Get(msgspec.Struct, frozen=True):
    """Read the service's configuration, or one shell's state."""


class Enumerate(msgspec.Struct, frozen=True):
    """List shells, or the commands of one; `shell_id` is the filter's."""

    commands: bool
    shell_id: UUID | None


Request = Create | Command | Send | Receive | Signal | Connect | Delete | Disconnect | Reconnect | Get | Enumerate


def read_request(envelope: Envelope) -> Request:
    """Parse the body of an envelope.

    Raises:
        WSManFault: the body does not fit the action.
    """
    return _READERS[envelope.action](envelope)


def _text(parent: Element, namespace: str, name: str) -> str:
    return (parent.findtext(f"{{{namespace}}}{name}") or "").strip()


def _body(envelope: Envelope, name: str, namespace: str = SHELL) -> Element:
    if envelope.body is None or envelope.body.tag != f"{{{namespace}}}{name}":
        raise errors.bad_parameter(f"The body has no {name}.")
    return envelope.body


def _command_id(element: Element) -> UUID | None:
    return parse_guid(element.get("CommandId"), errors.command_id_no_guid())


def _drop(parent: Element) -> bool | None:
    mode = _text(parent, SHELL, "BufferMode").casefold()
    if mode not in {"", "block", "drop"}:
        raise errors.bad_parameter("The BufferMode is neither Block nor Drop.")
    return mode == "drop" if mode else None


def _create(envelope: Envelope) -> Create:
    shell = _body(envelope, "Shell")
    return Create(
        shell_id=parse_guid(shell.get("ShellId"), errors.shell_id_no_guid()),
        fragments=parse_base64(_text(shell, POWERSHELL, "creationXml")),
        input_streams=_text(shell, SHELL, "InputStreams") or "stdin pr",
        output_streams=_text(shell, SHELL, "OutputStreams") or "stdout",
        idle_timeout=parse_seconds(_text(shell, SHELL, "IdleTimeOut")),
        name=(shell.get("Name") or _text(shell, SHELL, "Name"))[:200],
        profile=not is_true(envelope.options, NO_PROFILE),
    )


def _command(envelope: Envelope) -> Command:
    line = _body(envelope, "CommandLine")
    arguments = line.findall(f"{{{SHELL}}}Arguments")
    return Command(_command_id(line), b"".join(parse_base64(argument.text) for argument in arguments))


def _send(envelope: Envelope) -> Send:
    streams = _body(envelope, "Send").findall(f"{{{SHELL}}}Stream")
    if not streams:
        raise errors.bad_parameter("Nothing is sent.")
    if any(item.get("Name") not in INPUT_STREAMS for item in streams):
        raise errors.wrong_input_stream()
    return Send(tuple((item.get("Name", ""), _command_id(item), parse_base64(item.text)) for item in streams))


def _receive(envelope: Envelope) -> Receive:
    stream = _body(envelope, "Receive").find(f"{{{SHELL}}}DesiredStream")
    if stream is None or (stream.text or "").split() != ["stdout"]:
        raise errors.wrong_output_stream()
    return Receive(_command_id(stream))


def _signal(envelope: Envelope) -> Signal:
    signal = _body(envelope, "Signal")
    command_id = _command_id(signal)
    if command_id is None:
        raise errors.bad_parameter("The signal names no command.")
    return Signal(command_id, _text(signal, SHELL, "Code"))


def _connect(envelope: Envelope) -> Connect:
    connect = _body(envelope, "Connect")
    command_id = _command_id(connect)
    fragments = parse_base64(_text(connect, POWERSHELL, "connectXml"))
    if command_id is None and not fragments:
        raise errors.bad_parameter("The connect has no connectXml.")
    return Connect(command_id, fragments, _drop(connect))


def _disconnect(envelope: Envelope) -> Disconnect:
    body = _body(envelope, "Disconnect")
    return Disconnect(parse_seconds(_text(body, SHELL, "IdleTimeOut")), _drop(body))


def _reconnect(envelope: Envelope) -> Reconnect:
    return Reconnect(_drop(envelope.body) if envelope.body is not None else None)


def _enumerate(envelope: Envelope) -> Enumerate:
    listing = _body(envelope, "Enumerate", ENUMERATION)
    resource = envelope.resource_uri.casefold()
    if resource not in {SHELL.casefold(), SHELL_COMMAND.casefold()}:
        raise header_errors.unknown_resource(envelope.resource_uri)
    wanted = listing.find(f"{{{WSMAN}}}Filter")
    if wanted is not None and wanted.get("Dialect") != SELECTOR_FILTER:
        raise errors.filter_not_supported()
    return Enumerate(resource == SHELL_COMMAND.casefold(), selected_shell(wanted) if wanted is not None else None)


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
    "reconnect": _reconnect,
    "get": lambda _: Get(),
}
