"""WSMan faults about shells and commands, about quotas, and those that PowerShell's plugin reports.

Marked as in `errors`. [MS-WSMV] 3.1.4.1.31.7 and 3.1.4.16 want `w:InternalError` for shells in the wrong state.
"""

from __future__ import annotations

from typing import Final

from psbridge.emulator.wsman.errors import Provider, WSManFault

_CANNOT: Final = "The WinRM service cannot process the request"
_INVALID_SELECTORS: Final = (
    "The WS-Management service cannot process the request because the request contained invalid selectors "
    "for the resource. "
)
_SERVICE: Final = Provider("Shell provider", r"%systemroot%\system32\WsmSvc.dll", nested=True)
_PLUGIN: Final = Provider("microsoft.powershell", r"C:\Windows\system32\pwrshplugin.dll")
_PROTOCOL: Final = "Make sure the client is compatible with the build 5.1 and the protocol version 2.0 of PowerShell."


def unknown_shell(*, of_get: bool = False) -> WSManFault:
    """There is no such shell, or it is another user's (capture).

    Args:
        of_get: a Get, which the service's own provider answers; that the others name no provider is inferred.
    """
    provider = _SERVICE if of_get else None
    return WSManFault(
        2150858843, "w:InvalidSelectors", _INVALID_SELECTORS, detail="UnexpectedSelectors", provider=provider
    )


def unknown_command() -> WSManFault:
    """There is no such command, or it has ended (capture)."""
    text = (
        "The Windows Remote Shell received a request to perform an operation on a command identifier that does not "
        "exist. Either the command has completed execution or the client specified an invalid command identifier. "
    )
    return WSManFault(2150858843, "w:InvalidSelectors", text, detail="UnexpectedSelectors", reason=_INVALID_SELECTORS)


def bad_parameter(what: str = "") -> WSManFault:
    """An element of the body can't be used ([MS-WSMV] appendix B <89>; capture: ERROR_INVALID_PARAMETER)."""
    text = f"The parameter is incorrect. {what}".rstrip() + " "
    return WSManFault(87, "w:InvalidParameter", text, detail="InvalidValue")


def shell_id_no_guid() -> WSManFault:
    """The ShellId of a Create is no GUID (the subcode is inferred)."""
    text = f"{_CANNOT} because the shell ID specified by the client is not a valid GUID. Provide a valid ID and try again. "
    return WSManFault(2150859221, "w:InternalError", text, sender=False)


def command_id_no_guid() -> WSManFault:
    """A CommandId is no GUID (the subcode is inferred)."""
    text = (
        f"{_CANNOT} because the command ID specified by the client is not a valid GUID. "
        "Modify the request and retry the request. "
    )
    return WSManFault(2150859220, "w:InternalError", text, sender=False)


def shell_exists() -> WSManFault:
    """The client's ShellId is taken (the subcode is inferred)."""
    text = f"{_CANNOT}. A resource already exists with the shell ID specified by the client. "
    return WSManFault(2150859223, "w:InternalError", text, sender=False)


def command_exists() -> WSManFault:
    """The client's CommandId is taken (the subcode is inferred)."""
    text = f"{_CANNOT}. A command already exists with the command ID specified by the client. "
    return WSManFault(2150859222, "w:InternalError", text, sender=False)


def shell_disconnected() -> WSManFault:
    """The shell must be reconnected first ([MS-WSMV] 3.1.4.1.31.7)."""
    text = f"{_CANNOT} because the WinRS shell instance is currently disconnected. "
    return WSManFault(2150859204, "w:InternalError", text, sender=False)


def other_session() -> WSManFault:
    """Reconnect to a shell that another client session is connected to ([MS-WSMV] 3.1.4.16)."""
    text = f"{_CANNOT} because the WinRS shell instance is connected to a different client. "
    return WSManFault(2150859206, "w:InternalError", text, sender=False)


def shell_in_use() -> WSManFault:
    """Connect to a shell that a client is connected to ([MS-WSMV] 3.1.4.17; the code as PowerShell expects it)."""
    text = f"{_CANNOT}. The WinRS shell instance is currently connected to a different client. "
    return WSManFault(2150859213, "w:InternalError", text, sender=False)


def no_disconnect() -> WSManFault:
    """The client did not choose the ShellId, so that the shell can't be left ([MS-WSMV] 3.1.4.15)."""
    text = (
        f"{_CANNOT}. This WinRS shell instance does not support disconnect and reconnect operations because it was "
        "created by an older WinRS client or its provider does not support the disconnect operation. "
    )
    return WSManFault(2150859205, "w:InternalError", text, sender=False)


def aborted() -> WSManFault:
    """A waiting Receive ends without an answer: ERROR_OPERATION_ABORTED.

    Windows hosts that restart say so (quoted in issues of Bolt's and of sig-windows-dev-tools); that it is their answer
    to a Receive in wait is inferred from what clients take for a shell that was closed (PSWSMan, WinRb).
    """
    text = "The I/O operation has been aborted because of either a thread exit or an application request. "
    return WSManFault(995, "w:InternalError", text, sender=False)


def idle_timeout_out_of_bounds() -> WSManFault:
    """IdleTimeOut is under the least that is allowed (the subcode is inferred)."""
    text = (
        "The WS-Management service cannot process the request. The requested IdleTimeout is outside the allowed range. "
    )
    return WSManFault(2150859250, "w:InternalError", text, sender=False)


