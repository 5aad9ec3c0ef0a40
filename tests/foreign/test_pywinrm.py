"""pywinrm asks for WinRS's cmd shell, which this host has not: the fault of an unknown resource."""

from __future__ import annotations

from psbridge.testing import EmulatedHost
from tests.foreign.conftest import Client


def test_a_cmd_shell_is_refused_as_an_unknown_resource(client: Client, operator_host: EmulatedHost) -> None:
    """ERROR_WSMAN_RESOURCE_NOT_FOUND, with the subcode that pywinrm's issue 227 quotes of a Windows host."""
    found = client("pywinrm_shell.py")
    assert (found["code"], found["subcode"]) == (2150858811, "a:DestinationUnreachable")
    assert "windows/shell/cmd" in found["message"]
    assert operator_host.requests["create"] == 1
