"""One call of the command line: its words and options, its streams, and its connection to a stamp."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TextIO

from psbridge import defaults
from psbridge.cli.command_line import MASK, CommandLine, any_of
from psbridge.cli.pasted import completed, leading
from psbridge.cli.signals import MACHINE, Signals
from psbridge.cli.streams import silence, unwritten
from psbridge.errors import ConfigError, PsbridgeError, UsageError
from psbridge.models.output import OutputFormat
from psbridge.quiet import take_switches

if TYPE_CHECKING:
    from psbridge.api.demo import DemoStore
    from psbridge.api.stamp import Stamp
    from psbridge.cli.log_file import LogFile
    from psbridge.cli.notices import Notice
    from psbridge.cli.options import GlobalOptions
    from psbridge.clock import Clock
    from psbridge.config.load import Config
    from psbridge.config.resolve import Prompt
    from psbridge.documents.document import Document
    from psbridge.models.events import Event, Observer
    from psbridge.models.target import StorePlace, Target


class Context:
    """The state that the parts of one call share. It is created before anything heavy is loaded.

    `log` is the `--log-file`, once it is open. `warned` is set by the first warning on stderr. `notice` is set once it is known
    who is notified of the end of the command.
    """

    def __init__(self, words: Sequence[str] = (), options: GlobalOptions | None = None) -> None:
        self.line = CommandLine(words)
        self.signals = Signals(machine=self.line.output in MACHINE)
        self.stdout: TextIO = sys.stdout
        self.stderr: TextIO = sys.stderr
        self.env: Mapping[str, str] = os.environ
        self.log: LogFile | None = None
        self.warned = False
        self.notice: Notice | None = None
        self._target: str | None = None
        self._resolved: Target | None = None
        self._place: StorePlace | None = None
        self._options = options
        self._config: Config | None = None
        self._glanced = False
        self._seen: Config | None = None

    @property
    def options(self) -> GlobalOptions:
        """The global options that have been read so far."""
        if self._options is None:
            from psbridge.cli.options import GlobalOptions

            self._options = GlobalOptions()
        return self._options

    @options.setter
    def options(self, options: GlobalOptions) -> None:
        self._options = options

    @cached_property
    def clock(self) -> Clock:
        """The system's clock."""
        from psbridge.clock import SystemClock

        return SystemClock()

    @property
    def output(self) -> OutputFormat:
        """The format of results: from the option, `PSBRIDGE_OUTPUT`, the target or the config's defaults; else a table.

        Raises:
            UsageError: the option names an unknown format.
        """
        chosen = self.options.output or self._configured_output()
        try:
            return OutputFormat(chosen)
        except ValueError:
            if self.options.output is None:
                return OutputFormat.TABLE  # a wrong PSBRIDGE_OUTPUT is refused when the environment is read
        hint = f"Valid formats: {', '.join(OutputFormat)}."
        raise UsageError(f"unknown output format: {chosen!r}", hint=hint)

    def check_fixed_format(self, form: str) -> None:
        """Refuse an `--output` other than `form`, for what is printed in one format only."""
        if self.options.output not in {None, form}:
            raise UsageError(f"this is printed as {form} only", hint="Leave out --output.")

    def _configured_output(self) -> str:
        config = self._config or self._glance()
        if config is None:
            return self.env.get("PSBRIDGE_OUTPUT") or defaults.OUTPUT
        from psbridge.config.resolve import default_target

        target = self.options.target or default_target(config, self.env)
        return str(config.values(None if target in config.invalid else target)["output"].value)

    def _glance(self) -> Config | None:
        """Return the config if it can be read, for the output format of what is written before the config is needed."""
        if not self._glanced:
            from psbridge.config.load import load

            self._glanced = True  # set first: after an interrupt this must not run again
            with suppress(ConfigError):
                self._seen = load(self.options.config, self.env)
        return self._seen

    @property
    def hides_success(self) -> bool:
        """Whether start, wait and confirm print only what is not good: with `-q`, unless `-o` or the config asks for a format.

        Cron sends a mail for each line of output, and its reader needs the error first.
        """
        return self.options.quiet and self.options.output is None and self.output is OutputFormat.TABLE

    @property
    def target_name(self) -> str | None:
        """The name of the target, as far as it is known: also before the config was read, or if it can't be."""
        return self._target or self.options.target or self.env.get("PSBRIDGE_TARGET") or None

    @property
    def verbosity(self) -> int:
        """The number of `-v`, or -1 for `-q`."""
        return -1 if self.options.quiet else self.options.verbose

    def config(self) -> Config:
        """Return the config; its warnings are shown once."""
        if self._config is None:
            from psbridge.config.load import load

            self._config = load(self.options.config, self.env)
            for warning in (*self._config.warnings, *take_switches()):
                self.warn(str(warning))
            if self._config.invalid and self.verbosity > 0:
                self.note("the config has other, invalid targets; see `psbridge config validate`")
        return self._config

    def open_log(self, words: Sequence[str] | None = None) -> None:
        """Open the `--log-file`, if there is one, and log the command line: `words`, or the words as given.

        Raises:
            ConfigError: it can't be opened.
        """
        if self.options.log_file is not None and self.log is None:
            from psbridge.cli.log_file import LogFile

            self.log = self.signals.messages.log = LogFile(
                self.options.log_file, self.clock, lambda text: self._show_line("warning", text)
            )
            self.log.begin(self.line.words if words is None else words)

    def flags(self) -> dict[str, Any]:
        """Return the global options that override environment and config."""
        from psbridge.cli.options import seconds

        return {"call_timeout": seconds("--call-timeout", self.options.call_timeout)}

    def write(self, document: Document, shown: Document | None = None) -> None:
        """Write a result to stdout: `shown` instead, if given, while the log file gets the document.

        Raises:
            Unwritten: it can't be written. A reader that has exited is not an error, because scripts use the exit code.
        """
        from psbridge.render.terminal import terminal_of
        from psbridge.render.writers import render

        self.log_verdict(document)
        text = render(shown or document, self.output, terminal_of(self.stdout, self.env))
        self.write_text(text + "\n" if text else "")

    def write_text(self, text: str) -> None:
        """Write a result that is not a document to stdout; raises as `write`."""
        try:
            self.stdout.write(text)
            self.stdout.flush()
        except BrokenPipeError:
            silence(self.stdout)
        except OSError as problem:
            raise unwritten(self.stdout, problem) from problem

    def log_verdict(self, document: Document) -> None:
        """Write a verdict to the log file; any other result is not logged."""
        if self.log is not None and document.kind in {"verdict", "proof_check"}:
            from psbridge.documents import encoding

            plain = encoding.to_plain(document)
            self.log.verdict(str(plain["verdict"]), int(str(plain["exit_code"])), plain)

    def complete_hint(self, problem: PsbridgeError) -> None:
        """Make the commands in an error's hint complete: they lead to the same target, config and journal."""
        if problem.hint is not None:
            problem.hint = self._completed(problem.hint)

    def _completed(self, text: str) -> str:
        """Return a text whose commands can be pasted; a command that has options after `psbridge` already stays as it is."""
        here = self.leading_to(self._target or self.options.target)
        return completed(text, here, leading(self.options.config, env=self.env))

    def log_error(self, problem: PsbridgeError) -> None:
        """Write an error to the log file."""
        self.complete_hint(problem)
        if self.log is not None:
            self.log.error(problem)

    def show_error(self, problem: PsbridgeError) -> None:
        """Write an error to stderr: sentences for people, an object for machines."""
        from psbridge.documents.error import ErrorDocument

        self.complete_hint(problem)
        self._show(ErrorDocument.of(problem))

    def show_traceback(self, problem: BaseException) -> None:
        """Write a traceback to stderr, as debug lines; its text may come from the host, or from a library that has a secret."""
        import traceback

        from psbridge.documents.progress import LogDocument
        from psbridge.models.secret import secrets_in
        from psbridge.render.escape import safe
        from psbridge.render.writers import render

        secrets = any_of({it.reveal() for it in secrets_in([self._config, self._resolved, self._place])})
        text = "".join(traceback.format_exception(problem))
        for line in (secrets.sub(MASK, text) if secrets else text).splitlines():
            self.say(render(LogDocument.of("debug", line), self.output) if self.output.machine else safe(line))
            if self.log is not None:
                self.log.append("debug", "psbridge", safe(line))

    def warn(self, text: str) -> None:
        """Write a warning to stderr and to the log file."""
        text = self._completed(text)
        self.warned = True
        if self.log is not None:
            self.log.append("warning", "psbridge", text)
        self._show_line("warning", text)

    def note(self, text: str) -> None:
        """Write an info line to stderr."""
        self._show_line("info", self._completed(text))

    def _show_line(self, level: Literal["info", "warning"], text: str) -> None:
        from psbridge.documents.progress import LogDocument

        self._show(LogDocument.of(level, text))

    def _show(self, document: Document) -> None:
        from psbridge.render.terminal import terminal_of
        from psbridge.render.writers import render

        self.say(render(document, self.output, terminal_of(self.stderr, self.env)))

    def say(self, text: str) -> None:
        """Write a line to stderr. A failure to write it is ignored."""
        try:
            self.stderr.write(self.line.without_secrets(text) + "\n")
            self.stderr.flush()
        except (OSError, ValueError):
            silence(self.stderr)

    @contextmanager
    def stamp(
        self, kind: str, *, timeout: float | None = None, notify: str | None = None, retry_refused: bool = True
    ) -> Iterator[Stamp]:
        """Connect to the target for the body, with progress shown as the streams allow.

        Args:
            kind: the kind of the result; a format that can't hold it is refused before anything is sent.
            timeout: the value of `--timeout` in seconds.
            notify: the command, if it notifies of its end.
            retry_refused: False for monitoring: a login that was refused within the last hour is not sent again.
        """
        from psbridge.api.stamp import connect
        from psbridge.config.resolve import resolve, select_target
        from psbridge.render.writers import check_format
        from psbridge.values import replace

        config = self.config()
        check_format(kind, self.output)
        name = self._target = select_target(config, self.options.target, self.env)
        if notify is not None:
            self._begin_notice(config, name, notify)
        flags = self.flags() | {"timeout": timeout}
        target = replace(
            resolve(config, name, flags, prompt=self.prompt(), warn=self.warn), options=self.leading_to(name)
        )
        messages = self.signals.messages
        messages.machine, messages.command = self.output.machine, target.command
        self.begin_target(target)
        with ExitStack() as stack:
            observe = self.observers(stack, target, kind)
            stamp = connect(
                target,
                state_dir=self.options.state_dir,
                observe=observe,
                environ=self.env,
                retry_refused=retry_refused,
            )
            yield stack.enter_context(stamp)

    def store_place(self, where: str | None) -> StorePlace | None:
        """Return the store of `--store`, or else of the target; None if neither names one.

        A share that `--store` names is read by the account that the target has for its own store.

        Raises:
            ConfigError, NotFound, UsageError: the target can't be used.
        """
        from psbridge.config.resolve import select_target, store_place
        from psbridge.models.target import StorePlace, is_unc

        if where is not None and not is_unc(where):
            return StorePlace(where)
        config = self.config()
        if where is not None and not (self.options.target or config.targets):
            return StorePlace(where)
        name = select_target(config, self.options.target, self.env)
        self._place = store_place(config, name, where=where, prompt=self.prompt(), warn=self.warn)
        return self._place

    def demo_store(self) -> DemoStore | None:
        """Return the backup share of the emulated target `demo`, brought up to date; None for any other target."""
        from psbridge.config.resolve import outline, select_target

        config = self.config()
        target = outline(config, select_target(config, self.options.target, self.env), self.flags())
        if not target.emulated:
            return None
        from psbridge.api.demo import DemoSessions
        from psbridge.api.folders import state_folder

        state = state_folder(self.options.state_dir, self.env)
        return DemoSessions(state, target.policy, self.clock).store()

    def begin_target(self, target: Target) -> None:
        """Write the target to the log file; from now on tracebacks show none of its secrets."""
        self._resolved = target
        if self.log is not None:
            self.log.target(target)

    def _begin_notice(self, config: Config, target: str, command: str) -> None:
        from psbridge.cli.notices import Notice, notifier_of

        notifier = notifier_of(config, target, self)
        if notifier is not None:
            self.notice = Notice(notifier, command, target, self)
            self.notice.begin()

    def end_notice(self, error: PsbridgeError | None = None) -> None:
        """Notify of the end of the command, once."""
        notice, self.notice = self.notice, None
        if notice is not None:
            notice.end(error)

    def leading_to(self, target: str | None) -> str:
        """Return the options with which a later call uses the same target, config and journal."""
        from psbridge.api.folders import named_state

        return leading(self.options.config, self.options.state_dir or named_state(self.env), target, env=self.env)

    def prompt(self) -> Prompt | None:
        """Return what asks for a password; None without a terminal, or with `--no-input`."""
        if self.options.no_input or not (sys.stdin and sys.stdin.isatty() and self.stderr.isatty()):
            return None
        return self._asked

    def _asked(self, what: str) -> str:
        from getpass import getpass

        try:
            return getpass(f"{what}: ", stream=self.stderr)
        except EOFError:
            self.say("")  # Ctrl-D leaves the line open
            return ""

    def observers(self, stack: ExitStack, target: Target, kind: str) -> Observer:
        """Return what shows and logs the events of an operation, as the streams allow, until the stack is closed."""
        from psbridge.api.stamp import Guarded
        from psbridge.render.observers import watch
        from psbridge.render.terminal import terminal_of

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
        return Guarded(self.signals.messages.observe, *stack.enter_context(shown), self._see_warning, self.log)

    def _see_warning(self, event: Event) -> None:
        from psbridge.render.event_text import say

        self.warned = self.warned or say(event, -1) is not None
