"""Airflow's PSRP hook and operator, as a DAG's task uses them. Runs in the foreign environment."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

given: dict[str, Any] = json.load(sys.stdin)
os.environ["AIRFLOW_CONN_STAMP"] = json.dumps(
    {
        "conn_type": "psrp",
        "host": given["host"],
        "login": given["username"],
        "password": given["password"],
        "extra": {"auth": "ntlm", "ssl": False},
    }
)

from airflow.providers.common.compat.sdk import AirflowException  # noqa: E402 - the connection must be there first
from airflow.providers.microsoft.psrp.hooks.psrp import PsrpHook  # noqa: E402 - it reads the connection set above
from airflow.providers.microsoft.psrp.operators.psrp import PsrpOperator  # noqa: E402 - it reads the connection set above

PLACE = {"Location": "redmond", "ResourceGroupName": "system.redmond"}
found: dict[str, Any] = {}
options = {"port": given["port"]}
with PsrpHook("stamp", wsman_options=options) as hook:
    listing = hook.invoke_cmdlet("Get-AzsBackup", parameters=PLACE)
    found["listed"] = [backup.adapted_properties["Name"] for backup in listing.output]
    started = hook.invoke_cmdlet("Start-AzsBackup", parameters={**PLACE, "NoWait": None})
    found["started"] = [operation.adapted_properties["Target"] for operation in started.output]
    try:
        hook.invoke_cmdlet("Get-AzsNothing")
    except AirflowException as refused:
        found["unknown cmdlet"] = str(refused)


def operate(**more: Any) -> str | None:
    """Run the operator; return what it raises."""
    operator = PsrpOperator(
        task_id="list", psrp_conn_id="stamp", cmdlet="Get-AzsBackup", parameters=PLACE, wsman_options=options, **more
    )
    try:
        operator.execute({})
    except AirflowException as refused:
        return str(refused)
    return None


found["operator"] = operate(do_xcom_push=False)
found["operator with ConvertTo-Json"] = operate()
Path(given["result"]).write_text(json.dumps(found))
