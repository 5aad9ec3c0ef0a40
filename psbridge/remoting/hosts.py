"""Sessions to the first of a target's hosts that answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from psbridge.clock import Deadline
from psbridge.errors import ConfigError, DeadlineExceeded, PsbridgeError, Unreachable
from psbridge.powershell.session import Session


class Host(msgspec.Struct, frozen=True):
    """A host and the function that opens a session to it.

    Attributes:
        address: unique among the hosts of a target.
    """

    address: str
    open: Callable[[Deadline], Session]


class HostSessions:
    """A `psbridge.powershell.SessionFactory`: tries the hosts in turn, and the one that answered last first.

    Only a host that can't be reached is skipped. Refused credentials end the search, because each further host would count
    the same wrong password again, and accounts lock.

    Raises:
        psbridge.errors.ConfigError: there is no host.
    """

    def __init__(self, hosts: Sequence[Host]) -> None:
        if not hosts:
            raise ConfigError("the target has no host", hint="Set `host` of the target.")
        self._hosts = list(hosts)
        self._answered = False
        self._only: str | None = None

    @property
    def description(self) -> str:
        """The address of the host that answered last; of all hosts while none has answered."""
        asked = self._hosts[:1] if self._answered else self._hosts
        return ", ".join(host.address for host in asked)

    def stay_on(self, host: str | None) -> bool:
        """Use only this host from now on, or any host if None; see `psbridge.powershell.SessionFactory`."""
        known = host is None or any(each.address == host for each in self._hosts)
        if known:
            self._only = host
        return known

    def __call__(self, deadline: Deadline) -> Session:
        """Open a session; see `psbridge.powershell.SessionFactory`."""
        failures: list[PsbridgeError] = []
        asked = [host for host in self._hosts if self._only in {None, host.address}]
        for index, host in enumerate(asked):
            # A host that connects and stays silent must leave time for the others.
            share = deadline.sooner(deadline.remaining() / (len(asked) - index))
            try:
                session = host.open(share)
            except (Unreachable, DeadlineExceeded) as error:
                failures.append(error)
                if deadline.expired:
                    break
            else:
                at = self._hosts.index(host)
                self._hosts = self._hosts[at:] + self._hosts[:at]
                self._answered = True
                return session
        raise _all(failures)


def _all(failures: list[PsbridgeError]) -> PsbridgeError:
    if len(failures) == 1 or all(isinstance(failure, DeadlineExceeded) for failure in failures):
        return failures[-1]
    return Unreachable(
        "no host can be reached: " + "; ".join(failure.message for failure in failures),
        hint=_hint(failures),
        retryable=any(failure.retryable for failure in failures),
        detail={"hosts": [failure.detail for failure in failures]},
    )


def _hint(failures: list[PsbridgeError]) -> str | None:
    """Return the hint of the first failure, with its host if the hints differ."""
    first = failures[0]
    same = len({failure.hint for failure in failures}) == 1
    return first.hint if same or not first.hint else f"For {first.detail.get('host', 'the first host')}: {first.hint}"
