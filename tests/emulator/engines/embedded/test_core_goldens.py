"""What the engine's own cmdlets and its binder said in NoLanguage mode, message by message."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from psrpcore import Command

from tests.support.clients.embedded import Client, FakeStamp

CAPTURE = json.loads((Path(__file__).parents[3] / "data" / "engine-7.6.9-core.json").read_text())


def masked(text: str) -> str:
    text = re.sub(r'<S N="StackTrace">[^<]*</S>', '<S N="StackTrace" />', text)
    return re.sub(r"_x000A_   (?:at|---) (?:(?!_x000A_|<).)*", "", text)


def statements(pipeline: Any) -> list[list[Command]]:
    found: list[list[Command]] = [[]]
    for part in pipeline:
        if part is None:
            found.append([])
            continue
        command = Command(part["cmdlet"])
        for name, value in part["parameters"]:
            command.add_parameter(name, value)
        found[-1].append(command)
    return found


@pytest.mark.parametrize("entry", CAPTURE, ids=lambda entry: entry["name"])
def test_a_captured_pipeline_of_core_cmdlets_gets_the_captured_messages(entry: Any) -> None:
    sent = Client(FakeStamp()).run(*statements(entry["pipeline"]))
    wanted = [(item["type"], masked(item["data"])) for item in entry["messages"]]
    assert [(item.type, masked(item.data)) for item in sent] == wanted
