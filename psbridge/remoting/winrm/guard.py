"""The deadline, the bounds and the state of one message, shared by all sockets of a transport."""

from __future__ import annotations

import socket
from datetime import UTC
from email.utils import parsedate_to_datetime

from requests.models import PreparedRequest, Response
from urllib3.util import wait_for_read

from psbridge.clock import Deadline
from psbridge.models.time import Instant
from psbridge.powershell.stages import Stage
from psbridge.remoting.winrm.errors.translation import TooManyLogins, TooMuch
from psbridge.remoting.winrm.http_response import MAX_ANSWER, MAX_HEAD, check_head
from psbridge.remoting.winrm.login import identifies_user, schemes
from psbridge.remoting.winrm.stages import Stages

MAX_LOGIN_ROUNDS = 12  # CredSSP over TLS needs six
MAX_SERVER = 120  # characters of a header that observers are given


class SocketGuard:
    """The limits of one attempt to exchange a message, and its outcome.

    Attributes:
        deadline: when the attempt must end.
        connect_timeout: seconds that opening a connection may take.
        sent: bytes of the message were handed to a socket; no answer changes that.
        logged_in: the open connection is logged in, so no other connection may carry the next message.
        status: the last HTTP status, 0 if none came.
        offered: the schemes of the first 401's WWW-Authenticate.
        date: the last Date header.
        torn: a login began on one connection and continued on another, which does not know of it.
        login_requests: requests of the attempt that carried part of a login.
        identified: one of them named the user.
        in_handshake: a TLS handshake has begun and not ended.
        nothing_received: no byte came since the attempt began.
        stages: what is reported about the connections.
    """

    def __init__(self, deadline: Deadline, connect_timeout: float, stages: Stages) -> None:
        self.stages = stages
        self.deadline = deadline
        self.connect_timeout = connect_timeout
        self.date: str | None = None
        self.offered: str | None = None
        self.logged_in = False
        self._sockets: list[socket.socket] = []
        self.begin(deadline)

    def begin(self, deadline: Deadline) -> None:
        """Start an attempt."""
        self.deadline = deadline
        self.sent = False
        self.status = 0
        self.torn = False
        self._received = 0
        self._most = MAX_HEAD
        self.login_requests = 0
        self.identified = False
        self.in_handshake = False
        self.nothing_received = True
        self._carries = False

    def request(self, request: PreparedRequest) -> None:
        """Note that an HTTP request is about to be sent.

        Raises:
            TooManyLogins: if the login takes too many requests.
        """
        self._carries = bool(request.body)
        self._received, self._most = 0, MAX_HEAD
        login = request.headers.get("Authorization")
        if login:
            self.login_requests += 1
            if self.login_requests > MAX_LOGIN_ROUNDS:
                raise TooManyLogins(f"{self.login_requests} rounds")
            self.identified |= identifies_user(login, self.login_requests)

    def answered(self, response: Response) -> None:
        """Note the head of an HTTP answer, before its body is read.

        Raises:
            NotWSMan, TooMuch: the head announces a body that psbridge does not read.
        """
        self._most = MAX_ANSWER
        self.status = response.status_code
        self.date = response.headers.get("Date") or self.date
        offer = response.headers.get("WWW-Authenticate")
        if self.status == 401 and offer and self.offered is None:
            self.offered = schemes(offer)
        self._report(response)
        check_head(response.headers)

    def _report(self, response: Response) -> None:
        """Report the first answer on a connection. Only a 401 shows by its head that the server speaks HTTP logins."""
        if self.stages.current is not Stage.WSMAN:
            return
        offer = response.headers.get("WWW-Authenticate", "")
        self.stages.add(
            status=response.status_code,
            offered=schemes(offer).split(", ") if offer else None,
            server=response.headers.get("Server", "")[:MAX_SERVER] or None,
            host_time=str(self.host_time) if self.host_time else None,
        )
        if response.status_code == 401:
            self.stages.finish(Stage.WSMAN)
            self.stages.start(Stage.LOGIN)

    def left(self) -> float:
        """Return the seconds that a socket may block now.

        Raises:
            TimeoutError: if no time is left.
        """
        seconds = self.deadline.remaining()
        if seconds <= 0:
            raise TimeoutError("timed out")
        return seconds

    def sending(self) -> None:
        """Note that bytes are about to be sent."""
        self.sent |= self._carries

    def received(self, count: int) -> None:
        """Note that bytes came.

        Raises:
            TooMuch: if they exceed the limit of an answer.
        """
        self._received += count
        self.nothing_received &= count == 0
        if self._received > self._most:
            what = "an answer's head" if self._most == MAX_HEAD else "an answer"
            raise TooMuch(f"{what} of more than {self._most} bytes")

    def opening(self) -> None:
        """Note that a connection is about to be opened.

        Raises:
            ConnectionResetError: if another connection was logged in and is closed; no byte of the request was sent.
        """
        if self.logged_in and self._carries:
            raise ConnectionResetError("the host closed the connection that was logged in")

    def opened(self, sock: socket.socket) -> None:
        """Note a connection, to close it with the others."""
        self._sockets = [item for item in self._sockets if item.fileno() >= 0] + [sock]
        self.torn |= self.login_requests > 1

    @property
    def host_time(self) -> Instant | None:
        """The host's clock at its last answer, None if no answer had a valid date."""
        try:
            moment = parsedate_to_datetime(self.date or "")
            return Instant.of(moment.astimezone(UTC)) if moment.tzinfo else None
        except (TypeError, ValueError, OverflowError):
            return None

    @property
    def dropped(self) -> bool:
        """Return whether the host closed a connection while nothing was being exchanged."""
        live = [item for item in self._sockets if item.fileno() >= 0]
        return bool(self._sockets) and (not live or wait_for_read(live[-1], timeout=0))

    def close(self) -> None:
        """Close every connection at once."""
        for sock in self._sockets:
            sock.close()
        self._sockets = []
