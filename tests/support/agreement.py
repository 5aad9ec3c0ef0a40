"""Pipelines on which both engines must say the same: made from the dialect's tables, and written for what no table has."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from psbridge.emulator.engines.dialect import DEFAULT_CONFIGURATION, Cmdlet, HostTable, Parameter, table_of
from psbridge.emulator.engines.dialect import model as dialect
from psbridge.emulator.stamp.scenario import Scenario
from psbridge.emulator.stamp.scenarios import SCENARIOS
from tests.support.clients.psrp_client import Pipeline

NASTY = {
    "quotes and a command": "'; Remove-Item * #",
    "a subexpression": "$(calc)",
    "a newline": "a\nb\r\nc",
    "an emoji": "💾 é",
    "a line separator": "a\u2028b",
    "what looks escaped": "_x0041_",
    "a control character": "a\x01b",
    "a path": "../../_emulator/counts",
    "markup": "<S>&amp;</S>",
}
VALUES: dict[str, Any] = {
    dialect.STRING: "redmond",
    dialect.STRINGS: ["5f4b1c1e-8f0a-4c59-9f3e-2b6f3a7d9c10"],
    dialect.SWITCH: True,
    dialect.INT32: 3,
    dialect.ACTION: "SilentlyContinue",
}
SPECIAL: dict[str, Any] = {
    "Top": "2", "Skip": "1", "Name": "Get-AzsBackup", "MemberName": "Name", "Method": "GET", "ListAvailable": True,
    "Path": "/subscriptions?api-version=2016-06-01", "ResourceGroupName": "system.redmond", "Payload": "{}",
}  # fmt: skip


def value_for(parameter: Parameter) -> Any:
    return SPECIAL.get(parameter.name, VALUES.get(parameter.type))


def mandatory(cmdlet: Cmdlet) -> dict[str, Any]:
    """Return what the cmdlet can't do without, ForEach-Object's member among it."""
    if cmdlet.name == "ForEach-Object":
        return {"MemberName": "Name"}
    sets = {dialect.ALL_SETS, cmdlet.default_set}
    wanted = (
        each for each in cmdlet.parameters if each.mandatory and sets & set(each.sets) and cmdlet.name != "Get-Module"
    )
    return {each.name: value_for(each) for each in wanted}


_PRUNE = "Invoke-AzsPruneBackupLocationExternalStore"
_CHANGES = ("Start-AzsBackup", _PRUNE)
"""Without -NoWait they wait for the stamp, whose time stands still here."""


def generated(table: HostTable) -> Iterator[tuple[str, Pipeline]]:
    """Yield pipelines from a host's table."""
    for cmdlet in table.commands():
        if cmdlet.name in {"Connect-AzAccount", "Connect-AzureRmAccount"}:
            continue  # takes a PSCredential, which needs a key exchange; see below
        given = mandatory(cmdlet)
        if cmdlet.name not in {"Get-Command", "Get-Module", "ForEach-Object", *_CHANGES}:
            yield f"{cmdlet.name} alone", [(cmdlet.name, given)]
        if not cmdlet.takes_rest:  # else it is one of the remaining arguments, which the dialect refuses
            yield f"{cmdlet.name} with an unknown parameter", [(cmdlet.name, {**given, "Nope": 1})]
        if cmdlet.name not in {
            "Get-AzContext",
            "ForEach-Object",
            "Get-Command",
        }:  # of these, another than in the dialect
            yield f"{cmdlet.name} with an ambiguous prefix", [(cmdlet.name, {**given, "E": "x"})]
        yield f"{cmdlet.name} with a word for a switch", [(cmdlet.name, {**given, "Verbose": "maybe"})]
        yield f"{cmdlet.name} with a wrong action", [(cmdlet.name, {**given, "ErrorAction": "Perhaps"})]
        yield f"{cmdlet.name} with a variable", [(cmdlet.name, {**given, "OutVariable": "x"})]
        yield (
            f"the parameters of {cmdlet.name}",
            [
                ("Get-Command", {"Name": cmdlet.name}),
                ("ForEach-Object", {"MemberName": "Parameters"}),
                ("ForEach-Object", {"MemberName": "Keys"}),
            ],
        )
        for member in ("Name", "Version", "Definition", "CommandType", "ModuleName"):
            if member == "Definition" and cmdlet.kind == "Function":
                continue  # the module's own text
            yield (
                f"{member} of {cmdlet.name}",
                [
                    ("Get-Command", {"Name": cmdlet.name}),
                    ("ForEach-Object", {"MemberName": member}),
                ],
            )
        for parameter in cmdlet.parameters:
            value = value_for(parameter)
            unfit = cmdlet.name in {*_CHANGES, "ForEach-Object", "Get-Module", "Get-Command"}
            if parameter.emulated and value is not None and not unfit:
                yield f"{cmdlet.name} -{parameter.name}", [(cmdlet.name, {**given, parameter.name: value})]


