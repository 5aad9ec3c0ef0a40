"""Questions on a terminal: one line each, a hidden one for secrets. Everything is written to stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NoReturn

from psbridge.cli.setup.results import Stopped
from psbridge.config.rules import Wrong
from psbridge.errors import Interrupted
from psbridge.render.escape import safe
from psbridge.render.terminal import terminal_of
from psbridge.render.wrapping import wrapped

if TYPE_CHECKING:
    from psbridge.cli.context import Context

Check = Callable[[str], str]
"""Returns what was typed as it is taken, or raises `Wrong`."""


class Dialog:
    """A conversation. Ctrl-D stops it as Ctrl-C does."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def say(self, text: str = "", indent: str | None = None) -> None:
        """Write a line, wrapped to the terminal. It may hold what a host sent.

        `indent`: of the lines that follow the first; as the first if left out.
        """
        self._context.say(self._wrapped(text, text[: len(text) - len(text.lstrip())] if indent is None else indent))

    def show(self, text: str) -> None:
        """Write a line to copy: it is never wrapped."""
        self._context.say(safe(text))

    def ask(self, question: str, default: str | None = None, check: Check = str) -> str:
        """Return an answer that `check` takes; an empty one is the default. It is asked until it is valid."""
        while True:
            typed = self._line(f"{question} [{default}]: " if default else f"{question}: ").strip()
            try:
                return check(typed or default or "")
            except Wrong as wrong:
                self.say(f"  {wrong.message}")

    def choose(self, question: str, options: Sequence[tuple[str, str]], default: int = 1) -> str:
        """Return the key of one of several options, which are numbered; the key itself is an answer too."""
        self.say(question)
        width = max(len(key) for key, _ in options)
        for number, (key, about) in enumerate(options, 1):
            head = f"  {number}  {key:{width}}  "
            self.say(head + about, " " * len(head))
        keys = [key for key, _ in options]

        def check(typed: str) -> str:
            if typed in keys:
                return typed
            if typed.isdecimal() and 0 < int(typed) <= len(keys):
                return keys[int(typed) - 1]
            raise Wrong(f"expected a number from 1 to {len(keys)}")

        return self.ask("Number", str(default), check)

    def confirm(self, question: str, *, default: bool) -> bool:
        """Return whether the answer is yes."""

        def check(typed: str) -> str:
            word = typed.casefold()
            if word not in {"y", "yes", "n", "no"}:
                raise Wrong("expected y or n")
            return word[0]

        while True:
            typed = self._line(f"{question} [{'Y/n' if default else 'y/N'}]: ").strip()
            try:
                return check(typed or "ny"[default]) == "y"
            except Wrong as wrong:
                self.say(f"  {wrong.message}")

    def hidden(self, question: str) -> str:
        """Return a secret that is typed without being shown; it is asked until it is not empty."""
        from getpass import getpass

        while True:
            try:
                typed = getpass(self._wrapped(f"{question}: "), stream=self._context.stderr)
            except EOFError:
                self._end()
            except (Interrupted, KeyboardInterrupt):
                self.say()  # Ctrl-C leaves the line open
                raise
            if typed:
                return typed
            self.say("  expected a secret that is not empty")

    def _line(self, prompt: str) -> str:
        shown = self._wrapped(prompt)
        try:
            self._context.stderr.write(shown)
            self._context.stderr.flush()
            typed = sys.stdin.readline()
        except (Interrupted, KeyboardInterrupt):
            self.say()  # Ctrl-C leaves the line open
            raise
        if not typed:
            self._end()
        return typed

    def _wrapped(self, text: str, indent: str = "") -> str:
        terminal = terminal_of(self._context.stderr, self._context.env)
        return wrapped(safe(text), terminal.width if terminal.tty else None, indent)

    def _end(self) -> NoReturn:
        self.say()  # Ctrl-D leaves the line open
        raise Stopped("stopped at the end of the input")
