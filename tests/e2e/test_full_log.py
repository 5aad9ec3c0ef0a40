"""A log that can't be kept costs no backup its verdict."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.process.cli import Cli


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, which only Linux has")
def test_a_full_disk_under_the_log_is_reported_and_keeps_the_result(cli: Cli) -> None:
    cli.env["PSBRIDGE_CONFIG"] = ""
    ended = cli("backup", "start", "-t", "demo", "--no-wait", "-o", "id", "--log-file", "/dev/full").expect(0)
    assert len(ended.out.strip()) == 36
    assert ended.err.count("can no longer be written") == 1
