"""What of a case no check looks at, so that a record need not keep it."""

from __future__ import annotations

from psbridge.models.case import Case
from psbridge.values import replace
from psbridge.verdict.baseline import baseline
from psbridge.verdict.contradictions import contradicting
from psbridge.verdict.fold import fold
from psbridge.verdict.witnesses import listed_worse


def trimmed(case: Case) -> Case:
    """Return the case without the listed backups that nothing is compared with; its verdict stays the same."""
    backup = fold(case).backup
    measure = baseline(backup, case.listed) if backup else None
    newest = next((it for it in case.listed if it.completed_at), None)
    telling = next((it for it in case.listed if it.deployment_id), None) if case.expect_deployment_id else None
    worse = tuple(it for it in case.listed if backup and it.id == backup.id and listed_worse(it, backup))
    kept = tuple(it for it in case.listed if it in (measure, newest, telling, *contradicting(case.listed), *worse))
    return replace(case, listed=kept, last_good=trimmed(case.last_good) if case.last_good else None)
