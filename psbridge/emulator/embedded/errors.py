"""Error records as PowerShell 7.6.9 makes them: one function a kind of error.

Ids, categories, messages, exception types and the order of their properties are measured on PowerShell 7.6.9 unless a
function says that they are inferred. Stack traces are cut to their first frame.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from http import HTTPStatus

from psbridge.emulator.embedded.dialect import Cmdlet
from psbridge.emulator.embedded.values import Net, NetDict, Raw, Value

_SYSTEM = ("System.Exception", "System.Object")
_RUNTIME = ("System.Management.Automation.RuntimeException", "System.SystemException", *_SYSTEM)
_BINDING = ("System.Management.Automation.ParameterBindingException", *_RUNTIME)
_PLAIN_HRESULT = -2146233088  # COR_E_EXCEPTION
_SYSTEM_HRESULT = -2146233087  # COR_E_SYSTEM
_INVALID_OPERATION_HRESULT = -2146233079  # COR_E_INVALIDOPERATION
_ENGINE = "System.Management.Automation"


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
class Thrown:
    """Where an exception was thrown: the method as TargetSite shows it, and the innermost frame of the stack."""

    site: str
    frame: str


@dataclass(frozen=True, slots=True)
class NetException:
    """An exception.

    Attributes:
        first: the properties that stand before `TargetSite`, in order; `Message` is added if it is not among them.
        hresult: the number that names the kind of exception.
    """

    types: tuple[str, ...]
    message: str
    first: Mapping[str, Value] = field(default_factory=dict)
    thrown: Thrown | None = None
    hresult: int = _SYSTEM_HRESULT
    inner: NetException | None = None

    def to_net(self) -> Net:
        """Return it as an object."""
        trace = f"   at {self.thrown.frame}" if self.thrown else None
        inner = replace(self.inner.to_net(), whole=True) if self.inner else None
        caused = f"\n ---> {inner.text}\n   --- End of inner exception stack trace ---" if inner else ""
        rest: dict[str, Value] = {"TargetSite": self.thrown.site if self.thrown else None}
        if "Message" not in self.first:
            rest["Message"] = self.message
        rest |= {
            "Data": NetDict(("System.Collections.ListDictionaryInternal", "System.Object")),
            "InnerException": inner,
            "HelpLink": None,
            "Source": _ENGINE if self.thrown else None,
            "HResult": self.hresult,
            "StackTrace": trace,
        }
        text = f"{self.types[0]}: {self.message}{caused}" + (f"\n{trace}" if trace else "")
        return Net(self.types, text, {**self.first, **rest})


@dataclass(frozen=True, slots=True)
class ErrorRecord:
    """An error record.

    Attributes:
        error_id: the fully qualified error id.
        target: the target object; `target_name` and `target_type` are what the category shows of it.
        cmdlet: the cmdlet that failed, None where none was found.
        bound: whether its parameters were bound, so that the invocation has a name.
        written: whether the cmdlet wrote it itself (WriteError).
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
        return self.cmdlet.name if self.cmdlet else ""

    def contain(self) -> ErrorRecord:
        """Return the record as it is written for a failed statement that others follow."""
        types = ("System.Management.Automation.ParentContainsErrorRecordException", "System.SystemException", *_SYSTEM)
        exception = NetException(types, self.message, {"Message": self.message})
        return replace(self, exception=exception, contained=True)


class Terminate(Exception):
    """The statement ends with this record."""

    def __init__(self, record: ErrorRecord) -> None:
        super().__init__(record.message)
        self.record = record


class ActionStop(Terminate):
    """The whole pipeline ends with this record: -ErrorAction Stop."""


def _engine_exception(
    name: str, message: str, first: Mapping[str, Value] | None = None, thrown: Thrown | None = None
) -> NetException:
    """Return a RuntimeException or a class derived from it."""
    own = f"{_ENGINE}.{name}"
    types = _RUNTIME if own == _RUNTIME[0] else (own, *_RUNTIME)
    properties: dict[str, Value] = {"ErrorRecord": message, **(first or {}), "WasThrownFromThrowStatement": False}
    return NetException(types, message, properties, thrown)


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
_AUTOLOAD = Thrown(
    "System.Management.Automation.CommandInfo TryModuleAutoLoading(System.String, "
    "System.Management.Automation.ExecutionContext, System.String, System.Management.Automation.CommandOrigin, "
    "System.Exception ByRef)",
    "System.Management.Automation.CommandDiscovery.TryModuleAutoLoading(String commandName, ExecutionContext context, "
    "String originalCommandName, CommandOrigin commandOrigin, Exception& exception)",
)


