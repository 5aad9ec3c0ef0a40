"""`psbridge monitor metrics` against an emulated host: the text, the file, and the exit code."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from psbridge.journal import refused_logins
from tests.support.process.cli import Cli, Ended


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fingerprint of a refused login is slow on purpose."""
    slow = refused_logins.hashlib.scrypt
    monkeypatch.setattr(refused_logins.hashlib, "scrypt", lambda text, **given: slow(text, **(given | {"n": 2})))


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder of the textfile collector; at the end no temporary file is in it."""
    (made := tmp_path / "textfiles").mkdir()
    yield made
    assert [it for it in made.iterdir() if it.suffix != ".prom"] == []


def values(text: str) -> dict[str, float]:
    """Return the values of the metrics that have no label but the target."""
    families = text_string_to_metric_families(text)
    return {
        it.name.removeprefix("psbridge_"): it.value
        for f in families
        for it in f.samples
        if set(it.labels) == {"target"}
    }


def quiet(ended: Ended) -> None:
    """Check that cron would send no mail."""
    assert (ended.out, ended.err) == ("", "")


def test_the_metrics_of_a_stamp_that_is_well(cli: Cli) -> None:
    with cli.facing_timeless():
        done = cli("monitor", "metrics").expect(0)
    found = values(done.out)
    assert (found["up"], found["status_exit_code"], found["read_errors"]) == (1, 0, 0)
    assert found["backup_last_success_timestamp_seconds"] == found["backup_last_completion_timestamp_seconds"]
    assert found["backup_max_age_seconds"] == 86400
    assert 'psbridge_backup_last_status{status="confirmed",target="nyc"} 1.0\n' in done.out
    assert not re.search(r"^(process|python)_", done.out, re.MULTILINE)


def test_a_file_is_written_for_every_user_and_nothing_is_said(cli: Cli, folder: Path) -> None:
    file = folder / "psbridge-nyc.prom"
    with cli.facing_timeless():
        quiet(cli("monitor", "metrics", "--out", str(file)).expect(0))
        assert stat.S_IMODE(file.stat().st_mode) == 0o644
        before = values(file.read_text())
        quiet(cli("monitor", "metrics", "-q", "--out", str(file)).expect(0))
    assert values(file.read_text())["read_timestamp_seconds"] >= before["read_timestamp_seconds"]
    assert before["up"] == 1


def test_a_bad_backup_is_reported_by_the_metrics_and_not_by_the_exit_code(cli: Cli, folder: Path) -> None:
    with cli.facing_timeless("partial"):
        cli("backup", "start", "-q").expect(3)
        quiet(cli("monitor", "metrics", "-q", "--out", str(folder / "nyc.prom")).expect(0))
    text = (folder / "nyc.prom").read_text()
    assert values(text)["status_exit_code"] == 3
    assert 'psbridge_backup_last_status{status="partial",target="nyc"} 1.0\n' in text


def test_a_stamp_that_cannot_be_read_has_metrics_and_the_exit_code(cli: Cli, folder: Path) -> None:
    file = folder / "nyc.prom"
    with cli.facing_timeless() as running:
        cli("monitor", "metrics", "--out", str(file)).expect(0)
        running.host.faults.add("tcp:*:close-before", from_now=True)
        done = cli("monitor", "metrics", "--out", str(file), "--call-timeout", "5s").expect(5)
    assert "\nerror: " in done.err  # after the warnings about what was retried
    found = values(file.read_text())
    assert (found["up"], found["status_exit_code"], found["read_errors"]) == (0, 5, 1)
    assert "backup_last_success_timestamp_seconds" not in found


@pytest.mark.parametrize(
    ("config", "code"),
    [
        ("version: 1\ntargets: [", 9),
        ("version: 1\ntargets:\n  nyc: {host: oaw01, pasword: x}\n", 9),
        ("version: 1\ntargets:\n  redmond: {host: oaw01}\n", 8),
        ("version: 1\ntargets:\n  nyc: {host: oaw01, auth: ntlm, username: u, password: {env: NONE_SUCH}}\n", 9),
    ],
)
def test_an_invalid_config_has_metrics_if_the_target_is_named(cli: Cli, folder: Path, config: str, code: int) -> None:
    cli.configure(config)
    cli("monitor", "metrics", "-t", "nyc", "--out", str(folder / "nyc.prom")).expect(code)
    found = values((folder / "nyc.prom").read_text())
    assert (found["up"], found["status_exit_code"]) == (0, code)


def test_without_the_name_of_a_target_there_is_no_file(cli: Cli, folder: Path) -> None:
    cli.configure("version: 1\ntargets:\n  a: {host: a}\n  b: {host: b}\n")
    cli("monitor", "metrics", "--out", str(folder / "x.prom")).expect(2)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("out", "says"),
    [
        ("missing/nyc.prom", "the folder missing does not exist"),
        ("textfiles", "it is a folder, not a regular file"),
        ("/dev/stdout", "it is a link, not a regular file"),
        ("/dev/null", "it is a device, not a regular file"),
    ],
)
def test_a_place_that_is_not_a_file_is_refused_before_anything_is_sent(
    cli: Cli, folder: Path, out: str, says: str
) -> None:
    with cli.facing_timeless() as running:
        done = cli("monitor", "metrics", "--out", out).expect(2)
        assert running.host.requests == {}
    assert says in done.err


def test_a_file_that_the_collector_ignores_costs_a_warning(cli: Cli, tmp_path: Path) -> None:
    with cli.facing_timeless():
        done = cli("monitor", "metrics", "--out", str(tmp_path / "nyc.txt")).expect(0)
    assert done.err == "warning: the node exporter's textfile collector reads only *.prom, and not nyc.txt\n"


def test_a_full_disk_leaves_the_file_as_it_was(cli: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "nyc.prom").write_text("before\n")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with cli.facing_timeless():
        monkeypatch.setattr("psbridge.files.Path.replace", full)
        done = cli("monitor", "metrics", "--out", str(folder / "nyc.prom")).expect(9)
        monkeypatch.undo()
    assert "No space left on device" in done.err
    assert (folder / "nyc.prom").read_text() == "before\n"


def test_another_format_is_refused(cli: Cli) -> None:
    done = cli("monitor", "metrics", "-t", "demo", "-o", "yaml").expect(2)
    assert "this is printed as Prometheus text only" in done.err
    assert cli("monitor", "rules", "-o", "yaml").expect(0).out.startswith("# Alert rules")
    cli("monitor", "rules", "-o", "json").expect(2)
    assert cli("monitor", "dashboard", "-o", "json").expect(0).document["uid"] == "psbridge"


def test_a_refused_login_is_sent_once(cli: Cli, folder: Path) -> None:
    log: list[str] = []
    words = ("monitor", "metrics", "-q", "--out", str(folder / "nyc.prom"))
    with cli.facing_timeless(log=log.append):
        for _ in range(4):
            done = cli(*words, env={"NYC_PASSWORD": "wrong"}).expect(4)
        assert "the login was not tried" in done.err
        assert done.err.endswith("\nMore: psbridge explain login_refused\n")
        assert values((folder / "nyc.prom").read_text())["status_exit_code"] == 4
        assert sum(line.endswith("login refused: wrong password") for line in log) == 1
        cli(*words).expect(0)


def test_without_the_package_nothing_is_sent(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    with cli.facing_timeless() as running:
        monkeypatch.setitem(sys.modules, "prometheus_client", None)
        done = cli("monitor", "metrics").expect(9)
        assert running.host.requests == {}
    assert "psbridge[metrics]" in done.err
