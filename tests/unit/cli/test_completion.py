"""The names that a shell completes: read line by line where a config is written so, else by the YAML library."""

from __future__ import annotations

from pathlib import Path

import pytest

from psbridge.cli.completion import complete_target, target_lines

BLOCK = """\
version: 1
defaults: {poll: 10s}
targets:   # ours

  # the first
  redmond:
    host: oaw01.contoso.com
    password: |
      not: a target
  nyc: {host: oaw02.contoso.com}
  empty:
# the end
other:
  no: target
"""


@pytest.mark.parametrize(
    ("text", "names"),
    [
        pytest.param(BLOCK, ["redmond", "nyc", "empty"], id="a line for each"),
        pytest.param("targets:\n  a.b-1:", ["a.b-1"], id="no last newline"),
        pytest.param("targets:\n    a:\n        host: b\n    c:\n", ["a", "c"], id="indented by four"),
        pytest.param("targets: {a: {}, b: {}}\n", None, id="in one line"),
        pytest.param("{version: 1, targets: {a: {}}}\n", None, id="JSON's way"),
        pytest.param('targets:\n  "a": {}\n  b: {}\n', None, id="in quotes"),
        pytest.param("targets:\n  ? a\n  : {}\n", None, id="a long key"),
        pytest.param("targets:\n  - a:\n", None, id="a list"),
        pytest.param("targets:\n\n# none\n", None, id="none"),
        pytest.param("", None, id="an empty file"),
    ],
)
def test_target_names_on_their_own_lines(text: str, names: list[str] | None) -> None:
    assert target_lines(text) == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        pytest.param(BLOCK, ["redmond", "nyc", "empty", "demo"], id="a line for each"),
        pytest.param("targets: {a: {}, b: {}}\n", ["a", "b", "demo"], id="in one line"),
        pytest.param('targets:\n  "a": {}\n  b: {}\n', ["a", "b", "demo"], id="in quotes"),
        pytest.param("targets: [a]\n", ["demo"], id="a list"),
        pytest.param("- targets\n", ["demo"], id="no mapping"),
        pytest.param("version: [1\n", ["demo"], id="broken"),
        pytest.param("", ["demo"], id="an empty file"),
    ],
)
def test_every_name_of_a_config_is_completed(
    text: str, names: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (file := tmp_path / "config.yaml").write_text(text)
    monkeypatch.setenv("PSBRIDGE_CONFIG", str(file))
    assert complete_target("") == names
    assert complete_target("n") == [name for name in names if name.startswith("n")]
