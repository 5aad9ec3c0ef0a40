"""All that a judgement may rest on."""

from __future__ import annotations

import msgspec

from psbridge.models.alert import Alert
from psbridge.models.backup import Backup
from psbridge.models.settings import BackupSettings
from psbridge.models.time import Instant
from psbridge.verdict.rules import RULES


class Facts(msgspec.Struct, frozen=True):
    """All that a judgement may rest on. What was not read is None, and None is never taken for good.

    Attributes:
        backup: the latest read by id; None if the stamp does not show it.
        named: there is a backup to judge; False where none has ended yet.
        looked: an answer about it was read, or was void.
        reads_agree: both reads after the end agreed in all that counts; None while there was only one.
        changed: in what they differed, None if it is not known or they did not.
        sources: the sources that spoke of the backup after its end, in words.
        turned_down: each comparison that the config turned into a warning, with what it found; empty if nothing.
        operation: HTTP status of `operationResults/<id>`; None if it can't be read.
        upload_read: the raw backup was read, so that a `completely_uploaded` of None means that it has no such field.
        whole: every message of every answer was there.
        settled: the settle time has passed since the end.
        waiting: judged inside a wait (an unknown word is then still running), not by confirm.
        own: the id comes from our own trigger, so that absence means that it runs.
        contradiction: what was seen that can't be, such as a backup that ended and runs again; None if nothing.
        previous_good: the newest earlier backup that looks good; None if there is none.
        history_read: False if there may be one and its roles could not be read.
        settings: the stamp's settings, None if they were not read.
        alerts: the open alerts of the backup service, None if they were not read.
        newest_versions: stamp and OEM version of the newest backup on the stamp.
        host_time, local_time: both clocks at the last answer.
        rules: the number of the rules.
    """

    backup: Backup | None
    named: bool = True
    looked: bool = True
    reads_agree: bool | None = None
    changed: str | None = None
    sources: tuple[str, ...] = ()
    turned_down: tuple[str, ...] = ()
    operation: int | None = None
    upload_read: bool = False
    whole: bool = True
    settled: bool = False
    waiting: bool = False
    own: bool = False
    contradiction: str | None = None
    previous_good: Backup | None = None
    history_read: bool = True
    settings: BackupSettings | None = None
    alerts: tuple[Alert, ...] | None = None
    newest_versions: tuple[str | None, str | None] | None = None
    host_time: Instant | None = None
    local_time: Instant | None = None
    rules: int = RULES
