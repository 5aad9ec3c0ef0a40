"""What changes the stamp: each a pure function from its state to the next and an answer, which may be a refusal."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from psbridge.emulator.stamp import arm_error, history, ticks
from psbridge.emulator.stamp.alerts.kinds import BY_CODE
from psbridge.emulator.stamp.arm_error import Refusal
from psbridge.emulator.stamp.lifecycle import after_events
from psbridge.emulator.stamp.records import BackupRecord, EventRecord, OperationRecord, State
from psbridge.emulator.stamp.scenario import SETTINGS, STRAYS, Event, Scenario
from psbridge.emulator.stamp.world import World, read_json

# How long operations other than backups take, in seconds of real time, consistent with the recordings:
# a change of the settings under 5, a prune under 60, a restore 122 to 182.
SETTINGS_TAKE, PRUNE_TAKES, RESTORE_TAKES = 4.0, 45.0, 150.0
_LONGEST_NAME = 256  # characters
_KEPT = 500  # backups and operations, the newest: a demo that is used for years stays small


def counted(state: State, what: str) -> State:
    """Return the state with one more of `what` counted."""
    return replace(state, counts={**state.counts, what: state.counts.get(what, 0) + 1})


def opened(state: State, world: World, now: int) -> State:
    """Return the state of a stamp that is opened now; the first time it gets its past."""
    scenario = world.scenario
    if not state.anchor:
        state = replace(state, anchor=now, strays=STRAYS)
    known = {record.id for record in state.backups}
    past = history.past(scenario, world.speed, state.anchor)
    backups = [*state.backups, *(record for record in past if record.id not in known)]
    if scenario.busy and world.refusal(state, now) is None:
        running = history.running(scenario, world.speed, now)
        backups.append(after_events(running, world.timeline(state).between(now, running.end)))
    return bounded(replace(state, backups=tuple(backups)), world.scenario)


def start_backup(state: State, world: World, new_id: str, now: int) -> tuple[State, str | Refusal]:
    """Start a backup; return its id, which is also its operation's (every recording).

    The times of the scenario's events of this run are fixed now, and so are their effects on the backup.
    """
    scenario, speed = world.scenario, world.speed
    refusal = world.refusal(state, now)
    if refusal is None and scenario.races and not state.counts.get("races"):
        rival = history.running(scenario, speed, now)
        state = counted(replace(state, backups=(*state.backups, rival)), "races")
        refusal = arm_error.CONFLICT
    if refusal is not None:
        return counted(_noted(state, world, refusal, now), "refused"), refusal
    state = counted(state, "triggers")
    timeline = world.timeline(state)
    thumbprint = timeline.settings.at(now)["encryptionCertThumbprint"]
    record = history.triggered(scenario, speed, new_id, now, thumbprint)
    record = replace(record, version=timeline.version.at(now))
    own = tuple(_in_its_run(each, record) for each in scenario.events if _is_of(each, state.counts["triggers"]))
    state = replace(state, events=(*state.events, *own))
    record = after_events(record, world.timeline(state).between(now - 1, record.end))
    return bounded(replace(state, backups=(*state.backups, record)), scenario), new_id


def _is_of(event: Event, triggered: int) -> bool:
    """Return whether an event belongs to the run of the backup that was triggered as the nth."""
    return event.after is None and event.of in {None, triggered}


def _in_its_run(event: Event, record: BackupRecord) -> EventRecord:
    moment = record.start + round((record.end - record.start) * event.part)
    return EventRecord(moment, event.what, event.value)


def bounded(state: State, scenario: Scenario) -> State:
    """Return a state that stays small over years of use: the newest records, and the effects of the older ones."""
    backups = sorted(state.backups, key=lambda record: record.start)[-_KEPT:]
    changes = sorted(state.operations, key=lambda each: each.end)
    settings = state.settings
    if len(changes) > _KEPT:
        settings = dict(settings) or {**SETTINGS, **scenario.settings}
        for change in changes[:-_KEPT]:
            settings = {**settings, **change.settings}
    return replace(
        state,
        backups=tuple(backups),
        operations=tuple(changes[-_KEPT:]),
        settings=settings,
        events=_newest(state.events),
    )


def _newest(events: Sequence[EventRecord]) -> tuple[EventRecord, ...]:
    """Return the newest of each kind, in their order."""
    left: Counter[str] = Counter()
    kept = []
    for each in sorted(events, key=lambda one: one.at)[::-1]:
        left[each.what] += 1
        if left[each.what] <= _KEPT:
            kept.append(each)
    return tuple(kept[::-1])


def _noted(state: State, world: World, refusal: Refusal, now: int) -> State:
    """Return the state that remembers a refusal which raises an alert, unless that alert is open already."""
    kind = BY_CODE.get(refusal.code)
    is_open = any(one.closed is None and one.kind.name == kind for one in world.alerts(state, now))
    if kind is None or is_open:
        return state
    return bounded(replace(state, events=(*state.events, EventRecord(now, "refused", refusal.code))), world.scenario)


def close_alert(
    state: State, world: World, alert: str, now: int, body: bytes | None, *, user: str | None
) -> tuple[State, str | Refusal]:
    """Close an alert for a user; return its id. A closed one is unchanged (inferred).

    A PUT of an alert with `properties.state` Closed and the query's `user` (public API specification).
    """
    try:
        properties = read_json(body).get("properties")
        given = properties if isinstance(properties, dict) else {}
        if str(given.get("state", "")).lower() != "closed":
            raise arm_error.bad_argument("an alert can only be given the state Closed.")
        found = next((one for one in world.alerts(state, now) if one.id == alert.lower()), None)
        if found is None:
            raise arm_error.not_found("alert", alert)
    except Refusal as refusal:
        return state, refusal
    if found.closed is not None:
        return state, found.id
    by = str(given.get("closedByUserAlias") or user or "")[:_LONGEST_NAME]
    closing = EventRecord(now, "alert_closed", found.id, by)
    return bounded(replace(state, events=(*state.events, closing)), world.scenario), found.id


def change_settings(
    state: State, world: World, new_id: str, now: int, body: bytes | None
) -> tuple[State, str | Refusal]:
    """Change the settings that the body names; return the operation's id.

    That the other settings are kept is inferred.
    """
    try:
        changes = _settings(read_json(body))
    except Refusal as refusal:
        return counted(state, "settings_refused"), refusal
    end = now + ticks.seconds(SETTINGS_TAKE / world.speed)
    operation = OperationRecord(new_id, "settings", end, settings=changes)
    after = bounded(replace(state, operations=(*state.operations, operation)), world.scenario)
    return counted(after, "settings"), new_id


def prune(
    state: State, world: World, new_id: str, now: int, body: bytes | None, *, strays: Sequence[str] | None = None
) -> tuple[State, str | Refusal]:
    """Delete foreign files in the share, or list them on a dry run; return the operation's id.

    `strays` are those of a share that is written; None: the ones that a recorded prune found.
    """
    found = state.strays if strays is None else tuple(strays)
    try:
        kind = str(read_json(body).get("operationType") or "Default")
        if kind.lower() not in {"default", "dryrun"}:
            raise arm_error.bad_argument(f"operationType '{kind}' is neither Default nor DryRun.")
    except Refusal as refusal:
        return counted(state, "prunes_refused"), refusal
    dry = kind.lower() == "dryrun"
    end = now + ticks.seconds(PRUNE_TAKES / world.speed)
    operation = OperationRecord(new_id, "prune", end, paths=found, dry_run=dry)
    after = replace(state, strays=state.strays if dry else (), operations=(*state.operations, operation))
    return counted(bounded(after, world.scenario), "prunes"), new_id


def restore(
    state: State, world: World, new_id: str, now: int, body: bytes | None, *, backup: str
) -> tuple[State, str | Refusal]:
    """Restore a backup; return the operation's id."""
    try:
        options = read_json(body)
        if world.backup(state, backup, now) is None:
            raise arm_error.not_found("backup", backup)
        if not options.get("decryptionCertBase64"):
            raise arm_error.bad_argument("decryptionCertBase64 is required.")
    except Refusal as refusal:
        return counted(state, "restores_refused"), refusal
    operation = OperationRecord(new_id, "restore", now + ticks.seconds(RESTORE_TAKES / world.speed))
    after = bounded(replace(state, operations=(*state.operations, operation)), world.scenario)
    return counted(after, "restores"), new_id


