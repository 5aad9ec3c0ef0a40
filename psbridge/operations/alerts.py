"""The open alerts of a stamp."""

from __future__ import annotations

from psbridge.cmdlets.alert_list import ListAlerts
from psbridge.models.stamp import Alert, worst_first
from psbridge.operations.context import OperationContext
from psbridge.operations.list import location_of, prepare_sessions, read_list
from psbridge.operations.operation import operation


@operation("alerts")
def list_alerts(context: OperationContext, *, every: bool = False) -> tuple[Alert, ...]:
    """Return the open alerts of the backup service, or with `every` those of the whole stamp; critical ones first.

    They don't name the stamp: if the target expects one, the list of backups is read too.

    Raises:
        psbridge.errors.PrerequisiteError: the host does not have the cmdlet.
    """
    deadline = context.call_deadline()
    prepare_sessions(context)
    location = location_of(context, None, deadline)
    if context.target.expect_deployment_id is not None:
        read_list(context, location, deadline)
    alerts = ListAlerts(location, every)
    return worst_first(alerts.parse(context.link.read(alerts.pipeline(), deadline)))
