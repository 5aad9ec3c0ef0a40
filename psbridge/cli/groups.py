"""Declaration of commands: a `CommandGroup`, and a body for each verb, to which the global options are added.

A command is built when it is needed, because building all takes longer than the rest of a start. Modules with bodies do not use
`from __future__ import annotations` and name `Context` in quotes, so that the options of a body can be read while its module's
imports are incomplete.
"""

from __future__ import annotations

import inspect
from collections import UserDict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import typer
import typer.main

from psbridge.cli.help import Group, Verb
from psbridge.cli.options import PARAMETERS, GlobalOptions
from psbridge.errors import ExitCode

if TYPE_CHECKING:
    from psbridge.cli.context import Context

Body = Callable[..., ExitCode | None]
Maker = Callable[[], Any]
_CONTEXT = inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)


class LazyCommands(UserDict[str, Any]):
    """Commands by name; each is built when it is first used."""

    def __init__(self, makers: Mapping[str, Maker]) -> None:
        super().__init__(dict.fromkeys(makers))
        self._makers = makers

    def __getitem__(self, name: str) -> Any:
        if self.data[name] is None:
            self.data[name] = self._makers[name]()
        return self.data[name]


class CommandGroup:
    """A command with verbs, such as `psbridge backup`. The global options can be given before the verb too."""

    def __init__(self, name: str, about: str) -> None:
        self._name = name
        self._about = about
        self._verbs: dict[str, Maker] = {}

    def command(self, name: str) -> Callable[[Body], Body]:
        """Register the body of a verb; see `verb`."""

        def register(body: Body) -> Body:
            self._verbs[name] = partial(verb, name, body)
            return body

        return register

    def build(self) -> Any:
        """Return the group as a Typer command."""
        app = typer.Typer(rich_markup_mode=None)
        app.add_typer(self._without_verbs())
        group: Any = typer.main.get_group(app).commands[self._name]
        group.commands = LazyCommands(self._verbs)
        return group

    def _without_verbs(self) -> typer.Typer:
        app = typer.Typer(name=self._name, cls=Group, no_args_is_help=True, help=self._about)

        def between(**given: Any) -> None:
            context: Context = given.pop("ctx").obj
            context.options = GlobalOptions(**given).over(context.options)

        app.callback()(signed(between, PARAMETERS))
        return app


def verb(name: str, body: Body) -> Any:
    """Return a verb as a Typer command.

    Args:
        name: the verb.
        body: called with a `Context` and the values of its own options.
    """
    own = [parameter for parameter in inspect.signature(body).parameters.values() if parameter.name != "context"]

    def invoked(**given: Any) -> int:
        from psbridge.cli.errors import run_body

        context: Context = given.pop("ctx").obj
        context.options = GlobalOptions(**{each.name: given.pop(each.name) for each in PARAMETERS}).over(
            context.options
        )
        return run_body(context, body, given)

    invoked.__doc__ = body.__doc__
    app = typer.Typer(rich_markup_mode=None, add_completion=False)
    app.command(name, cls=Verb)(signed(invoked, (*own, *PARAMETERS)))
    return typer.main.get_command(app)


def signed(function: Callable[..., Any], parameters: Sequence[inspect.Parameter]) -> Callable[..., Any]:
    """Return a function with the signature that Typer reads: Typer's context and these parameters, all by keyword."""
    named = [_CONTEXT, *(each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in parameters)]
    function.__signature__ = inspect.Signature(named)  # type: ignore[attr-defined]  # a function may have one
    function.__annotations__ = {each.name: each.annotation for each in named}
    return function
