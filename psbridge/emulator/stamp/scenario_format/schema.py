"""The JSON Schema of a scenario, for editors: made from the same tables that files are read by."""

from __future__ import annotations

from typing import Any

from psbridge.emulator.stamp.scenario_format.keys import KEYS


def json_schema() -> dict[str, Any]:
    """Return the schema."""
    properties = {name: {**key.reader.schema, "description": key.meaning} for name, key in KEYS.items()}
    one = {"type": "string"}
    properties["based_on"] |= {"anyOf": [one, {"type": "array", "items": one}]}
    del properties["based_on"]["type"]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "psbridge scenario",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }
