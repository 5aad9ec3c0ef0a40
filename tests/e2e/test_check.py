"""`check_psbridge` against an emulated host: states, output, time limit, and what must never happen to a plugin."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from psbridge.cli import check
from psbridge.cli.context import Context
from psbridge.emulator.stamp.scenarios import SCENARIOS
from psbridge.journal import refused_logins
from psbridge.monitoring.states import state_of
from psbridge.version import __version__
from tests.support.process.cli import PASSWORD, Cli
from tests.support.process.until import LONG

OK, WARNING, CRITICAL, UNKNOWN = range(4)
PROGRAM = (sys.executable, "-c", "from psbridge.cli.check import main; main()")


@dataclass
class Plugin:
    """The plugin, run in this process on the clock of the emulated host."""

    cli: Cli
    capture: pytest.CaptureFixture[str]
    patch: pytest.MonkeyPatch

    def __call__(self, *words: str, **env: str) -> tuple[int, str]:
        """Return its state and output; nothing may be on stderr."""
        with self.patch.context() as patch:
            for name, value in self.cli.environment(env).items():
                patch.setenv(name, value)
            if self.cli.clock is not None:
                patch.setattr(Context, "clock", self.cli.clock)
                patch.setattr("psbridge.api.stamp.SystemClock", lambda: self.cli.clock)
            self.capture.readouterr()
            code = check.run(words)
        out, err = self.capture.readouterr()
        assert err == ""
        assert re.match(rf"BACKUP {('OK', 'WARNING', 'CRITICAL', 'UNKNOWN')[code]} - [^|\n]+( \| '[^|\n]+)?\n", out), (
            out
        )
        assert "|" not in out.partition("\n")[2]
        return code, out


@pytest.fixture
def plugin(cli: Cli, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Plugin:
    return Plugin(cli, capfd, monkeypatch)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fingerprint of a refused login is slow on purpose."""
    slow = refused_logins.hashlib.scrypt
    monkeypatch.setattr(refused_logins.hashlib, "scrypt", lambda text, **given: slow(text, **(given | {"n": 2})))


def test_a_stamp_that_is_well(plugin: Plugin) -> None:
    with plugin.cli.facing_timeless():
        code, out = plugin("-t", "nyc")
    assert code == OK
    first, where, *rows = out.splitlines()
    assert re.fullmatch(r"BACKUP OK - newest good backup [\dhms ]+ ago \| 'age'=\d+(\.\d+)?s;64800;86400;0 .*", first)
    assert where.startswith("target nyc, host http://127.0.0.1:")
    assert len(rows) >= 8
    assert all(row.startswith(("ok ", "note: ")) for row in rows)


@pytest.mark.parametrize(
    ("scenario", "code", "says"),
    [
        ("fails", OK, "newest good backup"),  # it has not failed yet: no backup was started
        ("history-empty", CRITICAL, "no good backup"),
        ("no-module", UNKNOWN, ""),
        ("not-signed-in", UNKNOWN, ""),
        ("scheduler-off", OK, "newest good backup"),
    ],
)
def test_a_scenario(plugin: Plugin, scenario: str, code: int, says: str) -> None:
    with plugin.cli.facing_timeless(scenario):
        found, out = plugin()
    assert found == code, out
    assert says in out.partition("\n")[0]


@pytest.mark.sweep
@pytest.mark.parametrize("scenario", sorted(SCENARIOS))
def test_every_scenario_has_an_answer_and_metrics(plugin: Plugin, scenario: str) -> None:
    """After a start, whatever came of it."""
    with plugin.cli.facing_timeless(scenario):
        plugin.cli("backup", "start", "-q", "--timeout", "5s")
        code, out = plugin()
        assert "a bug of psbridge" not in out
        read = plugin.cli("monitor", "metrics", "-q")
    families = {it.name: it for it in text_string_to_metric_families(read.out)}
    status = int(families["psbridge_status_exit_code"].samples[0].value)
    assert read.code == (0 if families["psbridge_up"].samples[0].value else status)
    assert status not in {2, 70, 130}
    assert code in {state_of(status), WARNING, CRITICAL}


