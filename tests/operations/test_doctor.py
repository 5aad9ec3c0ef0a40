"""The doctor against an emulated host: each stage but those of the connection warns and fails as the table says."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from psbridge.api.doctor import diagnose
from psbridge.emulator.emulation import Emulating, Emulation, emulation
from psbridge.emulator.engines.embedded import pipeline
from psbridge.errors import ExitCode
from psbridge.models.diagnosis import STAGE_NAMES, Diagnosis, StageState
from tests.support.doctor_case import SIGN_IN, Case, Set, entered, name_of
from tests.support.doctor_cases import CASES
from tests.support.fakes.autojump import AutojumpClock
from tests.support.fakes.loopback import Loopback
from tests.support.hosts.one_host import PASSWORD, USER

READS = {
    *("Get-Command", "ForEach-Object", "Get-AzContext", "Get-AzureRmContext", "Invoke-AzRestMethod"),
    *("Get-Culture", "Get-Item"),  # of the session stage
    *("Get-AzsBackup", "Get-AzsBackupConfiguration", "Get-AzsAlert", "Get-AzsUpdate", "Get-AzsUpdateLocation"),
}
OF_THE_SESSION = {
    "Disable-AzContextAutosave",
    "Get-AzEnvironment",
    "Add-AzEnvironment",
    "Connect-AzAccount",
    "Set-AzContext",
}
"""What signs the session in; it ends with the session."""


class Bench:
    """A user, an emulated host on a clock that jumps, and what the host saw."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.patch = patch
        self.log: list[str] = []
        self.commands: list[str] = []
        self.sign_ins_refused = 0
        seen, rest = self.commands, pipeline._start

        def start(cmdlet: Any, name: str, arguments: Any, *more: Any) -> Any:
            method = str(arguments.values.get("Method") or "GET").upper()
            seen.append(cmdlet.name if method == "GET" else f"{cmdlet.name} {method}")
            return rest(cmdlet, name, arguments, *more)

        patch.setattr(pipeline, "_start", start)

    @contextmanager
    def host(self, scenario: dict[str, Any], **how: Any) -> Iterator[tuple[Loopback, Emulation]]:
        file = self.folder / "scenario.yaml"
        file.write_text(yaml.safe_dump({"based_on": "succeeds", **scenario}), "utf-8")
        network = Loopback(
            AutojumpClock(datetime.now(UTC)) if "tls" in how else AutojumpClock()
        )  # certificates are of now
        known = {"users": {USER: PASSWORD}, "auth": ("ntlm",), "scenario": str(file), "log": self.log.append}
        with network.emulated(**{**known, **how}) as running:
            yield network, running

    def diagnosed(self, case: Case, how: dict[str, Any] | None = None, **asked: Any) -> Diagnosis:
        """Run the doctor in a case, against a host that is emulated in a certain way."""
        with self.host(case.scenario, faults=case.faults, **(how or {})) as (network, running):
            plain = {
                "host": "127.0.0.1",
                "port": running.host.port,
                "tls": False,
                "auth": "ntlm",
                "username": USER,
                "password": {"env": "WORD"},
                "location": "redmond",
            }
            plain |= tls(running)
            self.configure({key: value for key, value in {**plain, **case.keys}.items() if value is not None})
            env = {"HOME": str(self.folder), "WORD": PASSWORD, "SP_SECRET": running.stamp.principal.secret}
            made = Set(self.folder, network, running, self.patch, env, asked, self.forget)
            with entered(case.prepare(made)):
                config = self.folder / "config.yaml"
                given = {"config": config, "state_dir": made.state, **made.asked}
                found = diagnose("nyc", environ=env, clock=network.clock, **given)
            self.sign_ins_refused = running.stamp.counts()["sign_ins_refused"]
            return found

    def forget(self) -> None:
        self.log.clear()
        self.commands.clear()

    def configure(self, target: dict[str, Any]) -> None:
        path = self.folder / "config.yaml"
        path.write_text(yaml.safe_dump({"version": 1, "targets": {"nyc": target}}), "utf-8")
        path.chmod(0o600)

    @property
    def logins(self) -> int:
        """The number of logins: by NTLM a request without an action that names the user, or is refused."""
        return sum("login refused" in line or f" {USER} http - 200 " in line for line in self.log)


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(tmp_path, monkeypatch)


def tls(running: Emulation) -> dict[str, Any]:
    """Return the keys of a target for the TLS of a host and its client certificate, where it has them."""
    host = running.host
    if not host.secure:
        return {}
    files = (
        {"client_cert": host.client_files.certificate, "client_key": host.client_files.key} if host.client_files else {}
    )
    return {"tls": {"ca": str(host.ca_file), **{key: str(path) for key, path in files.items()}}}


