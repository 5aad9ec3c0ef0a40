"""Pipelines as pypsrp's messages: cmdlets and parameters, with escaped strings that the host decodes without loss."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pypsrp.complex_objects import Command, CommandParameter, PSCredential
from pypsrp.powershell import PowerShell, RunspacePool
from pypsrp.serializer import Serializer, TaggedValue

from psbridge.errors import UsageError
from psbridge.models.secret import Credential, Secret
from psbridge.powershell.pipeline import Argument, Pipeline
from psbridge.remoting.psrp.clixml import escape


class EscapingSerializer(Serializer):
    """Escapes half surrogate pairs and U+FFFE, which XML can't hold and pypsrp does not escape."""

    def _serialize_string(self, value: str | None) -> str | None:
        return None if value is None else escape(value)


_I32 = range(-(2**31), 2**31)
_I64 = range(-(2**63), 2**63)


def wire_value(value: Argument) -> Any:
    """Return the value in the form in which pypsrp sends it without loss.

    Raises:
        UsageError: if an integer has more than 64 bits.
    """
    if isinstance(value, Secret):
        return TaggedValue("SS", value.reveal())
    if isinstance(value, Credential):
        return PSCredential(  # type: ignore[no-untyped-call]  # pypsrp is only partly typed
            username=value.username, password=value.password.reveal()
        )
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, int) and not isinstance(value, bool) and value not in _I32:
        if value not in _I64:
            raise UsageError(f"an integer of more than 64 bits can't be sent: {value}")
        return TaggedValue("I64", value)
    return value


class _Command(Command):
    """A command that creates a new instance where pypsrp makes a deep copy, which takes four milliseconds or more.

    One instance can't be shared: pypsrp serialises a command of several statements twice, and stores information about the
    values in its metadata.
    """

    def __init__(self, name: str, version: str, parameters: Sequence[tuple[str, Argument]]) -> None:
        super().__init__(name, version, is_script=False)
        self._made_of = name, version, parameters
        self.args = [CommandParameter(name=name, value=wire_value(value)) for name, value in parameters]

    def __deepcopy__(self, memo: object) -> _Command:
        copied = _Command(*self._made_of)
        copied.end_of_statement = self.end_of_statement
        return copied


def powershell(pool: RunspacePool, pipeline: Pipeline) -> PowerShell:
    """Return pypsrp's form of a pipeline: cmdlets and parameters, never a script."""
    shell = PowerShell(pool)
    for index, statement in enumerate(pipeline.statements):
        if index:
            shell.add_statement()
        for command in statement.commands:
            shell.add_command(_Command(command.name, pool.protocol_version or "", command.sent))
    return shell
