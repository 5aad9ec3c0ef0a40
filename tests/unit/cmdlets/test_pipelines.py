"""What is sent: cmdlets with parameters and nothing else."""

from __future__ import annotations

import inspect

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import fields

import psbridge.powershell.pipeline
from psbridge.cmdlets.azs_backup import GetBackup, GetBackupConfiguration, StartBackup, StartBackupAndWait
from psbridge.cmdlets.backup_list import ListBackups
from psbridge.cmdlets.observe import ObserveBackup
from psbridge.cmdlets.paths import backup_service, checked_location, resource_group
from psbridge.cmdlets.preflight import Preflight
from psbridge.cmdlets.raw import ListRawBackups
from psbridge.cmdlets.sign_in import AddEnvironment, ConnectAzAccount
from psbridge.errors import UsageError
from psbridge.models.connection import CertificateOnHost, SignIn
from psbridge.models.context import ModuleFamily
from psbridge.models.secret import Credential, Secret
from psbridge.powershell.pipeline import Command, Pipeline, Statement

ID = "08b92613-837a-43cd-86b5-1212ef954384"
SUBSCRIPTION = "05101daf-f50d-4436-a2ac-495e5c4864c2"
BASE = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/system.redmond/providers/Microsoft.Backup.Admin"
    "/backupLocations/redmond"
)
WHERE = (("Location", "redmond"), ("ResourceGroupName", "system.redmond"))
LIST = Command("Get-AzsBackup", WHERE)
ONE = Command("Get-AzsBackup", (*WHERE, ("Name", ID)))
ROLES = Command("ForEach-Object", (("MemberName", "RoleStatus"),))


def rest(path: str) -> Command:
    return Command("Invoke-AzRestMethod", (("Path", f"{BASE}/{path}?api-version=2018-09-01"), ("Method", "GET")))


def test_a_list_is_read_as_list_roles_list():
    assert ListBackups("redmond").pipeline() == Pipeline.of(LIST, Statement((LIST, ROLES)), LIST)


def test_a_read_is_object_roles_operation_and_raw_backup():
    expected = Pipeline.of(ONE, Statement((ONE, ROLES)), rest(f"operationResults/{ID}"), rest(f"backups/{ID}"))
    assert ObserveBackup("redmond", ID, SUBSCRIPTION).pipeline() == expected
    assert ObserveBackup("redmond", ID).pipeline() == Pipeline.of(ONE, Statement((ONE, ROLES)))
    assert ObserveBackup("redmond", ID.upper(), SUBSCRIPTION).pipeline() == expected


def test_the_trigger_names_its_location_and_never_prompts():
    sent = Command("Start-AzsBackup", (*WHERE, ("SubscriptionId", SUBSCRIPTION), ("NoWait", True)), asks=True)
    assert StartBackup("redmond", SUBSCRIPTION).pipeline() == Pipeline.of(sent)
    assert ("Confirm", False) in sent.sent
    rehearsed = Command(sent.name, (*sent.parameters, ("WhatIf", True)), asks=True)
    assert ("WhatIf", False) not in rehearsed.sent
    assert StartBackup("redmond", SUBSCRIPTION, what_if=True).pipeline() == Pipeline.of(rehearsed)


def test_the_trigger_of_azurerm_is_forced_and_takes_no_subscription():
    sent = Command("Start-AzsBackup", (*WHERE, ("Force", True)), asks=True)
    assert StartBackupAndWait("redmond").pipeline() == Pipeline.of(sent)
    rehearsed = Command(sent.name, (*sent.parameters, ("WhatIf", True)), asks=True)
    assert StartBackupAndWait("redmond", what_if=True).pipeline() == Pipeline.of(rehearsed)


def test_the_settings_are_read_with_or_without_a_location():
    assert GetBackupConfiguration("redmond").pipeline() == Pipeline.of(Command("Get-AzsBackupConfiguration", WHERE))
    assert GetBackupConfiguration().pipeline() == Pipeline.of(Command("Get-AzsBackupConfiguration"))


def test_a_sign_in_carries_its_secret_as_a_credential():
    credential = Credential("app", Secret("s3cret"))
    pipeline = ConnectAzAccount(SignIn("AzureStackAdmin", "contoso", credential)).pipeline()
    expected = Command(
        "Connect-AzAccount",
        (
            ("ServicePrincipal", True),
            ("Environment", "AzureStackAdmin"),
            ("Tenant", "contoso"),
            ("Credential", credential),
            ("Scope", "Process"),
            ("SkipContextPopulation", True),
        ),
    )
    assert pipeline == Pipeline.of(expected)
    assert pipeline.has_secret
    assert "s3cret" not in str(pipeline)


