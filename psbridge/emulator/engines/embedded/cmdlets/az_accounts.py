"""Az.Accounts: the session's context, signing in, and raw calls to Azure Resource Manager. From its source."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from psbridge.emulator.engines.dialect.az_accounts import AZ_ACCOUNTS
from psbridge.emulator.engines.embedded import errors
from psbridge.emulator.engines.embedded.cmdlets import az_errors
from psbridge.emulator.engines.embedded.command_runtime import BUILT_IN, CommandRuntime, Run, SignIn
from psbridge.emulator.engines.embedded.error_record import Terminate
from psbridge.emulator.engines.embedded.values import Net, NetDict, NetList, Value, array, generic
from psbridge.emulator.stamp.api import RestResponse, SignInRefusal
from psbridge.emulator.stamp.sign_in import endpoint_error
from psbridge.values import replace

_MODELS = "Microsoft.Azure.Commands.Profile.Models."
_SUBSCRIPTIONS = "/subscriptions?api-version=2016-06-01"


def _model(name: str, text: str, props: dict[str, Value]) -> Net:
    return Net((_MODELS + name, "System.Object"), text, props)


def _extensions() -> NetDict:
    kind = generic("System.Collections.Concurrent.ConcurrentDictionary", "System.String", "System.String")
    return NetDict((kind, "System.Object"))


def _core(runtime: CommandRuntime) -> str:
    """Return the part of the context's type names that only Az has."""
    return "Core." if runtime.cmdlet.module == AZ_ACCOUNTS.name else ""


def _environment(runtime: CommandRuntime, name: str, url: str) -> Net:
    adfs = runtime.session.stamp.profile.identity == "adfs" and name not in BUILT_IN
    props: dict[str, Value] = {"Name": name, "EnableAdfsAuthentication": adfs, "ResourceManagerUrl": url}
    return _model("PSAzureEnvironment", name, props)


def _context(runtime: CommandRuntime, sign_in: SignIn) -> Net:
    whole = f"{sign_in.subscription_name} ({sign_in.subscription_id}) - {sign_in.tenant} - {sign_in.account}"
    name = whole if sign_in.subscription_id else f"{sign_in.tenant} - {sign_in.account}"
    account: dict[str, Value] = {"Id": sign_in.account, "Type": sign_in.account_type}
    url = runtime.session.environments.get(sign_in.environment, runtime.session.stamp.profile.resource_manager_url)
    subscription: dict[str, Value] = {
        "Id": sign_in.subscription_id,
        "Name": sign_in.subscription_name,
        "State": "Enabled",
        "SubscriptionId": sign_in.subscription_id,
        "TenantId": sign_in.tenant,
        "HomeTenantId": sign_in.tenant,
    }
    chosen = _model("PSAzureSubscription", sign_in.subscription_id, subscription) if sign_in.subscription_id else None
    props: dict[str, Value] = {
        "Name": name,
        "Account": _model("PSAzureRmAccount", sign_in.account, account),
        "Environment": _environment(runtime, sign_in.environment, url),
        "Subscription": chosen,
        "Tenant": _model("PSAzureTenant", sign_in.tenant, {"Id": sign_in.tenant, "TenantId": sign_in.tenant}),
        "TokenCache": None,
        "VersionProfile": None,
        "ExtendedProperties": _extensions(),
    }
    return _model(f"{_core(runtime)}PSAzureContext", name, props)


def _get_context(runtime: CommandRuntime, _source: Iterator[Value]) -> Iterator[Value]:
    if runtime.session.sign_in is not None:
        yield _context(runtime, runtime.session.sign_in)


