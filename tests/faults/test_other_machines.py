"""Other machines exist: a shared state folder, servers that are not Windows, files in the state folder that are not ours."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pypsrp.exceptions import WinRMTransportError
from pypsrp.wsman import WSMan

from psbridge.api.stamp import Stamp as Library
from psbridge.clock import Deadline
from psbridge.emulator.emulation import Emulation
from psbridge.errors import Busy, PrerequisiteError, PsbridgeError, Unreachable
from psbridge.journal import process
from psbridge.journal.lock import TargetLock
from psbridge.journal.process import Process, read_process, this_process
from psbridge.journal.runs import Journal
from psbridge.models.connection import Auth, Endpoint
from psbridge.models.events import Event, Note, Retrying
from psbridge.models.secret import Secret
from psbridge.models.target import Policy, Target
from psbridge.remoting.winrm import removal
from psbridge.remoting.winrm.errors.wsman import classed, leaves_no_shell, shell_gone, timed_out
from psbridge.remoting.winrm.shells import ShellBook
from psbridge.values import replace
from tests.support.fakes.autojump import AutojumpClock, CurrentClock
from tests.support.fakes.fake_clock import FakeClock
from tests.support.fakes.loopback import Loopback
from tests.support.process.cli import Cli

RESOURCE = "http://schemas.microsoft.com/powershell/Microsoft.PowerShell"
IDLE = 900.0
TICK = 0.1  # seconds by which a file system's clock may lag behind the system's


CLOCK = CurrentClock()


@pytest.fixture
def running() -> Iterator[Emulation]:
    network = Loopback(AutojumpClock())
    CLOCK.clock = network.clock
    with network.emulated(users={"operator": "pw"}, speed=1500.0) as it:
        yield it


def url(running: Emulation) -> str:
    return f"http://{running.host.host}:{running.host.port}/wsman"


def listed(running: Emulation, folder: Path, call_timeout: float = 20.0) -> list[Event]:
    """List the backups once; return what was said."""
    said: list[Event] = []
    endpoint = Endpoint(running.host.host, running.host.port, None, Auth.NTLM, "operator", Secret("pw"))
    assert endpoint.url == url(running)
    target = Target("nyc", endpoints=(endpoint,), location="redmond", policy=Policy(call_timeout=call_timeout))
    with Library(target, state=folder, clock=CLOCK) as client:
        client.backups.list(observe=said.append)
    return said


def notes(said: list[Event], level: str = "info") -> list[str]:
    return [event.text for event in said if isinstance(event, Note) and event.level == level]


def mark(folder: Path, host: str, shell: str, **keys: object) -> Path:
    """Write the mark of a shell that its process has let go of; `keys` say what differs. A None leaves a key out."""
    made = ShellBook(folder).opened(host, shell, RESOURCE, IDLE)
    assert made is not None
    made.stays()
    path = made._path
    told = json.loads(path.read_text()) | keys
    path.write_text(json.dumps({key: value for key, value in told.items() if value != "left out"}))
    return path


def guid(number: int) -> str:
    return f"AAAAAAAA-0000-0000-0000-{number:012}"


def marks(folder: Path) -> list[Path]:
    return sorted((folder / "shells").glob("*.json"))


def age(path: Path, seconds: float) -> None:
    at = time.time() - seconds
    os.utime(path, (at, at))


def found(folder: Path, host: str) -> list[str]:
    """Return the shells that a session to a host would remove."""
    names = []
    for each in ShellBook(folder).left(host):
        names.append(each.shell)
        each.stays()
    return sorted(names)


# -- a shell that is gone ---------------------------------------------------------------------------------------------


def envelope(code: str, subcode: str = "", reason: str = "", detail: str = "") -> str:
    inner = f"<s:Subcode><s:Value>{subcode}</s:Value></s:Subcode>" if subcode else ""
    return (
        '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><s:Fault>'
        f"<s:Code><s:Value>{code}</s:Value>{inner}</s:Code><s:Reason><s:Text>{reason}</s:Text></s:Reason>"
        f"<s:Detail>{detail}</s:Detail></s:Fault></s:Body></s:Envelope>"
    )


def windows(code: int, text: str = "") -> str:
    return (
        f'<f:WSManFault xmlns:f="http://schemas.microsoft.com/wbem/wsman/1/wsmanfault" Code="{code}">'
        f"<f:Message>{text}</f:Message></f:WSManFault>"
    )


def fault(text: str):
    return classed(WSMan._parse_wsman_fault(text), text)


@pytest.mark.parametrize(
    "text",
    [
        envelope("SOAP-ENV:Sender", "wsa:DestinationUnreachable", "The requested object cannot be found."),
        envelope("s:Sender", "wsman:InvalidSelectors", "bad"),
        envelope("s:Sender", "a:destinationunreachable"),
        envelope("s:Receiver", "", "The requested object cannot be found."),
        envelope("s:Receiver", "w:InternalError", "Shell does not exist"),
        envelope("s:Sender", "", "Target ShellId does not exist or already closed"),
        envelope("s:Sender", "", "shell not found"),
        envelope("s:Sender", "w:InvalidSelectors", "x", windows(2150858843)),
        envelope("s:Sender", "w:InternalError", "x", windows(2150858752)),
        envelope("s:Sender", "w:InternalError", "x", windows(99, "no such shell")),
    ],
)
def test_a_missing_shell_is_recognized_by_any_wording(text: str) -> None:
    assert shell_gone(fault(text))


@pytest.mark.parametrize("status", [404, 410])
def test_a_404_of_a_web_server_means_no_shell(status: int) -> None:
    assert shell_gone(WinRMTransportError("http", status, ""))
    assert not shell_gone(WinRMTransportError("http", 503, ""))


@pytest.mark.parametrize(
    "text",
    [
        envelope("s:Sender", "w:AccessDenied", "Access is denied."),
        envelope("s:Receiver", "w:InternalError", "The operation failed."),
        envelope("s:Receiver", "w:TimedOut", "too late"),
        envelope("s:Sender", "w:QuotaLimit", "x", windows(2150859174)),
    ],
)
def test_other_faults_do_not_mean_a_missing_shell(text: str) -> None:
    assert not shell_gone(fault(text))
    assert not shell_gone(ConnectionResetError("x"))


def test_an_operation_timeout_without_a_code_is_not_an_error() -> None:
    assert timed_out(fault(envelope("s:Receiver", "wsman:TimedOut")))
    assert timed_out(fault(envelope("s:Receiver", "w:TimedOut", "x", windows(2150858793))))
    assert not timed_out(fault(envelope("s:Receiver", "w:TimedOut", "x", windows(1359))))


def test_a_mark_is_deleted_when_a_fault_without_a_code_means_a_missing_shell(
    running: Emulation, tmp_path: Path
) -> None:
    path = mark(tmp_path, url(running), "AAAAAAAA-0000-0000-0000-000000000000")
    running.host.faults.add("delete:*:codeless")
    listed(running, tmp_path)
    assert running.host.requests["delete"] == 2
    assert not path.exists()
    assert marks(tmp_path) == []


def test_a_session_whose_own_shell_was_lost_leaves_no_mark(running: Emulation, tmp_path: Path) -> None:
    running.host.faults.add("delete:1:lose-shells")
    assert notes(listed(running, tmp_path)) == []
    assert marks(tmp_path) == []


def test_a_session_lost_without_a_code_is_reopened(running: Emulation, tmp_path: Path) -> None:
    running.host.faults.add("command:1:lose-shells")
    (retrying,) = (it for it in listed(running, tmp_path) if isinstance(it, Retrying))
    assert "the session no longer exists on the host" in retrying.cause


# -- tidying ----------------------------------------------------------------------------------------------------------


def test_one_shell_that_cannot_be_removed_does_not_block_the_others(running: Emulation, tmp_path: Path) -> None:
    for number in range(3):
        mark(tmp_path, url(running), guid(number))
    running.host.faults.add("delete:2:fail")  # the first is of the session's own shell
    removed = notes(listed(running, tmp_path))
    assert len(removed) == 2
    (left,) = marks(tmp_path)
    assert json.loads(left.read_text())["tries"] == 1


def test_a_shell_whose_removal_keeps_failing_is_left_to_the_host(running: Emulation, tmp_path: Path) -> None:
    mark(tmp_path, url(running), guid(0))
    for number in (2, 4, 6):  # the others are of the sessions' own shells
        running.host.faults.add(f"delete:{number}:fail")
    for _ in range(5):
        listed(running, tmp_path)
    assert running.host.requests["delete"] == 3 * 2 + 2
    assert len(marks(tmp_path)) == 1


def test_a_failed_removal_does_not_reset_the_age_of_a_mark(running: Emulation, tmp_path: Path) -> None:
    path = mark(tmp_path, url(running), guid(0))
    age(path, 600)
    before = path.stat().st_mtime
    running.host.faults.add("delete:2:fail")
    listed(running, tmp_path)
    assert path.stat().st_mtime == pytest.approx(before, abs=1)


def test_a_hanging_removal_is_tried_once(running: Emulation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(4):
        mark(tmp_path, url(running), guid(number))
    running.host.faults.add("delete:2:never-before")
    listed(running, tmp_path)
    assert running.host.requests["delete"] == 2
    listed(running, tmp_path)
    listed(running, tmp_path)
    assert running.host.requests["delete"] == 4  # their own
    assert len(marks(tmp_path)) == 4


def test_a_host_that_did_not_answer_a_close_gets_less_time_for_the_next(
    running: Emulation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float] = []
    sooner = Deadline.sooner

    def watched(self: Deadline, seconds: float) -> Deadline:
        if seconds in {1.5, removal._HURRIED}:
            asked.append(seconds)
        return sooner(self, seconds)

    monkeypatch.setattr(Deadline, "sooner", watched)
    monkeypatch.setattr(removal, "CLEAN_UP", 1.5)
    monkeypatch.setattr(removal, "TIDY", 0.9)
    running.host.faults.add("delete:1:never-before")
    for _ in range(3):
        listed(running, tmp_path)
    assert asked == [1.5, removal._HURRIED, 1.5]  # the second one was answered


def test_thousands_of_marks_do_not_delay_a_command(running: Emulation, tmp_path: Path) -> None:
    template = mark(tmp_path, url(running), guid(0)).read_text()
    for number in range(3000):
        (tmp_path / "shells" / f"{number:016x}.json").write_text(template)
    running.host.faults.add("delete:*:delay=0.05")
    listed(running, tmp_path, call_timeout=5.0)
    assert 1 < running.host.requests["delete"] <= 1 + removal.TIDY_MOST


def test_cleanup_runs_after_the_commands_own_work(
    running: Emulation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark(tmp_path, url(running), guid(0))
    commands: list[int] = []
    remove = removal.ShellRemoval._remove

    def watched(self, resource: str, shell: str, deadline: Deadline) -> bool:
        commands.append(running.host.requests["command"])
        return remove(self, resource, shell, deadline)

    monkeypatch.setattr(removal.ShellRemoval, "_remove", watched)
    listed(running, tmp_path)
    assert commands == [running.host.requests["command"]] * 2


def test_a_broken_session_does_not_clean_up(running: Emulation, tmp_path: Path) -> None:
    mark(tmp_path, url(running), guid(0))
    running.host.faults.add("command:*:403")
    with pytest.raises(PsbridgeError):
        listed(running, tmp_path)
    assert len(marks(tmp_path)) == 1


def test_reading_the_marks_ends_at_its_time_limit(tmp_path: Path) -> None:
    for number in range(5):
        mark(tmp_path, "http://oaw01:5985/wsman", f"S{number}")
    asked = iter([False, False, True])
    assert len(list(ShellBook(tmp_path).left("http://oaw01:5985/wsman", lambda: next(asked)))) == 2


# -- age --------------------------------------------------------------------------------------------------------------

HOST = "http://oaw01:5985/wsman"


@pytest.mark.parametrize(("seconds", "there"), [(IDLE - 60, True), (IDLE + 3600, False)])
def test_a_mark_expires_with_the_idle_timeout_of_its_shell(tmp_path: Path, seconds: float, there: bool) -> None:
    path = mark(tmp_path, HOST, "S", tries=3)
    age(path, seconds)
    assert found(tmp_path, HOST) == []
    assert path.exists() is there


def test_a_mark_with_a_future_time_ages_from_now(tmp_path: Path) -> None:
    path = mark(tmp_path, HOST, "S", tries=3)
    age(path, -86_400 * 365)
    before = time.time()
    found(tmp_path, HOST)
    assert before - TICK <= path.stat().st_mtime <= time.time() + TICK


def test_an_active_session_refreshes_its_mark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = ShellBook(tmp_path).opened(HOST, "S", RESOURCE, IDLE)
    assert made is not None
    (path,) = marks(tmp_path)
    age(path, 500)
    aged = path.stat().st_mtime
    made.used()
    assert path.stat().st_mtime == aged  # not at each look
    later = time.monotonic() + 60
    monkeypatch.setattr("psbridge.remoting.winrm.shells.time.monotonic", lambda: later)
    before = time.time()
    made.used()
    assert path.stat().st_mtime >= before - TICK


# -- whose shell it is ------------------------------------------------------------------------------------------------


@pytest.fixture
def no_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system whose locks no other machine sees."""
    monkeypatch.setattr(fcntl, "flock", lambda _descriptor, _operation: None)


