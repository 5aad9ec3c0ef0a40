"""No test asks how long something took, and each that waits in real time has its reason here."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
REAL_TIME = re.compile(r"\btime\.(sleep|time|monotonic|perf_counter|process_time)\(|\bEvent\(\)\.wait\(")

REASONS = {
    "contract/test_logins.py": "nothing but time ends a Kerberos ticket, and the KDC has a clock of its own",
    "emulator/auth/test_refusals.py": "as above",
    "e2e/test_check.py": "a read that never ends, in a process that its own time limit ends",
    "e2e/test_emulate_ends.py": "a program that goes on after its emulated host has ended; it is killed, not waited for",
    "emulator/wsman/test_back_pressure.py": "the real engine is given time to say more, were it not held back",
    "faults/test_kills.py": "between two looks at what another process does, until it ends at the latest",
    "faults/test_other_machines.py": "the age of a file is by the file system's clock; nothing is waited for",
    "support/clients/psrp_client.py": "the limit of a wait for a real engine's answer, LONG, which is not reached",
    "support/process/until.py": "between two looks at what another thread or process does, until LONG at the latest",
    "unit/remoting/test_bounds_of_answers.py": "where a clock that counts its looks begins; nothing is waited for",
}


def test_each_file_that_reads_a_real_clock_is_listed() -> None:
    found = {
        str(path.relative_to(TESTS))
        for folder in ("contract", "docs", "e2e", "emulator", "faults", "operations", "support", "unit")
        for path in (TESTS / folder).rglob("*.py")
        if path != Path(__file__) and REAL_TIME.search(path.read_text("utf-8"))
    }
    assert found == REASONS.keys()


def test_no_test_asserts_a_duration() -> None:
    elapsed = re.compile(r"assert .*\btime\.(monotonic|perf_counter|process_time)\(\) - ")
    assert [path for path in TESTS.rglob("test_*.py") if elapsed.search(path.read_text("utf-8"))] == []
