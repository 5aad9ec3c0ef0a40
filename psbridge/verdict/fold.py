"""From a case's observations to what they come to, by the rules that the case is judged by."""

from __future__ import annotations

from typing import Final

from psbridge.models.case import Case
from psbridge.verdict import first_rules, second_rules
from psbridge.verdict.state import State

RULES: Final = 3
"""The number of today's rules; a proof's record names its own, and is judged by those.

1 had no comparison of witnesses, and held no answer against what the run knows. 2 compared the roles with those of a good
backup alone, and had no rows of the store.
"""
_REPEATS: Final = 2
"""Observations in a row that showed the same are kept as one, and nothing is counted further than this."""


def fold(case: Case, rules: int = RULES) -> State:
    """Return what a case's observations come to.

    Raises:
        ValueError: there are no rules of that number.
    """
    if not 1 <= rules <= RULES:
        raise ValueError(f"this release has no rules {rules}")
    state = State(showed=case.seen_before)
    for observation in case.observations:
        if rules == 1:
            state = first_rules.advance(state, observation)
            continue
        for _ in range(min(observation.times, _REPEATS)):
            state = second_rules.advance(state, observation, case.inferred_checks)
    return state
