"""The built-in values of what a config, a flag or the library may set otherwise."""

from __future__ import annotations

from typing import Final

TIMEOUT: Final = 7200.0
"""Seconds that bound start and wait, queueing and settling included."""

CALL_TIMEOUT: Final = 120.0
"""Seconds that bound every other command, and every single call."""

CONNECT_TIMEOUT: Final = 10.0
"""Seconds that bound the opening of a TCP connection."""

POLL: Final = 30.0
"""Seconds; the longest pause between two reads of a running backup."""

SETTLE: Final = 900.0
"""Seconds that an upload which can't be read is waited for before it is assumed."""

KEEP_RUNS: Final = 30 * 86_400.0
"""Seconds that the journal keeps runs that need nothing more."""

RETRY_AFTER: Final = 3600.0
"""Seconds after its end before a backup that is not good is retried by a start that asks for an age."""

MAX_AGE: Final = 26 * 3600.0
"""Seconds that the newest good backup may be old if the stamp has no schedule: a day and the time of a backup."""

MAX_AGE_INTERVALS: Final = 2
"""Times the schedule's interval that it may be old if there is one: one backup may be missed."""

MISSED_INTERVALS: Final = 1.5
"""Times the schedule's interval after which a backup was missed, which is a warning."""

REQUIRE_RECOVERY_READY: Final = True
REQUIRE_UPLOAD_PROOF: Final = False

OUTPUT: Final = "table"

AUTH: Final = "negotiate"
CONFIGURATION_NAME: Final = "Microsoft.PowerShell"
SERVICE: Final = "host"
CHANNEL_BINDING: Final = True
IDLE_TIMEOUT: Final = 900.0
"""Seconds after which the host removes a shell without requests; Windows' own is 7200."""

MODULE: Final = "auto"

NOTIFY_TIMEOUT: Final = 10.0
"""Seconds that bound one notification: reading its URL, its retry and its answer included."""

NOTIFY_REPEAT: Final = 20 * 3600.0
"""Seconds after which the same bad state is sent again: less than a day, so that each bad night is reported."""