def unknown_command(name: str, asked_by: Cmdlet | None = None) -> ErrorRecord:
    """There is no such command; `asked_by` is Get-Command where that was asked for it."""
    message = _UNKNOWN.format(name)
    thrown = None if asked_by else _LOOKUP
    exception = _engine_exception("CommandNotFoundException", message, {"CommandName": name}, thrown)
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
    exception = _engine_exception("CommandNotFoundException", message, {"CommandName": name}, _AUTOLOAD)
    return ErrorRecord(exception, "CouldNotAutoLoadModule", Category.ObjectNotFound, name, name, "String")


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
    exception = NetException(("System.Management.Automation.ParseException", *_RUNTIME), message, first, thrown)
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
    exception = _engine_exception("RuntimeException", message, thrown=thrown)
    return ErrorRecord(exception, "VariableReferenceNotSupportedInDataSection", Category.InvalidOperation)


def stopped() -> ErrorRecord:
    """The pipeline was stopped."""
    thrown = Thrown("Void Throw()", "System.Management.Automation.PipelineStoppedException.Throw()")
    exception = _engine_exception("PipelineStoppedException", "The pipeline has been stopped.", thrown=thrown)
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
    exception = _engine_exception("Host.HostException", message, thrown=thrown)
    return ErrorRecord(
        exception,
        f"HostFunctionNotImplemented,{cmdlet.implementing_type}",
        Category.NotImplemented,
        cmdlet=cmdlet,
    )


def not_emulated(what: str, cmdlet: Cmdlet | None = None) -> ErrorRecord:
    """A real host could do it and this one can't; the id is the emulator's own."""
    message = f"psbridge's embedded engine does not emulate {what}. A real engine does: psbridge emulate --engine pwsh."
    exception = _engine_exception("PSNotImplementedException", message)
    suffix = f",{cmdlet.implementing_type}" if cmdlet else ""
    return ErrorRecord(exception, f"PsbridgeNotEmulated{suffix}", Category.NotImplemented, what, what, "String", cmdlet)


_SITES = {
    "named": Thrown(
        "Void VerifyArgumentsProcessed(System.Management.Automation.ParameterBindingException)",
        "System.Management.Automation.CmdletParameterBinderController.VerifyArgumentsProcessed("
        "ParameterBindingException originalBindingException)",
    ),
    "match": Thrown(
        "System.Management.Automation.MergedCompiledCommandParameter GetMatchingParameter(System.String, Boolean, "
        "Boolean, System.Management.Automation.InvocationInfo)",
        "System.Management.Automation.MergedCommandParameterMetadata.GetMatchingParameter(String name, "
        "Boolean throwOnParameterNotFound, Boolean tryExactMatching, InvocationInfo invocationInfo)",
    ),
    "coerce": Thrown(
        "System.Object CoerceTypeAsNeeded(System.Management.Automation.CommandParameterInternal, System.String, "
        "System.Type, System.Management.Automation.ParameterCollectionTypeInformation, System.Object)",
        "System.Management.Automation.ParameterBinderBase.CoerceTypeAsNeeded(CommandParameterInternal argument, "
        "String parameterName, Type toType, ParameterCollectionTypeInformation collectionTypeInfo, "
        "Object currentValue)",
    ),
    "bind": Thrown(
        "Boolean BindParameter(System.Management.Automation.CommandParameterInternal, "
        "System.Management.Automation.CompiledCommandParameter, "
        "System.Management.Automation.ParameterBindingFlags)",
        "System.Management.Automation.ParameterBinderBase.BindParameter(CommandParameterInternal parameter, "
        "CompiledCommandParameter parameterMetadata, ParameterBindingFlags flags)",
    ),
    "twice": Thrown(
        "System.Collections.ObjectModel.Collection`1[System.Management.Automation.CommandParameterInternal] "
        "BindNamedParameters(UInt32, System.Collections.ObjectModel.Collection`1"
        "[System.Management.Automation.CommandParameterInternal])",
        "System.Management.Automation.ParameterBinderController.BindNamedParameters(UInt32 parameterSets, "
        "Collection`1 arguments)",
    ),
    "missing": Thrown(
        "System.Collections.Generic.Dictionary`2[System.String,System.Management.Automation.PSObject] "
        "PromptForMissingMandatoryParameters(System.Collections.ObjectModel.Collection`1"
        "[System.Management.Automation.Host.FieldDescription], System.Collections.ObjectModel.Collection`1"
        "[System.Management.Automation.MergedCompiledCommandParameter])",
        "System.Management.Automation.CmdletParameterBinderController.PromptForMissingMandatoryParameters("
        "Collection`1 fieldDescriptionList, Collection`1 missingMandatoryParameters)",
    ),
    "remaining": Thrown(
        "Void HandleRemainingArguments()",
        "System.Management.Automation.CmdletParameterBinderController.HandleRemainingArguments()",
    ),
    "validate": Thrown(
        "Void ValidateNullOrEmptyArgument(System.Management.Automation.CommandParameterInternal, "
        "System.Management.Automation.CompiledCommandParameter, System.Type, System.Object, Boolean)",
        "System.Management.Automation.ParameterBinderBase.ValidateNullOrEmptyArgument("
        "CommandParameterInternal parameter, CompiledCommandParameter parameterMetadata, Type argumentType, "
        "Object parameterValue, Boolean recurseIntoCollections)",
    ),
}