def test_a_sign_in_by_certificate_carries_no_secret():
    sign_in = SignIn("AzureStackAdmin", "contoso", CertificateOnHost("app", "AB" * 20))
    pipeline = ConnectAzAccount(sign_in, ModuleFamily.AZURERM).pipeline()
    expected = Command(
        "Connect-AzureRmAccount",
        (
            ("ServicePrincipal", True),
            ("Environment", "AzureStackAdmin"),
            ("TenantId", "contoso"),
            ("ApplicationId", "app"),
            ("CertificateThumbprint", "AB" * 20),
            ("Scope", "Process"),
        ),
    )
    assert pipeline == Pipeline.of(expected)
    assert not pipeline.has_secret


@pytest.mark.parametrize(
    ("endpoint", "vault"),
    [
        ("https://adminmanagement.redmond.contoso.com/", "adminvault.redmond.contoso.com"),
        ("https://AdminManagement.redmond.contoso.com:443", "adminvault.redmond.contoso.com"),
        ("https://management.redmond.contoso.com", "vault.redmond.contoso.com"),
        ("https://arm.contoso.com", None),
    ],
)
def test_an_added_environment_has_the_key_vaults_of_its_endpoint(endpoint, vault):
    sign_in = SignIn("AzureStackAdmin", "contoso", CertificateOnHost("app", "AB" * 20), endpoint)
    [statement] = AddEnvironment(sign_in).pipeline().statements
    given = dict(statement.commands[0].parameters)
    assert given["ARMEndpoint"] == endpoint
    assert given.get("AzureKeyVaultDnsSuffix") == vault
    assert given.get("AzureKeyVaultServiceEndpointResourceId") == (vault and f"https://{vault}")


def test_the_raw_list_is_a_get():
    assert ListRawBackups(SUBSCRIPTION, "redmond").pipeline() == Pipeline.of(rest("backups"))


def test_everything_before_a_trigger_is_read_in_one_round_trip():
    names = [statement.commands[0].name for statement in Preflight("redmond").pipeline().statements]
    assert names == ["Get-Command", "Get-Command", "Get-AzContext", "Get-AzContext", *["Get-AzsBackup"] * 3]


def test_only_the_trigger_changes_anything():
    changing = ("Start", "Set", "Restore", "Remove", "New", "Stop", "Invoke-Expression", "Invoke-Command")
    for pipeline in (
        Preflight("redmond").pipeline(),
        ListBackups("redmond").pipeline(),
        ObserveBackup("redmond", ID, SUBSCRIPTION).pipeline(),
        GetBackupConfiguration("redmond").pipeline(),
        ListRawBackups(SUBSCRIPTION, "redmond").pipeline(),
    ):
        for statement in pipeline.statements:
            for command in statement.commands:
                assert not command.name.startswith(changing)
                assert dict(command.parameters).get("Method", "GET") == "GET"


def test_pipelines_cannot_contain_scripts():
    assert [it.name for it in fields(Command)] == ["name", "parameters", "asks"]
    assert "is_script" not in inspect.getsource(psbridge.powershell.pipeline)


HOSTILE = [
    "",
    "red mond",
    "redmond'; Remove-Item C:\\ -Recurse; '",
    "$(Get-Process)",
    "redmond`n",
    "redmond\n",
    "redmond/../../subscriptions",
    "..",
    "redmond?api-version=1",
    "redmond%2f..",
    "redmond#",
    "rédmond",
    "redmond\x00",
    "ｒedmond",
    "a" * 65,
]
MAKERS = [
    lambda text: ListBackups(text).pipeline(),
    lambda text: GetBackup(text, ID).statements(),
    lambda text: StartBackup(text).pipeline(),
    lambda text: GetBackupConfiguration(text).pipeline(),
    lambda text: ListRawBackups(SUBSCRIPTION, text).pipeline(),
    lambda text: ObserveBackup(text, ID, SUBSCRIPTION).pipeline(),
    lambda text: Preflight(text).pipeline(),
    resource_group,
    checked_location,
]


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("text", HOSTILE)
def test_an_invalid_location_is_refused_in_paths_and_pipelines(make, text):
    with pytest.raises(UsageError):
        make(text)


@pytest.mark.parametrize("text", [*HOSTILE, f"{ID}/../..", f"{ID}?x=1", "latest", f"x;{ID}"])
def test_an_invalid_id_is_refused_in_paths_and_pipelines(text):
    with pytest.raises(UsageError):
        GetBackup("redmond", text).statements()
    with pytest.raises(UsageError):
        ObserveBackup("redmond", text, SUBSCRIPTION).pipeline()


@pytest.mark.parametrize("text", ["", "x", f"{SUBSCRIPTION}/..", f"{SUBSCRIPTION}?", "..", f"/{SUBSCRIPTION}"])
def test_an_invalid_subscription_is_refused_in_paths(text):
    with pytest.raises(ValueError):
        backup_service(text, "redmond", "backups")


@given(st.text(), st.text())
def test_a_segment_stays_one_segment(one, other):
    try:
        path = backup_service(SUBSCRIPTION, "redmond", one, other)
    except UnicodeEncodeError:
        return
    plain, _, query = path.partition("?")
    assert plain.count("/") == BASE.count("/") + 2
    assert query == "api-version=2018-09-01"
    assert not set(plain) & set("#?\\ \n\0")
