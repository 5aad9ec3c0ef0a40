"""Progress: a bar on a terminal, few lines elsewhere, JSON where JSON was asked for."""

from __future__ import annotations

import io
import json
import os
import re

import pytest

from psbridge.documents import registry
from psbridge.models import events
from psbridge.models.output import OutputFormat
from psbridge.render.event_text import say
from psbridge.render.observers import Heartbeat, JsonLines, Notes, TerminalProgress, watch
from psbridge.render.terminal import Terminal, terminal_of
from tests.support.samples import ID, NYC, STATUS


class Time:
    """A clock that stands where it is put."""

    at = 0.0

    def monotonic(self) -> float:
        return self.at

    def now(self):
        raise AssertionError("progress has no use for the wall clock")

    def sleep(self, seconds: float) -> None:
        raise AssertionError("progress never sleeps")


EVIL = events.HostMessage("Warning", "disk\x1b[2J full\u202e")
ALL = [
    events.Connecting("oaw01", 1),
    events.Connecting("oaw01", 2),
    events.Intent("r1", "nyc", "redmond", None, (), "oaw01"),
    events.Started("r1", ID, "started"),
    STATUS,
    events.Status(ID, None, 0.0, None, None, None),
    events.Settling(ID, 900.0),
    events.Queued(None),
    events.Queued(ID),
    events.Searching("r1", "reset"),
    events.Retrying("reset", 2.0),
    EVIL,
    events.Note("the host's clock is ahead"),
    events.Note("the state folder is full", "warning"),
]


def test_heartbeats_are_at_least_thirty_seconds_apart() -> None:
    lines: list[str] = []
    clock = Time()
    beat = Heartbeat(lines.append, clock)
    for second in range(95):
        clock.at = float(second)
        beat(STATUS)
    assert len(lines) == 4
    assert lines[0] == f"backup {ID}: Running, 1m 1s elapsed, 4/13 roles, about 18m 20s left"


@pytest.mark.parametrize(("delay", "when"), [(0.3, "now"), (2.0, "in 2s"), (None, "at the next poll")])
def test_a_retry_says_when_it_comes(delay: float | None, when: str) -> None:
    said = say(events.Retrying("reset", delay))
    assert said is not None
    assert said.text == f"reset; retrying {when}"


@pytest.mark.parametrize("output", ["json", "jsonl"])
def test_every_line_of_stderr_is_a_known_document_in_the_machine_formats(output: str) -> None:
    lines: list[str] = []
    clock = Time()
    beat, notes = Heartbeat(lines.append, clock, output), Notes(lines.append, output, verbosity=2)
    for event in ALL:
        clock.at += 31
        beat(event)
        notes(event)
    assert len(lines) > len(ALL)
    assert all(registry.from_plain(json.loads(line)).kind == "log" for line in lines)


def test_json_lines_are_started_and_status_and_nothing_else() -> None:
    lines: list[str] = []
    observer = JsonLines(NYC, lines.append)
    for event in ALL:
        observer(event)
    assert [json.loads(line)["kind"] for line in lines] == ["started", "status", "status"]
    assert json.loads(lines[1])["eta_seconds"] == 1100.0


def test_quiet_leaves_warnings_only() -> None:
    lines: list[str] = []
    observer = Notes(lines.append, verbosity=-1)
    for event in ALL:
        observer(event)
    assert [line.split(":")[0] for line in lines] == ["warning", "warning", "host warning", "warning"]


def test_debug_messages_need_verbose() -> None:
    few: list[str] = []
    many: list[str] = []
    for event in ALL:
        Notes(few.append)(event)
        Notes(many.append, verbosity=1)(event)
    assert not any("connecting" in line for line in few)
    assert any("connecting" in line for line in many)


def test_text_of_the_host_is_escaped() -> None:
    lines: list[str] = []
    Notes(lines.append)(EVIL)
    assert lines == ["host warning: disk\\x1b[2J full\\u202e"]


