"""Sessions to whichever of a target's hosts answers. pypsrp is imported when the first one is opened."""

from __future__ import annotations

from psbridge.clock import Clock, Deadline
from psbridge.errors import ConfigError, DeadlineExceeded, PsbridgeError, Unreachable
from psbridge.models.connection import Endpoint
from psbridge.models.target import Policy
from psbridge.powershell.session import Session
from psbridge.remoting.winrm.shells import ShellBook


class HostSessions:
    """A `psbridge.powershell.SessionFactory`: tries the endpoints in turn, beginning with the one that answered last.

    Only a host that can't be reached is passed over. A refused credential ends it: the next host would count the
    same wrong password once more, and accounts lock.
    """

    def __init__(
        self, endpoints: tuple[Endpoint, ...], policy: Policy, clock: Clock, shells: ShellBook | None = None
    ) -> None:
        if not endpoints:
            raise ConfigError("the target names no host", hint="Set `host`.")
        self._endpoints = endpoints
        self._policy = policy
        self._clock = clock
        self._shells = shells
        self._answered = False
        self._only: str | None = None

    @property
    def description(self) -> str:
        """The address of the host that answered last; those of all while none has."""
        asked = self._endpoints[:1] if self._answered else self._endpoints
        return ", ".join(endpoint.url for endpoint in asked)

    def stay_on(self, host: str | None) -> bool:
        """Try no other host from now on, or any again; see `psbridge.powershell.SessionFactory`."""
        known = host is None or any(endpoint.url == host for endpoint in self._endpoints)
        if known:
            self._only = host
        return known

    def __call__(self, deadline: Deadline) -> Session:
        """Open a session; see `psbridge.powershell.SessionFactory`."""
        from psbridge.remoting.winrm.session import open_session

        failures: list[PsbridgeError] = []
        asked = [endpoint for endpoint in self._endpoints if self._only in {None, endpoint.url}]
        for index, endpoint in enumerate(asked):
            # One that connects and then says nothing must leave the others some of the time.
            share = deadline.sooner(deadline.remaining() / (len(asked) - index))
            try:
                session = open_session(endpoint, self._policy.connect_timeout, self._clock, share, self._shells)
            except (Unreachable, DeadlineExceeded) as error:
                failures.append(error)
                if deadline.expired:
                    break
            else:
                at = self._endpoints.index(endpoint)
                self._endpoints = self._endpoints[at:] + self._endpoints[:at]
                self._answered = True
                return session
        raise _all(failures)


def _all(failures: list[PsbridgeError]) -> PsbridgeError:
    if len(failures) == 1 or all(isinstance(failure, DeadlineExceeded) for failure in failures):
        return failures[-1]
    return Unreachable(
        "no host can be reached: " + "; ".join(failure.message for failure in failures),
        hint=failures[0].hint,
        retryable=any(failure.retryable for failure in failures),
        detail={"hosts": [failure.detail for failure in failures]},
    )
