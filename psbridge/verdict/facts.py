"""All that the checks look at: a case, what its observations came to, and what follows from the two. Private to the verdict."""

from __future__ import annotations

import msgspec

from psbridge.models.backup import Backup
from psbridge.models.case import Case
from psbridge.models.time import Instant
from psbridge.verdict import first_rules
from psbridge.verdict.baseline import baseline
from psbridge.verdict.contradictions import contradiction, turned_down
from psbridge.verdict.fold import RULES, fold
from psbridge.verdict.settle import settle_left
from psbridge.verdict.state import State


class Facts(msgspec.Struct, frozen=True):
    """All that the checks look at. What was not read is None, and None is never taken for good.

    Attributes:
        case: what is known and was asked.
        state: what its observations came to.
        local_time: this machine's clock at the answer that told the host's.
        baseline: the earlier backup whose roles this one's are compared with; None if there is none.
        settled: the settle time has passed since the end.
        contradiction: what was seen that can't be, such as a backup that ended and runs again; None if nothing.
        turned_down: each comparison that the config turned into a warning, with what it found.
        newest_versions: stamp and OEM version of the newest backup on the stamp.
        rules: the number of the rules.
    """

    case: Case
    state: State
    local_time: Instant
    baseline: Backup | None = None
    settled: bool = False
    contradiction: str | None = None
    turned_down: tuple[str, ...] = ()
    newest_versions: tuple[str | None, str | None] | None = None
    rules: int = RULES

    @property
    def backup(self) -> Backup | None:
        """The backup as last shown; None if the stamp does not show it."""
        return self.state.backup

    @property
    def host_time(self) -> Instant | None:
        """The host's clock when it was last shown; None if it was not told."""
        return self.state.latest.host_time if self.state.latest else None


def facts_of(case: Case, rules: int) -> Facts:
    """Return what the checks of a case look at, by the rules of that number."""
    state = fold(case, rules)
    backup, newest = state.backup, next((it for it in case.listed if it.completed_at), None)
    measure = first_rules.baseline if rules == 1 else baseline
    return Facts(
        case,
        state,
        local_time=_local_time(case, state),
        baseline=measure(backup, case.listed) if backup else None,
        settled=settle_left(case, state) <= 0,
        contradiction=contradiction(case, state, rules),
        turned_down=tuple(f"{it.check}: {it.text}" for it in (*state.turned_down, *turned_down(case, state))),
        newest_versions=(newest.stamp_version, newest.oem_version) if newest else None,
        rules=rules,
    )


def _local_time(case: Case, state: State) -> Instant:
    """Return this machine's clock at the answer that told the host's: a wait may end long after the last one."""
    told = state.latest.host_time if state.latest else None
    return next((it.until for it in reversed(case.observations) if it.host_time == told), case.decided_at)
