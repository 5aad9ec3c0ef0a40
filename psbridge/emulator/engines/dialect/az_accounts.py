"""Az.Accounts 2.2.8, which Azs.Backup.Admin 1.0.2 asks for, from its source."""

from __future__ import annotations

from psbridge.emulator.engines.dialect.model import CREDENTIAL, STRING, STRINGS, SWITCH, Cmdlet, Module, Parameter

NAME = "Az.Accounts"

# Those that both generations have, Az and AzureRM.
CONTEXT = (
    Parameter("Subscription", STRING, mandatory=True, aliases=("SubscriptionId", "SubscriptionName")),
    Parameter("Tenant", STRING, aliases=("Domain", "TenantId")),
    Parameter("Force", SWITCH),
)
# Of Add-AzEnvironment's sets the one that reads the endpoints from the stamp.
ENVIRONMENT = (
    Parameter("Name", STRING, mandatory=True),
    Parameter("ARMEndpoint", STRING, mandatory=True, aliases=("ArmUrl",)),
    Parameter("AzureKeyVaultDnsSuffix", STRING),
    Parameter("AzureKeyVaultServiceEndpointResourceId", STRING),
)
BY_PATH, BY_PARAMETERS = ("ByPath",), ("ByParameters",)  # sets of Invoke-AzRestMethod
SCOPE = Parameter("Scope", STRING, allowed=("Process", "CurrentUser"))

_COMMANDS = (
    Cmdlet(
        "Get-AzContext",
        NAME,
        "Microsoft.Azure.Commands.Profile.GetAzureRMContextCommand",
        (Parameter("ListAvailable", SWITCH), Parameter("RefreshContextFromTokenCache", SWITCH, emulated=False)),
    ),
    Cmdlet(
        "Connect-AzAccount",
        NAME,
        "Microsoft.Azure.Commands.Profile.ConnectAzureRmAccountCommand",
        (
            Parameter("Environment", STRING, aliases=("EnvironmentName",)),
            Parameter("Credential", CREDENTIAL, mandatory=True),
            Parameter("ServicePrincipal", SWITCH, mandatory=True),
            Parameter("Tenant", STRING, mandatory=True, aliases=("Domain", "TenantId")),
            Parameter("Subscription", STRING, aliases=("SubscriptionName", "SubscriptionId")),
            Parameter("Force", SWITCH, aliases=("f",)),
        ),
        should_process=True,
    ),
    Cmdlet(
        "Set-AzContext",
        NAME,
        "Microsoft.Azure.Commands.Profile.SetAzureRMContextCommand",
        CONTEXT,
        should_process=True,
        aliases=("Select-AzSubscription",),
    ),
    Cmdlet(
        "Get-AzEnvironment",
        NAME,
        "Microsoft.Azure.Commands.Profile.GetAzureRMEnvironmentCommand",
        (Parameter("Name", STRING),),
    ),
    Cmdlet(
        "Add-AzEnvironment",
        NAME,
        "Microsoft.Azure.Commands.Profile.AddAzureRMEnvironmentCommand",
        ENVIRONMENT,
        should_process=True,
    ),
    Cmdlet(
        "Disable-AzContextAutosave",
        NAME,
        "Microsoft.Azure.Commands.Profile.Context.DisableAzureRmContextAutosave",
        (SCOPE,),
        should_process=True,
    ),
    Cmdlet(
        "Invoke-AzRestMethod",
        NAME,
        "Microsoft.Azure.Commands.Profile.Rest.InvokeAzRestCommand",
        (
            Parameter("SubscriptionId", STRING, BY_PARAMETERS),
            Parameter("ResourceGroupName", STRING, BY_PARAMETERS),
            Parameter("ResourceProviderName", STRING, BY_PARAMETERS),
            Parameter("ResourceType", STRINGS, BY_PARAMETERS),
            Parameter("Name", STRINGS, BY_PARAMETERS),
            Parameter("Path", STRING, BY_PATH, mandatory=True),
            Parameter("ApiVersion", STRING, BY_PARAMETERS, mandatory=True),
            Parameter("Method", STRING, allowed=("GET", "POST", "PUT", "PATCH", "DELETE")),
            Parameter("Payload", STRING),
        ),
        should_process=True,
        default_set="ByPath",
        definition_sets=("ByPath", "ByParameters"),
    ),
)

AZ_ACCOUNTS = Module(NAME, "2.2.8", _COMMANDS)
