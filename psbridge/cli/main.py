"""From words to exit code."""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Sequence
from contextlib import nullcontext, redirect_stdout


def run(argv: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    _open_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # what a stream can't encode must not cost a result
    if words == ["--version"]:
        # Asked for by scripts, so it does not wait for the rest to load.
        from psbridge.version import __version__

        sys.stdout.write(f"psbridge {__version__}\n")
        return 0
    from psbridge.cli.signals import EarlyInterrupt, interrupt_early

    if argv is None:
        interrupt_early()
    try:
        return _run(words)
    except EarlyInterrupt:
        from psbridge.cli.boundary import interrupted_early

        return interrupted_early(words)


def _run(words: Sequence[str]) -> int:
    import typer.main
    from typer.exceptions import Abort, TyperException

    from psbridge.cli.app import GROUPS, app
    from psbridge.cli.boundary import asked_format, usage_problem
    from psbridge.errors import ExitCode

    root = typer.main.get_command(app)
    # Help that was not asked for is no result. (A shell that completes sends no words either.)
    alone = not words or (words[-1] in GROUPS and not any(word in GROUPS for word in words[:-1]))
    unasked = alone and "_PSBRIDGE_COMPLETE" not in os.environ
    machine = asked_format(words) in {"json", "jsonl"}
    help_to = redirect_stdout(io.StringIO() if machine else sys.stderr) if unasked else nullcontext()
    try:
        with help_to:
            code = root.main(args=list(words), prog_name="psbridge", standalone_mode=False)
    except TyperException as problem:
        message, hint = _explained(problem)
        if message is None and not machine:
            return ExitCode.USAGE  # a group without a verb has shown its help
        return usage_problem(words, message or "a command is missing", hint)
    except Abort:
        return ExitCode.INTERRUPTED
    return int(code or 0)


def _open_closed_streams() -> None:
    """Give streams that the caller closed (`2>&-`) to nowhere; else the next socket or file would take their number."""
    for number, mode in enumerate("rww"):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free, this one
        name = ("stdin", "stdout", "stderr")[number]
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115 - as long as the process


def _explained(problem: Exception) -> tuple[str | None, str | None]:
    """Return what is wrong with the command line, and the nearest right word."""
    if type(problem).__name__ == "NoArgsIsHelpError":
        return None, None
    text = problem.format_message() if hasattr(problem, "format_message") else str(problem)
    text = " ".join(text.split()).rstrip(".")
    context = getattr(problem, "ctx", None)
    where = context.command_path if context is not None else "psbridge"
    wrong = re.search(r"No such command '([^']+)'", text)
    if wrong and context is not None and "Did you mean" not in text:
        import difflib

        near = difflib.get_close_matches(wrong[1], list(getattr(context.command, "commands", {})), n=1, cutoff=0.4)
        if near:
            text += f". Did you mean '{near[0]}'?"
    return text, f"`{where} --help` shows what it takes."
