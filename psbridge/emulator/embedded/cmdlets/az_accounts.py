"""Az.Accounts: the session's context, signing in, and raw calls to Azure Resource Manager. From its source."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from psbridge.emulator.dialect.az_accounts import AZ_ACCOUNTS
from psbridge.emulator.embedded import errors
from psbridge.emulator.embedded.call import Call, Run, SignIn
from psbridge.emulator.embedded.cmdlets import az_errors
from psbridge.emulator.embedded.error_record import Terminate
from psbridge.emulator.embedded.values import Net, NetDict, NetList, Value, array, generic
from psbridge.emulator.stamp.face import RestResponse

_MODELS = "Microsoft.Azure.Commands.Profile.Models."
_SUBSCRIPTIONS = "/subscriptions?api-version=2016-06-01"


def _model(name: str, text: str, props: dict[str, Value]) -> Net:
    return Net((_MODELS + name, "System.Object"), text, props)


def _extensions() -> NetDict:
    kind = generic("System.Collections.Concurrent.ConcurrentDictionary", "System.String", "System.String")
    return NetDict((kind, "System.Object"))


def _core(call: Call) -> str:
    """Return what the names of the context's types have in Az and not in AzureRM."""
    return "Core." if call.cmdlet.module == AZ_ACCOUNTS.name else ""


def _context(call: Call, sign_in: SignIn) -> Net:
    profile = call.session.face.profile
    name = f"{sign_in.subscription_name} ({sign_in.subscription_id}) - {sign_in.tenant} - {sign_in.account}"
    account: dict[str, Value] = {"Id": sign_in.account, "Type": sign_in.account_type}
    environment: dict[str, Value] = {
        "Name": sign_in.environment,
        "EnableAdfsAuthentication": False,
        "ResourceManagerUrl": profile.resource_manager_url,
    }
    subscription: dict[str, Value] = {
        "Id": sign_in.subscription_id,
        "Name": sign_in.subscription_name,
        "State": "Enabled",
        "SubscriptionId": sign_in.subscription_id,
        "TenantId": sign_in.tenant,
        "HomeTenantId": sign_in.tenant,
    }
    props: dict[str, Value] = {
        "Name": name,
        "Account": _model("PSAzureRmAccount", sign_in.account, account),
        "Environment": _model("PSAzureEnvironment", sign_in.environment, environment),
        "Subscription": _model("PSAzureSubscription", sign_in.subscription_id, subscription),
        "Tenant": _model("PSAzureTenant", sign_in.tenant, {"Id": sign_in.tenant, "TenantId": sign_in.tenant}),
        "TokenCache": None,
        "VersionProfile": None,
        "ExtendedProperties": _extensions(),
    }
    return _model(f"{_core(call)}PSAzureContext", name, props)


def _get_context(call: Call, _source: Iterator[Value]) -> Iterator[Value]:
    if call.session.sign_in is not None:
        yield _context(call, call.session.sign_in)


