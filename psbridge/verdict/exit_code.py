"""From a verdict to what is wrong: the error whose exit code the command ends with."""

from __future__ import annotations

from psbridge.errors import BackupFailed, BackupPartial, PsbridgeError, Unknown, Unproven
from psbridge.models.verdict import Judgement, Outcome, Verdict


def problem_of(verdict: Verdict, id: str | None = None) -> PsbridgeError | None:
    """Return what is wrong with a judged backup, None if it is confirmed.

    Running and unproven give `Unproven` (13), as confirm ends; a wait that met its deadline says so itself (6).

    Args:
        verdict: on it.
        id: the backup's, for a verdict on one that was not shown.
    """
    backup = verdict.backup
    id_ = backup.id if backup else id
    failing = "; ".join(
        row.detail
        for row in verdict.evidence
        if row.outcome is Outcome.FAIL or (row.outcome is Outcome.UNKNOWN and row.check in _HARD)
    )
    alerts = next(
        (row.detail for row in verdict.evidence if row.check == "alerts" and row.outcome is Outcome.WARN), None
    )
    if verdict.judgement is Judgement.CONFIRMED:
        return None
    if verdict.judgement is Judgement.FAILED:
        return BackupFailed(
            f"backup {id_} failed: {failing}",
            id=id_,
            hint=f"Alerts {alerts}."
            if alerts
            else "See the alerts of the stamp in the portal, mend their cause, start again.",
        )
    if verdict.judgement is Judgement.PARTIAL:
        return BackupPartial(
            f"backup {id_} is not whole: {failing}",
            id=id_,
            hint=f"Alerts {alerts}."
            if alerts
            else "See the alerts of the stamp in the portal; start another when mended.",
        )
    if verdict.judgement is Judgement.UNKNOWN:
        return Unknown(
            f"backup {id_} can be proved neither good nor bad: {failing or 'its answers contradict one another'}",
            id=id_,
            hint="Look at it in the portal, or ask again: psbridge backup confirm.",
        )
    word = "still runs" if verdict.judgement is Judgement.RUNNING else "has ended and is not proved yet"
    return Unproven(f"backup {id_} {word}", id=id_, hint="Ask again later, or `psbridge backup wait`.")


_HARD = {"status", "roles", "whole", "second_read"}
