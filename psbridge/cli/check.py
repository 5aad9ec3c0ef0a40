"""`check_psbridge`: a plugin for Nagios and Icinga. Its exit codes are theirs: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.

It writes to stdout only, and always one answer: for a wrong option, a bug, or when its time is over, too.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, NoReturn

from psbridge.cli import streams
from psbridge.errors import PsbridgeError, UsageError
from psbridge.quiet import take_switches

if TYPE_CHECKING:
    from psbridge.monitoring.plugin import Answer

TIMEOUT: Final = 55.0
"""Seconds; Nagios and Icinga end a check after 60."""
_RESERVE: Final = 5.0
"""Seconds that are kept for closing the session and writing the answer."""
_UNKNOWN: Final = 3
_CRITICAL: Final = 2
_PLAIN: Final = re.compile(r"\d{1,9}(\.\d{1,6})?", re.ASCII)
_AGE: Final = "an age such as 26h, 90m, 2d or seconds"
_ABOUT: Final = """\
Check how a stamp's backups are, for Nagios and Icinga. Nothing is started.

The newest backup must be good, and the newest good one young enough.
CRITICAL  it failed, is incomplete, contradictory or too old, or the stamp
          can't be reached in time
WARNING   it is older than --warning, or not proved yet
UNKNOWN   anything else, such as refused credentials or an invalid config"""
_EPILOG: Final = """\
examples:
  check_psbridge -t redmond
  check_psbridge -t redmond --warning 14h --critical 26h

`psbridge help monitoring` shows the definitions for Nagios and Icinga."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(message, hint="See `check_psbridge --help`.")


class _Output:
    """Writes one answer and no second."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.lost = False

    def write(self, text: str) -> bool:
        """Write the answer; False if there was one already. Where stdout can't be written, `lost` is set."""
        if not self._lock.acquire(blocking=False):
            return False
        data = text.encode()
        try:
            while data:
                data = data[os.write(1, data) :]
        except OSError:
            self.lost = True
        return True


def main() -> NoReturn:
    """Run the plugin and exit with its state."""
    streams.prepare()
    raise SystemExit(run(sys.argv[1:]))


def run(words: Sequence[str]) -> int:
    """Run the plugin and return its state; after the time limit the process ends here."""
    take_switches()  # before the library is loaded, which would warn on stderr
    output = _Output()
    try:
        options = _parsed(words)
        with _limited(_seconds("--timeout", options.timeout), output):
            found = _answer(options)
    except SystemExit:
        return _UNKNOWN  # of help and version, as the guidelines say
    except PsbridgeError as problem:
        found = _of_error(problem)
    except KeyboardInterrupt:
        return _said(output, "interrupted")
    except Exception as bug:  # noqa: BLE001 - a traceback would be the answer, with 1 for WARNING
        return _said(output, f"a bug of psbridge: {type(bug).__name__}")
    if not output.write(found.output):
        return _CRITICAL
    return int(found.state) or (_UNKNOWN if output.lost else 0)  # an answer that nobody reads is not OK


def _said(output: _Output, text: str) -> int:
    output.write(f"BACKUP UNKNOWN - {text}\n")
    return _UNKNOWN


def _parsed(words: Sequence[str]) -> argparse.Namespace:
    """Return the options.

    Raises:
        UsageError: a word is unknown. It is not repeated, because it may be a secret.
    """
    options, unknown = _parser().parse_known_args(list(words))
    if unknown:
        name = unknown[0].partition("=")[0]
        is_option = re.fullmatch(r"--[a-z-]{1,40}", name) is not None
        raise UsageError(
            f"unknown option: {name}" if is_option else "unknown word on the command line (not shown)",
            hint="See `check_psbridge --help`.",
        )
    return options


