"""Each error leads to the most specific entry, without loading the entries."""

from __future__ import annotations

import subprocess
import sys

import pytest

from psbridge.errors import AuthError, Busy, Interrupted, PsbridgeError, Unreachable, UsageError
from psbridge.explain.search import find


@pytest.mark.parametrize(
    ("error", "topic"),
    [
        (Unreachable("no", detail={"host": "oaw01"}), "unreachable"),
        (Busy("no", detail={"reason": "locked"}), "locked"),
        (Busy("no", detail={"reason": "backup_running", "code": "BackupConflictException"}), "backup_running"),
        (Busy("no", detail={"reason": "of a later release"}), "busy"),
        (AuthError("no", detail={"code": "of a later stamp"}), "auth"),
        (AuthError("no", detail={"code": None, "reason": None}), "auth"),
        (Unreachable("no", detail={"code": "0x80338029"}), "0x80338029"),
        (Unreachable("no", detail={"code": "http-503"}), "http-503"),
        (Unreachable("no", detail={"hosts": [{"reason": "no_answer"}, {"reason": "no_answer"}]}), "no_answer"),
        (Unreachable("no", detail={"hosts": [{"reason": "no_answer"}, {"reason": "no_route"}]}), "unreachable"),
    ],
)
def test_an_error_leads_to_its_reason_else_to_the_code_of_the_host_else_to_its_own(
    error: PsbridgeError, topic: str
) -> None:
    assert error.explain == topic
    assert find(topic).entries[0].id == topic


def test_a_wrong_command_line_and_an_interrupt_have_no_more() -> None:
    assert UsageError("no", detail={"reason": "locked"}).explain is None
    assert Interrupted("stop").explain is None


def test_no_entry_is_loaded_for_it() -> None:
    program = (
        "import sys\nfrom psbridge.errors import Busy\nassert Busy('no', detail={'reason': 'locked'}).explain == 'locked'\n"
        "print([it for it in sys.modules if it.startswith('psbridge.catalogue.entries')])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
