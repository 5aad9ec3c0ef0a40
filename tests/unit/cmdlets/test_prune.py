"""The dry run of the prune cmdlet: what is sent, and what is made of the answer."""

from __future__ import annotations

import ast
from pathlib import Path

import msgspec
import pytest

import psbridge
from psbridge.cmdlets.prune import LONGEST_PATH, MOST_PATHS, ListUnrecognized, PruneSupport, ReadPruneSupport
from psbridge.errors import Unknown
from psbridge.powershell.result import PSObject, Result, State, Value

PRUNE = "Invoke-AzsPruneBackupLocationExternalStore"


def answer(*values: Value) -> Result:
    return Result(output=values, errors=(), state=State.COMPLETED)


@pytest.mark.parametrize("asks", [True, False])
def test_what_is_sent_is_a_dry_run_and_nothing_else(asks: bool) -> None:
    (statement,) = ListUnrecognized("redmond", asks).pipeline().statements
    (command,) = statement.commands
    sent = dict(command.sent)
    assert (command.name, sent["OperationType"]) == (PRUNE, "DryRun")
    assert [name.casefold() for name, _ in command.sent].count("operationtype") == 1
    assert ("WhatIf" in sent, "Confirm" in sent) == (
        asks,
        asks,
    )  # as text: a switch of the session must not empty the list
    assert not any(sent.get(name) for name in ("WhatIf", "Confirm", "NoWait", "AsJob"))


def test_the_type_of_the_operation_can_not_be_chosen() -> None:
    assert msgspec.structs.fields(ListUnrecognized)[0].name == "location"
    assert {field.name for field in msgspec.structs.fields(ListUnrecognized)} == {"location", "asks"}


def test_the_client_names_the_cmdlet_in_one_module_only() -> None:
    folder = Path(psbridge.__file__).parent
    client = [it for it in folder.rglob("*.py") if it.relative_to(folder).parts[0] not in {"emulator", "testing"}]
    named = {
        path.relative_to(folder).as_posix()
        for path in client
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "azsprune" in node.value.casefold()
    }
    assert named == {"cmdlets/prune.py"}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), PruneSupport(False)),
        ((PRUNE, "Location", "OperationType", "WhatIf", "Confirm"), (True, True)),
        ((PRUNE.upper(), "Location", "operationtype"), (True, False)),
        ((PRUNE, "Location"), (False, False)),
        (("OperationType",), (False, False)),
    ],
)
def test_a_dry_run_needs_a_cmdlet_that_has_the_parameter(
    words: tuple[str, ...], expected: PruneSupport | tuple[bool, bool]
) -> None:
    found = ReadPruneSupport().parse(answer(*words))
    assert expected in (found, (found.dry_run, found.asks))


@pytest.mark.parametrize(
    "values",
    [
        ("masbackup/a.pfx", "masbackup/b"),
        (["masbackup/a.pfx", "masbackup/b"],),
        (PSObject(properties={"PathsToDelete": ["masbackup/a.pfx", "masbackup/b", "masbackup/b"]}),),
    ],
)
def test_paths_are_read_as_the_module_gives_and_as_it_documents_them(values: tuple[Value, ...]) -> None:
    assert ListUnrecognized("redmond").parse(answer(*values)) == ("masbackup/a.pfx", "masbackup/b")


def test_no_output_is_an_empty_list() -> None:
    assert ListUnrecognized("redmond").parse(answer()) == ()
    assert ListUnrecognized("redmond").parse(answer(PSObject(properties={"PathsToDelete": None}))) == ()


@pytest.mark.parametrize(
    "values",
    [
        (PSObject(properties={"Target": "https://stamp/operationResults/1"}),),
        (7,),
        ("a", True),
        ("",),
        ("x" * (LONGEST_PATH + 1),),
        tuple(map(str, range(MOST_PATHS + 1))),
    ],
    ids=["operation", "number", "flag", "empty", "long", "many"],
)
def test_an_answer_that_is_no_list_of_paths_is_not_half_shown(values: tuple[Value, ...]) -> None:
    with pytest.raises(Unknown):
        ListUnrecognized("redmond").parse(answer(*values))
