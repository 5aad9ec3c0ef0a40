"""Faults on demand: what the front does to the nth request, so that clients can be tested against a bad network or host.

A rule reads `ACTION:N:EFFECT[=VALUE]`, as in `receive:2:reset-after`, `create:1:503`, `receive:1+:delay=0.2`,
`*:5:reset-after`. N is `3`, `3+` (from the third on) or `*`; requests are counted per action, for `*` over all actions,
once they are authenticated and unsealed.
"""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from psbridge.emulator.wsman.names import ACTIONS


class Effect(StrEnum):
    """What is done; `MEANINGS` says whether the request is carried out and what the client sees."""

    RESET_BEFORE = "reset-before"
    RESET_AFTER = "reset-after"
    CUT = "cut"
    DELAY = "delay"
    DRIP = "drip"
    NEVER = "never"
    NEVER_BEFORE = "never-before"
    STATUS_400 = "400"
    STATUS_401 = "401"
    STATUS_403 = "403"
    STATUS_500 = "500"
    STATUS_503 = "503"
    FAULT = "fault"
    GARBAGE = "garbage"
    DROP_SHELLS = "drop-shells"
    CLOSE_AFTER = "close-after"


MEANINGS: Final = {
    Effect.RESET_BEFORE: "not carried out; the connection is reset",
    Effect.RESET_AFTER: "carried out; the connection is reset instead of the answer",
    Effect.CUT: "carried out; the connection ends after N bytes of the answer, head included",
    Effect.DELAY: "carried out N seconds later",
    Effect.DRIP: "carried out; the answer comes at N bytes a second",
    Effect.NEVER: "carried out; no answer ever comes",
    Effect.NEVER_BEFORE: "not carried out; no answer ever comes",
    Effect.STATUS_400: "not carried out; a bare HTTP 400",
    Effect.STATUS_401: "not carried out; HTTP 401, and the connection's login is forgotten, as when a ticket expires",
    Effect.STATUS_403: "not carried out; a bare HTTP 403",
    Effect.STATUS_500: "not carried out; a bare HTTP 500",
    Effect.STATUS_503: "not carried out; a bare HTTP 503",
    Effect.FAULT: "not carried out; a WSMan fault with the code N",
    Effect.GARBAGE: "carried out; HTTP 200 with bytes that are no XML",
    Effect.DROP_SHELLS: "every shell is lost first, as when the service restarts; then carried out",
    Effect.CLOSE_AFTER: "carried out and answered; then the idle connection is closed without a word",
}
_VALUES: Final = {Effect.CUT, Effect.DELAY, Effect.DRIP, Effect.FAULT}
_NUMBER: Final = re.compile(r"(\*|[1-9]\d{0,8})(\+?)", re.ASCII)


def described() -> str:
    """Return what a rule may say, for people."""
    actions = ", ".join(sorted(ACTIONS.values()))
    effects = ((effect.value + ("=N" if effect in _VALUES else ""), meaning) for effect, meaning in MEANINGS.items())
    rows = "".join(f"  {name:14}  {meaning}\n" for name, meaning in effects)
    return (
        "ACTION:WHICH:EFFECT, as in receive:2:reset-after\n\n"
        f"ACTION  {actions}, or * for any\n"
        "WHICH   3 (the third), 3+ (from the third on), * (each)\n"
        f"EFFECT\n{rows}"
    )


@dataclass(frozen=True, slots=True)
class FaultRule:
    """One rule.

    Attributes:
        action: `receive`, …, or `*`.
        first, last: the requests it is for, from 1; `last` None is for ever.
        value: bytes, seconds, bytes a second or a fault's code, by the effect; 0 where it has none.
    """

    action: str
    first: int
    last: int | None
    effect: Effect
    value: float = 0.0

    def matches(self, number: int) -> bool:
        """Tell whether the rule is for the nth request."""
        return number >= self.first and (self.last is None or number <= self.last)


def parse_fault(spec: str) -> FaultRule:
    """Return the rule that `spec` describes.

    Raises:
        ValueError: it describes none; the text says what is wrong and what was expected.
    """
    action, _, rest = spec.strip().partition(":")
    number, _, effect_text = rest.partition(":")
    if action != "*" and action not in ACTIONS.values():
        names = ", ".join(sorted(ACTIONS.values()))
        raise ValueError(f"fault {spec!r}: no action {action!r}; expected * or one of {names}")
    match = _NUMBER.fullmatch(number)
    if match is None or match.group() == "*+":
        raise ValueError(f"fault {spec!r}: expected a number such as 3, 3+ or * after the action, not {number!r}")
    first = 1 if match[1] == "*" else int(match[1])
    last = None if match[1] == "*" or match[2] else first
    return FaultRule(action, first, last, *_effect(spec, effect_text))


def _effect(spec: str, text: str) -> tuple[Effect, float]:
    name, separator, value_text = text.partition("=")
    try:
        effect = Effect(name)
    except ValueError:
        known = ", ".join(effect.value + ("=N" if effect in _VALUES else "") for effect in Effect)
        raise ValueError(f"fault {spec!r}: no effect {name!r}; expected one of {known}") from None
    if (effect in _VALUES) != bool(separator):
        wanted = "needs a value, as in" if effect in _VALUES else "takes no value:"
        raise ValueError(f"fault {spec!r}: {name} {wanted} {name}{'=1' if effect in _VALUES else ''}")
    if not separator:
        return effect, 0.0
    if not re.fullmatch(r"\d{1,10}(\.\d{1,6})?", value_text, re.ASCII) or (
        effect is Effect.DRIP and not float(value_text)
    ):
        raise ValueError(f"fault {spec!r}: expected a positive number after {name}=, not {value_text!r}")
    return effect, float(value_text)


class FaultPlan:
    """Counts requests and says which are to go wrong. Thread-safe."""

    def __init__(self, rules: Sequence[FaultRule | str] = ()) -> None:
        self._rules = [parse_fault(rule) if isinstance(rule, str) else rule for rule in rules]
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()

    def next(self, action: str) -> FaultRule | None:
        """Count a request and return the first rule that is for it."""
        with self._lock:
            self._counts[action] += 1
            self._counts["*"] += 1
            for rule in self._rules:
                if rule.action in {action, "*"} and rule.matches(self._counts[rule.action]):
                    return rule
        return None

    def add(self, rule: FaultRule | str) -> None:
        """Add a rule from now on: its numbers count the requests that came before too."""
        parsed = parse_fault(rule) if isinstance(rule, str) else rule
        with self._lock:
            self._rules.append(parsed)

    def counts(self) -> dict[str, int]:
        """Return how many requests came, by action; `*` is their sum."""
        with self._lock:
            return dict(self._counts)
