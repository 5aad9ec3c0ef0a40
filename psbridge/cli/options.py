"""The global options, declared once and accepted before and after the verb."""

from __future__ import annotations

import inspect
from functools import partial
from typing import Annotated, Any, get_type_hints

import typer

from psbridge.cli.completion import complete_target, one_of
from psbridge.errors import UsageError

_global = partial(typer.Option, rich_help_panel="Global options")


class GlobalOptions:
    """The options of every command. A plain class, because help and completion do not load msgspec."""

    target: Annotated[
        str | None,
        _global(
            "--target",
            "-t",
            metavar="NAME",
            help="Target to use. [env: PSBRIDGE_TARGET]",
            autocompletion=complete_target,
        ),
    ] = None
    config: Annotated[str | None, _global(metavar="FILE", help="Config file. [env: PSBRIDGE_CONFIG]")] = None
    output: Annotated[
        str | None,
        _global(
            "--output",
            "-o",
            metavar="FORMAT",
            help="Output format: table, json, jsonl, yaml or id. [env: PSBRIDGE_OUTPUT; default: table]",
            autocompletion=one_of("psbridge.models.output", "OutputFormat"),
        ),
    ] = None
    call_timeout: Annotated[
        str | None, _global(metavar="DURATION", help="Time limit for each call to the host. [default: 2m]")
    ] = None
    state_dir: Annotated[
        str | None, _global(metavar="FOLDER", help="Folder of the journal. [env: PSBRIDGE_STATE_DIR]")
    ] = None
    no_input: Annotated[bool, _global("--no-input", help="Never prompt.")] = False
    quiet: Annotated[
        bool,
        _global(
            "--quiet", "-q", help="Hide progress and notes, and the table if start, wait, confirm or status succeeds."
        ),
    ] = False
    verbose: Annotated[int, _global("--verbose", "-v", count=True, show_default=False, help="More detail.")] = 0
    log_file: Annotated[
        str | None, _global(metavar="FILE", help="Append everything that happens to FILE, as one JSON object per line.")
    ] = None
    debug: Annotated[bool, _global("--debug", help="Show tracebacks of errors.")] = False

    def __init__(self, **given: Any) -> None:
        vars(self).update(given)

    def over(self, before: GlobalOptions) -> GlobalOptions:
        """Return these options over those before the verb; each `-v` counts."""
        given = {name: value for name, value in vars(self).items() if value != getattr(GlobalOptions, name)}
        return GlobalOptions(**vars(before) | given | {"verbose": self.verbose + before.verbose})


PARAMETERS = tuple(
    inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=getattr(GlobalOptions, name), annotation=annotation)
    for name, annotation in get_type_hints(GlobalOptions, include_extras=True).items()
)


def seconds(option: str, text: str | None, *, zero: bool = False) -> float | None:
    """Return a duration of the command line in seconds, None where it is not given.

    Raises:
        UsageError: it is not a duration; the message names the option.
    """
    if text is None:
        return None
    from psbridge.config.durations import duration

    try:
        return duration(text, zero=zero)
    except UsageError as problem:
        raise UsageError(f"{option}: {problem.message}", hint=problem.hint) from None
