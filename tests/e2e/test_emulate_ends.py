"""`psbridge emulate` ends on request, whatever its clients do, and leaves no files or processes."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import termios
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests
from pypsrp.powershell import PowerShell, RunspacePool
from pypsrp.wsman import WSMan

from psbridge.emulator.emulation import USERNAME
from tests.support.process.cli import LONG_ENOUGH, PASSWORD, Cli, Running

LINE = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (127\.0\.0\.1:\d+ |shell ).+")


class Busy:
    """A host that runs a pipeline, with clients that wait, dawdle and say nothing."""

    def __init__(self, host: Running, stack: ExitStack, *, tls: bool = False) -> None:
        self.port = int(host.line()["url"].rpartition(":")[2].partition("/")[0])
        for part in (b"", b"POST /wsman HT", b"POST /wsman HTTP/1.1\r\nContent-Length: 100\r\n\r\n<s"):
            sock = stack.enter_context(socket.create_connection(("127.0.0.1", self.port)))
            sock.sendall(part)
        if not tls:
            client = WSMan(
                "127.0.0.1", port=self.port, username=USERNAME, password=PASSWORD, ssl=False, auth="ntlm", no_proxy=True
            )
            pool = RunspacePool(client)
            pool.open()
            self.shell = PowerShell(pool)
            self.shell.add_cmdlet("Start-AzsBackup").add_parameter("Location", "redmond")
            self.shell.begin_invoke()
            self.waiting = threading.Thread(target=self._wait)
            self.waiting.start()
            stack.callback(self.waiting.join, LONG_ENOUGH)

    def _wait(self) -> None:
        with contextlib.suppress(Exception):
            self.shell.end_invoke()


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    """Where its processes put temporary files; also how they are found among all processes."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


def processes_of(scratch: Path) -> list[str]:
    """Return the processes that live and were given this folder."""
    found = []
    for process in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if process.name.isdigit() and f"TMPDIR={scratch}".encode() in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
    return found


def emulate(cli: Cli, scratch: Path, *words: str, **how: object) -> Running:
    env = {"PSBRIDGE_EMULATE_PASSWORD": PASSWORD, "TMPDIR": str(scratch)}
    return cli.start("emulate", "--port", "0", *words, env=env, **how)


@pytest.mark.parametrize(
    ("engine", "number"),
    [
        pytest.param("embedded", signal.SIGINT, id="embedded-SIGINT"),
        pytest.param("embedded", signal.SIGTERM, id="embedded-SIGTERM"),
        pytest.param("embedded", signal.SIGHUP, id="embedded-SIGHUP"),
        pytest.param("pwsh", signal.SIGINT, id="pwsh-SIGINT", marks=pytest.mark.pwsh),
    ],
)
def test_a_signal_ends_it_in_the_middle_of_requests(
    cli: Cli, scratch: Path, engine: str, number: signal.Signals
) -> None:
    with ExitStack() as stack:
        host = emulate(cli, scratch, "--engine", engine, "-o", "jsonl")
        Busy(host, stack)
        assert len(processes_of(scratch)) == (2 if engine == "pwsh" else 1)
        host.signal(number)
        ended = host.ended().expect(0)
    assert processes_of(scratch) == []
    assert [item for item in scratch.iterdir() if "psbridge" in item.name] == []
    assert ended.err
    told = [json.loads(line) for line in ended.err.splitlines()]
    assert [line for line in told if line["kind"] != "log" or not LINE.fullmatch(line["message"])] == []


def take_terminal() -> None:
    """Make stdin the terminal that controls this process, so that Ctrl-C typed there is a signal to it."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """A terminal: the user's end and the program's end."""
    user, program = pty.openpty()
    yield user, program
    os.close(user)


@pytest.mark.parametrize("words", [(), ("--tls",)], ids=["http", "https"])
def test_ctrl_c_typed_at_a_terminal_ends_it(
    cli: Cli, scratch: Path, terminal: tuple[int, int], words: tuple[str, ...]
) -> None:
    user, program = terminal
    streams = {"stdin": program, "stdout": subprocess.PIPE, "stderr": program}
    with ExitStack() as stack:
        host = emulate(
            cli, scratch, "--engine", "embedded", "-o", "jsonl", *words,
            start_new_session=True, preexec_fn=take_terminal, **streams,
        )  # fmt: skip
        os.close(program)
        stack.enter_context(host.process)
        Busy(host, stack, tls=bool(words))
        os.write(user, b"\x03")
        shown = bytearray()
        with contextlib.suppress(OSError):  # Linux says EIO when the last process has left the terminal
            while chunk := os.read(user, 65536):
                shown += chunk
        assert host.process.wait(LONG_ENOUGH) == 0
    text = shown.decode()
    assert "^C" in text
    assert text.endswith("\n"), "the shell's prompt would follow on the same line"
    assert "Traceback" not in text
    assert [item for item in scratch.iterdir() if "psbridge" in item.name] == []


def test_a_signal_ends_it_while_it_waits_for_its_scenario(cli: Cli, scratch: Path) -> None:
    os.mkfifo(scratch / "pipe")
    host = emulate(cli, scratch, "--scenario", str(scratch / "pipe"))
    with (scratch / "pipe").open("w"):  # opens as soon as the host does
        host.signal(signal.SIGTERM)
        assert host.ended().expect(130).err.startswith("error: interrupted by SIGTERM\n")


def test_a_second_signal_does_not_wait() -> None:
    program = (
        "import time\nfrom psbridge.cli.signals import SignalMessages, until_interrupted\n"
        "with until_interrupted(SignalMessages(machine=False)) as over:\n"
        "    print('on', flush=True)\n    over.wait()\n    print('over', flush=True)\n    time.sleep(60)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    for word in ("on\n", "over\n"):
        assert process.stdout.readline() == word
        process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=LONG_ENOUGH) == ("", "psbridge: stopped at once\n")
    assert process.returncode == 130


def test_it_continues_when_its_log_is_not_read(cli: Cli, scratch: Path) -> None:
    host = emulate(cli, scratch, "--engine", "embedded", "-o", "jsonl")
    url = host.line()["url"]
    assert host.process.stderr is not None
    with host.process:
        host.process.stderr.close()
        for _ in range(5):
            assert requests.post(url, timeout=10).status_code == 401
        host.signal(signal.SIGINT)
        assert host.process.wait(LONG_ENOUGH) == 0
