"""The global options, declared once, and accepted before the verb and after it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Annotated, Any, get_type_hints

import typer

from psbridge.cli.completion import complete_target, one_of
from psbridge.cli.help_page import Group, Verb
from psbridge.errors import ExitCode

_PANEL = "Global options"


class Globals:
    """What every command can be told. A plain class: help and completion do without msgspec."""

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

    def over(self, before: Globals) -> Globals:
        """Return these, and what stood before the verb where nothing stands after it; each `-v` counts."""
        given = {name: value for name, value in vars(self).items() if value != getattr(Globals, name)}
        return Globals(**vars(before) | given | {"verbose": self.verbose + before.verbose})


PARAMETERS = tuple(
    inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=getattr(Globals, name), annotation=annotation)
    for name, annotation in get_type_hints(Globals, include_extras=True).items()
)
NAMES = tuple(parameter.name for parameter in PARAMETERS)

Body = Callable[..., ExitCode | None]


def group(name: str, about: str) -> typer.Typer:
    """Return a group of commands that takes the global options too, for they may stand at any place before the verb.

    Args:
        name: the word that follows `psbridge`.
        about: its help.
    """
    app = typer.Typer(name=name, cls=Group, no_args_is_help=True, help=about)
    context = inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)

    def between(**given: Any) -> None:
        ctx = given.pop("ctx")
        ctx.obj = Globals(**given).over(ctx.obj or Globals())

    between.__signature__ = inspect.Signature([context, *PARAMETERS])  # type: ignore[attr-defined]  # a function may have one
    between.__annotations__ = {p.name: p.annotation for p in (context, *PARAMETERS)}
    app.callback()(between)
    return app


Runner = Callable[[Globals, Body, dict[str, Any]], int]


def command(
    app: typer.Typer, name: str, run: Runner, *, without: Sequence[str] = (), **about: Any
) -> Callable[[Body], Body]:
    """Register a command whose body takes a `Call` first; the global options are added to its own.

    Args:
        app: the group.
        name: the verb.
        run: makes the `Call` and is the boundary of errors.
        without: global options that it does not take after the verb, for one of its own has that name.
        about: passed on to Typer.
    """
    shared = [parameter for parameter in PARAMETERS if parameter.name not in without]

    def register(body: Body) -> Body:
        given = inspect.signature(body, eval_str=True).parameters.values()
        own = [p for p in given if p.name != "call"]
        context = inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
        parameters = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in (*own, *shared)]

        def invoked(**given: Any) -> int:
            before = given.pop("ctx").obj or Globals()
            after = Globals(**{each.name: given.pop(each.name) for each in shared})
            return run(after.over(before), body, given)

        invoked.__signature__ = inspect.Signature([context, *parameters])  # type: ignore[attr-defined]  # a function may have one
        invoked.__annotations__ = {p.name: p.annotation for p in (context, *parameters)}
        invoked.__doc__ = body.__doc__
        app.command(name, cls=Verb, **about)(invoked)
        return body

    return register
