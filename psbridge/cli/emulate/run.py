"""Run an emulated host: its log, its introduction, its end."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace  # noqa: TID251 - of an emulator's value
from pathlib import Path
from typing import TYPE_CHECKING

from psbridge.cli.emulate.config_out import config_at
from psbridge.cli.emulate.errors import explained, unstarted
from psbridge.cli.signals import until_interrupted
from psbridge.errors import UsageError
from psbridge.quiet import take_switches

if TYPE_CHECKING:
    from psbridge.cli.context import Context
    from psbridge.documents.emulation import EmulationDocument
    from psbridge.emulator.emulation import Emulating, Emulation

_LOOK_SECONDS = 0.2


def _logging(context: Context) -> Callable[[str], None]:
    """Return a writer of the host's log lines: to stderr, except with `--quiet`, and to the `--log-file`."""
    from psbridge.documents.progress import LogDocument
    from psbridge.render.writers import render

    output, quiet, file = context.output, context.options.quiet, context.log

    def log(line: str) -> None:
        if not quiet:
            context.say(render(LogDocument.of("info", line), output) if output.machine else line)
        if file is not None:
            file.append("info", "emulator", line)

    return log


def serve(context: Context, what: Emulating, config_file: Path | None, target: str) -> None:
    """Run an emulated host until a signal ends it. `target` is what the printed config calls it.

    Raises:
        PsbridgeError: the host can't be started.
    """
    from psbridge.emulator.client_config import refused, to_fill_in
    from psbridge.emulator.stamp.scenario_file import open_stamp
    from psbridge.emulator.stamp.service import ServicePrincipal

    secret = context.env.get("PSBRIDGE_EMULATE_SECRET")
    principal = ServicePrincipal(secret=secret) if secret else None
    with explained():
        stamp = open_stamp(
            what.scenario, what.speed, principal=principal
        )  # before the handlers are set, because the file may be a pipe
    with until_interrupted(context.signals.messages) as over, ExitStack() as stack:
        running = _started(stack, replace(what, stamp=stamp, log=_logging(context)))
        if config_file and to_fill_in(running.host):
            raise UsageError(
                "--config-out can't be used with --client-ca alone: the config would lack your client certificate",
                hint="Leave out --client-ca, or also offer another authentication method, such as --auth ntlm.",
            )
        if config_file:
            stack.enter_context(config_at(config_file, running, target))
        for note in (*running.stamp.scenario.notes, *filter(None, [refused(running.host)]), *take_switches()):
            context.warn(note)
        context.write(_introduction(running, config_file, target))
        # A wait without a timeout can miss a signal, because the handler runs only when this thread runs again; seen on
        # every second Ctrl-C during TLS handshakes.
        while not over.wait(_LOOK_SECONDS):
            pass
        if context.stderr.isatty():
            context.say("")  # after the terminal's ^C, so that the prompt gets its own line


def _started(stack: ExitStack, what: Emulating) -> Emulation:
    from psbridge.emulator.emulation import emulation

    try:
        with explained():
            return stack.enter_context(emulation(what))
    except OSError as problem:
        raise unstarted(problem, what) from problem


def _introduction(running: Emulation, config_file: Path | None, target: str) -> EmulationDocument:
    """Return where the host listens, with a config for it."""
    from psbridge.documents.emulation import EmulationDocument
    from psbridge.emulator.client_config import client_config, login, password_variable

    host, stamp, share, mine = running.host, running.stamp, running.share, running.host.client_files
    return EmulationDocument(
        url=host.url,
        engine=running.engine,
        scenario=stamp.scenario.name,
        speed=stamp.speed,
        auth=login(host),
        offered=list(host.auth),
        username=host.username,
        password=host.password,
        ca_file=str(host.ca_file) if host.ca_file else None,
        client_cert=str(mine.certificate) if mine else None,
        client_key=str(mine.key) if mine else None,
        location=stamp.location,
        store=str(share.folder) if share else None,
        key=str(share.key) if share and share.key else None,
        key_password_file=str(share.password_file) if share and share.key else None,
        config=client_config(running, target=target),
        config_file=str(config_file) if config_file else None,
        password_variable=password_variable(target),
        application_id=stamp.principal.application_id,
        application_secret=stamp.principal.secret,
    )
