"""A stamp for a scenario: one with a name, or a user's own from a file.

What such a file may say is in `scenario_format.keys`; `psbridge emulate --scenario NAME --print` shows the ones that there are.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psbridge.emulator.errors import EmulationError
from psbridge.emulator.stamp.arm_error import ERRORS
from psbridge.emulator.stamp.scenarios import ERROR, SCENARIOS
from psbridge.emulator.stamp.service import ServicePrincipal, Stamp, utc_now
from psbridge.emulator.stamp.store import Store

if TYPE_CHECKING:
    from psbridge.emulator.stamp.scenario_format.compose import Document

_LARGEST = 16 << 20  # bytes
_MEANT = 3  # names that a question may list
_TYPO = 0.9  # so like a name that nothing else can be meant, by difflib's measure


def open_stamp(
    scenario: str,
    speed: float = 1.0,
    store: Store | None = None,
    now: Callable[[], datetime] = utc_now,
    *,
    principal: ServicePrincipal | None = None,
) -> Stamp:
    """Return a stamp for a scenario's name or, if no scenario has that name, for the file of that name.

    The arguments are as for `Stamp`; a file with `recorded` is always in memory.

    Raises:
        EmulationError: there is neither, or the file is not a valid scenario; the message says what is wrong, and where.
        OSError: the store can't be used.
    """
    if scenario in SCENARIOS:
        return Stamp(scenario, speed, store, now, principal=principal)
    from psbridge.emulator.stamp.scenario_format.compose import scenario as composed

    document = _document(scenario)
    chosen = composed(document, Path(scenario).stem)
    recorded = document.given.get("recorded")
    if recorded is None:
        return Stamp(chosen, speed, store, now, principal=principal)
    try:
        return Stamp.from_recording(
            _resources(recorded.get("backups")),
            next(iter(_resources(recorded.get("settings"))), None),
            scenario=replace(chosen, history=0),
            speed=speed,
            now=now,
            principal=principal,
        )
    except EmulationError:
        raise
    except (KeyError, TypeError, AttributeError, IndexError, ValueError) as error:
        why = str(error) if isinstance(error, ValueError) else f"{type(error).__name__}"
        document.value("recorded").refuse(f"not backups and settings of a stamp: {why}")


def _resources(given: Any) -> list[Any]:
    """Return the resources in an answer: one, a list of them, or the body of a list, as the stamp gave it."""
    if isinstance(given, Mapping) and isinstance(given.get("value"), list):
        return list(given["value"])
    return [] if given is None else list(given) if isinstance(given, list) else [given]


def _document(file: str) -> Document:
    from psbridge.emulator.stamp.scenario_format.compose import Document
    from psbridge.emulator.stamp.scenario_format.document import parse

    return Document(parse(_content(file), file), SCENARIOS.documents())


def _content(file: str) -> str:
    path = Path(file)
    if file and path.is_dir():
        raise EmulationError("scenario", f"{file} is a folder; expected a YAML file")
    try:
        with path.open("rb") as opened:
            content = opened.read(_LARGEST + 1)
    except (FileNotFoundError, IsADirectoryError):
        raise EmulationError("scenario", _nothing_of_that_name(file)) from None
    except (OSError, ValueError) as problem:
        raise EmulationError("scenario", f"{file} can't be read: {getattr(problem, 'strerror', problem)}") from problem
    if len(content) > _LARGEST:
        raise EmulationError("scenario", f"{file} is larger than {_LARGEST >> 20} MiB")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        where = f"the byte at offset {error.start} is invalid"
        raise EmulationError("scenario", f"{file}: expected UTF-8 text; {where}") from None


def _nothing_of_that_name(name: str) -> str:
    if name.startswith(ERROR):
        code = name.removeprefix(ERROR)
        return f"unknown error code '{code}'{_meant(code, ERRORS)}"
    return f"no such scenario or file: '{name}'{_meant(name, SCENARIOS)}"


def _meant(word: str, known: Collection[str]) -> str:
    """Return a question for the known names that are like a word, or hold it."""
    names = {_bare(name): name for name in known}
    like = get_close_matches(_bare(word), names, n=1, cutoff=_TYPO)
    if not like:
        like = get_close_matches(_bare(word), names, n=_MEANT)
        like += [bare for bare in names if _bare(word) and _bare(word) in bare and bare not in like]
    *first, last = [f"'{names[bare]}'" for bare in like[:_MEANT]] or [""]
    return f"; did you mean {', '.join(first)}{' or ' if first else ''}{last}?" if last else ""


def _bare(name: str) -> str:
    return name.casefold().removesuffix("exception")
