"""The scenarios that psbridge includes: the YAML files in `psbridge/emulator/scenarios`, each read on first use.

The default one is built without reading a file, so that `demo` starts fast.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from psbridge.emulator.stamp.arm_error import ERRORS
from psbridge.emulator.stamp.scenario import (
    ALL_ROLES,
    CONSUMPTION_SUBSCRIPTION,
    HOST,
    METERING_SUBSCRIPTION,
    ROLES,
    SETTINGS,
    Scenario,
)

if TYPE_CHECKING:
    from psbridge.emulator.stamp.scenario_format.compose import Document
    from psbridge.emulator.stamp.scenario_format.readers import Key

__all__ = [
    "CONSUMPTION_SUBSCRIPTION",
    "DEFAULT",
    "HOST",
    "METERING_SUBSCRIPTION",
    "ROLES",
    "SCENARIOS",
    "SETTINGS",
    "Scenario",
]

DEFAULT = "succeeds"
ERROR = "error:"  # before the code of an error: each start is refused with it
_FOLDER = Path(__file__).parents[1] / "scenarios"


class _Scenarios(Mapping[str, Scenario]):
    """The scenarios by name. `error:CODE` can be looked up for each error code, but is not listed."""

    def __init__(self) -> None:
        self._names = sorted(path.stem for path in _FOLDER.glob("*.yaml"))
        self._read: dict[str, Scenario] = {
            DEFAULT: Scenario(DEFAULT, "every backup succeeds and is uploaded"),
        }

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __getitem__(self, name: str) -> Scenario:
        if name not in self._read:
            from psbridge.emulator.stamp.scenario_format.compose import scenario

            self._read[name] = scenario(self.document(name), name)
        return self._read[name]

    def text(self, name: str) -> str:
        """Return the YAML text of a scenario.

        Raises:
            KeyError: there is no scenario of that name.
        """
        code = name.removeprefix(ERROR)
        if code != name and code in ERRORS:
            return f"description: each start request is refused with {code}\nrefusal: {code}\n"
        if name not in self._names:
            raise KeyError(name)
        return (_FOLDER / f"{name}.yaml").read_text(encoding="utf-8")

    def document(self, name: str) -> Document:
        """Return the document of a scenario."""
        from psbridge.emulator.stamp.scenario_format.compose import Document
        from psbridge.emulator.stamp.scenario_format.document import parse

        return Document(parse(self.text(name), f"{name}.yaml"), self.documents())

    def documents(self) -> Mapping[str, Callable[[], Document]]:
        """Return a function for each scenario that others may be based on; it reads the document."""
        names = [*self._names, *(f"{ERROR}{code}" for code in ERRORS)]
        return {name: partial(self.document, name) for name in names}


SCENARIOS = _Scenarios()


def keys_described() -> str:
    """Return the help text about the keys of a scenario file."""
    from psbridge.emulator.stamp.alerts.kinds import KINDS
    from psbridge.emulator.stamp.scenario_format.events import THINGS
    from psbridge.emulator.stamp.scenario_format.keys import KEYS
    from psbridge.emulator.stamp.scenario_format.store_keys import FAULTS, SELECTORS

    def rows(table: Mapping[str, tuple[str, str]]) -> str:
        width = max(map(len, table))
        indent = " " * (width + 2)
        lines = [
            textwrap.fill(text, 120, initial_indent=first, subsequent_indent=indent, break_on_hyphens=False)
            for name, (meaning, expected) in table.items()
            for first, text in ((f"{name:{width}}  ", meaning), (indent, f"({expected})"))
        ]
        return "\n".join(lines) + "\n"

    keys, things = _meanings(KEYS), _meanings(THINGS)
    return (
        f"A scenario file is YAML with any of these keys:\n\n{rows(keys)}\n"
        "Each entry of events is {at: WHEN, THING: VALUE}. WHEN is a part of the run of each requested backup, such as\n"
        "40% (with `of: 2` only of the second), or a duration since the stamp was first opened, such as 30m.\n"
        "THING is one of:\n\n"
        f"{rows(things)}\n"
        "Each entry of the faults of store is {FAULT: VALUE}, with any of these keys:\n\n"
        f"{rows(_meanings(SELECTORS))}\n"
        "FAULT is one of:\n\n"
        f"{rows(_meanings(FAULTS))}\n"
        f"Roles:\n{_filled(ALL_ROLES)}\nAlert classes:\n{_filled(KINDS)}\n"
    )


def _meanings(keys: Mapping[str, Key]) -> dict[str, tuple[str, str]]:
    return {name: (key.meaning, key.reader.expected) for name, key in keys.items()}


def _filled(words: Iterable[str]) -> str:
    return textwrap.fill(", ".join(words), 100, initial_indent="  ", subsequent_indent="  ") + "\n"


def schema() -> str:
    """Return the JSON Schema of a scenario file, for editors."""
    from psbridge.emulator.stamp.scenario_format.keys import json_schema

    return json.dumps(json_schema(), indent=2) + "\n"


def described() -> str:
    """Return the list of scenarios as a text for people."""
    width = max(map(len, SCENARIOS))
    lines = [f"{name:{width}}  {one.description}\n" for name, one in SCENARIOS.items()]
    return f"{''.join(lines)}\n{ERROR}CODE  each start request is refused with that error; CODE is one of:\n{_filled(ERRORS)}"