def filter_not_supported() -> WSManFault:
    """A filter of another dialect than SelectorFilter (DSP0226 8.3; the text as wsmerror.h's)."""
    text = (
        "The filter dialect (the type associated with the filter) was not supported for this resource. Change the filter "
        "dialect or remove it from the request and try the request again. "
    )
    return WSManFault(2150858777, "n:FilterDialectRequestedUnavailable", text)


# -- quotas ----------------------------------------------------------------------------------------------------------


def too_many_shells(limit: int) -> WSManFault:
    """The user's quota of shells is used up (subcode and text as quoted in issues of Vagrant's and in Cerebrum)."""
    text = (
        "The WS-Management service cannot process the request. This user is allowed a maximum number of "
        f"{limit} concurrent shells, which has been exceeded. Close existing shells or raise the quota for this user. "
    )
    return WSManFault(2150859173, "w:QuotaLimit", text)


def too_many_users() -> WSManFault:
    """Too many users have shells ([MS-WSMV] 2.2.4.23 MaxConcurrentUsers)."""
    text = (
        "The WS-Management service cannot process the request. The maximum number of users executing remote operations "
        "has been exceeded for this plugin. Retry the request later or raise the quota for concurrent users. "
    )
    return WSManFault(2150859237, "w:QuotaLimit", text)


def too_many_operations(limit: int) -> WSManFault:
    """The user's quota of operations is used up (capture, quoted in pywinrm's tests and winrm-fs' issue 15)."""
    text = (
        "The WS-Management service cannot process the request. This user is allowed a maximum number of "
        f"{limit} concurrent operations, which has been exceeded. Close existing operations for this user, or raise the "
        "quota for this user. "
    )
    return WSManFault(2150859174, "w:InternalError", text, sender=False, quota=True)


def too_many_commands() -> WSManFault:
    """The shell's commands are used up (subcode and text as quoted in pypsrp's issue 148)."""
    text = (
        "The WS-Management service cannot process the request. The maximum number of concurrent commands per shell "
        "has been exceeded. Retry the request later or raise the Maximum Commands per Shell quota. "
    )
    return WSManFault(2150859241, "w:InternalError", text, sender=False)


def output_not_fetched() -> WSManFault:
    """The pool's answers pile up (the code as wsmerror.h's for a host without resources; that Windows says so is inferred)."""
    text = (
        "The WS-Management service cannot process the request. There are not enough resources available to process this "
        "operation. Retry the operation later or close one or more of the currently running operations. "
    )
    return WSManFault(2150859242, "w:InternalError", text, sender=False)


# -- PowerShell's plugin ---------------------------------------------------------------------------------------------


def plugin_failed(what: str) -> WSManFault:
    """PowerShell's plugin caught an exception: ManagedException 0x80540FA0 of WSManPlugin.cs (capture: pywinrm's tests)."""
    return WSManFault(2152992672, "w:InternalError", what, sender=False, reason="", provider=_PLUGIN)


def answer_too_large() -> WSManFault:
    """One fragment is more than the client's MaxEnvelopeSize (capture, quoted in OMI's tests)."""
    return plugin_failed("Error with error code -2144108472 occurred while calling method WSManPluginReceiveResult.")


def option_not_understood(name: str) -> WSManFault:
    """An option of PowerShell's (`PS_…`) that must be complied with (OptionNotUnderstood of WSManPlugin.cs)."""
    text = f"PowerShell plugin does not understand the option {name[:100]}. {_PROTOCOL}"
    return WSManFault(2152991686, "w:InternalError", text, sender=False, reason="", provider=_PLUGIN)


def no_protocol_version() -> WSManFault:
    """A Create without the option protocolversion (ProtocolVersionNotFound of WSManPlugin.cs)."""
    text = f"An option with name protocolversion is expected from the client. {_PROTOCOL}"
    return WSManFault(2152991687, "w:InternalError", text, sender=False, reason="", provider=_PLUGIN)


def other_protocol_version(version: str) -> WSManFault:
    """A protocol that is not 2.x (ProtocolVersionNotMatch of WSManPlugin.cs)."""
    text = (
        '<PSProtocolVersionError ServerProtocolVersion="2.0" ServerBuildVersion="5.1">Powershell plugin does not support '
        f"the protocol version {version[:20]} requested by client.</PSProtocolVersionError>"
    )
    return WSManFault(2152991685, "w:InternalError", text, sender=False, reason="", provider=_PLUGIN)


def wrong_output_stream() -> WSManFault:
    """A Receive of another stream than stdout (InvalidOutputStream of WSManPlugin.cs)."""
    text = "The supplied output stream set is not valid. Only stdout is supported as output stream."
    return WSManFault(2152991680, "w:InternalError", text, sender=False, reason="", provider=_PLUGIN)


def wrong_input_stream() -> WSManFault:
    """A Send to another stream than stdin and pr (InvalidInputStream of WSManPlugin.cs)."""
    text = "The supplied input stream is not valid. Only stdin is supported as input stream."
    return WSManFault(2152991678, "w:InternalError", text, sender=False, reason="", provider=_PLUGIN)
