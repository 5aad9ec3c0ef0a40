"""`psbridge doctor`: can a backup be started?"""

from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from psbridge.cli.completion import one_of
from psbridge.cli.groups import verb
from psbridge.cli.options import seconds
from psbridge.errors import ExitCode, UsageError
from psbridge.models.output import OutputFormat

if TYPE_CHECKING:
    from psbridge.cli.context import Context
    from psbridge.documents.doctor import StageBody
    from psbridge.models.diagnosis import Diagnosis, StageResult
    from psbridge.models.target import Target
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
    bundle: Annotated[
        str | None,
        typer.Option(
            "--bundle", metavar="FILE", help="Write a support bundle (tar.gz), without secrets. Never overwrites."
        ),
    ] = None,
    with_names: Annotated[
        bool,
        typer.Option("--with-names", help="Keep names of hosts and users, addresses and ids in the bundle."),
    ] = False,
) -> ExitCode:
    """Check whether a backup can be started: this machine, the connection, the host and the stamp.

    Each stage is ok, has a warning, failed or was not reached, with its evidence and a remedy. Only reads are sent, and the
    login is tried once, because failed logins lock accounts. The exit code is 0 if no stage failed, else that of the first
    failure; a warning does not change it.

    The stages: config, machine, name, tcp, tls, wsman, login, session, modules, sign_in, location, settings, backups, alerts,
    updates, clock, shells.

    **Examples**

    Before the first backup: `psbridge doctor -t redmond`

    Only this machine and the config, without a connection: `psbridge doctor -t redmond --only config --only machine`

    The first failure, for a script: `psbridge doctor -t redmond -o json | jq -r .code`

    A file for someone who helps: `psbridge doctor -t redmond --bundle support.tar.gz`
    """
    from psbridge.documents.doctor import DoctorDocument
    from psbridge.render.doctor_view import end
    from psbridge.render.writers import check_format

    limit = seconds("--timeout", timeout)
    check_format("doctor", context.output)
    if with_names and bundle is None:
        raise UsageError("--with-names is for a bundle", hint="Add --bundle FILE, or leave it out.")
    writer = _Writer(context)
    try:
        found = _diagnosed(context, writer, tuple(only or ()), limit, bundle=bundle, names=with_names)
    finally:
        writer.flush()
    document = DoctorDocument.of(found)
    for result in found.stages:
        if result.error is not None:
            context.log_error(result.error)
    if context.output is not OutputFormat.TABLE:
        context.write(document)
    elif not context.options.quiet or found.exit_code is not ExitCode.OK:
        _write(context, end(document))
    if bundle is not None and not context.options.quiet:
        context.note(f"wrote {bundle}: read it before you pass it on")
    return found.exit_code


def _diagnosed(
    context: "Context",
    writer: "_Writer",
    only: Sequence[str],
    timeout: float | None,
    *,
    bundle: str | None,
    names: bool,
) -> "Diagnosis":
    from psbridge.api.doctor import diagnose
    from psbridge.api.stamp import Guarded
    from psbridge.render.observers import Notes
    from psbridge.values import replace

    ask = context.prompt()

    def note(text: str) -> None:
        writer.clear()
        context.say(text)

    def asked(what: str) -> str:
        writer.clear()
        return ask(what) if ask is not None else ""

    def lead(target: "Target") -> "Target":
        context.begin_target(target)
        return replace(target, options=context.leading_to(target.name))

    return diagnose(
        context.options.target,
        config=context.options.config,
        state_dir=context.options.state_dir,
        only=only,
        timeout=timeout,
        observe=Guarded(context.signals.messages.observe, Notes(note, context.output, context.verbosity), context.log),
        begin=writer.begin,
        ended=writer.ended,
        flags=context.flags(),
        environ=context.env,
        clock=context.clock,
        prompt=asked if ask is not None else None,
        lead=lead,
        bundle=bundle,
        names=names,
        log=context.options.log_file,
    )


class _Writer:
    """Writes each stage as it ends; stages that are not reached are held back, because those of one reason are one line.

    On a terminal a line names the stage that is at work; it is removed before anything else is written.
    """

    def __init__(self, context: "Context") -> None:
        from psbridge.render.terminal import terminal_of

        self._context = context
        self._held: list[StageBody] = []
        terminal = terminal_of(context.stderr, context.env)
        text = context.output is OutputFormat.TABLE
        self._at_work = text and terminal.tty and context.stdout.isatty() and context.verbosity == 0
        self._written = False

    def begin(self, stage: str) -> None:
        """Show that a stage has begun, on a terminal."""
        if self._at_work:
            self.clear()
            self._written = True
            self._put(f"...   {stage}")

    def clear(self) -> None:
        """Remove the line of the stage at work."""
        if self._written:
            self._written = False
            self._put("\r\x1b[2K")

    def _put(self, text: str) -> None:
        with suppress(OSError, ValueError):
            self._context.stderr.write(text)
            self._context.stderr.flush()

    def ended(self, result: "StageResult") -> None:
        """Write a stage."""
        from psbridge.documents.doctor import stage_body

        self.clear()
        self._log(result)
        if self._context.output is not OutputFormat.TABLE:
            return  # one document at the end
        body = stage_body(result)
        if self._held and (body.state, body.evidence) != (self._held[0].state, self._held[0].evidence):
            self.flush()
        if body.state == "not_reached":
            self._held.append(body)
        elif body.state != "ok" or not self._context.options.quiet:
            self._show([body])

    def _log(self, result: "StageResult") -> None:
        if self._context.log is not None:
            summary = "; ".join(it.text for it in result.findings)
            level = {"warn": "warning", "fail": "error"}.get(result.state, "info")
            self._context.log.append(level, "psbridge", f"stage {result.stage}: {result.state.value}: {summary}")

    def flush(self) -> None:
        """Write what was held back."""
        self.clear()
        held, self._held = self._held, []
        if held and not self._context.options.quiet:
            self._show(held)

    def _show(self, bodies: Sequence["StageBody"]) -> None:
        from psbridge.render.doctor_view import stages

        _write(self._context, stages(bodies))


def _write(context: "Context", blocks: Sequence["Block"]) -> None:
    from psbridge.render.terminal import terminal_of
    from psbridge.render.text import written

    context.write_text(written(blocks, terminal_of(context.stdout, context.env)) + "\n")


build = partial(verb, "doctor", doctor)
