"""The header of a request: what must be there, what is understood, what is refused and how."""

from __future__ import annotations

import re

import pytest

from psbridge.emulator.wsman import envelope as soap
from psbridge.emulator.wsman import names
from psbridge.emulator.wsman.envelope import Option, comply, comply_with_plugin, is_true, read_options
from psbridge.emulator.wsman.errors import WSManFault
from psbridge.emulator.wsman.quotas import MAX_ENVELOPE
from tests.support.clients.wsman_client import CONFIG_URI, envelope

GET = envelope("get", resource=CONFIG_URI).decode()
MUST = 's:mustUnderstand="true"'


def read(data: str) -> soap.Envelope:
    return soap.read_envelope(soap.read_root(data.encode()))


def with_header(header: str) -> str:
    return GET.replace("</s:Header>", f"{header}</s:Header>")


def without(element: str) -> str:
    changed = re.sub(rf"<{element}>.*?</{element}>", "", GET)
    assert changed != GET
    return changed


def refused(data: str) -> WSManFault:
    with pytest.raises(WSManFault) as caught:
        read(data)
    return caught.value


ELSEWHERE = "<a:Address>http://elsewhere/</a:Address>"
NO_BODY = re.sub(r"<s:Body>.*</s:Body>", "", GET)
REFUSALS = {
    "no body": (NO_BODY, 2150858767, "a:InvalidMessageInformationHeader", ""),
    "no action": (without("a:Action"), 2150858769, "a:MessageInformationHeaderRequired", ""),
    "no message id": (without("a:MessageID"), 2150858767, "a:InvalidMessageInformationHeader", ""),
    "no reply address": (without("a:ReplyTo"), 2150858769, "a:MessageInformationHeaderRequired", ""),
    "reply elsewhere": (
        re.sub(r"<a:Address>.*?</a:Address>", ELSEWHERE, GET),
        2150858870,
        "w:UnsupportedFeature",
        "AddressingMode",
    ),
    "faults elsewhere": (
        with_header(f"<a:FaultTo>{ELSEWHERE}</a:FaultTo>"),
        2150858870,
        "w:UnsupportedFeature",
        "AddressingMode",
    ),
    "strict locale": (
        with_header(f'<w:Locale xml:lang="de" {MUST}/>'),
        2150858887,
        "w:UnsupportedFeature",
        "Locale",
    ),
    "strict data locale": (
        with_header(f'<p:DataLocale xml:lang="de" {MUST}/>'),
        2150858887,
        "w:UnsupportedFeature",
        "DataLocale",
    ),
    "small envelope": (
        with_header("<w:MaxEnvelopeSize>8191</w:MaxEnvelopeSize>"),
        2150858878,
        "w:EncodingLimit",
        "MinimumEnvelopeLimit",
    ),
    "no envelope size": (
        with_header("<w:MaxEnvelopeSize>large</w:MaxEnvelopeSize>"),
        2150858767,
        "a:InvalidMessageInformationHeader",
        "",
    ),
    "no timeout": (
        with_header("<w:OperationTimeout>soon</w:OperationTimeout>"),
        2150858767,
        "a:InvalidMessageInformationHeader",
        "",
    ),
    "unknown header": (with_header(f'<x:New xmlns:x="urn:x" {MUST}/>'), 2150858768, "", ""),
    "compression": (
        with_header(f"<rsp:CompressionType {MUST}>xpress</rsp:CompressionType>"),
        2150858818,
        "w:UnsupportedFeature",
        "",
    ),
}


@pytest.mark.source(
    "[MS-WSMV] 3.1.4.1.3 ReplyTo",
    "[MS-WSMV] 3.1.4.1.4 FaultTo",
    "[MS-WSMV] 3.1.4.1.5 MessageID",
    "[MS-WSMV] 3.1.4.1.7 MaxEnvelopeSize",
    "[MS-WSMV] 3.1.4.1.8 Locale",
    "[MS-WSMV] 3.1.4.1.9 DataLocale",
    "SOAP 1.2 5.2.3 mustUnderstand",
    "quoted: a fork of pywinrm, the fault of a packet without a Body",
    "psbridge: no compression",
)
@pytest.mark.parametrize("what", list(REFUSALS))
def test_a_missing_or_excessive_header_is_refused(what: str) -> None:
    data, code, subcode, detail = REFUSALS[what]
    fault = refused(data)
    assert (fault.code, fault.subcode) == (code, subcode)
    assert fault.detail.rpartition("/")[2] == detail
    assert fault.blames == ("Sender" if subcode else "MustUnderstand")


@pytest.mark.source("SOAP 1.2 5.2.3 mustUnderstand", "[MS-WSMV] 3.1.4.1.12 ActivityId", "[MS-WSMV] 3.1.4.1.31.2")
@pytest.mark.parametrize(
    "header",
    [
        '<x:New xmlns:x="urn:x"/>',
        '<x:New xmlns:x="urn:x" s:mustUnderstand="false"/>',
        '<w:Locale xml:lang="de" s:mustUnderstand="false"/>',
        f"<p:ActivityId {MUST}>x</p:ActivityId>",
        f"<p:SessionId {MUST}>uuid:1</p:SessionId>",
        f"<a:To {MUST}>http://host:5985/wsman</a:To>",
        "<rsp:CompressionType>xpress</rsp:CompressionType>",
    ],
)
def test_known_and_optional_headers_are_accepted(header: str) -> None:
    assert read(with_header(header)).action == "get"