def _connect(call: Call, _source: Iterator[Value]) -> Iterator[Value]:
    profile = call.session.face.profile
    values = call.arguments
    environment = values.text("Environment") or "AzureCloud"
    if not values.flag("ServicePrincipal"):
        # AD FS takes no user credential either; what Azure AD would say to one is not emulated
        raise Terminate(errors.not_emulated(f"{call.cmdlet.name} with a user's credential", call.cmdlet))
    if not call.should_process("ServicePrincipal account in environment '" + environment + "'", "log in"):
        return
    if environment.casefold() != profile.environment.casefold():
        text = f"Unable to find environment with name '{environment}'."
        call.error(az_errors.wrong_input(call.cmdlet, "EnvironmentNotFound", text))
        return
    credential = values.values["Credential"]
    tenant = str(values.values.get("Tenant") or values.values["TenantId"])
    application_id = str(credential.UserName)
    account = call.session.face.sign_in(
        profile.environment, tenant, application_id, credential.Password.decrypt() if credential.Password else ""
    )
    if account is None:
        call.error(az_errors.sign_in_refused(call.cmdlet, application_id))
        return
    found = _pick_subscription(call, values.text("Subscription"))
    if found is None:
        text = f'The provided account {account} does not have access to subscription "{values.text("Subscription")}".'
        call.error(az_errors.wrong_input(call.cmdlet, "SubscriptionNotFound", text))
        return
    call.warning(
        "The provided service principal secret will be included in the 'AzureRmContext.json' file found in the user "
        "profile. Please ensure that this directory has appropriate protections."
    )
    sign_in = SignIn(account, "ServicePrincipal", profile.environment, tenant, *found)
    call.session.sign_in = sign_in
    context = _context(call, sign_in)
    environments = NetDict(
        (generic("System.Collections.Generic.Dictionary", "System.String", "System.Object"), "System.Object"),
        {sign_in.environment: (context.props or {})["Environment"]},
    )
    kind = f"{_MODELS}{_core(call)}PSAzureProfile"
    yield Net((kind, "System.Object"), kind, {"Environments": environments, "Context": context})


def _pick_subscription(call: Call, wanted: str | None) -> tuple[str, str] | None:
    """Return id and name of the subscription that was asked for, by either; the default provider's where none was."""
    profile = call.session.face.profile
    known = [(profile.subscription_id, profile.subscription_name)]
    if wanted is None:
        return known[0]
    answer = call.session.face.rest("GET", _SUBSCRIPTIONS)
    if answer.status == 200 and isinstance(answer.body, dict):
        items = answer.body.get("value", ())
        known += [(str(item.get("subscriptionId")), str(item.get("displayName"))) for item in items]
    folded = wanted.casefold()
    return next((pair for pair in known if folded in (pair[0].casefold(), pair[1].casefold())), None)


def _invoke_rest(call: Call, _source: Iterator[Value]) -> Iterator[Value]:
    if call.session.sign_in is None:
        call.error(az_errors.not_signed_in(call.cmdlet))
        return
    path = call.arguments.values["Path"]
    method = (call.arguments.text("Method") or "GET").upper()
    if not path.startswith("/"):
        text = f"Invalid Path for making Rest call: '{path}'."
        call.error(az_errors.wrong_input(call.cmdlet, "InvalidPath", text))
        return
    if not call.should_process(path, method):
        return
    payload = call.arguments.text("Payload")
    answer = call.session.face.rest(method, path, payload.encode() if payload else None, raw=True)
    yield _model(
        "PSHttpResponse",
        _MODELS + "PSHttpResponse",
        {
            "Headers": _headers(answer),
            "Version": "1.1",
            "StatusCode": answer.status,
            "Method": method,
            "Content": _content(answer.body),
        },
    )


def _content(body: Any) -> str:
    return "" if body is None else json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def _headers(answer: RestResponse) -> NetList:
    """Return HttpResponseHeaders: a sequence of pairs; the content's own headers are not among them."""
    texts = generic("System.Collections.Generic.IEnumerable", "System.String")
    pair = generic("System.Collections.Generic.KeyValuePair", "System.String", texts)
    items: list[Value] = [
        Net(
            (pair, "System.ValueType", "System.Object"),
            f"[{name}, System.String[]]",
            {"Key": name, "Value": array("System.String", [value])},
        )
        for name, value in answer.headers.items()
        if not name.casefold().startswith("content-")
    ]
    space = "System.Net.Http.Headers."
    return NetList((f"{space}HttpResponseHeaders", f"{space}HttpHeaders", "System.Object"), items, tag="IE")


RUNS: dict[str, Run] = {
    "Get-AzContext": _get_context,
    "Connect-AzAccount": _connect,
    "Invoke-AzRestMethod": _invoke_rest,
}
AZURERM_RUNS: dict[str, Run] = {"Get-AzureRmContext": _get_context, "Connect-AzureRmAccount": _connect}
