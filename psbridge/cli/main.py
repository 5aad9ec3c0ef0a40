"""From words to exit code."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from contextlib import suppress

from psbridge.cli import streams
from psbridge.cli.context import Context
from psbridge.cli.errors import cause_of, interrupted_early, unforeseen, untold, usage_problem
from psbridge.cli.signals import MACHINE, EarlyInterrupt, error_text, interrupt_early
from psbridge.errors import ExitCode, Interrupted
from psbridge.quiet import take_switches

_COMPLETION = frozenset({"--install-completion", "--show-completion"})


def run(argv: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code."""
    streams.prepare()
    take_switches()
    context = Context(sys.argv[1:] if argv is None else argv)
    if argv is None:
        interrupt_early(context.signals.messages)
    try:
        code = _guarded(context)
    finally:
        streams.drop_unread()
    if context.log is not None:
        context.log.end(code)
    return code


def _guarded(context: Context) -> int:
    """Run the command line, and report what fails before a command handles errors itself."""
    try:
        return _run(context)
    except EarlyInterrupt:
        return _interrupted(context)
    except OSError as problem:  # of help or version
        return untold(context, problem)
    except Exception as bug:  # noqa: BLE001 - else the interpreter would end with 1, the code of a failed backup
        return _interrupted(context) if cause_of(bug, EarlyInterrupt) else unforeseen(context, bug)


def _interrupted(context: Context) -> int:
    """Report a signal before a command began, maybe during an import."""
    # A partly loaded package is removed, but its modules are not; they would keep it from being loaded again.
    for name in list(sys.modules):
        parts = name.split(".")
        if any(".".join(parts[:end]) not in sys.modules for end in range(1, len(parts))):
            del sys.modules[name]
    try:
        return interrupted_early(context)
    except Exception:  # noqa: BLE001 - such as an extension module that can be loaded only once
        machine = context.line.output in MACHINE
        with suppress(OSError, ValueError):
            sys.stderr.write(error_text(Interrupted("interrupted; nothing was sent"), machine=machine) + "\n")
        return Interrupted.exit_code


def _run(context: Context) -> int:
    import typer
    import typer.main
    from typer.exceptions import Abort, TyperException

    from psbridge.cli.app import app

    root = typer.main.get_command(app)
    words = context.line.words
    try:
        code = root.main(args=list(words), prog_name="psbridge", standalone_mode=False, obj=context)
    except TyperException as problem:
        if type(problem).__name__ != "NoArgsIsHelpError":
            shown = context.line.unparsed(*_vocabulary(problem))
            return usage_problem(context, *_explained(problem), shown)
        if context.line.output in MACHINE:
            return usage_problem(context, "a command is missing", None)
        from psbridge.render.terminal import terminal_of

        with suppress(OSError):  # this help was not asked for, so it need not be read
            typer.echo(problem.format_message(), err=True, color=terminal_of(sys.stderr, os.environ).color)
        return ExitCode.USAGE
    except Abort:
        return ExitCode.INTERRUPTED
    except SystemExit:  # Click's way to end if the reader of help has exited; here 1 means a failed backup
        return ExitCode.OK
    if code == 1 and _COMPLETION & set(words):  # Typer's exit code for an unsupported shell
        return ExitCode.USAGE
    return int(code or 0)


def _vocabulary(problem: Exception) -> tuple[dict[str, bool], set[str]]:
    """Return the options and commands that are valid where a command line is wrong, and whether each option takes a value."""
    options: dict[str, bool] = {}
    commands: set[str] = set()
    context = getattr(problem, "ctx", None)
    while context is not None:
        commands.update(getattr(context.command, "commands", ()))
        for it in context.command.params:
            takes = not (getattr(it, "is_flag", False) or getattr(it, "count", False))
            options.update(dict.fromkeys((*it.opts, *it.secondary_opts), takes))
        context = context.parent
    return options, commands


def _explained(problem: Exception) -> tuple[str, str]:
    """Return what is wrong with the command line, and a hint."""
    text = problem.format_message() if hasattr(problem, "format_message") else str(problem)
    text = " ".join(text.split()).rstrip(".")
    context = getattr(problem, "ctx", None)
    where = context.command_path if context is not None else "psbridge"
    if where == "psbridge help" and re.search(r"No such option: -\d", text):  # a negative number, such as a signal's
        return text, "`psbridge help exit-codes` lists the exit codes."
    wrong = re.search(r"No such command '([^']+)'", text)
    if wrong and context is not None and "Did you mean" not in text:
        from psbridge.models.text import nearest

        near = nearest(wrong[1], getattr(context.command, "commands", {}), 0.4)
        if near:
            text += f". Did you mean '{near}'?"
    return text, f"See `{where} --help`."