def member(name: str) -> tuple[str, dict[str, Any]]:
    return ("ForEach-Object", {"MemberName": name})


def az() -> Iterator[tuple[str, Pipeline]]:
    """Yield pipelines for a host with the Az modules that no table has."""
    listed, one = ("Get-AzsBackup", {"Top": "2"}), ("Get-AzsBackup", {"Top": "1"})
    yield "a dry run of a prune", [(_PRUNE, {"OperationType": "DryRun", "NoWait": True})]
    yield "a prune that is not run", [(_PRUNE, {"WhatIf": True})]
    yield "a prune of an unknown type", [(_PRUNE, {"OperationType": 'Some"times'})]
    yield "a prune elsewhere", [(_PRUNE, {"OperationType": "DryRun", "Location": "nowhere"})]
    yield "a script", "1+1"
    yield "an unknown command", [("Get-Nothing", {})]
    yield "an unknown command in the second statement", [one, None, ("Get-Nothing", {})]
    yield "an unknown command in the first statement", [("Get-Nothing", {}), None, one]
    unknown: tuple[str, dict[str, Any]] = ("Get-Nothing", {})
    wrong: tuple[str, dict[str, Any]] = ("Get-AzsBackup", {"Nope": 1})
    yield "an unknown command between others", [one, None, unknown, None, one]
    yield "an unknown command in a pipe between others", [one, None, unknown, member("Name"), None, one]
    yield "two unknown commands, then another", [unknown, None, unknown, None, one]
    yield "a wrong parameter first", [wrong, None, one, None, one]
    yield "an unknown command first, then three", [unknown, None, one, None, unknown, None, one]
    yield "a wrong parameter between others", [one, None, wrong, None, one]
    yield "two statements", [listed, None, listed, member("RoleStatus")]
    yield "a struct", [listed, member("Status")]
    yield "a date", [listed, member("CreatedDateTime")]
    yield "a dictionary", [listed, member("Tag")]
    yield "a missing member", [listed, member("Nope")]
    yield "names of parameters by a prefix", [("Get-AzsBackup", {"To": "1"})]
    yield "case does not matter", [("get-AZSbackup", {"tOP": "1"})]
    yield "an alias", [one, ("%", {"MemberName": "Name"})]
    yield "not found", [("Get-AzsBackup", {"Name": "zzz"})]
    yield "not found, then another statement", [("Get-AzsBackup", {"Name": "zzz"}), None, one]
    for action in ("Stop", "SilentlyContinue", "Ignore", "Continue"):
        yield f"not found with {action}", [("Get-AzsBackup", {"Name": "zzz", "ErrorAction": action})]
    yield "not found with Stop, then another statement", [
        ("Get-AzsBackup", {"Name": "zzz", "ErrorAction": "Stop"}), None, one,
    ]  # fmt: skip
    yield "a place that is not there", [("Get-AzsBackup", {"Location": "nowhere"})]
    yield "a group that is not there", [("Get-AzsBackup", {"ResourceGroupName": "rg"})]
    yield "a subscription that is not there", [("Get-AzsBackup", {"SubscriptionId": ["x"], "Location": "redmond"})]
    yield "two subscriptions", [("Get-AzsBackup", {"SubscriptionId": ["5f4b1c1e-8f0a-4c59-9f3e-2b6f3a7d9c10", "x"]})]
    yield "a top that is no number", [("Get-AzsBackup", {"Top": "many"})]
    yield "a number for a text", [("Get-AzsBackup", {"Top": 2})]
    yield "null for a text", [("Get-AzsBackup", {"Name": None})]
    yield "null for a switch", [("Start-AzsBackup", {"WhatIf": None})]
    yield "verbose", [("Get-AzsBackup", {"Top": "1", "Verbose": True})]
    yield "verbose off", [("Get-AzsBackup", {"Top": "1", "Verbose": False})]
    yield "what if", [("Start-AzsBackup", {"WhatIf": True})]
    yield "as a job", [("Start-AzsBackup", {"WhatIf": True, "NoWait": "maybe"})]
    yield "settings of nowhere", [("Get-AzsBackupConfiguration", {"Location": "nowhere"})]
    yield (
        "which commands exist",
        [
            ("Get-Command", {"Name": ["Start-AzsBackup", "Nope-Nope"], "ErrorAction": "SilentlyContinue"}),
            member("Name"),
        ],
    )
    yield "which commands exist, with the error", [
        ("Get-Command", {"Name": ["Start-AzsBackup", "Nope-Nope", "Get-AzContext"]}), member("Name"),
    ]  # fmt: skip
    for module in ("Azs.Backup.Admin", "Az.Accounts", "Nope"):
        yield f"version of {module}", [("Get-Module", {"Name": module, "ListAvailable": True}), member("Version")]
        yield f"version of {module}, loaded", [("Get-Module", {"Name": module}), member("Version")]
    yield "names of the loaded modules", [("Get-Module", {}), member("Name")]
    yield "names of the commands", [("Get-Command", {}), member("Name")]
    yield "names of the commands by a pattern", [("Get-Command", {"Name": "*-Azs*"}), member("Name")]
    yield "a command object", [("Get-Command", {"Name": "Start-AzsBackup"})]
    for part in ("Account", "Environment", "Subscription", "Tenant", "ExtendedProperties"):
        yield f"{part} of the context", [("Get-AzContext", {}), member(part)]
    yield "a raw call", [("Invoke-AzRestMethod", {"Path": "/subscriptions?api-version=2016-06-01", "Method": "get"})]
    by_parameters = {
        "ResourceGroupName": "system.redmond", "ResourceProviderName": "Microsoft.Backup.Admin", "Name": ["redmond"],
        "ResourceType": ["backupLocations", "backups"], "ApiVersion": "2018-09-01", "Method": "GET",
    }  # fmt: skip
    yield "a raw call by parameters", [("Invoke-AzRestMethod", by_parameters)]
    yield "a raw call to another subscription", [("Invoke-AzRestMethod", by_parameters | {"SubscriptionId": "x"})]
    yield "a raw call with too few names", [("Invoke-AzRestMethod", by_parameters | {"Name": []})]
    yield "a raw call with a path and parameters", [("Invoke-AzRestMethod", by_parameters | {"Path": "/subscriptions"})]
    yield "a raw call without an API version", [("Invoke-AzRestMethod", {"ResourceGroupName": "system.redmond"})]
    yield "a raw call to nothing", [("Invoke-AzRestMethod", {"Path": "/subscriptions/x?api-version=2016-06-01"})]
    yield "a raw call without a slash", [("Invoke-AzRestMethod", {"Path": "subscriptions"})]
    yield "a raw call with a wrong method", [("Invoke-AzRestMethod", {"Path": "/subscriptions", "Method": "HEAD"})]
    yield "the headers of a raw call", [
        ("Invoke-AzRestMethod", {"Path": "/subscriptions?api-version=2016-06-01"}), member("Headers"),
    ]  # fmt: skip
    for what, text in NASTY.items():
        yield f"{what} as a name", [("Get-AzsBackup", {"Name": text})]
        yield f"{what} as a group", [("Get-AzsBackup", {"ResourceGroupName": text})]
        yield f"{what} as a subscription", [("Get-AzsBackup", {"SubscriptionId": [text], "Location": "redmond"})]
        if "*" not in text:  # a pattern: beyond the dialect
            yield f"{what} as a member", [one, member(text)]
        if "\x01" not in text:  # psrpcore does not escape it there, so it is no XML
            yield f"{what} as a command", [(text, {})]
        yield f"{what} as a parameter", [("Get-AzsBackup", {text: 1})]
        yield f"{what} as an action", [("Get-AzsBackup", {"ErrorAction": text})]
        yield f"{what} as a location", [("Get-AzsBackup", {"Location": text})]
    # what changes the stamps comes last
    yield "start", [("Start-AzsBackup", {"NoWait": True})]
    yield "start while one runs", [("Start-AzsBackup", {"NoWait": True})]
    yield "start while one runs, with Stop", [("Start-AzsBackup", {"NoWait": True, "ErrorAction": "Stop"})]
    yield "a list with one that runs", [("Get-AzsBackup", {"Top": "1"})]


