"""Where `emulate --config-out` may write: nowhere that holds anything of the user's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from psbridge.cli.emulate.config_out import MARK, config_at, usable
from psbridge.emulator.emulation import Emulating, emulation
from psbridge.errors import ConfigError


def test_a_new_file_and_a_stale_one_are_usable(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    assert usable(str(file)) == file
    file.write_text(MARK)
    (tmp_path / "c.yaml.password").write_text("old")
    assert usable(str(file)) == file


@pytest.mark.parametrize("content", ["", "version: 1\n", MARK[:-2]])
def test_a_users_file_is_not_changed(tmp_path: Path, content: str) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(content)
    with pytest.raises(ConfigError, match="already exists and was not changed"):
        usable(str(file))
    assert file.read_text() == content


def test_a_users_password_file_is_not_changed(tmp_path: Path) -> None:
    (tmp_path / "c.yaml.password").write_text("mine")
    with pytest.raises(ConfigError, match=r"c\.yaml\.password already exists"):
        usable(str(tmp_path / "c.yaml"))


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "c.yaml")
    with pytest.raises(ConfigError, match="already exists"):
        usable(str(tmp_path / "c.yaml"))


def test_a_config_belongs_to_one_running_host_and_is_removed_by_it_only(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    with emulation(Emulating()) as one, emulation(Emulating()) as other:
        with config_at(file, one):
            with pytest.raises(ConfigError, match="is the config of an emulated host that is running"):
                usable(str(file))
            later = config_at(file, other)  # as one that looked before the first had written
            later.__enter__()
        assert f"port: {other.host.port}\n" in file.read_text()
        assert (tmp_path / "c.yaml.password").read_text() == other.host.password
        later.__exit__(None, None, None)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_and_a_path_in_a_missing_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can't be written: it is a folder"):
        usable(str(tmp_path))
    with pytest.raises(ConfigError, match="is not a writable folder"):
        usable(str(tmp_path / "there" / "c.yaml"))
