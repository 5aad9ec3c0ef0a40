"""Refusals as Azure Resource Manager and the Backup resource provider word them: a status, a code, a sentence.

The provider's codes are the names of its exception classes (BCDRExceptionBase.ErrorCode). The human sentences and most
HTTP statuses were never seen on a real stamp: they are inferred, and clients should use the code.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate
from types import MappingProxyType
from uuid import uuid4

from psbridge.emulator.stamp.api import RestResponse


@dataclass(frozen=True, slots=True)
class Refusal(Exception):
    """A call that the stamp turns down."""

    status: int
    code: str
    message: str

    def body(self) -> Mapping[str, object]:
        """Return the JSON that ARM answers with."""
        return {"error": {"code": self.code, "message": self.message}}


_ERRORS = (
    Refusal(409, "BackupConflictException", "Another backup is in progress."),
    Refusal(
        412, "PreconditionFailedException", "The operation is blocked while an update of the stamp is in progress."
    ),
    Refusal(400, "BadRequestException", "The request is not valid."),
    Refusal(400, "BrpArgumentException", "An argument of the request is not valid."),
    Refusal(405, "BrpMethodNotAllowedException", "The requested resource does not support the http method."),
    Refusal(404, "ResourceNotFoundException", "The resource was not found."),
    Refusal(413, "PayloadTooLargeException", "The request is too large."),
    Refusal(400, "ExternalStoreNotConfiguredException", "The external backup store is not configured."),
    Refusal(400, "EncryptionCertNotConfiguredException", "The certificate that encrypts backups is not configured."),
    Refusal(400, "InternalBackupStoreNotConfiguredException", "The internal backup store is not configured."),
    Refusal(500, "BackupOperationException", "The backup could not be carried out."),
    Refusal(500, "BackupPartiallySucceededException", "Some roles could not be backed up."),
    Refusal(500, "BackupDataExportException", "The data of a role could not be exported."),
    Refusal(500, "BackupSourceException", "A role could not provide its data."),
    Refusal(500, "EceClientException", "The deployment engine did not carry out its part."),
    Refusal(400, "SmbShareException", "The backup share can't be used."),
    Refusal(400, "SmbShareAuthenticationException", "The backup share refuses the user name or the password."),
    Refusal(400, "SmbShareConnectionException", "The backup share can't be reached over the network."),
    Refusal(400, "SmbConnectionConflictException", "There is a connection to the backup share with another user."),
    Refusal(400, "SmbShareIOException", "The backup share can't be read from or written to."),
    Refusal(400, "SmbShareNotAccessibleException", "The backup share is not accessible."),
    Refusal(400, "SmbSharePathInvalidException", "The backup share's path is not a UNC path."),
    Refusal(400, "SmbShareOutOfCapacityException", "The backup share has no free space left."),
    Refusal(500, "InfraShareOutOfCapacityException", "The infrastructure share has no free space left."),
    Refusal(500, "InternalBackupUploadException", "The backup could not be copied to the backup share."),
    Refusal(500, "RestoreOperationException", "The restore could not be carried out."),
    Refusal(409, "RestoreAlreadyDoneException", "The backup was restored already."),
    Refusal(400, "WrongStampVersionException", "The backup was made by another version."),
    Refusal(409, "OperationNotResumableException", "The operation can't be resumed."),
)
# Every error of the provider by its code: the exception classes of its public assemblies (XML documentation beside
# Azure/AzureStack-Tools' InfrastructureBackupValidator).
ERRORS: Mapping[str, Refusal] = MappingProxyType({each.code: each for each in _ERRORS})

CONFLICT = ERRORS["BackupConflictException"]
NOT_CONFIGURED = ERRORS["ExternalStoreNotConfiguredException"]
NO_CERTIFICATE = ERRORS["EncryptionCertNotConfiguredException"]
UPDATE_RUNNING = ERRORS["PreconditionFailedException"]
PATH_INVALID = ERRORS["SmbSharePathInvalidException"]
UNREADABLE_BODY = Refusal(
    400, "InvalidRequestContent", "The request content was invalid and could not be deserialized."
)
NO_API_VERSION = Refusal(
    400,
    "MissingApiVersionParameter",
    "The api-version query parameter (?api-version=) is required for all requests.",
)
STATE_UNAVAILABLE = Refusal(500, "InternalServerError", "The emulator's state can't be read or written.")


def bad_argument(message: str) -> Refusal:
    """A value that the provider does not take."""
    return Refusal(400, "BrpArgumentException", message)


def bad_api_version(location: str, version: str, kind: str, known: tuple[str, ...]) -> Refusal:
    """An API version that the provider does not have."""
    return Refusal(
        400,
        "NoRegisteredProviderFound",
        f"No registered resource provider found for location '{location}' and API version '{version}' for type "
        f"'{kind}'. The supported api-versions are '{', '.join(known)}'.",
    )


EXPIRED = Refusal(
    401,
    "ExpiredAuthenticationToken",
    "The access token expiry UTC time '3/4/2026 11:15:43 AM' is earlier than current UTC time.",
)


FORBIDDEN = Refusal(
    403, "AuthorizationFailed", "The client does not have authorization to perform the action over the scope."
)


def unknown_namespace(provider: str) -> Refusal:
    """A provider of the operator's at the tenants' endpoint (MicrosoftDocs/azure-docs-powershell#1049)."""
    return Refusal(404, "InvalidResourceNamespace", f"The resource namespace '{provider}' is invalid.")


def no_subscription(subscription: str) -> Refusal:
    """A subscription that the stamp does not have."""
    return Refusal(404, "SubscriptionNotFound", f"The subscription '{subscription}' could not be found.")


def no_resource_group(group: str) -> Refusal:
    """A resource group that the subscription does not have: what a session in the wrong subscription gets."""
    return Refusal(404, "ResourceGroupNotFound", f"Resource group '{group}' could not be found.")


def no_location(provider: str, kind: str, location: str, group: str) -> Refusal:
    """A location that the stamp does not have."""
    return Refusal(
        404,
        "ResourceNotFound",
        f"The Resource '{provider}/{kind}/{location}' under resource group '{group}' was not found.",
    )


def not_found(kind: str, name: str) -> Refusal:
    """A backup or an operation that the provider does not have."""
    return Refusal(404, "ResourceNotFoundException", f"The {kind} '{name}' was not found.")


def no_route(method: str, path: str) -> Refusal:
    """A path that nothing answers."""
    return Refusal(404, "InvalidResourceType", f"The emulated stamp has nothing at '{method} {path}'.")


def bad_method(method: str) -> Refusal:
    """A path that is known, asked in a way that is not."""
    return Refusal(
        405, "BrpMethodNotAllowedException", f"The requested resource does not support http method '{method}'."
    )


_OPERATORS = re.compile(r"/providers/(Microsoft\.[A-Za-z]+\.Admin)/", re.IGNORECASE)


def refused_session(session: str, path: str) -> RestResponse | None:
    """Return the error answer to a session with an unusable sign-in; None if the stamp itself answers.

    Args:
        session: as `HostProfile.session` has it; what is not refused by an answer of the stamp counts as `works`.
        path: the call's.
    """
    provider = _OPERATORS.search(path)
    if session == "expired":
        refusal = EXPIRED
    elif session == "tenant-endpoint" and provider is not None:
        refusal = unknown_namespace(provider[1])
    else:
        return None
    headers = {"Date": formatdate(usegmt=True), "x-ms-request-id": str(uuid4())}
    return RestResponse(refusal.status, headers, refusal.body())
