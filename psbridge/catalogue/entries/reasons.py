"""The values of `detail.reason` of an error."""

from __future__ import annotations

from typing import Final

from psbridge.catalogue.entries.entry import Entry, do

_NOTHING: Final = "This command started none."
_SIGN_IN: Final = "troubleshooting#the-session-is-not-signed-in-to-the-stamp"
_IN_THE_WAY: Final = "troubleshooting#another-backup-or-an-update-is-in-the-way-7"

ENTRIES: Final = (
    Entry(
        "backup_running",
        "another backup is running on the stamp",
        f"{_NOTHING} A stamp makes one backup at a time; the one that runs may be as good as yours.",
        (
            "The stamp's scheduler started it.",
            "Another operator or another job started it.",
            "An earlier start of this machine is still running.",
        ),
        (
            do("See what is running, and since when.", "$ psbridge backup list", "$ psbridge run list"),
            do("Wait for it and prove it.", "$ psbridge backup wait"),
            do(
                "Or let a start use the running one, or wait for it and start another.",
                "$ psbridge backup start --if-running attach",
                "$ psbridge backup start --if-running queue",
            ),
        ),
        see=(_IN_THE_WAY, "explain:busy"),
        aliases=("another backup is running",),
        exit_code="busy",
    ),
    Entry(
        "update_running",
        "the stamp refuses backups, as it does during an update",
        f"{_NOTHING} While an update, a repair or a rotation of secrets is running, the stamp makes no backup; scheduled ones "
        "are skipped. The last backup before it still counts.",
        (
            "An update is installing. It may take days: 36 to 90 hours are documented for one release.",
            "An update or a rotation of secrets failed and has not been completed.",
        ),
        (
            "See in the portal (Update) whether one is installing or has failed.",
            do("On the host, the same.", "PS> Get-AzsUpdateLocation | Format-List Name, State"),
            do("Start again when it has ended. A job may retry every hour.", "$ psbridge backup start"),
        ),
        see=(_IN_THE_WAY, "explain:UpdateInProgress", "explain:BackupSkippedWithFailedOperationFault"),
        aliases=("update in progress",),
        exit_code="busy",
        source="Azure Stack Hub documentation, infrastructure backup best practices and release notes",
    ),
    Entry(
        "skipped",
        "the stamp accepted the start request and skipped the backup",
        "The stamp made none for this start request.",
        (
            "An update or another operation of the stamp began, or has failed, at that moment.",
            "Another backup began at that moment.",
        ),
        (
            do("Read the open alerts; one names the operation.", "$ psbridge alert list"),
            do("Start again when it is over.", "$ psbridge backup start"),
        ),
        see=(_IN_THE_WAY, "explain:BackupSkippedWithFailedOperationFault"),
        exit_code="busy",
    ),
    Entry(
        "locked",
        "another psbridge is starting a backup of this target",
        f"{_NOTHING} The other process may have started one; this one waits for nothing and sends nothing.",
        (
            "Two jobs start backups of one stamp at the same time.",
            "A state folder that machines share: the other process is on another machine, or was killed there.",
        ),
        (
            do("See which start is unfinished.", "$ psbridge run list"),
            do("Let a start wait for the other one.", "$ psbridge backup start --lock-wait 5m"),
            "If the process on the other machine was killed, remove the file that the hint names.",
        ),
        see=(_IN_THE_WAY, "journal"),
        aliases=("is starting a backup of target", "another psbridge on this machine", "psbridge on another machine"),
        exit_code="busy",
    ),
    Entry(
        "run_in_use",
        "a process works on the run that is to be closed",
        "The run's process waits for its backup. Nothing was changed.",
        ("The start or wait of this run has not ended.",),
        (
            do("See which process that is.", "$ psbridge run list"),
            do("Wait for it to end, or interrupt it, then close the run.", "$ psbridge run close RUN --reason TEXT"),
        ),
        see=("journal",),
        exit_code="busy",
    ),
    Entry(
        "signed_out",
        "the host's session is not signed in to the stamp",
        "None was started. Without a sign-in to Azure Stack the host can neither read nor start a backup.",
        (
            "A new session has no Azure context: the target has no `sign_in`, and the Windows account saved none.",
            "The saved sign-in, its token, or the secret of the service principal has expired.",
            "The context was saved by another Windows account than psbridge logs in with.",
        ),
        (
            do(
                "Set `sign_in` of the target to a service principal, then check the config.",
                "$ psbridge config validate",
            ),
            do(
                "Or sign in once on the host as the account that psbridge uses, and save the context.",
                "PS> Connect-AzAccount -Environment AzureStackAdmin",
            ),
            do("See what the account has now.", "PS> Get-AzContext | Format-List Account, Environment, Subscription"),
            do("Check the sign-in before the next start.", "$ psbridge doctor --only sign-in"),
        ),
        see=(_SIGN_IN, "sign-in", "explain:prerequisite"),
        aliases=("not signed in", "Run Connect-AzAccount to login", "sign-in has expired"),
        exit_code="prerequisite",
    ),
    Entry(
        "no_subscription",
        "the session's account has no subscription on the stamp",
        "None was started. Backups belong to the Default Provider Subscription, and this account does not see it.",
        (
            "The account or service principal has no role on the Default Provider Subscription.",
            "It was signed in to another tenant.",
        ),
        (
            "In the operator's portal, give the account the role Contributor on the Default Provider Subscription.",
            do("See which subscriptions the account sees.", "PS> Get-AzSubscription"),
            do("Check the sign-in.", "$ psbridge doctor --only sign-in"),
        ),
        see=(_SIGN_IN, "sign-in#the-role"),
        aliases=("has no subscription",),
        exit_code="prerequisite",
    ),
    Entry(
        "tenant_endpoint",
        "the session is signed in to the tenant endpoint, not to adminmanagement",
        "None was started. Backups are on the operator's endpoint only.",
        ("The environment was added with `management.REGION.FQDN` instead of `adminmanagement.REGION.FQDN`.",),
        (
            do(
                "See which endpoint each environment has.",
                "PS> Get-AzEnvironment | Format-Table Name, ResourceManagerUrl",
            ),
            do(
                "Add the operator's environment and sign in to it.",
                "PS> Add-AzEnvironment -Name AzureStackAdmin -ARMEndpoint https://adminmanagement.REGION.FQDN",
                "PS> Connect-AzAccount -Environment AzureStackAdmin",
            ),
            do("Or set `sign_in` of the target, and check it.", "$ psbridge config validate"),
        ),
        see=(_SIGN_IN, "configuration"),
        exit_code="prerequisite",
        source="MicrosoftDocs/azure-docs-powershell#1049",
    ),
    Entry(
        "no_cmdlet",
        "the host has no cmdlet for this part of the report",
        "Backups are not affected: only alerts or the state of updates are not shown.",
        (
            "The host has Azs.Backup.Admin alone, not the whole AzureStack module.",
            "The session configuration does not show the cmdlet.",
        ),
        (
            do(
                "See which modules the host has.",
                "PS> Get-Module -ListAvailable Azs.InfrastructureInsights.Admin, Azs.Update.Admin",
            ),
            "Install the AzureStack module of the stamp's version on the host, or permit its cmdlets.",
        ),
        see=("troubleshooting#modules-and-session-configuration", "explain:CommandNotFoundException"),
        exit_code="prerequisite",
    ),
    Entry(
        "rows_not_ok",
        "the backups are well, and other rows of `psbridge status --strict` are not",
        "The newest backup is good and young enough. Another row, such as scheduler or updates, needs attention.",
        ("The scheduler is off, a critical alert is open, an update failed, or a row could not be read.",),
        (
            do("Read the rows; each says what it found.", "$ psbridge status"),
            do("Read the alerts with their remedies.", "$ psbridge alert list"),
            "Without `--strict` these rows are shown and do not change the exit code.",
        ),
        see=("monitoring#every-morning",),
        exit_code="partial",
    ),
    Entry(
        "wrong_key",
        "the key does not open the backup",
        "The backup may be good: it was encrypted with another certificate than the one that was tried.",
        (
            "The certificate in the stamp's settings was replaced after this backup, or shortly before it.",
            "The .pfx file is of another stamp, or of another purpose.",
        ),
        (
            "Find the .pfx file of the certificate whose thumbprint the message names. Keep each one that a backup needs.",
            do("Try it.", "$ psbridge backup verify --store /mnt/backups --key other.pfx"),
            "If it is lost, this backup can't be recovered. Set a certificate whose key you hold, and start another backup.",
        ),
        see=("exit-codes#15-not_verified",),
        exit_code="not_verified",
    ),
    Entry(
        "damaged",
        "a file of the backup is not as the stamp wrote it",
        "It can't be relied on. The message names the file.",
        (
            "The copy of the store was cut off, or the disk of the share lost data.",
            "Files were altered, renamed or swapped by a person or a program. The stamp alone should write there.",
        ),
        (
            "Check the disk and the file system of the share.",
            do("Verify an earlier backup.", "$ psbridge backup verify ID --store /mnt/backups --level whole"),
            do("Make another backup.", "$ psbridge backup start"),
        ),
        see=("exit-codes#15-not_verified",),
        exit_code="not_verified",
    ),
    Entry(
        "missing",
        "a file of the backup is not in the store",
        "It can't be recovered from this store: a repository that a recovery needs has no snapshot of it.",
        (
            "Files were deleted, or the copy of the store is not complete.",
            "The backup of this repository did not succeed.",
        ),
        (
            do("See what the stamp says of its roles.", "$ psbridge backup show ID"),
            do("Verify an earlier backup, or another copy.", "$ psbridge backup verify ID --store /mnt/copy"),
        ),
        see=("exit-codes#15-not_verified",),
        exit_code="not_verified",
    ),
    Entry(
        "chain",
        "a snapshot that the backup builds on is not there, or does not fit",
        "A progressive snapshot needs each one before it, back to a full one. Without them it can't be recovered.",
        (
            "Files of an earlier backup were deleted by hand, or were not copied.",
            "The stamp was updated or its certificate changed within a chain, which it should not do.",
        ),
        (
            "Copy whole stores, not single backups; let the stamp delete what it no longer needs.",
            do("Verify an earlier backup.", "$ psbridge backup verify ID --store /mnt/backups"),
            do("Make another backup.", "$ psbridge backup start"),
        ),
        see=("exit-codes#15-not_verified",),
        exit_code="not_verified",
        source="inferred from the rules that the stamp's own code names",
    ),
    Entry(
        "other_stamp",
        "files of another stamp are where this stamp's backup should be",
        "What is in the store is not, or not only, of the stamp that was asked.",
        (
            "Two stamps share one folder.",
            "The store that was named is another stamp's.",
        ),
        (
            do("See the deployment id and the share of this stamp.", "$ psbridge settings show"),
            "Give each stamp a folder of its own.",
        ),
        see=("exit-codes#15-not_verified",),
        exit_code="not_verified",
    ),
    Entry(
        "layout",
        "the store has a form that this release does not know",
        "It is neither good nor bad: nothing was proved.",
        (
            "The stamp has a newer release, which writes another version of the files.",
            "There is neither a list of the repositories nor an earlier good backup to compare with.",
            "The folder holds something else that looks like a store.",
        ),
        (
            do("See which file it was.", "$ psbridge backup verify --store /mnt/backups -o json"),
            "Report it to psbridge with the name of that file and what the message says; no backup needs to be shared.",
        ),
        see=("exit-codes#14-unknown",),
        exit_code="unknown",
    ),
)
