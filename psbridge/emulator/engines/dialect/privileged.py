"""What a privileged endpoint (PEP) shows: its own commands and the proxies of a restricted endpoint (JEA).

Names and parameters are those of the operator documentation (the commands validated on a development kit, and those that
its examples use); a real one has some more. All are functions there. That its `Get-Command` is PowerShell's own and not a
proxy of it is a simplification.
"""

from __future__ import annotations

from psbridge.emulator.engines.dialect.model import ANY, Cmdlet, Module, Parameter

NAME = "PrivilegedEndpoint"
CONFIGURATION = "PrivilegedEndpoint"


def _seen(name: str, *parameters: str) -> Cmdlet:
    """Return a command that can be seen and is not emulated."""
    known = tuple(Parameter(each, ANY) for each in parameters)
    return Cmdlet(name, NAME, name, known, kind="Function", emulated=False)


_COMMANDS = (
    Cmdlet("Get-AzureStackStampInformation", NAME, "Get-AzureStackStampInformation", kind="Function"),
    _seen("Clear-Host"),
    _seen("Close-PrivilegedEndpoint", "TranscriptsPathDestination", "Credential"),
    _seen("Exit-PSSession"),
    _seen("Get-AzureStackLog", "OutputSharePath", "OutputShareCredential", "FilterByRole", "FromDate", "ToDate"),
    _seen("Get-ClusterLog"),
    _seen("Get-FormatData", "TypeName", "PowerShellVersion"),
    _seen("Get-Help", "Name", "Category"),
    _seen("Get-ThirdPartyNotices"),
    _seen("Measure-Object", "InputObject"),
    _seen("New-GraphApplication", "Name", "ClientCertificates"),
    _seen("Out-Default", "InputObject", "Transcript"),
    _seen("Select-Object", "Property", "InputObject"),
    _seen("Set-CloudAdminUserPassword", "UserName", "CurrentPassword", "NewPassword"),
    _seen("Stop-AzureStack"),
    _seen("Test-AzureStack", "Include", "Ignore", "Group", "BackupSharePath", "BackupShareCredential"),
)
PRIVILEGED = Module(NAME, "1.0.0", _COMMANDS)
VISIBLE = frozenset({"get-command", *(each.name.casefold() for each in _COMMANDS)})
