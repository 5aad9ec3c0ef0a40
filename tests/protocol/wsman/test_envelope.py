from __future__ import annotations

import contextlib
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psbridge.emulator.wsman import envelope as soap
from psbridge.emulator.wsman import names
from psbridge.emulator.wsman.errors import WSManFault
from psbridge.emulator.wsman.xml import BadXml, read_xml
from tests.support.wsman_client import CONFIG_URI, SHELL_URI, envelope, receive_body

BOMB = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY l1 "&lol;&lol;&lol;">]><a>&l1;</a>"""


def decode(data: bytes) -> soap.Request:
    return soap.read_request(soap.read_envelope(soap.read_root(data)))


def fault_of(data: bytes) -> WSManFault:
    with pytest.raises(WSManFault) as caught:
        decode(data)
    return caught.value


@pytest.mark.source("[MS-WSMV] 3.1.4.14", "[MS-WSMV] 3.1.4.1.6", "[MS-WSMV] 3.1.4.1.7")
def test_a_receive_names_its_command_and_what_the_client_can_take() -> None:
    shell, command = uuid4(), uuid4()
    headers = "<w:OperationTimeout>PT0.5S</w:OperationTimeout><w:MaxEnvelopeSize>153600</w:MaxEnvelopeSize>"
    data = envelope("receive", receive_body(command), shell_id=shell, message_id="uuid:M", headers=headers)
    read = soap.read_envelope(soap.read_root(data))
    assert (read.action, read.message_id, read.shell_id) == ("receive", "uuid:M", shell)
    assert (read.operation_timeout, read.max_envelope_size) == (0.5, 153600)
    assert soap.read_request(read) == soap.Receive(command)


@pytest.mark.source("[MS-WSMV] 3.1.4.13", "capture: test_psrp_pshost_methods.yml")
def test_a_send_keeps_its_streams_in_order() -> None:
    command = uuid4()
    body = (
        f'<rsp:Send><rsp:Stream Name="stdin" CommandId="{command}">AAEC</rsp:Stream>'
        '<rsp:Stream Name="pr">\n Aw==\n</rsp:Stream></rsp:Send>'
    )
    request = decode(envelope("send", body, shell_id=uuid4()))
    assert request == soap.Send((("stdin", command, b"\0\1\2"), ("pr", None, b"\3")))


@pytest.mark.source("capture: test_psrp_disconnected_commands.yml")
def test_an_enumerate_of_commands_takes_the_shell_from_its_filter() -> None:
    shell = uuid4()
    body = (
        f'<n:Enumerate><w:Filter Dialect="{names.SELECTOR_FILTER}"><w:SelectorSet>'
        f'<w:Selector Name="ShellId">{shell}</w:Selector></w:SelectorSet></w:Filter></n:Enumerate>'
    )
    assert decode(envelope("enumerate", body, resource=names.SHELL_COMMAND)) == soap.Enumerate(True, shell)
    assert decode(envelope("enumerate", "<n:Enumerate/>", resource=SHELL_URI)) == soap.Enumerate(False, None)


@pytest.mark.source("[MS-WSMV] 2.2.4.37 xs:duration")
@pytest.mark.parametrize(
    ("text", "seconds"),
    [("PT20S", 20), ("PT60.000S", 60), ("P0DT0H1M5S", 65), ("P1D", 86400), ("PT-1S", None), ("P", None), ("PT", None)],
)
def test_durations_are_read_as_xml_writes_them(text: str, seconds: float | None) -> None:
    assert soap.parse_duration(text) == seconds


@pytest.mark.source("capture: test_psrp_is_alive_other_wsman_error.yml")
def test_a_negative_timeout_gets_the_fault_that_windows_sends() -> None:
    fault = fault_of(envelope("get", resource=CONFIG_URI, headers="<w:OperationTimeout>PT-1S</w:OperationTimeout>"))
    assert (fault.code, fault.subcode) == (2150858767, "a:InvalidMessageInformationHeader")
    assert "invalid timeout field in the SOAP header: PT-1S." in fault.message


@pytest.mark.source("[MS-WSMV] 3.1.4.1.6")
def test_a_timeout_is_cut_to_what_the_service_allows() -> None:
    data = envelope("get", resource=CONFIG_URI, headers="<w:OperationTimeout>PT3600S</w:OperationTimeout>")
    assert soap.read_envelope(soap.read_root(data)).operation_timeout == 60


@pytest.mark.source("SOAP 1.2 5 no document type")
@pytest.mark.parametrize(
    "data",
    [BOMB, BOMB.decode().encode("utf-16"), b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', b"<a>&undefined;</a>"],
    ids=["bomb", "bomb-in-utf-16", "external", "undefined-entity"],
)
def test_document_types_and_entities_are_refused(data: bytes) -> None:
    with pytest.raises(BadXml):
        read_xml(data)


@pytest.mark.source("psbridge: bounded work")
def test_deep_and_crowded_xml_is_refused() -> None:
    with pytest.raises(BadXml, match="deep"):
        read_xml(b"<a>" * 1000 + b"</a>" * 1000)
    with pytest.raises(BadXml, match="many"):
        read_xml(b"<a>" + b"<b/>" * 100_000 + b"</a>")


@pytest.mark.source("wsmerror.h: ERROR_WSMAN_INVALID_ACTIONURI")
def test_an_unknown_action_gets_its_own_fault() -> None:
    fault = fault_of(envelope("http://schemas.xmlsoap.org/ws/2004/09/transfer/Put"))
    assert (fault.code, fault.subcode) == (2150858753, "a:ActionNotSupported")


@pytest.mark.source("capture: test_winrs_fail_poll_process.yml")
@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("create", ""),
        ("create", f'<rsp:Shell><creationXml xmlns="{names.POWERSHELL}">?</creationXml></rsp:Shell>'),
        ("command", '<rsp:CommandLine CommandId="nonsense"/>'),
        ("receive", "<rsp:Receive><rsp:DesiredStream>stderr</rsp:DesiredStream></rsp:Receive>"),
        ("signal", "<rsp:Signal/>"),
        ("send", "<rsp:Send/>"),
        ("connect", "<rsp:Connect/>"),
        ("disconnect", "<rsp:Disconnect><rsp:IdleTimeOut>soon</rsp:IdleTimeOut></rsp:Disconnect>"),
    ],
)
def test_a_body_that_makes_no_sense_is_a_bad_parameter(action: str, body: str) -> None:
    assert fault_of(envelope(action, body, shell_id=uuid4())).code == 87


@pytest.mark.source("capture: test_psrp_is_alive_invalid_selectors.yml")
def test_a_shell_id_that_is_no_guid_selects_nothing() -> None:
    assert fault_of(envelope("delete", shell_id="nonsense")).code == 2150858843


@pytest.mark.source("psbridge: any bytes")
@given(st.binary(max_size=400))
def test_any_bytes_are_a_fault_and_nothing_worse(data: bytes) -> None:
    with pytest.raises(WSManFault):
        decode(data)


@pytest.mark.source("psbridge: any bytes")
@given(st.data())
def test_an_envelope_with_a_byte_changed_is_read_or_refused(data: st.DataObject) -> None:
    whole = bytearray(envelope("receive", receive_body(uuid4()), shell_id=uuid4()))
    whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(WSManFault):
        decode(bytes(whole))
