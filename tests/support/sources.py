"""The source of a behaviour of a real host: each test of WSMan or PSRP names it with `@pytest.mark.source(...)`.

A test without a source, or with one that is none of these forms, fails the collection of its module. What the emulator
does of its own accord (limits, log lines, `--fault`) names psbridge, so that nobody takes it for Windows' behaviour.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Final

import pytest

FORMS: Final = {
    "specification": r"\[(MS-WSMV|MS-PSRP|MS-ERREF)\] (\d+(\.\d+)*|appendix B)( .+)?",
    "standard": r"(DSP0226|SOAP 1\.2|RFC \d{4}) \d+(\.\d+)*( .+)?",
    "recording of a Windows host, in pypsrp's tests": r"capture: test_[a-z0-9_.]+\.yml( .+)?",
    "answer of a Windows host, quoted elsewhere": r"quoted: .+",
    "run against the real PowerShell": r"engine: PowerShell 7\.\d+\.\d+( .+)?",
    "source of PowerShell": r"PowerShell source: \w+\.cs( .+)?",
    "header of the Windows SDK": r"wsmerror\.h: ERROR_W[A-Z_]+( .+)?",
    "documentation of PowerShell": r"PowerShell docs: .+",
    "recorded answer of a stamp": r"stamp: .+",
    "what a client relies on": r"(pypsrp|requests): .+",
    "the emulator's own rule": r"psbridge: .+",
}
"""The forms of a source, as regular expressions, by what it is."""

NEEDED_IN: Final = (
    "tests/emulator/auth/",
    "tests/emulator/wsman/",
    "tests/emulator/engines/pwsh/",
    "tests/emulator/engines/embedded/test_protocol.py",
)


CAPTURES: Final = Path(__file__).parents[1] / "data/wsman/shapes.json"
"""Names the recordings, among others."""


def is_source(text: object) -> bool:
    """Tell whether `text` has one of the forms, and names a recording that there is if it names one."""
    if not isinstance(text, str) or not any(re.fullmatch(form, text) for form in FORMS.values()):
        return False
    kind, _, name = text.partition(": ")
    return kind != "capture" or name.split()[0] in _captures()


@cache
def _captures() -> frozenset[str]:
    return frozenset(json.loads(CAPTURES.read_text("utf-8"))["captures"])


def sources(item: pytest.Item) -> list[str]:
    """Return the sources of a test, nearest first."""
    return [text for mark in item.iter_markers("source") for text in mark.args]


def check(items: Iterable[pytest.Item], root: Path) -> None:
    """Refuse tests that should name a source and do not.

    Raises:
        pytest.Collector.CollectError: some do not; the text says which, and how to do it.
    """
    wrong = [
        f"{item.name}: {', '.join(map(repr, sources(item))) or 'none'}"
        for item in items
        if item.path.relative_to(root).as_posix().startswith(NEEDED_IN)
        and not (sources(item) and all(map(is_source, sources(item))))
    ]
    if wrong:
        forms = "\n".join(f"  {what}: {form}" for what, form in FORMS.items())
        raise pytest.Collector.CollectError(
            "each test here names where its behaviour is known from, with @pytest.mark.source('...'):\n  "
            + "\n  ".join(wrong)
            + f"\nforms:\n{forms}"
        )
