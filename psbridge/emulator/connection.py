"""One client's connection: who it is, what it says, what goes wrong on demand, and the answer."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from psbridge.emulator.auth import sealing
from psbridge.emulator.auth.login import Accounts, Login, Outcome
from psbridge.emulator.faults import Effect, FaultPlan, FaultRule
from psbridge.emulator.http1 import BadHttp, Gone, HttpConnection, HttpRequest, response
from psbridge.emulator.wsman.envelope import Envelope, asked_shell
from psbridge.emulator.wsman.errors import WSManFault
from psbridge.emulator.wsman.service import Answer, Caller, Service
from psbridge.emulator.wsman.shells import PeerGone

SOAP_TYPE: Final = "application/soap+xml;charset=UTF-8"
_STATUSES: Final = {
    Effect.STATUS_400: 400,
    Effect.STATUS_401: 401,
    Effect.STATUS_403: 403,
    Effect.STATUS_500: 500,
    Effect.STATUS_503: 503,
}
_GARBAGE: Final = b"<html><body>This is not the SOAP you are looking for \x00\xff"


@dataclass(frozen=True, slots=True)
class Shared:
    """What all connections of a host use.

    Attributes:
        encryption_required: refuse bodies that are neither sealed nor inside TLS.
        closing: set when the host ends.
        log: gets one line a request.
    """

    service: Service
    accounts: Accounts
    faults: FaultPlan
    encryption_required: bool
    closing: threading.Event
    log: Callable[[str], None]


@dataclass(frozen=True, slots=True)
class _Entry:
    action: str
    shell: str
    status: int | str


class Connection:
    """Serves one connection until either end has had enough; never raises."""

    def __init__(self, http: HttpConnection, client_ip: str, shared: Shared) -> None:
        self._http = http
        self._client_ip = client_ip
        self._shared = shared
        self._login = Login(shared.accounts)
        self._keep = True

    def run(self) -> None:
        """Answer requests, one after the other."""
        try:
            while self._keep and not self._shared.closing.is_set():
                request = self._http.read_request()
                if request is None:
                    break
                self._keep = request.keep_alive
                self._timed(request)
        except BadHttp as error:
            self._shared.log(f"- bad request: {error.status}")
            self._farewell(error.status)
        except (Gone, PeerGone):
            pass
        except Exception as error:  # noqa: BLE001 - a bug here must end one connection, with a line instead of a traceback
            self._shared.log(f"- connection failed: {error!r}")
            self._farewell(500)
        finally:
            self._http.close()

    def _farewell(self, status: int) -> None:
        with contextlib.suppress(Gone):
            self._http.write(response(status, b"", keep_alive=False))

    def _timed(self, request: HttpRequest) -> None:
        begin = time.perf_counter()
        entry = _Entry("-", "-", "gone")
        try:
            entry = self._serve(request)
        finally:
            elapsed = (time.perf_counter() - begin) * 1000
            self._shared.log(f"{request.method} {entry.action} {entry.shell} {entry.status} {elapsed:.1f}ms")

    def _serve(self, request: HttpRequest) -> _Entry:
        if request.target.partition("?")[0].rstrip("/").casefold() != "/wsman":
            return self._bare(404)
        if request.method != "POST":
            return self._bare(405, (("Allow", "POST"),))
        outcome = self._login.authorize(request.headers.get("authorization"))
        if outcome.user is None:
            return self._bare(401, tuple(("WWW-Authenticate", value) for value in outcome.challenges))
        if not request.body:
            return self._bare(200, _tokens(outcome))
        sealed = sealing.is_sealed(request.headers.get("content-type", ""))
        if not sealed and self._shared.encryption_required:
            return self._bare(500)  # as a service with AllowUnencrypted=false; that it has no body is inferred
        context = self._login.context if sealed else None
        try:
            message = sealing.unseal(context, request.body) if sealed else request.body
        except sealing.Unsealable:
            return self._bare(400)
        return self._answer(message, outcome, context)

    def _answer(self, message: bytes, outcome: Outcome, context: Any) -> _Entry:
        envelope = self._shared.service.read(message)
        if isinstance(envelope, Answer):
            self._reply(envelope, outcome, context, None)
            return _Entry("-", "-", envelope.status)
        shell = str(asked_shell(envelope) or "-")
        rule = self._shared.faults.next(envelope.action)
        status = self._before(rule)
        if status is None:
            answer = self._carry_out(envelope, outcome, rule)
            status = answer.status
            self._reply(answer, outcome, context, rule)
        return _Entry(envelope.action, shell, f"{status} ({rule.effect})" if rule else status)

    def _carry_out(self, envelope: Envelope, outcome: Outcome, rule: FaultRule | None) -> Answer:
        if rule is not None and rule.effect is Effect.FAULT:
            error = WSManFault(int(rule.value), "w:InternalError", "A fault was asked for. ", sender=False)
            return self._shared.service.fault(envelope.message_id, error)
        caller = Caller(outcome.user or "", self._client_ip, self._http.alive)
        return self._shared.service.answer(envelope, caller)

    def _before(self, rule: FaultRule | None) -> int | None:
        """Do what a rule wants before the request is carried out; a number means that it is not."""
        match rule.effect if rule else None:
            case Effect.RESET_BEFORE:
                self._end_with_reset()
                return 0
            case Effect.NEVER_BEFORE:
                self._http.linger(self._shared.closing)
                self._keep = False
                return 0
            case Effect.STATUS_401:
                self._login.forget()
                challenges = self._shared.accounts.challenges()
                self._bare(401, tuple(("WWW-Authenticate", value) for value in challenges))
                return 401
            case effect if effect in _STATUSES:
                self._bare(_STATUSES[effect])
                return _STATUSES[effect]
            case Effect.DROP_SHELLS:
                self._shared.service.drop_shells()
            case Effect.DELAY:
                self._shared.closing.wait(rule.value if rule else 0)
            case _:
                pass  # its turn comes with the answer
        return None

    def _reply(self, answer: Answer, outcome: Outcome, context: Any, rule: FaultRule | None) -> None:
        effect = rule.effect if rule else None
        if effect is Effect.RESET_AFTER:
            self._end_with_reset()
            return
        if effect is Effect.NEVER:
            self._http.linger(self._shared.closing)
            self._keep = False
            return
        status, body, content_type = answer.status, answer.body, SOAP_TYPE
        if effect is Effect.GARBAGE:
            status, body, content_type = 200, _GARBAGE, "text/html"
        elif context is not None:
            body, content_type = sealing.seal(context, body), sealing.content_type()
        headers = (("Content-Type", content_type), *_tokens(outcome))
        self._send(response(status, body, headers, keep_alive=self._keep), rule)

    def _send(self, data: bytes, rule: FaultRule | None) -> None:
        match rule.effect if rule else None:
            case Effect.CUT if rule is not None:
                self._http.write(data[: int(rule.value)])
                self._keep = False
            case Effect.DRIP if rule is not None:
                self._http.drip(data, rule.value, self._shared.closing)
            case Effect.CLOSE_AFTER:
                self._http.write(data)
                self._keep = False
            case _:
                self._http.write(data)

    def _bare(self, status: int, headers: tuple[tuple[str, str], ...] = ()) -> _Entry:
        self._http.write(response(status, b"", headers, keep_alive=self._keep))
        return _Entry("-", "-", status)

    def _end_with_reset(self) -> None:
        self._http.reset()
        self._keep = False


def _tokens(outcome: Outcome) -> tuple[tuple[str, str], ...]:
    return tuple(("WWW-Authenticate", value) for value in outcome.challenges)
