"""Sessions over WSMan and PSRP. The only package that uses pypsrp, requests and urllib3.

These libraries are imported when a session is opened, not with this package.
"""

from psbridge.clock import Clock, Deadline
from psbridge.models.connection import Endpoint
from psbridge.models.target import Policy
from psbridge.powershell.session import Session, SessionFactory
from psbridge.powershell.stages import StageObserver
from psbridge.quiet import take_switches_for_a_library
from psbridge.remoting.hosts import Host, HostSessions
from psbridge.remoting.winrm.shells import ShellBook

__all__ = ["sessions"]

take_switches_for_a_library()


def sessions(
    target_endpoints: tuple[Endpoint, ...],
    policy: Policy,
    clock: Clock,
    shells: ShellBook | None = None,
    observe: StageObserver | None = None,
) -> SessionFactory:
    """Return a factory of sessions to a target's hosts, which are tried in turn.

    `shells`: the record of open shells, so that a later session removes those of a killed process.
    `observe`: is given the stages of each connection as they happen; what it raises is ignored.

    Raises:
        psbridge.errors.ConfigError: if there is no endpoint.
    """
    return HostSessions([_host(endpoint, policy, clock, shells, observe) for endpoint in target_endpoints])


def _host(
    endpoint: Endpoint, policy: Policy, clock: Clock, shells: ShellBook | None, observe: StageObserver | None
) -> Host:
    def open_it(deadline: Deadline) -> Session:
        from psbridge.remoting.winrm.session import open_session

        return open_session(endpoint, policy.connect_timeout, clock, deadline, shells, observe)

    return Host(endpoint.url, open_it)