def test_a_partial_backup_is_critical(plugin: Plugin) -> None:
    with plugin.cli.facing_timeless("partial"):
        plugin.cli("backup", "start", "-q").expect(3)
        code, out = plugin()
    assert code == CRITICAL
    assert "is incomplete" in out.partition("\n")[0]
    assert "\nhint: " in out


def test_ages_on_the_command_line_decide(plugin: Plugin) -> None:
    with plugin.cli.facing_timeless():
        assert plugin("--critical", "30d")[0] == OK
        assert plugin("--warning", "1s", "--critical", "30d")[0] == WARNING
        assert plugin("--warning", "1", "--critical", "2592000")[0] == WARNING
        code, out = plugin("-c", "1s")
    assert code == CRITICAL
    assert re.search(r"newest good backup .* ago, more than 1s \| 'age'=[\d.]+s;;1;0 ", out)


def test_strict_warns_of_a_row(plugin: Plugin) -> None:
    with plugin.cli.facing_timeless("scheduler-off"):
        code, out = plugin("--strict")
    assert code == WARNING
    assert "BACKUP WARNING - schedule: " in out


@pytest.mark.parametrize("fault", ["http:*:never", "tcp:*:close-before", "*:*:503"])
def test_a_host_that_does_not_answer_is_critical(plugin: Plugin, fault: str) -> None:
    with plugin.cli.facing_timeless(faults=(fault,)):
        code, out = plugin("--timeout", "8s")
    assert code == CRITICAL
    assert "\nhint: " in out


def test_a_warning_about_the_config_is_a_note(plugin: Plugin) -> None:
    with plugin.cli.facing_timeless() as running:
        plugin.cli.point_at(running.host.port, password=f"'{PASSWORD}'")
        code, out = plugin()
    assert code == OK
    assert "\nnote: " in out
    assert PASSWORD not in out


def test_a_refused_login_is_not_sent_again_until_the_secret_changes(plugin: Plugin) -> None:
    log: list[str] = []
    with plugin.cli.facing_timeless(log=log.append):
        code, out = plugin(NYC_PASSWORD="wrong")
        assert (code, "refused the credentials" in out) == (UNKNOWN, True)
        sent = len(log)
        for _ in range(3):
            code, out = plugin(NYC_PASSWORD="wrong")
            assert code == UNKNOWN
            assert "the login was not tried, because it was refused at 2026-03-04T" in out
            assert "\nhint: Failed logins lock accounts, so checks try this login again at " in out
            assert "psbridge --config" in out or "psbridge -t nyc" in out
        assert len(log) == sent
        assert sum(line.endswith("login refused: wrong password") for line in log) == 1
        assert plugin()[0] == OK


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--critical", "soon"), "--critical: 'soon' is not an age"),
        (("--critical", "10:20"), "--critical: '10:20' is not an age"),
        (("--critical", "@10"), "--critical: '@10' is not an age"),
        (("--warning", "0"), "--warning: '0' is not an age"),
        (("--warning", "-5"), "--warning: '-5' is not an age"),
        (("--warning=-5",), "--warning: '-5' is not an age"),
        (("-w", "3h", "-c", "2h"), "--warning is more than --critical"),
        (("--timeout", "0"), "--timeout: '0' is not an age"),
        (("--warning",), "expected one argument"),
        (("--nonsense=Tr0ub4dor",), "unknown option: --nonsense"),
        (("-pTr0ub4dor",), "unknown word on the command line (not shown)"),
        (("Tr0ub4dor", "two"), "unknown word on the command line (not shown)"),
        (("--crit", "2h"), "unknown option: --crit"),
        (("-t", "nobody"), "no target is named nobody"),
        (("-t", ""), "--target is empty"),
    ],
)
def test_a_wrong_command_line_is_unknown(plugin: Plugin, words: Sequence[str], says: str) -> None:
    plugin.cli.point_at(1)
    code, out = plugin(*words)
    assert code == UNKNOWN
    assert says in out.partition("\n")[0]
    assert "Tr0ub4dor" not in out


