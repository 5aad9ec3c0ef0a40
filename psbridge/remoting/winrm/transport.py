"""pypsrp's transport with deadlines, bounds, and rules for retries.

Measured on pypsrp 0.9.1: after any failure, each request of an encrypted (http) session gets 400, because the body is sealed
with the context of a closed connection; and pypsrp's own retries last up to 294 s. Here each failure discards the HTTP
session and the encryption context, and a table defines which actions are sent again.
"""

from __future__ import annotations

import logging
import ssl
import struct
from typing import Any

import requests
from pypsrp.exceptions import AuthenticationError, WinRMTransportError
from pypsrp.wsman import WSManAction, _TransportHTTP
from spnego.exceptions import SpnegoError

from psbridge.clock import Clock, Deadline
from psbridge.errors import AuthError, DeadlineExceeded, PsbridgeError
from psbridge.models.connection import Auth, Endpoint, address
from psbridge.models.time import Instant
from psbridge.powershell.stages import Stage, StageObserver
from psbridge.remoting.winrm import kerberos
from psbridge.remoting.winrm.delivery import Exchange, may_resend, pause_before
from psbridge.remoting.winrm.errors.connections import no_answer_hint
from psbridge.remoting.winrm.errors.statuses import may_pass, most_likely_no_shell
from psbridge.remoting.winrm.errors.table import translate
from psbridge.remoting.winrm.errors.translation import BrokenSeal, ErrorContext, LoginLost, NotWSMan, Redirected
from psbridge.remoting.winrm.guard import SocketGuard
from psbridge.remoting.winrm.http_response import readable
from psbridge.remoting.winrm.login import Basic, accepted, encryption, keep_alive, login_failure, username
from psbridge.remoting.winrm.routes import Route
from psbridge.remoting.winrm.sealed import is_sealed, opened
from psbridge.remoting.winrm.sockets import GuardedAdapter, tls_context
from psbridge.remoting.winrm.stages import Stages


def disable_library_logs() -> None:
    """Keep the libraries' logs from every handler: at DEBUG pypsrp writes whole messages, secrets included."""
    for name in ("pypsrp", "requests", "requests_credssp", "spnego", "urllib3"):
        logger = logging.getLogger(name)
        logger.setLevel(logging.CRITICAL + 1)
        logger.propagate = False
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())


ANSWER_WITHIN = 15.0  # seconds beyond the operation timeout before an exchange counts as failed
IDLE_LIMIT = 60.0  # seconds; a connection that was idle for longer may be dead without notice, so log in again
_BOUND = frozenset({"negotiate", "kerberos", "ntlm"})  # logins that are bound to the TLS certificate
_RUNS = frozenset({WSManAction.COMMAND, WSManAction.SEND})  # actions that make the host run something
_EACH_REQUEST = frozenset(
    {Auth.BASIC, Auth.CERTIFICATE}
)  # each request carries the login; other methods log in once per connection


disable_library_logs()


