"""`psbridge monitor`: how a stamp stands, for monitoring systems."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from psbridge.cli.completion import one_of
from psbridge.cli.groups import CommandGroup
from psbridge.errors import ConfigError, ExitCode, UsageError

if TYPE_CHECKING:
    from psbridge.cli.context import Context

group = CommandGroup("monitor", "Metrics for Prometheus, alert rules, a dashboard, and a test of notifications.")
build = group.build


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

    Who is told of a backup that failed: `psbridge monitor test -t redmond --event failed`
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
            f"nobody is notified{of} about {target}: its config has no `notify` for that",
            hint="See `psbridge help monitoring`.",
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
