"""The measurements of scripts/bench."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from psbridge.emulator.emulation import Emulating, emulation
from psbridge.emulator.host import OperatorHost
from psbridge.emulator.stamp.scenarios import SCENARIOS
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


STAMPS: dict[str, dict[str, Any]] = {
    "14 kept": {"history": 14},  # the service's defaults: each 12 hours, for 7 days
    # As many as each 4 hours for 14 days, the most that the service allows; the emulated past has one each 12 hours.
    "84 kept": {"history": 84, "settings": {"backupRetentionPeriodInDays": 42}},
}
Taken = tuple[float, float]


def once(command: Sequence[str], env: dict[str, str]) -> Taken:
    """Return the wall clock time and the CPU time of a command, in seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    done = subprocess.run(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    took = time.perf_counter() - began
    if done.returncode:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}: {done.stderr.decode()}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return took, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def compare(what: str, ours: Sequence[str], theirs: Sequence[str], env: dict[str, str], runs: int, bound: str) -> None:
    """Run both in turn and print the medians and the median of the ratios, pair by pair."""
    once(ours, env), once(theirs, env)
    pairs = [(once(ours, env), once(theirs, env)) for _ in range(runs)]
    shown = []
    for clock in (0, 1):
        mine, other = (statistics.median(one[clock] for one in side) for side in zip(*pairs, strict=True))
        ratio = statistics.median(a[clock] / b[clock] for a, b in pairs)
        shown.append(f"{mine * 1000:8.0f} ms {other * 1000:7.0f} ms {ratio:6.2f}")
    print(f"{what:<44}{shown[0]}  |{shown[1]}   {bound}")


def main(runs: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as home:
        env = {"PATH": os.environ["PATH"], "HOME": home, "LANG": "C.UTF-8"}
        (trivial := Path(home, "trivial.py")).write_text(TRIVIAL)
        (bare := Path(home, "bare.py")).write_text(BARE)
        print(f"{'':<44}{'wall clock':>29}  |{'CPU time':>29}")
        columns = f"{'psbridge':>11} {'other':>10} {'ratio':>6}"
        print(f"{'':<44}{columns}  |{columns}   limit")
        python, psbridge = sys.executable, str(BIN / "psbridge")
        compare(
            "--version / a trivial Typer program", [psbridge, "--version"], [python, str(trivial)], env, runs, "<= 1.2"
        )
        (named := Path(home, ".config/psbridge/config.yaml")).parent.mkdir(parents=True)
        named.write_text("version: 1\ntargets:\n  bench: {host: oaw01.contoso.com}\n")
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
        for label, changes in STAMPS.items():
            listing(label, changes, home, env, runs, bare)
        hostile(home, env)


def listing(label: str, changes: dict[str, Any], home: str, env: dict[str, str], runs: int, bare: Path) -> None:
    """Compare `backup list` with the bare script, against one host; each backup has 13 roles."""
    stamp = Stamp(replace(SCENARIOS["succeeds"], **changes), 60)
    with emulation(Emulating(stamp=stamp)) as running:
        host = running.host
        config = pointed(home, host)
        env = env | {"PORT": str(host.port), "NAME": host.username, "PASSWORD": host.password}
        ours, theirs = [str(BIN / "psbridge"), "backup", "list", "--config", config], [sys.executable, str(bare)]
        before = host.requests.get("*", 0)
        once(ours, env)
        between = host.requests.get("*", 0)
        once(theirs, env)
        after = host.requests.get("*", 0)
        compare(f"backup list / a bare pypsrp script, {label}", ours, theirs, env, runs, "<= 1.15")
        print(f"{'  WSMan requests':<44}{between - before:>11} {after - between:>10}{'':41}not more")


HOSTILE = (
    "http:1:gzip=600000000",  # before the login
    "http:3:gzip-twice=3000000000",  # in the login
    "receive:2+:gzip-twice=3000000000",  # after it
    "http:1:unclosed=8000000",
    "receive:2+:unclosed=8000000",
    "receive:2+:unclosed=2000000",
    "receive:2+:wide=2000000",
    "receive:2+:attributes=2000000",
    "receive:2+:deep-object=1400000",
    "receive:2+:wide-object=1400000",
    "http:1+:long-head=1000000",
    "http:1+:interim=100000",
    "http:1+:tiny-chunks",
    "receive:2+:drip=2000",
)
CALL = 5  # seconds of --call-timeout


def hostile(home: str, env: dict[str, str]) -> None:
    """Print how long past its deadline a list ends, and its memory, when answers are expensive to read."""
    print(f"\n{'':<44}{'exit':>5} {'seconds':>8} {'CPU':>7} {'past the deadline':>18} {'memory':>8}")
    plain = 0.0
    for rule in ("none", *HOSTILE):
        with emulation(Emulating(stamp=Stamp(SCENARIOS["succeeds"], 60))) as running:
            argv = [str(BIN / "psbridge"), "backup", "list", "--config", pointed(home, running.host)]
            if rule != "none":
                running.host.faults.add(rule)
            began = time.perf_counter()
            child = subprocess.Popen(
                [*argv, "--call-timeout", f"{CALL}s"],
                env=env | {"PASSWORD": running.host.password},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            _, status, used = os.wait4(child.pid, 0)
            took = time.perf_counter() - began
            child.returncode = os.waitstatus_to_exitcode(status)
        plain = plain or took
        past = max(0.0, took - plain - CALL)
        print(
            f"{rule:<44}{child.returncode:>5} {took:8.2f} {used.ru_utime + used.ru_stime:7.2f} {past:18.2f}"
            f" {used.ru_maxrss // 1024:>5} MB   <= 1 s, < 200 MB"
        )


def pointed(home: str, host: OperatorHost) -> str:
    """Write a config whose only target is a host; return its path."""
    config = Path(home, "config.yaml")
    config.write_text(
        f"version: 1\ntargets:\n  bench: {{host: 127.0.0.1, port: {host.port}, tls: false, auth: ntlm, "
        f"username: '{host.username}', password: {{env: PASSWORD}}, location: redmond}}\n"
    )
    config.chmod(0o600)
    return str(config)


if __name__ == "__main__":
    main(int(sys.argv[1]))
