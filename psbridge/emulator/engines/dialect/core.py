"""Microsoft.PowerShell.Core as far as the dialect has it, measured on PowerShell 7.6.9."""

from __future__ import annotations

from psbridge.emulator.engines.dialect.model import (
    INT32,
    OBJECT,
    OBJECTS,
    SCRIPT,
    SCRIPTS,
    STRING,
    STRINGS,
    SWITCH,
    Cmdlet,
    Module,
    Parameter,
    absent,
)

NAME = "Microsoft.PowerShell.Core"
_CLASS = "Microsoft.PowerShell.Commands."

_EACH, _MEMBER, _PARALLEL = "ScriptBlockSet", "PropertyAndMethodSet", "ParallelParameterSet"
_BY_NAME, _BY_NOUN = "AllCommandSet", "CmdletSet"
_LOADED, _AVAILABLE, _SESSION, _CIM = "Loaded", "Available", "PsSession", "CimSession"
_SPECIFICATIONS = "Microsoft.PowerShell.Commands.ModuleSpecification[]"

COMMANDS = (
    Cmdlet(
        "ForEach-Object",
        NAME,
        _CLASS + "ForEachObjectCommand",
        (
            absent("InputObject", OBJECT, _EACH, _MEMBER, _PARALLEL),
            absent("Begin", SCRIPT, _EACH),
            absent("Process", SCRIPTS, _EACH, position=0, mandatory=True),
            absent("End", SCRIPT, _EACH),
            absent("RemainingScripts", SCRIPTS, _EACH),
            Parameter("MemberName", STRING, (_MEMBER,), position=0, mandatory=True, filled=True),
            absent("ArgumentList", OBJECTS, _MEMBER),
            absent("Parallel", SCRIPT, _PARALLEL, mandatory=True),
            absent("ThrottleLimit", INT32, _PARALLEL),
            absent("TimeoutSeconds", INT32, _PARALLEL),
            absent("AsJob", SWITCH, _PARALLEL),
            absent("UseNewRunspace", SWITCH, _PARALLEL),
        ),
        should_process=True,
        aliases=("%", "foreach"),
        default_set=_EACH,
        definition_sets=(_EACH, _MEMBER, _PARALLEL),
        takes_rest=True,
        help_uri="https://go.microsoft.com/fwlink/?LinkID=2096867",
        remoting="None",
    ),
    Cmdlet(
        "Get-Command",
        NAME,
        _CLASS + "GetCommandCommand",
        (
            Parameter("Name", STRINGS, (_BY_NAME,), position=0, filled=True),
            absent("Verb", STRINGS, _BY_NOUN),
            absent("Noun", STRINGS, _BY_NOUN),
            absent("Module", STRINGS),
            absent("ExcludeModule", STRINGS),
            absent("FullyQualifiedModule", _SPECIFICATIONS),
            absent("CommandType", "System.Management.Automation.CommandTypes", _BY_NAME),
            absent("TotalCount", INT32),
            absent("Syntax", SWITCH),
            absent("ShowCommandInfo", SWITCH),
            absent("ArgumentList", OBJECTS, position=1),
            absent("All", SWITCH),
            absent("ListImported", SWITCH),
            absent("ParameterName", STRINGS),
            absent("ParameterType", "System.Management.Automation.PSTypeName[]"),
            absent("UseFuzzyMatching", SWITCH, _BY_NAME),
            absent("FuzzyMinimumDistance", "System.UInt32", _BY_NAME),
            absent("UseAbbreviationExpansion", SWITCH, _BY_NAME),
        ),
        aliases=("gcm",),
        default_set=_BY_NOUN,
        takes_rest=True,
        definition_sets=(_BY_NOUN, _BY_NAME),
        output_types=(
            "System.Management.Automation.AliasInfo",
            "System.Management.Automation.ApplicationInfo",
            "System.Management.Automation.FunctionInfo",
            "System.Management.Automation.CmdletInfo",
            "System.Management.Automation.ExternalScriptInfo",
            "System.Management.Automation.FilterInfo",
            "System.String",
            "System.Management.Automation.PSObject",
        ),
        help_uri="https://go.microsoft.com/fwlink/?LinkID=2096579",
    ),
    Cmdlet(
        "Get-Module",
        NAME,
        _CLASS + "GetModuleCommand",
        (
            Parameter("Name", STRINGS, (_LOADED, _AVAILABLE, _SESSION, _CIM), position=0),
            absent("FullyQualifiedName", _SPECIFICATIONS, _LOADED, _AVAILABLE, _SESSION, _CIM),
            absent("All", SWITCH, _LOADED, _AVAILABLE),
            Parameter("ListAvailable", SWITCH, (_AVAILABLE, _SESSION, _CIM), mandatory=True),
            absent("PSEdition", STRING, _AVAILABLE, _SESSION),
            absent("SkipEditionCheck", SWITCH, _AVAILABLE, _SESSION, _CIM),
            absent("Refresh", SWITCH, _AVAILABLE, _SESSION, _CIM),
            absent("PSSession", "System.Management.Automation.Runspaces.PSSession", _SESSION, mandatory=True),
            absent("CimSession", "Microsoft.Management.Infrastructure.CimSession", _CIM, mandatory=True),
            absent("CimResourceUri", "System.Uri", _CIM),
            absent("CimNamespace", STRING, _CIM),
        ),
        aliases=("gmo",),
        default_set=_LOADED,
        definition_sets=(_LOADED, _AVAILABLE, _SESSION, _CIM),
        output_types=("System.Management.Automation.PSModuleInfo",),
        help_uri="https://go.microsoft.com/fwlink/?LinkID=2096696",
    ),
)

CORE = Module(NAME, "7.6.0.500", COMMANDS)
