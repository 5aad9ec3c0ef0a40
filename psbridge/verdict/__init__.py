"""`judge`: from what was seen to a verdict, by the contract's table. Pure: it never reads and never raises."""

from psbridge.verdict.decide import decide, folded, judged, settle_left
from psbridge.verdict.good import last_good_before, looks_good, newest_ended
from psbridge.verdict.judge import Facts, judge, rough
from psbridge.verdict.outcome import problem_of
from psbridge.verdict.seen import Seen, advance

__all__ = [
    "Facts",
    "Seen",
    "advance",
    "decide",
    "folded",
    "judge",
    "judged",
    "last_good_before",
    "looks_good",
    "newest_ended",
    "problem_of",
    "rough",
    "settle_left",
]
