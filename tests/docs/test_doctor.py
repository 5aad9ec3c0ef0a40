"""The page of the doctor: its stages are the code's, its findings are those that the tests make."""

from __future__ import annotations

import os
import re

import pytest

from psbridge.models.diagnosis import STAGE_NAMES
from tests.operations.test_doctor_connection import FAILURES
from tests.support.doctor_cases import CASES
from tests.support.manual import ROOT, between

PAGE = ROOT / "psbridge" / "guide" / "doctor.md"
START, END = "<!-- findings: each is made by a test -->\n", "<!-- end of findings -->"
HEAD = "| stage | | evidence | exit code |\n|---|---|---|---|\n"


def findings() -> str:
    """Return the table of all that the tests make the stages find, in the order of the stages."""
    own = [(it.stage, it.evidence, it.code) for it in CASES]
    made = own + [(stage, evidence, code) for _, stage, code, evidence, _ in FAILURES.values()]
    rows = sorted(made, key=lambda row: (STAGE_NAMES.index(row[0]), row[2] is None))
    return HEAD + "".join(
        f"| `{stage}` | {'warn' if code is None else 'FAIL'} | {cell(text)} | {'' if code is None else int(code)} |\n"
        for stage, text, code in rows
    )


def cell(text: str) -> str:
    """Return a message as a cell of a table."""
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def test_the_table_of_findings_is_what_the_tests_make() -> None:
    if os.environ.get("UPDATE_GOLDENS"):
        text = PAGE.read_text("utf-8")
        pattern = re.escape(START) + ".*" + re.escape(END)
        PAGE.write_text(re.sub(pattern, lambda _: START + findings() + END, text, flags=re.DOTALL), "utf-8")
        pytest.skip("rewritten")
    assert between("doctor", START, END) == findings()


def test_the_table_of_stages_is_the_codes() -> None:
    table = between("doctor", "<!-- stages", "<!-- end of stages -->")
    assert tuple(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == STAGE_NAMES
