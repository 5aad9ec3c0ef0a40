"""`judge`: from what was seen to a verdict, by the contract's table. Pure: it never reads and never raises."""

from psbridge.verdict.good import last_good_before, looks_good, newest_ended
from psbridge.verdict.judge import Facts, judge, rough
from psbridge.verdict.outcome import problem_of

__all__ = ["Facts", "judge", "last_good_before", "looks_good", "newest_ended", "problem_of", "rough"]
