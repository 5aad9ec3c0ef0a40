"""An error is reported in any state of the process."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

# As an interrupt in the middle of `import yaml`, or of psbridge's own modules, leaves them: there, and of no use.
HALF_IMPORTED = """
import sys, types
for name in {names!r}:
    sys.modules[name] = types.ModuleType(name)
from psbridge.cli.errors import report
from psbridge.cli.context import Context
from psbridge.cli.options import GlobalOptions
from psbridge.errors import Interrupted
sys.exit(report(Context(options=GlobalOptions(output={output!r})), Interrupted("interrupted by SIGTERM")))
"""


@pytest.mark.parametrize("output", [None, "json"])
@pytest.mark.parametrize("names", [["psbridge.config.load"], ["psbridge.documents"], ["psbridge.render"]])
def test_an_interrupt_during_an_import_is_reported(names: list[str], output: str | None) -> None:
    program = HALF_IMPORTED.format(names=names, output=output)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=250, check=False)
    assert done.returncode == 130, done.stderr
    assert "Traceback" not in done.stderr
    if output == "json":
        error = json.loads(done.stderr)["error"]
        assert (error["code"], error["trigger"], error["hint"]) == ("interrupted", "not_sent", "No backup was started.")
    else:
        assert done.stderr == "error: interrupted by SIGTERM\nhint: No backup was started.\n"


def test_an_error_caused_by_an_interrupt_is_reported_as_the_interrupt(capsys: pytest.CaptureFixture[str]) -> None:
    from psbridge.cli.context import Context
    from psbridge.cli.errors import run_body
    from psbridge.cli.options import GlobalOptions
    from psbridge.errors import Interrupted

    def body(_context: Context) -> None:
        try:
            raise Interrupted("interrupted by SIGINT")
        except Interrupted:
            raise AttributeError("partially initialized module") from None

    assert run_body(Context(options=GlobalOptions(output="table")), body, {}) == 130
    assert capsys.readouterr().err.startswith("error: interrupted by SIGINT\n")


def test_an_interrupt_while_the_format_is_read_from_the_config_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from psbridge.cli.context import Context
    from psbridge.cli.options import GlobalOptions
    from psbridge.config import files
    from psbridge.errors import Interrupted

    def interrupted(*_: object) -> None:
        raise Interrupted("interrupted by SIGTERM")

    assert Context(options=GlobalOptions(config=str(tmp_path / "gone.yaml"))).output == "table", "a config may be wrong"
    monkeypatch.setattr(files, "read", interrupted)
    with pytest.raises(Interrupted):
        _ = Context(options=GlobalOptions(config=str(tmp_path / "gone.yaml"))).output


def test_a_traceback_shows_no_secret_of_the_target(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    from psbridge.cli.context import Context
    from psbridge.cli.errors import run_body
    from psbridge.cli.options import GlobalOptions
    from psbridge.models.connection import Auth, Endpoint, SignIn
    from psbridge.models.secret import Credential, Secret
    from psbridge.models.target import Target

    def body(context: Context) -> None:
        endpoint = Endpoint("oaw01", 5986, auth=Auth.NTLM, username="ops", password=Secret("Fir5t-secret"))
        who = Credential("app", Secret("Sec0nd-secret"))
        context.begin_target(Target("nyc", (endpoint,), sign_in=SignIn("AzureStackAdmin", "contoso", who)))
        raise ValueError("a library says Fir5t-secret and Sec0nd-secret")

    log = tmp_path / "log"
    assert run_body(Context(options=GlobalOptions(output="table", debug=True, log_file=str(log))), body, {}) == 70
    said = capsys.readouterr().err
    assert "ValueError: a library says *** and ***" in said
    assert "-secret" not in said + log.read_text()
