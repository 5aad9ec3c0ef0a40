"""One call of the command line: where it writes, what it was told, and how it comes to a stamp."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any, TextIO

from psbridge.cli.command_line import without_secrets
from psbridge.cli.options import Globals
from psbridge.cli.signals import Signals
from psbridge.cli.streams import silence, unwritten
from psbridge.cli.values import chosen_format, seconds
from psbridge.clock import Clock, SystemClock
from psbridge.errors import ConfigError, PsbridgeError
from psbridge.quiet import take_switches
from psbridge.values import replace

if TYPE_CHECKING:
    from psbridge.api.stamp import Stamp
    from psbridge.cli.logfile import LogFile
    from psbridge.config.load import Config
    from psbridge.config.resolve import Prompt
    from psbridge.documents.document import Document
    from psbridge.models.events import Observer
    from psbridge.models.output import OutputFormat
    from psbridge.models.target import Target


class Call:
    """What a command's body works with.

    Attributes:
        told: the global options.
        signals: for the block that must not be cut.
        clock: the real one.
        stdout, stderr: the streams.
        env: the environment.
        log: the `--log-file`, once it is open.
    """

    def __init__(self, told: Globals, signals: Signals) -> None:
        self.told = told
        self.signals = signals
        self.clock: Clock = SystemClock()
        self.stdout: TextIO = sys.stdout
        self.stderr: TextIO = sys.stderr
        self.env: Mapping[str, str] = os.environ
        self.log: LogFile | None = None
        self._config: Config | None = None
        self._glanced = False
        self._seen: Config | None = None

    @property
    def output(self) -> OutputFormat:
        """The format of results: the option, `PSBRIDGE_OUTPUT`, the target's, the config's default, else a table."""
        if self._config is None and not self.told.output:
            return chosen_format(None, self.env, self._glance(), self.told.target)
        return chosen_format(self.told.output, self.env, self._config, self.told.target)

    def _glance(self) -> Config | None:
        """Return the config if it can be read, for the format of what is told before, or without, its being read."""
        if not self._glanced:
            from psbridge.config.load import load

            self._glanced = True
            with suppress(ConfigError):  # an interrupt passes
                self._seen = load(self.told.config, self.env)
        return self._seen

    @property
    def verbosity(self) -> int:
        """The number of `-v`, or -1 for `-q`."""
        return -1 if self.told.quiet else self.told.verbose

    def config(self) -> Config:
        """Return the config; its warnings are told once."""
        if self._config is None:
            from psbridge.config.load import load

            self._config = load(self.told.config, self.env)
            for warning in (*self._config.warnings, *take_switches()):
                self.warn(str(warning))
            if self._config.invalid and self.verbosity > 0:
                self.note("the config has invalid targets, which this is not about; see `psbridge config validate`")
        return self._config

    def open_log(self, words: Sequence[str]) -> None:
        """Open the `--log-file`, if there is one, and write down what was called.

        Raises:
            ConfigError: it can't be opened.
        """
        if self.told.log_file is not None and self.log is None:
            from psbridge.cli.logfile import LogFile

            self.log = self.signals.words.log = LogFile(self.told.log_file, self.clock, self._show_warning)
            self.log.begin(words)

    def flags(self) -> dict[str, Any]:
        """Return the global options that win over environment and config."""
        return {"call_timeout": seconds("--call-timeout", self.told.call_timeout)}

    def write(self, document: Document) -> None:
        """Write a result to stdout.

        Raises:
            Unwritten: it can't be written. That its reader has gone is not an error: a script goes by the code.
        """
        from psbridge.render.terminal import terminal_of
        from psbridge.render.writers import render

        self._log_verdict(document)
        text = render(document, self.output, terminal_of(self.stdout, self.env))
        self.write_text(text + "\n" if text else "")

    def write_text(self, text: str) -> None:
        """Write a result that is no document to stdout; raises as `write`."""
        try:
            self.stdout.write(text)
            self.stdout.flush()
        except BrokenPipeError:
            silence(self.stdout)
        except OSError as problem:
            raise unwritten(self.stdout, problem) from problem

    def _log_verdict(self, document: Document) -> None:
        if self.log is not None and document.kind in {"verdict", "proof_check"}:
            from psbridge.documents import encoding

            plain = encoding.to_plain(document)
            self.log.verdict(str(plain["verdict"]), int(str(plain["exit_code"])), plain)

    def record(self, problem: PsbridgeError) -> None:
        """Write what is wrong to the log file."""
        if self.log is not None:
            self.log.error(problem)

    def tell(self, problem: PsbridgeError) -> None:
        """Write what is wrong to stderr: sentences for people, an object for machines."""
        from psbridge.documents.error import ErrorDocument
        from psbridge.render.terminal import terminal_of
        from psbridge.render.writers import render

        self.say(render(ErrorDocument.of(problem), self.output, terminal_of(self.stderr, self.env)))

    def say(self, text: str) -> None:
        """Write a line to stderr. That nobody reads it, or that it is full, changes nothing of what is done, nor its code."""
        try:
            self.stderr.write(without_secrets(text) + "\n")
            self.stderr.flush()
        except (OSError, ValueError):
            silence(self.stderr)

    def trace(self, problem: BaseException) -> None:
        """Write where an error came from to stderr, as debug lines; its text may come from the far end."""
        from psbridge.documents.log import LogDocument
        from psbridge.render.safe import safe
        from psbridge.render.writers import render

        for line in "".join(traceback.format_exception(problem)).splitlines():
            self.say(render(LogDocument.of("debug", line), self.output) if self.output.machine else safe(line))
            if self.log is not None:
                self.log.append("debug", "psbridge", safe(line))

    def warn(self, text: str) -> None:
        """Write a warning to stderr and to the log file."""
        if self.log is not None:
            self.log.append("warning", "psbridge", text)
        self._show_warning(text)

    def _show_warning(self, text: str) -> None:
        from psbridge.documents.log import LogDocument
        from psbridge.render.terminal import terminal_of
        from psbridge.render.writers import render

        self.say(render(LogDocument.of("warning", text), self.output, terminal_of(self.stderr, self.env)))

    def note(self, text: str) -> None:
        """Write what is worth knowing to stderr."""
        from psbridge.documents.log import LogDocument
        from psbridge.render.terminal import terminal_of
        from psbridge.render.writers import render

        self.say(render(LogDocument.of("info", text), self.output, terminal_of(self.stderr, self.env)))

    @contextmanager
    def stamp(self, kind: str, *, timeout: float | None = None) -> Iterator[Stamp]:
        """Connect to the target for the body, with progress shown as the streams allow.

        Args:
            kind: what will be written, so that a format that can't hold it is refused before anything is sent.
            timeout: what `--timeout` says, in seconds.
        """
        from psbridge.api.stamp import connect
        from psbridge.config.resolve import resolve
        from psbridge.config.select import select_target
        from psbridge.render.writers import check_format

        config = self.config()
        check_format(kind, self.output)
        name = select_target(config, self.told.target, self.env)
        flags = self.flags() | {"timeout": timeout}
        target = replace(
            resolve(config, name, flags, prompt=self._prompt(), warn=self.warn), options=self.options(name)
        )
        self.signals.words.machine, self.signals.words.command = self.output.machine, target.command
        if self.log is not None:
            self.log.target(target)
        with ExitStack() as stack:
            observe = self._observers(stack, target, kind)
            state_dir = self.told.state_dir
            yield stack.enter_context(connect(target, state_dir=state_dir, observe=observe, environ=self.env))

    def options(self, target: str) -> str:
        """Return what leads a later call to the same target, config and journal."""
        import shlex

        told = (("--config", self.told.config), ("--state-dir", self.told.state_dir), ("-t", target))
        return " ".join(f"{option} {shlex.quote(value)}" for option, value in told if value)

    def _prompt(self) -> Prompt | None:
        if self.told.no_input or not (sys.stdin and sys.stdin.isatty() and self.stderr.isatty()):
            return None
        return self._asked

    def _asked(self, what: str) -> str:
        from getpass import getpass

        try:
            return getpass(f"{what}: ", stream=self.stderr)
        except EOFError:
            self.say("")  # Ctrl-D leaves the line open
            return ""

    def _observers(self, stack: ExitStack, target: Target, kind: str) -> Observer:
        from psbridge.api.stamp import Guarded
        from psbridge.render.terminal import terminal_of
        from psbridge.render.watch import watch

        shown = watch(
            target,
            self.output,
            out=self.stdout,
            err=self.stderr,
            clock=self.clock,
            terminal=terminal_of(self.stderr, self.env),
            verbosity=self.verbosity,
            result=kind,
        )
        words = self.signals.words.observe
        return Guarded(words, *stack.enter_context(shown), self.log)
