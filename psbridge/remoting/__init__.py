"""Sessions over WSMan and PSRP. The only package that uses pypsrp, requests and urllib3.

These libraries are imported when a session is opened, not with this package.
"""

from psbridge.clock import Clock, Deadline
from psbridge.errors import Interrupted, PsbridgeError
from psbridge.models.connection import Endpoint
from psbridge.models.target import Policy
from psbridge.powershell.session import Session, SessionFactory
from psbridge.powershell.stages import StageObserver
from psbridge.quiet import take_switches_for_a_library
from psbridge.remoting.hosts import Host, HostSessions
from psbridge.remoting.winrm.shells import ShellBook

__all__ = ["offered_logins", "sessions"]

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


def offered_logins(
    endpoint: Endpoint, connect_timeout: float, clock: Clock, deadline: Deadline, observe: StageObserver | None = None
) -> tuple[tuple[str, ...], tuple[bytes, ...], PsbridgeError | None]:
    """Ask an endpoint's listener which logins it offers, without a login.

    Returns:
        The schemes of its 401, such as `Negotiate`; the certificates in DER that TLS refused, the host's first; and why the
        listener was not reached. `observe` is given the stages up to the listener's answer.
    """
    from psbridge.remoting.winrm import probe

    try:
        return probe.offered_logins(endpoint, connect_timeout, clock, deadline, observe), (), None
    except Interrupted:
        raise
    except PsbridgeError as problem:
        return (), tuple(probe.refused_chain(problem)), problem
