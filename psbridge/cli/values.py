"""What options say, as values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from psbridge import defaults
from psbridge.errors import UsageError

if TYPE_CHECKING:
    from psbridge.config.load import Config
    from psbridge.models.output import OutputFormat


def chosen_format(
    option: str | None, env: Mapping[str, str], config: Config | None = None, target: str | None = None
) -> OutputFormat:
    """Return the format of results; a config's target may have its own.

    Raises:
        UsageError: the option names none.
    """
    from psbridge.models.output import OutputFormat

    fallback = env.get("PSBRIDGE_OUTPUT") or defaults.OUTPUT
    if config is not None:
        from psbridge.config.select import default_target

        chosen = target or default_target(config, env)
        fallback = config.values(None if chosen in config.invalid else chosen)["output"].value
    try:
        return OutputFormat(option or fallback)
    except ValueError:
        if option is None:
            return OutputFormat.TABLE  # a wrong PSBRIDGE_OUTPUT is told when the environment is read
        raise UsageError(
            f"no such output format: {option!r}", hint=f"The formats are {', '.join(OutputFormat)}."
        ) from None


def seconds(option: str, text: str | None, *, zero: bool = False) -> float | None:
    """Return a duration of the command line in seconds, None where it is not given.

    Raises:
        UsageError: it is none; the text names the option.
    """
    if text is None:
        return None
    from psbridge.config.durations import duration

    try:
        return duration(text, zero=zero)
    except UsageError as problem:
        raise UsageError(f"{option}: {problem.message}", hint=problem.hint) from None