def test_the_bar_shows_status_roles_and_estimate_and_takes_every_event() -> None:
    stream = io.StringIO()
    with TerminalProgress(stream, Time(), Terminal(tty=True, color=False, width=120)) as bar:
        for event in ALL:
            bar(event)
        bar(STATUS)
    text = stream.getvalue()
    for part in ("Running", "4/13 roles", "about 18m 20s left", "disk\\x1b[2J full\\u202e"):
        assert part in text


def test_a_quiet_bar_draws_nothing() -> None:
    stream = io.StringIO()
    with TerminalProgress(stream, Time(), Terminal(tty=True, width=120), verbosity=-1) as bar:
        bar(STATUS)
    assert stream.getvalue() == ""


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_bar_is_as_wide_as_the_terminal_is_now(monkeypatch: pytest.MonkeyPatch) -> None:
    columns = [120]
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setattr("os.get_terminal_size", lambda *_: os.terminal_size((columns[0], 24)))
    stream = Screen()
    with TerminalProgress(stream, Time(), Terminal(tty=True, color=False, width=120)) as bar:
        bar(STATUS)
        bar._progress.refresh()
        wide = stream.tell()
        columns[0] = 60
        bar._progress.refresh()
        drawn = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", stream.getvalue()[wide:])
    assert max(map(len, re.split(r"[\r\n]", drawn))) <= 60
    assert "Running" in drawn


def test_the_bar_counts_from_the_start_of_the_backup() -> None:
    stream = io.StringIO()
    with TerminalProgress(stream, Time(), Terminal(tty=True, color=False, width=120)) as bar:
        bar(STATUS)
        bar._progress.refresh()
    assert " 1m 1s " in stream.getvalue()


@pytest.mark.parametrize(
    ("stream", "env", "tty", "color"),
    [
        (io.StringIO(), {}, False, False),
        (io.StringIO(), {"FORCE_COLOR": "1"}, False, True),
        (io.StringIO(), {"FORCE_COLOR": "0"}, False, False),
        (Screen(), {}, True, True),
        (Screen(), {"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
        (Screen(), {"NO_COLOR": ""}, True, True),
        (Screen(), {"TERM": "dumb"}, False, False),
    ],
)
def test_colour_follows_the_terminal_and_the_two_variables(stream, env, tty, color) -> None:
    found = terminal_of(stream, env)
    assert (found.tty, found.color) == (tty, color)


def watched(output: OutputFormat, terminal: Terminal, verbosity: int = 0) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    with watch(NYC, output, out=out, err=err, clock=Time(), terminal=terminal, verbosity=verbosity) as observers:
        for event in ALL:
            for observe in observers:
                observe(event)
    return out.getvalue(), err.getvalue()


def test_a_terminal_gets_a_bar_and_stdout_stays_clean() -> None:
    out, err = watched(OutputFormat.TABLE, Terminal(tty=True, width=120))
    assert out == ""
    assert "the host's clock is ahead" in err
    assert "\x1b[?25l" in err


def test_a_pipe_gets_lines_without_escape_sequences() -> None:
    out, err = watched(OutputFormat.TABLE, Terminal())
    assert out == ""
    assert "\x1b" not in err
    assert "connecting to oaw01" not in err, "a line in every log of a list"
    assert err.startswith("sending the start request\n")


@pytest.mark.parametrize("tty", [True, False])
def test_jsonl_gives_events_on_stdout_and_json_alone_on_stderr_even_on_a_terminal(tty: bool) -> None:
    out, err = watched(OutputFormat.JSONL, Terminal(tty=tty, color=tty))
    assert [json.loads(line)["kind"] for line in out.splitlines()] == ["started", "status", "status"]
    assert {json.loads(line)["kind"] for line in err.splitlines()} == {"log"}


def test_json_keeps_stdout_for_the_one_document() -> None:
    assert watched(OutputFormat.JSON, Terminal())[0] == ""


def test_quiet_gives_neither_bar_nor_heartbeat() -> None:
    assert "roles" not in watched(OutputFormat.TABLE, Terminal(), -1)[1]
    assert "connecting" not in watched(OutputFormat.TABLE, Terminal(), -1)[1]
