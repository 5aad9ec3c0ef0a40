"""Report an error: a line and a hint for people, one object for machines, and the exit code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from psbridge.cli.command_line import value_of
from psbridge.cli.signals import MACHINE, error_text
from psbridge.errors import ExitCode, InternalError, Interrupted, PsbridgeError, Trigger, UsageError

if TYPE_CHECKING:
    from psbridge.cli.context import Context


def run_body(context: Context, body: Callable[..., ExitCode | None], given: dict[str, Any]) -> int:
    """Run a command's body and return the exit code."""
    output = context.options.output or context.env.get("PSBRIDGE_OUTPUT")
    context.signals.messages.machine = output in MACHINE
    with context.signals.handled():
        try:
            context.open_log()
            code = int(body(context, **given) or ExitCode.OK)
        except PsbridgeError as problem:
            return _ended(context, problem)
        except KeyboardInterrupt:
            return _ended(context, Interrupted("interrupted"))
        except Exception as bug:  # noqa: BLE001 - the one place where a bug of ours ends as code 70 and not as a traceback
            interrupt = cause_of(bug, Interrupted)
            return _ended(context, interrupt if isinstance(interrupt, Interrupted) else as_internal(bug), bug)
        context.end_notice()
        return code


def _ended(context: Context, problem: PsbridgeError, bug: BaseException | None = None) -> int:
    """Report an error, notify of it, and return its exit code.

    People read the error first. For a machine it is the last line of stderr, so what is said of notifications comes before.
    """
    if isinstance(problem, Interrupted):
        context.signals.messages.explain(problem)
    if _machine(context):
        context.end_notice(problem)
    code = report(context, problem, bug)
    context.end_notice(problem)
    return code


def cause_of(bug: BaseException, kind: type[BaseException]) -> BaseException | None:
    """Return the exception of a kind that caused another, such as a signal during an import; None if there is none."""
    cause: BaseException | None = bug
    while cause is not None and not isinstance(cause, kind):
        cause = cause.__context__
    return cause


def as_internal(bug: BaseException) -> InternalError:
    """Return the error for a bug. Its text may contain secrets, so only its type is shown."""
    return InternalError(
        f"a bug of psbridge: {type(bug).__name__}",
        hint="Report it with the output of the same command with --debug.",
        trigger=Trigger.UNKNOWN,
    )


def report(context: Context, problem: PsbridgeError, bug: BaseException | None = None) -> int:
    """Write an error to stderr and the log file, and return its exit code."""
    if isinstance(problem, Interrupted):
        context.signals.messages.explain(problem)
    try:
        context.log_error(problem)
        if context.options.debug:
            context.show_traceback(bug or problem)
        context.show_error(problem)
    except PsbridgeError as meanwhile:
        # If it is not an interrupt, the output format is wrong: write text for people.
        machine = isinstance(meanwhile, Interrupted) and _machine(context)
        context.say(error_text(problem, machine=machine))
    except Exception:  # noqa: BLE001 - an interrupt in the middle of an import leaves modules that can't be used any more
        context.say(error_text(problem, machine=_machine(context)))
    return problem.exit_code


def _machine(context: Context) -> bool:
    return context.signals.messages.machine or context.options.output in MACHINE


def usage_problem(context: Context, message: str, hint: str | None, shown: Sequence[str] | None = None) -> int:
    """Report a wrong command line, in the format that it asks for as far as it can be parsed.

    `shown`: the words for the log file, if not as given.
    """
    _read_what_can_be(context, shown)
    return report(context, UsageError(context.line.without_secrets(message), hint=hint))


def interrupted_early(context: Context) -> int:
    """Report an interrupt before a command began."""
    _read_what_can_be(context)
    return report(context, Interrupted("interrupted; nothing was sent"))


def unforeseen(context: Context, bug: Exception) -> int:
    """Report a bug before a command began."""
    _read_what_can_be(context)
    return report(context, as_internal(bug), bug)


def untold(context: Context, problem: OSError) -> int:
    """Report that help or version can't be written to stdout; a reader that has exited is not an error."""
    from psbridge.cli.options import GlobalOptions
    from psbridge.cli.streams import silence, unwritten

    context.options = GlobalOptions(output=context.line.output)
    if isinstance(problem, BrokenPipeError):
        silence(context.stdout)
        return ExitCode.OK
    return report(context, unwritten(context.stdout, problem))


def _read_what_can_be(context: Context, shown: Sequence[str] | None = None) -> None:
    """Read the options that an error report needs from unparsed words, and open the log file if possible."""
    from psbridge.cli.options import GlobalOptions

    words = context.line.words
    log_file = value_of(words, "--log-file")
    context.options = GlobalOptions(output=context.line.output, debug="--debug" in words, log_file=log_file)
    with suppress(PsbridgeError):
        context.open_log(shown)
