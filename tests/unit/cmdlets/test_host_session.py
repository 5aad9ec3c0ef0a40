"""What a session shows of itself, and what a restricted one does not."""

from __future__ import annotations

import pytest

from psbridge.cmdlets.host_session import ReadCulture, ReadLanguageMode, ReadQuotas, Shown
from psbridge.powershell.result import PSObject, Result, State

MODE = PSObject(("System.Management.Automation.PSLanguageMode",), "NoLanguage", {"value__": 2}, ())


@pytest.mark.parametrize(
    ("output", "shown"),
    [
        (("Get-Culture", "Get-Item", MODE), Shown("NoLanguage", frozenset({"Get-Culture", "Get-Item"}))),
        ((MODE,), Shown("NoLanguage", frozenset())),
        (("Get-Item", None), Shown(None, frozenset({"Get-Item"}))),  # a compiled module has no session state
        ((), Shown(None, frozenset())),
        ((PSObject(("X",), "AnyLanguage", {}, ()), 7, "Remove-Item"), Shown(None, frozenset())),
    ],
)
def test_the_language_mode_and_what_can_show_more(output: tuple[object, ...], shown: Shown) -> None:
    assert ReadLanguageMode().parse(Result(output, state=State.FAILED)) == shown  # type: ignore[arg-type]


def test_only_cmdlets_are_sent() -> None:
    pipelines = (ReadLanguageMode().pipeline(), ReadCulture().pipeline(), ReadQuotas().pipeline())
    names = {command.name for each in pipelines for statement in each.statements for command in statement.commands}
    assert names == {"Get-Command", "ForEach-Object", "Get-Culture", "Get-Item"}


@pytest.mark.parametrize(("output", "culture"), [(("de-DE",), "de-DE"), (("",), ""), ((), None), ((None,), None)])
def test_the_culture(output: tuple[object, ...], culture: str | None) -> None:
    assert ReadCulture().parse(Result(output)) == culture  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("output", "quotas"),
    [
        (
            ("MaxShellsPerUser", "30", "MaxMemoryPerShellMB", "2147483647"),
            {"MaxShellsPerUser": 30, "MaxMemoryPerShellMB": 2147483647},
        ),
        (("MaxMemoryPerShellMB", "1024"), {"MaxMemoryPerShellMB": 1024}),
        (("MaxShellsPerUser", "many"), {}),
        ((), {}),
    ],
)
def test_the_quotas(output: tuple[object, ...], quotas: dict[str, int]) -> None:
    assert ReadQuotas().parse(Result(output)) == quotas  # type: ignore[arg-type]
