"""The README and the manual are held to the program: console blocks run, tables are those of the code."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from psbridge.errors import ExitCode
from tests.support.manual import PAGES, ROOT, all_blocks, between, block, blocks


def commands(block: str) -> list[tuple[str, str]]:
    """Return each command of a console block with the output that the page shows for it."""
    parts = re.split(r"^\$ ", block, flags=re.MULTILINE)
    assert parts[0] == "", "a console block begins with a command"
    return [(command, shown) for command, _, shown in (part.partition("\n") for part in parts[1:])]


def pattern(shown: str) -> str:
    """Return shown output as a pattern: `…` stands for anything, a line of its own for any lines."""
    return re.escape(shown.strip("\n")).replace("…", r"[\s\S]*")


@pytest.mark.timeout(180)
@pytest.mark.parametrize("topic", [topic for topic in PAGES if blocks(topic, "console")])
def test_the_console_blocks_show_what_the_program_writes(topic: str, tmp_path: Path) -> None:
    if " jq " in "".join(blocks(topic, "console")) and shutil.which("jq") is None:
        pytest.skip("needs jq: the page's console blocks use it")
    marker = "psbridge-manual-command-ended"
    parts: list[tuple[str, str]] = []
    script = "set -m\n"
    for each in all_blocks(topic):
        if each.language == "console":
            parts += commands(each.text)
            script += "".join(f"{command}\necho {marker} >&1\n" for command, _ in commands(each.text))
        elif each.how == "append":
            source = {"mine.yaml": "rehearsal.yaml"}[each.file]
            script += f"cp {source} {each.file}\ncat >> {each.file} << 'END'\n{each.text}END\n"
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
    }
    done = subprocess.run(
        ["bash", "-c", f"exec 2>&1\n{script}"],
        cwd=tmp_path,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=150,
        check=False,
    )
    outputs = done.stdout.decode().split(f"{marker}\n")
    assert len(outputs) == len(parts) + 1, done.stdout.decode()[-2000:]
    for (command, shown), output in zip(parts, outputs, strict=False):
        assert re.fullmatch(pattern(shown), output.strip("\n")), (
            f"$ {command}\n{output}\n-- but {topic} shows --\n{shown}"
        )


@pytest.mark.parametrize("topic", PAGES)
def test_a_link_leads_to_a_file_and_to_a_heading(topic: str) -> None:
    folder = ROOT if topic == "README" else ROOT / "psbridge" / "guide"
    for target in re.findall(
        r"\]\(([^)\s]+)\)", re.sub(r"^```.*?^```$", "", PAGES[topic], flags=re.MULTILINE | re.DOTALL)
    ):
        if target.startswith("https://"):
            continue
        name, _, anchor = target.partition("#")
        text = (folder / name).read_text("utf-8") if name else PAGES[topic]
        headings = {
            re.sub(r"[^\w\- ]", "", heading).strip().casefold().replace(" ", "-")
            for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE)
        }
        assert not anchor or anchor in headings, f"{topic}: {target}"


def test_each_page_begins_with_its_title_and_is_in_the_folder() -> None:
    names = {path.stem for path in (ROOT / "psbridge" / "guide").glob("*.md")}
    assert names == set(PAGES) - {"README"}
    assert [topic for topic, text in PAGES.items() if not re.match(r"# \S.*\n\n\S", text)] == []


def test_the_front_page_links_to_every_page() -> None:
    assert [
        topic for topic in PAGES if topic != "README" and f"(psbridge/guide/{topic}.md)" not in PAGES["README"]
    ] == []


def test_the_blocks_of_the_library_run(tmp_path: Path) -> None:
    program = "\n".join(blocks("library", "python"))
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=250, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "started True Succeeded confirmed",
        "read: whole",
        "True list 0",
        "{'demo': 'Succeeded'}",
        "confirmed True 0",
    ]


def test_the_table_of_exceptions_is_the_librarys() -> None:
    import psbridge

    rows = dict(re.findall(r"^\| `(\w+)` \| (\d+) \|$", PAGES["library"], re.MULTILINE))
    public = {name: getattr(psbridge, name) for name in dir(psbridge)}
    raised = {name: it for name, it in public.items() if isinstance(it, type) and issubclass(it, Exception)}
    del raised["PsbridgeError"]
    assert rows == {name: str(int(it.exit_code)) for name, it in raised.items()}


def test_the_tests_of_a_runbook_pass(tmp_path: Path) -> None:
    (tmp_path / "nightly.sh").write_text(block("rehearsing", "sh", "psbridge backup start"))
    (tmp_path / "test_nightly.py").write_text(block("rehearsing", "python", "pytest.mark.psbridge"))
    (line,) = re.findall(r"`(pytest_plugins = .*?)`", PAGES["rehearsing"])
    (tmp_path / "conftest.py").write_text(f"{line}\n")
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    argv = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--strict-markers"]
    done = subprocess.run(argv, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=250, check=False)
    assert done.returncode == 0, done.stdout
    assert "3 passed" in done.stdout


def test_the_table_of_exit_codes_is_the_enum() -> None:
    rows = "".join(f"| {int(code)} | {code.label} | {code.meaning} |\n" for code in ExitCode)
    assert f"| code | name | when |\n|---|---|---|\n{rows}<!-- end of exit codes -->" in PAGES["exit-codes"]


def test_the_diagram_of_a_runs_states_is_printed_from_the_table() -> None:
    from psbridge.journal.states import diagram

    assert blocks("journal", "mermaid") == [diagram()]


def commands_of_psbridge() -> dict[str, Any]:
    """Return Typer's commands by how each is typed, without its arguments."""
    import typer.main

    from psbridge.cli.app import app

    root = typer.main.get_command(app)
    found: dict[str, Any] = {}
    for name, command in root.commands.items():
        verbs = getattr(command, "commands", {})
        found |= {f"psbridge {name} {verb}": verbs[verb] for verb in verbs} or {f"psbridge {name}": command}
    return found


