"""Az.Accounts on the embedded engine."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from psrpcore import PipelineOutputEvent
from psrpcore.types import PSCredential, PSSecureString

from tests.support.clients.embedded import FIRST, PLACE, SUBSCRIPTION, Client, FakeStamp, cmdlet

SECRET = "right 'secret' \U0001f511"


def outputs(client: Client) -> list[Any]:
    return [event.data for event in client.events() if isinstance(event, PipelineOutputEvent)]


def unsigned() -> FakeStamp:
    stamp = FakeStamp()
    stamp.profile = replace(stamp.profile, signed_in=False)
    return stamp


def connect(client: Client, secret: str, **more: Any) -> list[Any]:
    client.exchange_keys()
    credential = PSCredential(UserName="app-id", Password=PSSecureString(secret))
    tenant = "contoso.example"
    return list(
        client.run(
            cmdlet(
                "Connect-AzAccount",
                ServicePrincipal=True,
                Credential=credential,
                Tenant=tenant,
                Environment="AzureStackAdmin",
                **more,
            )
        )
    )


def test_the_context_shows_its_subscription_as_the_id(client: Client, stamp: FakeStamp) -> None:
    client.run(cmdlet("Get-AzContext"))
    [context] = outputs(client)
    assert context.Subscription == stamp.profile.subscription_id
    assert context.Environment == "AzureStackAdmin"
    assert context.TokenCache is None


def test_subscription_and_environment_are_read_by_member_name(client: Client, stamp: FakeStamp) -> None:
    client.run([cmdlet("Get-AzContext"), cmdlet("ForEach-Object", MemberName="Subscription")])
    client.run([cmdlet("Get-AzContext"), cmdlet("ForEach-Object", MemberName="Environment")])
    subscription, environment = outputs(client)
    assert (subscription.Id, subscription.Name) == (SUBSCRIPTION, "Default Provider Subscription")
    assert environment.ResourceManagerUrl == stamp.profile.resource_manager_url


def test_a_signed_out_session_has_no_context() -> None:
    assert [item.type for item in Client(unsigned()).run(cmdlet("Get-AzContext"))] == ["PipelineState"]


def test_a_service_principals_secret_arrives_unchanged() -> None:
    stamp = unsigned()
    client = Client(stamp)
    sent = connect(client, SECRET)
    assert [item.type for item in sent] == ["WarningRecord", "PipelineOutput", "PipelineState"]
    assert stamp.secrets == [("AzureStackAdmin", "contoso.example", "app-id", SECRET)]
    client.run(cmdlet("Get-AzContext"))
    assert outputs(client)[-1].Account == "app-id"
    assert [item.type for item in client.run(cmdlet("Get-AzsBackup", Name=FIRST))] == [
        "PipelineOutput",
        "PipelineState",
    ]


def test_a_wrong_secret_does_not_sign_in() -> None:
    client = Client(unsigned())
    error, state = connect(client, "wrong")
    assert error.type == "ErrorRecord"
    assert "AuthenticationFailedException" in error.data
    assert 'PipelineState">4<' in state.data
    assert [item.type for item in client.run(cmdlet("Get-AzContext"))] == ["PipelineState"]
    assert "wrong" not in "".join(item.data for item in client.sink.messages)


@pytest.mark.parametrize("name", ["Default Provider Subscription", SUBSCRIPTION.lower()])
def test_a_subscription_is_chosen_by_name_or_id(name: str) -> None:
    client = Client(unsigned())
    assert connect(client, SECRET, Subscription=name)[-2].type == "PipelineOutput"


def test_an_unknown_subscription_is_an_error_and_does_not_sign_in() -> None:
    client = Client(unsigned())
    error, _ = connect(client, SECRET, Subscription="Metering")
    assert "SubscriptionNotFound" in error.data
    assert [item.type for item in client.run(cmdlet("Get-AzContext"))] == ["PipelineState"]


def test_a_sign_in_applies_to_its_pool_only() -> None:
    stamp = unsigned()
    connect(Client(stamp), SECRET)
    assert [item.type for item in Client(stamp).run(cmdlet("Get-AzContext"))] == ["PipelineState"]


def test_a_text_instead_of_a_credential_is_refused(client: Client) -> None:
    [state] = client.run(cmdlet("Connect-AzAccount", ServicePrincipal=True, Credential="bob", Tenant="t"))
    assert "ParameterArgumentTransformationError" in state.data


def test_mandatory_parameters_are_named_when_they_are_missing(client: Client) -> None:
    [state] = client.run(cmdlet("Connect-AzAccount", ServicePrincipal=True))
    assert "missing mandatory parameters: Credential Tenant." in state.data


def test_a_raw_call_returns_status_and_complete_body(client: Client) -> None:
    path = f"{PLACE}/redmond/backups/{FIRST}?api-version=2018-09-01"
    client.run(cmdlet("Invoke-AzRestMethod", Path=path, Method="get"))
    [answer] = outputs(client)
    assert (answer.StatusCode, answer.Method) == (200, "GET")
    assert json.loads(answer.Content)["properties"]["backupInfo"]["completelyUploaded"] is True


def test_a_raw_call_by_parameters_goes_to_the_context_s_subscription(client: Client) -> None:
    given = {"ResourceProviderName": "Microsoft.Backup.Admin", "ResourceGroupName": "system.redmond"}
    given |= {"ResourceType": ["backupLocations", "backups"], "Name": ["redmond"], "ApiVersion": "2018-09-01"}
    client.run(cmdlet("Invoke-AzRestMethod", **given, Method="GET"))
    [answer] = outputs(client)
    assert answer.StatusCode == 200
    assert len(json.loads(answer.Content)["value"]) > 0
    [error, _] = client.run(cmdlet("Invoke-AzRestMethod", **given | {"Name": ["a", "b", "c"]}))
    assert "Invalid resource type/name" in error.data
    [state] = client.run(cmdlet("Invoke-AzRestMethod", **given, Path="/subscriptions"))
    assert "AmbiguousParameterSet" in state.data


def test_a_raw_call_returns_an_error_status_without_an_error_record(client: Client) -> None:
    sent = client.run(cmdlet("Invoke-AzRestMethod", Path="/subscriptions/x/nothing"))
    assert [item.type for item in sent] == ["PipelineOutput", "PipelineState"]
    assert outputs(client)[0].StatusCode == 404


def test_headers_of_a_raw_call_are_read_by_member_name(client: Client) -> None:
    path = f"{PLACE}/redmond/createBackup?api-version=2018-09-01"
    client.run([cmdlet("Invoke-AzRestMethod", Path=path, Method="POST"), cmdlet("%", MemberName="Headers")])
    found = {item.Key: list(item.Value) for item in outputs(client)}
    assert found["Retry-After"] == ["60"]


def test_an_unknown_method_is_refused(client: Client) -> None:
    [state] = client.run(cmdlet("Invoke-AzRestMethod", Path="/x", Method="BREW"))
    assert "ParameterArgumentValidationError,Microsoft.Azure.Commands.Profile.Rest.InvokeAzRestCommand" in state.data


def test_an_old_az_accounts_has_no_raw_call() -> None:
    stamp = FakeStamp()
    stamp.profile = replace(stamp.profile, rest_method=False)
    [state] = Client(stamp).run(cmdlet("Invoke-AzRestMethod", Path="/x"))
    assert "CommandNotFoundException" in state.data
