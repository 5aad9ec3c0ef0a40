"""Where every error ends: one line and a hint for people, one object for machines, and the exit code of the contract."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from psbridge.cli import command_line
from psbridge.cli.last_words import MACHINE, bare
from psbridge.errors import ExitCode, InternalError, Interrupted, PsbridgeError, Trigger
from psbridge.models.output import OutputFormat

if TYPE_CHECKING:
    from psbridge.cli.context import Call
    from psbridge.cli.options import Body, Globals


def run_body(told: Globals, body: Body, given: dict[str, Any]) -> int:
    """Run a command's body and return the exit code."""
    from psbridge.cli.context import Call
    from psbridge.cli.signals import Signals

    signals = Signals(machine=(told.output or os.environ.get("PSBRIDGE_OUTPUT")) in MACHINE)
    call = Call(told, signals)
    with signals.handled():
        try:
            call.open_log(command_line.given())
            return int(body(call, **given) or ExitCode.OK)
        except PsbridgeError as problem:
            return told_of(call, problem)
        except KeyboardInterrupt:
            return told_of(call, Interrupted("interrupted"))
        except Exception as bug:  # noqa: BLE001 - the one place where a bug of ours ends as code 70 and not as a traceback
            return told_of(call, _interrupt_behind(bug) or as_internal(bug), bug)


def _interrupt_behind(bug: BaseException) -> Interrupted | None:
    """Return the interrupt that led to a bug, as one in the middle of an import leads to an AttributeError; else None."""
    cause: BaseException | None = bug
    while cause is not None and not isinstance(cause, Interrupted):
        cause = cause.__context__
    return cause


def as_internal(bug: BaseException) -> InternalError:
    """Return the error for a bug; its text may hold anything, so only its type is told."""
    return InternalError(
        f"a bug of psbridge: {type(bug).__name__}",
        hint="Please report it with the output of the same command under --debug.",
        trigger=Trigger.UNKNOWN,
    )


def told_of(call: Call, problem: PsbridgeError, bug: BaseException | None = None) -> int:
    """Tell what is wrong and return its exit code."""
    if isinstance(problem, Interrupted):
        call.signals.words.told(problem)
    try:
        call.record(problem)
        if call.told.debug:
            call.trace(bug or problem)
        call.tell(problem)
    except Interrupted:
        call.say(bare(problem, machine=call.signals.words.machine or call.told.output in MACHINE))
    except PsbridgeError:
        # The format itself is what is wrong: people's words then.
        call.say(bare(problem, machine=False))
    except Exception:  # noqa: BLE001 - an interrupt in the middle of an import leaves modules that can't be used to tell of it
        call.say(bare(problem, machine=call.signals.words.machine or call.told.output in MACHINE))
    return problem.exit_code


def usage_problem(argv: Sequence[str], message: str, hint: str | None, shown: Sequence[str]) -> int:
    """Tell of a wrong command line in the format that it asks for, though it could not be read whole.

    `shown` are its words for the log file.
    """
    from psbridge.cli.context import Call
    from psbridge.cli.signals import Signals
    from psbridge.errors import UsageError

    call = Call(_asked(argv), Signals())
    _log_if_it_can_be(call, shown)
    return told_of(call, UsageError(command_line.without_secrets(message), hint=hint))


def interrupted_early(argv: Sequence[str]) -> int:
    """Tell of an interrupt that came before any command had begun."""
    from psbridge.cli.context import Call
    from psbridge.cli.signals import Signals

    call = Call(_asked(argv), Signals())
    _log_if_it_can_be(call, argv)
    return told_of(call, Interrupted("interrupted; nothing was sent"))


def unforeseen(argv: Sequence[str], bug: Exception) -> int:
    """Tell of a bug that came before any command had begun."""
    from psbridge.cli.context import Call
    from psbridge.cli.signals import Signals

    call = Call(_asked(argv), Signals())
    _log_if_it_can_be(call, argv)
    return told_of(call, as_internal(bug), bug)


def untold(argv: Sequence[str], problem: OSError) -> int:
    """Tell that stdout did not take help or version; a reader that has gone wants no more of it."""
    from psbridge.cli.context import Call
    from psbridge.cli.options import Globals
    from psbridge.cli.signals import Signals
    from psbridge.cli.streams import silence, unwritten

    call = Call(Globals(output=asked_format(argv)), Signals())
    if isinstance(problem, BrokenPipeError):
        silence(call.stdout)
        return ExitCode.OK
    return told_of(call, unwritten(call.stdout, problem))


def _asked(argv: Sequence[str]) -> Globals:
    """Return the global options of words that could not be parsed, as far as an error's format depends on them."""
    from psbridge.cli.options import Globals

    log_file = command_line.value_of(argv, "--log-file")
    return Globals(output=asked_format(argv), debug="--debug" in argv, log_file=log_file)


def _log_if_it_can_be(call: Call, argv: Sequence[str]) -> None:
    """Open the log file; that it can't be opened is not what is wrong."""
    with suppress(PsbridgeError):
        call.open_log(argv)


def asked_format(argv: Sequence[str]) -> str | None:
    """Return the value of `-o` in words that could not be parsed; None if it is no format."""
    found = command_line.value_of(argv, "--output", "-o")
    return found if found in set(OutputFormat) else None
