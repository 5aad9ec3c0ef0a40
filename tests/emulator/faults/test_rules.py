from __future__ import annotations

import pytest

from psbridge.emulator.faults.effects import EFFECTS
from psbridge.emulator.faults.rules import FaultPlan, FaultRule, described, parse_fault


@pytest.mark.parametrize(
    ("spec", "rule"),
    [
        ("receive:2:reset-after", FaultRule("receive", 2, 2, "reset-after")),
        ("create:1:503", FaultRule("create", 1, 1, "503")),
        ("receive:1:drip=1", FaultRule("receive", 1, 1, "drip", 1.0)),
        ("*:5:reset-after", FaultRule("*", 5, 5, "reset-after")),
        ("get:*:delay=0.25", FaultRule("get", 1, None, "delay", 0.25)),
        ("command:3+:401", FaultRule("command", 3, None, "401")),
        ("command:2-4:401", FaultRule("command", 2, 4, "401")),
        ("http:*/5:401", FaultRule("http", 5, None, "401", step=5)),
        ("tcp:7-7:never-before", FaultRule("tcp", 7, 7, "never-before")),
        (" receive:1:cut=0 ", FaultRule("receive", 1, 1, "cut", 0.0)),
    ],
)
def test_a_rule_is_read_from_its_text(spec: str, rule: FaultRule) -> None:
    assert parse_fault(spec) == rule
    assert rule.shown == spec.strip().rpartition(":")[2]


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("", "unknown action ''"),
        ("recieve:1:503", "unknown action 'recieve'; did you mean receive"),
        ("receive:0:503", "expected a number"),
        ("receive:x:503", "expected a number"),
        ("receive:4-2:503", "at least 4"),
        ("receive:*/0:503", "expected a number"),
        ("receive:*+:503", "expected a number"),
        ("receive:1", "unknown effect ''"),
        ("receive:1:reset-aftr", "unknown effect 'reset-aftr'; did you mean reset-after"),
        ("receive:1:explode", "unknown effect 'explode'; `psbridge emulate --fault list` lists all"),
        ("receive:1:delay", r"needs a value \(seconds\)"),
        ("receive:1:503=2", "takes no value"),
        ("receive:1:503=", "takes no value"),
        ("receive:1:delay=-1", "number from 0 to 86400"),
        ("receive:1:delay=99999", "number from 0 to 86400"),
        ("receive:1:drip=0", "whole number from 1"),
        ("receive:1:cut=1.5", "whole number"),
        ("receive:1:delay=nan", "number from 0"),
        ("create:1:lose-fragment=1", "lose-fragment applies to receive, not to create"),
        ("tcp:1:503", "not to tcp"),
        ("http:1:fault=5", "not to http"),
    ],
)
def test_a_wrong_rule_is_refused_with_what_was_expected(spec: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse_fault(spec)


@pytest.mark.parametrize(
    ("which", "numbers"),
    [("3", [3]), ("3+", [3, 4, 5, 6, 7]), ("2-4", [2, 3, 4]), ("*/3", [3, 6]), ("*", [1, 2, 3, 4, 5, 6, 7])],
)
def test_requests_that_a_rule_matches(which: str, numbers: list[int]) -> None:
    plan = FaultPlan([f"get:{which}:503"])
    assert [number for number in range(1, 8) if plan.next("get")] == numbers


def test_requests_are_counted_by_action_and_in_all() -> None:
    plan = FaultPlan(["receive:2:503", "*:4:400"])
    actions = ["create", "http", "receive", "receive", "tcp", "delete", "receive"]
    hits = [rule.effect if (rule := plan.next(action)) else None for action in actions]
    assert hits == [None, None, None, "503", None, "400", None]
    assert plan.counts() == {"create": 1, "receive": 3, "delete": 1, "*": 5, "http": 1, "tcp": 1}


def test_a_rule_that_is_added_later_counts_from_the_start_or_from_then_on() -> None:
    plan = FaultPlan()
    plan.next("get")
    plan.add("get:2:400")
    plan.add("get:2:503", from_now=True)
    assert [rule.effect if (rule := plan.next("get")) else None for _ in range(3)] == ["400", "503", None]


def test_every_effect_is_described_with_its_value() -> None:
    text = described()
    for name, effect in EFFECTS.items():
        assert f"  {name}{'=N' if effect.value else ''} " in text
        assert effect.meaning in text
        assert all(line.isascii() and len(line) < 130 for line in text.splitlines())
