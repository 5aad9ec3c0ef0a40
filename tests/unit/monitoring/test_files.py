"""The alert rules and the dashboard: they use only metrics and commands that exist."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml

import psbridge.monitoring
from psbridge.cli.app import GROUPS
from psbridge.documents.stamp_status import Word
from psbridge.monitoring.metrics import METRICS, NAMES

FILES = Path(psbridge.monitoring.__file__).parent / "files"
RULES: list[dict[str, Any]] = yaml.safe_load((FILES / "psbridge-alerts.yml").read_text())["groups"][0]["rules"]
UNIT_TESTS = yaml.safe_load((Path(__file__).parents[2] / "data" / "monitoring" / "alerts-test.yml").read_text())[
    "tests"
]
DASHBOARD = json.loads((FILES / "psbridge-dashboard.json").read_text())
LABELS = {f"psbridge_{row.name}": {"target", *row.labels} for row in METRICS}
OF_PROMETHEUS = {"instance", "job"}


def expressions() -> Iterator[str]:
    yield from (rule["expr"] for rule in RULES)
    yield from (target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"])
    yield from (
        variable["query"]["query"] for variable in DASHBOARD["templating"]["list"] if variable["name"] == "target"
    )


@pytest.mark.parametrize("expression", [*expressions()])
def test_every_metric_and_label_exists(expression: str) -> None:
    names = set(re.findall(r"\bpsbridge_\w+", expression))
    assert names
    assert names <= set(NAMES)
    for name, matchers in re.findall(r"(psbridge_\w+)\{([^}]*)\}", expression):
        assert set(re.findall(r"(\w+)=?[=~!]", matchers)) <= LABELS[name]
    for grouping in re.findall(r"by \(([^)]*)\)", expression):
        assert set(re.split(r",\s*", grouping)) <= set().union(*(LABELS[name] for name in names))


def test_every_word_of_a_verdict_in_a_rule_exists() -> None:
    words = {
        word for rule in RULES for found in re.findall(r'status=~?"([^"]+)"', rule["expr"]) for word in found.split("|")
    }
    assert words
    assert words <= set(Word.__args__)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_a_rule_says_what_is_wrong_and_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in {"critical", "warning"}
    texts = rule["annotations"]
    assert set(texts) == {"summary", "description"}
    for command in re.findall(r"`psbridge (\w+)", " ".join(texts.values())):
        assert command in {*GROUPS, "status", "doctor", "explain", "alert"}
    if "absent" not in rule["expr"]:
        assert "{{ $labels.target }}" in texts["summary"]


def test_each_rule_has_a_test_in_which_it_fires_and_one_in_which_it_does_not() -> None:
    fires: set[str] = set()
    silent: set[str] = set()
    for test in UNIT_TESTS:
        for case in test["alert_rule_test"]:
            (fires if case["exp_alerts"] else silent).add(case["alertname"])
    assert fires == silent == {rule["alert"] for rule in RULES}


def test_the_panels_have_ids_of_their_own_and_do_not_overlap() -> None:
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    for panel in panels:
        assert panel["title"]
        assert panel["description"]
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24
        assert {target["datasource"]["uid"] for target in panel["targets"]} == {"${datasource}"}
        assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])
    for one, other in combinations((panel["gridPos"] for panel in panels), 2):
        apart = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        assert apart or one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]


def test_every_panel_heeds_the_target() -> None:
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            names = re.findall(r"\bpsbridge_\w+", target["expr"])
            assert target["expr"].count('{target=~"$target"}') == len(names)