def alerts_and_updates() -> Iterator[tuple[str, Pipeline]]:
    """Yield how alerts and updates are read, after a start that the stamp refused."""
    yield "a refused start", [("Start-AzsBackup", {"Location": "redmond", "NoWait": True})]
    yield "alerts", [("Get-AzsAlert", {})]
    yield "alerts that match", [("Get-AzsAlert", {"Filter": "Properties/State eq 'Active'"})]
    yield "their titles", [("Get-AzsAlert", {"Location": "redmond"}), member("Title")]
    yield "their lines", [("Get-AzsAlert", {"Location": "redmond"}), member("Remediation")]
    yield "their properties", [("Get-AzsAlert", {"Location": "redmond"}), member("AlertProperty")]
    yield "updates", [("Get-AzsUpdate", {})]
    yield "states of updates", [("Get-AzsUpdate", {"Location": "redmond"}), member("State")]
    yield "an update by its region and name", [("Get-AzsUpdate", {"Name": "redmond/Microsoft1.2301.2.58"})]
    yield "the update location", [("Get-AzsUpdateLocation", {})]
    yield "an update location by its name", [("Get-AzsUpdateLocation", {"Name": "redmond"})]
    yield "an update location that is not there", [("Get-AzsUpdateLocation", {"Name": "nowhere"})]
    for command in ("Get-AzsAlert", "Get-AzsUpdate"):
        yield f"{command} of nothing", [(command, {"Name": "nothing"})]
        yield f"{command} of nothing, with Stop", [(command, {"Name": "nothing", "ErrorAction": "Stop"})]
        yield f"{command} of nowhere", [(command, {"Location": "nowhere"})]
        yield f"{command} in a wrong group", [(command, {"ResourceGroupName": "rg"})]
        yield f"{command} in a wrong subscription", [(command, {"SubscriptionId": ["x"], "Location": "redmond"})]
        yield f"{command} of a place that can't be", [(command, {"Location": "a b"})]
        yield f"{command} of a name in a place that can't be", [(command, {"Location": "a b", "Name": "redmond/x"})]
    yield "versions", [("Get-Module", {"ListAvailable": True}), member("Version")]


