"""A real Prometheus scrapes the metrics through a real node exporter, and takes the rules and the dashboard."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

import psbridge.monitoring
from psbridge.documents.stamp_status import StampStatusDocument
from psbridge.files import write_whole
from psbridge.monitoring.metrics import NAMES, text
from psbridge.values import replace
from tests.support.hosts.prometheus import Monitoring, monitoring, promtool
from tests.support.process.cli import Cli
from tests.support.process.until import until
from tests.support.samples import DOCUMENTS

pytestmark = pytest.mark.prometheus
FILES = Path(psbridge.monitoring.__file__).parent / "files"
UNIT_TESTS = Path(__file__).parents[1] / "data" / "monitoring" / "alerts-test.yml"
DASHBOARD = json.loads((FILES / "psbridge-dashboard.json").read_text())


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Monitoring]:
    with monitoring(tmp_path_factory.mktemp("prometheus"), FILES / "psbridge-alerts.yml") as made:
        yield made


def fresh(sample: str, target: str) -> StampStatusDocument:
    """Return a sample as if it had been read now, of a backup that ended three hours ago."""
    document = DOCUMENTS[sample]
    assert isinstance(document, StampStatusDocument)
    now = datetime.now(UTC)
    ended = f"{now - timedelta(hours=3):%Y-%m-%dT%H:%M:%SZ}"
    backups = {
        name: replace(backup, completed_at=ended)
        for name in ("newest", "last_good")
        if (backup := getattr(document, name)) is not None
    }
    return replace(document, target=target, read_at=f"{now:%Y-%m-%dT%H:%M:%SZ}", **backups)


def publish(lab: Monitoring, document: StampStatusDocument) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Write a target's file as `psbridge monitor metrics` does, and return its samples."""
    data = text(document)
    write_whole(lab.folder / f"{document.target}.prom", data, 0o644)
    families = text_string_to_metric_families(data.decode())
    return {(it.name, frozenset(it.labels.items())): it.value for family in families for it in family.samples}


def stored(lab: Monitoring, target: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Return the samples of a target as Prometheus has them."""
    found = lab.query(f'{{__name__=~"psbridge_.+", target="{target}"}}')
    series = [(it.pop("__name__"), it.pop("value"), it) for it in found]
    return {
        (name, frozenset((key, text) for key, text in labels.items() if key not in {"instance", "job"})): value
        for name, value, labels in series
    }


@pytest.mark.parametrize("sample", ["stamp_status", "stamp_status_not_well", "stamp_status_unreachable"])
def test_prometheus_has_every_sample_of_the_file(lab: Monitoring, sample: str) -> None:
    written = publish(lab, fresh(sample, sample))
    until(lambda: stored(lab, sample) == written)
    until(lambda: lab.value("node_textfile_scrape_error") == 0)
    assert promtool("check", "metrics", given=text(fresh(sample, sample))) == ""


def test_files_of_several_targets_do_not_clash(lab: Monitoring) -> None:
    """A metric that two files have with the same labels would make the whole scrape fail."""
    for target in ("one", "two"):
        publish(lab, fresh("stamp_status", target))
    until(lambda: {it["target"] for it in lab.query('psbridge_up{target=~"one|two"}')} == {"one", "two"})
    until(lambda: lab.value("node_textfile_scrape_error") == 0)
    for name in NAMES:
        assert lab.scraped().count(f"# HELP {name} ") <= 1


def test_a_file_is_replaced_without_a_scrape_that_misses_it(lab: Monitoring) -> None:
    for number in range(200):
        publish(lab, replace(fresh("stamp_status", "often"), exit_code=number))
        if number % 20 == 0:
            assert 'psbridge_up{target="often"} 1' in lab.scraped()
    until(lambda: lab.value('psbridge_status_exit_code{target="often"}') == 199)
    assert lab.value("max_over_time(node_textfile_scrape_error[5m])") == 0


def test_a_stamp_that_cannot_be_read_is_seen_and_its_old_values_end(lab: Monitoring) -> None:
    publish(lab, fresh("stamp_status", "lost"))
    until(lambda: lab.value('psbridge_up{target="lost"}') == 1)
    publish(lab, fresh("stamp_status_unreachable", "lost"))
    until(lambda: lab.value('psbridge_status_exit_code{target="lost"} and psbridge_up == 0') == 5)
    assert lab.query('psbridge_backup_last_status{target="lost"}') == []
    assert lab.value('last_over_time(psbridge_backup_last_success_timestamp_seconds{target="lost"}[3d])') is not None


def test_promtool_accepts_the_rules_and_their_unit_tests(tmp_path: Path) -> None:
    for file in (FILES / "psbridge-alerts.yml", UNIT_TESTS):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    assert "SUCCESS" in promtool("check", "rules", "--lint=all", "--lint-fatal", "psbridge-alerts.yml", folder=tmp_path)
    assert "SUCCESS" in promtool("test", "rules", "alerts-test.yml", folder=tmp_path)


def test_prometheus_evaluates_every_rule_and_the_right_alerts_fire(lab: Monitoring) -> None:
    publish(lab, fresh("stamp_status", "well"))
    publish(lab, fresh("stamp_status_not_well", "ill"))  # its backup has been running since 2020
    pending = ("PsbridgeRowsUnread", "PsbridgeStampAlert", "PsbridgeBackupOutdated", "PsbridgeBackupRunsLong")
    expected = {("PsbridgeBackupNotGood", "ill", "firing"), *((name, "ill", "pending") for name in pending)}

    def alerts() -> set[tuple[str, str, str]]:
        found = lab.query('ALERTS{target=~"well|ill"}')
        return {(it["alertname"], it["target"], it["alertstate"]) for it in found}

    until(lambda: alerts() == expected)
    assert {rule["health"] for rule in lab.rules()} == {"ok"}


def test_every_panel_of_the_dashboard_shows_something(lab: Monitoring) -> None:
    publish(lab, fresh("stamp_status_not_well", "shown"))
    publish(lab, fresh("stamp_status", "shown-too"))
    until(lambda: len(lab.query('psbridge_up{target=~"shown.*"}')) == 2)
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            until(partial(lab.query, target["expr"].replace("$target", "shown.*")))


def test_the_command_leads_from_a_stamp_to_prometheus(lab: Monitoring, cli: Cli) -> None:
    file = lab.folder / "psbridge-nyc.prom"
    words = ("monitor", "metrics", "-q", "--out", str(file))
    with cli.facing("partial") as running:
        cli(*words).expect(0)
        until(lambda: lab.value('psbridge_up{target="nyc"}') == 1)
        until(lambda: lab.value('psbridge_backup_last_status{target="nyc",status="confirmed"}') == 1)
        until(lambda: lab.query('time() - psbridge_read_timestamp_seconds{target="nyc"} < 3600'))
        cli("backup", "start", "-q").expect(3)
        cli(*words).expect(0)
        until(lambda: lab.value('psbridge_backup_last_status{target="nyc",status="partial"}') == 1)
        until(lambda: lab.query('ALERTS{alertname="PsbridgeBackupNotGood",alertstate="firing",target="nyc"}'))
        running.host.faults.add("tcp:*:close-before", from_now=True)
        cli(*words, "--call-timeout", "2s").expect(5)
        until(lambda: lab.value('psbridge_status_exit_code{target="nyc"} and psbridge_up == 0') == 5)
