"""The counts of scripts/bench --instructions: what starting costs, in instructions of user space.

Valgrind counts them, so the figures are the same on a loaded machine: two runs differ by less than one in a hundred.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from _bench import BARE, STAMPS, pointed

from psbridge.emulator.emulation import Emulating, emulation
from psbridge.emulator.stamp.scenarios import SCENARIOS
from psbridge.emulator.stamp.service import Stamp

PSBRIDGE = [sys.executable, str(Path(sys.executable).parent / "psbridge")]
VALGRIND = ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]
TARGETS = "version: 1\ntargets:\n" + "".join(
    f"  stamp-{number:04}: {{host: oaw{number:04}.contoso.com, username: op, password: {{env: PASSWORD}}, location: r}}\n"
    for number in range(1000)
)
LOAD = "import os; from psbridge.config.load import load; load({!r}, os.environ)"
IMPORT = "import pypsrp.powershell, pypsrp.wsman"


def count(command: Sequence[str], env: Mapping[str, str], *, ends: int = 0) -> float:
    """Return the million instructions of a command that ends with a code; exit if it ends with another one."""
    subprocess.run(command, env=env, capture_output=True, check=False)  # writes the .pyc files that are missing
    done = subprocess.run([*VALGRIND, *command], env=env, capture_output=True, text=True, check=False)
    found = re.search(r"I +refs: +([\d,]+)", done.stderr)
    if done.returncode != ends or found is None:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return int(found[1].replace(",", "")) / 1e6


def show(what: str, million: float, ceiling: str = "") -> None:
    """Print a row."""
    print(f"{what:<44}{million:>8.0f}   {ceiling}", flush=True)


def main() -> None:
    """Count and print."""
    if shutil.which("valgrind") is None:
        sys.exit("scripts/bench: --instructions needs valgrind; on Debian and Ubuntu: apt install valgrind")
    with tempfile.TemporaryDirectory() as home:
        # A fixed seed, because the order of sets decides how much is done.
        env = {"PATH": os.environ["PATH"], "HOME": home, "LANG": "C.UTF-8", "PYTHONHASHSEED": "0", "PASSWORD": "x"}
        (config := Path(home, ".config/psbridge/config.yaml")).parent.mkdir(parents=True)
        config.write_text(
            "version: 1\ntargets:\n  bench: {host: oaw01.contoso.com, username: op, password: {env: PASSWORD}, location: r}\n"
        )
        (many := Path(home, "many.yaml")).write_text(TARGETS)
        one = [sys.executable, "-c"]
        print(
            f"{'million instructions, Python ' + sys.version.partition(' ')[0]:<44}{'counted':>8}   ceiling (of 3.11)"
        )
        bare = count([*one, "pass"], env)
        show("python -c pass", bare)
        show("--version", count([*PSBRIDGE, "--version"], env), "80")
        show("--help", count([*PSBRIDGE, "--help"], env), "420")
        show("explain 11", count([*PSBRIDGE, "explain", "11"], env), "480")
        words = {
            "_PSBRIDGE_COMPLETE": "complete_bash",
            "COMP_WORDS": "psbridge backup list --target b",
            "COMP_CWORD": "4",
        }
        show("completion of a target", count(PSBRIDGE, env | words), "300")
        show("config validate", count([*PSBRIDGE, "config", "validate"], env), "520")
        imported = count([*one, IMPORT], env) - bare
        show("import of pypsrp, without Python's start", imported)
        load = count([*one, LOAD.format(str(many))], env) - count([*one, LOAD.format(str(config))], env)
        show("1,000 targets loaded, without start and import", load, f"{0.7 * imported:.0f}, 0.7 of pypsrp's import")
        for (label, changes), ratio in zip(STAMPS.items(), (1.10, 0.70), strict=True):
            listing(label, changes, ratio, home, env)


def listing(label: str, changes: dict[str, Any], ratio: float, home: str, env: dict[str, str]) -> None:
    """Count `backup list` and the bare script against one host, which is not counted."""
    (bare := Path(home, "bare.py")).write_text(BARE)
    stamp = Stamp(replace(SCENARIOS["succeeds"], **changes), 60)
    with emulation(Emulating(stamp=stamp)) as running:
        host = running.host
        config = pointed(home, host)
        env = env | {"PORT": str(host.port), "NAME": host.username, "PASSWORD": host.password}
        theirs = count([sys.executable, str(bare)], env)
        show(f"the bare pypsrp script, {label}", theirs)
        ours = count([*PSBRIDGE, "backup", "list", "--config", config], env)
        show(f"backup list, {label}", ours, f"{ratio * theirs:.0f}, {ratio:.2f} of the bare script")


if __name__ == "__main__":
    main()
