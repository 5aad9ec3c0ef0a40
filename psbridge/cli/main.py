"""From words to exit code."""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Sequence
from contextlib import suppress

_COMPLETION = frozenset({"--install-completion", "--show-completion"})


def run(argv: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    _open_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # what a stream can't encode must not cost a result
    from psbridge.cli import command_line
    from psbridge.cli.errors import asked_format
    from psbridge.cli.last_words import MACHINE
    from psbridge.cli.signals import interrupt_early
    from psbridge.quiet import take_switches

    take_switches()

    if argv is None:
        interrupt_early(machine=asked_format(words) in MACHINE)
    command_line.remember(words)
    try:
        code = _told(words)
    finally:
        _let_go()
    _end_log(code)
    return code


def _end_log(code: int) -> None:
    """Write the exit code into the log file, if the command has one; without one its module is not even loaded."""
    log = sys.modules.get("psbridge.cli.logfile")
    if log is not None:
        log.end(code)


def _told(words: Sequence[str]) -> int:
    from psbridge.cli.signals import EarlyInterrupt

    try:
        return _run(words)
    except EarlyInterrupt:
        return _interrupted(words)
    except OSError as problem:  # of help or version, which no command's boundary is around
        from psbridge.cli.errors import untold

        return untold(words, problem)
    except Exception as bug:  # noqa: BLE001 - else the interpreter would end with 1, the code of a failed backup
        from psbridge.cli.errors import unforeseen

        return _interrupted(words) if _behind(bug, EarlyInterrupt) else unforeseen(words, bug)


def _behind(bug: BaseException, kind: type[BaseException]) -> bool:
    """Tell whether an exception of a kind led to a bug, as a signal in the middle of an import does."""
    cause: BaseException | None = bug
    while cause is not None and not isinstance(cause, kind):
        cause = cause.__context__
    return cause is not None


def _interrupted(words: Sequence[str]) -> int:
    """Tell of a signal that came before any command had begun, maybe in the middle of an import."""
    # A package that was not loaded to its end is gone, but not its modules; with these it could not be loaded again.
    for name in list(sys.modules):
        parts = name.split(".")
        if any(".".join(parts[:end]) not in sys.modules for end in range(1, len(parts))):
            del sys.modules[name]
    try:
        from psbridge.cli.errors import interrupted_early

        return interrupted_early(words)
    except Exception:  # noqa: BLE001 - such as an extension module that can be loaded only once
        from psbridge.cli.errors import asked_format
        from psbridge.cli.last_words import MACHINE, bare
        from psbridge.errors import Interrupted

        machine = asked_format(words) in MACHINE
        with suppress(OSError, ValueError):
            sys.stderr.write(bare(Interrupted("interrupted; nothing was sent"), machine=machine) + "\n")
        return Interrupted.exit_code


def _run(words: Sequence[str]) -> int:
    import typer
    import typer.main
    from typer.exceptions import Abort, TyperException

    from psbridge.cli import command_line
    from psbridge.cli.app import app
    from psbridge.cli.errors import asked_format, usage_problem
    from psbridge.cli.last_words import MACHINE
    from psbridge.errors import ExitCode
    from psbridge.render.terminal import terminal_of

    root = typer.main.get_command(app)
    try:
        code = root.main(args=list(words), prog_name="psbridge", standalone_mode=False)
    except TyperException as problem:
        if type(problem).__name__ != "NoArgsIsHelpError":
            shown = command_line.unparsed(words, *_vocabulary(problem))
            return usage_problem(words, *_explained(problem), shown)
        if asked_format(words) in MACHINE:
            return usage_problem(words, "a command is missing", None, words)
        with suppress(OSError):  # help that was not asked for is no result; nobody need read it
            typer.echo(problem.format_message(), err=True, color=terminal_of(sys.stderr, os.environ).color)
        return ExitCode.USAGE
    except Abort:
        return ExitCode.INTERRUPTED
    except SystemExit:  # Click's word for help whose reader has gone; 1 means a failed backup here, and nothing else
        return ExitCode.OK
    if code == 1 and _COMPLETION & set(words):  # Typer's word for a shell that it does not know
        return ExitCode.USAGE
    return int(code or 0)


def _let_go() -> None:
    """Drop what a stream still holds for a reader that has gone: at its end the interpreter would make 120 of any code."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            from psbridge.cli.streams import silence

            silence(stream)


def _open_closed_streams() -> None:
    """Fill the place of streams that the caller closed (`2>&-`); else the next socket or file would take their number.

    What goes to stderr is dropped. Stdout refuses to be written to, because a result that nobody gets is not a success.
    """
    for number, (mode, how) in enumerate((("r", os.O_RDONLY), ("w", os.O_RDONLY), ("w", os.O_RDWR))):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, how)  # takes the lowest number that is free, this one
        name = ("stdin", "stdout", "stderr")[number]
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115 - as long as the process


def _vocabulary(problem: Exception) -> tuple[dict[str, bool], set[str]]:
    """Return the options that hold where a command line went wrong, with whether each takes a value, and the commands."""
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
    """Return what is wrong with the command line, and the nearest right word."""
    text = problem.format_message() if hasattr(problem, "format_message") else str(problem)
    text = " ".join(text.split()).rstrip(".")
    context = getattr(problem, "ctx", None)
    where = context.command_path if context is not None else "psbridge"
    wrong = re.search(r"No such command '([^']+)'", text)
    if wrong and context is not None and "Did you mean" not in text:
        from psbridge.models.text import nearest

        near = nearest(wrong[1], getattr(context.command, "commands", {}), 0.4)
        if near:
            text += f". Did you mean '{near}'?"
    return text, f"`{where} --help` shows what it takes."