def states(found: Diagnosis) -> dict[str, str]:
    return {it.stage: it.state.value for it in found.stages}


def reads_only(commands: list[str]) -> bool:
    return set(commands) <= READS | OF_THE_SESSION


def matches(part: str, text: str) -> bool:
    return re.search(".*".join(map(re.escape, part.split("…"))), text, re.DOTALL) is not None


HEALTHY = Case("", "", "")
NUMBERS = [pytest.param(number, marks=pytest.mark.sweep) for number in range(5, 13)]


@pytest.mark.sampled(3)
@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_a_stage_is_not_ok_with_its_evidence_and_remedy(bench: Bench, case: Case) -> None:
    found = bench.diagnosed(case)
    stage = next(it for it in found.stages if it.stage == case.stage)
    told = [it for it in stage.findings if matches(case.evidence, it.text)]
    assert stage.state.value == case.state, stage
    assert told, stage.findings
    assert told[0].state is stage.state
    assert case.remedy in (told[0].remedy or ""), told
    assert stage.code == (case.code.label if case.code else None)
    before = STAGE_NAMES[: STAGE_NAMES.index(case.stage)]
    assert [name for name in before if states(found)[name] == "fail"] == []
    assert found.exit_code == (case.code or ExitCode.OK) or _follows(found, case)
    assert reads_only(bench.commands), Counter(bench.commands)
    assert bench.logins <= 1 or case.faults, "a lost connection logs in once more, to remove the shell"
    assert bench.sign_ins_refused <= 1
    for secret in (PASSWORD, "wr0ng-secret"):
        assert secret not in str(found)


def _follows(found: Diagnosis, case: Case) -> bool:
    """Return whether a later failure is what the case leads to: a login that can't work without a ticket."""
    return case.keys.get("auth") == "kerberos" and states(found)["login"] != "ok"


def test_every_stage_of_the_table_can_warn_or_fail() -> None:
    from psbridge.powershell.stages import Stage

    assert {case.stage for case in CASES} == set(STAGE_NAMES) - set(Stage)


def test_a_healthy_host_is_all_ok(bench: Bench) -> None:
    found = bench.diagnosed(HEALTHY)
    assert states(found) == dict.fromkeys(STAGE_NAMES, "ok")
    assert found.exit_code is ExitCode.OK
    assert reads_only(bench.commands)
    assert bench.logins == 1


@pytest.mark.parametrize("auth", ["ntlm", "negotiate", "credssp", "basic", "certificate"])
def test_a_healthy_host_is_all_ok_with_each_login(bench: Bench, auth: str) -> None:
    keys = {"auth": auth} | ({"username": None, "password": None} if auth == "certificate" else {})
    found = bench.diagnosed(Case("", "", "", keys=keys), {"auth": (auth,), "tls": True})
    assert states(found) == dict.fromkeys(STAGE_NAMES, "ok")


@pytest.mark.pwsh
@pytest.mark.parametrize("family", ["az", "azurerm"])
def test_the_real_engine_is_all_ok(tmp_path: Path, family: str) -> None:
    lacking = {"modules": "warn", "alerts": "not_reached", "updates": "not_reached"} if family == "azurerm" else {}
    scenario = "azurerm-module" if family == "azurerm" else "succeeds"
    how = Emulating(scenario=scenario, engine="pwsh", users={USER: PASSWORD}, auth=("ntlm",))
    config = tmp_path / "config.yaml"
    with emulation(how) as running:
        target = {"host": "127.0.0.1", "port": running.host.port, "tls": False, "auth": "ntlm", "username": USER}
        target |= {"password": {"env": "WORD"}}
        config.write_text(yaml.safe_dump({"version": 1, "targets": {"nyc": target}}), "utf-8")
        config.chmod(0o600)
        found = diagnose(config=config, state_dir=tmp_path / "state", environ={"WORD": PASSWORD})
    odd = {stage: state for stage, state in states(found).items() if state != "ok"}
    assert odd == lacking, [it for it in found.stages if it.state != "ok"]
    stage = next(it for it in found.stages if it.stage == "modules")
    assert stage.facts["family"] == family
    assert stage.facts["modules"]["Azs.Backup.Admin"] == {"az": "1.0.2", "azurerm": "0.3.2"}[family]


