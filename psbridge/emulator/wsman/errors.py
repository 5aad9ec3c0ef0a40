"""WSMan faults: the codes, subcodes and texts that clients recognise.

The texts and codes marked *capture* are those of a real Windows host in pypsrp's own recordings; the others are named
with their source. Windows answers every one of them with HTTP 500.
"""

from __future__ import annotations

from typing import Final

from psbridge.emulator.wsman.names import FAULT_DETAIL

_INVALID_SELECTORS: Final = (
    "The WS-Management service cannot process the request because the request contained invalid selectors "
    "for the resource. "
)


class WSManFault(Exception):
    """A request can't be answered.

    Args:
        code: the decimal `Code` of `f:WSManFault`.
        subcode: the QName of the SOAP subcode (`w:TimedOut`).
        message: the sentence.
        sender: whether the client is to blame (`s:Sender`), else the host (`s:Receiver`).
        detail: the `w:FaultDetail` URI, empty for none.
        reason: the SOAP reason where it differs from the message.
    """

    def __init__(
        self, code: int, subcode: str, message: str, *, sender: bool = True, detail: str = "", reason: str = ""
    ) -> None:
        super().__init__(message)
        self.code = code
        self.subcode = subcode
        self.message = message
        self.sender = sender
        self.detail = detail
        self.reason = reason or message


def timed_out() -> WSManFault:
    """The operation outlived its OperationTimeout (capture)."""
    text = "The WS-Management service cannot complete the operation within the time specified in OperationTimeout.  "
    return WSManFault(2150858793, "w:TimedOut", text, sender=False)


def unknown_shell() -> WSManFault:
    """There is no such shell, or it is another user's (capture)."""
    return WSManFault(
        2150858843, "w:InvalidSelectors", _INVALID_SELECTORS, detail=FAULT_DETAIL + "/UnexpectedSelectors"
    )


def unknown_command() -> WSManFault:
    """There is no such command, or it has ended (capture)."""
    text = (
        "The Windows Remote Shell received a request to perform an operation on a command identifier that does not "
        "exist. Either the command has completed execution or the client specified an invalid command identifier. "
    )
    return WSManFault(
        2150858843,
        "w:InvalidSelectors",
        text,
        detail=FAULT_DETAIL + "/UnexpectedSelectors",
        reason=_INVALID_SELECTORS,
    )


def bad_parameter(what: str = "") -> WSManFault:
    """A value in the body can't be used (capture: ERROR_INVALID_PARAMETER)."""
    text = f"The parameter is incorrect. {what}".rstrip() + " "
    return WSManFault(87, "w:InvalidParameter", text, detail=FAULT_DETAIL + "/InvalidValue")


def bad_header(what: str) -> WSManFault:
    """A SOAP header is missing or can't be read (capture)."""
    text = f"The WS-Management service cannot process the request. {what} "
    reason = (
        "The WS-Management service cannot process the request. The request contains one or more invalid SOAP headers. "
    )
    return WSManFault(2150858767, "a:InvalidMessageInformationHeader", text, reason=reason)


def bad_envelope(what: str) -> WSManFault:
    """The bytes are no SOAP envelope (ERROR_WSMAN_SCHEMA_VALIDATION_ERROR of wsmerror.h; the text is ours)."""
    return WSManFault(2150858817, "w:SchemaValidationError", f"The SOAP XML in the message can't be processed. {what} ")


def unknown_action(action: str) -> WSManFault:
    """The action is none of those served (ERROR_WSMAN_INVALID_ACTIONURI of wsmerror.h)."""
    text = f"The WS-Management service cannot process the request because the action URI is invalid: {action[:200]} "
    return WSManFault(2150858753, "a:ActionNotSupported", text)


def unknown_resource(uri: str) -> WSManFault:
    """No such session configuration (code 2150858811 as in pypsrp's issue 47; the subcode as in pywinrm's 227)."""
    text = (
        f"The WS-Management service cannot process the request. The resource URI ({uri[:300]}) was not found in the "
        "WS-Management catalog. The catalog contains the metadata that describes resources, or logical endpoints. "
    )
    return WSManFault(2150858811, "a:DestinationUnreachable", text, detail=FAULT_DETAIL + "/InvalidResourceURI")


def too_many_shells(limit: int) -> WSManFault:
    """The user's quota of shells is used up (ERROR_WSMAN_QUOTA_MAX_SHELLS; text as winrm's tests quote it)."""
    text = (
        "The WS-Management service cannot process the request. This user is allowed a maximum number of "
        f"{limit} concurrent shells, which has been exceeded. Close existing shells or raise the quota for this user. "
    )
    return WSManFault(2150859173, "w:QuotaLimit", text)


def shell_exists() -> WSManFault:
    """The client's ShellId is taken (ERROR_ALREADY_EXISTS 183; inferred)."""
    return WSManFault(183, "w:AlreadyExists", "Cannot create a file when that file already exists. ")


def shell_disconnected() -> WSManFault:
    """The shell must be reconnected first (ERROR_WINRS_SHELL_DISCONNECTED of wsmerror.h; the subcode is inferred)."""
    text = "The WS-Management service cannot process the request because the shell is disconnected. "
    return WSManFault(2150859204, "w:InvalidParameter", text)


def other_session() -> WSManFault:
    """Reconnect from another client session ([MS-WSMV] 3.1.4.16; ERROR_WINRS_SHELL_CLIENTSESSIONID_MISMATCH)."""
    text = "The WS-Management service cannot process the request because the shell belongs to another client session. "
    return WSManFault(2150859206, "w:InvalidParameter", text)


def too_many_commands() -> WSManFault:
    """The shell's commands are used up (pypsrp's issue 148; ERROR_WSMAN_QUOTA_MAX_COMMANDS_PER_SHELL_PPQ)."""
    text = (
        "The WS-Management service cannot process the request. The maximum number of concurrent commands per shell "
        "has been exceeded. Retry the request later or raise the Maximum Commands per Shell quota. "
    )
    return WSManFault(2150859241, "w:QuotaLimit", text, sender=False)


def internal_error(text: str = "An internal error occurred. ") -> WSManFault:
    """What executes the commands failed (ERROR_INTERNAL_ERROR 1359; inferred)."""
    return WSManFault(1359, "w:InternalError", text, sender=False)
