"""Ask a listener which logins it offers, without a login: one empty request that names no user, so no account can lock."""

from __future__ import annotations

from collections.abc import Iterator

import requests
from pypsrp.exceptions import AuthenticationError

from psbridge.clock import Clock, Deadline
from psbridge.errors import PsbridgeError
from psbridge.models.connection import Auth, Endpoint
from psbridge.powershell.stages import StageObserver
from psbridge.remoting.winrm.errors.table import translate
from psbridge.remoting.winrm.errors.translation import causes
from psbridge.remoting.winrm.transport import ANSWER_WITHIN, DeadlineTransport
from psbridge.values import replace


class _Anonymous(DeadlineTransport):
    """A transport that never logs in."""

    def offered(self) -> tuple[str, ...]:
        self._guard.begin(self.deadline.sooner(ANSWER_WITHIN))
        try:
            session = self._build_session()
            session.auth = None
            self.session = session
            self._send_request(session.prepare_request(requests.Request("POST", self.endpoint, data=None)))
        except AuthenticationError:
            return tuple(filter(None, (self._guard.offered or "").split(", ")))
        except PsbridgeError:
            raise
        except Exception as error:
            failure = translate(error, self.error_context())
            self.stages.fail(failure)
            raise failure from error
        finally:
            self.reset()
        return ()


def offered_logins(
    endpoint: Endpoint, connect_timeout: float, clock: Clock, deadline: Deadline, observe: StageObserver | None = None
) -> tuple[str, ...]:
    """Return the schemes that the listener offers in its 401, such as `Negotiate` and `Kerberos`; none without a 401.

    Raises:
        psbridge.errors.PsbridgeError: it was not reached, its certificate was refused, or it is not a WSMan listener.
    """
    anonymous = replace(endpoint, auth=Auth.NTLM, username=None, password=None)
    transport = _Anonymous(anonymous, clock, connect_timeout, observe)
    transport.deadline = deadline
    return transport.offered()


def refused_chain(error: BaseException) -> Iterator[bytes]:
    """Yield the certificates in DER that a failed handshake was refused for, the host's own first."""
    for cause in causes(error):
        yield from getattr(cause, "chain", ())
