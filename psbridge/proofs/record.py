"""Make the record of a report: what its verdict rests on, who made it, when and with what."""

from __future__ import annotations

import getpass
import os
import platform

from psbridge.clock import Clock
from psbridge.documents.proof import MakerBody, ProofDocument
from psbridge.models.report import Report
from psbridge.models.target import Target
from psbridge.models.time import Instant
from psbridge.values import replace
from psbridge.verdict.fold import RULES
from psbridge.verdict.judge import trimmed
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
