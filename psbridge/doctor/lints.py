"""What in the stamp's backup settings stops or spoils a backup, one function a rule."""

from __future__ import annotations

from psbridge.cmdlets.error_records import foreseen
from psbridge.doctor.results import fail
from psbridge.errors import PsbridgeError
from psbridge.models.context import ModuleFamily
from psbridge.models.diagnosis import Finding
from psbridge.models.stamp import BackupSettings


def lint(settings: BackupSettings, family: ModuleFamily) -> tuple[list[Finding], PsbridgeError | None]:
    """Return what is wrong, and the error with which a start would be refused."""
    errors = []
    if not settings.path:
        errors.append(foreseen("ExternalStoreNotConfigured"))
    if not settings.encryption_cert_thumbprint and family is ModuleFamily.AZ:
        errors.append(foreseen("EncryptionCertNotConfigured"))
    return [fail(it) for it in errors], next(iter(errors), None)
