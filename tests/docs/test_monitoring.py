"""The manual's tables and files for Nagios, Icinga, Prometheus, cron and systemd are those of the program, and run."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from collections import defaultdict
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from psbridge.errors import ExitCode
from psbridge.monitoring.metrics import METRICS
from psbridge.monitoring.states import State, state_of
from tests.support.manual import PAGES, all_blocks, between
from tests.support.process.cli import Cli
from tests.support.process.until import LONG

FILES = {block.file: block.text for block in all_blocks("monitoring") if block.how == "file"}
TEXTFILES = "/var/lib/prometheus/node-exporter"


def test_the_table_of_states_is_the_plugins() -> None:
    table = between("monitoring", "<!-- states", "<!-- end of states -->")
    rows = {
        State(int(number)): (name, codes) for number, name, codes in re.findall(r"\| (\d) (\w+) \| ([^;|]*)", table)
    }
    assert {state: name for state, (name, _) in rows.items()} == {state: state.name for state in State}
    expected = defaultdict(set)
    for code in (*map(int, ExitCode), 15):
        expected[state_of(code)].add(code)
    assert {state: set(map(int, re.findall(r"\d+", codes))) for state, (_, codes) in rows.items()} == expected


def test_the_list_of_metrics_is_the_programs() -> None:
    labels = {row.name: f"{{{','.join(row.labels)}}}" if row.labels else "" for row in METRICS}
    rows = [f"- `psbridge_{row.name}{labels[row.name]}`: {row.help}." for row in METRICS]
    assert between("monitoring", "<!-- metrics", "<!-- end of metrics -->").splitlines()[1:] == rows


def test_the_plugin_is_a_program_of_the_package() -> None:
    (found,) = entry_points(group="console_scripts", name="check_psbridge")
    assert found.value == "psbridge.cli.check:main"


def plugin(command: list[str], target: str) -> list[str]:
    """Return the words of the plugin in a definition's command, for a target."""
    words = [target if word in {"$ARG1$", "$psbridge_target$"} else word for word in command]
    assert words[:5] == ["/usr/bin/sudo", "-n", "-u", "psbridge", "/usr/local/bin/check_psbridge"]
    return words[5:]


def commands() -> dict[str, list[str]]:
    """Return the command of each definition."""
    (nagios,) = re.findall(r"^ +command_line +(.*)$", FILES["psbridge-nagios.cfg"], re.MULTILINE)
    icinga = FILES["psbridge-icinga.conf"]
    (program,) = re.findall(r"command = \[ (.*) \]", icinga)
    arguments = re.findall(r'^    "(.*)" = "(.*)"$', icinga, re.MULTILINE)
    words = [*re.findall(r'"([^"]*)"', program), *(word for pair in arguments for word in pair)]
    return {"nagios": shlex.split(nagios), "icinga": words}


@pytest.mark.parametrize("system", ["nagios", "icinga"])
def test_a_definition_runs_and_sudo_allows_it(cli: Cli, system: str) -> None:
    cli.point_at(1)
    words = plugin(commands()[system], "demo")
    program = "from psbridge.cli.check import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, *words],
        env=cli.environment(),
        capture_output=True,
        text=True,
        timeout=LONG,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    (allowed,) = re.findall(r"NOPASSWD: (.*)$", FILES["psbridge.sudoers"], re.MULTILINE)
    assert allowed == " ".join(["/usr/local/bin/check_psbridge", *plugin(commands()[system], "redmond")])


def test_the_definitions_are_closed_and_name_each_other() -> None:
    for text in (FILES["psbridge-nagios.cfg"], FILES["psbridge-icinga.conf"]):
        assert text.count("{") == text.count("}")
    (defined,) = re.findall(r"command_name +(\w+)", FILES["psbridge-nagios.cfg"])
    assert f"check_command           {defined}!" in FILES["psbridge-nagios.cfg"]
    (defined,) = re.findall(r'CheckCommand "(\w+)"', FILES["psbridge-icinga.conf"])
    assert f'check_command = "{defined}"' in FILES["psbridge-icinga.conf"]


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("needs systemd-analyze")
    for name in ("psbridge-metrics@.service", "psbridge-metrics@.timer"):
        text = FILES[name].replace("/usr/local/bin/psbridge", shutil.which("true") or "/bin/true")
        (tmp_path / name.replace("@", "@redmond")).write_text(text)
    units = [str(path) for path in tmp_path.iterdir()]
    checked = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)
    said = [line for line in checked.stderr.splitlines() if str(tmp_path) in line or "psbridge" in line]
    assert (checked.returncode, said) == (0, [])


def scheduled() -> dict[str, list[str]]:
    """Return the command that cron and systemd run, for the target `nyc`."""
    (unit,) = re.findall(r"^ExecStart=/usr/local/bin/(.*)$", FILES["psbridge-metrics@.service"], re.MULTILINE)
    (line,) = [it for it in FILES["psbridge-metrics.cron"].splitlines() if not re.match(r"[A-Z]+=", it)]
    *times, user, command = line.split(None, 6)
    assert (times, user) == (["*/15", "*", "*", "*", "*"], "psbridge")
    return {"systemd": shlex.split(unit.replace("%i", "nyc")), "cron": shlex.split(command.replace("redmond", "nyc"))}


@pytest.mark.parametrize("by", ["systemd", "cron"])
def test_what_is_scheduled_writes_the_file_and_says_nothing(cli: Cli, by: str) -> None:
    program, *words = scheduled()[by]
    assert program == "psbridge"
    out = words[-1]
    assert out == f"{TEXTFILES}/psbridge-nyc.prom"
    with cli.facing_timeless():
        done = cli(*words[:-1], str(cli.folder / "psbridge-nyc.prom")).expect(0)
    assert (done.out, done.err) == ("", "")
    assert 'psbridge_up{target="nyc"} 1.0\n' in (cli.folder / "psbridge-nyc.prom").read_text()
    assert f"ReadWritePaths={TEXTFILES}\n" in FILES["psbridge-metrics@.service"]


def test_each_sections_alert_rule_is_in_the_list() -> None:
    named = set(re.findall(r"`(Psbridge\w+)`", PAGES["monitoring"]))
    assert named <= set(re.findall(r"alert: (\w+)", PAGES["monitoring"]))
