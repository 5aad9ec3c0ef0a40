"""Every request of every flow × every fault × three ways to log in, against the stamp's own count: the exhaustive run.

A run is one command with one fault in its way, and, where it left something open, a `wait` after it. `broken` says which
of psbridge's promises it broke; nothing of it asserts, so that `scripts/faults` can print what a test would stop at.
"""

from __future__ import annotations

import itertools
import random
import tempfile
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from psbridge.api.stamp import Stamp as Library
from psbridge.emulator.emulation import Emulation
from psbridge.emulator.faults.effects import EFFECTS
from psbridge.errors import ExitCode, PsbridgeError
from psbridge.models.connection import Auth, Endpoint, Tls
from psbridge.models.events import Started
from psbridge.models.report import Report
from psbridge.models.secret import Secret
from psbridge.models.stamp_status import StampStatus
from psbridge.models.target import Policy, Target
from psbridge.operations.start import StartOptions
from psbridge.values import replace
from tests.support.fakes.autojump import AutojumpClock
from tests.support.fakes.loopback import Loopback

SPEED: Final = 4000.0  # a backup takes 0.3 seconds
POLICY: Final = Policy(timeout=4.0, call_timeout=0.8, connect_timeout=0.5, poll=0.1, settle=0.2)
LOOKING: Final = replace(POLICY, call_timeout=1.6)
"""For a host that may keep a look at the trigger for a whole second."""
SLACK: Final = 4.0
"""Seconds beyond its deadline that a command may take: closing its shell takes up to 3, removing older ones 1."""
USERS: Final = {"operator": "pw"}

# From `start` these mean that nothing was started; 7 has one exception, the stamp's own skip, which is no scenario here.
NOTHING_STARTED: Final = {
    ExitCode.USAGE,
    ExitCode.AUTH,
    ExitCode.UNREACHABLE,
    ExitCode.BUSY,
    ExitCode.NOT_FOUND,
    ExitCode.CONFIG,
    ExitCode.PREREQUISITE,
}
DECIDED: Final = {ExitCode.OK, ExitCode.FAILED, ExitCode.PARTIAL}

AZURERM: Final = "azurerm-module"
UNLISTED: Final = "running-not-listed"
STALE: Final = "stale-answer"
LYING: Final = "sources-differ"
SCENARIOS: Final = {
    "start": ("succeeds", "one-role-fails", UNLISTED, AZURERM, STALE, "preferences"),
    "wait": ("succeeds", "one-role-fails", UNLISTED, LYING, "sign-in-expires"),
    "confirm": ("succeeds", LYING),
    "status": ("succeeds", LYING, AZURERM),
    "list": ("succeeds",),
}
"""What each flow meets on the stamp."""
ONE_WAY: Final = {"preferences", "sign-in-expires"}
"""Those of the session's state, which no login changes: met with one way to log in only."""
GOOD: Final = {"succeeds", UNLISTED, AZURERM, STALE, "preferences", "sign-in-expires"}
"""Those whose triggered backups are whole; only these may be confirmed."""

VALUES: Final = {
    "delay": "0.05",
    "delay-after": "0.05",
    "drip": "100000",
    "cut": "200",
    "cut-body": "700",
    "truncate": "300",
    "fault": "1359",
    "status": "429",
    "status-after": "503",
    "status-forever": "503",
    "other-fault": "2150858843",
    "lose-fragment": "1",
    "double-fragment": "1",
    "gzip": "100000000",
    "gzip-twice": "3000000000",
    "long-head": "500000",
    "interim": "20000",
    "unclosed": "400000",
    "wide": "400000",
    "attributes": "400000",
    "deep-object": "400000",
    "wide-object": "1200000",
}


@dataclass(frozen=True, slots=True)
class Way:
    """A way to log in."""

    name: str
    auth: Auth
    tls: bool


WAYS: Final = (
    Way("basic/https", Auth.BASIC, True),
    Way("ntlm/http", Auth.NTLM, False),
    Way("ntlm/https", Auth.NTLM, True),
)


@dataclass(frozen=True, slots=True)
class Run:
    """One command with one fault in its way.

    Attributes:
        scenario: what the stamp's triggered backups come to, and what host it has.
        rule: the fault, as `--fault` takes it; empty for none.
    """

    flow: str
    scenario: str
    way: Way
    rule: str

    def __str__(self) -> str:
        return f"{self.flow} {self.scenario} {self.way.name} {self.rule or '(no fault)'}"


