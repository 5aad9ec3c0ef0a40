"""WSMan faults, and those about the envelope and its header: codes, subcodes and texts that clients recognise.

Those marked *capture* are a real Windows host's, in pypsrp's own recordings or quoted elsewhere; codes and texts of the
others are wsmerror.h's (`ERROR_WSMAN_…`), their subcodes the specification's. Windows answers each with HTTP 500.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from psbridge.emulator.wsman.names import FAULT_DETAIL

_CANNOT: Final = "The WS-Management service cannot process the request"
_BAD_HEADERS: Final = f"{_CANNOT}. The request contains one or more invalid SOAP headers. "


@dataclass(frozen=True, slots=True)
class Provider:
    """What inside the host had the fault: the attributes of `f:ProviderFault`.

    Attributes:
        nested: the sentence stands in a `f:WSManFault` of its own, as with the service's own shell provider (capture).
    """

    name: str
    path: str
    nested: bool = False


class WSManFault(Exception):
    """A request can't be answered.

    Args:
        code: the decimal `Code` of `f:WSManFault`.
        subcode: the QName of the SOAP subcode (`w:TimedOut`); empty for `s:MustUnderstand`, which has none.
        message: the sentence.
        sender: whether the client is to blame (`s:Sender`), else the host (`s:Receiver`).
        detail: the `w:FaultDetail` URI, empty for none.
        reason: the SOAP reason where it differs from the message.
        provider: what had the fault, if not the service itself.
        quota: told as a `MSFT_WmiError`, before the request was looked at (capture).
    """

    def __init__(
        self,
        code: int,
        subcode: str,
        message: str,
        *,
        sender: bool = True,
        detail: str = "",
        reason: str | None = None,
        provider: Provider | None = None,
        quota: bool = False,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.subcode = subcode
        self.message = message
        self.sender = sender
        self.detail = f"{FAULT_DETAIL}/{detail}" if detail else ""
        self.reason = message if reason is None else reason
        self.provider = provider
        self.quota = quota

    @property
    def blames(self) -> str:
        """Return the local name of the SOAP code."""
        if not self.subcode:
            return "MustUnderstand"
        return "Sender" if self.sender else "Receiver"


def timed_out() -> WSManFault:
    """The operation outlived its OperationTimeout (capture)."""
    text = "The WS-Management service cannot complete the operation within the time specified in OperationTimeout.  "
    return WSManFault(2150858793, "w:TimedOut", text, sender=False)


def bad_header(what: str) -> WSManFault:
    """A SOAP header is missing or can't be read (capture)."""
    return WSManFault(2150858767, "a:InvalidMessageInformationHeader", f"{_CANNOT}. {what} ", reason=_BAD_HEADERS)


def no_body() -> WSManFault:
    """There is no SOAP body (capture, quoted in a test of pywinrm's)."""
    return bad_header("The SOAP packet that WS-Management received did not contain a valid Body element.")


def missing_header(name: str) -> WSManFault:
    """A SOAP header is not there that must be ([MS-WSMV] 3.1.4.1.3)."""
    text = f"{_CANNOT}. The request does not have all the expected SOAP headers: {name}. "
    return WSManFault(2150858769, "a:MessageInformationHeaderRequired", text)


def not_understood(name: str) -> WSManFault:
    """A header that must be understood is not (SOAP 1.2 5.4.8; that Windows names no header block is inferred)."""
    text = (
        "The WS-Management service cannot process a SOAP header in the request that is marked as mustUnderstand by the "
        "client. This could be caused by the use of a version of the protocol which is not supported, or may be an "
        f"incompatibility between the client and server implementations. ({name[:200]}) "
    )
    return WSManFault(2150858768, "", text)


def reply_elsewhere() -> WSManFault:
    """ReplyTo or FaultTo is another address than the anonymous one ([MS-WSMV] 3.1.4.1.3 and 3.1.4.1.4)."""
    text = "The WS-Management service does not support the addressing mode. "
    return WSManFault(2150858870, "w:UnsupportedFeature", text, detail="AddressingMode")


def strict_locale(name: str) -> WSManFault:
    """The client insists on a language ([MS-WSMV] 3.1.4.1.8 and 3.1.4.1.9); `name` is Locale or DataLocale."""
    text = (
        "The WS-Management service cannot guarantee that all data is returned in the requested locale as some data "
        "sources may not be able to comply. Resend the remote request with locale as a hint (the SOAP header should "
        'have mustUnderstand="false") '
    )
    return WSManFault(2150858887, "w:UnsupportedFeature", text, detail=name)


def small_envelope() -> WSManFault:
    """MaxEnvelopeSize is under 8192 ([MS-WSMV] 3.1.4.1.7, DSP0226 R6.2-4)."""
    text = f"{_CANNOT} because the envelope size in the request is too small. "
    return WSManFault(2150858878, "w:EncodingLimit", text, detail="MinimumEnvelopeLimit")


def no_compression(kind: str) -> WSManFault:
    """The client insists on compressed streams, which this host does not do (Windows does; the subcode is inferred)."""
    text = f"The WS-Management service does not support the specified feature: {kind[:40]} compression. "
    return WSManFault(2150858818, "w:UnsupportedFeature", text)


def bad_envelope(what: str) -> WSManFault:
    """The bytes are no SOAP envelope (the subcode as quoted in pywinrm's tests; the second sentence is ours)."""
    text = f"The SOAP XML in the message does not match the corresponding XML schema definition. {what} "
    return WSManFault(2150858817, "w:SchemaValidationError", text)


def unknown_action(action: str) -> WSManFault:
    """The action is none of those served."""
    text = f"The WS-Management service does not support the action specified in the request: {action[:200]} "
    return WSManFault(2150858771, "a:ActionNotSupported", text)


def unknown_resource(uri: str) -> WSManFault:
    """No such session configuration (code 2150858811 as in pypsrp's issue 47; the subcode as in pywinrm's 227)."""
    text = (
        f"{_CANNOT}. The resource URI ({uri[:300]}) was not found in the "
        "WS-Management catalog. The catalog contains the metadata that describes resources, or logical endpoints. "
    )
    return WSManFault(2150858811, "a:DestinationUnreachable", text, detail="InvalidResourceURI")


def unknown_option(name: str) -> WSManFault:
    """An option that must be complied with is not supported ([MS-WSMV] appendix B <50>)."""
    text = (
        "The WS-Management provider does not support the specified option set because mustComply for one of the "
        f"options is set to true: {name[:100]}. Change mustComply for one of the options to false. "
    )
    return WSManFault(2150858833, "w:InvalidOptions", text, detail="NotSupported")


def not_supported() -> WSManFault:
    """The service does not do that: ERROR_NOT_SUPPORTED ([MS-WSMV] 3.1.4.1.31.8)."""
    return WSManFault(50, "w:InternalError", "The request is not supported. ", sender=False)


def access_denied() -> WSManFault:
    """The user is who they say, and may not use WSMan (ERROR_ACCESS_DENIED 5, DSP0226 14.6; its text is inferred)."""
    return WSManFault(5, "w:AccessDenied", "Access is denied. ")


def internal_error(text: str = "An internal error occurred. ") -> WSManFault:
    """The service itself failed (ERROR_INTERNAL_ERROR 1359; inferred)."""
    return WSManFault(1359, "w:InternalError", text, sender=False)
