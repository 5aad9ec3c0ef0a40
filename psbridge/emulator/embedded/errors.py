"""Error records as PowerShell 7.6.9 makes them: one function a kind of error.

Ids, categories, messages, exception types and the order of their properties are measured on PowerShell 7.6.9 unless a
function says that they are inferred. Stack traces are cut to their first frame.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum
from http import HTTPStatus

from psbridge.emulator.dialect import Cmdlet
from psbridge.emulator.embedded.exceptions import (
    INVALID_OPERATION_HRESULT,
    PLAIN_HRESULT,
    RUNTIME,
    SYSTEM,
    NetException,
    Thrown,
    argument_exception,
    engine_exception,
    not_implemented,
)
from psbridge.emulator.embedded.values import Net, Value


class Category(IntEnum):
    """ErrorCategory, by number; the name is the first word of the category's message."""

    NotSpecified = 0
    CloseError = 2
    InvalidArgument = 5
    InvalidData = 6
    InvalidOperation = 7
    MetadataError = 10
    NotImplemented = 11
    ObjectNotFound = 13
    OperationStopped = 14
    ParserError = 17
    WriteError = 23


@dataclass(frozen=True, slots=True)
class ErrorRecord:
    """An error record.

    Attributes:
        error_id: the fully qualified error id.
        target: the target object; `target_name` and `target_type` are what the category shows of it.
        cmdlet: the cmdlet that failed, None where none was found.
        bound: whether its parameters were bound, so that the invocation has a name.
        written: whether the cmdlet wrote it itself (WriteError).
        thrown: whether the cmdlet ended itself with it (ThrowTerminatingError).
        in_script: whether it arose in a script, so that it has an invocation although no cmdlet failed.
        activity_name: what the category says was done, where that is not the cmdlet's name.
        contained: whether the exception was replaced, as happens to a statement that is not the last.
    """

    exception: NetException
    error_id: str
    category: Category
    target: Value = None
    target_name: str = ""
    target_type: str = ""
    cmdlet: Cmdlet | None = None
    bound: bool = True
    written: bool = False
    thrown: bool = False
    in_script: bool = False
    activity_name: str = ""
    contained: bool = False

    @property
    def message(self) -> str:
        """What a person sees."""
        return self.exception.message

    @property
    def reason(self) -> str:
        """The exception's short type name."""
        return self.exception.types[0].rpartition(".")[2]

    @property
    def activity(self) -> str:
        """The cmdlet's name."""
        return self.activity_name or (self.cmdlet.name if self.cmdlet else "")

    def contain(self) -> ErrorRecord:
        """Return the record as it is written for a failed statement that others follow."""
        if self.thrown:
            return self
        types = ("System.Management.Automation.ParentContainsErrorRecordException", "System.SystemException", *SYSTEM)
        exception = NetException(types, self.message, {"Message": self.message})
        return replace(self, exception=exception, contained=True)


class Terminate(Exception):
    """The statement ends with this record."""

    def __init__(self, record: ErrorRecord) -> None:
        super().__init__(record.message)
        self.record = record


class ActionStop(Terminate):
    """The whole pipeline ends with this record: -ErrorAction Stop."""


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
    """There is no such command, or none that is shown; `asked_by` is Get-Command where that was asked for it."""
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


def not_emulated(what: str, cmdlet: Cmdlet | None = None) -> ErrorRecord:
    """A real host could do it and this one can't; the id is the emulator's own."""
    message = f"psbridge's embedded engine does not emulate {what}. A real engine does: psbridge emulate --engine pwsh."
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


def rest_failed(
    cmdlet: Cmdlet, status: int, body: str, code: str, message: str, request_id: str, target: Net
) -> ErrorRecord:
    """Azure Stack refused the call: the exception of the Az module's generated code, from its source.

    Args:
        cmdlet: the cmdlet that made the call.
        status: the HTTP status.
        body: the answer's body.
        code: `error.code` of the body, else the status word.
        message: `error.message` of the body.
        request_id: the header `x-ms-request-id`.
        target: the anonymous object that the module gives as target.
    """
    word = status_word(status)
    first: dict[str, Value] = {
        "StatusCode": word,
        "Code": code,
        "ResponseBody": body,
        "RequestId": request_id,
        "Message": message,
        "Action": "",
    }
    runtime = cmdlet.implementing_type.rpartition(".Cmdlets.")[0] + ".Runtime."
    types = (f"{runtime}UndeclaredResponseException", f"{runtime}RestException", *SYSTEM)
    return ErrorRecord(
        NetException(types, message, first, hresult=PLAIN_HRESULT),
        f"{word},{cmdlet.implementing_type}",
        Category.InvalidOperation,
        target,
        target.text or "",
        target.types[0].partition("[")[0],
        cmdlet,
        written=True,
    )


def not_signed_in(cmdlet: Cmdlet) -> ErrorRecord:
    """The session has no Azure context. Text and exception are Az's; id and category are inferred."""
    message = "Run Connect-AzAccount to login."
    types = ("System.Management.Automation.PSInvalidOperationException", "System.InvalidOperationException")
    exception = NetException(
        (*types, "System.SystemException", *SYSTEM),
        message,
        {"ErrorRecord": message},
        hresult=INVALID_OPERATION_HRESULT,
    )
    return ErrorRecord(
        exception,
        f"InvalidOperation,{cmdlet.implementing_type}",
        Category.InvalidOperation,
        cmdlet=cmdlet,
        written=True,
    )


def sign_in_refused(cmdlet: Cmdlet, application_id: str) -> ErrorRecord:
    """The service principal's secret is wrong. Exception and category are Az.Accounts'; all of it is inferred."""
    message = (
        "ClientSecretCredential authentication failed: AADSTS7000215: Invalid client secret is provided for the app "
        f"'{application_id}'."
    )
    exception = NetException(("Azure.Identity.AuthenticationFailedException", *SYSTEM), message, hresult=PLAIN_HRESULT)
    return ErrorRecord(exception, cmdlet.implementing_type, Category.CloseError, cmdlet=cmdlet, written=True)


def wrong_input(cmdlet: Cmdlet, error_id: str, message: str) -> ErrorRecord:
    """An argument bound, but means nothing here; ids are the emulator's choice (inferred)."""
    return ErrorRecord(
        argument_exception(message),
        f"{error_id},{cmdlet.implementing_type}",
        Category.InvalidArgument,
        cmdlet=cmdlet,
        written=True,
    )


def status_word(status: int) -> str:
    """Return the name that .NET's HttpStatusCode has for a status, the number itself if it has none."""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        return str(status)
    words = phrase.replace("-", " ").replace("'", "").split()
    return "".join(word[:1].upper() + word[1:].lower() if not word.isupper() else word for word in words)
