"""What the faults of WSMan mean: their codes (`psbridge.catalogue.wsman_faults`) and SOAP subcodes.

Windows sends its own code in addition to the SOAP ones. Other servers, such as Microsoft's OMI, send the SOAP ones alone.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from typing import Final

from pypsrp.exceptions import WinRMTransportError, WSManFaultError

from psbridge.catalogue.hints import ADDRESS, RETRY
from psbridge.catalogue.wsman_faults import (
    ABORTED,
    ACCESS_DENIED,
    FAULTS,
    INVALID_RESOURCE_URI,
    QUOTA_LIMIT,
    SCHEMA_VALIDATION,
    SHELL_GONE,
    SHORTER,
    TIMED_OUT,
    code_of,
)
from psbridge.errors import PrerequisiteError, Unreachable
from psbridge.remoting.winrm.errors.statuses import no_such_shell
from psbridge.remoting.winrm.errors.translation import ErrorContext, Translation, bounded
from psbridge.values import replace

_LIKELY = "The likely cause is that the host allows less idle time than psbridge asks for. "  # jborean93/pypsrp#36

OPENING = "open a session"  # `ErrorContext.doing` of a Create and the messages after it

_WRONG = (
    "The host would refuse the same request again. Check `host`, `port` and `configuration_name` of the target, and that it "
    "is a Windows host with PowerShell Remoting enabled."
)
_KINDS: Final = {it.exit_code.label: it for it in (PrerequisiteError, Unreachable)}
_CODES: Final[Mapping[int, Translation]] = {
    code: Translation(_KINDS[it.exit_code], it.says, it.hint, it.retryable, code_of(code))
    for code, it in FAULTS.items()
}


_BY_SUBCODE: Final[Mapping[str, Translation]] = {  # DSP0226 14.6 and WS-Addressing (2004/08) 4, without their prefixes
    "accessdenied": _CODES[ACCESS_DENIED],
    "invalidselectors": _CODES[SHELL_GONE],
    "quotalimit": _CODES[QUOTA_LIMIT],
    "timedout": _CODES[TIMED_OUT],
}
_NO_RESOURCE: Final = "destinationunreachable"
"""In answer to a Create: there is no such session configuration. In answer to another action: the shell is gone."""
_FOR_NOW: Final = frozenset({"concurrency", "endpointunavailable", "internalerror", "quotalimit", "timedout"})
"""Subcodes of temporary errors, whichever side the fault blames."""
_REFUSING: Final = frozenset({"sender", "mustunderstand", "versionmismatch"})
"""SOAP codes that blame the request itself (SOAP 1.2, 5.4.6): a retry would be refused too."""

_GONE_CODES: Final = frozenset(
    {
        SHELL_GONE,
        1168,  # ERROR_NOT_FOUND
        2150858752,  # ERROR_WSMAN_RESOURCE_NOT_FOUND
        INVALID_RESOURCE_URI,  # a configuration that is gone has no shells
    }
)
_GONE_SUBCODES: Final = frozenset({_NO_RESOURCE, "invalidselectors"})
_GONE_WORDS: Final = re.compile(
    r"(cannot|can not|can't|could not) be found|not found|does(n't| not) exist|no longer|no such|already (closed|deleted)",
    re.IGNORECASE,
)


def classed(fault: WSManFaultError, xml_text: str) -> WSManFaultError:
    """Return pypsrp's fault with two more attributes: `blames`, the SOAP code, and `subcode`, without prefix, in lower case."""
    root = ET.fromstring(xml_text)
    soap = "{http://www.w3.org/2003/05/soap-envelope}"
    code = f"{soap}Body/{soap}Fault/{soap}Code/"
    fault.blames = _local(root.findtext(f"{code}{soap}Value"))  # type: ignore[attr-defined]  # pypsrp's class does not declare it
    fault.subcode = _local(root.findtext(f"{code}{soap}Subcode/{soap}Value"))  # type: ignore[attr-defined]  # as above
    return fault


