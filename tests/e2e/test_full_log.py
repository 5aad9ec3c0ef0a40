"""A log that can't be kept costs no backup its verdict."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.process.cli import Cli


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, which only Linux has")
def test_a_log_file_on_a_full_disk_is_told_of_and_the_result_stands(cli: Cli) -> None:
    cli.env["PSBRIDGE_CONFIG"] = ""
    ended = cli("backup", "start", "-t", "demo", "--no-wait", "-o", "id", "--log-file", "/dev/full").expect(0)
    assert len(ended.out.strip()) == 36
    assert ended.err.count("can't be written any more") == 1
