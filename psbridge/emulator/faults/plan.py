"""Which request is to go wrong."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence

from psbridge.emulator.faults.effects import ANY, HTTP, TCP
from psbridge.emulator.faults.rules import FaultRule, parse_fault


def _rule(given: FaultRule | str) -> FaultRule:
    return parse_fault(given) if isinstance(given, str) else given


class FaultPlan:
    """Counts requests and says which are to go wrong. Thread-safe."""

    def __init__(self, rules: Sequence[FaultRule | str] = ()) -> None:
        self._rules = [(_rule(given), 0) for given in rules]
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._due: Callable[[], Sequence[str]] = tuple

    def watch(self, due: Callable[[], Sequence[str]]) -> None:
        """Before each request, add the rules that `due` gives: those whose time has come since it was asked last.

        Their numbers count from that request on.
        """
        self._due = due

    def next(self, action: str) -> FaultRule | None:
        """Count a request and return the first rule that is for it."""
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
            from_now: its numbers count from the next request on; else those that came before count too.

        Raises:
            EmulationError: the text describes no rule.
        """
        parsed = _rule(rule)
        with self._lock:
            self._rules.append((parsed, self._counts[parsed.action] if from_now else 0))

    def clear(self) -> None:
        """Forget every rule: from now on nothing goes wrong but what `watch` adds."""
        with self._lock:
            self._rules.clear()

    def counts(self) -> dict[str, int]:
        """Return how many requests came, by action; `*` is their sum, without `http` and `tcp`."""
        with self._lock:
            return dict(self._counts)
