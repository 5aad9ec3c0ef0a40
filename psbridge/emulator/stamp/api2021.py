"""What API version 2021-09-01 answers beyond the older ones, as recorded (October 2021, build 1.2108).

Keys and order are recorded, and so are the repositories that make up a role's backup.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

Json = dict[str, Any]
VERSION = "2021-09-01"
POLL_EACH = 30  # seconds: the recorded Retry-After of an operation that is asked for

# The 23 roles of a stamp of build 1.2108 and their 49 repositories, in the recorded order (October 2021). A repository is
# shown as `Role;Component;Partition;Repository`.
ROLES_2108: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "KeyVaultNamingService": ("KeyVault;-;TableStore_kvvnsproddata",),
        "CertificateManagement": ("CertificateManagement;-;Certificates",),
        "CPI": (
            "AvailabilitySetController;-;KVS",
            "ClusterManager;-;KVS",
            "ClusterOrchestrator;-;KVS",
            "DataService;-;KVS",
            "TopologyManager;-;KVS",
            "VmOrchestrator;-;KVS",
        ),
        "Domain": ("ServerBackup;-;DomainController",),
        "DeploymentProvider": (
            "DeploymentProvider;-;TableStore_deploymentrp",
            "DeploymentProvider;-;BlobStore_deploymentrp",
            "DeploymentProvider;-;BlobStore_deploymentrpcrl",
        ),
        "WAS": (
            "WasService;-;-",
            "WasService;-;Microsoft.AzureStack.Subscriptions",
            "WasService;-;Microsoft.AzureStack.Commerce",
        ),
        "SupportBridgeController": ("SupportBridgeController;-;SupportBridge",),
        "SRP": (
            "SRP;-;-",
            "SrpStatefulService;-;RC",
        ),
        "KeyVaultInternalControlPlane": ("KeyVaultInternalControlPlane;-;-",),
        "ECE": (
            "ECE;-;ECEDeploymentParameters",
            "EnterpriseCloudEngineService;-;RC",
        ),
        "KeyVaultInternalDataPlane": ("KeyVaultInternalDataPlane;-;-",),
        "InfraServiceController": ("ISManager;-;RC",),
        "NRP": (
            "Microsoft.Network.Admin;-;Quota",
            "FrontendService;-;KVS",
            "DnsOrchestrator;-;RC",
        ),
        "IBC": ("IBC;-;Configs",),
        "DiskRP": ("DiskManagerService;-;KVS",),
        "AzureStackBitlocker": ("Bitlocker;-;RecoveryKeys",),
        "ACS": ("WAC;-;WAC",),
        "ACSSettingsService": ("SettingsService;-;Settings",),
        "KeyVaultDataPlane": ("KeyVaultDataPlane;-;-",),
        "CRP": (
            "Microsoft.Compute.Admin;-;Quota",
            "BlobManager;-;KVS",
            "CARP;-;RC",
            "CRP;-;KVS",
            "DiagnosabilityManager;-;KVS",
            "ExtensionManager;-;KVS",
            "IsoManager;-;KVS",
            "MetadataServer;-;KVS",
            "NetworkManager;-;KVS",
            "PlatformImageRepository;-;KVS",
            "StorageContainerLeaser;-;KVS",
            "UsageManager;-;KVS",
            "UserImageManager;-;KVS",
            "BlobSasManager;-;KVS",
        ),
        "Cluster": ("ClusterDB;-;ClusterDB",),
        "KeyVaultControlPlane": ("KeyVaultControlPlane;-;-",),
        "NC": ("NC;-;IBCBackup",),
    }
)


def repositories(role: str) -> tuple[str, ...]:
    """Return the names of a role's repositories; for a role that was not recorded, one that is made up like the others."""
    return tuple(f"{role};{rest}" for rest in ROLES_2108.get(role, (f"{role};-;-",)))


def backup(resource: Json) -> Json:
    """Return a backup with the repositories of its roles; each has its role's status (inferred: recorded ones all agree)."""
    info = resource["properties"]["backupInfo"]
    roles = [_role(each) for each in info["roleStatus"]]
    return {**resource, "properties": {**resource["properties"], "backupInfo": {**info, "roleStatus": roles}}}


def _role(role: Mapping[str, Any]) -> Json:
    if "repositoryStatus" in role:
        return dict(role)
    name, status = role["roleName"], role["status"]
    parts = [{"fullRepositoryName": each, "status": status} for each in repositories(name)]
    return {"roleName": name, "repositoryStatus": parts, "status": status}


def location(resource: Json) -> Json:
    """Return the backup location; that no blob storage is configured is the emulator's own."""
    store = {**resource["properties"]["externalStoreDefault"], "blobStorageUrl": None, "blobStorageKey": None}
    return {**resource, "properties": {"externalStoreDefault": store, "provisioningState": "Succeeded"}}
