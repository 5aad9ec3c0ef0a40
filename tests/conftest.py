"""What every test shares."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A shell's background job ignores Ctrl-C, one under nohup a hang-up, and so would every process that a test starts.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

# Only a loss of power shows whether a file was synced. A sync takes 5 ms, and the tests make tens of thousands.
os.fsync = os.fstat

pytest_plugins = ["psbridge.testing"]

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.support import tiers  # noqa: E402 - the line above makes it importable
from tests.support.hosts import kdc, prometheus, samba  # noqa: E402 - as above
from tests.support.process.cli import Cli  # noqa: E402 - as above


@pytest.fixture
def cli(tmp_path: Path) -> Iterator[Cli]:
    """A user who has nothing yet, and whose processes end with the test."""
    tmp_path.chmod(0o700)  # else psbridge would not trust a config or a secret in it
    user = Cli(tmp_path)
    yield user
    user.leave()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that choose among the tests, and `--sources`."""
    parser.addoption("--all", action="store_true", help="run sweeps and what needs the real PowerShell engine as well")
    parser.addoption("--lab", action="store_true", help="run what needs servers of the Debian packages as well")
    parser.addoption("--whole", action="store_true", help="run whole those sweeps of which --all takes a part")
    parser.addoption("--sources", action="store_true", help="print where each behaviour of the far end is known from")


def pytest_configure(config: pytest.Config) -> None:
    """Choose how many examples properties are tried with, before the tests are imported."""
    chosen = given(config)
    tiers.choose(chosen)
    settings.register_profile(
        "psbridge",
        max_examples=tiers.examples(100),
        # Neither may depend on how busy the machine is.
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
        # The fast tier is the same each time; --all searches.
        derandomize="--all" not in chosen,
    )
    settings.load_profile("psbridge")


def pytest_report_header(config: pytest.Config) -> str:
    """Say which tests are run."""
    missing = sorted({"--all", "--lab"} - given(config))
    return f"tests: all but those of {' and '.join(missing)}" if missing else "tests: all"


def given(config: pytest.Config) -> set[str]:
    """Return the options that add tests."""
    found = {option for option in ("--all", "--lab") if config.getoption(option)}
    return found | {"--all"} if config.getoption("--whole") else found


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests of other tiers; skip, with the reason, what this machine lacks something for."""
    tiers.sample(items)
    items[:], left = tiers.split(items, given(config))
    if left:
        config.hook.pytest_deselected(items=left)
    reasons = {
        "pwsh": "" if shutil.which("pwsh") else "needs the real PowerShell engine: `pwsh` is not on PATH",
        "kerberos": f"needs MIT Kerberos: there is no {lacking}" if (lacking := kdc.missing()) else "",
        "samba": f"needs Samba: there is no {lacking}" if (lacking := samba.missing()) else "",
        "prometheus": f"needs Prometheus: there is no {lacking}" if (lacking := prometheus.missing()) else "",
    }
    for name, reason in reasons.items():
        for item in items:
            if reason and item.get_closest_marker(name):
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def running_realm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[kdc.Realm]:
    """A Kerberos realm for the whole run."""
    with kdc.realm(tmp_path_factory.mktemp("realm")) as made:
        yield made


@pytest.fixture
def realm(running_realm: kdc.Realm, monkeypatch: pytest.MonkeyPatch) -> kdc.Realm:
    """The realm, with this process's Kerberos libraries pointed at it. For tests marked `kerberos`."""
    for name, value in running_realm.environment.items():
        monkeypatch.setenv(name, value)
    return running_realm


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep the user's own config, state, proxies and Kerberos realm out of every test."""
    monkeypatch.setenv("KRB5_CONFIG", os.devnull)  # Debian's own names MIT's realm, whose servers would be looked for
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "PSBRIDGE_CONFIG", "PSBRIDGE_TARGET"):
        monkeypatch.delenv(name, raising=False)
    for name in ("NO_COLOR", "FORCE_COLOR", "http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
