"""Load a DAG file as Airflow does, and say what is in it. Runs in the foreign environment."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

given: dict[str, Any] = json.load(sys.stdin)

names: dict[str, Any] = {}
from airflow.sdk import DAG  # noqa: E402 - as Airflow's own loader

text = Path(given["file"]).read_text("utf-8")
made: list[Any] = []
leave = DAG.__exit__


def noted(dag: Any, *how: Any) -> Any:
    """Keep the DAG that the file declares."""
    made.append(dag)
    return leave(dag, *how)


DAG.__exit__ = noted  # type: ignore[method-assign]
exec(compile(text, given["file"], "exec"), names)
(dag,) = made
found = {
    "dag": dag.dag_id,
    "runs": dag.max_active_runs,
    "tasks": {task.task_id: [task.retries, list(task.op_args)] for task in dag.tasks},
}
Path(given["result"]).write_text(json.dumps(found), encoding="utf-8")
