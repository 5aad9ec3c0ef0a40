"""Airflow's PSRP hook and operator by their cmdlet calls, on both engines."""

from __future__ import annotations

from pathlib import Path

import pytest

from psbridge.testing import EmulatedHost, EmulatedStamp
from tests.foreign.conftest import Client
from tests.support.manual import block

ENGINES = [
    pytest.param("embedded", marks=pytest.mark.psbridge(engine="embedded")),
    pytest.param("pwsh", marks=[pytest.mark.psbridge(engine="pwsh"), pytest.mark.pwsh]),
]


@pytest.mark.parametrize("engine", ENGINES)
def test_the_hook_lists_and_starts_by_cmdlet(
    engine: str, client: Client, operator_host: EmulatedHost, stamp: EmulatedStamp
) -> None:
    before = {f"redmond/{backup.id}" for backup in stamp.backups}
    found = client("airflow_hook.py")
    assert operator_host.engine == engine
    assert set(found["listed"]) == before
    assert before
    (started,) = found["started"]
    assert started.rpartition("/")[2].partition("?")[0] == next(b for b in stamp.backups if not b.automatic).id
    assert stamp.triggers == 1
    assert found["unknown cmdlet"] == "Process had one or more errors"
    assert found["operator"] is None
    # The module of ConvertTo-Json is on neither host here, as on a constrained endpoint.
    assert found["operator with ConvertTo-Json"] == "Process had one or more errors"


def test_the_manuals_dag_is_one(client: Client, tmp_path: Path) -> None:
    (file := tmp_path / "psbridge_backup.py").write_text(block("automation", "python", "@dag("), "utf-8")
    found = client("airflow_dag.py", file=str(file))
    assert found["dag"] == "azure_stack_backup"
    assert found["runs"] == 1
    assert found["tasks"] == {"back_up_redmond": [6, ["redmond"]], "back_up_nyc": [6, ["nyc"]]}
