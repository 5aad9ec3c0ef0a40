"""The stamp's REST API on a loopback port, for the script modules of the real engine, which can't call Python."""

from __future__ import annotations

import contextlib
import hmac
import json
import secrets
import socket
import sys
import threading
from dataclasses import asdict
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from psbridge.emulator.stamp.api import RestResponse, SignInRefusal
from psbridge.emulator.stamp.arm_error import refused_session
from psbridge.emulator.stamp.service import Stamp
from psbridge.emulator.stamp.sign_in import endpoint_error

LARGEST_BODY = 1 << 20  # bytes; the largest recorded request has under 1 kB
SESSION_HEADER = "X-Emulator-Session"
"""The header with the state of the calling session's sign-in, as in `HostProfile.session`."""
_IDLE = 30.0  # seconds that a connection may say nothing
_SHUTDOWN_POLL = 0.1  # seconds


class RestServer:
    """Serves a stamp on 127.0.0.1 to clients with the token, while the context manager is entered.

    The header `CommandName`, which Azure PowerShell sends, names the calling cmdlet. Besides the stamp's own calls:
    `GET /_emulator/counts`, `GET /_emulator/profile`, and `POST /_emulator/sign-in` with
    the JSON keys environment, tenant, application_id, and secret or thumbprint; a refusal's code is
    `SignInRefusal.exception`.

    Attributes:
        token: to be sent as `Authorization: Bearer …`; random for each server.
    """

    def __init__(self, stamp: Stamp) -> None:
        self.token = secrets.token_urlsafe(32)
        self._server = _Server(stamp, self.token)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_SHUTDOWN_POLL,), name="stamp-rest", daemon=True
        )

    @property
    def url(self) -> str:
        """The address without a slash at its end."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, stamp: Stamp, token: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.stamp = stamp
        self.authorization = f"Bearer {token}".encode()
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()

    def get_request(self) -> tuple[socket.socket, Any]:
        """Take a connection and remember it, so that closing the server ends it."""
        connection, address = super().get_request()
        with self._guard:
            self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        """Forget a connection that has ended."""
        with self._guard:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that went away; anything else is a bug and is shown."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    def server_close(self) -> None:
        """Close the port and every connection that is kept alive."""
        super().server_close()
        with self._guard:
            left = list(self._open)
        for connection in left:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = _IDLE
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
        """Write nothing: requests carry secrets."""

    def _serve(self) -> None:
        body = self._body()
        if body is None:
            return
        given = (self.headers.get("Authorization") or "").encode("latin-1", "replace")
        if not hmac.compare_digest(given, self.server.authorization):
            self._send(_error(401, "AuthenticationFailed", "The token is missing or is not this server's."))
        elif self.path.startswith("/_emulator/"):
            self._send(_own(self.server.stamp, self.command, self.path, body))
        else:
            raw = self.headers.get("CommandName") == "Invoke-AzRestMethod"
            refused = refused_session(self.headers.get(SESSION_HEADER) or "", self.path)
            self._send(refused or self.server.stamp.rest(self.command, self.path, body or None, raw=raw))

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _serve  # noqa: N815 - names that the base class looks for

    def _body(self) -> bytes | None:
        """Return the request's body; None after answering one that can't be taken, which ends the connection."""
        length = self.headers.get("Content-Length") or "0"
        if self.headers.get("Transfer-Encoding") or not (length.isascii() and length.isdigit()):
            self._refuse(_error(411, "LengthRequired", "A body needs a Content-Length."))
            return None
        if len(length) > 9 or int(length) > LARGEST_BODY:
            self._refuse(_error(413, "PayloadTooLargeException", f"A body has at most {LARGEST_BODY} bytes."))
            return None
        return self.rfile.read(int(length))

    def _refuse(self, response: RestResponse) -> None:
        self.close_connection = True
        self._send(response)

    def _send(self, response: RestResponse) -> None:
        content = b"" if response.body is None else json.dumps(response.body).encode()
        self.send_response_only(response.status)
        headers = {"Date": formatdate(usegmt=True), **response.headers, "Content-Length": str(len(content))}
        if content:
            headers["Content-Type"] = "application/json; charset=utf-8"
        if self.close_connection:
            headers["Connection"] = "close"
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


def _error(status: int, code: str, message: str) -> RestResponse:
    return RestResponse(status, {}, {"error": {"code": code, "message": message}})


def _own(stamp: Stamp, method: str, path: str, body: bytes) -> RestResponse:
    """Answer the emulator's own calls."""
    match method, path:
        case "GET", "/_emulator/counts":
            return RestResponse(200, {}, stamp.counts())
        case "GET", "/_emulator/profile":
            error = endpoint_error(stamp.profile, "{0}")
            return RestResponse(200, {}, {**asdict(stamp.profile), "location": stamp.location, "endpoint_error": error})
        case "POST", "/_emulator/sign-in":
            return _sign_in(stamp, body)
        case _:
            return _error(404, "NotFound", "The emulator has nothing there.")


def _sign_in(stamp: Stamp, body: bytes) -> RestResponse:
    names = ("environment", "tenant", "application_id")
    try:
        given = json.loads(body)
        words = [given[name] for name in names]
        proofs = [given.get(name) for name in ("secret", "thumbprint")]
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        words, proofs = [None], []
    if not all(isinstance(word, str) for word in (*words, *(proof for proof in proofs if proof is not None))):
        return _error(400, "InvalidRequestContent", "A sign-in names environment, tenant, application_id and secret.")
    account = stamp.sign_in(*words, *proofs)
    if isinstance(account, SignInRefusal):
        return _error(401, account.exception, account.message)
    return RestResponse(200, {}, {"account": account})
