"""psbridge's YAML file: found, checked, layered with flags and environment, and resolved to a target.

pydantic and yaml are imported only when there is a file to read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psbridge.lazy import lazily

if TYPE_CHECKING:
    from psbridge.config.durations import duration, duration_text
    from psbridge.config.files import find, user_config
    from psbridge.config.layers import DEMO, Value
    from psbridge.config.loading import Config, load
    from psbridge.config.offline import UNCHECKED, check_here
    from psbridge.config.problems import Problem
    from psbridge.config.resolving import Prompt, outline, resolve
    from psbridge.config.sample import init_text
    from psbridge.config.select import check_known, default_target, select_target
    from psbridge.config.showing import Shown, show


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of the config file."""
    from psbridge.config import schema

    return schema.json_schema()


__all__ = [
    "DEMO",
    "UNCHECKED",
    "Config",
    "Problem",
    "Prompt",
    "Shown",
    "Value",
    "check_here",
    "check_known",
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

__getattr__ = lazily(
    __name__,
    durations=("duration", "duration_text"),
    files=("find", "user_config"),
    layers=("DEMO", "Value"),
    loading=("Config", "load"),
    offline=("UNCHECKED", "check_here"),
    problems=("Problem",),
    resolving=("Prompt", "outline", "resolve"),
    sample=("init_text",),
    select=("check_known", "default_target", "select_target"),
    showing=("Shown", "show"),
)
