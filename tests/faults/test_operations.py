"""One fault in the way of a command: never two backups, no false word, no lost id, no hang. A part of the whole matrix.

The whole of it, some thousands of runs, is `scripts/faults`. Which part is looked at here changes with the seed alone.
"""

from __future__ import annotations

import pytest

from tests.faults.matrix import EFFECTS, FLOWS, WAYS, Way, carry_out, length, sample

SEED = 20261125


@pytest.mark.sampled(11)
@pytest.mark.parametrize("effect", EFFECTS)
def test_one_fault_breaks_no_promise(effect: str) -> None:
    number = list(EFFECTS).index(effect)
    others = [flow for flow in FLOWS if flow != "start"]
    flows = ("start", others[number % len(others)])
    for run in sample(SEED, flows, (effect,)):
        ended = carry_out(run)
        assert not ended.broken, f"{run}: {', '.join(ended.broken)}\n{ended.why}"


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_without_a_fault_each_flow_ends_well(way: Way) -> None:
    assert all(length(flow, "succeeds", way) > 4 for flow in FLOWS)
