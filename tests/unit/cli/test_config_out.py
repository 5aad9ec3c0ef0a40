"""Where `emulate --config-out` may write: nowhere that holds anything of the user's."""

from __future__ import annotations

from pathlib import Path

import pytest

from psbridge.cli.config_out import MARK, usable
from psbridge.errors import ConfigError


def test_a_new_file_and_one_left_behind_are_usable(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    assert usable(str(file)) == file
    file.write_text(MARK)
    (tmp_path / "c.yaml.password").write_text("old")
    assert usable(str(file)) == file


@pytest.mark.parametrize("content", ["", "version: 1\n", MARK[:-2]])
def test_a_file_of_the_users_is_left_as_it_is(tmp_path: Path, content: str) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(content)
    with pytest.raises(ConfigError, match="is there already; it was left as it is"):
        usable(str(file))
    assert file.read_text() == content


def test_a_password_file_of_the_users_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "c.yaml.password").write_text("mine")
    with pytest.raises(ConfigError, match=r"c\.yaml\.password is there already"):
        usable(str(tmp_path / "c.yaml"))


def test_a_folder_is_no_file_and_a_missing_one_no_place(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can't be written: Is a directory"):
        usable(str(tmp_path))
    with pytest.raises(ConfigError, match="is no folder that can be written to"):
        usable(str(tmp_path / "there" / "c.yaml"))
