"""Our answers beside those of real Windows hosts: the same elements in the same order."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element

import pytest

from psbridge.emulator.wsman import answers, errors
from psbridge.emulator.wsman.answers import ShellState
from psbridge.emulator.wsman.names import ADDRESSING, SOAP

RECORDED = Path(__file__).parents[2] / "data" / "wsman"
ID = UUID("bcef62ad-380e-4314-b2a4-eb6748019b41")
STATE = ShellState(
    shell_id=ID,
    resource_uri="http://schemas.microsoft.com/powershell/Microsoft.PowerShell",
    owner="admin",
    client_ip="127.0.0.1",
    name="",
    idle_timeout=7200.0,
    input_streams="stdin pr",
    output_streams="stdout",
    connected=True,
    run_time=0.0,
    inactivity=0.0,
    process_id=1,
)
FRAGMENT = b"\0" * 21

OURS = {
    "create": answers.created("uuid:1", STATE, address="http://h/wsman"),
    "get-shell": answers.shell("uuid:1", STATE),
    "command": answers.command("uuid:1", ID),
    "send": answers.plain("send", "uuid:1"),
    "receive-pool": answers.received("uuid:1", None, [FRAGMENT, FRAGMENT], done=False),
    "receive-done": answers.received("uuid:1", ID, [FRAGMENT, FRAGMENT], done=True),
    "signal": answers.plain("signal", "uuid:1"),
    "delete": answers.plain("delete", "uuid:1"),
    "disconnect": answers.plain("disconnect", "uuid:1"),
    "reconnect": answers.plain("reconnect", "uuid:1"),
    "connect-shell": answers.connected("uuid:1", STATE, FRAGMENT),
    "connect-command": answers.plain("connect", "uuid:1"),
    "enumerate-shells": answers.shells("uuid:1", [STATE, STATE]),
    "enumerate-commands": answers.commands("uuid:1", [ID]),
    "fault-timed-out": answers.fault("uuid:1", errors.timed_out(), machine="127.0.0.1"),
    "fault-unknown-command": answers.fault("uuid:1", errors.unknown_command(), machine="127.0.0.1"),
}


def outline(element: Element) -> list[object]:
    return [element.tag, sorted(element.attrib), [outline(child) for child in element]]


@pytest.mark.source("capture: test_psrp_disconnected_commands.yml and others, see tests/data/wsman")
@pytest.mark.parametrize("name", sorted(OURS))
def test_an_answer_has_the_elements_of_the_recorded_one(name: str) -> None:
    recorded = ET.fromstring((RECORDED / f"{name}.xml").read_text("utf-8"))
    ours = ET.fromstring(OURS[name])
    assert outline(ours.find(f"{{{SOAP}}}Body")) == outline(recorded.find(f"{{{SOAP}}}Body"))
    for header in ("Action", "To"):
        path = f"{{{SOAP}}}Header/{{{ADDRESSING}}}{header}"
        assert ours.findtext(path) == recorded.findtext(path)


@pytest.mark.source("capture: test_psrp_receive_failure.yml", "capture: test_psrp_long_running_cmdlet.yml")
@pytest.mark.parametrize("name", ["fault-timed-out", "fault-unknown-command"])
def test_a_fault_says_what_the_recorded_one_says(name: str) -> None:
    recorded = ET.fromstring((RECORDED / f"{name}.xml").read_text("utf-8"))
    texts = [element.text for element in recorded.find(f"{{{SOAP}}}Body").iter()]
    assert [element.text for element in ET.fromstring(OURS[name]).find(f"{{{SOAP}}}Body").iter()] == texts


@pytest.mark.source("psbridge: a value is never markup")
def test_a_value_with_markup_stays_text() -> None:
    fault = errors.unknown_action('<a b="c">&</a>\x00\x1b')
    root = ET.fromstring(answers.fault("uuid:<&>", fault, machine='"<m>'))
    assert 'action URI is invalid: <a b="c">&</a>' in "".join(root.itertext())
    assert root.findtext(f"{{{SOAP}}}Header/{{{ADDRESSING}}}RelatesTo") == "uuid:<&>"