def _local(name: str | None) -> str:
    return (name or "").strip().rpartition(":")[2].casefold()


def _words_of(fault: BaseException) -> tuple[str, str]:
    """Return what a fault blames and its subcode; each is empty if the fault has none."""
    return str(getattr(fault, "blames", "")), str(getattr(fault, "subcode", ""))


def timed_out(fault: WSManFaultError) -> bool:
    """Return whether a fault only reports that nothing came within the operation timeout."""
    return bool(fault.code == TIMED_OUT) or (not isinstance(fault.code, int) and _words_of(fault)[1] == "timedout")


def shell_gone(error: BaseException) -> bool:
    """Return whether the answer to a Delete reports that the host has no such shell: by code, subcode or text."""
    if isinstance(error, WSManFaultError):
        if isinstance(error.code, int) and error.code in _GONE_CODES:
            return True
        said = " ".join(str(it) for it in (error.reason, error.provider_fault) if it)
        return _words_of(error)[1] in _GONE_SUBCODES or _GONE_WORDS.search(said) is not None
    return isinstance(error, WinRMTransportError) and no_such_shell(error.code)


def leaves_no_shell(fault: WSManFaultError) -> bool:
    """Return whether a fault in answer to a Create means that there is no shell; a timeout does not mean that."""
    return refuses(fault.code) or _permanent(fault)


def _permanent(fault: BaseException) -> bool:
    """Return whether an unknown fault would come again: it blames the request and is not temporary."""
    blames, subcode = _words_of(fault)
    return blames in _REFUSING and subcode not in _FOR_NOW


def _known(code: object, fault: BaseException, context: ErrorContext) -> Translation | None:
    if isinstance(code, int):
        return _CODES.get(code)
    subcode = _words_of(fault)[1]
    if subcode == _NO_RESOURCE:
        return _CODES[INVALID_RESOURCE_URI if context.doing == OPENING else SHELL_GONE]
    return _BY_SUBCODE.get(subcode)


def refuses(code: object) -> bool:
    """Return whether a fault means that the host did not begin the request.

    A timeout, an abort or an unknown fault does not mean that (inferred).
    """
    return code in _CODES.keys() - {TIMED_OUT, ABORTED}


def wsman_fault(error: BaseException, context: ErrorContext) -> Translation:
    """Return what a SOAP fault means by its code, with the host's own text."""
    args = (*error.args, None, None, None, None, None, None)
    code, reason, detail = args[0], args[2], args[5]
    said = f" (WSMan fault {bounded(code, 40)}: {bounded(detail or reason or 'no reason given')})"
    known = _known(code, error, context)
    if code == SCHEMA_VALIDATION and context.doing == OPENING:
        known = Translation(
            PrerequisiteError, "the host does not accept a session with these settings", _LIKELY + SHORTER
        )
    elif known is None and _permanent(error):
        known = Translation(Unreachable, f"the host refused to {context.doing}", _WRONG)
    elif known is None:
        known = Translation(Unreachable, f"the host refused to {context.doing}", RETRY, True)
    return replace(known, message=known.message + said, code=code_of(code) or known.code)


def broken_seal(error: BaseException, context: ErrorContext) -> Translation:
    """Return that a sealed answer can't be opened; the login succeeded, so address and credentials are right."""
    return Translation(
        Unreachable,
        f"the host's sealed answer can't be opened: {bounded(error)}",
        "The login succeeded, so address and credentials are right. Use https (`tls`), where answers are not sealed, or check "
        "the WSMan server on the host and any proxy or gateway in front of it.",
        context.spoke,
    )


def not_wsman(error: BaseException, context: ErrorContext) -> Translation:
    """Return that an answer is not WSMan: the address is wrong, unless the host has spoken WSMan before."""
    if context.spoke:
        return Translation(Unreachable, f"the host's answer is invalid: {bounded(error)}", RETRY, True)
    return Translation(Unreachable, f"the host's answer is not WSMan: {bounded(error)}", ADDRESS, reason="not_wsman")