def _parser() -> argparse.ArgumentParser:
    from psbridge.version import __version__

    raw = argparse.RawDescriptionHelpFormatter
    it = _Parser(prog="check_psbridge", description=_ABOUT, epilog=_EPILOG, formatter_class=raw, allow_abbrev=False)
    it.add_argument("-t", "--target", metavar="NAME", help="target to check [env: PSBRIDGE_TARGET]")
    age = f"{_AGE}; default: "
    it.add_argument(
        "-w", "--warning", metavar="AGE", help=age + "one and a half times the stamp's schedule; without one none"
    )
    it.add_argument("-c", "--critical", metavar="AGE", help=age + "twice the stamp's schedule; without one 26h")
    it.add_argument("--strict", action="store_true", help="WARNING if any row of `psbridge status` is not ok")
    it.add_argument(
        "--timeout", metavar="DURATION", default=f"{TIMEOUT:g}s", help="time limit of the check [default: %(default)s]"
    )
    it.add_argument("--config", metavar="FILE", help="config file [env: PSBRIDGE_CONFIG]")
    it.add_argument("--state-dir", metavar="FOLDER", help="folder of the journal [env: PSBRIDGE_STATE_DIR]")
    it.add_argument("-V", "--version", action="version", version=f"check_psbridge {__version__}")
    return it


def _seconds(option: str, text: str) -> float:
    """Return an age or a duration in seconds; a plain number is seconds.

    Raises:
        UsageError: it is not an age. A range of Nagios is not one, because a backup is never too young.
    """
    from psbridge.config.durations import duration

    try:
        seconds = float(text) if _PLAIN.fullmatch(text) else duration(text)
    except UsageError:
        seconds = 0.0
    if seconds <= 0:
        raise UsageError(f"{option}: {text[:40]!r} is not {_AGE}") from None
    return seconds


def _answer(options: argparse.Namespace) -> Answer:
    warning, critical = _ages(options)
    whole = _seconds("--timeout", options.timeout)

    from psbridge.cli.context import Context
    from psbridge.cli.options import GlobalOptions
    from psbridge.cli.stamp_reading import read_status
    from psbridge.documents.stamp_status import StampStatusDocument
    from psbridge.monitoring.plugin import answer
    from psbridge.monitoring.states import thresholds

    chosen = GlobalOptions(
        target=options.target,
        config=options.config,
        state_dir=options.state_dir,
        output="table",
        call_timeout=f"{whole - min(_RESERVE, whole / 2):.3f}s",
        no_input=True,
        quiet=True,
    )
    context = Context(options=chosen)
    context.stderr = notes = io.StringIO()
    document = StampStatusDocument.of(read_status(context, max_age=critical))
    said = [line.removeprefix("warning: ") for line in notes.getvalue().splitlines()]
    return answer(document, thresholds(document, warning, critical), said, strict=options.strict)


def _ages(options: argparse.Namespace) -> tuple[float | None, float | None]:
    """Return the ages for warning and critical, in seconds; None for one that was not given.

    Raises:
        UsageError: one is not an age, or they are in the wrong order.
    """
    given = (("--warning", options.warning), ("--critical", options.critical))
    warning, critical = (None if text is None else _seconds(option, text) for option, text in given)
    if warning is not None and critical is not None and warning > critical:
        raise UsageError("--warning is more than --critical")
    return warning, critical


def _of_error(problem: PsbridgeError) -> Answer:
    """Return the answer for what is not a status: a wrong command line, or a target whose name is unknown."""
    from psbridge.monitoring.plugin import written
    from psbridge.monitoring.states import Finding, state_of

    details = [f"hint: {problem.hint}"] if problem.hint else []
    return written([Finding(state_of(problem.exit_code), problem.message)], details)


@contextmanager
def _limited(seconds: float, output: _Output) -> Iterator[None]:
    """End the process with CRITICAL when the time is over, whatever holds the body up, such as a name server."""

    def over() -> None:
        if output.write(f"BACKUP CRITICAL - timed out after {seconds:g}s\n"):
            os._exit(_CRITICAL)

    timer = threading.Timer(seconds, over)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
