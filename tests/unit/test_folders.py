"""Where psbridge keeps its files: what was asked for, systemd's folders, the home folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from psbridge.api.folders import cache_folder, state_folder
from psbridge.config import files

HOME = {"HOME": "/home/u"}


@pytest.mark.parametrize(
    ("env", "folder"),
    [
        ({}, "/home/u/.local/state/psbridge"),
        ({"STATE_DIRECTORY": "/var/lib/psbridge"}, "/var/lib/psbridge"),
        ({"STATE_DIRECTORY": "/var/lib/other:/var/lib/psbridge/nightly"}, "/var/lib/psbridge/nightly"),
        ({"STATE_DIRECTORY": "/var/lib/psbridge:/var/lib/other"}, "/var/lib/psbridge"),
        ({"STATE_DIRECTORY": "/var/lib/jenkins"}, "/home/u/.local/state/psbridge"),
        ({"STATE_DIRECTORY": "psbridge::"}, "/home/u/.local/state/psbridge"),
        ({"STATE_DIRECTORY": "/var/lib/psbridge", "XDG_STATE_HOME": "/x"}, "/var/lib/psbridge"),
        ({"STATE_DIRECTORY": "/var/lib/psbridge", "PSBRIDGE_STATE_DIR": "/mine"}, "/mine"),
        ({"STATE_DIRECTORY": "/var/lib/other:/var/lib/more", "HOME": "/"}, "/var/lib/other"),
    ],
)
def test_the_state_folder_is_the_first_that_is_meant(
    monkeypatch: pytest.MonkeyPatch, env: dict[str, str], folder: str
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert state_folder(None, HOME | env) == Path(folder)
    assert state_folder("/flag", HOME | env) == Path("/flag")


def test_a_journal_in_the_home_folder_stays_in_use_until_it_is_moved(tmp_path: Path) -> None:
    own, systemd = tmp_path / "x" / "psbridge", tmp_path / "psbridge"
    env = {"XDG_STATE_HOME": str(tmp_path / "x"), "STATE_DIRECTORY": str(systemd)}
    (own / "runs").mkdir(parents=True)
    assert state_folder(None, env) == own
    systemd.mkdir()
    (own / "runs").rename(systemd / "runs")
    assert state_folder(None, env) == systemd


def test_the_cache_folder_follows_the_same_order() -> None:
    assert cache_folder(HOME | {"CACHE_DIRECTORY": "/var/cache/psbridge"}) == Path("/var/cache/psbridge")
    assert cache_folder(HOME | {"CACHE_DIRECTORY": "/var/cache/other"}) == Path("/home/u/.cache/psbridge")


def test_the_config_of_a_service_comes_before_the_users_and_another_services_after_it(tmp_path: Path) -> None:
    def there(name: str) -> Path:
        path = tmp_path / name / "config.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        return path

    folders = ":".join(str(tmp_path / name) for name in ("etc/other", "etc/psbridge", "etc/psbridge/nightly"))
    env = {"XDG_CONFIG_HOME": str(tmp_path / "xdg"), "CONFIGURATION_DIRECTORY": folders}
    found = [files.find(None, env, tmp_path / "none")]
    for name in ("etc/other", "xdg/psbridge", "etc/psbridge/nightly", "etc/psbridge"):
        made = there(name)
        found.append(files.find(None, env, tmp_path / "none"))
        assert found[-1] == made
    assert found[0] is None
    assert files.find("/named", env) == Path("/named")
    assert files.find(None, env | {"PSBRIDGE_CONFIG": "/variable"}) == Path("/variable")
