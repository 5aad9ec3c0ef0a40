"""The tree of commands."""

from __future__ import annotations

import inspect
from functools import partial
from importlib import import_module
from typing import Annotated, Any

import typer

from psbridge.cli.groups import LazyCommands, signed
from psbridge.cli.help import Group
from psbridge.cli.options import PARAMETERS, GlobalOptions

GROUPS = ("backup", "run", "proof", "alert", "target", "settings", "monitor", "key", "recovery", "store", "config")
"""The commands that take a verb; each is a module of `psbridge.cli.commands`."""
_MODULES = {
    **{name: f"psbridge.cli.commands.{name}" for name in GROUPS},
    "doctor": "psbridge.cli.commands.doctor",  # takes no verb
    "status": "psbridge.cli.commands.status",  # takes no verb
    "emulate": "psbridge.cli.emulate.command",  # takes no verb
    "explain": "psbridge.cli.commands.explain",  # takes no verb
    "help": "psbridge.cli.commands.help",  # takes no verb
}


def _build(name: str) -> Any:
    return import_module(_MODULES[name]).build()


class Root(Group):
    """The command `psbridge`."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.commands = LazyCommands({name: partial(_build, name) for name in _MODULES})


app = typer.Typer(
    name="psbridge",
    cls=Root,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        from psbridge.version import __version__

        typer.echo(f"psbridge {__version__}")
        raise typer.Exit


def _root(**given: Any) -> None:
    """Start, wait for and *prove* Azure Stack Hub infrastructure backups from Linux, over PowerShell Remoting.

    **Examples**

    Try it on the built-in emulated stamp: `psbridge backup start -t demo`

    Set up a stamp of your own: `psbridge config init`, then `psbridge doctor`

    Read the manual: `psbridge help`
    """
    context = given.pop("ctx").obj
    given.pop("version")
    context.options = GlobalOptions(**given)


_VERSION = inspect.Parameter(
    "version",
    inspect.Parameter.KEYWORD_ONLY,
    default=False,
    annotation=Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ],
)
app.callback()(signed(_root, (_VERSION, *PARAMETERS)))
