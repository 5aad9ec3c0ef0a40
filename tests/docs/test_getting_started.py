"""The first day as the page tells it: the terminal shows what it says, its PowerShell is PowerShell, its endpoint is enough."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from psbridge.emulator.emulation import Emulating, Emulation, emulation
from tests.support.manual import PAGES, ROOT, all_blocks, block, blocks
from tests.support.process.cli import PASSWORD, SPEED, Cli, on_terminal

ENDPOINT = block("getting-started", "powershell", "$visible = @(")
VISIBLE = re.findall(r"'([A-Za-z]+-[A-Za-z]+)'", ENDPOINT.partition("$visible")[2].partition("\n)")[0])


def test_the_constrained_endpoint_shows_what_psbridge_sends_and_no_more() -> None:
    sources = (ROOT / "psbridge" / "cmdlets").glob("*.py")
    sent = {name for path in sources for name in re.findall(r'"([A-Z][a-z]+-(?:Az\w+|Command))"', path.read_text())}
    of_az = {name for name in sent if "AzureRm" not in name}
    # Who may make a dry run of a prune may also delete, so the endpoint of the backups leaves it out (page security).
    assert set(VISIBLE) == of_az - {"Invoke-AzsPruneBackupLocationExternalStore"} | {"ForEach-Object"}


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


# --- the first day, on a terminal ----------------------------------------------------------------------------------

_PROMPT = re.compile(r"(\S.*?:)(?: (.*))?")
"""A line of the page that ends with what is typed; nothing is shown of a secret."""


class Terminal:
    """What the page shows on a terminal of one day: commands, what they write, and what is typed.

    Args:
        day: of the comments above the blocks.
        typed: what is typed in place of an answer of the page, or after a prompt of the page that hides it.
    """

    def __init__(self, day: str, typed: dict[str, str]) -> None:
        parts = [each.text for each in all_blocks("getting-started") if each.how == "terminal" and each.file[:3] == day]
        self.commands = [part.partition("\n")[::2] for part in "".join(parts).split("$ ")[1:]]
        self._typed = typed
        self._left: list[str] = []

    def run(self, cli: Cli) -> None:
        """Run the commands; each shows what the page says."""
        for command, shown in self.commands:
            self._left = shown.splitlines()
            code, found = on_terminal(cli, *command.split()[1:], env={"TERM": "dumb"}, reply=self._reply)
            plain = found.replace("\r", "")
            assert code == 0, plain
            assert re.fullmatch(self._pattern(shown), plain.strip()), (
                f"$ {command}\n{plain}\n-- the page shows --\n{shown}"
            )

    def _reply(self, line: str) -> str | None:
        for at, expected in enumerate(self._left):
            prompt = _PROMPT.fullmatch(expected)
            if prompt and re.fullmatch(_any(prompt[1]), line.strip()):
                del self._left[: at + 1]
                answer = prompt[2] or ""
                return self._typed.get(answer) or self._typed.get(prompt[1], answer)
        return None

    def _pattern(self, shown: str) -> str:
        for answer, typed in self._typed.items():
            shown = shown.replace(answer, typed) if not answer.endswith(":") else shown
        return "".join(_any(line).rstrip() + r"\s*" for line in shown.strip().splitlines())


def _any(text: str) -> str:
    return re.escape(text).replace("…", r"[\s\S]*")


def a_first_day(cli: Cli, running: Emulation, day: str = "day") -> None:
    cli.env |= {
        "PSBRIDGE_CONFIG": "",
        "PSBRIDGE_STATE_DIR": "",
        "PSBRIDGE_POLL": "0.2s",
        "PSBRIDGE_SETTLE": "1s",
        "SSL_CERT_FILE": str(running.host.ca_file),  # as if the system trusted it
    }
    principal = running.stamp.principal
    typed = {
        "oaw01.contoso.com": f"localhost:{running.host.port}",
        "https://adminmanagement.redmond.contoso.com": "https://adminmanagement.redmond.psbridge.example",
        "00000000-0000-0000-0000-000000000000": principal.application_id,
        r"Password of OAW01\psbridge:": PASSWORD,
        "Secret of the service principal:": principal.secret,
    }
    Terminal(day, typed).run(cli)


def emulated(**how: object) -> Emulating:
    known = {"users": {r"OAW01\psbridge": PASSWORD}, "speed": SPEED, "tls": True, "scenario": "not-signed-in"}
    return Emulating(**{**known, **how})  # type: ignore[arg-type]  # by name


def test_the_first_day_is_what_a_terminal_shows(cli: Cli) -> None:
    with emulation(emulated()) as running:
        a_first_day(cli, running)


@pytest.mark.pwsh
def test_the_first_day_is_the_same_on_the_real_engine(cli: Cli) -> None:
    with emulation(emulated(engine="pwsh")) as running:
        a_first_day(cli, running)


@pytest.mark.parametrize(
    "engine", [pytest.param("embedded", marks=pytest.mark.sweep), pytest.param("pwsh", marks=pytest.mark.pwsh)]
)
def test_the_first_day_is_the_same_with_the_azurerm_modules(cli: Cli, engine: str, tmp_path: Path) -> None:
    scenario = tmp_path / "azurerm.yaml"
    scenario.write_text("based_on: [azurerm-module, not-signed-in]\n", "utf-8")
    with emulation(emulated(engine=engine, scenario=str(scenario))) as running:
        a_first_day(cli, running)
