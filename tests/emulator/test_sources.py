"""Each test of a WSMan or PSRP behaviour names where the behaviour is known from, or its module is not collected."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.sources import is_source

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    "text",
    [
        "[MS-WSMV] 3.1.4.1.39 Robust Connection Support",
        "[MS-WSMV] appendix B <111>",
        "DSP0226 11",
        "RFC 9112 9.3",
        "capture: test_psrp_receive_failure.yml",
        "wsmerror.h: ERROR_WSMAN_QUOTA_LIMIT",
        "engine: PowerShell 7.6.9",
        "psbridge: bounded memory",
    ],
)
def test_a_source_has_one_of_the_known_forms(text: str) -> None:
    assert is_source(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Windows does so",
        "[MS-WSMV]",
        "RFC 9112",
        "capture: something",
        "capture: test_nothing.yml",
        "psbridge: ",
        5,
    ],
)
def test_an_unsourced_claim_is_refused(text: object) -> None:
    assert not is_source(text)


def test_a_test_without_a_source_is_not_collected(tmp_path: Path) -> None:
    for name in ("tests/conftest.py", "tests/emulator/conftest.py", "tests/support/sources.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = source\naddopts = --import-mode=importlib\n")
    for folder in ("wsman", "stamp"):
        (tmp_path / f"tests/emulator/{folder}").mkdir()
    (tmp_path / "tests/emulator/stamp/test_other.py").write_text("def test_other(): pass\n")
    (tmp_path / "tests/emulator/wsman/test_some.py").write_text(
        "import pytest\n\ndef test_bare(): pass\n\n@pytest.mark.source('RFC 9112 9.3')\ndef test_sourced(): pass\n"
    )
    assert "test_bare: none" in collect(tmp_path, pytest.ExitCode.INTERRUPTED)
    (tmp_path / "tests/emulator/wsman/test_some.py").write_text(
        "import pytest\n\n@pytest.mark.source('RFC 9112 9.3')\ndef test_sourced(): pass\n"
    )
    assert "test_some.py::test_sourced: RFC 9112 9.3" in collect(tmp_path, pytest.ExitCode.OK)


def collect(folder: Path, code: pytest.ExitCode) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--collect-only", "-q", "--sources", "tests"],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout
