"""Exit codes. Their one-line meanings are in `psbridge.catalogue.exit_codes`; the manual's sections quote these texts."""

from __future__ import annotations

from typing import Final

from psbridge.catalogue.entries.entry import Entry, do


def _code(
    number: int,
    name: str,
    title: str,
    backup: str,
    runbook: str,
    causes: tuple[str, ...] = (),
    steps: tuple[str, ...] = (),
    see: tuple[str, ...] = (),
    aliases: tuple[str, ...] = (),
) -> Entry:
    return Entry(
        name,
        title,
        backup,
        causes,
        steps,
        runbook,
        (f"exit-codes#{number}-{name}", *see),
        (str(number), *aliases),
        name,
    )


ENTRIES: Final = (
    _code(
        0,
        "ok",
        "done",
        "Good and proved. With `--no-wait`: the start request was accepted, and nothing is proved yet.",
        "Done. After `--no-wait`: `psbridge backup wait`.",
        steps=(do("To see what the verdict rests on, judge the newest backup again.", "$ psbridge backup confirm"),),
        see=("verdict#what-confirmed-means",),
        aliases=("confirmed", "success"),
    ),
    _code(
        1,
        "failed",
        "the backup itself ended badly",
        "The stamp made one, and it failed. The last good backup still counts (`last_good` in the JSON).",
        "No retry at once. Call someone. `--if-older-than` starts again `retry_after` after its end.",
        causes=(
            "The backup share is full, or its path, user or password is wrong.",
            "A role of the stamp could not export its data.",
            "An update or another operation of the stamp failed at the same time.",
        ),
        steps=(
            do(
                "Read the rows that fail, and the alerts with their remedies.",
                "$ psbridge backup confirm",
                "$ psbridge alert list",
            ),
            do("When the cause is gone, start another.", "$ psbridge backup start"),
        ),
        see=("troubleshooting#the-share", "verdict#the-evidence"),
    ),
    _code(
        2,
        "usage",
        "invalid command line",
        "None was started.",
        "No retry. The command line is wrong; `--help` of the command shows it.",
        causes=("A misspelled command or option, or a value that the option does not take.",),
        steps=(do("Read the options of the command.", "$ psbridge backup start --help"),),
        see=("commands",),
    ),
    _code(
        3,
        "partial",
        "the backup is incomplete",
        "It exists and is incomplete: a role failed or is missing, or it can't serve for cloud recovery.",
        "No retry at once. Report it. `--if-older-than` starts again `retry_after` after its end.",
        causes=(
            "A role could not export its data; the row `roles` names it.",
            "The stamp says that the backup is not ready for cloud recovery.",
            "A role that the last good backup had is not in this one.",
        ),
        steps=(
            do("Read the rows `roles` and `recovery_ready`.", "$ psbridge backup confirm"),
            do(
                "Start another. If the same roles fail again, open a support case with the backup's id.",
                "$ psbridge backup start",
            ),
        ),
        see=("verdict#the-evidence", "explain:roles", "explain:recovery_ready"),
        aliases=("incomplete",),
    ),
    _code(
        4,
        "auth",
        "the host or Azure Stack refused the credentials",
        "None was started.",
        "**Never retry**. Accounts lock.",
        causes=(
            "The user name or password is wrong, has expired, or the account is locked.",
            "The host takes another login than `auth` of the target.",
            "Azure Stack does not permit the account to do this (HTTP 403).",
            "A gateway ends TLS in front of the host, so a right password is refused (channel binding).",
        ),
        steps=(
            do("Check user name, password and `auth` by hand, then try once.", "$ psbridge doctor --only login"),
            "If the account is locked, find what else tries it before it is unlocked.",
        ),
        see=("troubleshooting#the-login-is-refused", "troubleshooting#kerberos"),
        aliases=("login refused", "access denied", "authentication failed"),
    ),
    _code(
        5,
        "unreachable",
        "the host, the network or Azure Stack's endpoint did not answer as it should",
        "None was started. This is proved; where it is not, the code is 6 or 11.",
        "Retry after some minutes, a few times.",
        causes=(
            "The name, the port or `tls` of the target is wrong.",
            "A firewall, proxy or gateway is in the way, or the host is down.",
            "The host's certificate is not trusted, or is for another name.",
            "The host's quota of sessions is used up.",
        ),
        steps=(
            do("Check name, port, TLS and firewall, step by step.", "$ psbridge doctor"),
            do("On the host, check that a WinRM listener is there.", "PS> winrm enumerate winrm/config/listener"),
        ),
        see=(
            "troubleshooting#the-connection-is-refused-or-nothing-answers",
            "troubleshooting#tls",
            "troubleshooting#quotas-and-remaining-sessions",
        ),
        aliases=("connection failed",),
    ),
    _code(
        6,
        "timeout",
        "timed out",
        "`detail.backup` says what became of it.",
        "Start again only for `none`. Else `psbridge backup wait`.",
        causes=(
            "The backup takes longer than `--timeout` (2h); Microsoft's documentation calls 20 to 40 minutes normal.",
            "The host did not answer within `--call-timeout` (2m).",
            "The connection to the host broke, and did not come back in time.",
        ),
        steps=(
            do("Resume the wait; the backup on the stamp does not know the time limit.", "$ psbridge backup wait"),
            do("If backups take longer as a rule, allow more time.", "$ psbridge backup start --timeout 4h"),
        ),
        see=("troubleshooting#timeouts-6",),
        aliases=("timed out", "deadline"),
    ),
    _code(
        7,
        "busy",
        "another backup is running, or an update blocks backups",
        "This command started none.",
        "Retry later. Or start with `--if-running queue` or `attach`.",
        causes=(
            "The stamp's scheduler or another operator started a backup.",
            "An update is installing, which may take days.",
            "Another psbridge on this machine is starting a backup of the same target.",
        ),
        steps=(
            do("See what is running.", "$ psbridge backup list"),
            do("Wait for the running backup and prove it.", "$ psbridge backup wait"),
            do("Start one after it.", "$ psbridge backup start --if-running queue"),
        ),
        see=(
            "troubleshooting#another-backup-or-an-update-is-in-the-way-7",
            "explain:backup_running",
            "explain:update_running",
            "explain:locked",
        ),
    ),
    _code(
        8,
        "not_found",
        "no such backup, target or location",
        "None was started. The target, the location or the backup id does not exist.",
        "No retry. The hint names what exists.",
        causes=(
            "The name of the target is not in the config, or another config is read.",
            "The backup was removed by the stamp's retention, or is another stamp's.",
            "`location` is not the name of the stamp's region.",
        ),
        steps=(
            do("List the targets and the backups.", "$ psbridge target list", "$ psbridge backup list"),
            do("See which config is read.", "$ psbridge config show --origin"),
        ),
        see=("troubleshooting#location-and-ids",),
    ),
    _code(
        9,
        "config",
        "the config is invalid, or this machine lacks something",
        "None was started. The config or this machine is wrong; host and stamp are not to blame.",
        "No retry. `psbridge config validate` finds most causes.",
        causes=(
            "A key, a file or a secret that the config names is wrong or missing.",
            "A package for the login is not installed, or there is no Kerberos ticket.",
            "This machine's crypto policy forbids what the login or the host's TLS needs.",
            "A folder or stdout can't be written.",
        ),
        steps=(do("Check the config and this machine; that connects to nothing.", "$ psbridge config validate"),),
        see=("doctor", "configuration", "troubleshooting#this-machine-full-disk-no-rights", "troubleshooting#kerberos"),
        aliases=("configuration", "others may write the", "can't be written"),
    ),
    _code(
        10,
        "prerequisite",
        "the host or the stamp lacks something, or refuses the request",
        "None was started. The host or the stamp lacks something, or refuses the request.",
        "No retry. Repair the host or the stamp as the hint says.",
        causes=(
            "The host's session is not signed in to the stamp, or is in another subscription.",
            "The module Azs.Backup.Admin is missing, hidden or broken on the host.",
            "The stamp has no backup share or encryption certificate, or can't use its share.",
        ),
        steps=(
            do("Do what the hint says, then check all that a start needs.", "$ psbridge doctor"),
            do("See which modules the host has.", "PS> Get-Module -ListAvailable Azs.Backup.Admin, Az.Accounts"),
        ),
        see=(
            "troubleshooting#modules-and-session-configuration",
            "troubleshooting#the-session-is-not-signed-in-to-the-stamp",
            "troubleshooting#the-share",
        ),
    ),
    _code(
        11,
        "ambiguous",
        "the outcome of the start request is unknown",
        "One **may run**. The answer to the start request was lost, and psbridge could not find out.",
        "`psbridge backup wait` searches again. If that ends with 11 too, call someone. **Start nothing by hand.**",
        causes=(
            "The connection broke, or a gateway answered for the host, after the start request was sent.",
            "More than one backup, or none, fits the start request.",
        ),
        steps=(
            do("Search again; this sends no start request.", "$ psbridge backup wait"),
            do("Read the list, also after a normal backup's time.", "$ psbridge backup list"),
            do("When it is clear, close the record.", "$ psbridge run list", "$ psbridge run close RUN --reason TEXT"),
        ),
        see=("troubleshooting#whether-a-backup-was-started-is-open-11", "journal"),
        aliases=("lost answer",),
    ),
    _code(
        12,
        "stale",
        "the newest good backup is too old",
        "The newest good one is older than `--max-age`.",
        "Start one, and find out why the schedule made none.",
        causes=(
            "The stamp's scheduler is switched off, or its backups fail.",
            "An update has been installing for days; it blocks backups.",
            "The job that runs psbridge did not run.",
        ),
        steps=(
            do("See the schedule and the newest backups.", "$ psbridge settings show", "$ psbridge backup list"),
            do("Start one.", "$ psbridge backup start"),
        ),
        see=("monitoring#every-morning", "automation", "explain:age"),
        aliases=("too old", "max-age"),
    ),
    _code(
        13,
        "unproven",
        "the backup is not proved yet",
        "It runs, or has ended and its upload is not shown yet.",
        "`psbridge backup wait`, or ask again in some minutes.",
        causes=(
            "The backup is still running.",
            "A stamp shows success 10 to 15 minutes before the upload has ended.",
            "`require_upload_proof` is set, and the host can't show the upload.",
        ),
        steps=(do("Wait for it.", "$ psbridge backup wait"),),
        see=("verdict#where-the-upload-comes-from", "explain:upload"),
        aliases=("running", "not proved"),
    ),
    _code(
        14,
        "unknown",
        "the answers contradict each other or can't be read",
        "Can be proved neither good nor bad. The answers contradict each other, or can't be read completely.",
        "`psbridge backup confirm` once more. If it stays: call someone, and do not count this backup.",
        causes=(
            "Two sources of the stamp give two values; the row that is `unknown` names both.",
            "A part of an answer was lost on the way and could not be read again.",
            "The stamp shows a status that this release does not know.",
        ),
        steps=(
            do("Read again.", "$ psbridge backup confirm"),
            do(
                "Compare with the portal (Infrastructure backup), and keep what was read.",
                "$ psbridge backup confirm --proof unknown.json",
            ),
        ),
        see=("troubleshooting#proved-neither-good-nor-bad-14", "verdict#the-evidence"),
        aliases=("contradiction", "neither good nor bad"),
    ),
    _code(
        15,
        "not_verified",
        "the backup in its store is not what it should be",
        "It could not be recovered as it is in this store, as far as was read. `detail.reason` says why. Another backup, or "
        "another copy, may be good.",
        "Call someone today. Verify an older backup and the copies; start another backup and verify that.",
        causes=(
            "The key at hand is not the one that the backup was encrypted with (`wrong_key`).",
            "A file was altered, cut off or swapped (`damaged`), or is not there (`missing`).",
            "An earlier snapshot that the backup needs is not there (`chain`).",
            "Files of another stamp are in the store (`other_stamp`).",
        ),
        steps=(
            do("Read which files, and why.", "$ psbridge backup verify --store /mnt/backups -o json"),
            do(
                "Verify the backup before.",
                "$ psbridge backup list",
                "$ psbridge backup verify ID --store /mnt/backups",
            ),
            do("Make another backup.", "$ psbridge backup start"),
        ),
        see=("verdict#the-evidence", "explain:wrong_key", "explain:damaged", "explain:missing", "explain:chain"),
        aliases=("not verified", "verification failed"),
    ),
    _code(
        70,
        "internal",
        "a bug of psbridge",
        "The output says whether one may run.",
        "No retry. Report the bug, with the output under `--debug`.",
        steps=(
            do("See whether a start is unfinished, and resume it.", "$ psbridge run list", "$ psbridge backup wait"),
            "Run the command that failed again with --debug, if it only reads, and report its output.",
        ),
        see=("journal",),
        aliases=("bug", "traceback"),
    ),
    _code(
        130,
        "interrupted",
        "interrupted by Ctrl-C or SIGTERM",
        "The output says whether one runs, with its id.",
        "`psbridge backup wait` resumes. After Ctrl-C the backup on the stamp continues.",
        causes=(
            "Ctrl-C, `kill`, or the end of a job's time limit (systemd's `TimeoutStopSec`, a CI job's timeout).",
            "The machine is shutting down.",
        ),
        steps=(do("Resume the wait.", "$ psbridge backup wait"),),
        see=("journal", "automation"),
        aliases=("SIGINT", "SIGTERM", "Ctrl-C"),
    ),
)