def test_a_healthy_host_with_the_modules_of_azurerm_lacks_only_their_alerts(bench: Bench) -> None:
    found = bench.diagnosed(Case("", "", "", scenario={"based_on": "azurerm-module"}))
    odd = {stage: state for stage, state in states(found).items() if state != "ok"}
    assert odd == {"modules": "warn", "alerts": "not_reached", "updates": "not_reached"}
    assert found.exit_code is ExitCode.OK


def test_it_signs_in_as_the_target_says(bench: Bench) -> None:
    found = bench.diagnosed(Case("", "", "", keys={"sign_in": SIGN_IN}, scenario={"based_on": "not-signed-in"}))
    stage = next(it for it in found.stages if it.stage == "sign_in")
    assert states(found) == dict.fromkeys(STAGE_NAMES, "ok")
    assert stage.facts["signed_in_by"] == "psbridge"
    assert stage.facts["may"] == {"read": True, "createBackup": "not checked", "write": "not checked"}
    assert bench.commands.count("Connect-AzAccount") == 1


@pytest.mark.parametrize("number", [1, 4, *NUMBERS])
def test_after_a_broken_session_nothing_is_asked_any_more(bench: Bench, number: int) -> None:
    found = bench.diagnosed(Case("", "", "", faults=(f"command:{number}:reset-before",)))
    (failed,) = [stage for stage, state in states(found).items() if state == "fail"]
    (clock,) = [it for it in found.stages if it.stage == "clock"]
    assert clock.state is StageState.NOT_REACHED or failed == "clock"
    assert clock.findings[0].text in {f"the session ended in {failed}", f"{failed} failed"} or failed == "clock"
    assert found.exit_code is ExitCode.UNREACHABLE
    # The host writes its "gone" when it sees the connection end; the client's next login may be written before.
    what = [line.split()[3] for line in bench.log if " gone " not in line]
    after = what[max(at for at, it in enumerate(what) if it in {"receive", "signal"}) + 1 :]
    assert after == ["http", "http", "http", "delete"], "its shell is removed, by the login that was accepted"


def test_a_host_that_hangs_costs_a_group_its_two_minutes_at_most(bench: Bench) -> None:
    found = bench.diagnosed(Case("", "", "", faults=("command:1:never-before",)))
    (stage,) = [it for it in found.stages if it.state is StageState.FAIL]
    assert 10 < (stage.seconds or 0) <= 120
    assert sum(it.seconds or 0 for it in found.stages if it is not stage) < 60


def test_the_timeout_ends_it_sooner(bench: Bench) -> None:
    found = bench.diagnosed(Case("", "", "", faults=("command:1:never-before",)), timeout=30.0)
    assert sum(it.seconds or 0 for it in found.stages) <= 31
    assert [it.state for it in found.stages].count(StageState.FAIL) == 1
    assert found.exit_code is not ExitCode.OK


def test_an_account_that_may_read_backups_only_can_start_one(bench: Bench) -> None:
    """As `backup start` does: it goes on without settings, alerts and updates."""
    found = bench.diagnosed(Case("settings", "", "", scenario={"based_on": "reads-forbidden"}))
    ended = states(found)
    assert (ended["sign_in"], ended["location"], ended["settings"], ended["backups"]) == ("ok", "ok", "warn", "ok")
    assert found.exit_code is ExitCode.OK


def test_shells_of_earlier_sessions_are_removed_and_named(bench: Bench) -> None:
    bench.diagnosed(Case("", "", "", faults=("delete:1-4:reset-before",)))
    running: list[Emulation] = []
    two = Case("", "", "", faults=("delete:1-4:reset-before",), prepare=lambda made: running.append(made.running))
    left = next(it for it in bench.diagnosed(two).stages if it.stage == "shells").facts["remaining"]
    assert len(left) == 1


def test_without_a_state_folder_the_rest_is_still_checked(bench: Bench) -> None:
    (bench.folder / "file").touch()
    found = bench.diagnosed(HEALTHY, state_dir=bench.folder / "file" / "state")
    odd = {stage: state for stage, state in states(found).items() if state != "ok"}
    assert odd == {"machine": "fail"}
    assert found.exit_code is ExitCode.CONFIG


def test_its_document_has_every_stage(bench: Bench) -> None:
    from psbridge.documents import encoding, registry
    from psbridge.documents.doctor import DoctorDocument

    document = DoctorDocument.of(bench.diagnosed(HEALTHY))
    plain = encoding.to_plain(document)
    assert [it["stage"] for it in plain["stages"]] == list(STAGE_NAMES)
    assert registry.from_plain(plain) == document
