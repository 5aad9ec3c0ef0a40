from __future__ import annotations

import contextlib
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psbridge.emulator.wsman import bodies, names
from psbridge.emulator.wsman import envelope as soap
from psbridge.emulator.wsman.envelope import parse_duration
from psbridge.emulator.wsman.errors import WSManFault
from psbridge.emulator.wsman.xml import BadXml, read_xml
from tests.support.clients.wsman_client import CONFIG_URI, SHELL_URI, envelope, receive_body

BOMB = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY l1 "&lol;&lol;&lol;">]><a>&l1;</a>"""


def decode(data: bytes) -> bodies.Request:
    return bodies.read_request(soap.read_envelope(soap.read_root(data)))


def fault_of(data: bytes) -> WSManFault:
    with pytest.raises(WSManFault) as caught:
        decode(data)
    return caught.value


@pytest.mark.source("[MS-WSMV] 3.1.4.14", "[MS-WSMV] 3.1.4.1.6", "[MS-WSMV] 3.1.4.1.7")
def test_a_receive_names_its_command_and_the_maximum_envelope_size() -> None:
    shell, command = uuid4(), uuid4()
    headers = "<w:OperationTimeout>PT0.5S</w:OperationTimeout><w:MaxEnvelopeSize>153600</w:MaxEnvelopeSize>"
    data = envelope("receive", receive_body(command), shell_id=shell, message_id="uuid:M", headers=headers)
    read = soap.read_envelope(soap.read_root(data))
    assert (read.action, read.message_id, read.shell_id) == ("receive", "uuid:M", shell)
    assert (read.operation_timeout, read.max_envelope_size) == (0.5, 153600)
    assert bodies.read_request(read) == bodies.Receive(command)


@pytest.mark.source("[MS-WSMV] 3.1.4.13", "capture: test_psrp_pshost_methods.yml")
def test_a_send_keeps_its_streams_in_order() -> None:
    command = uuid4()
    body = (
        f'<rsp:Send><rsp:Stream Name="stdin" CommandId="{command}">AAEC</rsp:Stream>'
        '<rsp:Stream Name="pr">\n Aw==\n</rsp:Stream></rsp:Send>'
    )
    request = decode(envelope("send", body, shell_id=uuid4()))
    assert request == bodies.Send((("stdin", command, b"\0\1\2"), ("pr", None, b"\3")))


@pytest.mark.source("capture: test_psrp_disconnected_commands.yml")
def test_an_enumerate_of_commands_takes_the_shell_from_its_filter() -> None:
    shell = uuid4()
    body = (
        f'<n:Enumerate><w:Filter Dialect="{names.SELECTOR_FILTER}"><w:SelectorSet>'
        f'<w:Selector Name="ShellId">{shell}</w:Selector></w:SelectorSet></w:Filter></n:Enumerate>'
    )
    assert decode(envelope("enumerate", body, resource=names.SHELL_COMMAND)) == bodies.Enumerate(True, shell)
    assert decode(envelope("enumerate", "<n:Enumerate/>", resource=SHELL_URI)) == bodies.Enumerate(False, None)


@pytest.mark.source("[MS-WSMV] 2.2.4.37 xs:duration")
@pytest.mark.parametrize(
    ("text", "seconds"),
    [("PT20S", 20), ("PT60.000S", 60), ("P0DT0H1M5S", 65), ("P1D", 86400), ("PT-1S", None), ("P", None), ("PT", None)],
)
def test_xml_durations_are_read(text: str, seconds: float | None) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.source("capture: test_psrp_is_alive_other_wsman_error.yml")
def test_a_negative_timeout_gets_the_fault_that_windows_sends() -> None:
    fault = fault_of(envelope("get", resource=CONFIG_URI, headers="<w:OperationTimeout>PT-1S</w:OperationTimeout>"))
    assert (fault.code, fault.subcode) == (2150858767, "a:InvalidMessageInformationHeader")
    assert "invalid timeout field in the SOAP header: PT-1S." in fault.message


@pytest.mark.source("[MS-WSMV] 3.1.4.1.6")
def test_a_timeout_is_limited_to_the_services_maximum() -> None:
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
def test_deep_and_large_xml_is_refused() -> None:
    with pytest.raises(BadXml, match="deep"):
        read_xml(b"<a>" * 1000 + b"</a>" * 1000)
    with pytest.raises(BadXml, match="many"):
        read_xml(b"<a>" + b"<b/>" * 100_000 + b"</a>")


@pytest.mark.source("wsmerror.h: ERROR_WSMAN_ACTION_NOT_SUPPORTED")
def test_an_unknown_action_gets_its_own_fault() -> None:
    fault = fault_of(envelope("http://schemas.xmlsoap.org/ws/2004/09/transfer/Put"))
    assert (fault.code, fault.subcode) == (2150858771, "a:ActionNotSupported")


NO_GUID = '<rsp:{0} CommandId="nonsense"/>'.format


@pytest.mark.source(
    "[MS-WSMV] appendix B <89>",
    "capture: test_winrs_fail_poll_process.yml",
    "wsmerror.h: ERROR_WINRS_SHELLCOMMAND_CLIENTID_NOT_VALID",
    "PowerShell source: WSManPluginShellSession.cs InvalidOutputStream and InvalidInputStream",
)
@pytest.mark.parametrize(
    ("action", "body", "code"),
    [
        ("create", "", 87),
        ("create", f'<rsp:Shell><creationXml xmlns="{names.POWERSHELL}">?</creationXml></rsp:Shell>', 87),
        (
            "create",
            f'<rsp:Shell ShellId="1"><creationXml xmlns="{names.POWERSHELL}">AA==</creationXml></rsp:Shell>',
            2150859221,
        ),
        ("command", NO_GUID("CommandLine"), 2150859220),
        ("command", "<rsp:CommandLine><rsp:Arguments>?</rsp:Arguments></rsp:CommandLine>", 87),
        ("receive", "<rsp:Receive><rsp:DesiredStream>stderr</rsp:DesiredStream></rsp:Receive>", 2152991680),
        ("receive", "<rsp:Receive><rsp:DesiredStream>stdout stderr</rsp:DesiredStream></rsp:Receive>", 2152991680),
        ("receive", "<rsp:Receive/>", 2152991680),
        ("signal", "<rsp:Signal/>", 87),
        ("signal", NO_GUID("Signal"), 2150859220),
        ("send", "<rsp:Send/>", 87),
        ("send", '<rsp:Send><rsp:Stream Name="stdout">AA==</rsp:Stream></rsp:Send>', 2152991678),
        ("connect", "<rsp:Connect/>", 87),
        ("connect", NO_GUID("Connect"), 2150859220),
        ("disconnect", "<rsp:Disconnect><rsp:IdleTimeOut>soon</rsp:IdleTimeOut></rsp:Disconnect>", 87),
        ("disconnect", "<rsp:Disconnect><rsp:BufferMode>Fill</rsp:BufferMode></rsp:Disconnect>", 87),
        ("reconnect", "<rsp:Reconnect><rsp:BufferMode>Fill</rsp:BufferMode></rsp:Reconnect>", 87),
    ],
)
def test_an_invalid_body_gets_its_fault(action: str, body: str, code: int) -> None:
    assert fault_of(envelope(action, body, shell_id=uuid4())).code == code


@pytest.mark.source("[MS-PSRP] 3.1.5.3.14", "[MS-PSRP] 3.1.5.3.16", "[MS-PSRP] 3.1.5.3.18")
@pytest.mark.parametrize(("mode", "drop"), [("", None), ("Block", False), ("Drop", True), ("drop", True)])
def test_disconnect_and_reconnect_choose_the_buffer_mode(mode: str, drop: bool | None) -> None:
    said = f"<rsp:BufferMode>{mode}</rsp:BufferMode>" if mode else ""
    shell = uuid4()
    left = decode(envelope("disconnect", f"<rsp:Disconnect>{said}</rsp:Disconnect>", shell_id=shell))
    assert left == bodies.Disconnect(None, drop)
    back = decode(envelope("reconnect", f"<rsp:Reconnect>{said}</rsp:Reconnect>", shell_id=shell))
    assert back == bodies.Reconnect(drop)
    xml = f'<connectXml xmlns="{names.POWERSHELL}">AA==</connectXml>'
    taken = decode(envelope("connect", f"<rsp:Connect>{said}{xml}</rsp:Connect>", shell_id=shell))
    assert taken == bodies.Connect(None, b"\0", drop)


@pytest.mark.source("capture: test_psrp_no_profile.yml", "[MS-WSMV] 3.1.4.5.2 WINRS_NOPROFILE")
def test_a_create_describes_its_shell() -> None:
    option = '<w:OptionSet><w:Option Name="WINRS_NOPROFILE">TRUE</w:Option></w:OptionSet>'
    body = (
        f'<rsp:Shell ShellId="{uuid4()}" Name="mine"><rsp:IdleTimeOut>PT900S</rsp:IdleTimeOut>'
        f'<creationXml xmlns="{names.POWERSHELL}">AA==</creationXml></rsp:Shell>'
    )
    created = decode(envelope("create", body, headers=option))
    assert isinstance(created, bodies.Create)
    assert (created.name, created.idle_timeout, created.profile, created.fragments) == ("mine", 900.0, False, b"\0")
    plain = decode(envelope("create", body))
    assert isinstance(plain, bodies.Create)
    assert plain.profile


@pytest.mark.source("capture: test_psrp_is_alive_invalid_selectors.yml")
def test_an_invalid_shell_id_selects_nothing() -> None:
    assert fault_of(envelope("delete", shell_id="nonsense")).code == 2150858843


@pytest.mark.source("psbridge: any bytes")
@given(st.binary(max_size=400))
def test_arbitrary_bytes_give_a_fault(data: bytes) -> None:
    with pytest.raises(WSManFault):
        decode(data)


@pytest.mark.source("psbridge: any bytes")
@given(st.data())
def test_an_envelope_with_a_byte_changed_is_read_or_refused(data: st.DataObject) -> None:
    whole = bytearray(envelope("receive", receive_body(uuid4()), shell_id=uuid4()))
    whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(WSManFault):
        decode(bytes(whole))
