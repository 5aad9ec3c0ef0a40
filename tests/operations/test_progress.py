"""The estimates of a wait: how long a backup takes, and how many of its roles are done."""

from __future__ import annotations

from psbridge.models.backup import Backup, Role
from psbridge.models.time import Instant, Span
from psbridge.operations.progress import normal_run_seconds, roles_done, usual_seconds
from psbridge.values import replace
from tests.support.backups import ID

DONE = Backup(
    id=ID,
    status="Succeeded",
    roles=(Role("NRP", "Succeeded"),),
    completed_at=Instant.parse("2026-03-04T12:00:00Z"),
    duration=Span.parse("PT20M"),
    completely_uploaded=True,
)
LIVE = replace(DONE, status="Running", completed_at=None, duration=None, completely_uploaded=False)


def test_the_usual_time_is_the_median_of_the_newest_good_ones():
    took = [replace(DONE, duration=Span.parse(f"PT{n}M")) for n in (20, 22, 90, 21, 23, 500)]
    running = replace(LIVE, duration=Span.parse("PT1M"))
    assert usual_seconds([running, *took]) == 22 * 60
    assert normal_run_seconds([running, *took]) == 500 * 60
    assert usual_seconds([]) is None
    assert normal_run_seconds([LIVE]) == 3600  # an hour without history


def test_roles_count_as_done_when_they_stop_running():
    words = ("Succeeded", "Failed", "Running", "Queued", "What")
    assert roles_done(replace(LIVE, roles=tuple(Role("r", word) for word in words))) == (3, 5)
    assert roles_done(None) == (None, None)
    assert roles_done(replace(LIVE, roles=None)) == (None, None)
