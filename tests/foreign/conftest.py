"""Clients that psbridge does not ship, in an environment of their own (`scripts/foreign`), against emulated hosts."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from psbridge.testing import EmulatedHost

PYTHON = os.environ.get("FOREIGN_PYTHON", "")
HERE = Path(__file__).parent
collect_ignore_glob = [] if PYTHON else ["test_*"]  # only `scripts/foreign` runs them

Client = Callable[..., Any]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the tests of a client that could not be installed, with the reason."""
    for item in items:
        client = item.path.stem.removeprefix("test_").partition("_")[0]
        if item.path.parent == HERE and (reason := os.environ.get(f"FOREIGN_MISSING_{client}")):
            item.add_marker(pytest.mark.skip(reason=f"{client} can't be installed: {reason}"))


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The complete environment of a foreign client."""
    return {
        "PATH": f"{Path(PYTHON).parent}:/usr/bin:/bin",
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
        "AIRFLOW_HOME": str(tmp_path / "airflow"),
        "ANSIBLE_HOME": str(tmp_path / "ansible"),
    }


@pytest.fixture
def client(operator_host: EmulatedHost, environment: dict[str, str], tmp_path: Path) -> Client:
    """Run a script of `clients/` against the emulated host; return what it found."""

    def run(script: str, **more: Any) -> Any:
        result = tmp_path / "result.json"
        given = {
            "host": operator_host.host,
            "port": operator_host.port,
            "username": operator_host.username,
            "password": operator_host.password,
            "ca_file": str(operator_host.ca_file) if operator_host.ca_file else None,
            "result": str(result),
            **more,
        }
        done = subprocess.run(
            [PYTHON, HERE / "clients" / script],
            input=json.dumps(given),
            env=environment,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
        return json.loads(result.read_text())

    return run
