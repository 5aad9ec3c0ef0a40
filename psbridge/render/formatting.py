"""Values as people read them."""

from __future__ import annotations

from psbridge.models.backup import Phase, phase_of
from psbridge.models.text import approximate_duration
from psbridge.render.blocks import BAD, DIM, GOOD, PLAIN, WARN, Cell

NONE = "-"
EMULATED = "emulated: nothing real was backed up"
_PHASE_STYLES = {
    Phase.SUCCEEDED: GOOD,
    Phase.PARTIAL: WARN,
    Phase.FAILED: BAD,
    Phase.SKIPPED: DIM,
    Phase.GONE: DIM,
    Phase.UNKNOWN: WARN,
}
JUDGEMENT_STYLES = {"confirmed": GOOD, "partial": WARN, "failed": BAD, "unproven": WARN, "unknown": WARN}
OUTCOME_STYLES = {"pass": GOOD, "fail": BAD, "warn": WARN, "unknown": WARN, "not_checked": DIM}


def text(value: object) -> str:
    """Return a value as a word: `-` for None, `yes` and `no` for truth."""
    if value is None or value == "":
        return NONE
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def duration(seconds: float | None) -> str:
    """Return `1h 20m`, `5m 16s` or `42s`; `-` for None."""
    return NONE if seconds is None else approximate_duration(seconds)


def size(count: int) -> str:
    """Return `512 bytes`, `1.5 MB` or `10.0 GB`, in powers of 1024 as Windows counts."""
    if count < 1024:
        return f"{count} bytes"
    value, unit = float(count), "bytes"
    for unit in ("KB", "MB", "GB", "TB"):  # noqa: B007 - the last one that was reached is used
        value /= 1024
        if value < 1024:
            break
    return f"{value:.1f} {unit}"


def taken(seconds: float | None) -> str:
    """Return how long a backup took; `-` also for 0, which the stamp gives for backups that took longer."""
    return duration(seconds or None)


def moment(time: str | None) -> str:
    """Return `2020-03-04 12:22:18Z` for an RFC 3339 time in UTC; anything else as it is."""
    if time is None:
        return NONE
    if time.endswith("Z") and time[10:11] == "T":
        return f"{time[:10]} {time[11:19]}Z"
    return time


def status(word: str | None) -> Cell:
    """Return a backup's status in the colour of what it means."""
    return Cell(text(word), _PHASE_STYLES.get(phase_of(word), PLAIN) if word else DIM)
