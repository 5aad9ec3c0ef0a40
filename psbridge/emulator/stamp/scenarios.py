"""What can happen on a stamp and its host, as data."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from psbridge.emulator.stamp import arm_error
from psbridge.emulator.stamp.arm_error import Refusal
from psbridge.emulator.stamp.face import HostProfile

# The thirteen roles of a stamp in September 2018 (session records of Azs.Backup.Admin's first tests).
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
THUMBPRINT = "9B6E4A1F0C2D53E87764F1A0B3C95D28E41F7A06"
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


@dataclass(frozen=True, slots=True)
class Scenario:
    """How a stamp and its host behave. Lengths of time are real ones, before `speed` divides them.

    Attributes:
        duration: how long a backup runs, in seconds; each takes up to 5 % more. Normal is 20 to 40 minutes (Azure Stack
            Hub documentation).
        usual_duration: how long those of the scheduler run, those of the past among them; None: as long.
        upload: how long its operation goes on after the backup's end, in seconds; 60 to 108 s by the recordings.
        ends: the status that triggered backups end with.
        role_ends: how roles end that do not end Succeeded.
        missing: roles that triggered backups lack.
        ready: `isCloudRecoveryReady` of triggered backups; None where the stamp is too old to say.
        uploaded: whether `completelyUploaded` ever becomes true.
        operation_ends: whether `operationResults` ever becomes 200.
        refusal: what each createBackup is answered with.
        races: the first createBackup loses against a backup of the scheduler that no list has shown.
        busy: a backup of the scheduler runs when the stamp is opened.
        listed: whether running backups are listed and found by id.
        old_style: bare GUIDs as names, none of the fields that came later.
        every_hours: the stamp's scheduler makes a backup that often; None: its history ends when the stamp is opened.
        history: how many good backups of the scheduler lie in the past.
        settings: what differs from `SETTINGS`.
        host: what the operator host is like.
    """

    name: str
    description: str
    duration: float = 1200.0
    usual_duration: float | None = None
    upload: float = 84.0
    ends: str = "Succeeded"
    role_ends: dict[str, str] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()
    ready: bool | None = True
    uploaded: bool = True
    operation_ends: bool = True
    refusal: Refusal | None = None
    races: bool = False
    busy: bool = False
    listed: bool = True
    old_style: bool = False
    every_hours: float | None = None
    history: int = 6
    settings: dict[str, object] = field(default_factory=dict)
    host: HostProfile = HOST

    def roles(self) -> tuple[tuple[str, str], ...]:
        """Return each role of a triggered backup and how it ends; a skipped backup has none (inferred)."""
        if self.ends == "Skipped":
            return ()
        return tuple((name, self.role_ends.get(name, "Succeeded")) for name in ROLES if name not in self.missing)


_TABLE = (
    Scenario("succeeds", "every backup succeeds and is uploaded"),
    Scenario(
        "fails",
        "backups end Failed, half of their roles with them",
        ends="Failed",
        role_ends=dict.fromkeys(ROLES[6:], "Failed"),
        ready=False,
        uploaded=False,
    ),
    Scenario(
        "partial",
        "backups end PartialSucceeded, two roles Failed",
        ends="PartialSucceeded",
        role_ends={"WAS": "Failed", "Domain": "Failed"},
        ready=False,
    ),
    Scenario("one-role-fails", "backups end Succeeded although one role Failed", role_ends={"ACS": "Failed"}),
    Scenario("role-missing", "backups succeed without a role that the earlier ones have", missing=frozenset({"CA"})),
    Scenario("slow", "a backup takes six hours", duration=6 * 3600.0),
    Scenario("busy", "a backup of the stamp's scheduler is running", busy=True),
    Scenario(
        "not-configured",
        "no backup share is configured",
        settings={"path": None, "userName": None, "availableCapacity": None},
    ),
    Scenario(
        "no-certificate",
        "no encryption certificate is configured",
        settings={"encryptionCertThumbprint": None},
    ),
    Scenario("share-unreachable", "the backup share can't be reached", refusal=arm_error.SHARE_UNREACHABLE),
    Scenario(
        "share-full",
        "the backup share is full",
        refusal=arm_error.SHARE_FULL,
        settings={"availableCapacity": "0.00 TB"},
    ),
    Scenario(
        "not-signed-in",
        "a new session on the host has no Azure context",
        host=replace(HOST, signed_in=False),
    ),
    Scenario(
        "wrong-subscription",
        "the host's session is in the Consumption Subscription",
        host=replace(HOST, subscription_id=CONSUMPTION_SUBSCRIPTION, subscription_name="Consumption Subscription"),
    ),
    Scenario("not-recovery-ready", "backups succeed but can't be used for cloud recovery", ready=False),
    Scenario(
        "upload-never-completes",
        "backups succeed, their upload never ends",
        uploaded=False,
        operation_ends=False,
    ),
    Scenario("upload-fails", "backups succeed, their upload ends incomplete", uploaded=False),
    Scenario("running-not-listed", "a running backup is neither listed nor found by id", listed=False),
    Scenario(
        "old-ids", "an old stamp: bare GUIDs as names, no word on upload or readiness", ready=None, old_style=True
    ),
    Scenario(
        "scheduler",
        "the stamp's scheduler makes backups of its own every 4 hours",
        every_hours=4.0,
        settings={"backupFrequencyInHours": 4},
    ),
    Scenario(
        "skipped",
        "a triggered backup ends Skipped",
        ends="Skipped",
        duration=30.0,
        usual_duration=1200.0,
        upload=5.0,
        ready=False,
        uploaded=False,
    ),
    Scenario("corrupted", "backups end Corrupted", ends="Corrupted", ready=False),
    Scenario("unknown-status", "backups end with a status that nobody knows", ends="Verifying"),
    # What the stamp says while it is updated is documented nowhere; the code is inferred.
    Scenario("update-running", "an update of the stamp blocks backups", refusal=arm_error.UPDATE_RUNNING),
    Scenario("conflict-race", "nothing is listed as running, yet the first start meets a conflict", races=True),
    Scenario("no-rest-method", "the host has no Invoke-AzRestMethod", host=replace(HOST, rest_method=False)),
    Scenario("no-module", "the host has no Azs.Backup.Admin module", host=replace(HOST, module=None)),
    Scenario("history-empty", "the stamp has never been backed up", history=0),
)
SCENARIOS: dict[str, Scenario] = {each.name: each for each in _TABLE}
DEFAULT = "succeeds"
