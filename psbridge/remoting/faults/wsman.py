"""What WSMan refuses with: fault codes of wsmerror.h and winerror.h."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from psbridge.errors import PrerequisiteError, Unreachable
from psbridge.remoting.faults.outcome import RETRY, Outcome, Where, bounded

TIMED_OUT = 2150858793  # ERROR_WSMAN_OPERATION_TIMEDOUT: nothing came within the operation timeout
SHELL_GONE = 2150858843  # ERROR_WSMAN_UNEXPECTED_SELECTORS: the host has no such shell or command
ABORTED = 995  # ERROR_OPERATION_ABORTED

_QUOTA = "Close other sessions of this user on the host, or wait for their idle timeout, and try again."

_CODES: Mapping[int, Outcome] = {
    5: Outcome(
        PrerequisiteError,
        "the host denies this user the session configuration",
        "Add the user to Remote Management Users on the host, or set configuration_name to one that the user may use.",
    ),
    TIMED_OUT: Outcome(Unreachable, "the host did not answer within the operation timeout", RETRY, True),
    SHELL_GONE: Outcome(Unreachable, "the session is gone from the host", RETRY, True),
    2150858811: Outcome(  # ERROR_WSMAN_INVALID_RESOURCE_URI
        PrerequisiteError,
        "the host has no such session configuration",
        "Set configuration_name to one that `Get-PSSessionConfiguration` lists on the host.",
    ),
    2150859180: Outcome(  # ERROR_WSMAN_REMOTESHELLS_NOT_ALLOWED
        PrerequisiteError,
        "the host allows no remote shells",
        "Allow them on the host: WSMan:\\localhost\\Shell\\AllowRemoteShellAccess.",
    ),
    2150859204: Outcome(  # ERROR_WINRS_SHELL_DISCONNECTED
        Unreachable,
        "the session on the host is disconnected",
        RETRY,
        True,
    ),
    ABORTED: Outcome(Unreachable, "the host aborted the operation", RETRY, True),
} | dict.fromkeys(
    # ERROR_WSMAN_QUOTA_*: LIMIT, MAX_SHELLS, MAX_OPERATIONS, USER, SYSTEM, MAX_SHELLUSERS and the plug-ins' seven
    (2150858815, *range(2150859173, 2150859177), 2150859179, *range(2150859236, 2150859243)),
    Outcome(Unreachable, "the host's quota of sessions or operations is used up", _QUOTA, True),
)


def refuses(code: object) -> bool:
    """Tell whether a fault says that the host did not begin what it was asked for.

    One that came too late or broke off says nothing of that, and neither does one that psbridge does not know (inferred).
    """
    return code in _CODES.keys() - {TIMED_OUT, ABORTED}


def wsman_fault(error: BaseException, where: Where) -> Outcome:
    """Say what a SOAP fault means by its code, and what the host says of it."""
    args = (*error.args, None, None, None, None, None, None)
    code, reason, detail = args[0], args[2], args[5]
    said = f" (WSMan fault {bounded(code, 40)}: {bounded(detail or reason or 'no reason given')})"
    known = _CODES.get(code) if isinstance(code, int) else None
    if known is None:
        return Outcome(Unreachable, f"the host refused to {where.doing}{said}", RETRY, True)
    return replace(known, message=known.message + said)


def not_wsman(error: BaseException, where: Where) -> Outcome:
    """Say that an answer is no WSMan: a wrong address, unless the host has spoken it before."""
    if where.spoke:
        return Outcome(Unreachable, f"the host's answer is garbled: {bounded(error)}", RETRY, True)
    return Outcome(Unreachable, f"the host's answer is not WSMan: {bounded(error)}", "Check host, port and path.")
