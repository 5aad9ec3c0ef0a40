"""Exceptions as PowerShell 7.6.9 serialises them, and the inner ones that its binder gives as causes (measured)."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from psbridge.emulator.engines.embedded.values import Net, NetDict, Value
from psbridge.values import replace

SYSTEM = ("System.Exception", "System.Object")
RUNTIME = ("System.Management.Automation.RuntimeException", "System.SystemException", *SYSTEM)
BINDING = ("System.Management.Automation.ParameterBindingException", *RUNTIME)
PLAIN_HRESULT = -2146233088  # COR_E_EXCEPTION
NOT_SUPPORTED_HRESULT = -2146233067  # COR_E_NOTSUPPORTED
NOT_IMPLEMENTED_HRESULT = -2147467263  # E_NOTIMPL
SYSTEM_HRESULT = -2146233087  # COR_E_SYSTEM
ARGUMENT_HRESULT = -2147024809  # COR_E_ARGUMENT
INVALID_OPERATION_HRESULT = -2146233079  # COR_E_INVALIDOPERATION
AUTOMATION = "System.Management.Automation"


class Thrown(msgspec.Struct, frozen=True):
    """Where an exception was thrown: the method as TargetSite shows it, the innermost frame of the stack, the assembly."""

    site: str
    frame: str
    source: str = AUTOMATION


class NetException(msgspec.Struct, frozen=True):
    """An exception.

    Attributes:
        first: the properties that stand before `TargetSite`, in order; `Message` is added if it is not among them.
    """

    types: tuple[str, ...]
    message: str
    first: Mapping[str, Value] = msgspec.field(default_factory=dict)
    thrown: Thrown | None = None
    hresult: int = SYSTEM_HRESULT
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
            "Source": self.thrown.source if self.thrown else None,
            "HResult": self.hresult,
            "StackTrace": trace,
        }
        text = f"{self.types[0]}: {self.message}{caused}" + (f"\n{trace}" if trace else "")
        return Net(self.types, text, {**self.first, **rest})


def engine_exception(
    name: str, message: str, first: Mapping[str, Value] | None = None, thrown: Thrown | None = None
) -> NetException:
    """Return a RuntimeException or a class derived from it."""
    own = f"{AUTOMATION}.{name}"
    types = RUNTIME if own == RUNTIME[0] else (own, *RUNTIME)
    properties: dict[str, Value] = {"ErrorRecord": message, **(first or {}), "WasThrownFromThrowStatement": False}
    return NetException(types, message, properties, thrown)


_CONVERT = "System.Management.Automation.LanguagePrimitives."
_CONVERTER = (
    "System.Object, System.Type, Boolean, System.Management.Automation.PSObject, System.IFormatProvider, "
    "System.Management.Automation.Runspaces.TypeTable"
)
_CONVERTER_FRAME = (
    "Object valueToConvert, Type resultType, Boolean recursion, PSObject originalValueToConvert, "
    "IFormatProvider formatProvider, TypeTable backupTable"
)


def argument_exception(message: str) -> NetException:
    """Return a PSArgumentException that names no parameter."""
    types = (f"{AUTOMATION}.PSArgumentException", "System.ArgumentException", "System.SystemException", *SYSTEM)
    first: dict[str, Value] = {"ErrorRecord": message, "Message": message, "ParamName": None}
    return NetException(types, message, first, hresult=ARGUMENT_HRESULT)


def not_implemented(message: str, *, by_cmdlet: bool = False) -> NetException:
    """Return a PSNotImplementedException; `by_cmdlet` where a command of the host ends itself with it."""
    thrown = Thrown(
        "Void ThrowTerminatingError(System.Management.Automation.ErrorRecord)",
        "System.Management.Automation.MshCommandRuntime.ThrowTerminatingError(ErrorRecord errorRecord)",
    )
    types = (
        f"{AUTOMATION}.PSNotImplementedException",
        "System.NotImplementedException",
        "System.SystemException",
        *SYSTEM,
    )
    first: dict[str, Value] = {"ErrorRecord": message}
    return NetException(types, message, first, thrown if by_cmdlet else None, NOT_IMPLEMENTED_HRESULT)


def not_supported() -> NetException:
    """Return the cause of a list where one text is wanted."""
    thrown = Thrown(
        "System.Object CoerceTypeAsNeeded(System.Management.Automation.CommandParameterInternal, System.String, "
        "System.Type, System.Management.Automation.ParameterCollectionTypeInformation, System.Object)",
        "System.Management.Automation.ParameterBinderBase.CoerceTypeAsNeeded(CommandParameterInternal argument, "
        "String parameterName, Type toType, ParameterCollectionTypeInformation collectionTypeInfo, "
        "Object currentValue)",
    )
    types = ("System.NotSupportedException", "System.SystemException", *SYSTEM)
    message = "Specified method is not supported."
    return NetException(types, message, thrown=thrown, hresult=NOT_SUPPORTED_HRESULT)


def _cast_failed(message: str, thrown: Thrown, inner: NetException | None = None) -> NetException:
    types = (f"{AUTOMATION}.PSInvalidCastException", "System.InvalidCastException", "System.SystemException", *SYSTEM)
    return NetException(types, message, {"ErrorRecord": message}, thrown, hresult=-2147467262, inner=inner)


def no_integer(text: str) -> NetException:
    """Return the cause for a text that is not an Int32."""
    why = f"The input string '{text}' was not in a correct format."
    parse = Thrown(
        "Void ThrowFormatException[TChar](System.ReadOnlySpan`1[TChar])",
        "System.Number.ThrowFormatException[TChar](ReadOnlySpan`1 value)",
        "System.Private.CoreLib",
    )
    types = ("System.FormatException", "System.SystemException", *SYSTEM)
    inner = NetException(types, why, thrown=parse, hresult=-2146233033)
    thrown = Thrown(
        f"System.Object ConvertStringToInteger({_CONVERTER})",
        f"{_CONVERT}ConvertStringToInteger({_CONVERTER_FRAME})",
    )
    return _cast_failed(f'Cannot convert value "{text}" to type "System.Int32". Error: "{why}"', thrown, inner)


def not_transformed(cause: NetException) -> NetException:
    """Return the cause of a text that a function's typed parameter can't become."""
    thrown = Thrown(
        "System.Object Transform(System.Management.Automation.EngineIntrinsics, System.Object, Boolean, Boolean)",
        "System.Management.Automation.ArgumentTypeConverterAttribute.Transform(EngineIntrinsics engineIntrinsics, "
        "Object inputData, Boolean bindingParameters, Boolean bindingScriptCmdlet)",
    )
    outer = engine_exception("ArgumentTransformationMetadataException", cause.message, thrown=thrown)
    return replace(outer, types=(outer.types[0], f"{AUTOMATION}.MetadataException", *RUNTIME), inner=cause)


def no_such_word(text: str, type_name: str, words: tuple[str, ...]) -> NetException:
    """Return the cause for a text that is not a value of an enum."""
    why = (
        f"Unable to match the identifier name {text} to a valid enumerator name. Specify one of the following "
        f"enumerator names and try again:\n{', '.join(words)}"
    )
    match = Thrown(
        "System.String EnumDisambiguate(System.String, System.Type)",
        "System.Management.Automation.EnumMinimumDisambiguation.EnumDisambiguate(String text, Type enumType)",
    )
    inner = engine_exception("RuntimeException", why, thrown=match)
    thrown = Thrown(
        f"System.Object ConvertStringToEnum({_CONVERTER})", f"{_CONVERT}ConvertStringToEnum({_CONVERTER_FRAME})"
    )
    return _cast_failed(f'Cannot convert value "{text}" to type "{type_name}". Error: "{why}"', thrown, inner)


def no_such_number(text: str, type_name: str, words: tuple[str, ...]) -> NetException:
    """Return the cause of a number that an enum does not have."""
    message = (
        f'Cannot convert value "{text}" to type "{type_name}" due to enumeration values that are not valid. '
        "Specify one of the following enumeration values and try again. The possible enumeration values are "
        f'"{",".join(words)}".'
    )
    thrown = Thrown(
        "Void ThrowForUndefinedEnum(System.String, System.Object, System.Object, System.Type)",
        f"{_CONVERT}EnumSingleTypeConverter.ThrowForUndefinedEnum(String errorId, Object enumValue, "
        "Object valueToUseToThrow, Type enumType)",
    )
    return _cast_failed(message, thrown)


def not_settable(name: str, why: str) -> NetException:
    """Return the cause of a parameter that refuses its value when it is set."""
    setter = Thrown(
        f"Void set_{name}(System.Management.Automation.ActionPreference)",
        f"System.Management.Automation.MshCommandRuntime.set_{name}(ActionPreference value)",
    )
    types = (f"{AUTOMATION}.PSNotSupportedException", "System.NotSupportedException", "System.SystemException", *SYSTEM)
    inner = NetException(types, why, {"ErrorRecord": why}, setter, NOT_SUPPORTED_HRESULT)
    thrown = Thrown(
        "Void BindParameter(System.String, System.Object, System.Management.Automation.CompiledCommandParameter)",
        "System.Management.Automation.ReflectionParameterBinder.BindParameter(String name, Object value, "
        "CompiledCommandParameter parameterMetadata)",
    )
    outer = engine_exception("SetValueInvocationException", f'Exception setting "{name}": "{why}"', thrown=thrown)
    bases = (f"{AUTOMATION}.SetValueException", f"{AUTOMATION}.ExtendedTypeSystemException")
    return replace(outer, types=(outer.types[0], *bases, *RUNTIME), inner=inner)


def invalid_value(message: str, *, attribute: str = "ValidateNotNullOrAttributeBase") -> NetException:
    """Return the cause of a failed validation by this attribute: ValidateSet and ValidateLength look at each element."""
    if attribute != "ValidateNotNullOrAttributeBase":
        thrown = Thrown(
            "Void ValidateElement(System.Object)",
            f"System.Management.Automation.{attribute}.ValidateElement(Object element)",
        )
    else:
        thrown = Thrown(
            "Void Validate(System.Object, System.Management.Automation.EngineIntrinsics)",
            "System.Management.Automation.ValidateNotNullOrAttributeBase.Validate(Object arguments, "
            "EngineIntrinsics engineIntrinsics)",
        )
    found = engine_exception("ValidationMetadataException", message, thrown=thrown)
    return replace(found, types=(found.types[0], f"{AUTOMATION}.MetadataException", *RUNTIME))
