"""psbridge's YAML file: found, checked, layered with flags and environment, and resolved to a target.

pydantic and yaml are imported only when there is a file to read.
"""

from __future__ import annotations

from typing import Any

from psbridge.config.durations import duration, duration_text
from psbridge.config.files import find, user_config
from psbridge.config.layers import DEMO, Value
from psbridge.config.load import Config, load
from psbridge.config.problems import Problem
from psbridge.config.resolve import Prompt, outline, resolve
from psbridge.config.sample import init_text
from psbridge.config.select import default_target, select_target
from psbridge.config.show import Shown, show


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of the config file."""
    from psbridge.config import schema

    return schema.json_schema()


__all__ = [
    "DEMO",
    "Config",
    "Problem",
    "Prompt",
    "Shown",
    "Value",
    "default_target",
    "duration",
    "duration_text",
    "find",
    "init_text",
    "json_schema",
    "load",
    "outline",
    "resolve",
    "select_target",
    "show",
    "user_config",
]
