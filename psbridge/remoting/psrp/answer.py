"""The answer of a pipeline, read message by message ([MS-PSRP] 2.2.2) up to its state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import msgspec
from pypsrp.messages import MessageType

from psbridge.clock import Tick, no_tick
from psbridge.models.time import Instant
from psbridge.powershell.result import ErrorRecord, Result, State, StreamRecord, Value, property_of
from psbridge.remoting.psrp.clixml import Budget, MalformedClixml, deserialize, error_record, text_of
from psbridge.remoting.psrp.integrity import BrokenStream, Message

MAX_RESULT: Final = 16 * 1024 * 1024
"""Bytes of all messages of one pipeline; a list of 84 backups with their roles is half a MiB."""


class Answer(msgspec.Struct):
    """A result while its messages arrive."""

    output: list[Value] = msgspec.field(default_factory=list)
    errors: list[ErrorRecord] = msgspec.field(default_factory=list)
    records: list[StreamRecord] = msgspec.field(default_factory=list)
    state: State | None = None
    failure: ErrorRecord | None = None
    size: int = 0
    budget: Budget = msgspec.field(default_factory=Budget)

    def take(self, message: Message, tick: Tick = no_tick) -> None:
        """Add one message to the result; kinds that psbridge does not use (a prompt, an event) are skipped."""
        self.size += message.weight
        if self.size > MAX_RESULT:
            raise BrokenStream("the answer is too large")
        taker = _TAKERS.get(message.kind)
        if taker is not None:
            taker(self, deserialize(message.body, tick, self.budget))

    def take_state(self, value: Value) -> None:
        """Read the state, [MS-PSRP] 2.2.2.21. Running is ignored; Windows does not send it."""
        number = property_of(value, "PipelineState")
        if not isinstance(number, int):
            raise MalformedClixml("a PIPELINE_STATE without a state")
        if number in set(State):
            self.state = State(number)
            reason = property_of(value, "ExceptionAsErrorRecord")
            self.failure = error_record(reason) if reason is not None else None

    def result(self, host_time: Instant | None) -> Result:
        """Return the complete result, with the host's clock at its last answer.

        Raises:
            BrokenStream: the pipeline has not ended.
        """
        if self.state is None:
            raise BrokenStream("messages are missing")
        return Result(
            output=tuple(self.output),
            errors=tuple(self.errors),
            records=tuple(self.records),
            state=self.state,
            failure=self.failure,
            host_time=host_time,
        )


def _record(stream: str, *names: str) -> Callable[[Answer, Value], None]:
    """Return a function that adds a record of a stream with the text of its first property that is not empty."""

    def take(answer: Answer, value: Value) -> None:
        parts = [property_of(value, name) for name in names]
        text = next((text for text in map(text_of, parts) if text), text_of(value))
        answer.records.append(StreamRecord(stream, text))

    return take


def _progress(answer: Answer, value: Value) -> None:
    names = ("Activity", "StatusDescription", "CurrentOperation")
    parts = [text_of(property_of(value, name)).strip() for name in names]
    answer.records.append(StreamRecord("progress", ": ".join(part for part in parts if part)))


_TAKERS: Mapping[int, Callable[[Answer, Value], None]] = {
    MessageType.PIPELINE_OUTPUT: lambda answer, value: answer.output.append(value),
    MessageType.ERROR_RECORD: lambda answer, value: answer.errors.append(error_record(value)),
    MessageType.PIPELINE_STATE: Answer.take_state,
    MessageType.WARNING_RECORD: _record("warning", "InformationalRecord_Message"),
    MessageType.VERBOSE_RECORD: _record("verbose", "InformationalRecord_Message"),
    MessageType.DEBUG_RECORD: _record("debug", "InformationalRecord_Message"),
    MessageType.INFORMATION_RECORD: _record("information", "MessageData"),
    MessageType.PROGRESS_RECORD: _progress,
}
