"""How each stage of the doctor, but those of the connection, is made to warn or fail; the manual's table has the same rows."""

from __future__ import annotations

from datetime import UTC, datetime

from psbridge.errors import ExitCode
from tests.support.doctor_case import (
    SIGN_IN,
    Case,
    failed_backup,
    locked,
    network_mount,
    no_config,
    no_rc4,
    no_ticket,
    own_backup,
    patched,
    secret_file,
    stamp_ahead,
    state_in_a_file,
    ticket,
)

KERBEROS = {"auth": "kerberos", "username": None, "password": None}
LOCATION = "the stamp has no backup location elsewhere"
_SETTINGS = "settings"
CASES = (
    # -- config
    Case("config", "can't read the config", "psbridge config init", ExitCode.CONFIG, prepare=no_config),
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
        "Run: chmod 600",
        None,
        {"password": {"file": "secret"}},
        prepare=secret_file("secret", "S3cret-pass\n", 0o644),
    ),
    Case(
        "config",
        "PSBRIDGE_HOST: sets nothing",
        "psbridge help configuration",
        None,
        prepare=lambda made: made.env.update(PSBRIDGE_HOST="oaw02"),
    ),
    # -- machine
    Case("machine", "the state folder … can't be written", "--state-dir", ExitCode.CONFIG, prepare=state_in_a_file),
    Case(
        "machine",
        "this machine's crypto policy does not allow RC4, which NTLM needs",
        "auth kerberos",
        ExitCode.CONFIG,
        prepare=no_rc4,
    ),
    Case(
        "machine", "there is no Kerberos ticket on this machine", "kinit", ExitCode.CONFIG, KERBEROS, prepare=no_ticket
    ),
    Case(
        "machine",
        "the ticket of operator@CONTOSO.COM ends in 1m",
        "kinit",
        None,
        KERBEROS,
        prepare=ticket(principal="operator@CONTOSO.COM", seconds_left=60.0),
    ),
    Case(
        "machine",
        "this machine's clock says 2026-03-04",
        "Set the clock",
        None,
        prepare=patched("psbridge.doctor.machine._MADE", datetime(2027, 1, 1, tzinfo=UTC)),
    ),
    Case("machine", "is on a network file system (nfs4)", "--state-dir", None, prepare=network_mount),
    Case(
        "machine",
        "the file system of the state folder … has",
        "Free space there",
        None,
        prepare=patched("psbridge.doctor.state_folder._LITTLE", 1 << 80),
    ),
    Case("machine", "another psbridge is starting a backup of target nyc", "--lock-wait", None, prepare=locked),
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
    Case("location", LOCATION, "set `location: redmond`", ExitCode.NOT_FOUND, {"location": "elsewhere"}),
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
        "store_username is the account that the stamp writes its backups with",
        "an account of its own that may only read the share",
        keys={"store": r"\\fileserver01.contoso.com\AzSBackups", "store_username": "azsbackup@contoso.com"},
    ),
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
        prepare=failed_backup,
    ),
    Case(
        "backups",
        "none of 1 ended backups is good",
        "psbridge -t nyc backup start",
        scenario={"based_on": "fails", "history": 0},
        prepare=failed_backup,
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
        prepare=own_backup,
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
    Case("clock", "the stamp's clock is 10m ahead of this machine's", "NTP", prepare=stamp_ahead),
    Case("shells", "remains on http", "Remove-WSManInstance", faults=("delete:1-4:reset-before",)),
)
