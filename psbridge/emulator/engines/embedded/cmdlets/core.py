"""Microsoft.PowerShell.Core as far as the dialect has it: ForEach-Object -MemberName, Get-Command, Get-Module."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from psbridge.emulator.engines.dialect import Cmdlet, Parameter
from psbridge.emulator.engines.dialect.core import NAME as CORE_MODULE
from psbridge.emulator.engines.dialect.model import ALL_SETS, SWITCH
from psbridge.emulator.engines.dialect.windows import MANAGEMENT, UTILITY
from psbridge.emulator.engines.embedded import errors
from psbridge.emulator.engines.embedded.command_runtime import CommandRuntime, Run
from psbridge.emulator.engines.embedded.error_record import Terminate
from psbridge.emulator.engines.embedded.syntax import definition, set_syntax
from psbridge.emulator.engines.embedded.values import (
    Net,
    NetDict,
    NetList,
    Raw,
    Value,
    enum,
    enumerate_value,
    generic,
    member,
    text_of,
)

_ENGINE = "System.Management.Automation, Version=7.6.0.500, Culture=neutral, PublicKeyToken=31bf3856ad364e35"
_CORELIB = "System.Private.CoreLib, Version=10.0.0.0, Culture=neutral, PublicKeyToken=7cec85d7bea7798e"
_AUTOMATION = "System.Management.Automation."
_COMMAND_INFO = (f"{_AUTOMATION}CommandInfo", "System.Object")
_COMMAND_TYPES = f"{_AUTOMATION}CommandTypes"
_OPTIONS = f"{_AUTOMATION}ScopedItemOptions"
_COMPILED = frozenset({CORE_MODULE, UTILITY.name, MANAGEMENT.name})
"""Modules without a script, whose session state is null."""
_COLLECTION = "System.Collections.ObjectModel.ReadOnlyCollection`1"


def _for_each(runtime: CommandRuntime, source: Iterator[Value]) -> Iterator[Value]:
    name = runtime.arguments.values["MemberName"]
    if any(sign in name for sign in "*?["):
        raise Terminate(errors.not_emulated("ForEach-Object -MemberName with a pattern", runtime.cmdlet))
    for item in source:
        target, action = f"InputObject: {text_of(item)}", f"Retrieve the value for property '{name}'"
        if runtime.should_process(target, action):
            yield from enumerate_value(member(item, name))


def _get_command(runtime: CommandRuntime, _source: Iterator[Value]) -> Iterator[Value]:
    asked = runtime.arguments.values.get("Name")
    if asked is None:
        return iter(_by_pattern(runtime, "*"))
    found: list[Value] = []
    for pattern in asked:
        if any(sign in pattern for sign in "*?["):
            found += _by_pattern(runtime, pattern)
            continue
        cmdlet = runtime.session.table.find(pattern)
        if cmdlet is None:
            runtime.error(errors.unknown_command(pattern, runtime.cmdlet))
        elif alias := _alias_of(cmdlet, pattern.rpartition("\\")[2]):
            if cmdlet.module == CORE_MODULE:
                raise Terminate(errors.not_emulated("Get-Command for an alias", runtime.cmdlet))
            found.append(_alias_info(runtime, cmdlet, alias))
        else:
            found.append(_command_info(runtime, cmdlet))
    return iter(found)  # errors come first: the cmdlet collects what it found (engine capture 7.6.9)


def _alias_of(cmdlet: Cmdlet, name: str) -> str | None:
    return next((alias for alias in cmdlet.aliases if alias.casefold() == name.casefold()), None)


def _by_pattern(runtime: CommandRuntime, pattern: str) -> list[Value]:
    """Return the commands that match a pattern: aliases come first, then functions, then cmdlets (measured)."""
    table = runtime.session.table
    known = sorted(table.exported(pattern), key=lambda cmdlet: (cmdlet.kind == "Cmdlet", cmdlet.name))
    pairs = ((alias, each) for each in table.commands() if each.module != CORE_MODULE for alias in each.aliases)
    matching = sorted(pair for pair in pairs if fnmatchcase(pair[0].casefold(), pattern.casefold()))
    aliases = (_alias_info(runtime, cmdlet, alias) for alias, cmdlet in matching)
    return [*aliases, *(_command_info(runtime, cmdlet) for cmdlet in known)]


def _alias_info(runtime: CommandRuntime, cmdlet: Cmdlet, alias: str) -> Net:
    """Return an AliasInfo (measured on PowerShell 7.6.9)."""
    props: dict[str, Value] = {
        "ReferencedCommand": cmdlet.name,
        "ResolvedCommand": cmdlet.name,
        "Definition": cmdlet.name,
        "Options": enum(_OPTIONS, "None", 0),
        "Description": "",
        "OutputType": _outputs(cmdlet),
        "Name": alias,
        "CommandType": enum(_COMMAND_TYPES, "Alias", 1),
        "Source": cmdlet.module,
        "Version": _version_of(runtime, cmdlet.module),
        "Visibility": enum("System.Management.Automation.SessionStateEntryVisibility", "Public", 0),
        "ModuleName": cmdlet.module,
        "Module": _module_info(runtime, cmdlet.module),
        "RemotingCapability": enum("System.Management.Automation.RemotingCapability", "PowerShell", 1),
        "Parameters": _parameters(cmdlet),
    }
    notes: dict[str, Value] = {
        "Namespace": cmdlet.module,
        "HelpUri": cmdlet.help_uri,
        "ResolvedCommandName": cmdlet.name,
        "DisplayName": f"{alias} -> {cmdlet.name}",
    }
    return Net((f"{_AUTOMATION}AliasInfo", *_COMMAND_INFO), alias, props, notes)


def _outputs(cmdlet: Cmdlet) -> NetList:
    kind = f"{_COLLECTION}[[System.Management.Automation.PSTypeName, {_ENGINE}]]"
    return NetList((kind, "System.Object"), list(cmdlet.output_types))


def _version_of(runtime: CommandRuntime, module: str) -> Raw:
    return Raw("Version", runtime.session.table.module(module).version)


def _command_info(runtime: CommandRuntime, cmdlet: Cmdlet) -> Net:
    """Return a CmdletInfo (properties as in engine capture 7.6.9) or a FunctionInfo (measured on PowerShell 7.6.9)."""
    verb, _, noun = cmdlet.name.partition("-")
    core = cmdlet.module == CORE_MODULE
    library = "System.Management.Automation.dll" if core else f"{cmdlet.module}.dll"
    shared: dict[str, Value] = {
        "Source": cmdlet.module,
        "Version": _version_of(runtime, cmdlet.module),
        "Visibility": enum("System.Management.Automation.SessionStateEntryVisibility", "Public", 0),
        "ModuleName": cmdlet.module,
        "Module": None if core else _module_info(runtime, cmdlet.module),
        "RemotingCapability": enum("System.Management.Automation.RemotingCapability", "PowerShell", 1),
        "Parameters": _parameters(cmdlet),
        "ParameterSets": _parameter_sets(cmdlet),
    }
    if cmdlet.kind == "Function":
        return _function_info(cmdlet, verb, noun, shared)
    version = shared.pop("Version")
    props: dict[str, Value] = {
        "Verb": verb,
        "Noun": noun,
        "HelpFile": f"{library}-Help.xml",
        "PSSnapIn": cmdlet.module if core else None,
        "Version": version,
        "ImplementingType": cmdlet.implementing_type,
        "Definition": definition(cmdlet),
        "DefaultParameterSet": cmdlet.default_set,
        "OutputType": _outputs(cmdlet),
        "Options": enum(_OPTIONS, "ReadOnly", 1),
        "Name": cmdlet.name,
        "CommandType": enum(_COMMAND_TYPES, "Cmdlet", 8),
        **shared,
    }
    notes: dict[str, Value] = {
        "Namespace": cmdlet.module,
        "HelpUri": cmdlet.help_uri,
        "DLL": f"{_base(cmdlet.module)}/{library}",
    }
    return Net((f"{_AUTOMATION}CmdletInfo", *_COMMAND_INFO), cmdlet.name, props, notes)


def _function_info(cmdlet: Cmdlet, verb: str, noun: str, shared: dict[str, Value]) -> Net:
    """Return a FunctionInfo without its script, which is the module's own."""
    props: dict[str, Value] = {
        "ScriptBlock": "",
        "CmdletBinding": True,
        "DefaultParameterSet": cmdlet.default_set,
        "Definition": "",
        "Options": enum(_OPTIONS, "None", 0),
        "Description": None,
        "Verb": verb,
        "Noun": noun,
        "HelpFile": None,
        "OutputType": _outputs(cmdlet),
        "Name": cmdlet.name,
        "CommandType": enum(_COMMAND_TYPES, "Function", 2),
        **shared,
    }
    notes: dict[str, Value] = {"Namespace": cmdlet.module, "HelpUri": cmdlet.help_uri}
    return Net((f"{_AUTOMATION}FunctionInfo", *_COMMAND_INFO), cmdlet.name, props, notes)


