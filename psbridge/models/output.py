"""The output formats, named here and nowhere else."""

from __future__ import annotations

from enum import StrEnum


class OutputFormat(StrEnum):
    """The values of `--output`, of PSBRIDGE_OUTPUT and of the config's `output`."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    YAML = "yaml"
    ID = "id"

    @property
    def machine(self) -> bool:
        """Whether errors and every line of stderr are JSON objects too."""
        return self in {OutputFormat.JSON, OutputFormat.JSONL}
