"""The two engines behind the same commands: the same documents but for ids and times."""

from __future__ import annotations

import re
from typing import Any

import pytest

from psbridge.emulator.stamp.service import Stamp
from tests.support.process.cli import Cli

pytestmark = pytest.mark.pwsh
MASKS = (
    (re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"), "ID"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"), "TIME"),
    (re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}"), "RUN"),
    (re.compile(r"\b(\d+[dhms] )+ago"), "AGO"),
    (re.compile(r"\b\d+[dhms]( \d+[dhms])*\b"), "SPAN"),
)


def masked(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: "TIME" if key in {"duration_seconds", "age_seconds"} and each else masked(each)
            for key, each in value.items()
        }
    if isinstance(value, list):
        return [masked(each) for each in value]
    if isinstance(value, str):
        for pattern, word in MASKS:
            value = pattern.sub(word, value)
    return value


def flow(cli: Cli, engine: str, scenario: str, lines: list[str]) -> list[tuple[int, Any]]:
    with cli.facing(stamp=Stamp(scenario, speed=600.0), engine=engine):
        told = [cli(*line.split(), "-o", "json") for line in lines]
    return [(each.code, masked(each.document if each.out else each.error)) for each in told]


@pytest.mark.parametrize(
    ("scenario", "lines"),
    [
        ("partial", ["backup start", "backup show latest"]),
        ("succeeds", ["backup list"]),
        ("no-rest-method", ["backup list"]),
        ("old-ids", ["backup start --dry-run", "settings show"]),
        ("not-configured", ["backup start"]),
        ("module-broken", ["backup start", "backup list"]),
        ("azurerm-module", ["backup start", "backup list"]),
        ("azurerm-module", ["status"]),
        ("restricted-endpoint", ["backup start", "status"]),
        ("alerts-odd", ["alert list --all", "status --strict"]),
        ("reads-forbidden", ["status"]),
        ("update-failed", ["status"]),
        ("succeeds", ["store list --unrecognized", "store list --unrecognized"]),
    ],
)
def test_both_engines_give_the_same_documents(cli: Cli, scenario: str, lines: list[str]) -> None:
    embedded, real = flow(cli, "embedded", scenario, lines), flow(cli, "pwsh", scenario, lines)
    hosts = re.compile(r"http://127\.0\.0\.1:\d+/wsman")
    for mine, theirs in zip(embedded, real, strict=True):
        assert hosts.sub("HOST", repr(mine)) == hosts.sub("HOST", repr(theirs))