def _parameters(cmdlet: Cmdlet) -> NetDict:
    kind = (
        f"System.Collections.Generic.Dictionary`2[[System.String, {_CORELIB}],"
        f"[System.Management.Automation.ParameterMetadata, {_ENGINE}]]"
    )
    return NetDict((kind, "System.Object"), {item.name: _metadata(item) for item in cmdlet.all_parameters()})


def _metadata(parameter: Parameter) -> Net:
    kind = "System.Management.Automation.ParameterMetadata"
    aliases = NetList(
        (generic("System.Collections.ObjectModel.Collection", "System.String"), "System.Object"),
        list(parameter.aliases),
    )
    props: dict[str, Value] = {
        "Name": parameter.name,
        "ParameterType": parameter.type,
        "Aliases": aliases,
        "IsDynamic": False,
        "SwitchParameter": parameter.type == SWITCH,
    }
    return Net((kind, "System.Object"), kind, props)


def _parameter_sets(cmdlet: Cmdlet) -> NetList:
    kind = "System.Management.Automation.CommandParameterSetInfo"
    inner = "System.Management.Automation.CommandParameterInfo"
    items: list[Value] = []
    for name in cmdlet.definition_sets:
        members: list[Value] = [inner for item in cmdlet.all_parameters() if name in item.sets or ALL_SETS in item.sets]
        props: dict[str, Value] = {
            "Name": name,
            "IsDefault": name == cmdlet.default_set,
            "Parameters": NetList((f"{_COLLECTION}[[{inner}, {_ENGINE}]]", "System.Object"), members),
        }
        items.append(Net((kind, "System.Object"), set_syntax(cmdlet, name), props))
    return NetList((f"{_COLLECTION}[[{kind}, {_ENGINE}]]", "System.Object"), items)


