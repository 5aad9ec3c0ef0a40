"""One client's connection: login, request, fault and answer."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Final

import msgspec

from psbridge.emulator.auth import sealing
from psbridge.emulator.auth.acceptor import Accepted, Channel, Refused
from psbridge.emulator.auth.login import NO_LOGIN, Login, Step
from psbridge.emulator.auth.methods import MUTUAL, Authenticator
from psbridge.emulator.auth.sealing import Seal
from psbridge.emulator.clock import Clock
from psbridge.emulator.faults.effects import HTTP, NO_EFFECT, TCP
from psbridge.emulator.faults.exchange import Ended, Exchange, Reply
from psbridge.emulator.faults.rules import FaultPlan, FaultRule
from psbridge.emulator.http.messages import BadHttp, HttpRequest
from psbridge.emulator.http.protocol import HttpConnection
from psbridge.emulator.http.reading import Gone
from psbridge.emulator.http.request_log import Entry
from psbridge.emulator.wsman.dispatch import Caller
from psbridge.emulator.wsman.envelope import asked_shell
from psbridge.emulator.wsman.errors import access_denied
from psbridge.emulator.wsman.service import Answer, Service
from psbridge.emulator.wsman.shell_output import PeerGone

SOAP_TYPE: Final = "application/soap+xml;charset=UTF-8"
Headers = tuple[tuple[str, str], ...]
_WSMAN: Final = "/wsman"
_ANONYMOUS: Final = "/wsman-anon/identify"
"""The path for Identify without authentication (DSP0226 11.1); that Windows has it is inferred."""
_MAX_IDENTIFY: Final = 4096
"""Bytes that a client without a login may send."""
_HANDSHAKE: Final = 10.0
"""Seconds that a TLS handshake may take."""


class Shared(msgspec.Struct, frozen=True):
    """The state that all connections of a host share.

    Attributes:
        bindings: the tls-server-end-point of the host's certificate, None for plain http.
        late: whether client certificates are requested after the TLS handshake, on a login by certificate.
        encryption_required: refuse bodies that are neither sealed nor inside TLS.
        log: called with one line per request.
    """

    service: Service
    authenticator: Authenticator
    faults: FaultPlan
    tls: ssl.SSLContext | None
    bindings: bytes | None
    late: bool
    encryption_required: bool
    closing: threading.Event
    clock: Clock
    now: Callable[[], datetime]
    log: Callable[[str], None]


class Connection:
    """Serves one connection until either side closes it; never raises.

    Fault rules are matched three times: for the connection itself, for each HTTP request, and for each WSMan request
    once it is signed in and unsealed. The last match decides how the answer is sent.
    """

    def __init__(self, http: HttpConnection, peer: tuple[str, int], shared: Shared) -> None:
        self._http = http
        self._ip, port = peer
        self._client = f"[{self._ip}]:{port}" if ":" in self._ip else f"{self._ip}:{port}"
        self._shared = shared
        self._login = Login(shared.authenticator, Channel(shared.bindings, http.client_certificate))
        challenges = tuple(shared.authenticator.challenges())
        self._exchange = Exchange(http, shared.service, self._login, challenges, shared.closing)
        self._exchange.from_now_on = lambda rule: shared.faults.add(rule, from_now=True)
        self._rule: FaultRule | None = None
        self._entry = Entry()
        self._refused_body = False

    def run(self) -> None:
        """Answer requests, one after the other."""
        try:
            self._welcome()
            while self._exchange.keep and not self._shared.closing.is_set():
                request = self._http.read_request()
                if request is None:
                    break
                self._exchange.keep = request.keep_alive
                self._timed(request)
            if self._refused_body:
                self._http.take_leave(b"")
        except BadHttp as error:
            self._mishap(f"bad request: {error.status}")
            self._farewell(error.status)
        except (Gone, PeerGone, Ended):
            pass
        except Exception as error:  # noqa: BLE001 - a bug here must end one connection, with a line instead of a traceback
            self._mishap(f"connection failed: {error!r}")
            self._farewell(500)
        finally:
            self._http.close()

    def _welcome(self) -> None:
        """Meet the faults of the connection itself, and do the TLS handshake."""
        rule = self._shared.faults.next(TCP)
        if rule is not None:
            self._mishap(f"accepted: {rule.shown}")
            rule.does.before(self._exchange, rule.value)
        if self._shared.tls is not None:
            try:
                self._http.secure(self._shared.tls, _HANDSHAKE)
            except OSError as error:
                self._mishap(f"TLS handshake failed: {error}")
                raise Gone(str(error)) from None

    def _mishap(self, what: str) -> None:
        self._shared.log(f"{self._client} {what}")

    def _farewell(self, status: int) -> None:
        self._http.take_leave(Reply(status).encode(keep_alive=False))

    def _timed(self, request: HttpRequest) -> None:
        begin = self._shared.clock.monotonic()
        self._entry = Entry()
        try:
            self._serve(request)
        finally:
            self._shared.log(self._entry.line(self._client, (self._shared.clock.monotonic() - begin) * 1000))

    def _serve(self, request: HttpRequest) -> None:
        self._exchange.request = request
        instead = self._meet(HTTP)
        if instead is not None:
            self._send(instead if isinstance(instead, Reply) else _soap(instead))
            return
        path = request.path.rstrip("/").casefold()
        if path not in {_WSMAN, _ANONYMOUS}:
            self._send(Reply(404))
            return
        if request.method != "POST":
            self._send(Reply(405, headers=(("Allow", "POST"),)))
            return
        if path == _ANONYMOUS or request.headers.get("wsmanidentify", "").casefold() == "unauthenticated":
            self._identify()
            return
        login = request.headers.get("authorization")
        if self._shared.late and (login or "").casefold().startswith(MUTUAL):
            self._ask_for_certificate()
        step = self._login.authorize(login)
        headers = tuple(("WWW-Authenticate", value) for value in step.challenges)
        self._http.trusted = isinstance(step.outcome, Accepted)
        if not isinstance(step.outcome, Accepted):
            self._note(step)
            self._send(Reply(401, headers=headers))
            return
        self._entry.user = step.outcome.user
        body = self._http.read_body()
        if not body:
            self._send(Reply(200, headers=headers))
            return
        self._converse(request, body, step.outcome, headers)

    def _ask_for_certificate(self) -> None:
        try:
            self._http.ask_for_certificate(_HANDSHAKE)
        except OSError as error:
            self._mishap(f"no client certificate after the handshake: {error}")
            raise Gone(str(error)) from None

    def _note(self, step: Step) -> None:
        """Log a refused login; a first request without a login is not a refusal."""
        if isinstance(step.outcome, Refused) and step.outcome is not NO_LOGIN:
            self._entry.user = step.outcome.user
            self._mishap(f"login refused: {step.outcome.reason}")

    def _converse(self, request: HttpRequest, body: bytes, caller: Accepted, headers: Headers) -> None:
        """Unseal a body if necessary and answer it, with the changes of a fault."""
        sealed = sealing.is_sealed(request.headers.get("content-type", ""))
        if not sealed and self._shared.encryption_required:
            # As pywinrm's issues 129 and 208 and rundeck's winrm plugin's 18 report it of AllowUnencrypted=false: 500, and
            # not a fault that the client could read; that there is no body at all is inferred.
            self._send(Reply(500))
            return
        seal = self._login.seal if sealed else None
        try:
            message = _opened(seal, body) if sealed else body
        except sealing.Unsealable:
            self._send(Reply(400))
            return
        reply = self._reply(message, caller, chunked=request.chunked)
        if isinstance(reply, Answer):
            self._exchange.previous = reply
            reply = _soap(reply, seal, headers)
        self._send(reply)

    def _identify(self) -> None:
        """Answer an Identify that comes without a login, and nothing else ([MS-WSMV] 3.1.4.1.23)."""
        self._entry.action = "identify"
        answer = self._shared.service.identify(self._http.read_body(_MAX_IDENTIFY))
        challenges = tuple(("WWW-Authenticate", value) for value in self._shared.authenticator.challenges())
        self._send(_soap(answer) if answer is not None else Reply(401, headers=challenges))

    def _reply(self, message: bytes, caller: Accepted, *, chunked: bool) -> Answer | Reply:
        envelope = self._shared.service.read(message)
        if isinstance(envelope, Answer):
            return envelope
        self._entry.action = envelope.action
        self._entry.shell = str(asked_shell(envelope) or "")
        self._exchange.envelope = envelope
        instead = self._meet(envelope.action)
        if instead is not None:
            return instead
        if caller.allowed:
            asking = Caller(caller.user, self._ip, self._http.alive, chunked=chunked)
            self._exchange.again = lambda: self._shared.service.answer_again(envelope, asking)
            answer = self._shared.service.answer(envelope, asking)
        else:
            answer = self._shared.service.fault(envelope.message_id, access_denied())
        rule = self._rule
        return rule.does.answer(self._exchange, rule.value, answer) if rule else answer

    def _meet(self, action: str) -> Answer | Reply | None:
        """Match a rule, apply its effect before the request, and return the answer that replaces the request's."""
        if action == HTTP:
            self._rule = self._exchange.envelope = self._exchange.again = None
        rule = self._shared.faults.next(action)
        if rule is None:
            return None
        self._rule = rule
        self._entry.fault = rule.shown
        return rule.does.before(self._exchange, rule.value)

    def _send(self, reply: Reply) -> None:
        if not self._http.skip_body():
            self._exchange.keep = False
            self._refused_body = True
        self._entry.status = reply.status
        value = self._rule.value if self._rule else 0.0
        effect = self._rule.does if self._rule else NO_EFFECT
        reply = effect.reply(self._exchange, value, reply)
        effect.send(self._exchange, value, reply.encode(keep_alive=self._exchange.keep, date=self._shared.now()))


def _opened(seal: Seal | None, body: bytes) -> bytes:
    if seal is None:
        raise sealing.Unsealable("this login does not encrypt messages")
    return seal.open(body)


def _soap(answer: Answer, seal: Seal | None = None, headers: Headers = ()) -> Reply:
    if not answer.body:
        return Reply(answer.status, headers=headers)
    content_type, body = seal.close(answer.body) if seal else (SOAP_TYPE, answer.body)
    return Reply(answer.status, body, (("Content-Type", content_type), *headers))
