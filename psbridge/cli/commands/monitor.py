"""`psbridge monitor`: how a stamp stands, for monitoring systems."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from psbridge.cli.completion import one_of
from psbridge.cli.groups import CommandGroup
from psbridge.errors import ConfigError, ExitCode, UsageError
from psbridge.files import check_replaceable, write_whole

if TYPE_CHECKING:
    from psbridge.cli.context import Context

group = CommandGroup("monitor", "Metrics for Prometheus, alert rules, a dashboard, and a test of notifications.")
build = group.build


_MODE = 0o644
"""Of the file: the node exporter runs as another user, and it holds no secret."""
Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="FILE", help="Write FILE whole, for the node exporter's textfile collector."),
]


@group.command("metrics")
def metrics(context: "Context", out: Out = None) -> ExitCode:
    """Read how a stamp stands, and print it as metrics for Prometheus.

    `--out` replaces the file at once, so that a collector finds all of it or the one before. A stamp that can't be read has
    metrics too (`psbridge_up` is 0), and the exit code is that of the error. It is 0 for a bad backup, because the metrics
    report it. A refused login is not sent again until the secret changes or an hour has passed.

    **Examples**

    See them: `psbridge monitor metrics -t redmond`

    From cron: `psbridge monitor metrics -t redmond -q --out redmond.prom`
    """
    from psbridge.cli.stamp_reading import read_status
    from psbridge.documents.stamp_status import StampStatusDocument
    from psbridge.monitoring.metrics import check_library, text

    context.check_fixed_format("Prometheus text")
    check_library()
    if out is not None:
        _check_place(context, out)
    found = read_status(context)
    data = text(StampStatusDocument.of(found))
    if out is None:
        context.write_text(data.decode())
    else:
        _write(out, data)
    if found.error is not None:
        raise found.error
    return ExitCode.OK


def _check_place(context: "Context", out: Path) -> None:
    """Check a file's place before anything is read for it."""
    if not out.parent.is_dir():
        raise UsageError(f"--out: the folder {out.parent} does not exist")
    try:
        check_replaceable(out)
    except OSError as problem:
        raise UsageError(f"--out: {out}: {problem.strerror}", hint="Name a file, or redirect stdout.") from problem
    if out.suffix != ".prom":
        context.warn(f"the node exporter's textfile collector reads only *.prom, and not {out.name}")


def _write(out: Path, data: bytes) -> None:
    try:
        write_whole(out, data, _MODE)
    except OSError as problem:
        raise ConfigError(
            f"the metrics can't be written to {out}: {problem.strerror}",
            hint="The file is as it was before. Give this user the right to write to its folder, or free some space.",
        ) from problem


@group.command("rules")
def rules(context: "Context") -> None:
    """Print alert rules for Prometheus.

    They need only the metrics of `psbridge monitor metrics`.

    **Examples**

    A file for Prometheus: `psbridge monitor rules > psbridge-alerts.yml`
    """
    context.check_fixed_format("yaml")
    _print(context, "psbridge-alerts.yml")


@group.command("dashboard")
def dashboard(context: "Context") -> None:
    """Print a dashboard for Grafana, as JSON to import.

    It needs only the metrics of `psbridge monitor metrics`.

    **Examples**

    A file to import in Grafana: `psbridge monitor dashboard > psbridge-dashboard.json`
    """
    context.check_fixed_format("json")
    _print(context, "psbridge-dashboard.json")


Event = Annotated[
    str | None,
    typer.Option(
        "--event",
        metavar="EVENT",
        help="Test only what is notified of this event: failed, partial, stale, ambiguous or recovered.",
        autocompletion=one_of("psbridge.models.notify", "ALL_EVENTS"),
    ),
]


@group.command("test")
def send_test(context: "Context", event: Event = None) -> ExitCode:
    """Send a test notification by each way that `notify` in the config names.

    Healthchecks gets a line in the log of the check, which does not change its state. Nothing is asked of the stamp. Exits
    with 0 if every test arrived, else with the code of the first that failed: 5, or 9 if it can't be sent from this machine.

    **Examples**

    Everything that is configured for a target: `psbridge monitor test -t redmond`

    Only what is notified of a failed backup: `psbridge monitor test -t redmond --event failed`
    """
    from psbridge.cli.notices import notifier_of
    from psbridge.config.resolve import select_target
    from psbridge.documents.notify_test import NotifyTestDocument, NotifyWayBody
    from psbridge.models.notify import ALL_EVENTS, NoticeEvent
    from psbridge.render.writers import check_format

    if event is not None and event not in ALL_EVENTS:
        raise UsageError(f"unknown event: {event!r}", hint=f"Valid events: {', '.join(ALL_EVENTS)}.")
    config = context.config()
    check_format("notify_test", context.output)
    target = select_target(config, context.options.target, context.env)
    notifier = notifier_of(config, target, context)
    outcomes = notifier.test(NoticeEvent(event) if event else None) if notifier else []
    if not outcomes:
        of = f" of {event}" if event and notifier else ""
        raise ConfigError(
            f"the config of {target} has no notification{of}",
            hint="Add `notify` to the target or to `defaults`: `psbridge help monitoring`",
        )
    chosen = NoticeEvent(event) if event else None
    code = next((it.code for it in outcomes if it.why is not None), ExitCode.OK)
    ways = tuple(NotifyWayBody(it.label, it.why is None, it.why, it.code.label) for it in outcomes)
    context.write(
        NotifyTestDocument(
            target=target, event=chosen.value if chosen else None, exit_code=int(code), code=code.label, ways=ways
        )
    )
    return code


def _print(context: "Context", name: str) -> None:
    import psbridge.monitoring

    context.write_text((Path(psbridge.monitoring.__file__).parent / "files" / name).read_text("utf-8"))