def options(command: Any) -> set[str]:
    """Return a command's own long options."""
    own = [it for it in command.params if it.rich_help_panel != "Global options"]
    return {name for it in own for name in it.opts if name.startswith("--")}


def test_the_front_page_has_every_command() -> None:
    table = between("README", "<!-- commands", "<!-- end of commands -->")
    rows = re.findall(r"^\| `(psbridge(?: [a-z]+)+)[^`]*` \|", table, re.MULTILINE)
    assert sorted(rows) == sorted(commands_of_psbridge())


def test_every_command_has_a_section_with_each_of_its_options() -> None:
    parts = re.split(r"^#+ `(psbridge(?: [a-z]+)+)[^`]*`\n", PAGES["commands"], flags=re.MULTILINE)
    sections = dict(zip(parts[1::2], parts[2::2], strict=True))
    known = commands_of_psbridge()
    assert sorted(sections) == sorted(known)
    sections["psbridge emulate"] += PAGES["rehearsing"]
    missing = {(name, it) for name, command in known.items() for it in options(command) if it not in sections[name]}
    assert missing == set()


def test_every_global_option_is_explained() -> None:
    from psbridge.cli.options import PARAMETERS

    table = between("commands", "## Global options", "\n## ")
    names = {f"--{it.name.replace('_', '-')}" for it in PARAMETERS}
    assert {name for name in names if f"`{name}" not in table} == set()


def test_the_front_page_is_short() -> None:
    assert len(PAGES["README"].splitlines()) <= 150


def test_the_yaml_of_a_scenario_is_valid(tmp_path: Path) -> None:
    from psbridge.emulator.stamp.scenario_file import open_stamp

    path = tmp_path / "mine.yaml"
    path.write_text(block("rehearsing", "yaml", "events:"), encoding="utf-8")
    scenario = open_stamp(str(path)).scenario
    assert len(scenario.events) == 6
    assert scenario.notes == ()


def test_each_config_is_valid(tmp_path: Path) -> None:
    from psbridge.config.load import load

    path = tmp_path / "config.yaml"
    path.touch(mode=0o600)
    for topic in PAGES:
        for config in [text for text in blocks(topic, "yaml") if text.startswith("version: 1\n")]:
            path.write_text(config, "utf-8")
            loaded = load(path, {})
            assert ("redmond" in loaded.names, loaded.invalid) == (True, {}), topic