HERE = this_process()
NAME, _, ID = HERE.machine.partition("/")
ELSEWHERE = {
    "another machine": replace(HERE, machine=f"other/{'f' * 32}", boot="1" * 36),
    "a clone that has this machine's id": replace(HERE, machine=f"other/{ID}", boot="1" * 36),
    "a clone that has this machine's id and name": replace(HERE, boot="1" * 36),
    "a machine without an id": replace(HERE, machine=f"{NAME}/", boot="1" * 36),
    "a machine of which nothing is known": Process("", "", "", 1, ""),
    "a container on this machine": replace(HERE, space="pid:[1]", pid=1),
    "this process": HERE,
}


@pytest.mark.parametrize("where", ELSEWHERE)
@pytest.mark.usefixtures("no_reach")
def test_no_machine_removes_a_live_shell_of_another_machine(tmp_path: Path, where: str) -> None:
    path = mark(tmp_path, HOST, "S", holder=ELSEWHERE[where].plain())
    assert found(tmp_path, HOST) == []
    assert path.exists()


@pytest.mark.parametrize("where", [it for it in ELSEWHERE if it != "a clone that has this machine's id and name"])
@pytest.mark.usefixtures("no_reach")
def test_a_reboot_of_this_machine_does_not_affect_marks_of_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    path = mark(tmp_path, HOST, "S", holder=ELSEWHERE[where].plain())
    age(path, 300)
    monkeypatch.setattr(process, "_booted", time.time)
    assert found(tmp_path, HOST) == []


