"""Make the record of a report: what its verdict rests on, who made it, when and with what."""

from __future__ import annotations

import getpass
import os
import platform

from psbridge.clock import Clock
from psbridge.documents.proof import MakerBody, ProofDocument
from psbridge.models.observation import Case
from psbridge.models.report import Report
from psbridge.models.target import Target
from psbridge.models.time import Instant
from psbridge.values import replace
from psbridge.verdict.baseline import baseline
from psbridge.verdict.contradictions import contradicting
from psbridge.verdict.fold import RULES, fold
from psbridge.verdict.witnesses import listed_worse
from psbridge.version import __version__


def record(target: Target, report: Report, clock: Clock) -> ProofDocument:
    """Return the record of a report.

    Raises:
        ValueError: the report has no case.
    """
    case = trimmed(report.case) if report.case else None
    decided = [it.decided_at for it in (case, case and case.last_good) if it is not None]
    made_at = max([Instant.of(clock.now()), *decided])  # a clock may have been set back since
    return ProofDocument.of(target, replace(report, case=case), str(made_at), _maker(), rules=RULES)


def _maker() -> MakerBody:
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = str(os.getuid())  # a container's user that has no name
    return MakerBody(__version__, platform.python_version(), user, platform.node())


def trimmed(case: Case) -> Case:
    """Return the case without the listed backups that nothing is compared with: a record needs no list of eighty."""
    backup = fold(case).backup
    measure = baseline(backup, case.listed) if backup else None
    newest = next((it for it in case.listed if it.completed_at), None)
    telling = next((it for it in case.listed if it.deployment_id), None) if case.expect_deployment_id else None
    worse = tuple(it for it in case.listed if backup and it.id == backup.id and listed_worse(it, backup))
    kept = tuple(it for it in case.listed if it in (measure, newest, telling, *contradicting(case.listed), *worse))
    return replace(case, listed=kept, last_good=trimmed(case.last_good) if case.last_good else None)
