"""Basic's user and password, in the encoding that the host reads (RFC 7617, 2.1)."""

from __future__ import annotations

from collections.abc import Callable

import requests
from requests.auth import HTTPBasicAuth

from psbridge.remoting.winrm.challenges import BasicWords, basic_words
from psbridge.remoting.winrm.errors.exceptions import NotOffered


class Basic:
    """Signs requests by Basic.

    There is one try: a login in the wrong encoding counts as a wrong password. So where user or password is not ASCII,
    which is the same in each encoding, a request that does not say who is asking fetches the challenge first.
    """

    def __init__(self, username: str | None, password: str | None) -> None:
        self._given = (username or "", password or "")
        self._written: BasicWords | None = None

    @property
    def guessed(self) -> str:
        """The encoding in which they were sent where the host named none; else empty."""
        return self._written.guessed if self._written else ""

    def sign(self, session: requests.Session, endpoint: str, left: Callable[[], float]) -> None:
        """Make a session sign its requests.

        Args:
            session: pypsrp's.
            endpoint: the URL to ask.
            left: the seconds that are left.

        Raises:
            NotOffered: the host takes no Basic.
        """
        if self._written is None and "".join(self._given).isascii():
            return  # pypsrp has done it
        if self._written is None:
            request = session.prepare_request(requests.Request("POST", endpoint, data=None, auth=_nobody))
            response = session.send(request, timeout=left(), allow_redirects=False)
            challenge = response.headers.get("WWW-Authenticate", "") if response.status_code == 401 else ""
            if challenge and "basic" not in challenge.casefold():
                raise NotOffered("no Basic")
            self._written = basic_words(self._given, challenge)
        session.auth = HTTPBasicAuth(*self._written.words)


def _nobody(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
