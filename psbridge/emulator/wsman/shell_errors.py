"""WSMan faults about shells and commands, about quotas, and those that PowerShell's plugin reports.

As in `errors`. [MS-WSMV] 3.1.4.1.31.7 and 3.1.4.16 want `w:InternalError` for shells in the wrong state.
"""

from __future__ import annotations

from typing import Final

from psbridge.emulator.wsman.errors import FaultKind, Provider
from psbridge.values import replace

_CANNOT: Final = "The WinRM service cannot process the request"
_SERVICE_CANNOT: Final = "The WS-Management service cannot process the request"
_INVALID_SELECTORS: Final = f"{_SERVICE_CANNOT} because the request contained invalid selectors for the resource. "
_PROTOCOL: Final = "Make sure the client is compatible with the build 5.1 and the protocol version 2.0 of PowerShell."

unknown_shell: Final = FaultKind(  # or it is another user's
    2150858843,
    _INVALID_SELECTORS,
    "wsmerror.h: ERROR_WSMAN_UNEXPECTED_SELECTORS (that all but a Get name no provider is inferred)",
    "w:InvalidSelectors",
    detail="UnexpectedSelectors",
)
unknown_shell_of_get: Final = replace(
    unknown_shell,
    source="capture: test_psrp_is_alive_invalid_selectors.yml",
    provider=Provider("Shell provider", r"%systemroot%\system32\WsmSvc.dll", nested=True),
)
unknown_command: Final = replace(  # or it has ended
    unknown_shell,
    text="The Windows Remote Shell received a request to perform an operation on a command identifier that does not "
    "exist. Either the command has completed execution or the client specified an invalid command identifier. ",
    source="capture: test_psrp_receive_failure.yml",
    reason=_INVALID_SELECTORS,
)
bad_parameter: Final = FaultKind(  # an element of the body can't be used
    87,
    "The parameter is incorrect. {} ",
    "[MS-WSMV] appendix B <89> (the code is ERROR_INVALID_PARAMETER; the second sentence is ours)",
    "w:InvalidParameter",
    detail="InvalidValue",
)
shell_id_no_guid: Final = FaultKind(
    2150859221,
    f"{_CANNOT} because the shell ID specified by the client is not a valid GUID. Provide a valid ID and try again. ",
    "wsmerror.h: ERROR_WINRS_SHELL_CLIENTID_NOT_VALID (the subcode is inferred)",
)
command_id_no_guid: Final = FaultKind(
    2150859220,
    f"{_CANNOT} because the command ID specified by the client is not a valid GUID. "
    "Modify the request and retry the request. ",
    "wsmerror.h: ERROR_WINRS_SHELLCOMMAND_CLIENTID_NOT_VALID (the subcode is inferred)",
)
shell_exists: Final = FaultKind(
    2150859223,
    f"{_CANNOT}. A resource already exists with the shell ID specified by the client. ",
    "wsmerror.h: ERROR_WINRS_SHELL_CLIENTID_RESOURCE_CONFLICT (the subcode is inferred)",
)
command_exists: Final = FaultKind(
    2150859222,
    f"{_CANNOT}. A command already exists with the command ID specified by the client. ",
    "wsmerror.h: ERROR_WINRS_SHELLCOMMAND_CLIENTID_RESOURCE_CONFLICT (the subcode is inferred)",
)
shell_disconnected: Final = FaultKind(  # it must be reconnected first
    2150859204,
    f"{_CANNOT} because the WinRS shell instance is currently disconnected. ",
    "[MS-WSMV] 3.1.4.1.31.7",
)
other_session: Final = FaultKind(  # of a Reconnect
    2150859206,
    f"{_CANNOT} because the WinRS shell instance is connected to a different client. ",
    "[MS-WSMV] 3.1.4.16",
)
shell_in_use: Final = FaultKind(  # of a Connect
    2150859213,
    f"{_CANNOT}. The WinRS shell instance is currently connected to a different client. ",
    "[MS-WSMV] 3.1.4.17 (the code as PowerShell expects it)",
)
no_disconnect: Final = FaultKind(  # the client did not choose the ShellId
    2150859205,
    f"{_CANNOT}. This WinRS shell instance does not support disconnect and reconnect operations because it was "
    "created by an older WinRS client or its provider does not support the disconnect operation. ",
    "[MS-WSMV] 3.1.4.15",
)
# Windows hosts that restart say so (quoted in issues of Bolt's and of sig-windows-dev-tools); that it is their answer to a
# Receive in wait is inferred from what clients take for a shell that was closed (PSWSMan, WinRb).
aborted: Final = FaultKind(
    995,
    "The I/O operation has been aborted because of either a thread exit or an application request. ",
    "quoted: issues of Bolt's and of sig-windows-dev-tools (the code is ERROR_OPERATION_ABORTED)",
)
idle_timeout_out_of_bounds: Final = FaultKind(
    2150859250,
    f"{_SERVICE_CANNOT}. The requested IdleTimeout is outside the allowed range. ",
    "wsmerror.h: ERROR_WINRS_IDLETIMEOUT_OUTOFBOUNDS (the subcode is inferred)",
)
idle_timeout_too_long: Final = FaultKind(
    2150858817,
    "The SOAP XML in the message does not match the corresponding XML schema definition. Change the XML and retry. ",
    "quoted: diyan/pywinrm#377",
    "w:SchemaValidationError",
)
filter_not_supported: Final = FaultKind(  # of another dialect than SelectorFilter
    2150858777,
    "The filter dialect (the type associated with the filter) was not supported for this resource. Change the filter "
    "dialect or remove it from the request and try the request again. ",
    "DSP0226 8.3",
    "n:FilterDialectRequestedUnavailable",
)

