"""What the codes of error records mean: one table.

The backup service's codes are the names of its exception classes (AzureStack-Tools, BackupDataModel.xml); which of them a
stamp sends, and with which HTTP status, was seen in no recording, so what is said of them here is inferred. ARM's own
codes are the documented ones, PowerShell's as measured on 7.6.9.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import NamedTuple


class Meaning(NamedTuple):
    """What to raise for some codes.

    Attributes:
        codes: patterns in lower case, without a final `exception`.
        exit_code: its name, as `psbridge.errors.ExitCode.label`. `unreachable` leaves open whether a trigger that met it took
            effect; the others say that nothing was started.
        says: the sentence; `{code}`, `{activity}` and `{target}` are filled in.
        reason: goes into `detail.reason`.
        certain: it says so under any HTTP status. Without it a 5xx leaves that open: the service may have met the same
            trouble in the middle of a backup.
        retryable: a read that met it may be repeated.
        quotes: the host's own sentence follows what it says.
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
    """Return the meaning of what may be over at the next try of a read."""
    return Meaning(codes, "unreachable", says, hint, retryable=True)


_SHARE = "Check the external share's path, credentials and space in the portal (Infrastructure backup), then try again."
_SIGN_IN = (
    "Sign the session in on the host (Connect-AzAccount; Connect-AzureRmAccount of the AzureRM modules), or configure "
    "`sign_in` for this target."
)
_ALERTS = "Look at the alerts in the portal (Infrastructure backup), then try again; if it stays, open a support case."
_MINUTE = "Try again in a minute."
_MODULE = "psbridge knows Azs.Backup.Admin 1.0.x and 0.x, which do not prompt as it calls them."

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
    "the account that the host's session is signed in with has no subscription on this stamp ({activity})",
    "Give the account a role on the Default Provider Subscription (Contributor is enough), then sign in again.",
    reason="no_subscription",
    quotes=True,
)

_REFUSED_BY_THE_SERVICE = (
    Meaning(
        ("backupconflict",),
        "busy",
        "another backup is running on the stamp",
        "Wait for it to end, or use --if-running attach or queue.",
        reason="backup_running",
        certain=True,
    ),
    Meaning(
        ("preconditionfailed",),
        "busy",
        "the stamp refuses backups now: a precondition failed, as during an update",
        "See in the portal whether an update runs; repeat when it has ended.",
        reason="update_running",
        certain=True,
    ),
    Meaning(
        ("externalstorenotconfigured",),
        "prerequisite",
        "the stamp has no backup share configured",
        "Set the share with Set-AzsBackupConfiguration or in the portal.",
        certain=True,
    ),
    Meaning(
        ("encryptioncertnotconfigured",),
        "prerequisite",
        "the stamp has no backup encryption certificate configured",
        "Set it with Set-AzsBackupConfiguration -EncryptionCertPath.",
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
        "Free space on the store, then try again; for the stamp's own stores, open a support case.",
    ),
    Meaning(
        ("badrequest", "brpargument", "brpmethodnotallowed", "payloadtoolarge"),
        "prerequisite",
        "the backup service does not take what {activity} sends ({code})",
        "Check `location` of the target, and whether the host's Azs.Backup.Admin fits the stamp's version.",
    ),
    Meaning(
        ("resourcenotfound",),
        "not_found",
        "the stamp has no such backup or location",
        "`psbridge backup list` shows what there is.",
    ),
)