@dataclass(frozen=True, slots=True)
class Ended:
    """What a run came to.

    Attributes:
        code: how the command ended.
        triggers: how many backups the stamp says it started.
        requests: how many WSMan requests the host had answered by then.
        broken: the promises that were broken, empty if none was.
        why: the command's own words where it did not end well.
    """

    run: Run
    code: ExitCode
    triggers: int
    requests: int
    seconds: float
    broken: tuple[str, ...]
    why: str


def carry_out(run: Run, policy: Policy | None = None) -> Ended:
    """Run a command on a stamp of its own and hold what it did against what was promised."""
    policy = policy or (LOOKING if run.scenario == AZURERM else POLICY)
    network = Loopback(AutojumpClock())
    with tempfile.TemporaryDirectory() as folder, network.emulated(**_host(run)) as running:
        site = Site(run, running, Path(folder), network.clock)
        made = _prepared(site)
        if run.rule:
            running.host.faults.add(run.rule, from_now=True)
        counted = running.host.requests.get("*", 0)
        begun = network.clock.monotonic()
        code, report, why = _ended(FLOWS[run.flow], site.client(policy), made)
        seconds = network.clock.monotonic() - begun
        requests = running.host.requests.get("*", 0) - counted
        triggers = running.stamp.counts()["triggers"] - (made is not None)
        broken = [*_broken(run, code, report, triggers, seconds)]
        if run.flow == "start" and triggers == 1 and code not in DECIDED:
            broken += _lost(site)
        return Ended(run, code, triggers, requests, seconds, tuple(broken), why)


def _host(run: Run) -> dict[str, Any]:
    return {
        "scenario": run.scenario,
        "speed": SPEED,
        "users": USERS,
        "auth": (str(run.way.auth),),
        "tls": run.way.tls,
    }


@dataclass(frozen=True, slots=True)
class Site:
    """The emulated host of a run, and the folder and the clock of its clients."""

    run: Run
    running: Emulation
    folder: Path
    clock: AutojumpClock

    def client(self, policy: Policy = POLICY, folder: str = "") -> Library:
        host, way = self.running.host, self.run.way
        tls = Tls(ca=str(host.ca_file)) if way.tls else None
        endpoint = Endpoint(host.host, host.port, tls, way.auth, "operator", Secret("pw"))
        target = Target("nyc", endpoints=(endpoint,), location="redmond", policy=policy)
        return Library(target, state=self.folder / folder, clock=self.clock)


def _prepared(site: Site) -> str | None:
    """Start the backup that a wait is to wait for, without a fault; return its id."""
    if site.run.flow != "wait":
        return None
    with site.client(folder="other") as client:
        started = client.backups.run(StartOptions(wait=False))
        assert isinstance(started, Started)
        return started.id


def _ended(
    flow: Callable[[Library, str | None], Result], client: Library, made: str | None
) -> tuple[ExitCode, Report | None, str]:
    try:
        with client:
            report = flow(client, made)
    except PsbridgeError as problem:
        return problem.exit_code, None, " ".join((problem.message, *problem.detail.get("candidates", ())))
    except Exception as bug:
        return ExitCode.INTERNAL, None, f"{type(bug).__name__}: {bug}"
    if isinstance(report, StampStatus):
        return report.exit_code, None, report.problem.message if report.problem else ""
    if not isinstance(report, Report):
        return ExitCode.OK, None, ""
    return report.exit_code, report, report.problem.message if report.problem else ""


def _start(client: Library, _made: str | None) -> Report | Started:
    return client.backups.run(StartOptions())


def _list(client: Library, _made: str | None) -> None:
    client.backups.list()


def _status(client: Library, _made: str | None) -> StampStatus:
    return client.status()


Result = Report | Started | StampStatus | None
FLOWS: Final[dict[str, Callable[[Library, str | None], Result]]] = {
    "start": _start,
    "wait": lambda client, made: client.backups.wait(made),
    "confirm": lambda client, _: client.backups.confirm(),
    "status": _status,
    "list": _list,
}


