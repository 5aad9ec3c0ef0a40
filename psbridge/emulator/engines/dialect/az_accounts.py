"""Az.Accounts 2.2.8, which Azs.Backup.Admin 1.0.2 asks for, from its source."""

from __future__ import annotations

from psbridge.emulator.engines.dialect.model import CREDENTIAL, STRING, STRINGS, SWITCH, Cmdlet, Module, Parameter

NAME = "Az.Accounts"

CLASS = "Microsoft.Azure.Commands.Profile."
BY_PATH, BY_PARAMETERS = ("ByPath",), ("ByParameters",)  # sets of Invoke-AzRestMethod
BY_SECRET, BY_CERTIFICATE = "ServicePrincipalWithSubscriptionId", "ServicePrincipalCertificateWithSubscriptionId"


def connect_parameters(*tenant: str) -> tuple[Parameter, ...]:
    """Return those of the sign-in of a service principal; `tenant` is -Tenant's name and aliases.

    A real one has further sets, for users and managed identities.
    """
    return (
        Parameter("Environment", STRING, aliases=("EnvironmentName",)),
        Parameter("Credential", CREDENTIAL, (BY_SECRET,), mandatory=True),
        Parameter("CertificateThumbprint", STRING, (BY_CERTIFICATE,), mandatory=True),
        Parameter("ApplicationId", STRING, (BY_CERTIFICATE,), mandatory=True),
        Parameter("ServicePrincipal", SWITCH, mandatory=True),
        Parameter(tenant[0], STRING, mandatory=True, aliases=tenant[1:]),
        Parameter("Subscription", STRING, aliases=("SubscriptionName", "SubscriptionId")),
        Parameter("SkipContextPopulation", SWITCH),
        Parameter("Scope", STRING, allowed=("Process", "CurrentUser")),
    )


def context_commands(module: str, prefix: str) -> tuple[Cmdlet, ...]:
    """Return the commands that both generations have alike, Az and AzureRM: of contexts and environments."""
    context = (
        Parameter("Subscription", STRING, mandatory=True, aliases=("SubscriptionId", "SubscriptionName")),
        Parameter("Tenant", STRING, aliases=("Domain", "TenantId")),
        Parameter("Force", SWITCH),
    )
    environment = (  # of Add-AzEnvironment's sets the one that reads the endpoints from the stamp
        Parameter("Name", STRING, mandatory=True),
        Parameter("ARMEndpoint", STRING, mandatory=True, aliases=("ArmUrl",)),
        Parameter("AzureKeyVaultDnsSuffix", STRING),
        Parameter("AzureKeyVaultServiceEndpointResourceId", STRING),
    )
    scope = Parameter("Scope", STRING, allowed=("Process", "CurrentUser"))
    return (
        Cmdlet(
            f"Set-{prefix}Context",
            module,
            CLASS + "SetAzureRMContextCommand",
            context,
            should_process=True,
            aliases=(f"Select-{prefix}Subscription",),
        ),
        Cmdlet(
            f"Get-{prefix}Environment",
            module,
            CLASS + "GetAzureRMEnvironmentCommand",
            (Parameter("Name", STRING),),
        ),
        Cmdlet(
            f"Add-{prefix}Environment",
            module,
            CLASS + "AddAzureRMEnvironmentCommand",
            environment,
            should_process=True,
        ),
        Cmdlet(
            f"Disable-{prefix}ContextAutosave",
            module,
            CLASS + "Context.DisableAzureRmContextAutosave",
            (scope,),
            should_process=True,
        ),
    )


_COMMANDS = (
    Cmdlet(
        "Get-AzContext",
        NAME,
        CLASS + "GetAzureRMContextCommand",
        (Parameter("ListAvailable", SWITCH), Parameter("RefreshContextFromTokenCache", SWITCH, emulated=False)),
    ),
    Cmdlet(
        "Connect-AzAccount",
        NAME,
        CLASS + "ConnectAzureRmAccountCommand",
        (*connect_parameters("Tenant", "Domain", "TenantId"), Parameter("Force", SWITCH, aliases=("f",))),
        should_process=True,
        default_set=BY_SECRET,
        definition_sets=(BY_SECRET, BY_CERTIFICATE),
    ),
    *context_commands(NAME, "Az"),
    Cmdlet(
        "Invoke-AzRestMethod",
        NAME,
        CLASS + "Rest.InvokeAzRestCommand",
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