class DeadlineTransport(_TransportHTTP):
    """Sends WSMan messages to one endpoint, from one thread.

    Attributes:
        deadline: when the current exchange must end; the session sets it before each call.
        action: the WSMan action of the current message.
        operation_timeout: seconds that the host may keep the request.
        exchange: the state of the current message, or of the last one.
        receive_failed: a Receive failed or was sent again; the session reads and resets it.
        refused: the host refused the credentials; no more messages are sent.
        stages: what is reported about the connections.
    """

    def __init__(
        self, endpoint: Endpoint, clock: Clock, connect_timeout: float, observe: StageObserver | None = None
    ) -> None:
        tls = endpoint.tls
        if endpoint.auth in {Auth.KERBEROS, Auth.NEGOTIATE}:
            kerberos.check_files()
        there = address(endpoint.host)
        super().__init__(
            server=there.name,
            port=endpoint.port,
            username=username(endpoint),
            password=endpoint.password.reveal() if endpoint.password else None,
            ssl=tls is not None,
            path=endpoint.path,
            auth=endpoint.auth.value,
            cert_validation=tls.verify if tls else True,
            no_proxy=True,
            certificate_pem=tls.client_cert if tls else None,
            certificate_key_pem=(tls.client_key or tls.client_cert) if tls else None,
            negotiate_service=endpoint.service,
            negotiate_hostname_override=address(endpoint.service_host).dialled if endpoint.service_host else None,
            negotiate_send_cbt=endpoint.channel_binding,
        )
        self._channel_bound = tls is not None and endpoint.auth.value in _BOUND and endpoint.channel_binding
        self._route = Route.of(endpoint, there)
        self._server_name = address(tls.server_name).name if tls and tls.server_name else None
        self._context = tls_context(tls) if tls else None
        self._clock = clock
        self.url = endpoint.url
        self._user = endpoint.username or ""
        self.deadline = Deadline.after(clock, 0)
        self.action = ""
        self.exchange = Exchange()
        self.operation_timeout = 0.0
        self.receive_failed = False
        self.refused = False
        self.stages = Stages(endpoint.url, clock, observe)
        self._guard = SocketGuard(self.deadline, connect_timeout, self.stages)
        self._last_used = clock.monotonic()
        self._spoke = False
        self._logs_in = endpoint.auth not in _EACH_REQUEST
        self._basic = Basic(self.username, self.password)

    @property
    def leaves_nothing(self) -> bool:
        """Return whether the last message most likely left nothing on the host to remove.

        This is not a proof (see `delivery`); a shell removes itself when it is idle.
        """
        return not self._guard.sent or most_likely_no_shell(self._guard.status)

    @property
    def host_time(self) -> Instant | None:
        """The host's clock at its last answer, None if the answer had no valid date."""
        return self._guard.host_time

    def error_context(self, doing: str = "talk to the host") -> ErrorContext:
        """Return the context for `errors.table.translate`."""
        return ErrorContext(
            self.url,
            doing,
            self._guard.sent,
            self.auth,
            self._guard.offered,
            self._spoke,
            login_requests=self._guard.login_requests,
            refused=self._guard.status == 401 and self._guard.identified,
            channel_bound=self._channel_bound,
            secure=self.ssl,
            in_handshake=self._guard.in_handshake,
            nothing_received=self._guard.nothing_received and not self._spoke,
            charset=self._basic.guessed,
            user=self._user,
        )

    def reset(self) -> None:
        """Discard the connections and the encryption context; the next message logs in again."""
        self._guard.close()
        if self.session is not None:
            self.session.close()
        self.session = None
        self.encryption = None
        self._guard.logged_in = False

    close = reset

    def send(self, message: bytes, **_: Any) -> str:  # type: ignore[override]  # text, so that no encoding is guessed
        """Send one message and return the answer, within the deadline.

        Raises:
            psbridge.errors.PsbridgeError: if no answer came.
            pypsrp.exceptions.WinRMTransportError: the answer is a WSMan fault, or an HTTP status of an error.
        """
        attempt = 0
        self.exchange = Exchange()
        while True:
            failure = self._attempt(message)
            if isinstance(failure, str):
                return failure
            if not failure.retryable or not may_resend(self.action, attempt, self.exchange.transmissions):
                raise failure
            self._clock.sleep(min(pause_before(attempt), self.deadline.remaining()))
            attempt += 1

    def _attempt(self, message: bytes) -> str | PsbridgeError:
        """Exchange the message once; return a failure of the connection, raise any other."""
        if self.refused:
            raise AuthError(
                f"{self.url}: the host refused the credentials earlier in this session",
                hint="Check username, password and auth of the target.",
            )
        self._guard.begin(self.deadline.sooner(self.operation_timeout + ANSWER_WITHIN))
        try:
            return self._exchange(message)
        except WinRMTransportError as error:
            if not may_pass(error.code, sealed=self.wrap_required):
                raise
            failure = translate(error, self.error_context())
            self._note(failure)
            return failure
        except Exception as error:  # noqa: BLE001 - all errors are translated in one place
            failure = self._failure(error)
            self._note(failure)
            return failure
        except BaseException:
            self.receive_failed |= self.action == WSManAction.RECEIVE
            self.reset()
            raise
        finally:
            self.exchange.transmissions += self._guard.sent

    def _failure(self, error: Exception) -> PsbridgeError:
        if isinstance(error, PsbridgeError):
            return error  # such as a signal handler's
        if self.deadline.expired and not isinstance(error, AuthenticationError):
            return DeadlineExceeded(
                f"{self.url}: timed out before the host answered",
                hint=self._late(),
                delivered=self._guard.sent,
                detail={"host": self.url, "cause": type(error).__name__},
            )
        if isinstance(error, AuthenticationError) and self._guard.torn:
            error = ConnectionResetError("the connection ended during the login")  # nothing was refused
        elif self._guard.status == 401 and isinstance(error, AuthenticationError | ValueError):
            error = login_failure(error, self.auth, self._guard.login_requests)
        return translate(error, self.error_context())

    def _late(self) -> str:
        silent = self._guard.in_handshake or not self._spoke
        check = no_answer_hint(self.error_context()) if silent else "Check the load of the host and its WinRM service."
        return f"{check} If the host is only slow, allow more time with --call-timeout."

    def _note(self, failure: PsbridgeError) -> None:
        self.refused |= isinstance(failure, AuthError)
        self.receive_failed |= self.action == WSManAction.RECEIVE and self._guard.sent
        if isinstance(failure, AuthError) and self.stages.current is Stage.WSMAN:
            self.stages.finish(
                Stage.WSMAN, status=None
            )  # TLS 1.3: the client certificate is refused after the handshake
            self.stages.start(Stage.LOGIN)
        self.stages.fail(failure, within=Stage.SESSION)
        self.reset()

    def _exchange(self, message: bytes) -> str:
        idle = self._clock.monotonic() - self._last_used
        if self.session is not None and (idle > IDLE_LIMIT or self._guard.dropped):
            self.reset()
        if self.session is None:
            self.session = self._build_session()
        if self._logs_in and not self._guard.logged_in:
            self._log_in(self.session)
        if self.auth == "basic":
            self._basic.sign(self.session, self.endpoint, self._guard.left)
        headers = {"Content-Type": "application/soap+xml;charset=UTF-8"}
        payload = message
        if self.encryption is not None:
            kind, payload = self.encryption.wrap_message(message)
            headers["Content-Type"] = f'{kind};protocol="{self.encryption.protocol}";boundary="Encrypted Boundary"'
        # After the login, a login handler would log in again and send the body with each of its tokens.
        auth = keep_alive if self._guard.logged_in else None
        request = requests.Request("POST", self.endpoint, data=payload, headers=headers, auth=auth)
        answer = self._send_request(self.session.prepare_request(request))
        self._last_used = self._clock.monotonic()
        if not answer:
            raise ConnectionResetError("an answer without a body")  # its head was cut, with Content-Length
        if "Envelope" not in answer:
            raise NotWSMan("it has no SOAP envelope")
        self._accepted()
        self._spoke |= answer.rstrip().endswith("Envelope>")
        return answer

    def _log_in(self, session: requests.Session) -> None:
        """Log in with an empty request, so that a refused login never makes the delivery of a message uncertain.

        WinRM over http requires it, because messages are sealed with the context of this login.
        """
        self._send_request(session.prepare_request(requests.Request("POST", self.endpoint, data=None)))
        context = next(iter(session.auth.contexts.values()), None)  # type: ignore[union-attr]  # pypsrp's own classes
        if context is None and self.wrap_required:
            raise NotWSMan("no login was requested over plain http")
        self._guard.logged_in = True
        if self.wrap_required:
            self.encryption = encryption(self.auth, context)
        self._accepted(context)

    def _accepted(self, context: Any = None) -> None:
        """Report that the host accepts the login of a connection."""
        stages = self.stages
        if not stages.observed:
            return
        if stages.current is Stage.WSMAN:  # no login was asked for, or the request carried it
            stages.finish(Stage.WSMAN)
            stages.start(Stage.LOGIN)
        if stages.current is Stage.LOGIN:
            sealed = self.encryption is not None
            bound = self._channel_bound and context is not None
            stages.finish(
                Stage.LOGIN,
                **accepted(self.auth, context, each_request=not self._logs_in),
                sealed=sealed,
                tls=self.ssl,
                channel_binding=bound,
            )
            if self.action == WSManAction.CREATE:
                stages.start(Stage.SESSION)

    def _send_request(self, request: requests.PreparedRequest, timeout: Any = None) -> str:  # type: ignore[override]  # as `send`
        if self.session is None:
            raise NotWSMan("no session")
        response = self.session.send(request, timeout=timeout or self._guard.left(), allow_redirects=False)
        status = response.status_code
        if status == 401:
            # The host accepted this login before, so the 401 may come from a gateway and does not prove a refusal.
            again = self._guard.logged_in or (self._guard.sent and self._spoke and self.action in _RUNS)
            raise LoginLost if again else AuthenticationError(self.auth)
        if 300 <= status < 400:
            raise Redirected(f"HTTP {status}")
        sealed = is_sealed(response.headers)
        content = self._opened(response) if sealed else response.content
        self.exchange.trusted = sealed or (self.ssl and self.cert_validation is not False)
        if self.encryption is not None and not sealed and content and status in {200, 500}:
            raise NotWSMan("the answer to a sealed message is not sealed")
        text = readable(content, self._guard.left) if status in {200, 500} else ""
        if status != 200:
            fault = text if "Fault" in text and "Envelope" in text else ""
            if fault and request.body:
                self._accepted()
            # pypsrp reads a fault from the text; without one it raises the status.
            raise WinRMTransportError("http", status, fault)
        return text

    def _opened(self, response: requests.Response) -> bytes:
        if self.encryption is None:
            raise NotWSMan("a sealed answer without a login")
        kind, context = response.headers["Content-Type"], self.encryption.context
        try:
            return opened(kind, response.content, context, tls=self.auth == "credssp", tick=self._guard.left)
        except (SpnegoError, ssl.SSLError, ValueError, struct.error) as error:
            raise BrokenSeal("its seal is broken") from error  # changed on the way; the credentials are not refused

    def _build_session(self) -> requests.Session:
        """Build pypsrp's session with psbridge's sockets and TLS context, without proxies and .netrc."""
        session: requests.Session = super()._build_session()
        session.trust_env = False
        session.proxies.clear()
        session.headers["Accept-Encoding"] = "identity"
        adapter = GuardedAdapter(self._guard, self._context, self._route.open, self._server_name)
        session.mount("http://", adapter)
        session.mount("https://", adapter)
        return session
