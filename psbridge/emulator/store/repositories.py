"""The repositories of a stamp. Names are recorded (October 2021, build 1.2108); what a recovery needs of them is inferred."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from psbridge.emulator.stamp.api2021 import repositories

# A recovery can do without these. Inferred: a real stamp's registrations.json says it, and none is public.
_NOT_ESSENTIAL = frozenset(
    {
        "CRP;DiagnosabilityManager;-;KVS",
        "CRP;UsageManager;-;KVS",
        "Cluster;ClusterDB;-;ClusterDB",
        "SupportBridgeController;SupportBridgeController;-;SupportBridge",
        "WAS;WasService;-;Microsoft.AzureStack.Commerce",
        "WAS;WasService;-;-",
    }
)
# That there are such is known from strings, which they are is inferred: those that hold secrets themselves.
_DOUBLE_ENCRYPTED = ("KeyVault", "CertificateManagement", "AzureStackBitlocker", "CA;", "ECE;ECE;")
# Subscriptions has chains by BackupValidationTool.psm1; the others are inferred: databases and stores that have logs.
_PROGRESSIVE = ("WAS;WasService;-;Microsoft.AzureStack.", "DeploymentProvider;", "ACS;WAC;", "KeyVaultNamingService;")


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository of a role.

    Attributes:
        name: `Role;Component;Partition;Repository`, with `-` for a part that is empty.
        essential: whether a recovery needs it.
        double_encrypted: whether what is in its archive is encrypted again, with a key that no certificate opens.
        progressive: whether its snapshots make chains.
    """

    name: str

    @property
    def parts(self) -> tuple[str, str, str, str]:
        """Role, component, partition and repository; empty where the name has `-`."""
        role, component, partition, own = ("" if part == "-" else part for part in self.name.split(";"))
        return role, component, partition, own

    @property
    def role(self) -> str:
        """The role."""
        return self.parts[0]

    @property
    def essential(self) -> bool:
        """Whether a recovery needs it."""
        return self.name not in _NOT_ESSENTIAL

    @property
    def double_encrypted(self) -> bool:
        """Whether its content is encrypted again."""
        return self.name.startswith(_DOUBLE_ENCRYPTED)

    @property
    def progressive(self) -> bool:
        """Whether its snapshots make chains."""
        return self.name.startswith(_PROGRESSIVE)


def of_roles(roles: Iterable[str]) -> tuple[Repository, ...]:
    """Return the repositories of some roles, in their order."""
    return tuple(Repository(name) for role in roles for name in repositories(role))
