"""Answers compared with those of real Windows hosts: the same elements in the same order, the same codes and texts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import UUID
from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element

import pytest

from psbridge.emulator.wsman import answers, errors, names, shell_errors
from psbridge.emulator.wsman.answers import ENVELOPE_OVERHEAD, STREAM_OVERHEAD, Message, ShellState, fault, stream_size
from psbridge.emulator.wsman.errors import FaultKind, WSManFault
from psbridge.emulator.wsman.host_description import HostDescription, configuration
from psbridge.emulator.wsman.quotas import Quotas
from tests.support.sources import is_source

RECORDED = json.loads((Path(__file__).parents[2] / "data/wsman/shapes.json").read_text("utf-8"))
PREFIXES = {
    names.SOAP: "s",
    names.ADDRESSING: "a",
    names.TRANSFER: "x",
    names.ENUMERATION: "n",
    names.WSMAN: "w",
    names.WSMV: "p",
    names.SHELL: "rsp",
    names.FAULT: "f",
    names.CONFIG: "cfg",
    names.POWERSHELL: "ps",
    names.XML: "xml",
    "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/MSFT_WmiError": "e",
    "http://schemas.dmtf.org/wbem/wsman/1/cimbinding.xsd": "b",
    "http://www.w3.org/2001/XMLSchema-instance": "xsi",
}
ID = UUID("bcef62ad-380e-4314-b2a4-eb6748019b41")
STATE = ShellState(
    shell_id=ID,
    resource_uri="http://schemas.microsoft.com/powershell/Microsoft.PowerShell",
    owner="admin",
    client_ip="127.0.0.1",
    name="",
    idle_timeout=7200.0,
    max_idle_timeout=2147483.647,
    input_streams="stdin pr",
    output_streams="stdout",
    locale="en-US",
    data_locale="en-US",
    profile=True,
    drop=False,
    connected=True,
    run_time=0.0,
    inactivity=0.0,
    process_id=1,
)
FRAGMENT = b"\0" * 21

OURS: dict[str, Message | WSManFault] = {
    "create": answers.created(STATE, address="http://h/wsman"),
    "get-shell": answers.shell(STATE),
    "get-config": configuration(Quotas(), HostDescription("", "", (), ("negotiate",), encryption_required=True)),
    "command": answers.command(ID),
    "send": answers.plain("send"),
    "receive-pool": answers.received(None, [FRAGMENT, FRAGMENT], done=False),
    "receive-command": answers.received(ID, [FRAGMENT], done=False),
    "receive-done": answers.received(ID, [FRAGMENT, FRAGMENT], done=True),
    "receive-state": answers.received(ID, [FRAGMENT], done=False, pending=True),
    "signal": answers.plain("signal"),
    "delete": answers.plain("delete"),
    "disconnect": answers.plain("disconnect"),
    "reconnect": answers.plain("reconnect"),
    "connect-shell": answers.connected(STATE, FRAGMENT),
    "connect-command": answers.plain("connect"),
    "enumerate-shells": answers.shells([STATE, STATE]),
    "enumerate-commands": answers.commands([ID]),
    "enumerate-nothing": answers.commands([]),
    "fault-timed-out": errors.timed_out(),
    "fault-bad-timeout": errors.bad_header("The XML contains an invalid timeout field in the SOAP header: PT-1S."),
    "fault-no-body": errors.no_body(),
    "fault-unknown-shell": shell_errors.unknown_shell_of_get(),
    "fault-unknown-command": shell_errors.unknown_command(),
    "fault-plugin": shell_errors.plugin_failed("Element 'creationXml' was not found. Line 1, position 2.\r\n"),
    "fault-answer-too-large": shell_errors.answer_too_large(),
    "fault-operations": shell_errors.too_many_operations(1500),
    "fault-shells": shell_errors.too_many_shells(25),
}
NOT_OURS = {
    "create-cmd": "the cmd shell is not emulated",
    "receive-cmd": "the cmd shell is not emulated",
    "fault-87-cmd": "the cmd shell is not emulated",
    "fault-no-file-cmd": "the cmd shell is not emulated",
    "create-2.1": "as Server 2008 R2 answers; the emulated host is a Server 2016",
    "receive-nothing": "made by pypsrp's author for a test, not recorded",
}


def message(ours: Message | WSManFault) -> Message:
    return fault(ours, machine="127.0.0.1") if isinstance(ours, WSManFault) else ours


def element(ours: Message | WSManFault) -> Element:
    return ET.fromstring(answers.envelope(message(ours), "uuid:1"))


def short(name: str) -> str:
    namespace, closing, local = name.rpartition("}")
    return f"{PREFIXES[namespace[1:]]}:{local}" if closing else local


def outline(item: Element) -> str:
    inside: list[str] = []
    for child in map(outline, item):
        if not inside or inside[-1] != child:
            inside.append(child)
    attributes = "".join(f"@{key}" for key in sorted(map(short, item.attrib)))
    return short(item.tag) + attributes + (f"({' '.join(inside)})" if inside else "")


def test_every_kind_of_answer_that_was_recorded_is_compared_or_its_absence_explained() -> None:
    assert {*OURS, *NOT_OURS} == set(RECORDED["shapes"])
    assert sum(shape.get("answers", 0) for shape in RECORDED["shapes"].values()) == RECORDED["answers"]


@pytest.mark.parametrize("name", sorted(OURS))
def test_an_answer_has_the_elements_of_the_recorded_one(name: str) -> None:
    recorded, ours = RECORDED["shapes"][name], element(OURS[name])
    body = ours.find(f"{{{names.SOAP}}}Body")
    assert body is not None
    assert outline(body) in recorded["bodies"]
    assert message(OURS[name]).action == recorded["action"]
    assert ours.get(f"{{{names.XML}}}lang") == "en-US"


@pytest.mark.parametrize("name", sorted(OURS))
def test_a_header_has_the_elements_of_the_recorded_ones(name: str) -> None:
    header = element(OURS[name]).find(f"{{{names.SOAP}}}Header")
    assert header is not None
    assert " ".join(map(outline, header)) == RECORDED["header"].replace("?", "")


@pytest.mark.parametrize("name", sorted(name for name in OURS if "code" in RECORDED["shapes"][name]))
def test_a_fault_says_what_the_recorded_one_says(name: str) -> None:
    ours, recorded = OURS[name], RECORDED["shapes"][name]
    assert isinstance(ours, WSManFault)
    assert ours.code == recorded["code"]
    texts = [[short(item.tag), (item.text or "").strip()] for item in element(ours).iter()]
    for said in recorded["fault"]:
        assert said in texts
    order = [text for text in texts if text in recorded["fault"]]
    assert order[: len(recorded["fault"])] == recorded["fault"]


KINDS = {name: kind for name, kind in {**vars(errors), **vars(shell_errors)}.items() if isinstance(kind, FaultKind)}


@pytest.mark.source("[MS-WSMV] 2.2.4.43 WSManFaultType", "wsmerror.h: ERROR_WSMAN_INVALID_ACTIONURI and its neighbours")
@pytest.mark.parametrize("name", sorted(KINDS))
def test_every_fault_is_known_to_windows_clients(name: str) -> None:
    kind = KINDS[name]
    assert kind.code in range(1, 2000) or kind.code in range(2150858752, 2150859300) or kind.code >> 16 == 0x8054
    assert kind.subcode[:2] in {"w:", "a:", "n:", ""}
    assert is_source(kind.source)
    root = element(kind(*["2"] * kind.text.count("{") or ["Locale"]))
    detail = root.findtext(f".//{{{names.WSMAN}}}FaultDetail")
    assert detail is None or detail.startswith(names.FAULT_DETAIL + "/")
    coded = [item.get("Code") for item in root.iter(f"{{{names.FAULT}}}WSManFault")]
    assert set(coded) == (set() if kind.quota else {str(kind.code)})


@pytest.mark.source("psbridge: a value is never markup")
def test_a_value_with_markup_stays_text() -> None:
    made: Any = fault(errors.unknown_action('<a b="c">&</a>\x00\x1b'), machine='"<m>')
    root = ET.fromstring(answers.envelope(made, "uuid:<&>", "<o>"))
    assert 'action specified in the request: <a b="c">&</a>' in "".join(root.itertext())
    assert root.findtext(f"{{{names.SOAP}}}Header/{{{names.ADDRESSING}}}RelatesTo") == "uuid:<&>"


@pytest.mark.source("[MS-WSMV] 3.1.4.1.7")
def test_an_answer_is_not_larger_than_calculated() -> None:
    long_id = "uuid:" + "0" * 200
    for fragments in ([], [FRAGMENT], [b"x" * 32_768] * 3):
        sent = answers.envelope(answers.received(ID, fragments, done=True), long_id, long_id)
        assert len(sent) <= ENVELOPE_OVERHEAD + sum(map(stream_size, fragments))
    assert STREAM_OVERHEAD < 200


pytestmark = pytest.mark.source("capture: test_psrp_disconnected_commands.yml and 64 more, see tests/data/wsman")