def _base(module: str) -> str:
    return "/opt/microsoft/powershell/7" if module == CORE_MODULE else f"/opt/modules/{module}"


def _module_info(runtime: CommandRuntime, module: str) -> Net:
    """Return a PSModuleInfo; only the identifying properties (a real one has some 50)."""
    props: dict[str, Value] = {
        "Name": module,
        "Path": f"{_base(module)}/{module}.psd1",
        "ModuleBase": _base(module),
        "Version": _version_of(runtime, module),
        "ModuleType": enum("System.Management.Automation.ModuleType", "Binary", 1),
    }
    if module not in _COMPILED:
        # A script module's session state has the language mode of the session (measured on PowerShell 7.6.9).
        mode = enum("System.Management.Automation.PSLanguageMode", "NoLanguage", 2)
        kind = "System.Management.Automation.SessionState"
        props["SessionState"] = Net((kind, "System.Object"), kind, {"LanguageMode": mode})
    return Net(("System.Management.Automation.PSModuleInfo", "System.Object"), module, props)


def _get_module(runtime: CommandRuntime, _source: Iterator[Value]) -> Iterator[Value]:
    every = [module.name for module in runtime.session.table.modules]
    installed = every if runtime.arguments.flag("ListAvailable") else sorted(runtime.session.loaded)
    asked: list[str] = runtime.arguments.values.get("Name") or ["*"]
    for module in installed:  # a name that matches nothing is not an error (measured)
        if any(fnmatchcase(module.casefold(), pattern.casefold()) for pattern in asked):
            yield _module_info(runtime, module)


RUNS: dict[str, Run] = {"ForEach-Object": _for_each, "Get-Command": _get_command, "Get-Module": _get_module}
