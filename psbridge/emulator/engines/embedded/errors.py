"""The engine's own errors as PowerShell 7.6.9 makes them: one function a kind of error.

Ids, categories, messages, exception types and the order of their properties are measured on PowerShell 7.6.9 unless a
function says that they are inferred. Stack traces are cut to their first frame.
"""

from __future__ import annotations

from typing import Final

from psbridge.emulator.engines.dialect import Cmdlet
from psbridge.emulator.engines.dialect.core import NAME as CORE_MODULE
from psbridge.emulator.engines.embedded.error_record import Category, ErrorRecord
from psbridge.emulator.engines.embedded.exceptions import (
    AUTOMATION,
    PLAIN_HRESULT,
    RUNTIME,
    SYSTEM,
    SYSTEM_HRESULT,
    NetException,
    Thrown,
    engine_exception,
    not_implemented,
)
from psbridge.emulator.engines.embedded.values import Value
from psbridge.values import replace

ENGINE: Final = "--engine pwsh"
"""What runs a real engine, in NoLanguage mode, with the commands of the dialect visible."""
WHOLE_ENGINE: Final = f"{ENGINE} --unsafe-full-language"
"""What runs one with all that PowerShell has."""

_UNKNOWN = (
    "The term '{}' is not recognized as a name of a cmdlet, function, script file, or executable program.\n"
    "Check the spelling of the name, or if a path was included, verify that the path is correct and try again."
)
_LOOKUP = Thrown(
    "System.Management.Automation.CommandInfo LookupCommandInfo(System.String, "
    "System.Management.Automation.CommandTypes, System.Management.Automation.SearchResolutionOptions, "
    "System.Management.Automation.CommandOrigin, System.Management.Automation.ExecutionContext)",
    "System.Management.Automation.CommandDiscovery.LookupCommandInfo(String commandName, CommandTypes commandTypes, "
    "SearchResolutionOptions searchResolutionOptions, CommandOrigin commandOrigin, ExecutionContext context)",
)
_HIDDEN = Thrown(
    "Void ShouldRun(System.Management.Automation.ExecutionContext, System.Management.Automation.Host.PSHost, "
    "System.Management.Automation.CommandInfo, System.Management.Automation.CommandOrigin)",
    "System.Management.Automation.CommandDiscovery.ShouldRun(ExecutionContext context, PSHost host, "
    "CommandInfo commandInfo, CommandOrigin commandOrigin)",
)
_AUTOLOAD = Thrown(
    "System.Management.Automation.CommandInfo TryModuleAutoLoading(System.String, "
    "System.Management.Automation.ExecutionContext, System.String, System.Management.Automation.CommandOrigin, "
    "System.Exception ByRef)",
    "System.Management.Automation.CommandDiscovery.TryModuleAutoLoading(String commandName, ExecutionContext context, "
    "String originalCommandName, CommandOrigin commandOrigin, Exception& exception)",
)
_AUTODISCOVER = Thrown(
    "System.Management.Automation.CommandInfo TryModuleAutoDiscovery(System.String, "
    "System.Management.Automation.ExecutionContext, System.String, System.Management.Automation.CommandOrigin, "
    "System.Management.Automation.SearchResolutionOptions, System.Management.Automation.CommandTypes, "
    "System.Exception ByRef)",
    "System.Management.Automation.CommandDiscovery.TryModuleAutoDiscovery(String commandName, "
    "ExecutionContext context, String originalCommandName, CommandOrigin commandOrigin, "
    "SearchResolutionOptions searchResolutionOptions, CommandTypes commandTypes, Exception& lastError)",
)


def unknown_command(name: str, asked_by: Cmdlet | None = None, *, hidden: bool = False) -> ErrorRecord:
    """The command does not exist or is hidden; `asked_by` is Get-Command if that searched for it."""
    message = _UNKNOWN.format(name)
    thrown = None if asked_by else _HIDDEN if hidden else _LOOKUP
    exception = engine_exception("CommandNotFoundException", message, {"CommandName": name}, thrown)
    suffix = f",{asked_by.implementing_type}" if asked_by else ""
    return ErrorRecord(
        exception,
        f"CommandNotFoundException{suffix}",
        Category.ObjectNotFound,
        name,
        name,
        "String",
        asked_by,
        written=asked_by is not None,
    )


def unknown_module(name: str, module: str) -> ErrorRecord:
    """The command's name has a module that is not there."""
    message = f"The module '{module}' could not be loaded. For more information, run 'Import-Module {module}'."
    exception = engine_exception("CommandNotFoundException", message, {"CommandName": name}, _AUTOLOAD)
    return ErrorRecord(exception, "CouldNotAutoLoadModule", Category.ObjectNotFound, name, name, "String")


def module_broken(name: str, module: str) -> ErrorRecord:
    """The command is found in a module that can't be loaded, because another that it needs is not installed."""
    message = (
        f"The '{name}' command was found in the module '{module}', but the module could not be loaded. "
        f"For more information, run 'Import-Module {module}'."
    )
    exception = engine_exception("CommandNotFoundException", message, {"CommandName": name}, _AUTODISCOVER)
    return ErrorRecord(exception, "CouldNotAutoloadMatchingModule", Category.ObjectNotFound, name, name, "String")