# -- quotas ----------------------------------------------------------------------------------------------------------

too_many_shells: Final = FaultKind(  # of one user
    2150859173,
    _SERVICE_CANNOT + ". This user is allowed a maximum number of "
    "{} concurrent shells, which has been exceeded. Close existing shells or raise the quota for this user. ",
    "quoted: the tests of Cerebrum's winrm client and issues of Vagrant's",
    "w:QuotaLimit",
)
too_many_users: Final = FaultKind(
    2150859237,
    f"{_SERVICE_CANNOT}. The maximum number of users executing remote operations "
    "has been exceeded for this plugin. Retry the request later or raise the quota for concurrent users. ",
    "[MS-WSMV] 2.2.4.23 MaxConcurrentUsers",
    "w:QuotaLimit",
)
too_many_operations: Final = FaultKind(  # of one user
    2150859174,
    _SERVICE_CANNOT + ". This user is allowed a maximum number of "
    "{} concurrent operations, which has been exceeded. Close existing operations for this user, or raise the "
    "quota for this user. ",
    "quoted: pywinrm's tests and winrm-fs' issue 15",
    quota=True,
)
too_many_commands: Final = FaultKind(  # in one shell
    2150859241,
    f"{_SERVICE_CANNOT}. The maximum number of concurrent commands per shell "
    "has been exceeded. Retry the request later or raise the Maximum Commands per Shell quota. ",
    "quoted: pypsrp's issue 148",
)
output_not_fetched: Final = FaultKind(
    2150859242,
    f"{_SERVICE_CANNOT}. There are not enough resources available to process this "
    "operation. Retry the operation later or close one or more of the currently running operations. ",
    "wsmerror.h: ERROR_WSMAN_QUOTA_MIN_REQUIREMENT_NOT_AVAILABLE_PPQ (that Windows says so is inferred)",
)

# -- PowerShell's plugin ---------------------------------------------------------------------------------------------

plugin_failed: Final = FaultKind(
    2152992672,
    "{}",
    "PowerShell source: WSManPlugin.cs ManagedException",
    reason="",
    provider=Provider("microsoft.powershell", r"C:\Windows\system32\pwrshplugin.dll"),
)
answer_too_large: Final = replace(  # one fragment is more than the client's MaxEnvelopeSize
    plugin_failed,
    text="Error with error code -2144108472 occurred while calling method WSManPluginReceiveResult.",
    source="quoted: OMI's tests",
)
option_not_understood: Final = replace(  # one of PowerShell's own (`PS_…`)
    plugin_failed,
    code=2152991686,
    text="PowerShell plugin does not understand the option {:.100}. " + _PROTOCOL,
    source="PowerShell source: WSManPlugin.cs OptionNotUnderstood",
)
no_protocol_version: Final = replace(
    plugin_failed,
    code=2152991687,
    text=f"An option with name protocolversion is expected from the client. {_PROTOCOL}",
    source="PowerShell source: WSManPlugin.cs ProtocolVersionNotFound",
)
other_protocol_version: Final = replace(  # than 2.x
    plugin_failed,
    code=2152991685,
    text='<PSProtocolVersionError ServerProtocolVersion="2.0" ServerBuildVersion="5.1">Powershell plugin does not support '
    "the protocol version {:.20} requested by client.</PSProtocolVersionError>",
    source="PowerShell source: WSManPlugin.cs ProtocolVersionNotMatch",
)
wrong_output_stream: Final = replace(
    plugin_failed,
    code=2152991680,
    text="The supplied output stream set is not valid. Only stdout is supported as output stream.",
    source="PowerShell source: WSManPlugin.cs InvalidOutputStream",
)
wrong_input_stream: Final = replace(
    plugin_failed,
    code=2152991678,
    text="The supplied input stream is not valid. Only stdin is supported as input stream.",
    source="PowerShell source: WSManPlugin.cs InvalidInputStream",
)
