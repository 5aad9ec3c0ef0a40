"""`psbridge doctor`: can a backup be started?"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from psbridge.cli.completion import one_of
from psbridge.cli.groups import verb
from psbridge.cli.options import seconds
from psbridge.errors import ExitCode
from psbridge.models.output import OutputFormat

if TYPE_CHECKING:
    from psbridge.cli.context import Context
    from psbridge.models.diagnosis import StageResult
    from psbridge.render.blocks import Block


def doctor(
    context: "Context",
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only",
            metavar="STAGE",
            help="Check this stage and what it needs. Can be repeated.",
            autocompletion=one_of("psbridge.models.diagnosis", "STAGE_NAMES"),
        ),
    ] = None,
    timeout: Annotated[
        str | None,
        typer.Option("--timeout", metavar="DURATION", help="Overall time limit. [default: 2m per group of stages]"),
    ] = None,
) -> ExitCode:
    """Check whether a backup can be started: this machine, the connection, the host and the stamp.

    Each stage is ok, has a warning, failed or was not reached, with its evidence and a remedy. Only reads are sent, and the
    login is tried once, because failed logins lock accounts. The exit code is 0 if no stage failed, else that of the first
    failure; a warning does not change it.

    **Examples**

    Before the first backup: `psbridge doctor -t redmond`

    Only this machine and the config, without a connection: `psbridge doctor -t redmond --only config --only machine`

    The first failure, for a script: `psbridge doctor -t redmond -o json | jq -r .code`
    """
    from psbridge.documents.doctor import DoctorDocument
    from psbridge.render.doctor_view import end
    from psbridge.render.writers import check_format

    limit = seconds("--timeout", timeout)
    check_format("doctor", context.output)
    found = context.diagnose(_writer(context), only=tuple(only or ()), timeout=limit)
    document = DoctorDocument.of(found)
    for result in found.stages:
        if result.error is not None:
            context.log_error(result.error)
    if context.output is not OutputFormat.TABLE:
        context.write(document)
    elif not context.options.quiet or found.exit_code is not ExitCode.OK:
        _write(context, end(document))
    return found.exit_code


def _writer(context: "Context") -> Callable[["StageResult"], None]:
    """Return what writes each stage as it ends; other formats than text have one document at the end."""
    from psbridge.documents.doctor import stage_body
    from psbridge.render.doctor_view import stage

    def write(result: "StageResult") -> None:
        hidden = context.options.quiet and result.state in {"ok", "not_reached"}
        if context.output is OutputFormat.TABLE and not hidden:
            _write(context, [stage(stage_body(result))])

    return write


def _write(context: "Context", blocks: Sequence["Block"]) -> None:
    from psbridge.render.terminal import terminal_of
    from psbridge.render.text import written

    context.write_text(written(blocks, terminal_of(context.stdout, context.env)) + "\n")


build = partial(verb, "doctor", doctor)
