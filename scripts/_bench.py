"""The measurements of scripts/bench."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from psbridge.emulator.emulation import Emulating, emulation
from psbridge.emulator.stamp.scenario_file import scenario_from
from psbridge.emulator.stamp.service import Stamp

BIN = Path(sys.executable).parent
TRIVIAL = """\
import typer
app = typer.Typer()
@app.command()
def hello(name: str = "world") -> None:
    "Greet."
    typer.echo(name)
app()
"""
BARE = """\
import os
from pypsrp.powershell import PowerShell, RunspacePool
from pypsrp.wsman import WSMan
wsman = WSMan("127.0.0.1", port=int(os.environ["PORT"]), ssl=False, auth="ntlm", username=os.environ["NAME"],
              password=os.environ["PASSWORD"])
with RunspacePool(wsman) as pool:
    shell = PowerShell(pool)
    listing = {"Location": "redmond", "ResourceGroupName": "system.redmond"}
    shell.add_cmdlet("Get-AzsBackup").add_parameters(listing).add_statement()
    shell.add_cmdlet("Get-AzsBackup").add_parameters(listing)
    shell.add_cmdlet("ForEach-Object").add_parameter("MemberName", "RoleStatus").add_statement()
    shell.add_cmdlet("Get-AzsBackup").add_parameters(listing)
    output = shell.invoke()
for one in output:
    if hasattr(one, "adapted_properties") and "CreatedDateTime" in one.adapted_properties:
        print(one.adapted_properties["Name"], one.adapted_properties["Status"])
"""


def once(command: Sequence[str], env: dict[str, str]) -> float:
    """Return the seconds that a command took."""
    began = time.perf_counter()
    done = subprocess.run(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    took = time.perf_counter() - began
    if done.returncode:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}: {done.stderr.decode()}")
    return took


def compare(what: str, ours: Sequence[str], theirs: Sequence[str], env: dict[str, str], runs: int, bound: str) -> None:
    """Run both in turn and print the medians and the median of the ratios, pair by pair."""
    once(ours, env), once(theirs, env)
    pairs = [(once(ours, env), once(theirs, env)) for _ in range(runs)]
    ratio = statistics.median(a / b for a, b in pairs)
    mine, other = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"{what:<44} {mine * 1000:7.0f} ms {other * 1000:7.0f} ms {ratio:6.2f}   {bound}")


def main(runs: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as home:
        env = {"PATH": os.environ["PATH"], "HOME": home, "LANG": "C.UTF-8"}
        (trivial := Path(home, "trivial.py")).write_text(TRIVIAL)
        (bare := Path(home, "bare.py")).write_text(BARE)
        print(f"{'':<44} {'psbridge':>10} {'other':>10} {'ratio':>6}   wanted")
        python, psbridge = sys.executable, str(BIN / "psbridge")
        compare(
            "--version / a trivial Typer program", [psbridge, "--version"], [python, str(trivial)], env, runs, "<= 1.2"
        )
        completing = env | {"COMP_WORDS": "psbridge backup list --target ", "COMP_CWORD": "4"}
        compare(
            "completion of a target / of the trivial one",
            ["env", "_PSBRIDGE_COMPLETE=complete_bash", psbridge],
            [
                "env",
                "_TRIVIAL_PY_COMPLETE=complete_bash",
                "COMP_WORDS=trivial --na",
                "COMP_CWORD=1",
                python,
                str(trivial),
            ],
            completing,
            runs,
            "<= 1.2",
        )
        listing(home, env, runs, bare)


def listing(home: str, env: dict[str, str], runs: int, bare: Path) -> None:
    """Compare `backup list` with the bare script, against one host with 20 backups of 13 roles each."""
    stamp = Stamp(scenario_from({"history": 20, "based_on": "succeeds"}, name="bench"), 60)
    with emulation(Emulating(stamp=stamp)) as running:
        host = running.host
        config = Path(home, "config.yaml")
        config.write_text(
            f"version: 1\ntargets:\n  bench: {{host: 127.0.0.1, port: {host.port}, tls: false, auth: ntlm, "
            f"username: '{host.username}', password: {{env: PASSWORD}}, location: redmond}}\n"
        )
        config.chmod(0o600)
        env = env | {"PORT": str(host.port), "NAME": host.username, "PASSWORD": host.password}
        ours, theirs = [str(BIN / "psbridge"), "backup", "list", "--config", str(config)], [sys.executable, str(bare)]
        before = host.requests.get("*", 0)
        once(ours, env)
        between = host.requests.get("*", 0)
        once(theirs, env)
        after = host.requests.get("*", 0)
        compare("backup list / a bare pypsrp script", ours, theirs, env, runs, "<= 1.15")
        print(f"{'WSMan requests of one backup list':<44} {between - before:>10} {after - between:>10}{'':10}no more")


if __name__ == "__main__":
    main(int(sys.argv[1]))
