"""What each exit code means, by its number. The manual's table and `psbridge.ExitCode.meaning` read it."""

from __future__ import annotations

from typing import Final

MEANINGS: Final = {
    0: (
        "done; for start, wait, confirm: the verdict is `confirmed` and every requested check passed; `--no-wait`,"
        " `--dry-run`: accepted"
    ),
    1: "the backup itself ended badly (Failed, Corrupted); nothing else exits 1",
    2: "invalid command line",
    3: (
        "incomplete: PartialSucceeded, a role that did not succeed, a role that the last good backup had and this one has not, "
        "or not recovery-ready"
    ),
    4: "the host or Azure Stack refused the credentials; from `start`: nothing was started",
    5: (
        "DNS, TCP, TLS, HTTP, WSMan or Azure Stack's own endpoint did not answer as it should; from `start`: it is"
        " proved that nothing was started (an HTTP status to the start request, such as 503, proves nothing: then it is "
        "0, 6 or 11)"
    ),
    6: (
        "timed out; the message and `detail` report whether a backup is still running (its id), has ended but is not proved, "
        "or was not started"
    ),
    7: "another backup is running, or an update blocks backups (`detail.reason`)",
    8: "no such backup, target, or location",
    9: (
        "invalid config, or this machine lacks something: a file, a secret, a "
        "package, an authentication method, a home or state folder, a writable stdout; not the fault of host or stamp"
    ),
    10: (
        "the host or stamp lacks something: the module, a signed-in context, the right subscription or endpoint, a"
        " configured share or certificate, a permitted cmdlet; or it refuses the request"
    ),
    11: (
        "the outcome of the start request is unknown: its answer was lost, and a backup may have started; "
        "the request was not repeated; the candidates are listed"
    ),
    12: "the newest good backup is older than `--max-age`",
    13: (
        "`confirm`, `verify`, or a start that was skipped: the backup is still running, or its upload is not shown or assumed "
        "yet; retry later"
    ),
    14: (
        "the answers, or the files in the store, contradict each other, can't be read or are not recognized; the backup is "
        "proved neither good nor bad; check it, or retry"
    ),
    15: (
        "`verify`, `key check`: what was read of the backup in its store fails the check: `detail.reason` is `wrong_key`, "
        "`damaged`, `missing`, `chain` or `other_stamp`; `--verify`: the verdict is good, and only this failed"
    ),
    70: "a bug of psbridge; reports whether a backup was started",
    130: "Ctrl-C or SIGTERM; reports whether a backup is running, its id and the command that resumes",
}
