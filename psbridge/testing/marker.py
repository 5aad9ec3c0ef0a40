"""`@pytest.mark.psbridge(...)`: the options of a test's emulated host."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace  # noqa: TID251 - as the scenarios
from typing import Any, Final

MARKER = "psbridge"
SPEED = 1200.0  # a backup of 20 minutes takes a second


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """The marker's arguments, with the values for a test without a marker.

    Attributes:
        scenario: what happens on the stamp: a name (`psbridge emulate --scenario list`), or the path of a scenario file,
            relative to the test's own file or to the current folder.
        speed: speed-up factor for the stamp's clock. Use 1 with `stamp.advance` and `stamp.finish`.
        faults: fault rules, such as `receive:2:reset-after` (`psbridge emulate --fault list`).
        engine: `embedded`, `pwsh` (PowerShell 7 on PATH), or `auto`.
        tls: whether to use https, with a certificate made for the test; or a fault of it, such as `expired` or `unknown-ca`.
        auth: the offered authentication methods, such as `ntlm`; None: those of `psbridge emulate`.
        full_language: allow clients the full PowerShell language (pwsh engine only).
    """

    scenario: str = "succeeds"
    speed: float = SPEED
    faults: str | Sequence[str] = ()
    engine: str = "embedded"
    tls: bool | str = False
    auth: str | Sequence[str] | None = None
    full_language: bool = False


_NAMES = tuple(field.name for field in fields(Rehearsal))


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


def _are_texts(value: object) -> bool:
    return _is_text(value) or (isinstance(value, list | tuple) and all(map(_is_text, value)))


_TYPES: Final[dict[str, tuple[str, Callable[[object], bool]]]] = {
    "scenario": ("a name or a file's path, as a string", _is_text),
    "speed": ("a number", _is_number),
    "faults": ("rules such as ['receive:2:reset-after']", _are_texts),
    "engine": ("'embedded', 'pwsh' or 'auto'", _is_text),
    "tls": (
        "True, False, or a fault of the certificate such as 'expired'",
        lambda value: _is_flag(value) or _is_text(value),
    ),
    "auth": ("a method such as 'ntlm', or a list of them", lambda value: value is None or _are_texts(value)),
    "full_language": ("True or False", _is_flag),
}


def merged(given: Iterable[tuple[Sequence[Any], Mapping[str, Any]]]) -> Rehearsal:
    """Return the combined arguments of several markers.

    Args:
        given: the positional and named arguments of each, the nearest to the test last.

    Raises:
        ValueError: an argument is invalid.
    """
    rehearsal = Rehearsal()
    for positional, named in given:
        if positional:
            raise ValueError(f"takes named arguments only, such as scenario='busy', not {positional[0]!r}")
        for name in named:
            if name not in _NAMES:
                near = difflib.get_close_matches(name, _NAMES, n=1)
                more = f"; did you mean {near[0]!r}?" if near else f"; expected one of {', '.join(_NAMES)}"
                raise ValueError(f"unknown argument {name!r}{more}")
            _check(name, named[name])
        rehearsal = replace(rehearsal, **named)
    return rehearsal


def _check(name: str, value: object) -> None:
    """Refuse a value of a wrong type."""
    expected, fits = _TYPES[name]
    if not fits(value):
        raise ValueError(f"{name}={value!r}: expected {expected}")


def as_words(value: str | Sequence[str]) -> tuple[str, ...]:
    """Return one word or several as a tuple."""
    return (value,) if isinstance(value, str) else tuple(value)
