"""What an error record means: one table by code. Texts are localised and HTTP statuses ambiguous, so neither is matched.

The codes are the exception class names of the backup service (AzureStack-Tools, BackupDataModel.xml); which of them a
stamp really sends was not seen in a recording, so all of the table is inferred. ARM's own codes are the documented ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from psbridge.cmdlets.decode import text_of
from psbridge.errors import (
    AuthError,
    Busy,
    InternalError,
    NotFound,
    PrerequisiteError,
    PsbridgeError,
    Unreachable,
)
from psbridge.powershell import ErrorRecord, Result, State, Value


@dataclass(frozen=True, slots=True)
class Meaning:
    """What to raise for a code.

    Attributes:
        says: the sentence; `{code}` and `{activity}` are filled in.
        reason: goes into `detail.reason`.
        retryable: a read that met it may be repeated.
    """

    error: type[PsbridgeError]
    says: str
    hint: str
    reason: str | None = None
    retryable: bool = False
    detail: dict[str, Any] = field(default_factory=dict)


_SHARE = "Check the external share's path, credentials and space in the portal (Infrastructure backup), then try again."
_SIGN_IN = "Sign the host's session in (Connect-AzAccount), or configure `sign_in` for this target."

# Patterns in lower case; a code's suffix Exception is taken off first; the first that matches wins.
MEANINGS: tuple[tuple[str, Meaning], ...] = (
    (
        "backupconflict",
        Meaning(
            Busy,
            "another backup is running on the stamp",
            "Wait for it to end, or use --if-running attach or queue.",
            "backup_running",
        ),
    ),
    (
        "externalstorenotconfigured",
        Meaning(
            PrerequisiteError,
            "the stamp has no backup share configured",
            "Set the share with Set-AzsBackupConfiguration or in the portal.",
        ),
    ),
    (
        "encryptioncertnotconfigured",
        Meaning(
            PrerequisiteError,
            "the stamp has no backup encryption certificate configured",
            "Set it with Set-AzsBackupConfiguration -EncryptionCertPath.",
        ),
    ),
    (
        "internalbackupstorenotconfigured",
        Meaning(PrerequisiteError, "the stamp's internal backup store is not configured", "Open a support case."),
    ),
    ("smbshareoutofcapacity", Meaning(PrerequisiteError, "the backup share is full", _SHARE)),
    ("smb*", Meaning(PrerequisiteError, "the stamp can't use its backup share ({code})", _SHARE)),
    (
        "*outofcapacity",
        Meaning(PrerequisiteError, "a store of the stamp is full ({code})", "Free space on the store, then try again."),
    ),
    (
        "preconditionfailed",
        Meaning(
            Busy,
            "the stamp refuses backups now: a precondition failed, as during an update",
            "See in the portal whether an update runs; repeat when it has ended.",
            "update_running",
        ),
    ),
    (
        "resourcenotfound",
        Meaning(NotFound, "the stamp has no such backup or location", "`psbridge backup list` shows what there is."),
    ),
    ("resourcegroupnotfound", Meaning(NotFound, "the stamp has no such location", "Check `location` of the target.")),
    ("locationnotfound", Meaning(NotFound, "the stamp has no such location", "Check `location` of the target.")),
    (
        "subscriptionnotfound",
        Meaning(
            PrerequisiteError,
            "the session's subscription does not exist on this stamp",
            "Select the Default Provider Subscription on the host.",
        ),
    ),
    (
        "invalidsubscriptionid",
        Meaning(
            PrerequisiteError,
            "the session's subscription does not exist on this stamp",
            "Select the Default Provider Subscription on the host.",
        ),
    ),
    (
        "authorizationfailed",
        Meaning(
            AuthError,
            "Azure Stack denies the account this action ({code})",
            "The account needs Contributor on the Default Provider Subscription.",
        ),
    ),
    (
        "invalidauthenticationtoken*",
        Meaning(PrerequisiteError, "the host's session is not signed in to the stamp", _SIGN_IN),
    ),
    ("expiredauthenticationtoken", Meaning(PrerequisiteError, "the host's sign-in to the stamp has expired", _SIGN_IN)),
    (
        "authenticationfailed*",
        Meaning(
            AuthError, "Azure Stack refused the credentials", "Check application id, secret and tenant of `sign_in`."
        ),
    ),
    ("toomanyrequests", Meaning(Unreachable, "Azure Stack throttles this account", "Wait a minute.", retryable=True)),
    ("serverbusy", Meaning(Unreachable, "Azure Stack is busy", "Try again in a minute.", retryable=True)),
    ("badgateway", Meaning(Unreachable, "Azure Stack's gateway failed", "Try again in a minute.", retryable=True)),
    (
        "gatewaytimeout",
        Meaning(Unreachable, "Azure Stack's gateway timed out", "Try again in a minute.", retryable=True),
    ),
    (
        "serviceunavailable",
        Meaning(Unreachable, "Azure Stack's backup service is not available", "Try again in a minute.", retryable=True),
    ),
    (
        "internalservererror",
        Meaning(
            Unreachable,
            "Azure Stack's backup service failed inside",
            "Try again; if it stays, look at the portal's alerts.",
            retryable=True,
        ),
    ),
    # PowerShell's own, as measured on 7.6.9; the last two are the id of Az's "Run Connect-AzAccount to login" (inferred).
    (
        "commandnotfound",
        Meaning(
            PrerequisiteError,
            "the host has no {target}",
            "Install the AzureStack PowerShell module on the host, or let the session configuration show the cmdlet. A "
            "privileged endpoint (PEP) has no cmdlet for backups.",
        ),
    ),
    (
        "couldnotautoloadmatchingmodule",
        Meaning(
            PrerequisiteError,
            "the host has {target}, but its module can't be loaded",
            "Import the module by hand on the host and mend what it says.",
        ),
    ),
    (
        "namedparameternotfound",
        Meaning(
            PrerequisiteError,
            "{activity} on the host does not take what psbridge passes",
            "psbridge needs Azs.Backup.Admin 1.0.x (AzureStack 2.x).",
        ),
    ),
    (
        "scriptsnotallowed",
        Meaning(
            PrerequisiteError,
            "the host's session configuration refuses the pipeline",
            "Use a session configuration that shows the cmdlets of Azs.Backup.Admin and ForEach-Object.",
        ),
    ),
    (
        "hostfunctionnotimplemented",
        Meaning(
            PrerequisiteError,
            "{activity} asked a question that nobody can answer here",
            "psbridge needs Azs.Backup.Admin 1.0.x, which does not prompt.",
        ),
    ),
    (
        "host",  # HostException: where a function asked, as in Azs.Backup.Admin 0.3.x
        Meaning(
            PrerequisiteError,
            "{activity} asked a question that nobody can answer here",
            "psbridge needs Azs.Backup.Admin 1.0.x, which does not prompt.",
        ),
    ),
    (
        "azurermcontext*",
        Meaning(PrerequisiteError, "the host's session is not signed in to the stamp", _SIGN_IN),
    ),
    ("noazurecontext*", Meaning(PrerequisiteError, "the host's session is not signed in to the stamp", _SIGN_IN)),
)


def codes_of(record: ErrorRecord) -> list[str]:
    """Return the code of a record, none if it has none: `Code` of its exception, else PowerShell's error id.

    Where there is a `Code` the error id is the HTTP status' word (the module's generated source), so it is passed over.
    """
    code = record.exception_properties.get("Code")
    found = code if isinstance(code, str) and code else record.error_id
    return [found] if found else []


def explain(record: ErrorRecord) -> PsbridgeError:
    """Return the exception for a record; a code that has no name here gives `InternalError` with the raw record."""
    facts = {
        "code": _bounded(next(iter(codes_of(record)), "")),
        "activity": _bounded(record.activity) or "the cmdlet",
        "target": _bounded(record.target_name) or "such cmdlet",
    }
    detail = raw(record)
    for code in codes_of(record):
        plain = re.sub(r"exception$", "", code.casefold())
        for pattern, meaning in MEANINGS:
            if fnmatchcase(plain, pattern):
                return meaning.error(
                    meaning.says.format(**facts),
                    hint=meaning.hint,
                    retryable=meaning.retryable,
                    detail=detail | ({"reason": meaning.reason} if meaning.reason else {}),
                )
    return InternalError(
        f"{facts['activity']} failed with an error that psbridge has no name for: {_bounded(record.message)}",
        hint="Look at the stamp in the portal; please report this record.",
        detail=detail,
    )


def raw(record: ErrorRecord) -> dict[str, Any]:
    """Return a record for `detail.error_record`: what support asks for, bounded, without response bodies."""
    kept = ("Code", "StatusCode", "RequestId")
    return {
        "error_record": {
            "message": _bounded(record.message, 2000),
            "fully_qualified_error_id": _bounded(record.fully_qualified_error_id),
            "category": record.category,
            "activity": _bounded(record.activity),
            "exception": _bounded(next(iter(record.exception_types), record.reason)),
            **{name: _bounded(_word(record.exception_properties.get(name))) for name in kept},
        }
    }


def check(result: Result, *, but: Iterable[str] = ()) -> None:
    """Raise what went wrong in a result, if anything did.

    Any record of the error stream counts, COMPLETED or not: the module's cmdlets report a refusal as a non-terminating
    error (measured; `had_errors` is no help).

    Args:
        result: the answer.
        but: names of cmdlets whose errors are passed over. A pipeline that is not COMPLETED always counts.

    Raises:
        psbridge.errors.PsbridgeError: by the table above.
    """
    if result.state is not State.COMPLETED:
        raise _unfinished(result)
    passed_over = {name.casefold() for name in but}
    for record in result.errors:
        if record.activity.casefold() not in passed_over:
            raise explain(record)


def _unfinished(result: Result) -> PsbridgeError:
    """Return why a pipeline did not complete. One that was stopped was not by psbridge: the host is going away."""
    record = result.failure or next(iter(result.errors), None)
    if result.state is State.STOPPED:
        return Unreachable(
            "the host stopped the pipeline",
            hint="Look whether the host was restarted, then try again.",
            detail=raw(record) if record else {},
            retryable=True,
            delivered=True,
        )
    if record is None:
        return InternalError(f"the pipeline ended {result.state.name} without a reason")
    return explain(record)


def _word(value: Value) -> str:
    return text_of(value) or ""


def _bounded(text: str, limit: int = 300) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
