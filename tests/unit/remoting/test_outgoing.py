"""What is sent is what pypsrp would send, with cheaper copies of its commands."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from pypsrp.complex_objects import Pipeline as Message
from pypsrp.powershell import PowerShell

from psbridge.models.secret import Credential, Secret
from psbridge.powershell.pipeline import Command, Pipeline, Statement
from psbridge.remoting.psrp.outgoing import EscapingSerializer, powershell, wire_value

_GET = Command("Get-AzsBackup", (("Location", "redmond"), ("Top", 2**40), ("Names", ("a", "b"))))
_LOGIN = Credential("op", Secret("xyzzy"))
_SET = Command(
    "Set-AzsBackupConfiguration",
    (("Password", Secret("xyzzy")), ("Force", True), ("Credential", None), ("Login", _LOGIN)),
)


class _Readable(EscapingSerializer):
    def _serialize_secure_string(self, value: str) -> str:
        return value[::-1]


class _Pool(SimpleNamespace):
    protocol_version = "2.3"


def _sent(shell: Any) -> bytes:
    message = Message(is_nested=False, cmds=shell.commands, redirect_err_to_out=False)
    return ET.tostring(_Readable().serialize(message))


def _as_pypsrp(pipeline: Pipeline) -> PowerShell:
    shell = PowerShell(_Pool())
    for at, statement in enumerate(pipeline.statements):
        if at:
            shell.add_statement()
        for command in statement.commands:
            shell.add_cmdlet(command.name)
            for name, value in command.sent:
                shell.add_parameter(name, wire_value(value))
    return shell


@pytest.mark.parametrize(
    "statements",
    [((_GET,),), ((_GET, Command("Select-Object")),), ((_GET,), (_SET,)), ((_SET, _GET), (_GET,), (_SET,))],
)
def test_a_message_is_what_pypsrp_would_send(statements: tuple[tuple[Command, ...], ...]) -> None:
    pipeline = Pipeline(tuple(Statement(commands) for commands in statements))
    assert _sent(powershell(_Pool(), pipeline)) == _sent(_as_pypsrp(pipeline))
