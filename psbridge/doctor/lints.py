"""What in the stamp's backup settings stops or spoils a backup, one function a rule.

The limits are those of the operator documentation of Azure Stack Hub and of the constants in the backup service's assemblies.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator
from typing import Final

from psbridge.cmdlets.error_records import foreseen
from psbridge.doctor.results import Found, warn
from psbridge.errors import PrerequisiteError
from psbridge.models.capacity import capacity_bytes
from psbridge.models.context import ModuleFamily
from psbridge.models.stamp import BackupSettings

Rule = Callable[[BackupSettings, ModuleFamily], Iterator[Found]]
FREQUENCY: Final = range(4, 13)
"""Hours; the default is 12."""
RETENTION: Final = range(2, 15)
"""Days; the default is 7."""
_UNC: Final = re.compile(r"\\\\([^\\/]+)\\[^\\/]+(\\[^\\/]+)*\\?")
_AZURE_FILES: Final = re.compile(  # the pattern of the backup service's own check (BackupUtils.dll)
    r"\\\\[a-z0-9]+\.file\.core\.(windows\.net|chinacloudapi\.cn|usgovcloudapi\.net|cloudapi\.de)\\", re.IGNORECASE
)
_IPV6: Final = ".ipv6-literal.net"
"""What a UNC path has behind an IPv6 address, whose colons are hyphens there."""
_USER: Final = re.compile(r"[^\\@/]+\\[^\\@/]+|[^\\@/]+@[^\\@/]+")
_THUMBPRINT: Final = re.compile(r"[0-9A-Fa-f]{40}")
_ENOUGH: Final = 20 << 30
"""Bytes; the documentation's size of a store for a stamp with Entra ID; one with AD FS takes 280."""
_SET_PATH: Final = "Set it on the host (Set-AzsBackupConfiguration -Path …) or in the portal (Infrastructure backup)."


def findings(settings: BackupSettings, family: ModuleFamily) -> list[Found]:
    """Return what is wrong; empty if nothing is."""
    return [each for rule in RULES for each in rule(settings, family)]


def _share(settings: BackupSettings, _family: ModuleFamily) -> Iterator[Found]:
    path = settings.path
    if not path:
        yield Found.failure(foreseen("ExternalStoreNotConfigured"))
        return
    if _AZURE_FILES.match(path):
        # That the stamp refuses a start with such a share is inferred: it refuses to take one into its settings.
        said = f"the share {path} is on Azure Files, which Azure Stack Hub does not support for backups"
        yield Found.failure(PrerequisiteError(said, hint=f"Use an SMB share of a file server. {_SET_PATH}"))
        return
    unc = _UNC.fullmatch(path)
    if unc is None:
        yield Found(warn(f"the share {path} is not a UNC path", f"Expected \\\\SERVER\\SHARE[\\FOLDER]. {_SET_PATH}"))
        return
    yield from _server(unc[1])


def _server(name: str) -> Iterator[Found]:
    literal = name.removesuffix(_IPV6)
    try:
        ipaddress.ip_address(name if literal == name else literal.replace("-", ":"))
    except ValueError:
        if "." not in name:
            remedy = f"Write the server's full name (SERVER.DOMAIN): the stamp has its own DNS suffixes. {_SET_PATH}"
            yield Found(warn(f"the server of the share, {name}, is not named in full", remedy))
        return
    remedy = f"Name the server by its full name, so that the share survives a new address. {_SET_PATH}"
    yield Found(warn(f"the share is on an address, {name}, not on a name", remedy))


def _user(settings: BackupSettings, _family: ModuleFamily) -> Iterator[Found]:
    if settings.path and not _USER.fullmatch(settings.user_name or ""):
        said = (
            f"the user of the share, {settings.user_name}, has no domain"
            if settings.user_name
            else "the share has no user"
        )
        remedy = "Set user and password together: Set-AzsBackupConfiguration -UserName DOMAIN\\USER -Password …"
        yield Found(warn(said, remedy))


def _certificate(settings: BackupSettings, family: ModuleFamily) -> Iterator[Found]:
    thumbprint = settings.encryption_cert_thumbprint
    if not thumbprint and family is ModuleFamily.AZ:
        yield Found.failure(foreseen("EncryptionCertNotConfigured"))
    elif not thumbprint:
        # Before build 1901 a key was in its place; that an empty thumbprint means a key there is inferred.
        remedy = (
            "Give the stamp a certificate (Set-AzsBackupConfiguration -EncryptionCertPath FILE.cer on the host), and keep its "
            ".pfx: builds from 2301 on drop a configuration with a key."
        )
        yield Found(warn("no encryption certificate is shown: the stamp may still encrypt with an old key", remedy))
    elif not _THUMBPRINT.fullmatch(thumbprint):
        yield Found(warn(f"the certificate's thumbprint is not one: {thumbprint}", "Set the certificate again."))


def _schedule(settings: BackupSettings, _family: ModuleFamily) -> Iterator[Found]:
    every, kept = settings.backup_frequency_in_hours, settings.backup_retention_period_in_days
    if settings.is_backup_scheduler_enabled is False:
        remedy = (
            "Switch it on in the portal (Infrastructure backup), or start backups by a timer: psbridge help automation"
        )
        yield Found(warn("the stamp's own scheduler is off", remedy))
    if every is not None and every not in FREQUENCY:
        remedy = "Set-AzsBackupConfiguration -BackupFrequencyInHours 12 on the host, or in the portal."
        yield Found(warn(f"a backup every {every}h: the documented limits are 4h to 12h", remedy))
    if kept is not None and kept not in RETENTION:
        remedy = "Set-AzsBackupConfiguration -BackupRetentionPeriodInDays 7 on the host; a shorter time deletes older backups."
        yield Found(warn(f"backups are kept for {kept}d: the documented limits are 2d to 14d", remedy))


def _capacity(settings: BackupSettings, _family: ModuleFamily) -> Iterator[Found]:
    free = capacity_bytes(settings.available_capacity)
    if free is not None and free < _ENOUGH:
        remedy = "Free space on the share: the documentation asks for 20 GB, with AD FS for 280 GB."
        yield Found(
            warn(f"the stamp reports {(settings.available_capacity or '').strip()} of free space on the share", remedy)
        )


RULES: Final[tuple[Rule, ...]] = (_share, _user, _certificate, _schedule, _capacity)
