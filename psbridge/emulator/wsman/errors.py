"""WSMan faults, and those about the envelope and its header: codes, subcodes and texts that clients recognise.

Codes are wsmerror.h's, and so are texts; a row's source is what else of it is known, and from where. Windows answers
each with HTTP 500.
"""

from __future__ import annotations

from typing import Final

import msgspec

from psbridge.emulator.wsman.names import FAULT_DETAIL
from psbridge.values import replace

_OF_THE_HOST: Final = frozenset({"w:InternalError", "w:TimedOut"})
"""Subcodes of which the host is to blame, not the client (DSP0226 14.6)."""
_CANNOT: Final = "The WS-Management service cannot process the request"


class Provider(msgspec.Struct, frozen=True):
    """The provider that failed: the attributes of `f:ProviderFault`.

    Attributes:
        nested: whether the text is in a `f:WSManFault` of its own, as with the service's own shell provider (capture).
    """

    name: str
    path: str
    nested: bool = False


class FaultKind(msgspec.Struct, frozen=True):
    """One kind of fault; a call with the values of its placeholders makes a fault.

    Attributes:
        code: the decimal `Code` of `f:WSManFault`; 0 for a fault without one, as servers other than Windows send.
        text: the sentence, as `str.format` fills it.
        source: the source of this knowledge.
        subcode: the QName of the SOAP subcode (`w:TimedOut`); empty for `s:MustUnderstand`, which has none.
        detail: the end of the `w:FaultDetail` URI, as `str.format` fills it; empty for none.
        reason: the SOAP reason if it differs from the text.
        quota: whether it is sent as an `MSFT_WmiError`, before the request is parsed (capture).
    """

    code: int
    text: str
    source: str
    subcode: str = "w:InternalError"
    detail: str = ""
    reason: str | None = None
    provider: Provider | None = None
    quota: bool = False

    def __call__(self, *values: str | int) -> WSManFault:
        """Make a fault of this kind."""
        return WSManFault(self, *values)


class WSManFault(Exception):
    """A request is refused with a fault.

    Attributes:
        kind: its kind, with `code` and `subcode`.
        detail: the `w:FaultDetail` URI, empty for none.
    """

    def __init__(self, kind: FaultKind, *values: str | int) -> None:
        self.kind = kind
        self.code, self.subcode = kind.code, kind.subcode
        self.message = kind.text.format(*values)
        self.detail = f"{FAULT_DETAIL}/{kind.detail.format(*values)}" if kind.detail else ""
        super().__init__(self.message)

    @property
    def reason(self) -> str:
        """Return the SOAP reason."""
        return self.message if self.kind.reason is None else self.kind.reason

    @property
    def blames(self) -> str:
        """Return the local name of the SOAP code."""
        if not self.subcode:
            return "MustUnderstand"
        return "Receiver" if self.subcode in _OF_THE_HOST else "Sender"


timed_out: Final = FaultKind(
    2150858793,
    "The WS-Management service cannot complete the operation within the time specified in OperationTimeout.  ",
    "capture: test_psrp_long_running_cmdlet.yml",
    "w:TimedOut",
)
bad_header: Final = FaultKind(
    2150858767,
    _CANNOT + ". {} ",
    "capture: test_psrp_is_alive_other_wsman_error.yml",
    "a:InvalidMessageInformationHeader",
    reason=f"{_CANNOT}. The request contains one or more invalid SOAP headers. ",
)
no_body: Final = replace(
    bad_header,
    text=f"{_CANNOT}. The SOAP packet that WS-Management received did not contain a valid Body element. ",
    source="quoted: a test of pywinrm's",
)
missing_header: Final = FaultKind(
    2150858769,
    _CANNOT + ". The request does not have all the expected SOAP headers: {}. ",
    "[MS-WSMV] 3.1.4.1.3",
    "a:MessageInformationHeaderRequired",
)
not_understood: Final = FaultKind(
    2150858768,
    "The WS-Management service cannot process a SOAP header in the request that is marked as mustUnderstand by the "
    "client. This could be caused by the use of a version of the protocol which is not supported, or may be an "
    "incompatibility between the client and server implementations. ({:.200}) ",
    "SOAP 1.2 5.4.8 (that Windows names no header block is inferred)",
    "",
)
reply_elsewhere: Final = FaultKind(
    2150858870,
    "The WS-Management service does not support the addressing mode. ",
    "[MS-WSMV] 3.1.4.1.3 and 3.1.4.1.4",
    "w:UnsupportedFeature",
    detail="AddressingMode",
)
strict_locale: Final = FaultKind(  # of Locale or DataLocale
    2150858887,
    "The WS-Management service cannot guarantee that all data is returned in the requested locale as some data "
    "sources may not be able to comply. Resend the remote request with locale as a hint (the SOAP header should "
    'have mustUnderstand="false") ',
    "[MS-WSMV] 3.1.4.1.8 and 3.1.4.1.9",
    "w:UnsupportedFeature",
    detail="{}",
)
small_envelope: Final = FaultKind(
    2150858878,
    f"{_CANNOT} because the envelope size in the request is too small. ",
    "[MS-WSMV] 3.1.4.1.7 and DSP0226 R6.2-4",
    "w:EncodingLimit",
    detail="MinimumEnvelopeLimit",
)
no_compression: Final = FaultKind(
    2150858818,
    "The WS-Management service does not support the specified feature: {:.40} compression. ",
    "wsmerror.h: ERROR_WSMAN_UNSUPPORTED_FEATURE (Windows does compress; the subcode is inferred)",
    "w:UnsupportedFeature",
)
bad_envelope: Final = FaultKind(
    2150858817,
    "The SOAP XML in the message does not match the corresponding XML schema definition. {} ",
    "quoted: pywinrm's tests (the second sentence is ours)",
    "w:SchemaValidationError",
)
unknown_action: Final = FaultKind(
    2150858771,
    "The WS-Management service does not support the action specified in the request: {:.200} ",
    "wsmerror.h: ERROR_WSMAN_ACTION_NOT_SUPPORTED",
    "a:ActionNotSupported",
)
unknown_resource: Final = FaultKind(
    2150858811,
    _CANNOT + ". The resource URI ({:.300}) was not found in the "
    "WS-Management catalog. The catalog contains the metadata that describes resources, or logical endpoints. ",
    "quoted: pypsrp's issue 47 (the code) and pywinrm's 227 (the subcode)",
    "a:DestinationUnreachable",
    detail="InvalidResourceURI",
)
unknown_option: Final = FaultKind(
    2150858833,
    "The WS-Management provider does not support the specified option set because mustComply for one of the "
    "options is set to true: {:.100}. Change mustComply for one of the options to false. ",
    "[MS-WSMV] appendix B <50>",
    "w:InvalidOptions",
    detail="NotSupported",
)
not_supported: Final = FaultKind(
    50, "The request is not supported. ", "[MS-WSMV] 3.1.4.1.31.8 (the code is ERROR_NOT_SUPPORTED)"
)
access_denied: Final = FaultKind(  # the user is authenticated but may not use WSMan
    5, "Access is denied. ", "DSP0226 14.6 (the code is ERROR_ACCESS_DENIED; the text is inferred)", "w:AccessDenied"
)
shutting_down: Final = FaultKind(
    1359, "The service is shutting down. ", "psbridge: a host that ends (the code is ERROR_INTERNAL_ERROR)"
)
