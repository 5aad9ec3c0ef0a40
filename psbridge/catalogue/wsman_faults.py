"""What the faults of WSMan mean: codes of wsmerror.h and winerror.h.

Which faults prove that the host did not begin a request, and which SOAP subcodes stand for them, is decided where they are
read (`psbridge.remoting.winrm.errors.wsman`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from psbridge.catalogue.hints import RETRY


class Fault(NamedTuple):
    """What a fault means.

    Attributes:
        name: the constant of the header.
        exit_code: its name, as `psbridge.errors.ExitCode.label`.
        says: the sentence.
        hint: what to do.
        retryable: a retry may succeed.
    """

    name: str
    exit_code: str
    says: str
    hint: str
    retryable: bool = False


_QUOTA: Final = "Close other sessions of this user on the host, or wait for their idle timeout. Then retry."

ACCESS_DENIED: Final = 5
ABORTED: Final = 995
INVALID_RESOURCE_URI: Final = 2150858811
QUOTA_LIMIT: Final = 2150858815
SCHEMA_VALIDATION: Final = 2150858817
TIMED_OUT: Final = 2150858793
"""Nothing came within the operation timeout."""
SHELL_GONE: Final = 2150858843
"""The host has no such shell or command."""
IDLE_TIMEOUT_OUT_OF_BOUNDS: Final = 2150859250

SHORTER: Final = (
    "Set `idle_timeout` of the target to at most MaxIdleTimeoutms of the host (in winrm/config/winrs and in the session "
    "configuration); the minimum is 1m."
)
QUOTAS: Final[Mapping[int, str]] = {
    QUOTA_LIMIT: "ERROR_WSMAN_QUOTA_LIMIT",
    2150859173: "ERROR_WSMAN_QUOTA_MAX_SHELLS",
    2150859174: "ERROR_WSMAN_QUOTA_MAX_OPERATIONS",
    2150859175: "ERROR_WSMAN_QUOTA_USER",
    2150859176: "ERROR_WSMAN_QUOTA_SYSTEM",
    2150859179: "ERROR_WSMAN_QUOTA_MAX_SHELLUSERS",
    2150859236: "ERROR_WSMAN_QUOTA_MAX_SHELLS_PPQ",
    2150859237: "ERROR_WSMAN_QUOTA_MAX_USERS_PPQ",
    2150859238: "ERROR_WSMAN_QUOTA_MAX_PLUGINSHELLS_PPQ",
    2150859239: "ERROR_WSMAN_QUOTA_MAX_PLUGINOPERATIONS_PPQ",
    2150859240: "ERROR_WSMAN_QUOTA_MAX_OPERATIONS_USER_PPQ",
    2150859241: "ERROR_WSMAN_QUOTA_MAX_COMMANDS_PER_SHELL_PPQ",
    2150859242: "ERROR_WSMAN_QUOTA_MIN_REQUIREMENT_NOT_AVAILABLE_PPQ",
}
"""The codes of a quota that is used up; those that end in PPQ are of a session configuration."""

FAULTS: Final[Mapping[int, Fault]] = {
    ACCESS_DENIED: Fault(
        "ERROR_ACCESS_DENIED",
        "prerequisite",
        "the host denies this user access to the session configuration",
        "Add the user to Remote Management Users on the host, or set `configuration_name` to one that the user may use.",
    ),
    ABORTED: Fault("ERROR_OPERATION_ABORTED", "unreachable", "the host aborted the operation", RETRY, True),
    TIMED_OUT: Fault(
        "ERROR_WSMAN_OPERATION_TIMEDOUT",
        "unreachable",
        "the host did not answer within the operation timeout",
        RETRY,
        True,
    ),
    SHELL_GONE: Fault(
        "ERROR_WSMAN_UNEXPECTED_SELECTORS", "unreachable", "the session no longer exists on the host", RETRY, True
    ),
    INVALID_RESOURCE_URI: Fault(
        "ERROR_WSMAN_INVALID_RESOURCE_URI",
        "prerequisite",
        "the host has no such session configuration",
        "Set `configuration_name` to one that `Get-PSSessionConfiguration` lists on the host.",
    ),
    2150859180: Fault(
        "ERROR_WSMAN_REMOTESHELLS_NOT_ALLOWED",
        "prerequisite",
        "the host does not allow remote shells",
        "Run `Set-Item WSMan:\\localhost\\Shell\\AllowRemoteShellAccess true` on the host.",
    ),
    2150859204: Fault(
        "ERROR_WINRS_SHELL_DISCONNECTED", "unreachable", "the session on the host is disconnected", RETRY, True
    ),
    IDLE_TIMEOUT_OUT_OF_BOUNDS: Fault(
        "ERROR_WINRS_IDLETIMEOUT_OUTOFBOUNDS",
        "prerequisite",
        "the host does not allow the idle time of the target (idle_timeout)",
        SHORTER,
    ),
    **{
        code: Fault(name, "unreachable", "the host's quota of sessions or operations is used up", _QUOTA, True)
        for code, name in QUOTAS.items()
    },
}


OTHERS: Final[Mapping[int, str]] = {
    1168: "ERROR_NOT_FOUND",
    2150858752: "ERROR_WSMAN_RESOURCE_NOT_FOUND",
    2150858770: "ERROR_WSMAN_DESTINATION_UNREACHABLE",
    2150858790: "ERROR_WSMAN_ENVELOPE_TOO_LARGE",
    2150858806: "ERROR_WSMAN_FAILED_AUTHENTICATION",
    SCHEMA_VALIDATION: "ERROR_WSMAN_SCHEMA_VALIDATION_ERROR",
    2150858824: "ERROR_WSMAN_MAX_ENVELOPE_SIZE_EXCEEDED",
    2150858883: "ERROR_WSMAN_PLUGIN_FAILED",
    2150858906: "ERROR_WSMAN_PROVIDER_LOAD_FAILED",
    2150858909: "ERROR_WSMAN_SECURITY_UNMAPPED",
    2150858974: "ERROR_WSMAN_CLIENT_UNENCRYPTED_DISABLED",
    2150858977: "ERROR_WSMAN_CLIENT_NEGOTIATE_AUTHENTICATION_DISABLED",
    2150858978: "ERROR_WSMAN_CLIENT_KERBEROS_AUTHENTICATION_DISABLED",
    2150858980: "ERROR_WSMAN_SERVER_NOT_TRUSTED",
    2150858981: "ERROR_WSMAN_EXPLICIT_CREDENTIALS_REQUIRED",
    2150858985: "ERROR_WSMAN_CONFIG_CERT_CN_DOES_NOT_MATCH_HOSTNAME",
    2150858999: "ERROR_WSMAN_HTTP_INVALID_CONTENT_TYPE_IN_RESPONSE_DATA",
    2150859019: "ERROR_WSMAN_KERBEROS_IPADDRESS",
    2150859020: "ERROR_WSMAN_CLIENT_WORKGROUP_NO_KERBEROS",
    2150859023: "ERROR_WSMAN_UNKNOWN_HTTP_STATUS_RETURNED",
    2150859025: "ERROR_WSMAN_HTTP_REQUEST_TOO_LARGE_STATUS",
    2150859026: "ERROR_WSMAN_HTTP_SERVICE_UNAVAILABLE_STATUS",
    2150859027: "ERROR_WSMAN_HTTP_NOT_FOUND_STATUS",
    2150859029: "ERROR_WSMAN_QUICK_CONFIG_FAILED_CERT_REQUIRED",
    2150859046: "ERROR_WSMAN_NETWORK_TIMEDOUT",
    2150859082: "ERROR_WSMAN_SHELL_ALREADY_CLOSED",
    2150859087: "ERROR_WSMAN_COMMAND_ALREADY_CLOSED",
    2150859113: "ERROR_WSMAN_PUBLIC_FIREWALL_PROFILE_ACTIVE",
    2150859120: "ERROR_WSMAN_HTTP_STATUS_SERVER_ERROR",
    2150859121: "ERROR_WSMAN_HTTP_STATUS_BAD_REQUEST",
    2150859152: "ERROR_WSMAN_PLUGIN_CONFIGURATION_CORRUPTED",
    2150859161: "ERROR_WSMAN_REDIRECT_REQUESTED",
    2150859169: "ERROR_WSMAN_CREDSSP_USERNAME_PASSWORD_NEEDED",
    2150859193: "ERROR_WSMAN_NAME_NOT_RESOLVED",
    2150859194: "ERROR_WSMAN_SSL_CONNECTION_ABORTED",
    2150859195: "ERROR_WSMAN_DEFAULTAUTH_IPADDRESS",
    2150859203: "ERROR_WSMAN_RUNAS_INVALIDUSERCREDENTIALS",
    2150859212: "ERROR_WSMAN_COMMAND_TERMINATED",
    2150859229: "ERROR_WSMAN_SERVICE_REMOTE_ACCESS_DISABLED",
    2150859230: "ERROR_WSMAN_SERVICE_STREAM_DISCONNECTED",
    2150859231: "ERROR_WSMAN_CREATESHELL_RUNAS_FAILED",
    2150859235: "ERROR_WSMAN_REMOTE_CONNECTION_NOT_ALLOWED",
    2150859248: "ERROR_WSMAN_MUTUAL_AUTH_FAILED",
    2150859261: "ERROR_WSMAN_RUNASUSER_MANAGEDACCOUNT_LOGON_FAILED",
}
"""Other faults that operators meet, some of them only from Windows's own client. psbridge decides nothing by them."""


def code_of(number: object) -> str | None:
    """Return the number of a fault in hex, as Windows shows it and as its entry is named; None if it is not a number."""
    return f"0x{number % (1 << 32):08x}" if isinstance(number, int) else None


CODES: Final = frozenset(map(code_of, (*FAULTS, *OTHERS)))
"""The names of all entries."""
