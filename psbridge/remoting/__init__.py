"""The wire: `psbridge.powershell.Session` over WSMan and PSRP. The only package that uses pypsrp, requests and urllib3.

Importing it imports none of them; opening a session does.
"""

from psbridge.clock import Clock
from psbridge.models import Endpoint, Policy
from psbridge.powershell import SessionFactory
from psbridge.remoting.hosts import HostSessions

__all__ = ["HostSessions", "sessions"]


def sessions(target_endpoints: tuple[Endpoint, ...], policy: Policy, clock: Clock) -> SessionFactory:
    """Return what opens sessions to a target's hosts.

    Raises:
        psbridge.errors.ConfigError: if there is no endpoint.
    """
    return HostSessions(target_endpoints, policy, clock)