# Of a backup or a restore that is under way or was: none of these says whether a trigger that met it took effect.
_BROKEN_SERVICE = (
    _retryable(("backupoperation",), "the backup service could not carry the request out ({code})", _ALERTS),
    _retryable(
        ("backuppartiallysucceeded",), "the backup service reports that some roles were not backed up ({code})", _ALERTS
    ),
    _retryable(("backupdataexport", "backupsource"), "the backup service did not get a role's data ({code})", _ALERTS),
    _retryable(
        ("ececlient",), "the backup service did not get the stamp's deployment engine to do its part ({code})", _ALERTS
    ),
    _retryable(("internalbackupupload",), "the backup service could not copy a backup to the share ({code})", _SHARE),
    Meaning(
        ("restoreoperation", "restorealreadydone", "wrongstampversion", "operationnotresumable"),
        "unreachable",
        "the backup service answered about something that was not asked, a restore or an operation to resume ({code})",
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
        "Sign it in to the operator's environment, the one whose ARM endpoint is https://adminmanagement.REGION.FQDN "
        "(Add-AzEnvironment -ArmEndpoint, then Connect-AzAccount -Environment), or configure `sign_in` for this target.",
        reason="tenant_endpoint",
        quotes=True,
    ),
    Meaning(
        ("noregisteredproviderfound", "invalidresourcetype", "invalidapiversionparameter", "missing*registration"),
        "prerequisite",
        "the endpoint that the host's session is signed in to does not offer {activity} ({code})",
        "Check that the session's environment is the operator's (adminmanagement), and that the host's Azs.Backup.Admin "
        "fits the stamp's version.",
        quotes=True,
    ),
    NO_SUBSCRIPTION,
    Meaning(
        ("subscriptionnotfound", "invalidsubscriptionid"),
        "prerequisite",
        "the session's subscription does not exist on this stamp",
        "Select the Default Provider Subscription on the host (Set-AzContext), or set `subscription` of the target.",
        quotes=True,
    ),
    Meaning(
        ("readonlydisabledsubscription", "subscription*disabled", "subscriptionnotactive", "scopelocked"),
        "prerequisite",
        "the session's subscription can't be used ({code})",
        "Look at the subscription in the operator's portal: it is disabled or locked.",
        quotes=True,
    ),
    Meaning(
        ("authorizationfailed", "linkedauthorizationfailed"),
        "auth",
        "Azure Stack denies the account {activity} ({code})",
        "The account needs Contributor on the Default Provider Subscription.",
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
        "Check application id, secret and tenant of `sign_in`; without it, sign the session in again on the host.",
        quotes=True,
    ),
    _retryable(("toomanyrequests",), "Azure Stack throttles this account", "Wait a minute."),
    _retryable(("serverbusy",), "Azure Stack is busy", _MINUTE),
    _retryable(("badgateway",), "Azure Stack's gateway failed", _MINUTE),
    _retryable(("gatewaytimeout",), "Azure Stack's gateway timed out", _MINUTE),
    _retryable(("serviceunavailable",), "Azure Stack's backup service is not available", _MINUTE),
    _retryable(("internalservererror",), "Azure Stack's backup service failed inside", _ALERTS),
)

_POWERSHELL = (
    Meaning(
        ("commandnotfound",),
        "prerequisite",
        "the host has no {target}",
        "Install the AzureStack PowerShell module on the host, or let the session configuration show the cmdlet. A "
        "privileged endpoint (PEP) has no cmdlet for backups.",
    ),
    Meaning(
        ("couldnotautoloadmatchingmodule",),
        "prerequisite",
        "the host has {target}, but its module can't be loaded",
        "Import the module by hand on the host and mend what it says.",
    ),
    Meaning(
        ("namedparameternotfound",),
        "prerequisite",
        "{activity} on the host does not take what psbridge passes",
        "psbridge knows Azs.Backup.Admin 1.0.x (AzureStack 2.x) and 0.3.x (AzureRM).",
    ),
    Meaning(
        ("scriptsnotallowed",),
        "prerequisite",
        "the host's session configuration refuses the pipeline",
        "Use a session configuration that shows the cmdlets of Azs.Backup.Admin and ForEach-Object.",
    ),
    Meaning(
        # `host` is HostException: where a function asked, as in Azs.Backup.Admin 0.3.x.
        ("hostfunctionnotimplemented", "host"),
        "prerequisite",
        "{activity} asked a question that nobody can answer here",
        _MODULE,
    ),
)

# The first that matches wins.
MEANINGS: tuple[Meaning, ...] = (*_REFUSED_BY_THE_SERVICE, *_BROKEN_SERVICE, *_AZURE_RESOURCE_MANAGER, *_POWERSHELL)

# A code that no row has, with a 5xx: whose trouble it is, is clear.
FAILED_INSIDE = Meaning((), "unreachable", "Azure Stack failed inside ({code})", _ALERTS, retryable=True, quotes=True)


def meaning_of(code: str) -> Meaning | None:
    """Return what a code means, whatever its case; None if it has no name here."""
    plain = re.sub(r"exception$", "", code.casefold())
    return next((it for it in MEANINGS if any(fnmatchcase(plain, pattern) for pattern in it.codes)), None)