def _path(value: Any) -> str:
    if not isinstance(value, str) or not value.startswith("\\\\"):
        raise arm_error.PATH_INVALID
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise arm_error.bad_argument("a text was expected.")
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise arm_error.bad_argument("isBackupSchedulerEnabled must be true or false.")
    return value


def _whole(name: str, low: int, high: int) -> Callable[[Any], int]:
    """Return a reader of integers; the limits are those of the operator's documentation."""

    def read(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise arm_error.bad_argument(f"{name} must be a whole number from {low} to {high}.")
        return value

    return read


_READERS: Mapping[str, Callable[[Any], object]] = {
    "path": _path,
    "userName": _text,
    "backupFrequencyInHours": _whole("backupFrequencyInHours", 4, 12),
    "backupRetentionPeriodInDays": _whole("backupRetentionPeriodInDays", 2, 14),
    "isBackupSchedulerEnabled": _flag,
}


def _settings(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the changes of a PUT; its password is not read and not kept."""
    properties = body.get("properties")
    given = properties.get("externalStoreDefault") if isinstance(properties, dict) else None
    if not isinstance(given, dict):
        raise arm_error.bad_argument("properties.externalStoreDefault is required.")
    changes = {name: read(given[name]) for name, read in _READERS.items() if given.get(name) is not None}
    if given.get("encryptionCertBase64") is not None:
        changes["encryptionCertThumbprint"] = _thumbprint(given["encryptionCertBase64"])
        changes["encryptionCertBase64"] = given[
            "encryptionCertBase64"
        ]  # null on each read; later backups are encrypted with it
    if given.get("path") is not None:
        changes.setdefault("availableCapacity", SETTINGS["availableCapacity"])
    return changes


def _thumbprint(certificate: Any) -> str:
    """Return the SHA-1 thumbprint of the sent bytes, without parsing them."""
    try:
        content = base64.b64decode(_text(certificate), validate=True)
    except (binascii.Error, ValueError):
        raise arm_error.bad_argument("encryptionCertBase64 is not base64.") from None
    return hashlib.sha1(content, usedforsecurity=False).hexdigest().upper()
