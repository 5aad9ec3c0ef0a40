"""The global options, declared once, and accepted before the verb and after it."""

from __future__ import annotations

import inspect
from typing import Annotated, Any, get_type_hints

import typer

from psbridge.cli.completion import complete_target, one_of
from psbridge.errors import UsageError

_PANEL = "Global options"


class GlobalOptions:
    """What every command takes. A plain class: help and completion do without msgspec."""

    target: Annotated[
        str | None,
        typer.Option(
            "--target",
            "-t",
            metavar="NAME",
            help="The target to work on.",
            rich_help_panel=_PANEL,
            autocompletion=complete_target,
        ),
    ] = None
    config: Annotated[str | None, typer.Option(metavar="FILE", help="The config file.", rich_help_panel=_PANEL)] = None
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FORMAT",
            help="table, json, jsonl, yaml or id.",
            rich_help_panel=_PANEL,
            autocompletion=one_of("psbridge.models.output", "OutputFormat"),
        ),
    ] = None
    call_timeout: Annotated[
        str | None,
        typer.Option(metavar="DURATION", help="Bounds every single call. [default: 2m]", rich_help_panel=_PANEL),
    ] = None
    state_dir: Annotated[
        str | None, typer.Option(metavar="FOLDER", help="Where the journal is kept.", rich_help_panel=_PANEL)
    ] = None
    no_input: Annotated[bool, typer.Option("--no-input", help="Never ask for anything.", rich_help_panel=_PANEL)] = (
        False
    )
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="No progress, no notes; warnings stay.", rich_help_panel=_PANEL)
    ] = False
    verbose: Annotated[
        int,
        typer.Option(
            "--verbose",
            "-v",
            count=True,
            show_default=False,
            help="Say more; repeat for still more.",
            rich_help_panel=_PANEL,
        ),
    ] = 0
    log_file: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Append all that happens, a JSON object a line.", rich_help_panel=_PANEL),
    ] = None
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.", rich_help_panel=_PANEL)] = False

    def __init__(self, **given: Any) -> None:
        vars(self).update(given)

    def over(self, before: GlobalOptions) -> GlobalOptions:
        """Return these, and what stood before the verb where nothing stands after it; each `-v` counts."""
        given = {name: value for name, value in vars(self).items() if value != getattr(GlobalOptions, name)}
        return GlobalOptions(**vars(before) | given | {"verbose": self.verbose + before.verbose})


PARAMETERS = tuple(
    inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=getattr(GlobalOptions, name), annotation=annotation)
    for name, annotation in get_type_hints(GlobalOptions, include_extras=True).items()
)
NAMES = tuple(parameter.name for parameter in PARAMETERS)


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