def binding(
    cmdlet: Cmdlet,
    error_id: str,
    message: str,
    *,
    site: str,
    name: str | None = None,
    wanted: str | None = None,
    given: str | None = None,
    category: Category = Category.InvalidArgument,
    kind: str = "ParameterBindingException",
    cause: NetException | None = None,
) -> ErrorRecord:
    """The arguments do not fit the cmdlet.

    Args:
        cmdlet: the cmdlet.
        error_id: the part before the comma.
        message: the sentence.
        site: where the binder found it, a key of the table above.
        name: the parameter.
        wanted: the parameter's type.
        given: the argument's type.
        category: the category.
        kind: the exception's short name.
        cause: the inner exception.
    """
    first: dict[str, Value] = {
        "Message": message,
        "ParameterName": name,
        "ParameterType": wanted,
        "TypeSpecified": given,
        "ErrorId": error_id,
        "Line": Raw("I64", "0"),
        "Offset": Raw("I64", "0"),
        "CommandInvocation": "System.Management.Automation.InvocationInfo",
        "ErrorRecord": message,
        "WasThrownFromThrowStatement": False,
    }
    own = f"{_ENGINE}.{kind}"
    types = _BINDING if own == _BINDING[0] else (own, *_BINDING)
    exception = NetException(types, message, first, _SITES[site], inner=cause)
    return ErrorRecord(exception, f"{error_id},{cmdlet.implementing_type}", category, cmdlet=cmdlet, bound=False)


def cast_failed(message: str) -> NetException:
    """The cause of a failed conversion."""
    types = ("System.Management.Automation.PSInvalidCastException", "System.InvalidCastException")
    first: dict[str, Value] = {"ErrorRecord": message}
    return NetException((*types, "System.SystemException", *_SYSTEM), message, first, hresult=-2147467262)


def not_settable(message: str) -> NetException:
    """The cause of a parameter that refuses its value when it is set."""
    names = ("SetValueInvocationException", "SetValueException", "ExtendedTypeSystemException")
    types = (*(f"{_ENGINE}.{name}" for name in names), *_RUNTIME)
    return NetException(types, message, {"ErrorRecord": message, "WasThrownFromThrowStatement": False})


def invalid_value(message: str) -> NetException:
    """The cause of a failed validation."""
    types = (
        "System.Management.Automation.ValidationMetadataException",
        "System.Management.Automation.MetadataException",
    )
    return NetException((*types, *_RUNTIME), message, {"ErrorRecord": message, "WasThrownFromThrowStatement": False})


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
    runtime = "Microsoft.Azure.PowerShell.Cmdlets.BackupAdmin.Runtime."
    types = (f"{runtime}UndeclaredResponseException", f"{runtime}RestException", *_SYSTEM)
    return ErrorRecord(
        NetException(types, message, first, hresult=_PLAIN_HRESULT),
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
        (*types, "System.SystemException", *_SYSTEM),
        message,
        {"ErrorRecord": message},
        hresult=_INVALID_OPERATION_HRESULT,
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
    exception = NetException(
        ("Azure.Identity.AuthenticationFailedException", *_SYSTEM), message, hresult=_PLAIN_HRESULT
    )
    return ErrorRecord(exception, cmdlet.implementing_type, Category.CloseError, cmdlet=cmdlet, written=True)


def wrong_input(cmdlet: Cmdlet, error_id: str, message: str) -> ErrorRecord:
    """An argument bound, but means nothing here; ids are the emulator's choice (inferred)."""
    types = ("System.Management.Automation.PSArgumentException", "System.ArgumentException")
    exception = NetException(
        (*types, "System.SystemException", *_SYSTEM), message, {"ErrorRecord": message}, hresult=-2147024809
    )
    return ErrorRecord(
        exception,
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
