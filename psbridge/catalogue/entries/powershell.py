"""Error ids of PowerShell (`FullyQualifiedErrorId`, before the comma)."""

from __future__ import annotations

from typing import Final

from psbridge.catalogue.entries.entry import Entry, do
from psbridge.catalogue.entries.meanings import NOTHING, Long, entries

_MODULES: Final = "troubleshooting#modules-and-session-configuration"
_SOURCE: Final = "measured on PowerShell 7.6.9"
_AVAILABLE: Final = do(
    "See the modules of the host.", "PS> Get-Module -ListAvailable Az.Accounts, Azs.Backup.Admin, AzureRM.Profile"
)
_IMPORT: Final = do("Import it by hand and read the whole error.", "PS> Import-Module Azs.Backup.Admin -Verbose")
_CONFIGURATIONS: Final = do(
    "See the session configurations.", "PS> Get-PSSessionConfiguration | Format-List Name, Permission"
)
_LIST: Final = do("Check the modules before the next start.", "$ psbridge doctor --only modules")
_PINS: Final = (
    "Azs.* 1.0.x needs exactly Az.Accounts 2.2.8, and another version is installed or was loaded first.",
    "The modules of two generations (Az and AzureRM) are installed side by side.",
)


def _only(id_: str, title: str, causes: tuple[str, ...], steps: tuple[str, ...], *aliases: str) -> Entry:
    """Return an id that psbridge knows by its kind of exception only."""
    return Entry(
        id_,
        title,
        "None was started: PowerShell refused the pipeline before it ran.",
        causes,
        steps,
        see=(_MODULES, "explain:prerequisite"),
        aliases=aliases,
        exit_code="prerequisite",
        source="PowerShell's source",
    )


ENTRIES: Final = (
    *entries(
        {
            "CommandNotFoundException": Long(
                (
                    "The AzureStack module is not installed, or for another Windows account only.",
                    "The session configuration does not show the cmdlet.",
                    "The host is a privileged endpoint (PEP).",
                ),
                (_AVAILABLE, _CONFIGURATIONS, _LIST),
                (_MODULES,),
                ("is not recognized as the name of a cmdlet",),
                backup=NOTHING,
            ),
            "CouldNotAutoLoadMatchingModule": Long(
                (*_PINS, "The execution policy forbids the module's scripts."),
                (_IMPORT, _AVAILABLE),
                (_MODULES, "explain:UnauthorizedAccess"),
                backup=NOTHING,
            ),
            "NamedParameterNotFound": Long(
                ("The module is older or newer than the supported ones.",),
                (_AVAILABLE,),
                (_MODULES,),
                ("A parameter cannot be found that matches parameter name",),
                backup=NOTHING,
            ),
            "ScriptsNotAllowed": Long(
                ("The session configuration is in no-language mode and does not permit what psbridge calls.",),
                (_CONFIGURATIONS, do("See how psbridge is to be allowed.", "$ psbridge help security")),
                (_MODULES, "security"),
                ("The syntax is not supported by this runspace",),
                backup=NOTHING,
            ),
            "HostFunctionNotImplemented": Long(
                ("A cmdlet asks for a confirmation or a missing argument.",), (_AVAILABLE,), (_MODULES,), backup=NOTHING
            ),
            "HostException": Long(
                ("A function asks for input, as in old versions of Azs.Backup.Admin.",),
                (_AVAILABLE,),
                (_MODULES,),
                backup=NOTHING,
            ),
        },
        _SOURCE,
        inferred=False,
    ),
    _only(
        "Modules_ModuleNotFound",
        "the module is not installed where PowerShell searches for it",
        ("It is installed for another Windows account, or for the other edition of PowerShell.",),
        (_AVAILABLE, do("See where PowerShell searches.", "PS> $env:PSModulePath")),
    ),
    _only(
        "Modules_InvalidRequiredModulesinModuleManifest",
        "a module that the module requires can't be loaded",
        _PINS,
        (_AVAILABLE, _IMPORT),
        "The required module",
    ),
    _only(
        "UnauthorizedAccess",
        "the execution policy forbids the module's scripts",
        ("The execution policy of the host is Restricted or AllSigned.",),
        (do("See the policies.", "PS> Get-ExecutionPolicy -List"), _IMPORT),
        "running scripts is disabled on this system",
        "PSSecurityException",
    ),
    _only(
        "AssemblyAlreadyLoaded",
        "another version of the same assembly is already loaded",
        _PINS,
        (_AVAILABLE, "Remove all but the versions that the installed AzureStack module requires.", _IMPORT),
        "Assembly with same name is already loaded",
        "FileLoadException",
    ),
    _only(
        "AmbiguousParameterSet",
        "the cmdlet does not accept this combination of parameters",
        ("The module is older or newer than the supported ones.",),
        (_AVAILABLE,),
        "Parameter set cannot be resolved using the specified named parameters",
    ),
)