def condition() -> Iterator[tuple[str, Pipeline]]:
    """Yield what shows a host's condition: its commands, its modules, its context, and what they say when called."""
    for name in ("Get-AzsBackup", "Start-AzsBackup", "Get-AzContext", "Invoke-AzRestMethod", "ForEach-Object"):
        yield f"is {name} there", [("Get-Command", {"Name": name}), member("Name")]
        yield f"is {name} there, quietly", [("Get-Command", {"Name": name, "ErrorAction": "Ignore"}), member("Name")]
    yield "which commands", [("Get-Command", {"Name": "*-Az*"}), member("Name")]
    yield "which modules", [("Get-Module", {"ListAvailable": True}), member("Name")]
    yield "which version", [("Get-Module", {"Name": "Azs.Backup.Admin", "ListAvailable": True}), member("Version")]
    yield "the context", [("Get-AzContext", {})]
    yield "its subscription", [("Get-AzContext", {}), member("Subscription")]
    yield "a list", [("Get-AzsBackup", {"Location": "redmond"})]
    yield "a list and roles", [
        ("Get-AzsBackup", {"Location": "redmond"}), None, ("Get-AzsBackup", {"Location": "redmond"}), member("RoleStatus"),
    ]  # fmt: skip
    yield "a list without a location", [("Get-AzsBackup", {})]
    yield "settings", [("Get-AzsBackupConfiguration", {"Location": "redmond"})]
    yield "settings with Stop", [("Get-AzsBackupConfiguration", {"Location": "redmond", "ErrorAction": "Stop"})]
    yield "a raw call", [("Invoke-AzRestMethod", {"Path": "/subscriptions?api-version=2016-06-01"})]
    yield "a start", [("Start-AzsBackup", {"Location": "redmond", "NoWait": True})]


_COMMON = {"ErrorAction": "Continue", "WarningAction": "Continue", "Verbose": False, "Debug": False}
_UNASKED = {"WhatIf": False, "Confirm": False}


