"""`psbridge monitor`: how a stamp stands, for monitoring systems."""

from pathlib import Path
from typing import TYPE_CHECKING

from psbridge.cli.groups import CommandGroup

if TYPE_CHECKING:
    from psbridge.cli.context import Context

group = CommandGroup("monitor", "Metrics for Prometheus, alert rules and a dashboard.")
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


def _print(context: "Context", name: str) -> None:
    import psbridge.monitoring

    context.write_text((Path(psbridge.monitoring.__file__).parent / "files" / name).read_text("utf-8"))
