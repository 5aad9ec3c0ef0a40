"""What the codes of error records mean: one table.

The backup service's codes are the names of its exception classes (AzureStack-Tools, BackupDataModel.xml). Which of them a
stamp sends, and with which HTTP status, is not in any recording, so their meaning is inferred. ARM's codes are the documented
ones; PowerShell's were measured on 7.6.9.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import Final, NamedTuple

IDENTITY_CODE: Final = re.compile(r"\b(?:AADSTS\d{4,}|MSIS\d{4})\b")
"""Identifiers of Entra ID (its reference, "AADSTS error codes") and of AD FS, which are in a message whatever its language."""


class Meaning(NamedTuple):
    """What to raise for some codes.

    Attributes:
        codes: patterns in lower case, without a final `exception`.
        exit_code: its name, as `psbridge.errors.ExitCode.label`. After `unreachable` it is unknown whether the trigger took
            effect; the others prove that nothing was started.
        says: the sentence; `{code}`, `{activity}` and `{target}` are filled in.
        reason: goes into `detail.reason`.
        certain: it proves that under any HTTP status. Without it a 5xx proves nothing: the service may have met the error in
            the middle of a backup.
        retryable: a read that met it may be retried.
        quotes: the host's error text follows the sentence.
    """

    codes: tuple[str, ...]
    exit_code: str
    says: str
    hint: str
    reason: str | None = None
    certain: bool = False
    retryable: bool = False
    quotes: bool = False


def _retryable(codes: tuple[str, ...], says: str, hint: str) -> Meaning:
    """Return the meaning of an error that a retry of a read may not meet again."""
    return Meaning(codes, "unreachable", says, hint, retryable=True)


_SHARE = (
    "Check the external share's path, credentials and free space in the portal (Infrastructure backup), then retry."
)
_SIGN_IN = (
    "Configure `sign_in` for this target, or save a context on the host for the account of psbridge (Connect-AzAccount, or "
    "Connect-AzureRmAccount of the AzureRM modules)."
)
_ALERTS = "Check the stamp's alerts in the portal, then retry. If the error persists, open a support case."
_MINUTE = "Retry in a minute."
_SUPPORTED = "Supported modules: Azs.Backup.Admin 1.0.x (AzureStack 2.x) and 0.3.x (AzureRM)."

SIGNED_OUT = Meaning(
    # The id of Az's "Run Connect-AzAccount to login" is inferred.
    ("invalidauthenticationtoken*", "invalidauthenticationinfo", "azurermcontext*", "noazurecontext*"),
    "prerequisite",
    "the host's session is not signed in to the stamp, or its sign-in has expired ({activity})",
    _SIGN_IN,
    reason="signed_out",
    quotes=True,
)
NO_SUBSCRIPTION = Meaning(
    ("missingsubscription",),
    "prerequisite",
    "the account of the host's session has no subscription on the stamp ({activity})",
    "Give the account the role Contributor on the Default Provider Subscription, then sign in again.",
    reason="no_subscription",
    quotes=True,
)

_REFUSED_BY_THE_SERVICE = (
    Meaning(
        ("backupconflict",),
        "busy",
        "another backup is running on the stamp",
        "Wait for it: psbridge backup wait (or start with --if-running attach or queue).",
        reason="backup_running",
        certain=True,
    ),
    Meaning(
        ("preconditionfailed",),
        "busy",
        "the stamp refuses backups now ({code}), as it does during an update",
        "Check in the portal whether an update is installing; start again when it has ended.",
        reason="update_running",
        certain=True,
    ),
    Meaning(
        ("externalstorenotconfigured",),
        "prerequisite",
        "the stamp has no backup share configured",
        "Set the share with Set-AzsBackupConfiguration -Path on the host, or in the portal (Infrastructure backup).",
        certain=True,
    ),
    Meaning(
        ("encryptioncertnotconfigured",),
        "prerequisite",
        "the stamp has no backup encryption certificate configured",
        "Set the certificate with Set-AzsBackupConfiguration -EncryptionCertPath on the host, or in the portal.",
        certain=True,
    ),
    Meaning(
        ("internalbackupstorenotconfigured",),
        "prerequisite",
        "the stamp's internal backup store is not configured",
        "Open a support case.",
        certain=True,
    ),
    Meaning(("smbshareoutofcapacity",), "prerequisite", "the backup share is full ({code})", _SHARE),
    Meaning(("smb*",), "prerequisite", "the stamp can't use its backup share ({code})", _SHARE),
    Meaning(
        ("*outofcapacity",),
        "prerequisite",
        "a store of the stamp is full ({code})",
        "Free space on the store, then retry. For a store inside the stamp, open a support case.",
    ),
    Meaning(
        ("badrequest", "brpargument", "brpmethodnotallowed", "payloadtoolarge"),
        "prerequisite",
        "the backup service rejects the request of {activity} ({code})",
        "Check `location` of the target, and whether the host's Azs.Backup.Admin supports the stamp's version.",
    ),
    Meaning(
        ("resourcenotfound",),
        "not_found",
        "the stamp has no such backup or location",
        "Check the id against `psbridge backup list`, and `location` of the target.",
    ),
)

# About a backup or restore that is running or has ended. None of these proves whether the trigger took effect.
_BROKEN_SERVICE = (
    _retryable(("backupoperation",), "the backup service could not process the request ({code})", _ALERTS),
    _retryable(
        ("backuppartiallysucceeded",), "the backup service reports that some roles were not backed up ({code})", _ALERTS
    ),
    _retryable(
        ("backupdataexport", "backupsource"), "the backup service could not read the data of a role ({code})", _ALERTS
    ),
    _retryable(("ececlient",), "the backup service could not use the stamp's deployment engine ({code})", _ALERTS),
    _retryable(("internalbackupupload",), "the backup service could not copy a backup to the share ({code})", _SHARE),
    Meaning(
        ("restoreoperation", "restorealreadydone", "wrongstampversion", "operationnotresumable"),
        "unreachable",
        "the backup service answered with an error about another operation, such as a restore ({code})",
        _ALERTS,
    ),
)

_AZURE_RESOURCE_MANAGER = (
    Meaning(
        ("resourcegroupnotfound", "locationnotfound"),
        "not_found",
        "the stamp has no such location",
        "Check `location` of the target.",
    ),
    Meaning(
        # What the tenant endpoint says of the namespaces of operators (MicrosoftDocs/azure-docs-powershell#1049).
        ("invalidresourcenamespace",),
        "prerequisite",
        "the host's session is signed in to the tenant endpoint, not adminmanagement ({activity})",
        "Sign the session in to the operator's environment, with the ARM endpoint https://adminmanagement.REGION.FQDN "
        "(Add-AzEnvironment -ArmEndpoint, then Connect-AzAccount -Environment), or configure `sign_in` for this target.",
        reason="tenant_endpoint",
        quotes=True,
    ),
    Meaning(
        ("noregisteredproviderfound", "invalidresourcetype", "invalidapiversionparameter", "missing*registration"),
        "prerequisite",
        "the endpoint of the host's session does not support {activity} ({code})",
        "Check that the session's environment is the operator's (adminmanagement), and that the host's Azs.Backup.Admin "
        "supports the stamp's version.",
        quotes=True,
    ),
    NO_SUBSCRIPTION,
    Meaning(
        ("subscriptionnotfound", "invalidsubscriptionid"),
        "prerequisite",
        "the session's subscription does not exist on the stamp",
        "Select the Default Provider Subscription on the host (Set-AzContext), or correct `subscription` of the target.",
        quotes=True,
    ),
    Meaning(
        ("readonlydisabledsubscription", "subscription*disabled", "subscriptionnotactive", "scopelocked"),
        "prerequisite",
        "the session's subscription can't be used ({code})",
        "Check the subscription in the operator's portal: it is disabled or locked.",
        quotes=True,
    ),
    Meaning(
        ("authorizationfailed", "linkedauthorizationfailed"),
        "auth",
        "Azure Stack does not permit the account to run {activity} ({code})",
        "Give the account the role Contributor on the Default Provider Subscription.",
        quotes=True,
    ),
    SIGNED_OUT,
    Meaning(
        ("expiredauthenticationtoken",),
        "prerequisite",
        "the host's sign-in to the stamp has expired ({activity})",
        _SIGN_IN,
        reason="signed_out",
        quotes=True,
    ),
    Meaning(
        ("authenticationfailed*",),
        "auth",
        "Azure Stack refused the credentials ({activity})",
        "Check `application_id`, `secret` and `tenant` of `sign_in`. Without `sign_in`: sign in again on the host.",
        quotes=True,
    ),
    _retryable(("toomanyrequests",), "Azure Stack throttles this account", _MINUTE),
    _retryable(("serverbusy",), "Azure Stack is busy", _MINUTE),
    _retryable(("badgateway",), "Azure Stack's gateway failed", _MINUTE),
    _retryable(("gatewaytimeout",), "Azure Stack's gateway timed out", _MINUTE),
    _retryable(("serviceunavailable",), "Azure Stack's backup service is not available", _MINUTE),
    _retryable(("internalservererror",), "Azure Stack's backup service reports an internal error", _ALERTS),
)

_POWERSHELL = (
    Meaning(
        ("commandnotfound",),
        "prerequisite",
        "the host has no cmdlet {target}",
        "Install the AzureStack PowerShell module on the host, or make the cmdlet visible in the session configuration. A "
        "privileged endpoint (PEP) has no cmdlets for backups.",
    ),
    Meaning(
        ("couldnotautoloadmatchingmodule",),
        "prerequisite",
        "the host has {target}, but its module can't be loaded",
        "Run Import-Module by hand on the host and fix the error that it reports.",
    ),
    Meaning(
        ("namedparameternotfound",),
        "prerequisite",
        "{activity} on the host does not accept a parameter of psbridge",
        _SUPPORTED,
    ),
    Meaning(
        ("scriptsnotallowed",),
        "prerequisite",
        "the host's session configuration refuses the pipeline",
        "Set `configuration_name` to a session configuration that permits the cmdlets of Azs.Backup.Admin and ForEach-Object.",
    ),
    Meaning(
        # `host` is HostException: where a function asked, as in Azs.Backup.Admin 0.3.x.
        ("hostfunctionnotimplemented", "host"),
        "prerequisite",
        "{activity} prompted for input, which a remote session can't answer",
        f"{_SUPPORTED} As psbridge calls them, they do not prompt.",
    ),
)

# The first that matches wins.
MEANINGS: tuple[Meaning, ...] = (*_REFUSED_BY_THE_SERVICE, *_BROKEN_SERVICE, *_AZURE_RESOURCE_MANAGER, *_POWERSHELL)

# An unknown code with a 5xx.
FAILED_INSIDE = Meaning(
    (), "unreachable", "Azure Stack reports an internal error ({code})", _ALERTS, retryable=True, quotes=True
)


def meaning_of(code: str) -> Meaning | None:
    """Return what a code means, ignoring case; None for an unknown code."""
    plain = re.sub(r"exception$", "", code.casefold())
    return next((it for it in MEANINGS if any(fnmatchcase(plain, pattern) for pattern in it.codes)), None)
