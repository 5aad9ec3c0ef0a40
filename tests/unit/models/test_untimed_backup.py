"""PT0S: a stamp of build 1.2108 gave it for each backup that ended partial (recorded in October 2021)."""

from __future__ import annotations

from psbridge.models.backup import Backup
from psbridge.models.time import Instant, Span
from psbridge.operations.progress import normal_run_seconds, usual_seconds

ENDED = Instant.parse("2021-10-30T14:27:39.2716467Z")
UNTIMED = Backup(
    "02dad34f-d539-4879-98cf-52d5e2447a9c", status="Succeeded", completed_at=ENDED, duration=Span.parse("PT0S")
)
TIMED = Backup(
    "237e5a7a-3b1d-4bf5-b1d6-f495b8d48253", status="Succeeded", completed_at=ENDED, duration=Span.parse("PT20M")
)


def test_it_has_no_start_and_no_known_duration():
    assert (UNTIMED.started_at, UNTIMED.known_duration) == (None, None)
    assert UNTIMED.duration is not None  # what came is kept, for records that are judged again
    assert TIMED.started_at == Instant.parse("2021-10-30T14:07:39.2716467Z")


def test_no_estimate_rests_on_it():
    assert usual_seconds([UNTIMED, TIMED]) == 1200
    assert usual_seconds([UNTIMED]) is None
    assert normal_run_seconds([UNTIMED]) == 3600
