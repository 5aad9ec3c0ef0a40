from __future__ import annotations

import pytest

from psbridge.emulator.faults import Effect, FaultPlan, FaultRule, parse_fault


@pytest.mark.parametrize(
    ("spec", "rule"),
    [
        ("receive:2:reset-after", FaultRule("receive", 2, 2, Effect.RESET_AFTER)),
        ("create:1:503", FaultRule("create", 1, 1, Effect.STATUS_503)),
        ("receive:1:drip=1", FaultRule("receive", 1, 1, Effect.DRIP, 1.0)),
        ("*:5:reset-after", FaultRule("*", 5, 5, Effect.RESET_AFTER)),
        ("get:*:delay=0.25", FaultRule("get", 1, None, Effect.DELAY, 0.25)),
        ("command:3+:401", FaultRule("command", 3, None, Effect.STATUS_401)),
        (" receive:1:cut=0 ", FaultRule("receive", 1, 1, Effect.CUT, 0.0)),
    ],
)
def test_a_rule_is_read_from_its_text(spec: str, rule: FaultRule) -> None:
    assert parse_fault(spec) == rule


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("", "no action"),
        ("recieve:1:503", "no action 'recieve'"),
        ("receive:0:503", "expected a number"),
        ("receive:x:503", "expected a number"),
        ("receive:1", "no effect ''"),
        ("receive:1:explode", "no effect 'explode'"),
        ("receive:1:delay", "needs a value"),
        ("receive:1:503=2", "takes no value"),
        ("receive:1:delay=-1", "positive number"),
        ("receive:1:drip=0", "positive number"),
        ("receive:1:delay=nan", "positive number"),
    ],
)
def test_a_wrong_rule_is_refused_with_what_was_expected(spec: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse_fault(spec)


def test_requests_are_counted_by_action_and_in_all() -> None:
    plan = FaultPlan(["receive:2:503", "*:4:400"])
    actions = ["create", "receive", "receive", "delete", "receive"]
    hits = [rule.effect if (rule := plan.next(action)) else None for action in actions]
    assert hits == [None, None, Effect.STATUS_503, Effect.STATUS_400, None]
    assert plan.counts() == {"create": 1, "receive": 3, "delete": 1, "*": 5}
