"""The stage `alerts`: open alerts of the backup service. They stop no start."""

from __future__ import annotations

from psbridge.catalogue.alerts import remedy
from psbridge.cmdlets.azs_health import GetAlerts
from psbridge.doctor.results import absent, found, ok, unread, warn
from psbridge.doctor.state import DoctorState
from psbridge.errors import Interrupted, PsbridgeError
from psbridge.models.diagnosis import Finding, StageResult
from psbridge.models.stamp import Alert


def check(state: DoctorState) -> StageResult:
    """Read the open alerts; the stage `modules` warns where the host has no cmdlet for it."""
    if not state.shows(GetAlerts.CMDLET):
        return absent(GetAlerts.CMDLET)
    alerts = GetAlerts(state.place)
    try:
        open_ = alerts.parse(state.tools.link.read(alerts.pipeline(), state.deadline))
    except Interrupted:
        raise
    except PsbridgeError as problem:
        return unread("the alerts", problem)
    listed = [_finding(alert) for alert in open_] or [ok("no open alert of the backup service")]
    return found(*listed, facts={"open": [alert.fault_type or alert.title for alert in open_]})


def _finding(alert: Alert) -> Finding:
    about = f"{(alert.severity or 'open').lower()} alert: {alert.title or alert.fault_type or 'untitled'}"
    return warn(about, remedy(alert.fault_type, alert.title))
