"""How each stage of the doctor, but those of the connection, is made to warn or fail; the manual's table has the same rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from psbridge.clock import Deadline
from psbridge.emulator.emulation import Emulation
from psbridge.emulator.stamp.service import Stamp
from psbridge.errors import ExitCode
from tests.support.fakes.loopback import Loopback

SP = {"application_id": "b7c9a1d4-62e8-4f53-9d0b-5e3a8c71f206", "secret": {"env": "SP_SECRET"}}
SIGN_IN = {
    "environment": "AzureStackAdmin",
    "arm_endpoint": "https://adminmanagement.redmond.psbridge.example",
    "tenant": "contoso.onmicrosoft.com",
    "service_principal": SP,
}
"""Signs in to the emulated stamp, if the variable SP_SECRET has its secret."""


@dataclass
class Set:
    """What a case may change before the doctor is run.

    Attributes:
        folder: of the user: `config.yaml` and `state` are in it.
        running: the emulated host.
        env: the user's environment.
        asked: what is given to `diagnose`.
        forget: forgets what the host saw so far.
    """

    folder: Path
    network: Loopback
    running: Emulation
    patch: pytest.MonkeyPatch
    env: dict[str, str]
    asked: dict[str, Any]
    forget: Callable[[], None] = lambda: None

    @property
    def state(self) -> Path:
        return self.folder / "state"


Prepare = Callable[[Set], "AbstractContextManager[object] | None"]


@dataclass(frozen=True)
class Case:
    """A stage that is not ok.

    Attributes:
        stage: which.
        evidence: what it says, a part of its findings; `…` in it stands for anything.
        remedy: a part of the remedy.
        code: the exit code; None for a warning.
        keys: of the target, on top of those that lead to the host.
        scenario: keys of the scenario.
        faults: of the emulated host.
        prepare: done before; what it returns is left afterwards.
    """

    stage: str
    evidence: str
    remedy: str
    code: ExitCode | None = None
    keys: dict[str, Any] = field(default_factory=dict)
    scenario: dict[str, Any] = field(default_factory=dict)
    faults: tuple[str, ...] = ()
    prepare: Prepare = lambda _: None

    @property
    def state(self) -> str:
        """The state of the stage."""
        return "warn" if self.code is None else "fail"


def patched(target: str, value: Any) -> Prepare:
    """Return what replaces an attribute, named by its whole path."""
    return lambda made: made.patch.setattr(target, value)


def _no_config(made: Set) -> None:
    (made.folder / "config.yaml").unlink()


def _file(name: str, text: str, mode: int = 0o600) -> Prepare:
    def write(made: Set) -> None:
        path = made.folder / name
        path.write_text(text, "utf-8")
        path.chmod(mode)

    return write


def _state_in_a_file(made: Set) -> None:
    (made.folder / "file").touch()
    made.asked["state_dir"] = made.folder / "file" / "state"


def _network_mount(made: Set) -> None:
    path = made.folder / "mountinfo"
    path.write_text(
        f"36 35 98:0 / / rw - ext4 /dev/sda1 rw\n37 36 0:44 / {made.folder} rw shared:1 - nfs4 nas:/home rw\n"
    )
    made.patch.setattr("psbridge.doctor.state_folder._MOUNTS", path)


@contextmanager
def _locked(made: Set) -> Iterator[None]:
    from psbridge.journal.lock import TargetLock

    with TargetLock(made.state, "nyc").held(Deadline.after(made.network.clock, 0)):
        yield


def _no_rc4(made: Set) -> None:
    def forbidden() -> None:
        raise ValueError("unsupported")

    from psbridge.remoting.winrm.errors import logins

    made.patch.setattr(logins, "_NEEDED", {**logins._NEEDED, "RC4": forbidden})


def _ticket(**facts: Any) -> Prepare:
    def give(made: Set) -> None:
        from psbridge.remoting.winrm.tickets import Tickets

        made.patch.setattr(
            "psbridge.remoting.this_machine.kerberos_tickets",
            lambda: Tickets("CONTOSO.COM", "FILE:/tmp/krb5cc_1000", **facts),
        )

    return give


def _no_ticket(made: Set) -> None:
    from psbridge.errors import ConfigError

    none = ConfigError("there is no Kerberos ticket on this machine", hint="Get a ticket with `kinit`.")
    _ticket(problem=none)(made)


def _failed_backup(made: Set) -> None:
    stamp = made.running.stamp
    path = (
        f"/subscriptions/{stamp.profile.subscription_id}/resourceGroups/system.redmond/providers/Microsoft.Backup.Admin"
        "/backupLocations/redmond/createBackup?api-version=2018-09-01"
    )
    assert stamp.rest("POST", path).status == 202
    made.network.clock.sleep(7200)


def _own_backup(made: Set) -> None:
    """Start a backup by the library, as an earlier command did, and leave it running."""
    import psbridge

    config = made.folder / "config.yaml"
    with psbridge.connect(
        "nyc", config=config, state_dir=made.state, environ=made.env, clock=made.network.clock
    ) as stamp:
        stamp.backups.start()
    made.forget()


def _stamp_ahead(made: Set) -> None:
    clock, real = made.network.clock, made.running.stamp
    stamp: Stamp = real
    made.patch.setattr(stamp, "_now", lambda: datetime.fromtimestamp(clock.now().timestamp() + 600, UTC))


KERBEROS = {"auth": "kerberos", "username": None, "password": None}
LOCATION = "the stamp has no backup location elsewhere"
_SETTINGS = "settings"
CASES = (
    # -- config
    Case("config", "can't read the config", "psbridge config init", ExitCode.CONFIG, prepare=_no_config),
    Case("config", "unknown key", "psbridge help configuration", ExitCode.CONFIG, {"hots": "x"}),
    Case(
        "config",
        "the environment variable UNSET_HERE is not set",
        "{file: PATH}",
        ExitCode.CONFIG,
        {"password": {"env": "UNSET_HERE"}},
    ),
    Case(
        "config",
        "can't read the secret file",
        "psbridge help configuration",
        ExitCode.CONFIG,
        {"password": {"file": "/nowhere/secret"}},
    ),
    Case(
        "config",
        "needs the package psbridge[kerberos], which this machine does not have",
        "psbridge help configuration",
        ExitCode.CONFIG,
        KERBEROS | {"username": "operator@CONTOSO.COM"},
        prepare=patched("psbridge.config.packages._importable", lambda _: False),
    ),
    Case(
        "config",
        "the secret stands in the config as plain text",
        "psbridge help configuration",
        None,
        {"password": "S3cret-pass"},
    ),
    Case(
        "config",
        "others may read the secret file",
        "psbridge help configuration",
        None,
        {"password": {"file": "secret"}},
        prepare=_file("secret", "S3cret-pass\n", 0o644),
    ),
    Case(
        "config",
        "PSBRIDGE_HOST: sets nothing",
        "psbridge help configuration",
        None,
        prepare=lambda made: made.env.update(PSBRIDGE_HOST="oaw02"),
    ),
    # -- machine
    Case("machine", "the state folder … can't be written", "--state-dir", ExitCode.CONFIG, prepare=_state_in_a_file),
    Case(
        "machine",
        "this machine's crypto policy does not allow RC4, which NTLM needs",
        "auth kerberos",
        ExitCode.CONFIG,
        prepare=_no_rc4,
    ),
    Case(
        "machine", "there is no Kerberos ticket on this machine", "kinit", ExitCode.CONFIG, KERBEROS, prepare=_no_ticket
    ),
    Case(
        "machine",
        "the ticket of operator@CONTOSO.COM ends in 1m",
        "kinit",
        None,
        KERBEROS,
        prepare=_ticket(principal="operator@CONTOSO.COM", seconds_left=60.0),
    ),
    Case(
        "machine",
        "this machine's clock says 2026-03-04",
        "Set the clock",
        None,
        prepare=patched("psbridge.doctor.machine._MADE", datetime(2027, 1, 1, tzinfo=UTC)),
    ),
    Case("machine", "is on a network file system (nfs4)", "--state-dir", None, prepare=_network_mount),
    Case(
        "machine",
        "the file system of the state folder … has",
        "Free space there",
        None,
        prepare=patched("psbridge.doctor.state_folder._LITTLE", 1 << 80),
    ),
    Case("machine", "another psbridge is starting a backup of target nyc", "--lock-wait", None, prepare=_locked),
    # -- modules
    Case(
        "modules",
        "has no cmdlet Start-AzsBackup",
        "Install the AzureStack PowerShell module",
        ExitCode.PREREQUISITE,
        scenario={"based_on": "no-module"},
    ),
    Case(
        "modules",
        "but its module can't be loaded",
        "Import-Module",
        ExitCode.PREREQUISITE,
        scenario={"based_on": "module-broken"},
    ),
    Case(
        "modules",
        "has the modules of `az`, but the target says `module: azurerm`",
        "Remove `module`",
        ExitCode.PREREQUISITE,
        {"module": "azurerm"},
    ),
    Case(
        "modules",
        "does not show Get-AzsBackupConfiguration",
        "session configuration",
        ExitCode.PREREQUISITE,
        scenario={
            "host": {"visible": ["Get-Command", "ForEach-Object", "Get-AzContext", "Start-AzsBackup", "Get-AzsBackup"]}
        },
    ),
    Case(
        "modules",
        "Az.Accounts is 2.12.1, but Azs.Backup.Admin 1.0.2 is made for exactly 2.2.8",
        "-RequiredVersion 2.2.8",
        scenario={"host": {"accounts": "2.12.1"}},
    ),
    Case("modules", "Azs.Backup.Admin 2.0.0 is unknown to psbridge", "1.0.x", scenario={"host": {"module": "2.0.0"}}),
    Case(
        "modules",
        "the host has no Invoke-AzRestMethod",
        "Az.Accounts on the host",
        scenario={"based_on": "no-rest-method"},
    ),
    Case(
        "modules",
        "the host has no Get-AzsAlert",
        "Azs.InfrastructureInsights.Admin on the host",
        scenario={"host": {"insights": None}},
    ),
    Case(
        "modules", "the host has no Get-AzsUpdate", "Azs.Update.Admin on the host", scenario={"host": {"update": None}}
    ),
    # -- sign_in
    Case(
        "sign_in",
        "is not signed in to the stamp",
        "Configure `sign_in`",
        ExitCode.PREREQUISITE,
        scenario={"based_on": "not-signed-in"},
    ),
    Case(
        "sign_in",
        "its sign-in has expired",
        "Configure `sign_in`",
        ExitCode.PREREQUISITE,
        scenario={"based_on": "signed-out"},
    ),
    Case(
        "sign_in",
        "the host's sign-in to the stamp has expired",
        "Configure `sign_in`",
        ExitCode.PREREQUISITE,
        scenario={"based_on": "sign-in-expired"},
    ),
    Case(
        "sign_in",
        "is signed in to the tenant endpoint, not adminmanagement",
        "https://adminmanagement.",
        ExitCode.PREREQUISITE,
        scenario={"based_on": "tenant-endpoint"},
    ),
    Case(
        "sign_in",
        "has no subscription on the stamp",
        "Default Provider Subscription",
        ExitCode.PREREQUISITE,
        scenario={"based_on": "no-subscription"},
    ),
    Case(
        "sign_in",
        "is in subscription Consumption Subscription, expected Default Provider Subscription",
        "Set-AzContext",
        ExitCode.PREREQUISITE,
        scenario={"based_on": "wrong-subscription"},
    ),
    Case(
        "sign_in",
        "the host could not sign in to Azure Stack",
        "secret",
        ExitCode.AUTH,
        {"sign_in": SIGN_IN},
        prepare=lambda made: made.env.update(SP_SECRET="wr0ng-secret"),
    ),
    # -- location
    Case("location", LOCATION, "Check `location`", ExitCode.NOT_FOUND, {"location": "elsewhere"}),
    # -- settings
    Case(
        _SETTINGS,
        "the stamp has no backup share configured",
        "Set-AzsBackupConfiguration -Path",
        ExitCode.PREREQUISITE,
        scenario={"based_on": "not-configured"},
    ),
    Case(
        _SETTINGS,
        "the stamp has no backup encryption certificate configured",
        "-EncryptionCertPath",
        ExitCode.PREREQUISITE,
        scenario={"based_on": "no-certificate"},
    ),
    Case(
        _SETTINGS,
        "is on Azure Files, which Azure Stack Hub does not support for backups",
        "SMB share of a file server",
        ExitCode.PREREQUISITE,
        scenario={"settings": {"path": r"\\azsbackup.file.core.windows.net\backup"}},
    ),
    Case(_SETTINGS, "is not a UNC path", r"\\SERVER\SHARE", scenario={"settings": {"path": "D:\\Backup"}}),
    Case(
        _SETTINGS,
        "the share is on an address, 10.0.0.5, not on a name",
        "full name",
        scenario={"settings": {"path": r"\\10.0.0.5\AzSBackups"}},
    ),
    Case(
        _SETTINGS,
        "the server of the share, fileserver01, is not named in full",
        "SERVER.DOMAIN",
        scenario={"settings": {"path": r"\\fileserver01\AzSBackups"}},
    ),
    Case(
        _SETTINGS,
        "the user of the share, azsbackup, has no domain",
        r"DOMAIN\USER",
        scenario={"settings": {"userName": "azsbackup"}},
    ),
    Case(_SETTINGS, "the share has no user", r"DOMAIN\USER", scenario={"settings": {"userName": None}}),
    Case(
        _SETTINGS,
        "the stamp may still encrypt with an old key",
        "-EncryptionCertPath",
        scenario={"based_on": "azurerm-module", "settings": {"encryptionCertThumbprint": None}},
    ),
    Case(
        _SETTINGS,
        "the stamp's own scheduler is off",
        "psbridge help automation",
        scenario={"based_on": "scheduler-off"},
    ),
    Case(
        _SETTINGS,
        "a backup every 24h: the documented limits are 4h to 12h",
        "-BackupFrequencyInHours",
        scenario={"settings": {"backupFrequencyInHours": 24}},
    ),
    Case(
        _SETTINGS,
        "backups are kept for 30d: the documented limits are 2d to 14d",
        "-BackupRetentionPeriodInDays",
        scenario={"settings": {"backupRetentionPeriodInDays": 30}},
    ),
    Case(
        _SETTINGS,
        "the stamp reports 3.2 GB of free space on the share",
        "20 GB",
        scenario={"settings": {"availableCapacity": "3.2 GB"}},
    ),
    # -- backups
    Case(
        "backups",
        "has deployment id …, expected",
        "expect_deployment_id",
        ExitCode.PREREQUISITE,
        {"expect_deployment_id": "00000000-0000-4000-8000-000000000009"},
    ),
    Case(
        "backups",
        "the stamp lists no backup that has ended",
        "psbridge -t nyc backup start",
        scenario={"based_on": "history-empty"},
    ),
    Case(
        "backups",
        "the newest backup is Failed; the newest good one is",
        "psbridge -t nyc backup show latest",
        scenario={"based_on": "fails"},
        prepare=_failed_backup,
    ),
    Case(
        "backups",
        "none of 1 ended backups is good",
        "psbridge -t nyc backup start",
        scenario={"based_on": "fails", "history": 0},
        prepare=_failed_backup,
    ),
    Case(
        "backups",
        "the newest good backup is … old (limit 1d 2h)",
        "psbridge -t nyc backup start",
        scenario={"based_on": "scheduler-off"},
        prepare=lambda made: made.network.clock.sleep(3 * 86_400),
    ),
    Case("backups", "is already running", "exit code 7", scenario={"based_on": "busy"}),
    Case(
        "backups",
        "of run … is already running (the stamp does not list it yet)",
        "exit code 7",
        scenario={"based_on": "running-not-listed", "duration": "1h"},
        prepare=_own_backup,
    ),
    # -- alerts, updates
    Case("alerts", "warning alert: Backup failed", "Start another backup", scenario={"based_on": "alerts"}),
    Case(
        "updates",
        "is under way; the stamp refuses backups until it ends",
        "when the update has ended",
        ExitCode.BUSY,
        scenario={"based_on": "update-running"},
    ),
    Case("updates", "failed (UpdateFailed)", "Resume it", scenario={"based_on": "update-failed"}),
    # -- clock, shells
    Case(
        "clock",
        "the host's clock is 15m ahead of this machine's",
        "NTP",
        scenario={"host": {"clock_ahead": 900}},
    ),
    Case("clock", "the stamp's clock is 10m ahead of this machine's", "NTP", prepare=_stamp_ahead),
    Case("shells", "remains on http", "Remove-WSManInstance", faults=("delete:1-4:reset-before",)),
)


def name_of(case: Case) -> str:
    """Return the id of a case in the list of tests."""
    return f"{case.stage}: {case.evidence}"


def entered(made: AbstractContextManager[object] | None) -> AbstractContextManager[object]:
    """Return what `Case.prepare` returned as something to enter."""
    return nullcontext() if made is None else made
