"""Fault rules, `ACTION:WHICH:EFFECT[=VALUE]`: parsing, and matching them to requests."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches
from typing import Final

import msgspec

from psbridge.emulator.errors import EmulationError
from psbridge.emulator.faults.effects import ANY, EFFECTS, HTTP, TCP, Effect, Value
from psbridge.emulator.wsman.names import ACTIONS

_ACTIONS: Final = (*sorted(ACTIONS.values()), HTTP, TCP, ANY)
_FEW: Final = 20  # maximum number of words to list in a message
_WHICH: Final = re.compile(
    r"(?P<each>\*)|\*/(?P<every>[1-9]\d{0,8})|(?P<first>[1-9]\d{0,8})(?:(?P<on>\+)|-(?P<last>[1-9]\d{0,8}))?", re.ASCII
)
_NUMBER: Final = re.compile(r"\d{1,10}(\.\d{1,6})?", re.ASCII)


class FaultRule(msgspec.Struct, frozen=True):
    """One rule.

    Attributes:
        action: `receive`, …, `http`, `tcp`, or `*`.
        first, last: the numbers of the requests that it applies to, from 1; `last` None: no end.
        effect: its name in `effects.EFFECTS`.
        value: bytes, seconds, bytes per second, a fault's code or a position, depending on the effect; 0 without one.
        step: 1: each request from `first` on; 5: every fifth.
    """

    action: str
    first: int
    last: int | None
    effect: str
    value: float = 0.0
    step: int = 1

    def matches(self, number: int) -> bool:
        """Return whether the rule applies to the nth request."""
        reached = number >= self.first and (self.last is None or number <= self.last)
        return reached and (number - self.first) % self.step == 0

    @property
    def does(self) -> Effect:
        """The effect itself."""
        return EFFECTS[self.effect]

    @property
    def shown(self) -> str:
        """The effect as written in a rule, with its value."""
        number = int(self.value) if self.value.is_integer() else self.value
        return f"{self.effect}={number}" if self.does.value else self.effect


def parse_fault(spec: str) -> FaultRule:
    """Parse a fault rule.

    Raises:
        EmulationError: `spec` is not a rule; the message says what was expected.
    """
    action, _, rest = spec.strip().partition(":")
    which, _, effect_text = rest.partition(":")
    if action not in _ACTIONS:
        raise _wrong(spec, f"unknown action {action!r}; {_expected(action, _ACTIONS)}")
    first, last, step = _which(spec, which)
    name, separator, value_text = effect_text.partition("=")
    if name not in EFFECTS:
        raise _wrong(spec, f"unknown effect {name!r}; {_expected(name, EFFECTS)}")
    effect = EFFECTS[name]
    if action not in effect.actions:
        raise _wrong(spec, f"{name} applies to {', '.join(sorted(effect.actions))}, not to {action}")
    value = _value(spec, name, effect.value, value_text if separator else None)
    return FaultRule(action, first, last, name, value, step)


def _wrong(spec: str, why: str) -> EmulationError:
    return EmulationError("faults", f"fault {spec!r}: {why}")


def _expected(given: str, known: Iterable[str]) -> str:
    words = list(known)
    near = get_close_matches(given.casefold(), words, n=1)
    if near:
        return f"did you mean {near[0]}?"
    listed = f"expected one of {', '.join(words)}"
    return listed if len(words) <= _FEW else "`psbridge emulate --fault list` lists all"


def _which(spec: str, text: str) -> tuple[int, int | None, int]:
    found = _WHICH.fullmatch(text)
    if found is None:
        raise _wrong(
            spec,
            f"expected a number after the action, not {text!r}: "
            "3 (the third), 2-4, 3+ (from the third on), */5 (every fifth) or * (each)",
        )
    if found["each"]:
        return 1, None, 1
    if found["every"]:
        return int(found["every"]), None, int(found["every"])
    first = int(found["first"])
    if found["on"]:
        return first, None, 1
    last = int(found["last"] or first)
    if last < first:
        raise _wrong(spec, f"expected a number of at least {first} after the -, not {last}")
    return first, last, 1


def _value(spec: str, name: str, kind: Value | None, text: str | None) -> float:
    if kind is None:
        if text is not None:
            raise _wrong(spec, f"{name} takes no value")
        return 0.0
    if text is None:
        raise _wrong(spec, f"{name} needs a value ({kind.unit}), as in {name}=1")
    number = float(text) if _NUMBER.fullmatch(text) else -1.0
    if not kind.least <= number <= kind.most or (kind.whole and not number.is_integer()):
        what = "whole number" if kind.whole else "number"
        raise _wrong(
            spec,
            f"expected a {what} from {kind.least:.0f} to {kind.most:.0f} ({kind.unit}) after {name}=, not {text!r}",
        )
    return number


def described() -> str:
    """Return the help text about fault rules."""
    rows = "".join(
        f"  {name + ('=N' if effect.value else ''):18}{effect.meaning}{_where(effect)}\n"
        for name, effect in EFFECTS.items()
    )
    return (
        "ACTION:WHICH:EFFECT, as in receive:2:reset-after or tcp:*/3:delay=2\n\n"
        f"ACTION  {', '.join(sorted(ACTIONS.values()))}:\n"
        "        authenticated requests, by their WSMan action;\n"
        f"        {ANY} counts all of them, {HTTP} counts HTTP requests including those of a login,\n"
        f"        {TCP} counts connections as they are accepted\n"
        "WHICH   3 (the third), 2-4, 3+ (from the third on), */5 (every fifth), * (each);\n"
        "        the numbers of commands are the same in each run; those of receives vary by\n"
        "        one or two, with the pwsh engine by dozens, because each returns the output\n"
        "        that is ready at that time\n"
        f"EFFECT\n{rows}"
    )


def _where(effect: Effect) -> str:
    if len(effect.actions) == 1:
        return f" [{', '.join(effect.actions)} only]"
    marks = [name for name in (HTTP, TCP) if name in effect.actions]
    return f" [also {', '.join(marks)}]" if marks else ""


def _rule(given: FaultRule | str) -> FaultRule:
    return parse_fault(given) if isinstance(given, str) else given


class FaultPlan:
    """Counts requests and returns the rule for each. Thread-safe."""

    def __init__(self, rules: Sequence[FaultRule | str] = ()) -> None:
        self._rules = [(_rule(given), 0) for given in rules]
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._due: Callable[[], Sequence[str]] = tuple

    def watch(self, due: Callable[[], Sequence[str]]) -> None:
        """Before each request, add the rules that `due` returns: those that became due since its last call.

        Their numbers count from that request on.
        """
        self._due = due

    def next(self, action: str) -> FaultRule | None:
        """Count a request and return the first rule that applies to it."""
        keys = {action} if action in {HTTP, TCP} else {action, ANY}
        with self._lock:
            self._rules += [(rule, self._counts[rule.action]) for rule in map(_rule, self._due())]
            self._counts.update(keys)
            for rule, passed in self._rules:
                if rule.action in keys and rule.matches(self._counts[rule.action] - passed):
                    return rule
        return None

    def add(self, rule: FaultRule | str, *, from_now: bool = False) -> None:
        """Add a rule while requests come.

        Args:
            rule: the rule or its text.
            from_now: its numbers count from the next request on; otherwise earlier requests count too.

        Raises:
            EmulationError: the text is not a rule.
        """
        parsed = _rule(rule)
        with self._lock:
            self._rules.append((parsed, self._counts[parsed.action] if from_now else 0))

    def clear(self) -> None:
        """Remove every rule; those that `watch` adds later still apply."""
        with self._lock:
            self._rules.clear()

    def counts(self) -> dict[str, int]:
        """Return how many requests came, by action; `*` is their sum, without `http` and `tcp`."""
        with self._lock:
            return dict(self._counts)