def _connect(runtime: CommandRuntime, _source: Iterator[Value]) -> Iterator[Value]:
    values = runtime.arguments
    environment = values.text("Environment") or "AzureCloud"
    if not values.flag("ServicePrincipal"):
        # AD FS takes no user credential either; what Azure AD would say to one is not emulated
        raise Terminate(errors.not_emulated(f"{runtime.cmdlet.name} with a user's credential", runtime.cmdlet))
    if not runtime.should_process("ServicePrincipal account in environment '" + environment + "'", "log in"):
        return
    known = _known(runtime, environment)
    if known is None:
        text = f"Unable to find environment with name '{environment}'."
        runtime.error(az_errors.wrong_input(runtime.cmdlet, "EnvironmentNotFound", text))
        return
    tenant = str(values.values.get("Tenant") or values.values["TenantId"])
    account = _log_in(runtime, tenant)
    if account is None:
        return
    found = (
        _landing(runtime) if values.text("Subscription") is None else _pick(runtime, str(values.text("Subscription")))
    )
    if found is None:
        text = f'The provided account {account} does not have access to subscription "{values.text("Subscription")}".'
        runtime.error(az_errors.wrong_input(runtime.cmdlet, "SubscriptionNotFound", text))
        return
    secret = values.values.get("Credential") is not None
    if runtime.session.autosave and secret and values.text("Scope") != "Process":
        runtime.warning(
            "The provided service principal secret will be included in the 'AzureRmContext.json' file found in the user "
            "profile. Please ensure that this directory has appropriate protections."
        )
    state = "tenant-endpoint" if known[1].startswith("https://management.") else "works"
    sign_in = SignIn(account, "ServicePrincipal", known[0], tenant, *found, state)
    runtime.session.sign_in = sign_in
    context = _context(runtime, sign_in)
    environments = NetDict(
        (generic("System.Collections.Generic.Dictionary", "System.String", "System.Object"), "System.Object"),
        {sign_in.environment: (context.props or {})["Environment"]},
    )
    kind = f"{_MODELS}{_core(runtime)}PSAzureProfile"
    yield Net((kind, "System.Object"), kind, {"Environments": environments, "Context": context})


def _known(runtime: CommandRuntime, environment: str) -> tuple[str, str] | None:
    """Return name and address of an environment that the session knows, whatever the case of its name."""
    folded = environment.casefold()
    return next((pair for pair in runtime.session.environments.items() if pair[0].casefold() == folded), None)


def _log_in(runtime: CommandRuntime, tenant: str) -> str | None:
    """Return the account; None after writing why the login is refused."""
    stamp, given = runtime.session.stamp, runtime.arguments
    credential, thumbprint = given.values.get("Credential"), given.text("CertificateThumbprint")
    application_id = str(credential.UserName) if credential else str(given.text("ApplicationId"))
    secret = credential.Password.decrypt() if credential and credential.Password else ""
    proof = (secret,) if thumbprint is None else (None, thumbprint)
    account = stamp.sign_in(stamp.profile.environment, tenant, application_id, *proof)
    if isinstance(account, SignInRefusal):
        runtime.error(az_errors.sign_in_refused(runtime.cmdlet, account))
        return None
    return account


def _landing(runtime: CommandRuntime) -> tuple[str, str]:
    """Return id and name of the subscription in which a login that names none lands; empty for none."""
    profile = runtime.session.stamp.profile
    every = _subscriptions(runtime)
    if profile.lands_in == "none":
        return "", ""
    if profile.lands_in == "another":
        return next(pair for pair in every if pair[0] != profile.subscription_id)
    return profile.subscription_id, profile.subscription_name


def _pick(runtime: CommandRuntime, wanted: str) -> tuple[str, str] | None:
    """Return id and name of the subscription that was asked for, by either."""
    folded = wanted.casefold()
    return next((pair for pair in _subscriptions(runtime) if folded in (pair[0].casefold(), pair[1].casefold())), None)


def _subscriptions(runtime: CommandRuntime) -> list[tuple[str, str]]:
    """Return id and name of each subscription that the account sees."""
    profile = runtime.session.stamp.profile
    if profile.lands_in == "none":
        return []
    known = [(profile.subscription_id, profile.subscription_name)]
    answer = runtime.session.stamp.rest("GET", _SUBSCRIPTIONS)
    if answer.status == 200 and isinstance(answer.body, dict):
        items = answer.body.get("value", ())
        known += [(str(item.get("subscriptionId")), str(item.get("displayName"))) for item in items]
    return known


def _set_context(runtime: CommandRuntime, _source: Iterator[Value]) -> Iterator[Value]:
    sign_in, wanted = runtime.session.sign_in, str(runtime.arguments.text("Subscription") or "")
    if sign_in is None:
        return
    if not runtime.should_process(f"Subscription '{wanted}'", "Set context"):
        return
    found = _pick(runtime, wanted)
    if found is None:
        runtime.error(az_errors.stray(runtime.cmdlet, "Please provide a valid tenant or a valid subscription."))
        return
    runtime.session.sign_in = replace(sign_in, subscription_id=found[0], subscription_name=found[1])
    yield _context(runtime, runtime.session.sign_in)


