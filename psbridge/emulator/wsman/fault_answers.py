"""Faults as the bodies of answers ([MS-WSMV] 2.2.4.43; captures)."""

from __future__ import annotations

from typing import Final
from xml.sax.saxutils import quoteattr

from psbridge.emulator.wsman.answers import Message, printable
from psbridge.emulator.wsman.errors import Provider, WSManFault
from psbridge.emulator.wsman.names import FAULT, FAULT_ACTIONS

_CIM: Final = "http://schemas.dmtf.org/wbem/wscim/1/common"
_CIM_BINDING: Final = "http://schemas.dmtf.org/wbem/wsman/1/cimbinding.xsd"
_WMI_ERROR: Final = "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/MSFT_WmiError"
_XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"


def fault(error: WSManFault, *, machine: str) -> Message:
    """Return a fault's message (to be sent with HTTP 500)."""
    reason = printable(error.reason)
    language = "en-US" if reason else ""
    subcode = f"<s:Subcode><s:Value>{error.subcode}</s:Value></s:Subcode>" if error.subcode else ""
    detail = f"<w:FaultDetail>{error.detail}</w:FaultDetail>" if error.detail else ""
    body = (
        f"<s:Fault><s:Code><s:Value>s:{error.blames}</s:Value>{subcode}</s:Code>"
        f'<s:Reason><s:Text xml:lang="{language}">{reason}</s:Text></s:Reason><s:Detail>{detail}'
        f"{_windows_detail(error, machine)}</s:Detail></s:Fault>"
    )
    return Message(FAULT_ACTIONS[error.subcode[:1] or "a"], body)


def _windows_detail(error: WSManFault, machine: str) -> str:
    if not error.code:
        return ""
    return _wmi_error(error) if error.kind.quota else _wsman_fault(error, machine)


def _wsman_fault(error: WSManFault, machine: str) -> str:
    text = printable(error.message)
    if error.kind.provider is not None:
        text = _provided(error.kind.provider, error.code, text, machine)
    return _element(error.code, text, machine)


def _element(code: int, inside: str, machine: str) -> str:
    return (
        f'<f:WSManFault xmlns:f="{FAULT}" Code="{code}" Machine={quoteattr(machine)}>'
        f"<f:Message>{inside}</f:Message></f:WSManFault>"
    )


def _provided(provider: Provider, code: int, text: str, machine: str) -> str:
    inside = _element(code, text, machine) if provider.nested else text
    return (
        f"<f:ProviderFault provider={quoteattr(provider.name)} path={quoteattr(provider.path)}>{inside}"
        "</f:ProviderFault>"
    )


def _wmi_error(error: WSManFault) -> str:
    text = printable(error.message)
    values: tuple[tuple[str, str, str | None], ...] = (
        ("CIMStatusCode", "UnsignedInt", "27"),
        ("CIMStatusCodeDescription", "String", None),
        ("ErrorSource", "String", None),
        ("ErrorSourceFormat", "UnsignedShort", "0"),
        ("ErrorType", "UnsignedShort", "0"),
        ("Message", "String", text),
        ("MessageID", "String", f"HRESULT {error.code:#x}"),
        ("OtherErrorSourceFormat", "String", None),
        ("OtherErrorType", "String", None),
        ("OwningEntity", "String", None),
        ("PerceivedSeverity", "UnsignedShort", "0"),
        ("ProbableCause", "UnsignedShort", "0"),
        ("ProbableCauseDescription", "String", None),
        ("error_Category", "UnsignedInt", "30"),
        ("error_Code", "UnsignedInt", str(error.code)),
        ("error_Type", "String", "HRESULT"),
        ("error_WindowsErrorMessage", "String", text),
    )
    properties = "".join(
        f'<e:{name} xsi:type="cim:cim{kind}" xsi:nil="true"/>'
        if value is None
        else f'<e:{name} xsi:type="cim:cim{kind}">{value}</e:{name}>'
        for name, kind, value in values
    )
    return (
        f'<e:MSFT_WmiError b:IsCIM_Error="true" xmlns:xsi="{_XSI}" xmlns:b="{_CIM_BINDING}" xmlns:e="{_WMI_ERROR}" '
        f'xmlns:cim="{_CIM}" xsi:type="e:MSFT_WmiError_Type">{properties}</e:MSFT_WmiError>'
    )
