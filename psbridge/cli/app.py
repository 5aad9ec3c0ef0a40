"""The tree of commands."""

from __future__ import annotations

from collections import UserDict
from importlib import import_module
from typing import Annotated, Any

import typer
import typer.main

from psbridge.cli.help_page import Group
from psbridge.cli.options import NAMES, PARAMETERS, Globals

GROUPS = ("backup", "run", "proof", "target", "settings", "config")
"""The words that may follow `psbridge` and take a verb; each is a module of `psbridge.cli.commands` with an `app`."""
_MODULES = {
    **{name: f"psbridge.cli.commands.{name}" for name in GROUPS},
    "emulate": "psbridge.cli.emulate.command",  # takes no verb
}


class _Commands(UserDict[str, Any]):
    """The commands by name; each is built when it is asked for, since a start needs one and all take 40 ms."""

    def __getitem__(self, name: str) -> Any:
        if self.data[name] is None:
            whole = typer.Typer(rich_markup_mode=None)
            whole.add_typer(import_module(_MODULES[name]).app)
            self.data[name] = typer.main.get_group(whole).commands[name]
        return self.data[name]


class Root(Group):
    """What follows `psbridge`."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.commands = _Commands(dict.fromkeys(_MODULES))


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

    An emulated stamp that always exists: `psbridge backup start -t demo`

    A stamp of your own, once the file is edited: `psbridge config init`, then `psbridge backup list`
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
