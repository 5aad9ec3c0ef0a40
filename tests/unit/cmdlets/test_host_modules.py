"""The commands of a host, their modules and versions, from three lists in one order."""

from __future__ import annotations

import pytest

from psbridge.cmdlets.host_modules import ReadModules
from psbridge.errors import PrerequisiteError
from psbridge.models.context import ModuleFamily
from psbridge.powershell.result import ErrorRecord, Result, State

NAMES = ("Start-AzsBackup", "Get-AzsBackup", "Get-AzContext")
PARAMETERS = ("Location", "NoWait", "Verbose")
SOURCES = ("Azs.Backup.Admin", "Azs.Backup.Admin", "Az.Accounts")
VERSIONS = ("1.0.2", "1.0.2", "2.2.8")


def test_the_lists_are_matched_by_their_order() -> None:
    found = ReadModules().parse(Result((*NAMES, *PARAMETERS, *SOURCES, *VERSIONS)))
    assert found.commands.names == set(NAMES)
    assert found.commands.start_parameters == set(PARAMETERS)
    assert found.commands.family is ModuleFamily.AZ
    assert found.modules == dict(zip(NAMES, SOURCES, strict=True))
    assert found.versions == {"Azs.Backup.Admin": "1.0.2", "Az.Accounts": "2.2.8"}


def test_a_function_of_the_session_has_no_module() -> None:
    sources, versions = ("", None, "Az.Accounts"), (None, None, "2.2.8")
    found = ReadModules().parse(Result((*NAMES, *PARAMETERS, *sources, *versions)))
    assert found.commands.start_parameters == set(PARAMETERS)
    assert found.versions == {"Az.Accounts": "2.2.8"}


@pytest.mark.parametrize("output", [(), NAMES, (*NAMES, *SOURCES)])
def test_a_part_of_the_answer_shows_no_versions(output: tuple[str, ...]) -> None:
    found = ReadModules().parse(Result(output))
    assert found.commands.names == set(output) & set(NAMES)
    assert found.versions == {}


def test_a_host_that_denies_get_command_is_an_error() -> None:
    denied = ErrorRecord(
        "not recognized", "CommandNotFoundException", activity="Get-Command", target_name="Get-Command"
    )
    with pytest.raises(PrerequisiteError):
        ReadModules().parse(Result(state=State.FAILED, failure=denied))