def preferring() -> Iterator[tuple[str, Pipeline]]:
    """Yield what a preference variable changes, and the same with the parameters that outweigh it."""
    one, none = ("Get-AzsBackup", {"Top": "1"}), ("Get-AzsBackup", {"Name": "nothing"})
    yield "a list", [one]
    yield "not found", [none]
    yield "not found, outweighed", [("Get-AzsBackup", {"Name": "nothing", **_COMMON})]
    yield "a member", [one, member("Name")]
    yield "a member, outweighed", [one, ("ForEach-Object", {"MemberName": "Name", **_COMMON, **_UNASKED})]
    yield "a raw call", [("Invoke-AzRestMethod", {"Path": "/subscriptions?api-version=2016-06-01"})]
    yield "a start", [("Start-AzsBackup", {"Location": "redmond", "NoWait": True})]
    yield "a start, outweighed", [("Start-AzsBackup", {"Location": "redmond", "NoWait": True, **_COMMON, **_UNASKED})]


def privileged() -> Iterator[tuple[str, Pipeline]]:
    """Yield what a privileged endpoint is asked."""
    yield "a script", "Get-AzureStackStampInformation"
    yield "what it can", [("Get-Command", {})]
    yield "what it can, by a pattern", [("Get-Command", {"Name": "*-Object"})]
    yield "what the stamp is", [("Get-AzureStackStampInformation", {})]
    yield "backups", [("Get-AzsBackup", {})]
    yield "a member", [("Get-AzureStackStampInformation", {}), member("RegionName")]
    for name in ("Test-AzureStack", "Select-Object", "Close-PrivilegedEndpoint", "Get-Help"):
        yield f"the command {name}", [("Get-Command", {"Name": name})]
    yield "a test of the share", [("Test-AzureStack", {"Include": "AzsBackupShareAccessibility"})]
    yield "a test, then another statement", [("Test-AzureStack", {}), None, ("Get-AzureStackStampInformation", {})]
    yield "a parameter it does not have", [("Test-AzureStack", {"Nope": 1})]
    yield "a selection", [("Get-AzureStackStampInformation", {}), ("Select-Object", {"Property": "RegionName"})]


def azurerm() -> Iterator[tuple[str, Pipeline]]:
    """Yield pipelines for a host with the AzureRM modules."""
    ident = "/subscriptions/5f4b1c1e-8f0a-4c59-9f3e-2b6f3a7d9c10/resourceGroups/system.redmond/providers/"
    place = f"{ident}Microsoft.Backup.Admin/backupLocations/redmond"
    listed: tuple[str, dict[str, Any]] = ("Get-AzsBackup", {"Top": 1})
    yield "a script", "1+1"
    yield "a list", [("Get-AzsBackup", {})]
    yield "a list of two", [("Get-AzsBackup", {"Location": "redmond", "Top": 2, "Skip": 1})]
    yield "a list of none", [("Get-AzsBackup", {"Top": 0})]
    yield "a top that is no number", [("Get-AzsBackup", {"Top": "many"})]
    yield "verbose", [("Get-AzsBackup", {"Top": 1, "Verbose": True})]
    yield "roles", [listed, member("RoleStatus")]
    yield "a date", [listed, member("CreatedDateTime")]
    yield "no backup's id", [listed, member("BackupId")]
    for action in ("Stop", "SilentlyContinue", "Continue"):
        yield f"not found with {action}", [("Get-AzsBackup", {"Name": "zzz", "ErrorAction": action})]
    yield "not found, then another statement", [("Get-AzsBackup", {"Name": "zzz"}), None, listed]
    yield "nowhere", [("Get-AzsBackup", {"Location": "nowhere"})]
    yield "a group that is not there", [("Get-AzsBackup", {"ResourceGroupName": "rg"})]
    yield "a group that is too long", [("Get-AzsBackup", {"ResourceGroupName": "g" * 91})]
    yield "a group that is empty", [("Get-AzsBackup", {"ResourceGroupName": ""})]
    yield "an id that does not fit", [("Get-AzsBackup", {"ResourceId": place})]
    yield "an id of nothing", [("Get-AzsBackup", {"ResourceId": f"{place}/backups/zzz"})]
    yield "an id and a place", [("Get-AzsBackup", {"ResourceId": place, "Location": "redmond"})]
    yield "a subscription, which it does not take", [("Get-AzsBackup", {"SubscriptionId": ["x"]})]
    yield "settings", [("Get-AzsBackupConfiguration", {})]
    yield "settings of a place", [("Get-AzsBackupConfiguration", {"Location": "redmond"})]
    yield "settings by their id", [("Get-AzsBackupConfiguration", {"ResourceId": place})]
    yield "settings by the old name", [("Get-AzsBackupLocation", {"Location": "redmond"})]
    yield "settings by the old name, quietly", [("Get-AzsBackupLocation", {"WarningAction": "Ignore"})]
    yield "the context", [("Get-AzureRmContext", {})]
    yield "its subscription", [("Get-AzureRmContext", {}), member("Subscription")]
    yield "Az's context", [("Get-AzContext", {"Nope": 1})]
    yield "a function", [("Get-Command", {"Name": "Start-AzsBackup"})]
    yield "what it takes", [("Get-Command", {"Name": "Start-AzsBackup"}), member("Parameters"), member("Keys")]
    yield "the sets of parameters", [("Get-Command", {"Name": "Get-AzsBackup"}), member("ParameterSets")]
    yield "which modules", [("Get-Module", {"ListAvailable": True}), member("Version")]
    yield "which commands", [("Get-Command", {"Name": "*-Az*"}), member("Name")]
    yield "a start that may not ask", [("Start-AzsBackup", {})]
    yield "a start that may not ask, with Stop", [("Start-AzsBackup", {"Location": "redmond", "ErrorAction": "Stop"})]
    yield "a start, what if", [("Start-AzsBackup", {"WhatIf": True})]
    yield "a start to confirm", [("Start-AzsBackup", {"Confirm": True, "Force": True})]
    yield "a start that does not wait", [("Start-AzsBackup", {"NoWait": True})]


