"""`doctor --bundle`: what is in it, and what is not: secrets never, names only if they are asked for."""

from __future__ import annotations

import json
import os
import re
import socket
import stat
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from psbridge.api.doctor import diagnose
from psbridge.api.stamp import connect
from psbridge.emulator.emulation import Emulating, emulation
from psbridge.errors import ConfigError, UsageError
from psbridge.models.diagnosis import StageState

HOST, USER = "oaw77.quartz.example", "QUARTZ\\kanariv"
SECRETS = {
    "password": "Kan4ri-pass-wort",
    "own variable": "Kan4ri-of-variable",
    "sign_in": "Kan4ri-sign-in",
    "healthchecks": "Kan4ri-ping-key",
    "other target": "Kan4ri-other-target",
}
SUBSCRIPTION = "0c0ffee0-1111-4222-8333-444455556666"
NAMES = (
    "malachit",
    "oaw88",
    "kanarienvogel",
    "files77",
    "bergkristall",
    "oaw77",
    "quartz",
    "kanariv",
    SUBSCRIPTION,
    "d9f2b6c4-3f7e-4f56-8c0e-6a1b9c2d7e11",
    "10.77.66.55",
)
LOG = [
    {"kind": "log", "message": f"target nyc: https://{HOST}:5986/wsman from 10.77.66.55", "event": "target"},
    {"kind": "log", "message": f"host: the password is {SECRETS['password']}", "event": "log"},
    {
        "kind": "log",
        "message": "host: bergkristall is asked for \\\\files77.bergkristall.example\\share",
        "event": "log",
    },
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's home, from which the host's name leads to this machine."""
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *rest, **how: real("127.0.0.1" if host == HOST else host, *rest, **how)
    )
    (home := tmp_path / "kanariv").mkdir(mode=0o700)
    return home


def config_of(running: Any, folder: Path) -> Path:
    """Return a config that has each kind of secret."""
    target = {
        "host": HOST,
        "port": running.host.port,
        "tls": False,
        "auth": "ntlm",
        "username": USER,
        "password": {"env": "WORD"},
        "location": "redmond",
        "notify": {"healthchecks": {"url": f"https://hc.quartz.example/{SECRETS['healthchecks']}"}},
    }
    other = {"host": "elsewhere.quartz.example", "username": USER, "password": SECRETS["other target"], "location": "x"}
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump({"version": 1, "targets": {"nyc": target, "other": other}}), "utf-8")
    path.chmod(0o600)
    return path


@pytest.fixture
def bundled(folder: Path) -> Callable[..., dict[str, bytes]]:
    """Return the files of a bundle that the doctor wrote."""

    def run(**how: Any) -> dict[str, bytes]:
        env = {
            "HOME": str(folder),
            "USER": "kanariv",
            "WORD": SECRETS["password"],
            "PSBRIDGE_TARGET_OTHER_PASSWORD": SECRETS["own variable"],
            "PSBRIDGE_OUTPUT": "table",
            "PSBRIDGE_TARGET_NYC_PASWORD": "a misspelled variable",
            "VAULT_TOKEN": "not read by psbridge",
            "ANY_TOKEN": "1",
            "PSBRIDGE_TARGET_OTHER_HOST": "malachit.example,oaw88",
            "PSBRIDGE_TARGET_OTHER_USERNAME": "kanarienvogel",
            "https_proxy": f"http://me:{SECRETS['sign_in']}@proxy.quartz.example:3128",
        }
        (log := folder / "log.json").write_text("".join(f"{json.dumps(line)}\n" for line in LOG), "utf-8")
        with emulation(Emulating(users={USER: SECRETS["password"]}, auth=("ntlm",))) as running:
            config, state = config_of(running, folder), folder / "state"
            with connect("nyc", config=config, state_dir=state, environ=env) as stamp, stamp.operation() as context:
                run_log = context.journal.begin("20260304T121543Z-5d0c1f7a", "nyc", "redmond")
                run_log.write("open", cause=f"https://{HOST}:5986/wsman: the connection was cut", candidates=[])
            file = folder / "bundle.tar.gz"
            diagnose("nyc", config=config, state_dir=state, environ=env, bundle=file, log=log, **how)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        with tarfile.open(file) as archive:
            return {each.name: archive.extractfile(each).read() for each in archive}  # type: ignore[union-attr]

    return run


def test_a_bundle_has_what_helps(bundled: Callable[..., dict[str, bytes]]) -> None:
    files = {name.removeprefix("psbridge-bundle/"): data for name, data in bundled().items()}
    assert list(files) == [
        *("README.txt", "doctor.json", "config.json", "versions.json", "environment.json", "runs.json", "log.json")
    ]
    found = {name: json.loads(data) for name, data in files.items() if name.endswith(".json")}
    assert [it["stage"] for it in found["doctor.json"]["stages"]][:3] == ["config", "machine", "name"]
    assert found["config.json"]["targets"]["nyc"]["password"] == {"env": "WORD"}
    assert re.fullmatch(r"\d+\.\d+.*", found["versions.json"]["packages"]["pypsrp"]), "no digit is masked"
    assert found["environment.json"] == {
        "HOME": "~",
        "PSBRIDGE_OUTPUT": "table",
        "PSBRIDGE_TARGET_NYC_PASWORD": "***",
        "PSBRIDGE_TARGET_OTHER_HOST": found["environment.json"]["PSBRIDGE_TARGET_OTHER_HOST"],
        "PSBRIDGE_TARGET_OTHER_PASSWORD": "***",
        "PSBRIDGE_TARGET_OTHER_USERNAME": found["environment.json"]["PSBRIDGE_TARGET_OTHER_USERNAME"],
        "WORD": "***",
        "https_proxy": "***",
    }
    assert [it["run"] for it in found["runs.json"]["runs"]] == ["20260304T121543Z-5d0c1f7a"]
    assert [it["event"] for it in found["log.json"]] == ["target", "log", "log"]


@pytest.mark.parametrize("names", [False, True])
def test_no_secret_is_in_it(names: bool, bundled: Callable[..., dict[str, bytes]]) -> None:
    whole = b"\n".join(bundled(names=names).values())
    assert [what for what, secret in SECRETS.items() if secret.encode() in whole] == []
    assert b"kan4ri" not in whole.lower()


def test_no_name_is_in_it_unless_asked_for(bundled: Callable[..., dict[str, bytes]]) -> None:
    whole = b"\n".join(bundled().values()).lower()
    assert [name for name in NAMES if name.encode() in whole] == []
    assert b"host-" in whole
    assert b"user-1" in whole


def test_names_are_in_it_with_names(bundled: Callable[..., dict[str, bytes]]) -> None:
    whole = b"\n".join(bundled(names=True).values())
    assert HOST.encode() in whole
    assert b"10.77.66.55" in whole


def test_a_name_has_one_word_in_all_files(bundled: Callable[..., dict[str, bytes]]) -> None:
    files = bundled()
    config = json.loads(files["psbridge-bundle/config.json"])
    word = config["targets"]["nyc"]["host"][0]
    log = json.loads(files["psbridge-bundle/log.json"])
    assert log[0]["message"] == f"target nyc: https://{word}:5986/wsman from address-1"
    assert word in json.loads(files["psbridge-bundle/runs.json"])["runs"][0]["cause"]


def test_nothing_is_overwritten_and_nothing_is_sent_before_that_is_known(tmp_path: Path) -> None:
    (taken := tmp_path / "taken.tar.gz").write_text("mine")
    ended: list[Any] = []
    for path in (taken, tmp_path / "no-such-folder" / "b.tar.gz"):
        with pytest.raises(UsageError, match="--bundle"):
            diagnose("demo", environ={"HOME": str(tmp_path)}, bundle=path, ended=ended.append)
    assert ended == []
    assert taken.read_text() == "mine"


def test_a_bundle_is_written_where_the_config_can_not_be_read(tmp_path: Path) -> None:
    (config := tmp_path / "config.yaml").write_text("version: 1\ntargets: {nyc: {hots: oaw01, password: Kan4ri}}\n")
    config.chmod(0o600)
    file = tmp_path / "bundle.tar.gz"
    found = diagnose("nyc", config=config, environ={"HOME": str(tmp_path)}, bundle=file)
    assert found.stages[0].state is StageState.FAIL
    with tarfile.open(file) as archive:
        files = {each.name: archive.extractfile(each).read() for each in archive}  # type: ignore[union-attr]
    assert b"Kan4ri" not in b"".join(files.values())
    assert b"see the stage" in files["psbridge-bundle/config.json"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_can_not_be_written_is_an_error_of_this_machine(tmp_path: Path) -> None:
    (folder := tmp_path / "folder").mkdir(mode=0o500)
    with pytest.raises(ConfigError, match="can't be written"):
        diagnose("demo", environ={"HOME": str(tmp_path)}, only=["config"], bundle=folder / "b.tar.gz")