def _broken(run: Run, code: ExitCode, report: Report | None, triggers: int, seconds: float) -> Iterator[str]:
    """Yield what was promised and not kept."""
    if triggers > (run.flow == "start"):
        yield f"{triggers} backups were started"
    if code is ExitCode.INTERNAL:
        yield "it ended as a bug"
    if run.flow == "start" and triggers and code in NOTHING_STARTED:
        yield f"exit code {int(code)} says that nothing was started, and one was"
    if run.flow == "start" and not triggers and code in DECIDED:
        yield f"exit code {int(code)} without a backup"
    if run.flow == "status" and run.scenario in GOOD and code in {ExitCode.FAILED, ExitCode.PARTIAL, ExitCode.STALE}:
        yield "a stamp that is well was called bad"
    if run.scenario == LYING and code in DECIDED:
        yield "an answer that contradicts another was taken for the truth"
    ours = report is not None and run.flow in {"start", "wait"}
    if ours and run.scenario not in GOOD and code is ExitCode.OK:
        yield "an incomplete backup was confirmed"
    if ours and run.scenario in GOOD and code in {ExitCode.FAILED, ExitCode.PARTIAL}:
        yield "a good backup was called bad"
    limit = POLICY.timeout if run.flow in {"start", "wait"} else 4 * POLICY.call_timeout
    if seconds > limit + SLACK:
        yield f"it took {seconds:.1f} s, {limit + SLACK} were allowed"


def _lost(site: Site) -> Iterator[str]:
    """Take the run up again, without a fault: a backup that the stamp started must be found.

    On a host of the AzureRM modules, who started a backup is unknown: it must be named as the candidate.
    """
    ours = [it.id for it in site.running.stamp.backups() if not it.automatic]  # those that it does not list yet, too
    site.running.host.faults.clear()
    code, report, why = _ended(FLOWS["wait"], site.client(replace(POLICY, timeout=60.0)), None)
    found = report.verdict.backup.id if report is not None and report.verdict.backup else None
    if site.run.scenario == AZURERM and code is ExitCode.AMBIGUOUS and ours[0] in why:
        return
    if code not in DECIDED or [found] != ours:
        yield f"the backup {ours} was not found by a later wait: {int(code)} {why}"


@cache
def length(flow: str, scenario: str, way: Way) -> int:
    """Return how many WSMan requests a flow makes where nothing goes wrong."""
    ended = carry_out(Run(flow, scenario, way, ""))
    assert not ended.broken, ended
    return ended.requests


def whole_matrix(flows: tuple[str, ...] = tuple(FLOWS), effects: Collection[str] = EFFECTS) -> Iterator[Run]:
    """Yield every run there is, some thousands, or those with some effects."""
    for flow, way in itertools.product(flows, WAYS):
        for scenario in SCENARIOS[flow]:
            if scenario in ONE_WAY and way is not WAYS[0]:
                continue
            requests = length(flow, scenario, way)
            for effect in effects:
                for number in range(1, requests + 1):
                    rule = _rule(effect, number)
                    if rule:
                        yield Run(flow, scenario, way, rule)


def _rule(effect: str, number: int) -> str | None:
    """Return the fault for the nth request; what goes wrong in answers to Receive only is counted among those."""
    actions = EFFECTS[effect].actions
    named = next((it for it in ("*", "receive", "send") if it in actions), None)
    action = named or ("tcp" if number <= 3 else None)
    if action is None:
        return None
    value = f"={VALUES.get(effect, '1')}" if EFFECTS[effect].value else ""
    return f"{action}:{number}:{effect}{value}"


def sample(seed: int, flows: tuple[str, ...] = tuple(FLOWS), effects: Collection[str] = EFFECTS) -> list[Run]:
    """Return a part of the matrix in which each flow meets each of some effects once, somewhere and by some way."""
    return [_somewhere(seed, flow, effect) for flow, effect in itertools.product(flows, effects)]


def _somewhere(seed: int, flow: str, effect: str) -> Run:
    chosen = random.Random(f"{seed} {flow} {effect}")
    way = chosen.choice(WAYS)
    scenario = chosen.choice(SCENARIOS[flow])
    number = chosen.randint(1, length(flow, scenario, way))
    return Run(flow, scenario, way, _rule(effect, number) or _rule(effect, 1) or "")
