"""What the manual says about the Windows host: its commands are PowerShell, its constrained endpoint is enough for psbridge."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.manual import PAGES, ROOT, block, blocks
from tests.support.process.cli import Cli

ENDPOINT = block("getting-started", "powershell", "$visible = @(")
VISIBLE = re.findall(r"'([A-Za-z]+-[A-Za-z]+)'", ENDPOINT.partition("$visible")[2].partition("\n)")[0])


def test_the_constrained_endpoint_shows_what_psbridge_sends_and_no_more() -> None:
    sources = (ROOT / "psbridge" / "cmdlets").glob("*.py")
    sent = {name for path in sources for name in re.findall(r'"([A-Z][a-z]+-(?:Az\w+|Command))"', path.read_text())}
    of_az = {name for name in sent if "AzureRm" not in name}
    assert set(VISIBLE) == of_az | {"ForEach-Object"}


def test_the_constrained_endpoint_is_enough_for_a_signed_in_start(cli: Cli) -> None:
    (cli.folder / "endpoint.yaml").write_text(
        f"based_on: [not-signed-in]\nhost: {{visible: [{', '.join(VISIBLE)}]}}\n", "utf-8"
    )
    sign_in = (
        "sign_in: {environment: AzureStackAdmin, arm_endpoint: 'https://adminmanagement.redmond.psbridge.example', "
        "tenant: contoso.onmicrosoft.com, service_principal: "
        "{application_id: b7c9a1d4-62e8-4f53-9d0b-5e3a8c71f206, secret: {env: SP_SECRET}}}"
    )
    with cli.facing_timeless(str(cli.folder / "endpoint.yaml"), sign_in) as running:
        env = {"SP_SECRET": running.stamp.principal.secret}
        verdict = cli("backup", "start", "-o", "json", env=env).expect(0).document
    shown = {row["check"]: row["outcome"] for row in verdict["evidence"]}
    assert {shown[check] for check in ("upload", "alerts")} == {"pass"}


@pytest.mark.pwsh
def test_every_powershell_block_can_be_parsed(tmp_path: Path) -> None:
    if shutil.which("pwsh") is None:
        pytest.skip("needs pwsh")
    texts = [text for topic in PAGES for text in blocks(topic, "powershell")]
    assert texts
    for number, text in enumerate(texts):
        (tmp_path / f"{number}.ps1").write_text(text, "utf-8")
    script = (
        f"foreach ($number in 0..{len(texts) - 1}) {{ $errors = $null; "
        f'$null = [Management.Automation.Language.Parser]::ParseFile("{tmp_path}/$number.ps1", [ref]$null, [ref]$errors); '
        "$errors | ForEach-Object { $_.Message } }"
    )
    done = subprocess.run(["pwsh", "-NoProfile", "-c", script], capture_output=True, text=True, check=True, timeout=250)
    assert (done.stdout, done.stderr) == ("", "")