def azurerm_condition() -> Iterator[tuple[str, Pipeline]]:
    """Yield what shows the condition of a host with the AzureRM modules."""
    yield "the context", [("Get-AzureRmContext", {})]
    yield "a list", [("Get-AzsBackup", {"Location": "redmond"})]
    yield "a list with Stop", [("Get-AzsBackup", {"Location": "redmond", "ErrorAction": "Stop"})]
    yield "settings", [("Get-AzsBackupConfiguration", {})]
    yield "a start", [("Start-AzsBackup", {"Force": True})]
    yield "which commands", [("Get-Command", {"Name": "*-Az*"}), member("Name")]
    yield "which modules", [("Get-Module", {"ListAvailable": True}), member("Name")]


@dataclass(frozen=True)
class HostCase:
    """A host to compare on.

    Attributes:
        scenario: the stamp's and the host's.
        written: its pipelines.
        generated: whether its table makes more of them.
        changes: what differs from the scenario's host.
    """

    scenario: str
    written: Callable[[], Iterator[tuple[str, Pipeline]]]
    configuration: str = DEFAULT_CONFIGURATION
    generated: bool = False
    changes: Mapping[str, Any] = field(default_factory=dict)

    def on_stamp(self) -> Scenario:
        """Return the scenario, the host changed."""
        chosen = SCENARIOS[self.scenario]
        return replace(chosen, host=replace(chosen.host, **self.changes))

    def table(self) -> HostTable:
        return table_of(self.on_stamp().host, self.configuration)

    def pipelines(self) -> dict[str, Pipeline]:
        made = dict(generated(self.table())) if self.generated else {}
        return {**made, **dict(self.written())}


HOSTS: dict[str, HostCase] = {
    "az": HostCase("succeeds", az, generated=True),
    **{
        name: HostCase(name, condition)
        for name in (
            *("not-signed-in", "wrong-subscription", "no-module", "module-broken", "no-rest-method"),
            *(
                "restricted-endpoint",
                "signed-out",
                "sign-in-expired",
                "tenant-endpoint",
                "no-subscription",
                "stray-error",
            ),
        )
    },
    **{
        f"with {preference}": HostCase("preferences", preferring, changes={"preferences": (preference,)})
        for preference in (
            *("ErrorActionPreference=Stop", "ErrorActionPreference=SilentlyContinue", "WarningPreference=Stop"),
            *("WarningPreference=SilentlyContinue", "VerbosePreference=Continue", "ConfirmPreference=Low"),
            "WhatIfPreference=true",
        )
    },
    "share-full": HostCase("share-full", alerts_and_updates),
    "update-running": HostCase("update-running", alerts_and_updates),
    "azurerm": HostCase("azurerm-module", azurerm, generated=True),
    "azurerm not signed in": HostCase("azurerm-module", azurerm_condition, changes={"signed_in": False}),
    "azurerm without module": HostCase("azurerm-module", azurerm_condition, changes={"module": None}),
    "privileged endpoint": HostCase("succeeds", privileged, "PrivilegedEndpoint"),
}
