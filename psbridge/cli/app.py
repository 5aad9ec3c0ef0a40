"""The tree of commands."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from psbridge.cli import backup, config, emulate, run, settings, target
from psbridge.cli.options import NAMES, PARAMETERS, Globals

app = typer.Typer(
    name="psbridge",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(backup.app, name="backup")
app.add_typer(run.app, name="run")
app.add_typer(target.app, name="target")
app.add_typer(settings.app, name="settings")
app.add_typer(config.app, name="config")
emulate.register(app)


def _version(wanted: bool) -> None:
    if wanted:
        from psbridge.version import __version__

        typer.echo(f"psbridge {__version__}")
        raise typer.Exit


def _root(**given: Any) -> None:
    """Start, wait for and *prove* Azure Stack Hub infrastructure backups from Linux, over PowerShell Remoting.

    Try it on an emulated stamp that always exists:

    `psbridge backup start -t demo`

    For a stamp of your own: `psbridge config init`, edit the file, then `psbridge backup list`.
    """
    given.pop("version")
    given.pop("ctx").obj = Globals(**{name: given[name] for name in NAMES})


def _registered() -> None:
    import inspect

    version = inspect.Parameter(
        "version",
        inspect.Parameter.KEYWORD_ONLY,
        default=False,
        annotation=Annotated[
            bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
        ],
    )
    context = inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
    own = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in PARAMETERS]
    _root.__signature__ = inspect.Signature([context, version, *own])  # type: ignore[attr-defined]  # a function may have one
    _root.__annotations__ = {p.name: p.annotation for p in (context, version, *own)}
    app.callback()(_root)


_registered()
