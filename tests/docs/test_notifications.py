"""The manual's table of events is that of the program."""

from __future__ import annotations

import re

from psbridge.errors import ExitCode
from psbridge.notify.events import Command, event_of, signal_of
from tests.support.manual import between

COLUMNS = ((Command.START,), (Command.WAIT,), (Command.CONFIRM, Command.STATUS))


def cell(command: Command, code: ExitCode) -> str:
    """Return what the table says of an end."""
    event, signal = event_of(command, code), signal_of(command, code)
    if signal is None:
        return "–"
    return f"{f'`{event}`' if event else '–'}, {f'`/{signal}`' if signal else 'success'}"


def test_the_table_of_events_is_that_of_the_program() -> None:
    table = between("monitoring", "<!-- events", "<!-- end of events -->")
    rows = re.findall(r"^\| (\d+) (\w+) \| ([^|]*) \| ([^|]*) \| ([^|]*) \|$", table, re.MULTILINE)
    assert [(int(number), name) for number, name, *_ in rows] == [(int(code), code.label) for code in ExitCode]
    for number, _, *cells in rows:
        for commands, shown in zip(COLUMNS, cells, strict=True):
            assert {cell(command, ExitCode(int(number))) for command in commands} == {shown}, number
