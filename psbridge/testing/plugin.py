"""The pytest plugin: the fixtures and the marker."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NoReturn

import pytest

from psbridge.testing.emulated_host import LOG, EmulatedHost, emulated_host
from psbridge.testing.emulated_stamp import EmulatedStamp, StampClock
from psbridge.testing.marker import MARKER, Rehearsal, merged

_HELP = (
    "psbridge(scenario='succeeds', speed=1200, faults=(), engine='embedded', tls=False, auth=None, full_language=False): "
    "what the fixtures `operator_host` and `stamp` emulate."
)


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker."""
    config.addinivalue_line("markers", _HELP)
    # So that a failed test shows the requests, whatever the root logger's level.
    logging.getLogger(LOG).setLevel(logging.INFO)


@pytest.fixture
def stamp(request: pytest.FixtureRequest) -> EmulatedStamp:
    """An emulated stamp, new for each test: its counters, backups and clock."""
    from psbridge.emulator.stamp.scenario_file import open_stamp

    asked = _rehearsal(request)
    clock = StampClock()
    try:
        opened = open_stamp(_scenario(asked.scenario, request.path.parent), asked.speed, now=clock)
    except (ValueError, OSError) as wrong:
        _refuse(wrong)
    return EmulatedStamp(opened, clock)


@pytest.fixture
def operator_host(
    request: pytest.FixtureRequest,
    stamp: EmulatedStamp,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[EmulatedHost]:
    """An emulated operator host of `stamp` on a free loopback port, and an environment in which psbridge uses it."""
    with ExitStack() as stack:
        try:
            running = emulated_host(_rehearsal(request), stamp.emulated, tmp_path_factory.mktemp("psbridge"))
            host = stack.enter_context(running)
        except FileNotFoundError as missing:
            _refuse(f"{missing}; use engine='embedded' or 'auto', or put PowerShell 7 on PATH")
        except (ValueError, OSError) as wrong:
            _refuse(wrong)
        _take_over(monkeypatch, host)
        yield host


def _take_over(monkeypatch: pytest.MonkeyPatch, host: EmulatedHost) -> None:
    """Set the test's environment to the host's until the test ends."""
    for name in os.environ.keys() - host.env.keys():
        monkeypatch.delenv(name)
    for name in ("PATH", "PSBRIDGE_CONFIG", "PSBRIDGE_STATE_DIR"):
        monkeypatch.setenv(name, host.env[name])


def _rehearsal(request: pytest.FixtureRequest) -> Rehearsal:
    markers = reversed(list(request.node.iter_markers(MARKER)))
    try:
        return merged((marker.args, marker.kwargs) for marker in markers)
    except ValueError as wrong:
        _refuse(wrong)


def _scenario(name: str, beside: Path) -> str:
    """Return the path of a scenario file next to the test; without such a file, the name."""
    file = beside / name
    return str(file) if file.is_file() else name


def _refuse(wrong: object) -> NoReturn:
    pytest.fail(f"@pytest.mark.{MARKER}: {wrong}", pytrace=False)
