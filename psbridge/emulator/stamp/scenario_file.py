"""A stamp for a scenario: one with a name, or a user's own from a file.

What such a file may say is in `scenario_format.keys`; `psbridge emulate --scenario NAME --print` shows the ones that there are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from psbridge.emulator.stamp.scenario import Scenario
from psbridge.emulator.stamp.scenarios import ERROR, SCENARIOS
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
        ValueError: if there is neither, or the file is no scenario; the text says what is wrong with it, and where.
        OSError: if the file can't be read, or the store can't be used.
    """
    if scenario in SCENARIOS:
        return Stamp(scenario, speed, store, now, principal=principal)
    chosen, recorded = read(Path(scenario))
    if recorded is None:
        return Stamp(chosen, speed, store, now, principal=principal)
    try:
        return Stamp.from_recording(
            recorded.get("backups") or [],
            recorded.get("settings"),
            scenario=replace(chosen, history=0),
            speed=speed,
            now=now,
            principal=principal,
        )
    except (KeyError, TypeError, AttributeError, IndexError, ValueError) as error:
        raise ValueError(f"{scenario}: recorded: not resources of a stamp ({error!r})") from error


def read(path: Path) -> tuple[Scenario, Mapping[str, Any] | None]:
    """Return the scenario of a file, and what it holds that a real stamp gave.

    Raises:
        ValueError: if there is no such file, or it is no scenario; the text says where and why.
        OSError: if it can't be read.
    """
    from psbridge.emulator.stamp.scenario_format.compose import Document, scenario
    from psbridge.emulator.stamp.scenario_format.document import nearest, parse

    if not path.is_file():
        hint = nearest(str(path), list(SCENARIOS.documents()) if str(path).startswith(ERROR) else list(SCENARIOS))
        raise ValueError(f"there is no scenario and no file '{path}'{hint}")
    with path.open("rb") as file:
        content = file.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise ValueError(f"{path} has more than {_LARGEST} bytes")
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: expected UTF-8 text; the byte at {error.start} is none of it") from None
    document = Document(parse(content, str(path)))
    return scenario(document, path.stem, SCENARIOS.documents()), document.given.get("recorded")