@pytest.mark.usefixtures("no_reach")
def test_a_live_process_keeps_its_shell_without_working_locks(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from psbridge.remoting.winrm.shells import ShellBook\n"
        f"mark = ShellBook(Path(sys.argv[1])).opened({HOST!r}, 'S', {RESOURCE!r}, 900.0); print('open', flush=True)\n"
        "sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"open\n"
        assert found(tmp_path, HOST) == []
        child.kill()
        child.wait(200)
    assert found(tmp_path, HOST) == ["S"]


@pytest.mark.parametrize(
    "gone",
    [
        replace(HERE, began=f"{HERE.began}0"),  # its number was given to another process
        replace(HERE, pid=2**22 + 1),
    ],
)
def test_the_shell_of_an_ended_process_of_this_machine_is_removed(tmp_path: Path, gone: Process) -> None:
    mark(tmp_path, HOST, "S", holder=gone.plain())
    assert found(tmp_path, HOST) == ["S"]


def test_after_a_reboot_earlier_processes_count_as_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = mark(tmp_path, HOST, "S", holder=replace(HERE, machine="here/id", boot="1" * 36).plain())
    monkeypatch.setattr(process, "_where", lambda: ("here/id", "2" * 36))
    age(path, 300)
    monkeypatch.setattr(process, "_booted", lambda: time.time() - 600)
    assert found(tmp_path, HOST) == []  # changed since this machine was started, so it is another that has its id
    monkeypatch.setattr(process, "_booted", lambda: time.time() - 100)
    assert found(tmp_path, HOST) == ["S"]


def test_the_boot_time_is_read() -> None:
    assert 0 < process._booted() < time.time()


@pytest.mark.parametrize("boot", ["", HERE.boot])
def test_without_proc_other_processes_are_unknown(monkeypatch: pytest.MonkeyPatch, boot: str) -> None:
    gone = replace(HERE, boot=boot, space="", pid=2**22 + 1)
    monkeypatch.setattr(process, "_where", lambda: (HERE.machine, boot))
    monkeypatch.setattr(process, "_space", lambda: "")
    monkeypatch.setattr(process, "_booted", lambda: 0.0)
    assert not gone.has_ended(0.0)


def test_a_mark_without_a_holder_is_left_to_its_age(tmp_path: Path) -> None:
    path = mark(tmp_path, HOST, "S", holder="left out", idle="left out")
    age(path, 7200)  # the host that it is on may keep an idle shell for hours
    assert found(tmp_path, HOST) == []
    assert path.exists()
    age(path, 2 * 86_400)
    assert found(tmp_path, HOST) == []
    assert not path.exists()


@pytest.mark.parametrize(
    "holder",
    [[], "x", {"pid": 1}, {**HERE.plain(), "pid": "1"}, {**HERE.plain(), "boot": None}, {**HERE.plain(), "pid": -1}],
)
def test_an_unreadable_holder_is_unknown(tmp_path: Path, holder: object) -> None:
    path = mark(tmp_path, HOST, "S", holder=holder)
    assert found(tmp_path, HOST) == []
    assert path.exists()


# -- the lock ---------------------------------------------------------------------------------------------------------


def hold(folder: Path, wait: float = 0.0, clock: FakeClock | None = None, warned: list[str] | None = None) -> None:
    said = [] if warned is None else warned
    with TargetLock(folder, "nyc", said.append).held(Deadline.after(clock or FakeClock(), wait)):
        pass


def left_lock(folder: Path, holder: Process) -> Path:
    hold(folder)
    path = folder / "locks" / "nyc.lock.holder"
    path.write_text(json.dumps(holder.plain()))
    return path


@pytest.mark.parametrize("where", ["another machine", "a clone that has this machine's id"])
def test_a_start_on_another_machine_excludes_one_here_without_shared_locks(tmp_path: Path, where: str) -> None:
    path = left_lock(tmp_path, ELSEWHERE[where])
    with pytest.raises(Busy, match="another machine") as caught:
        hold(tmp_path)
    assert caught.value.detail == {"reason": "locked", "machine": "other"}
    assert str(path) in caught.value.hint
    clock = FakeClock()
    clock.on_sleep = lambda: path.unlink(missing_ok=True)
    hold(tmp_path, wait=30.0, clock=clock)
    assert not path.exists()


def test_an_unended_start_of_another_machine_counts_until_it_expires(tmp_path: Path) -> None:
    path = left_lock(tmp_path, ELSEWHERE["another machine"])
    age(path, 86_400)
    hold(tmp_path)
    assert not path.exists()


@pytest.mark.parametrize("here", [replace(HERE, pid=2**22 + 1), ELSEWHERE["a container on this machine"]])
def test_the_holder_of_a_killed_start_does_not_block(tmp_path: Path, here: Process) -> None:
    path = left_lock(tmp_path, here)
    hold(tmp_path)
    assert not path.exists()


def test_the_owner_of_the_lock_is_recorded(tmp_path: Path) -> None:
    with TargetLock(tmp_path, "nyc").held(Deadline.after(FakeClock(), 0)):
        told = json.loads((tmp_path / "locks" / "nyc.lock.holder").read_text())
        assert read_process(told) == HERE
        with pytest.raises(Busy, match="on this machine"):
            hold(tmp_path)


# -- what is not ours in the state folder -----------------------------------------------------------------------------


def put(path: Path, what: str) -> None:
    """Put something at a path that is not what psbridge writes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    match what:
        case "a FIFO":
            os.mkfifo(path)
        case "a folder":
            path.mkdir()
        case "a socket":
            with socket.socket(socket.AF_UNIX) as it:
                it.bind(str(path))
        case "a link that leads nowhere":
            path.symlink_to("nowhere")
        case "a link to itself":
            path.symlink_to(path.name)
        case "a link to a device":
            path.symlink_to("/dev/zero")
        case _:
            path.write_bytes(CONTENTS[what])


CONTENTS = {
    "4,000 brackets": b"[" * 4000,
    "braces": b'{"a":' * 800,
    "a huge file": b'{"host": "' + b"x" * (8 << 20) + b'"}',
    "no UTF-8": b"\xff\xfe\x00" * 20,
    "numbers": b'{"host": 1, "shell": 2, "resource": 3}',
    "a huge number": b'{"host": "x", "shell": "x", "resource": "x", "idle": ' + b"9" * 4000 + b"}",
    "an empty file": b"",
}
ODD = [
    "a FIFO",
    "a folder",
    "a socket",
    "a link that leads nowhere",
    "a link to itself",
    "a link to a device",
    *CONTENTS,
]


@pytest.mark.parametrize("what", ODD)
def test_a_bad_file_among_the_marks_costs_a_warning(running: Emulation, tmp_path: Path, what: str) -> None:
    path = tmp_path / "shells" / "0123456789abcdef.json"
    put(path, what)
    mark(tmp_path, url(running), guid(0))
    said = listed(running, tmp_path)
    if what != "a huge number":  # which is a mark, with an idle time that nobody believes
        (warning,) = notes(said, "warning")
        assert str(path) in warning
    assert running.host.requests["delete"] == 2  # the good one was found all the same
    with contextlib.suppress(FileNotFoundError):
        path.lstat()


def test_many_bad_files_cost_one_warning(running: Emulation, tmp_path: Path) -> None:
    for number in range(30):
        put(tmp_path / "shells" / f"{number:016x}.json", "a folder")
    (warning,) = notes(listed(running, tmp_path), "warning")
    assert "29 more" in warning


def test_a_partial_mark_is_removed_after_a_day(tmp_path: Path) -> None:
    for name in ("0123456789abcdef.json", "0123456789abcdef.new"):
        put(tmp_path / "shells" / name, "an empty file")
        age(tmp_path / "shells" / name, 2 * 86_400)
    found(tmp_path, HOST)
    assert list((tmp_path / "shells").iterdir()) == []


@pytest.mark.parametrize("what", ["a FIFO", "a folder", "a socket", "a link that leads nowhere", "a link to itself"])
@pytest.mark.parametrize("name", ["nyc.lock", "nyc.lock.holder"])
def test_an_obstacle_to_a_lock_is_moved_aside(tmp_path: Path, what: str, name: str) -> None:
    put(tmp_path / "locks" / name, what)
    warned: list[str] = []
    hold(tmp_path, warned=warned)
    assert len(warned) == 1
    assert name in warned[0]
    assert [it for it in (tmp_path / "locks").iterdir() if ".aside-" in it.name]


@pytest.mark.parametrize("what", [it for it in ODD if it in CONTENTS])
def test_an_invalid_holder_does_not_block(tmp_path: Path, what: str) -> None:
    put(tmp_path / "locks" / "nyc.lock.holder", what)
    hold(tmp_path)


def test_a_start_succeeds_despite_bad_files_in_its_state_folder(cli: Cli) -> None:
    for folder, names in {"shells": "{}.json", "runs": "20260304T121543Z-0000000{}.jsonl", "locks": "nyc.lock"}.items():
        for number, what in enumerate(["a FIFO", "4,000 brackets", "a folder"] if folder != "locks" else ["a FIFO"]):
            put(cli.state / folder / names.format(number), what)
    with cli.facing():
        ended = cli("backup", "start", "-q").expect(0)
    assert ended.err.count("warning: ") >= 2


@pytest.mark.parametrize("what", ["a FIFO", "a folder", "a link that leads nowhere", "4,000 brackets", "no UTF-8"])
def test_a_bad_file_among_the_runs_costs_a_warning(cli: Cli, what: str) -> None:
    path = cli.state / "runs" / "20260304T121543Z-00000000.jsonl"
    put(path, what)
    ended = cli("run", "list").expect(0)
    assert str(path) in ended.err
    assert ended.err.count("warning: ") == 1
    for words in (("show", path.stem), ("close", path.stem, "--reason", "x")):
        alone = cli("run", *words).expect(9)  # and not that there is no such run
        assert str(path) in alone.err
        assert "Did you mean" not in alone.err


def test_pruning_skips_what_cannot_be_removed_and_keeps_other_files(tmp_path: Path) -> None:
    clock = FakeClock()
    put(tmp_path / "runs" / "20200101T000000Z-00000000.jsonl", "a folder")
    put(tmp_path / "runs" / "20200101T000000Z-00000001.jsonl", "a FIFO")
    for number in range(2, 6):
        put(tmp_path / "runs" / f"20200101T000000Z-0000000{number}.jsonl", "an empty file")
    Journal(tmp_path, clock).prune()
    assert sorted(it.stem[-1] for it in (tmp_path / "runs").iterdir()) == ["0", "1"]


# -- refusals for good ------------------------------------------------------------------------------------------------


def test_a_refusal_without_a_code_is_not_retried_and_leaves_no_mark(running: Emulation, tmp_path: Path) -> None:
    running.host.faults.add("create:*:refuse")
    with pytest.raises(PrerequisiteError, match="no such session configuration") as caught:
        listed(running, tmp_path)
    assert not caught.value.retryable
    assert running.host.requests["create"] == 1
    assert "delete" not in running.host.requests  # there is nothing to remove
    assert marks(tmp_path) == []


def test_a_host_failure_without_a_code_is_retried(running: Emulation, tmp_path: Path) -> None:
    running.host.faults.add("create:1-2:fail")
    listed(running, tmp_path)
    assert running.host.requests["create"] == 3


@pytest.mark.parametrize(
    ("text", "kind", "retryable"),
    [
        (envelope("s:Sender", "wsa:DestinationUnreachable"), PrerequisiteError, False),
        (envelope("s:Sender", "w:AccessDenied"), PrerequisiteError, False),
        (envelope("s:Sender", "w:SchemaValidationError"), Unreachable, False),
        (envelope("s:Sender", "w:UnsupportedFeature"), Unreachable, False),
        (envelope("s:Sender"), Unreachable, False),
        (envelope("SOAP-ENV:MustUnderstand"), Unreachable, False),
        (envelope("s:VersionMismatch"), Unreachable, False),
        (envelope("s:Sender", "w:QuotaLimit"), Unreachable, True),
        (envelope("s:Sender", "w:Concurrency"), Unreachable, True),
        (envelope("s:Receiver", "w:InternalError"), Unreachable, True),
        (envelope("s:Receiver", "a:EndpointUnavailable"), Unreachable, True),
        (envelope("s:Receiver"), Unreachable, True),
        (envelope("s:Receiver", "w:TimedOut"), Unreachable, True),
        (envelope("s:Receiver", "", "x", windows(1359)), Unreachable, True),
    ],
)
def test_faults_of_the_request_are_final_and_temporary_ones_are_not(
    text: str, kind: type[PsbridgeError], retryable: bool
) -> None:
    from psbridge.remoting.winrm.errors.table import translate
    from psbridge.remoting.winrm.errors.translation import ErrorContext
    from psbridge.remoting.winrm.errors.wsman import OPENING

    problem = translate(fault(text), ErrorContext("http://oaw01:5985/wsman", OPENING))
    assert type(problem) is kind
    assert problem.retryable is retryable
    assert problem.hint


def test_a_timed_out_create_may_have_made_a_shell() -> None:
    assert not leaves_no_shell(fault(envelope("s:Receiver", "w:TimedOut", "x", windows(2150858793))))
    assert not leaves_no_shell(fault(envelope("s:Receiver", "w:InternalError")))
    assert leaves_no_shell(fault(envelope("s:Sender", "wsa:DestinationUnreachable")))
