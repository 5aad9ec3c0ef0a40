"""`judge`: from what was seen to a verdict, by the contract's table. Pure: it never reads and never raises."""

from psbridge.verdict.decide import decide, folded, judged, settle_left, trimmed, unseen
from psbridge.verdict.ending import age_row, exit_code_of, is_over, last_good, now_of, problem_with
from psbridge.verdict.facts import Facts
from psbridge.verdict.good import last_good_before, looks_good, newest_ended
from psbridge.verdict.judge import judge
from psbridge.verdict.outcome import problem_of
from psbridge.verdict.rows import rough
from psbridge.verdict.rules import RULES
from psbridge.verdict.seen import advance
from psbridge.verdict.state import Seen

__all__ = [
    "RULES",
    "Facts",
    "Seen",
    "advance",
    "age_row",
    "decide",
    "exit_code_of",
    "folded",
    "is_over",
    "judge",
    "judged",
    "last_good",
    "last_good_before",
    "looks_good",
    "newest_ended",
    "now_of",
    "problem_of",
    "problem_with",
    "rough",
    "settle_left",
    "trimmed",
    "unseen",
]