def _get_environment(runtime: CommandRuntime, _source: Iterator[Value]) -> Iterator[Value]:
    wanted = runtime.arguments.text("Name")
    for name, url in runtime.session.environments.items():
        if wanted is None or wanted.casefold() == name.casefold():
            yield _environment(runtime, name, url)


def _add_environment(runtime: CommandRuntime, _source: Iterator[Value]) -> Iterator[Value]:
    name, url = str(runtime.arguments.values["Name"]), str(runtime.arguments.values["ARMEndpoint"])
    if not runtime.should_process(f"environment '{name}'", "Add environment"):
        return
    if name.casefold() in {each.casefold() for each in BUILT_IN}:
        runtime.error(az_errors.stray(runtime.cmdlet, f"Cannot add built-in or discovered environment {name}."))
        return
    own = runtime.session.stamp.profile.resource_manager_url.rstrip("/")
    plain, address = url.rstrip("/").casefold(), url.partition("://")[2] or url
    if plain not in (own.casefold(), own.casefold().replace("://adminmanagement.", "://management.")):
        runtime.error(az_errors.unreachable(runtime.cmdlet, f"No such host is known. ({address})"))
        return
    silent = endpoint_error(runtime.session.stamp.profile, address)
    if silent is not None:
        runtime.error(az_errors.unreachable(runtime.cmdlet, silent))
        return
    for known in [each for each in runtime.session.environments if each.casefold() == name.casefold()]:
        del runtime.session.environments[known]
    runtime.session.environments[name] = f"{plain}/"
    yield _environment(runtime, name, f"{plain}/")


def _disable_autosave(runtime: CommandRuntime, _source: Iterator[Value]) -> Iterator[Value]:
    if runtime.should_process("Current session", "Do not autosave the context in the current session"):
        runtime.session.autosave = False
        kind = "Microsoft.Azure.Commands.Common.Authentication.ContextAutosaveSettings"
        yield Net((kind, "System.Object"), kind, {"Mode": "Process"})


def _invoke_rest(runtime: CommandRuntime, _source: Iterator[Value]) -> Iterator[Value]:
    lacking = az_errors.signed_out(runtime.cmdlet, runtime.session.sign_in)
    if lacking is not None:
        runtime.error(lacking)
        return
    path = runtime.arguments.text("Path")
    if path is None:
        try:
            path = _constructed(runtime, runtime.session.sign_in)
        except ValueError as wrong:
            runtime.error(az_errors.wrong_input(runtime.cmdlet, "InvalidType", str(wrong)))
            return
    method = (runtime.arguments.text("Method") or "GET").upper()
    if not path.startswith("/"):
        text = f"Invalid Path for making Rest call: '{path}'."
        runtime.error(az_errors.wrong_input(runtime.cmdlet, "InvalidPath", text))
        return
    if not runtime.should_process(path, method):
        return
    payload = runtime.arguments.text("Payload")
    answer = runtime.session.rest(method, path, payload.encode() if payload else None, raw=True)
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


def _constructed(runtime: CommandRuntime, sign_in: SignIn | None) -> str:
    """Return the path that -ResourceType and -Name make, as `ConstructPath` of Az.Accounts' source does.

    Raises:
        ValueError: there are not as many names as types, or one less.
    """
    given = runtime.arguments
    types, names = (list(given.values.get(each) or ()) for each in ("ResourceType", "Name"))
    if len(names) > len(types) or len(types) - len(names) > 1:
        raise ValueError("Invalid resource type/name")
    parts = ["subscriptions", given.text("SubscriptionId") or (sign_in.subscription_id if sign_in else "")]
    for each, head in (("ResourceGroupName", "resourceGroups"), ("ResourceProviderName", "providers")):
        if value := given.text(each):
            parts += [head, value]
    for at, kind in enumerate(types):
        parts += [kind, *names[at : at + 1]]
    return "/" + "/".join(map(str, parts)) + f"?api-version={given.text('ApiVersion')}"


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
    "Set-AzContext": _set_context,
    "Get-AzEnvironment": _get_environment,
    "Add-AzEnvironment": _add_environment,
    "Disable-AzContextAutosave": _disable_autosave,
    "Invoke-AzRestMethod": _invoke_rest,
}
AZURERM_RUNS: dict[str, Run] = {
    name.replace("-Az", "-AzureRm"): run for name, run in RUNS.items() if name != "Invoke-AzRestMethod"
}
