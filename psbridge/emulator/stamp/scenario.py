"""Scenarios of a stamp and its host, as values. `scenarios` has the named ones, `scenario_file` reads a user's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from psbridge.emulator.stamp.api import HostProfile
from psbridge.emulator.stamp.api2021 import ROLES_2108
from psbridge.emulator.stamp.arm_error import Refusal
from psbridge.emulator.stamp.share import HEALTHY, StoreOptions

# The thirteen roles of a stamp in September 2018 (session records of Azs.Backup.Admin's first tests). In February 2018
# there were the same without the last; a test stamp of March 2020 had only the first (recordings).
ROLES = (
    "NRP",
    "SRP",
    "CRP",
    "KeyVaultInternalControlPlane",
    "KeyVaultInternalDataPlane",
    "KeyVaultControlPlane",
    "KeyVaultDataPlane",
    "KeyVaultNamingService",
    "WAS",
    "ECE",
    "CA",
    "ACS",
    "Domain",
)
ALL_ROLES = tuple(dict.fromkeys((*ROLES, *ROLES_2108)))
ROLE_SETS: Mapping[int, tuple[str, ...]] = {23: tuple(ROLES_2108), 13: ROLES, 12: ROLES[:12], 1: ROLES[:1]}
THUMBPRINT = "F27795A98954B14C08B0375F29BDFA9DF166A1D0"  # of `store/certificates/first.pem`
METERING_SUBSCRIPTION = "1c0a9d52-7be4-4a3f-8f0d-2a6b1d9e4c33"
CONSUMPTION_SUBSCRIPTION = "8e3d7f10-94c6-4b1a-a2f5-70d9c1b6e244"
HOST = HostProfile()
STRAYS = ("masbackup/progressivebackup/BackupEncryptionCert.pfx",)  # what a recorded prune found (November 2020)
SETTINGS: dict[str, object] = {
    "path": "\\\\fileserver01.contoso.com\\AzSBackups\\contoso.com\\redmond",
    "userName": "contoso\\azsbackup",
    "encryptionCertThumbprint": THUMBPRINT,
    "backupFrequencyInHours": 12,
    "availableCapacity": "1.21 TB",
    "isBackupSchedulerEnabled": True,
    "backupRetentionPeriodInDays": 7,
}


def whole(settings: Mapping[str, object], name: str) -> int:
    """Return a number of the settings; if a real stamp showed null or an empty text, the service's default."""
    value = settings.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else int(str(SETTINGS[name]))


# What an account may be forbidden to read, with the names of its calls (`routes`).
FORBIDDEN: Mapping[str, frozenset[str]] = {
    "settings": frozenset({"locations", "location"}),
    "alerts": frozenset({"region_healths", "region_health", "alerts", "alert"}),
    "updates": frozenset({"update_locations", "update_location", "updates", "update", "update_runs", "update_run"}),
}
WORKS, ALMOST_FULL = "works", "almost-full"
# The states of the backup share that prevent backups, each with the service's error for it.
BAD_SHARES: Mapping[str, str] = {
    "full": "SmbShareOutOfCapacityException",
    "unreachable": "SmbShareConnectionException",
    "path-invalid": "SmbSharePathInvalidException",
    "credentials-refused": "SmbShareAuthenticationException",
    "read-only": "SmbShareIOException",
    "not-accessible": "SmbShareNotAccessibleException",
}


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happens, once its time has come: `after` the stamp was first opened, or in a backup's run.

    Attributes:
        what: the thing, a key of `scenario_format.events.THINGS`.
        after: seconds of the stamp's time; None if it belongs to a run.
        part: from 0.0 to 1.0, how much of the run of a triggered backup is over.
        of: for which triggered backup, from 1; None: each.
    """

    what: str
    value: str
    after: float | None = 0.0
    part: float = 0.0
    of: int | None = None


@dataclass(frozen=True, slots=True)
class OpenAlert:
    """An alert of any type that is open from the start.

    Attributes:
        type: its `faultTypeId`.
        provider, resource: what it is about.
    """

    type: str
    title: str = "An alert"
    severity: str = "Warning"
    provider: str = "Microsoft.Backup.Admin"
    resource: str = "Infrastructure backup"


@dataclass(frozen=True, slots=True)
class Scenario:
    """The behaviour of a stamp and its host. Durations are real ones, before `speed` divides them.

    The meaning of a field is documented at its key in `scenario_format.keys`; here are units and sources.

    Attributes:
        duration: how long a backup runs, in seconds; each takes up to 5 % more. Normal is 20 to 40 minutes (Azure Stack
            Hub documentation).
        usual_duration: how long scheduled backups run, including past ones; None: as long as others.
        upload: how long its operation continues after the backup's end, in seconds; 60 to 108 s by the recordings.
        ready: `isCloudRecoveryReady` of triggered backups; None: not shown, as by an old stamp.
        page: how many backups one answer to `Invoke-AzRestMethod` lists; the others are on further pages. None for all, as
            recorded.
        races: the first createBackup loses against a backup of the scheduler that no list has shown.
        timed: whether `timeTakenToCreate` shows how long they took; otherwise it is PT0S, as recorded in October 2021.
        own_time: schedule and retention use the stamp's own time, which `speed` accelerates; otherwise the real
            calendar, so that a backup of yesterday is a day old at any speed.
        alerts: alerts that are open from the start, next to those that the stamp's own history raises.
        forbidden: what the account may not read, by the names of `FORBIDDEN`.
        lies: false values in the stamp's answers about an ended backup, by `lies.SOURCES` and field.
        store: how the files of the share are written, with which faults.
        notes: hints for its author: where the scenarios that it is based on differ.
    """

    name: str
    description: str
    duration: float = 1200.0
    usual_duration: float | None = None
    upload: float = 84.0
    ends: str = "Succeeded"
    roles: tuple[str, ...] = ROLES
    role_ends: Mapping[str, str] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()
    ready: bool | None = True
    uploaded: bool = True
    operation_ends: bool = True
    refusal: Refusal | None = None
    races: bool = False
    page: int | None = None
    busy: bool = False
    listed: bool = True
    timed: bool = True
    old_style: bool = False
    own_time: bool = False
    history: int = 6
    stamp_version: str = "1.2301.2.58"
    settings: Mapping[str, object] = field(default_factory=dict)
    host: HostProfile = HOST
    events: tuple[Event, ...] = ()
    alerts: tuple[OpenAlert, ...] = ()
    forbidden: tuple[str, ...] = ()
    lies: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    store: StoreOptions = HEALTHY
    stale_answer: bool = False
    trigger_repeated: bool = False
    faults: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def ended_roles(self) -> tuple[tuple[str, str], ...]:
        """Return each role of a triggered backup and how it ends; a skipped backup has none (inferred)."""
        if self.ends == "Skipped":
            return ()
        return tuple((name, self.role_ends.get(name, "Succeeded")) for name in self.roles if name not in self.missing)

    @property
    def usual(self) -> float:
        """How long the scheduler's backups run, in seconds."""
        return self.duration if self.usual_duration is None else self.usual_duration
