"""The URIs of WS-Management and of Microsoft's shell extension ([MS-WSMV] 2.2.1, 2.2.2)."""

from __future__ import annotations

from typing import Final

SOAP: Final = "http://www.w3.org/2003/05/soap-envelope"
ADDRESSING: Final = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
WSMAN: Final = "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"
WSMV: Final = "http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd"
TRANSFER: Final = "http://schemas.xmlsoap.org/ws/2004/09/transfer"
ENUMERATION: Final = "http://schemas.xmlsoap.org/ws/2004/09/enumeration"
SHELL: Final = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
POWERSHELL: Final = "http://schemas.microsoft.com/powershell"
CONFIG: Final = "http://schemas.microsoft.com/wbem/wsman/1/config"
FAULT: Final = "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault"
IDENTITY: Final = "http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd"
XML: Final = "http://www.w3.org/XML/1998/namespace"

ANONYMOUS: Final = ADDRESSING + "/role/anonymous"
FAULT_ACTIONS: Final = {
    "a": ADDRESSING + "/fault",
    "n": ENUMERATION + "/fault",
    "w": "http://schemas.dmtf.org/wbem/wsman/1/wsman/fault",
}
"""The action of a fault's answer, by the prefix of its subcode (captures; `n` as quoted in WinRb's tests)."""
FAULT_DETAIL: Final = "http://schemas.dmtf.org/wbem/wsman/1/wsman/faultDetail"
SELECTOR_FILTER: Final = "http://schemas.dmtf.org/wbem/wsman/1/wsman/SelectorFilter"
SHELL_COMMAND: Final = SHELL + "/Command"
COMMAND_DONE: Final = SHELL + "/CommandState/Done"
COMMAND_PENDING: Final = SHELL + "/CommandState/Pending"

ACTIONS: Final = {
    TRANSFER + "/Create": "create",
    TRANSFER + "/Delete": "delete",
    TRANSFER + "/Get": "get",
    ENUMERATION + "/Enumerate": "enumerate",
    SHELL + "/Command": "command",
    SHELL + "/Send": "send",
    SHELL + "/Receive": "receive",
    SHELL + "/Signal": "signal",
    SHELL + "/Disconnect": "disconnect",
    SHELL + "/Reconnect": "reconnect",
    SHELL + "/Connect": "connect",
}
"""The actions that the host answers, by URI; the value is the name in logs, counters and `--fault`."""

RESPONSES: Final = {name: uri + "Response" for uri, name in ACTIONS.items()}

SIGNAL_TERMINATE: Final = SHELL + "/signal/Terminate"
SIGNALS_STOP: Final = frozenset({"powershell/signal/ctrl_c", SHELL + "/signal/ctrl_c", SHELL + "/signal/ctrl_break"})