@pytest.mark.source("[MS-WSMV] 3.1.4.1.7", "[MS-WSMV] 2.2.4.10 MaxEnvelopeSizekb")
@pytest.mark.parametrize(("asked", "given"), [("8192", 8192), ("153600", 153600), ("99999999999", MAX_ENVELOPE)])
def test_an_envelope_size_is_limited_to_the_hosts(asked: str, given: int) -> None:
    assert read(with_header(f"<w:MaxEnvelopeSize {MUST}>{asked}</w:MaxEnvelopeSize>")).max_envelope_size == given
    assert read(GET).max_envelope_size == MAX_ENVELOPE


@pytest.mark.source("[MS-WSMV] 3.1.4.1.8", "[MS-WSMV] 3.1.4.1.9", "capture: test_psrp_open_runspace.yml")
@pytest.mark.parametrize(("asked", "said"), [("de-AT", "de-AT"), ("", "en-US"), ("<x>", "en-US"), ("a" * 50, "en-US")])
def test_the_requested_locale_is_a_hint(asked: str, said: str) -> None:
    tag = asked.replace("<", "&lt;")
    header = f'<w:Locale xml:lang="{tag}"/><p:DataLocale xml:lang="{tag}" s:mustUnderstand="false"/>'
    envelope_read = read(with_header(header))
    assert (envelope_read.locale, envelope_read.data_locale) == (said, said)


@pytest.mark.source("[MS-WSMV] 3.1.4.1.39", "[MS-WSMV] 2.2.4.45", "[MS-WSMV] 2.2.4.46")
def test_a_robust_client_names_its_operation() -> None:
    assert read(GET).operation is None
    named = f"<p:OperationID {MUST}>uuid:A</p:OperationID><p:SequenceId>1</p:SequenceId>"
    assert read(with_header(named)).operation == soap.Operation("uuid:a", again=True, first=True)
    fresh = '<p:OperationID s:mustUnderstand="false">uuid:A</p:OperationID><p:SequenceId>2</p:SequenceId>'
    assert read(with_header(fresh)).operation == soap.Operation("uuid:a", again=False, first=False)


def options(*pairs: tuple[str, str, bool]) -> dict[str, Option]:
    return {name: Option(value, must) for name, value, must in pairs}


VERSION = ("protocolversion", "2.3", True)


@pytest.mark.source("PowerShell source: WSManPlugin.cs EnsureOptionsComply", "capture: test_psrp_no_profile.yml")
@pytest.mark.parametrize(
    "given",
    [
        options(VERSION),
        options(("protocolversion", "2.0", False)),
        options(("protocolversion", "2.1.0.1", True)),
        options(VERSION, ("WINRS_NOPROFILE", "TRUE", True)),
        options(VERSION, ("SomethingElse", "1", True)),
        options(VERSION, ("PS_Future", "1", False)),
    ],
)
def test_the_plugin_accepts_protocol_2_and_ignores_other_options(given: dict[str, Option]) -> None:
    comply_with_plugin(given)


@pytest.mark.source("PowerShell source: WSManPlugin.cs EnsureOptionsComply and WSManPluginErrorCodes")
@pytest.mark.parametrize(
    ("given", "code"),
    [
        (options(), 2**32 - 2141975609),
        (options(("ProtocolVersion", "2.3", True)), 2**32 - 2141975609),
        (options(("protocolversion", "3.0", True)), 2**32 - 2141975611),
        (options(("protocolversion", "1.9", True)), 2**32 - 2141975611),
        (options(("protocolversion", "two", True)), 2**32 - 2141975611),
        (options(VERSION, ("PS_Future", "1", True)), 2**32 - 2141975610),
    ],
)
def test_the_plugin_refuses_other_protocols_and_unknown_ps_options(given: dict[str, Option], code: int) -> None:
    with pytest.raises(WSManFault) as fault:
        comply_with_plugin(given)
    assert (fault.value.code, fault.value.subcode, fault.value.reason) == (code, "w:InternalError", "")
    assert fault.value.kind.provider is not None
    assert fault.value.kind.provider.name == "microsoft.powershell"


@pytest.mark.source("[MS-WSMV] appendix B <50>", "DSP0226 6.4", "[MS-WSMV] 3.2.4.1.20 KEEPALIVE")
def test_an_unknown_option_that_must_be_complied_with_is_refused() -> None:
    comply(options(("WSMAN_CMDSHELL_OPTION_KEEPALIVE", "True", True), VERSION, ("Unknown", "1", False)))
    with pytest.raises(WSManFault) as fault:
        comply(options(("Unknown", "1", True)))
    assert (fault.value.code, fault.value.subcode) == (2150858833, "w:InvalidOptions")
    assert fault.value.detail.endswith("/NotSupported")


@pytest.mark.source("[MS-WSMV] 3.1.4.1.10", "capture: test_psrp_long_running_cmdlet.yml")
def test_options_are_read_by_name() -> None:
    header = (
        f'<w:OptionSet {MUST}><w:Option Name="WSMAN_CMDSHELL_OPTION_KEEPALIVE">True</w:Option>'
        '<w:Option Name="protocolversion" MustComply="true">2.3</w:Option></w:OptionSet>'
    )
    root = soap.read_root(with_header(header).encode()).find(f"{{{names.SOAP}}}Header")
    assert root is not None
    given = read_options(root)
    assert is_true(given, "WSMAN_CMDSHELL_OPTION_KEEPALIVE")
    assert not is_true(given, "WINRS_NOPROFILE")
    assert given["protocolversion"] == Option("2.3", must_comply=True)
