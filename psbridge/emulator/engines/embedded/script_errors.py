"""Error records of functions, whose bodies are scripts: what they write themselves, and what their script meets.

Measured on PowerShell 7.6.9, with functions in the place of the AzureRM module's.
"""

from __future__ import annotations

from psbridge.emulator.engines.dialect import Cmdlet
from psbridge.emulator.engines.embedded.error_record import Category, ErrorRecord
from psbridge.emulator.engines.embedded.errors import cannot_prompt
from psbridge.emulator.engines.embedded.exceptions import (
    ENGINE,
    PLAIN_HRESULT,
    RUNTIME,
    SYSTEM,
    SYSTEM_HRESULT,
    NetException,
    Thrown,
    engine_exception,
)
from psbridge.values import replace

_CHECKED = Thrown(
    "Void CheckActionPreference(System.Management.Automation.Language.FunctionContext, System.Exception)",
    "System.Management.Automation.ExceptionHandlingOps.CheckActionPreference(FunctionContext funcContext, "
    "Exception exception)",
)


def cannot_prompt_in_script(method: str, question: str, ended: Cmdlet | None = None) -> ErrorRecord:
    """A function had to ask, and the client brought no host: an error of its script, which goes on (measured).

    Under -ErrorAction Stop it has `ended`, and the record names it.
    """
    refused = cannot_prompt(Cmdlet("", "", ""), question).exception
    message = f'Exception calling "{method}" with "2" argument(s): "{refused.message}"'
    thrown = Thrown(
        "Void ConvertToMethodInvocationException(System.Exception, System.Type, System.String, Int32, "
        "System.Reflection.MemberInfo)",
        "System.Management.Automation.ExceptionHandlingOps.ConvertToMethodInvocationException(Exception exception, "
        "Type typeToThrow, String methodName, Int32 numArgs, MemberInfo memberInfo)",
    )
    outer = engine_exception("MethodInvocationException", message, thrown=_CHECKED if ended else thrown)
    bases = (f"{ENGINE}.MethodException", f"{ENGINE}.ExtendedTypeSystemException")
    exception = replace(outer, types=(outer.types[0], *bases, *RUNTIME), inner=refused)
    error_id = f"HostException,{ended.implementing_type}" if ended else "HostException"
    return ErrorRecord(exception, error_id, Category.NotSpecified, cmdlet=ended, written=True, in_script=True)


def write_error(function: str, message: str, error_id: str | None = None) -> ErrorRecord:
    """A function of a script module wrote it with Write-Error; without an id from an exception of its own."""
    types = ("Microsoft.PowerShell.Commands.WriteErrorException", "System.SystemException", *SYSTEM)
    exception = NetException(
        types if error_id else SYSTEM, message, hresult=SYSTEM_HRESULT if error_id else PLAIN_HRESULT
    )
    return ErrorRecord(
        exception,
        f"{error_id or SYSTEM[0]},{function}",
        Category.NotSpecified,
        cmdlet=Cmdlet(function, "", function, kind="Function"),
        written=True,
        activity_name="Write-Error",
    )
