"""Errors of the parameter binder (measured on PowerShell 7.6.9)."""

from __future__ import annotations

from psbridge.emulator.engines.dialect import Cmdlet
from psbridge.emulator.engines.embedded.error_record import Category, ErrorRecord
from psbridge.emulator.engines.embedded.exceptions import AUTOMATION, BINDING, NetException, Thrown
from psbridge.emulator.engines.embedded.values import Raw, Value

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
    "sets": Thrown(
        "Void ThrowAmbiguousParameterSetException(UInt32, System.Management.Automation.MergedCommandParameterMetadata)",
        "System.Management.Automation.CmdletParameterBinderController.ThrowAmbiguousParameterSetException("
        "UInt32 parameterSetFlags, MergedCommandParameterMetadata bindableParameters)",
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
    """The arguments do not fit the cmdlet: `site`, a key of the table above, is where the binder found it."""
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
    own = f"{AUTOMATION}.{kind}"
    types = BINDING if own == BINDING[0] else (own, *BINDING)
    exception = NetException(types, message, first, _SITES[site], inner=cause)
    return ErrorRecord(exception, f"{error_id},{cmdlet.implementing_type}", category, cmdlet=cmdlet, bound=False)