@pytest.mark.parametrize(
    "config", ["", "version: 1\ntargets: [", "version: 1\ntargets:\n  nyc: {host: oaw01, pasword: x}\n"]
)
def test_an_invalid_config_is_unknown(plugin: Plugin, config: str) -> None:
    plugin.cli.configure(config)
    assert plugin()[0] == UNKNOWN
    assert plugin("-t", "nyc")[0] == UNKNOWN


def test_a_missing_secret_is_unknown(plugin: Plugin) -> None:
    plugin.cli.point_at(1, password="{env: NO_SUCH_VARIABLE}")
    code, out = plugin()
    assert code == UNKNOWN
    assert "NO_SUCH_VARIABLE" in out


def test_help_and_version_are_unknown(capfd: pytest.CaptureFixture[str]) -> None:
    for word, says in (("--help", "usage: check_psbridge"), ("-V", f"check_psbridge {__version__}\n")):
        assert check.run([word]) == UNKNOWN
        assert capfd.readouterr().out.startswith(says)


def test_a_bug_is_unknown_and_one_line(plugin: Plugin, monkeypatch: pytest.MonkeyPatch) -> None:
    def bug(_options: object) -> None:
        raise RuntimeError(PASSWORD)

    monkeypatch.setattr(check, "_answer", bug)
    assert plugin() == (UNKNOWN, "BACKUP UNKNOWN - a bug of psbridge: RuntimeError\n")


def test_an_interrupt_is_unknown(plugin: Plugin, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(check, "_answer", interrupt)
    assert plugin() == (UNKNOWN, "BACKUP UNKNOWN - interrupted\n")


@pytest.fixture
def hanging(cli: Cli) -> dict[str, Any]:
    """A process of the plugin whose read of the status never ends, and does not heed psbridge's own limits."""
    cli.point_at(1)
    body = (
        "import threading\n"
        "from psbridge.cli import check, stamp_reading\n"
        "stamp_reading.read_status = lambda *_, **__: threading.Event().wait()\n"
        "check.main()\n"
    )
    return {"args": [sys.executable, "-c", body, "--timeout", "0.2"], "env": cli.environment()}


def test_after_its_time_limit_it_is_critical_whatever_hangs(hanging: dict[str, Any]) -> None:
    done = subprocess.run(**hanging, capture_output=True, text=True, timeout=LONG, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (
        CRITICAL,
        "BACKUP CRITICAL - timed out after 0.2s\n",
        "",
    )


@pytest.mark.parametrize("closed", [1, 2])
def test_a_closed_stream_changes_no_state(cli: Cli, closed: int) -> None:
    shell = f'exec "$@" {closed}>&-'
    argv = ["sh", "-c", shell, "sh", *PROGRAM, "--critical", "soon"]
    done = subprocess.run(argv, env=cli.environment(), capture_output=True, timeout=LONG, check=False)
    assert done.returncode == UNKNOWN
    assert done.stderr == b""


def test_an_answer_that_can_not_be_written_is_not_ok(cli: Cli) -> None:
    argv = ["sh", "-c", 'exec "$@" > /dev/full', "sh", *PROGRAM, "-t", "demo"]
    done = subprocess.run(argv, env=cli.environment(), capture_output=True, timeout=LONG, check=False)
    assert (done.returncode, done.stderr) == (UNKNOWN, b"")


def test_a_variable_that_is_ignored_is_a_note(cli: Cli) -> None:
    """The library warns of it on stderr, which some systems show in place of the answer."""
    with cli.facing():
        done = subprocess.run(
            PROGRAM,
            env={**cli.environment(), "PYPSRP_LOG_CFG": "/tmp/x"},
            capture_output=True,
            text=True,
            timeout=LONG,
            check=False,
        )
    assert (done.returncode, done.stderr) == (OK, "")
    assert "\nnote: PYPSRP_LOG_CFG is ignored: " in done.stdout


def test_text_that_is_not_ascii_is_written_in_any_locale(cli: Cli) -> None:
    env = {**cli.environment(), "LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    argv = [*PROGRAM, "--critical", "bäd"]
    done = subprocess.run(argv, env=env, capture_output=True, timeout=LONG, check=False)
    assert done.returncode == UNKNOWN
    assert done.stdout.decode().startswith("BACKUP UNKNOWN - --critical: 'b")