def no_scripts(text: str) -> ErrorRecord:
    """A script in NoLanguage mode."""
    message = "The syntax is not supported by this runspace. This can occur if the runspace is in no-language mode."
    thrown = Thrown(
        "System.Management.Automation.CommandProcessorBase CreateCommandProcessor("
        "System.Management.Automation.ExecutionContext, Boolean, System.Management.Automation.CommandOrigin)",
        "System.Management.Automation.Runspaces.Command.CreateCommandProcessor(ExecutionContext executionContext, "
        "Boolean addToHistory, CommandOrigin origin)",
    )
    first: dict[str, Value] = {
        "Errors": None,
        "Message": message,
        "ErrorRecord": message,
        "WasThrownFromThrowStatement": False,
    }
    exception = NetException(("System.Management.Automation.ParseException", *RUNTIME), message, first, thrown)
    return ErrorRecord(exception, "ScriptsNotAllowed", Category.ParserError, text, text, "String")


def no_variables() -> ErrorRecord:
    """A common parameter that names a variable, in NoLanguage mode."""
    message = (
        "A variable that cannot be referenced in restricted language mode or a Data section is being referenced. "
        "Variables that can be referenced include the following: $PSCulture, $PSUICulture, $true, $false, $null."
    )
    thrown = Thrown(
        "Void EnsureVariableParameterAllowed()",
        "System.Management.Automation.MshCommandRuntime.EnsureVariableParameterAllowed()",
    )
    exception = engine_exception("RuntimeException", message, thrown=thrown)
    return ErrorRecord(exception, "VariableReferenceNotSupportedInDataSection", Category.InvalidOperation)


def stopped() -> ErrorRecord:
    """The pipeline was stopped."""
    thrown = Thrown("Void Throw()", "System.Management.Automation.PipelineStoppedException.Throw()")
    exception = engine_exception("PipelineStoppedException", "The pipeline has been stopped.", thrown=thrown)
    return ErrorRecord(exception, "PipelineStopped", Category.OperationStopped)


def cannot_prompt(cmdlet: Cmdlet, question: str) -> ErrorRecord:
    """A cmdlet had to ask, and the client brought no host."""
    message = (
        "A command that prompts the user failed because the host program or the command type does not support user "
        "interaction. The host was attempting to request confirmation with the following message: " + question
    )
    thrown = Thrown(
        "Void ThrowPromptNotInteractive(System.String)",
        "System.Management.Automation.Internal.Host.InternalHostUserInterface.ThrowPromptNotInteractive("
        "String promptMessage)",
    )
    exception = engine_exception("Host.HostException", message, thrown=thrown)
    return ErrorRecord(
        exception,
        f"HostFunctionNotImplemented,{cmdlet.implementing_type}",
        Category.NotImplemented,
        cmdlet=cmdlet,
    )


def warning_stops(cmdlet: Cmdlet, text: str) -> ErrorRecord:
    """A warning under -WarningAction Stop, or `$WarningPreference` Stop."""
    message = (
        'The running command stopped because the preference variable "WarningPreference" or common parameter is set to '
        f"Stop: {text}"
    )
    thrown = Thrown(
        "Void Throw()", "System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw()", "System.Private.CoreLib"
    )
    exception = engine_exception("ActionPreferenceStopException", message, thrown=thrown)
    return ErrorRecord(
        exception, f"ActionPreferenceStop,{cmdlet.implementing_type}", Category.OperationStopped, cmdlet=cmdlet
    )


def not_emulated(what: str, cmdlet: Cmdlet | None = None, *, real: str = "") -> ErrorRecord:
    """A real host could do it and this one can't; the id is the emulator's own.

    Args:
        what: a description of the missing feature.
        cmdlet: what was to do it.
        real: how a real engine is run that does it; empty for none but, of PowerShell's own cmdlets, `ENGINE`: of the
            others the pwsh engine has stand-ins, which do no more.
    """
    if cmdlet is not None and cmdlet.module == CORE_MODULE:
        real = real or ENGINE
    message = f"psbridge does not emulate {what}."
    if real:
        message = f"psbridge's embedded engine does not emulate {what}. A real engine does: psbridge emulate {real}."
    exception = not_implemented(message)
    suffix = f",{cmdlet.implementing_type}" if cmdlet else ""
    return ErrorRecord(exception, f"PsbridgeNotEmulated{suffix}", Category.NotImplemented, what, what, "String", cmdlet)


def emulated_nowhere(cmdlet: Cmdlet) -> ErrorRecord:
    """A command that a host shows and no engine emulates; the id is the emulator's own."""
    exception = not_implemented(f"psbridge does not emulate {cmdlet.name}.", by_cmdlet=True)
    error_id = f"PsbridgeNotEmulated,{cmdlet.implementing_type}"
    return ErrorRecord(
        exception, error_id, Category.NotImplemented, cmdlet.name, cmdlet.name, "String", cmdlet, thrown=True
    )


def internal(error: Exception) -> ErrorRecord:
    """A bug of the emulator; the id is its own."""
    message = f"psbridge's embedded engine met a bug of its own: {type(error).__name__}: {error}"
    return ErrorRecord(engine_exception("RuntimeException", message), "PsbridgeInternalError", Category.NotSpecified)


# Of functions, whose bodies are scripts: measured with functions in the place of the AzureRM module's.
_CHECKED = Thrown(
    "Void CheckActionPreference(System.Management.Automation.Language.FunctionContext, System.Exception)",
    "System.Management.Automation.ExceptionHandlingOps.CheckActionPreference(FunctionContext funcContext, "
    "Exception exception)",
)


def cannot_prompt_in_script(method: str, question: str, ended: Cmdlet | None = None) -> ErrorRecord:
    """A function had to prompt, and the client has no host: an error of its script, which continues (measured).

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
    bases = (f"{AUTOMATION}.MethodException", f"{AUTOMATION}.ExtendedTypeSystemException")
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
