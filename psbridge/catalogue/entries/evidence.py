"""The rows of the evidence of a verdict (`psbridge.verdict.checks`)."""

from __future__ import annotations

from typing import Final

from psbridge.catalogue.entries.entry import Entry, do

_EVIDENCE: Final = "verdict#the-evidence"
_NEVER: Final = "verdict#what-is-never-claimed"
_AGAIN: Final = do("Read again.", "$ psbridge backup confirm")
_NOT_ENDED: Final = "the backup has not ended"


def _elsewhere(id_: str, title: str, backup: str, *steps: str) -> Entry:
    """Return a row that no tool can check from here."""
    outcomes = (("not_checked", "always: psbridge can't see it, and does not claim it"),)
    return Entry(id_, title, backup, (), steps, see=(_NEVER,), outcomes=outcomes)


ENTRIES: Final = (
    Entry(
        "status",
        "the stamp's word for the backup",
        "A backup whose status is not Succeeded is not good, whatever else is shown.",
        (
            "Failed or Corrupted: the stamp could not make the backup; an alert names the cause.",
            "PartialSucceeded: some roles failed.",
            "A success that can't be true: without an end, with an end in the future, or before its own start.",
        ),
        (
            do(
                "Read the evidence, and the alerts with their remedies.",
                "$ psbridge backup confirm",
                "$ psbridge alert list",
            ),
            do("See all that the stamp reports about it.", "$ psbridge backup show latest"),
        ),
        see=(_EVIDENCE, "explain:failed", "explain:unknown"),
        outcomes=(
            ("pass", "Succeeded"),
            ("fail", "PartialSucceeded: the verdict is `partial`. Failed or Corrupted: it is `failed`"),
            ("unknown", "not shown, a word that this release does not know, or one that contradicts other answers"),
        ),
    ),
    Entry(
        "roles",
        "each role, and the roles of the newest other good backup, else of the newest incomplete one",
        "A role that is missing or did not succeed can't be recovered from this backup.",
        (
            "A service of the stamp could not export its data.",
            "The stamp changed between two backups: a role was added or removed.",
            "The list of roles was not sent: then nothing is known about them.",
        ),
        (
            do("See which role it is.", "$ psbridge backup show latest"),
            do("Start another backup. If the same role fails again, open a support case.", "$ psbridge backup start"),
        ),
        see=(_EVIDENCE, "explain:partial"),
        outcomes=(
            (
                "pass",
                "every role succeeded, and none of those of that other backup is missing",
            ),
            ("fail", "a role did not succeed or is missing: the verdict is `partial`"),
            ("unknown", f"{_NOT_ENDED}, or the stamp sent no list of roles"),
        ),
    ),
    Entry(
        "recovery_ready",
        "`IsCloudRecoveryReady`",
        "The stamp says whether the backup can serve to recover the cloud. Without that it may still restore single data.",
        (
            "A role that recovery needs failed; see the row `roles`.",
            "An older build of the stamp does not report it.",
        ),
        (
            "Read the row `roles` first: it mostly names the cause.",
            do("Start another backup.", "$ psbridge backup start"),
            "If the stamp never reports it as ready, `require_recovery_ready: false` makes the row a warning.",
        ),
        see=(_EVIDENCE, "configuration"),
        outcomes=(
            ("pass", "true"),
            ("fail", "false: the verdict is `partial`"),
            ("warn", "not shown, or false with `require_recovery_ready: false`"),
            ("unknown", _NOT_ENDED),
        ),
    ),
    Entry(
        "upload",
        "`completelyUploaded` of the raw JSON, else the end of the stamp's operation",
        "A backup that is not on the share can't be used. A stamp shows success 10 to 15 minutes before the upload has ended.",
        (
            "The upload is still running.",
            "The host has no Invoke-AzRestMethod (the AzureRM modules), so the upload can't be read.",
            "The share filled up or became unreachable during the upload.",
        ),
        (
            do("Wait for the upload.", "$ psbridge backup wait"),
            "Where the upload can't be read, it is assumed after `settle` (15m); `require_upload_proof: true` refuses that.",
            do("If it failed, check the share, then start another backup.", "$ psbridge settings show"),
        ),
        see=("verdict#where-the-upload-comes-from", "explain:unproven"),
        outcomes=(
            ("pass", "the stamp says that it is complete, or its operation has ended"),
            ("fail", "the operation has ended and the upload is incomplete: the verdict is `failed`"),
            ("warn", "assumed: it can't be read, and the settle time has passed since the end"),
            ("unknown", "not shown yet: the verdict is `unproven`"),
        ),
    ),
    Entry(
        "second_read",
        "two reads after the end agree in every field",
        "A stamp that changes its answer about an ended backup can't be relied on for it.",
        ("The stamp still completed the record of the backup.", "Two answers came from two parts of the service."),
        (
            _AGAIN,
            "If two reads still differ, compare both values with the portal (Infrastructure backup).",
        ),
        see=(_EVIDENCE, "explain:unknown"),
        outcomes=(
            ("pass", "two reads after the end agree"),
            ("fail", "they differ: the verdict is `unknown`; the row names the field"),
            ("unknown", "only one read since the end: the verdict is `unproven`"),
        ),
    ),
    Entry(
        "witnesses",
        "the module's object, the raw JSON and the operation's result agree in every field that they have",
        "Where two sources of one stamp contradict each other, neither is believed.",
        (
            "The module and the service are of different versions and name a value differently.",
            "The answer is about another backup, or was altered on the way.",
        ),
        (
            _AGAIN,
            do(
                "Keep what was read, with both values.",
                "$ psbridge backup confirm --proof witnesses.json",
            ),
            "Where a field is compared by inference only, `inferred_checks` makes its difference a warning.",
        ),
        see=(_EVIDENCE, "configuration"),
        outcomes=(
            ("pass", "two or three sources agree"),
            ("warn", "they differ in a comparison that `inferred_checks` sets to warn"),
            ("unknown", "they contradict each other, or the backup has not ended"),
            ("not_checked", "no second source could be read"),
        ),
    ),
    Entry(
        "whole",
        "no answer lost a message; an incomplete one is read again",
        "From an answer with a gap nothing is concluded.",
        ("The connection broke while an answer was sent.", "A gateway or the host's quota cut the answer."),
        (_AGAIN, do("Check the way to the stamp, step by step; one login, only reads.", "$ psbridge doctor")),
        see=(_EVIDENCE, "troubleshooting#quotas-and-remaining-sessions"),
        outcomes=(
            ("pass", "every answer was received completely"),
            ("unknown", "a part was lost and could not be read again: the verdict is `unknown`"),
            ("not_checked", "no answer about the backup was read"),
        ),
    ),
    Entry(
        "thumbprint",
        "the encryption certificate against the stamp's settings",
        "A backup can be opened only with the private key (.pfx) of the certificate that it was encrypted with.",
        ("The certificate was changed after this backup, or while it ran.",),
        (
            "Keep the private keys of both certificates, as long as a backup needs them.",
            do("See which certificate the settings name.", "$ psbridge settings show"),
        ),
        see=(_EVIDENCE, "explain:key_held"),
        outcomes=(
            ("pass", "the backup and the settings name the same certificate"),
            ("warn", "they name two, or one is not shown"),
            ("unknown", f"{_NOT_ENDED}, or the settings are not known"),
        ),
    ),
    Entry(
        "versions",
        "stamp and OEM version against the newest backup",
        "A stamp is recovered with a backup of its own version. After an update, older backups serve only for their version.",
        ("The stamp was updated after this backup.",),
        (do("Make a backup on the new version.", "$ psbridge backup start"),),
        see=(_EVIDENCE,),
        outcomes=(
            ("pass", "the same as of the newest backup"),
            ("warn", "another than of the newest backup"),
            ("unknown", "a version is not shown, or there is no other backup"),
        ),
    ),
    Entry(
        "age",
        "how long ago it ended",
        "What changed on the stamp since then is not in the backup.",
        (
            "The scheduler is off, or its backups fail.",
            "An update has been installing for days.",
            "A clock is wrong: then the end may be in the future.",
        ),
        (
            do("See the schedule.", "$ psbridge settings show"),
            do("Start a backup if the newest good one is too old.", "$ psbridge backup start --if-older-than 12h"),
        ),
        see=(_EVIDENCE, "explain:stale"),
        outcomes=(
            ("pass", "recent enough for the schedule and `--max-age`"),
            ("fail", "older than `--max-age`: exit code 12"),
            ("warn", "older than one and a half times the schedule's interval, or its end is in the future"),
            ("unknown", "the backup has no end time"),
        ),
    ),
    Entry(
        "clock",
        "the host's clock against this machine's, within 2 minutes",
        "Ages and the search after a lost answer rest on both clocks. The backup itself is not affected.",
        ("One of the two has no time server, or a virtual machine was resumed.",),
        (
            do("Check the time here.", "$ timedatectl status"),
            do("Check the time there.", "PS> w32tm /query /status"),
        ),
        see=(_EVIDENCE, "explain:KRB5KRB_AP_ERR_SKEW"),
        outcomes=(
            ("pass", "they agree within 2 minutes"),
            ("warn", "they differ by more"),
            ("unknown", "the host's time is not known"),
        ),
    ),
    Entry(
        "alerts",
        "open alerts of the backup service, each with its remedy",
        "Alerts do not change the verdict, because none names the backup that it is about. Their remedies help if it is bad.",
        ("A backup failed or was skipped, the share fills up, or the scheduler is off.",),
        (
            do("Read them, with their remedies.", "$ psbridge alert list"),
            do("Read what one of them means.", "$ psbridge explain --list alerts"),
        ),
        see=(_EVIDENCE,),
        outcomes=(
            ("pass", "no alert of the backup service is open"),
            ("warn", "one or more are open"),
            ("unknown", "the host has no Get-AzsAlert, or may not run it"),
        ),
    ),
    _elsewhere(
        "off_site_copy",
        "whether the share is copied to another site",
        "A backup that lies only next to the stamp is lost with the site.",
        "Copy the share to another site, and check that copy.",
    ),
    Entry(
        "key_held",
        "whether the private key of the encryption certificate is kept, and opens the backup",
        "Without the private key (.pfx) and its password the backup can't be opened.",
        (),
        (
            "Keep the .pfx and its password away from the stamp, as long as a backup needs them.",
            do("Prove that it opens the backup.", "$ psbridge backup verify --store /mnt/backups --key backup.pfx"),
            do("See which certificate the stamp uses now.", "$ psbridge settings show"),
        ),
        see=(_EVIDENCE,),
        outcomes=(
            ("pass", "`--verify`: the key opened the wrapped key of every snapshot"),
            ("fail", "it does not open one of them (exit code 15)"),
            ("unknown", "not every snapshot could be tried"),
            ("not_checked", "no key was given, or `--verify` was not asked for"),
        ),
    ),
    Entry(
        "readable",
        "what was proved of the backup in its store, up to the level that was asked for",
        "The stamp's word alone does not prove that the files are there and whole.",
        (),
        (do("Read the store, and see each level.", "$ psbridge backup verify --store /mnt/backups --key backup.pfx"),),
        see=(_EVIDENCE, "explain:not_verified"),
        outcomes=(
            ("pass", "`--verify`: the level passed; the row names it"),
            ("fail", "a check failed (exit code 15)"),
            ("unknown", "the layout is not recognized (14), or the upload is not complete yet (13)"),
            ("not_checked", "`--verify` was not asked for"),
        ),
    ),
    Entry(
        "second_copy",
        "the same of a second copy of the store",
        "A backup that lies only next to the stamp is lost with the site.",
        (),
        (do("Read a copy.", "$ psbridge backup verify --offline --store /mnt/copy --key backup.pfx"),),
        see=(_EVIDENCE, "explain:not_verified"),
        outcomes=(
            ("pass", "`--copy`: the level passed there too"),
            ("fail", "a check failed there (exit code 15)"),
            ("unknown", "the layout is not recognized (14), or the copy is not complete yet (13)"),
            ("not_checked", "`--copy` was not asked for"),
        ),
    ),
    _elsewhere(
        "validate",
        "whether Microsoft's own validator can restore what is on the share",
        "It restores parts of a copy on Windows with SQL Server. A real recovery alone proves more.",
        do(
            "Validate a copy of the share with the InfrastructureBackupValidator of AzureStack-Tools.",
            "PS> Validate-AzsBackup",
        ),
    ),
)
