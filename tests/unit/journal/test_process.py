"""A recorded process is alive, dead or unknown."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from psbridge.journal import process
from psbridge.journal.process import Process, read_process, this_process
from psbridge.values import replace


def of(pid: int) -> Process:
    return replace(this_process(), pid=pid, began=process._began(pid) or "")


def test_the_current_process_is_alive_and_its_record_round_trips() -> None:
    me = this_process()
    assert me.pid == os.getpid()
    assert me.lives is True
    assert read_process(me.plain()) == me


def test_a_killed_process_is_dead_before_and_after_it_is_reaped() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    known = of(child.pid)
    assert known.lives is True
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # dead, and still a zombie
    assert known.lives is False
    child.communicate()
    assert known.lives is False


def test_a_reused_process_id_is_another_process() -> None:
    assert replace(this_process(), began="1").lives is False


def test_a_forked_process_reads_its_own_start_even_with_a_number_that_is_known() -> None:
    code = """if True:
        import os
        from psbridge.journal import process
        process._own_start(os.getpid())
        process._began = lambda pid: "later"
        assert process._own_start(os.getpid()) != "later"
        mine = os.getpid()
        if os.fork() == 0:
            os._exit(0 if process._own_start(mine) == "later" else 1)
        assert os.waitstatus_to_exitcode(os.wait()[1]) == 0
    """
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_process_from_before_the_boot_is_dead() -> None:
    assert replace(this_process(), boot="another").lives is False


@pytest.mark.parametrize("elsewhere", [{"machine": "other/id"}, {"space": "pid:[1]"}])
def test_processes_of_another_machine_or_container_are_unknown(elsewhere: dict[str, str]) -> None:
    assert replace(this_process(), **elsewhere).lives is None  # type: ignore[arg-type]  # fields by name


@pytest.mark.parametrize(
    "kept",
    [None, "x", [], {}, {**this_process().plain(), "pid": 0}, {**this_process().plain(), "pid": "7"}]
    + [{**this_process().plain(), name: None} for name in ("machine", "boot", "space", "began")],
)
def test_an_invalid_process_record_is_none(kept: object) -> None:
    assert read_process(kept) is None
