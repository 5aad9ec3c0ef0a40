"""Scenarios of the user's own: a YAML or JSON file with the fields of `Scenario` that differ from a known one.

based_on: slow            # default: succeeds
description: the domain role fails after half an hour
duration: 1800            # seconds of real time
ends: PartialSucceeded
role_ends: {Domain: Failed}
host: {signed_in: false}
refusal: {status: 409, code: BackupConflictException, message: …}
recorded:                 # resources as a real stamp gave them; then there is no other history
  backups: […]
  settings: {…}
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Mapping
from dataclasses import fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from psbridge.emulator.stamp.arm_error import Refusal
from psbridge.emulator.stamp.face import HostProfile
from psbridge.emulator.stamp.scenarios import DEFAULT, SCENARIOS, SETTINGS, Scenario
from psbridge.emulator.stamp.service import ServicePrincipal, Stamp, utc_now
from psbridge.emulator.stamp.store import Store

_LARGEST = 16 << 20  # bytes


def open_stamp(
    scenario: str,
    speed: float = 1.0,
    store: Store | None = None,
    now: Callable[[], datetime] = utc_now,
    *,
    principal: ServicePrincipal | None = None,
) -> Stamp:
    """Return a stamp for a scenario's name or, where no scenario has that name, for the file of that name.

    Args:
        scenario: name or path.
        speed: what every length of time is divided by.
        store: where its state is, by default in memory; a file with `recorded` is always in memory.
        now: the wall clock, aware.
        principal: who may sign in.

    Raises:
        ValueError: if there is neither, or the file is no scenario; the text says what is wrong with it.
        OSError: if the file can't be read, or the store can't be used.
    """
    if scenario in SCENARIOS:
        return Stamp(scenario, speed, store, now, principal=principal)
    path = Path(scenario)
    if not path.is_file():
        raise ValueError(f"there is no scenario and no file '{scenario}'{_nearest(scenario, SCENARIOS)}")
    given = _read(path)
    recorded = given.pop("recorded", None)
    chosen = scenario_from(given, name=path.stem)
    if recorded is None:
        return Stamp(chosen, speed, store, now, principal=principal)
    if not isinstance(recorded, dict) or not set(recorded) <= {"backups", "settings"}:
        raise ValueError("recorded: has the keys backups and settings")
    try:
        return Stamp.from_recording(
            recorded.get("backups") or [],
            recorded.get("settings"),
            scenario=replace(chosen, history=0),
            speed=speed,
            now=now,
            principal=principal,
        )
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise ValueError(f"recorded: not resources of a stamp ({error!r})") from error


def scenario_from(given: Mapping[str, Any], *, name: str) -> Scenario:
    """Return the scenario that has these fields and, for the rest, those of the one it is based on.

    Raises:
        ValueError: if a field is unknown or has a value that it can't have.
    """
    from pydantic import TypeAdapter, ValidationError

    changes = dict(given)
    based_on = changes.pop("based_on", DEFAULT)
    if based_on not in SCENARIOS:
        raise ValueError(f"based_on: there is no scenario '{based_on}'{_nearest(str(based_on), SCENARIOS)}")
    base = SCENARIOS[based_on]
    _check_names("", changes, [each.name for each in fields(Scenario) if each.name != "name"])
    plain = {each.name: getattr(base, each.name) for each in fields(Scenario)}
    try:
        if "host" in changes:
            host = {each.name: getattr(base.host, each.name) for each in fields(HostProfile)}
            changes["host"] = TypeAdapter(HostProfile).validate_python(_merged("host", host, changes["host"]))
        if changes.get("refusal") is not None:
            words = _merged("refusal", {"status": 400, "code": "", "message": ""}, changes["refusal"])
            changes["refusal"] = Refusal(int(words["status"]), str(words["code"]), str(words["message"]))
        if "settings" in changes:
            _merged("settings", SETTINGS, changes["settings"])
        scenario = TypeAdapter(Scenario).validate_python({**plain, **changes, "name": name})
    except ValidationError as error:
        first = error.errors()[0]
        raise ValueError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    _check_bounds(scenario)
    return scenario


def _read(path: Path) -> dict[str, Any]:
    import yaml

    with path.open("rb") as file:
        content = file.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise ValueError(f"{path} has more than {_LARGEST} bytes")
    try:
        given = yaml.safe_load(content)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"{path} is neither YAML nor JSON: {error}") from error
    if not isinstance(given, dict) or not all(isinstance(key, str) for key in given):
        raise ValueError(f"{path} is no scenario: its top must be a mapping")
    return given


def _merged(where: str, base: Mapping[str, Any], given: object) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise ValueError(f"{where}: must be a mapping")  # noqa: TRY004 - a file that is wrong is one kind of error
    _check_names(f"{where}.", given, base)
    return {**base, **given}


def _check_names(where: str, given: Mapping[str, Any], known: Collection[str]) -> None:
    for name in given:
        if name not in known:
            raise ValueError(f"{where}{name}: there is no such field{_nearest(str(name), known)}")


def _nearest(word: str, known: Collection[str]) -> str:
    """Return a hint at the name that was perhaps meant."""
    found = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean '{found[0]}'?" if found else f"; there are: {', '.join(known)}"


def _check_bounds(scenario: Scenario) -> None:
    usual = scenario.duration if scenario.usual_duration is None else scenario.usual_duration
    every_hours = 1000.0 if scenario.every_hours is None else scenario.every_hours
    status = 400 if scenario.refusal is None else scenario.refusal.status
    for name, value, low, high in (
        ("duration", scenario.duration, 0.001, 10 * 86_400),
        ("usual_duration", usual, 0.001, 10 * 86_400),
        ("upload", scenario.upload, 0.0, 10 * 86_400),
        ("history", scenario.history, 0, 100),
        # The scheduler's backups must not overlap: a stamp runs one at a time.
        ("every_hours", every_hours, 1.1 * usual / 3600, 1000.0),
        ("refusal.status", status, 400, 599),
    ):
        if not low <= value <= high:
            raise ValueError(f"{name}: must be from {low} to {high}, not {value}")
