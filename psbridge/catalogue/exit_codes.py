"""What each exit code means, by its number. The manual's table and `psbridge.ExitCode.meaning` read it."""

from __future__ import annotations

from typing import Final

MEANINGS: Final = {
    0: (
        "done; for start, wait, confirm: the verdict is `confirmed` and every requested check passed; `--no-wait`,"
        " `--dry-run`: accepted"
    ),
    1: "the backup itself ended badly (Failed, Corrupted); nothing else exits 1",
    2: "the command line is wrong",
    3: ("PartialSucceeded, a role did not succeed or is missing against the last good backup, or not recovery-ready"),
    4: "the host or Azure Stack refused the credentials; from `start`: nothing was started",
    5: (
        "DNS, TCP, TLS, HTTP, WSMan or Azure Stack's own endpoint did not answer as it should; from `start`: it is"
        " proved that nothing was started (an HTTP status to the trigger, such as 503, proves nothing: then it is "
        "0, 6 or 11)"
    ),
    6: (
        "the deadline passed; the message and `detail` say whether a backup goes on (its id), is still unproven, "
        "or none was started"
    ),
    7: "another backup is running, or an update blocks backups (`detail.reason`)",
    8: "no such backup, target, or location",
    9: (
        "psbridge's own config is wrong, or this machine lacks something or can't compute it: a file, a secret, a "
        "package, a login mechanism, a home or state folder, a writable stdout; not the fault of host or stamp"
    ),
    10: (
        "the host or stamp lacks something: the module, a signed-in context, the right subscription or endpoint, a"
        " configured share or certificate, a permitted cmdlet; or refuses what it is asked"
    ),
    11: (
        "the trigger's answer was lost and can't be fetched, and it can't be told whether a backup started; "
        "nothing was sent again; the candidates are listed"
    ),
    12: "the newest good backup is older than `--max-age`",
    13: (
        "`confirm`, or a start that was skipped: still running, or ended and its upload not yet shown or assumed; "
        "ask again later"
    ),
    14: ("the answers contradict one another or can't be read whole; nothing is proved either way; look, or ask again"),
    70: "a bug of psbridge; says whether a backup was triggered",
    130: "Ctrl-C or SIGTERM; says whether a backup goes on, its id and the command that resumes",
}
