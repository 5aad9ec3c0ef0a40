"""One client's connection: who it is, what it says, what goes wrong on demand, and the answer."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from psbridge.emulator.auth import sealing
from psbridge.emulator.auth.login import Accounts, Login, Outcome
from psbridge.emulator.faults import FaultPlan, FaultRule
from psbridge.emulator.faults.effects import HTTP, NO_EFFECT, TCP
from psbridge.emulator.faults.turn import Ended, Reply, Turn
from psbridge.emulator.http1 import BadHttp, Gone, HttpConnection, HttpRequest
from psbridge.emulator.request_log import Entry
from psbridge.emulator.wsman.envelope import asked_shell
from psbridge.emulator.wsman.outputs import PeerGone
from psbridge.emulator.wsman.service import Answer, Caller, Service

SOAP_TYPE: Final = "application/soap+xml;charset=UTF-8"
_WSMAN: Final = "/wsman"
_ANONYMOUS: Final = "/wsman-anon/identify"
"""Where DSP0226 11.1 has strangers ask who is there; that Windows listens there as well is inferred."""
_MAX_IDENTIFY: Final = 4096
"""Bytes that a client without a login may send."""
_HANDSHAKE: Final = 10.0
"""Seconds that a TLS handshake may take."""


@dataclass(frozen=True, slots=True)
class Shared:
    """What all connections of a host use.

    Attributes:
        tls: None for plain http.
        encryption_required: refuse bodies that are neither sealed nor inside TLS.
        closing: set when the host ends.
        log: gets one line a request.
    """

    service: Service
    accounts: Accounts
    faults: FaultPlan
    tls: ssl.SSLContext | None
    encryption_required: bool
    closing: threading.Event
    log: Callable[[str], None]


class Connection:
    """Serves one connection until either end has had enough; never raises.

    A fault rule is looked for three times: for the connection itself, for each HTTP request, and for each WSMan request
    once it is signed in and unsealed. The last one found says how the answer goes out.
    """

    def __init__(self, http: HttpConnection, peer: tuple[str, int], shared: Shared) -> None:
        self._http = http
        self._ip, port = peer
        self._client = f"[{self._ip}]:{port}" if ":" in self._ip else f"{self._ip}:{port}"
        self._shared = shared
        self._login = Login(shared.accounts)
        challenges = tuple(shared.accounts.challenges())
        self._turn = Turn(http, shared.service, self._login, challenges, shared.closing)
        self._rule: FaultRule | None = None
        self._entry = Entry()
        self._refused_body = False

    def run(self) -> None:
        """Answer requests, one after the other."""
        try:
            self._welcome()
            while self._turn.keep and not self._shared.closing.is_set():
                request = self._http.read_request()
                if request is None:
                    break
                self._turn.keep = request.keep_alive
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
            self._mishap(f"accepted: {rule.effect}")
            rule.does.before(self._turn, rule.value)
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
        begin = time.perf_counter()
        self._entry = Entry()
        try:
            self._serve(request)
        finally:
            self._shared.log(self._entry.line(self._client, (time.perf_counter() - begin) * 1000))

    def _serve(self, request: HttpRequest) -> None:
        instead = self._meet(HTTP)
        if instead is not None:
            self._send(instead if isinstance(instead, Reply) else _soap(instead))
            return
        path = request.target.partition("?")[0].rstrip("/").casefold()
        if path not in {_WSMAN, _ANONYMOUS}:
            self._send(Reply(404))
            return
        if request.method != "POST":
            self._send(Reply(405, headers=(("Allow", "POST"),)))
            return
        if path == _ANONYMOUS or request.headers.get("wsmanidentify", "").casefold() == "unauthenticated":
            self._identify()
            return
        outcome = self._login.authorize(request.headers.get("authorization"))
        self._http.trusted = outcome.user is not None
        if outcome.user is None:
            self._send(Reply(401, headers=tuple(("WWW-Authenticate", value) for value in outcome.challenges)))
            return
        self._entry.user = outcome.user
        body = self._http.read_body()
        if not body:
            self._send(Reply(200, headers=_tokens(outcome)))
            return
        sealed = sealing.is_sealed(request.headers.get("content-type", ""))
        if not sealed and self._shared.encryption_required:
            self._send(Reply(500))  # as a service with AllowUnencrypted=false; that it has no body is inferred
            return
        context = self._login.context if sealed else None
        try:
            message = sealing.unseal(context, body) if sealed else body
        except sealing.Unsealable:
            self._send(Reply(400))
            return
        self._converse(message, outcome, context, chunked=request.chunked)

    def _identify(self) -> None:
        """Answer an Identify that comes without a login, and nothing else ([MS-WSMV] 3.1.4.1.23)."""
        self._entry.action = "identify"
        answer = self._shared.service.identify(self._http.read_body(_MAX_IDENTIFY))
        challenges = tuple(("WWW-Authenticate", value) for value in self._shared.accounts.challenges())
        self._send(_soap(answer) if answer is not None else Reply(401, headers=challenges))

    def _converse(self, message: bytes, outcome: Outcome, context: Any, *, chunked: bool) -> None:
        """Answer a message, or whatever a fault rule makes of that."""
        reply = self._reply(message, outcome, chunked=chunked)
        if isinstance(reply, Answer):
            self._turn.previous = reply
            reply = _soap(reply, context, _tokens(outcome))
        self._send(reply)

    def _reply(self, message: bytes, outcome: Outcome, *, chunked: bool) -> Answer | Reply:
        envelope = self._shared.service.read(message)
        if isinstance(envelope, Answer):
            return envelope
        self._entry.action = envelope.action
        self._entry.shell = str(asked_shell(envelope) or "")
        self._turn.envelope = envelope
        instead = self._meet(envelope.action)
        if instead is not None:
            return instead
        caller = Caller(outcome.user or "", self._ip, self._http.alive, chunked=chunked)
        answer = self._shared.service.answer(envelope, caller)
        rule = self._rule
        return rule.does.answer(self._turn, rule.value, answer) if rule else answer

    def _meet(self, action: str) -> Answer | Reply | None:
        """Look for a rule, do what it wants done first, return what it wants answered instead."""
        if action == HTTP:
            self._rule = self._turn.envelope = None
        rule = self._shared.faults.next(action)
        if rule is None:
            return None
        self._rule = rule
        self._entry.fault = rule.effect
        return rule.does.before(self._turn, rule.value)

    def _send(self, reply: Reply) -> None:
        if not self._http.skip_body():
            self._turn.keep = False
            self._refused_body = True
        self._entry.status = reply.status
        value = self._rule.value if self._rule else 0.0
        effect = self._rule.does if self._rule else NO_EFFECT
        reply = effect.reply(self._turn, value, reply)
        effect.send(self._turn, value, reply.encode(keep_alive=self._turn.keep))


def _soap(answer: Answer, context: Any = None, headers: tuple[tuple[str, str], ...] = ()) -> Reply:
    if not answer.body:
        return Reply(answer.status, headers=headers)
    body, content_type = answer.body, SOAP_TYPE
    if context is not None:
        body, content_type = sealing.seal(context, body), sealing.content_type()
    return Reply(answer.status, body, (("Content-Type", content_type), *headers))


def _tokens(outcome: Outcome) -> tuple[tuple[str, str], ...]:
    return tuple(("WWW-Authenticate", value) for value in outcome.challenges)
