"""Logins as pypsrp's libraries make them: who logs in, what seals the messages after, and what a failure comes to.

What the headers of a login say is read here too: the schemes that a host offers (RFC 9110, 11.6.1), the encoding in which it
reads Basic (RFC 7617, 2.1), and whether a request says who is asking.
"""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from collections.abc import Callable
from typing import Any

import requests
from pypsrp.encryption import WinRMEncryption
from pypsrp.exceptions import AuthenticationError
from requests.auth import HTTPBasicAuth

from psbridge.models.connection import Auth, Endpoint
from psbridge.remoting.winrm import kerberos
from psbridge.remoting.winrm.errors.logins import blocked
from psbridge.remoting.winrm.errors.translation import BadLogin, NotOffered


def username(endpoint: Endpoint) -> str | None:
    """Return the user as the endpoint's kind of login names them."""
    if endpoint.username and endpoint.auth is Auth.KERBEROS:
        return kerberos.principal(endpoint.username)
    return endpoint.username


def encryption(auth: str, context: Any) -> WinRMEncryption:
    """Return what seals messages with the context of a finished login."""
    protocol = WinRMEncryption.SPNEGO
    if auth == "credssp":
        protocol = WinRMEncryption.CREDSSP
    elif getattr(context, "response_auth_header", "") == "kerberos":
        protocol = WinRMEncryption.KERBEROS
    return WinRMEncryption(context, protocol)


def login_failure(error: Exception, auth: str, rounds: int) -> Exception:
    """Return what a 401 came to: a refusal, or a login that was never made; pypsrp has no classes for these.

    `rounds`: requests that carried something of it.
    """
    if not isinstance(error, AuthenticationError) and (rounds or blocked(error)):
        broken = BadLogin(str(error))
        broken.__cause__ = error
        return broken
    return AuthenticationError(auth) if rounds else NotOffered(str(error))


def keep_alive(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Sign nothing: the connection is logged in. The header is the one that the login handlers of the libraries set."""
    request.headers["Connection"] = "Keep-Alive"
    return request


_NTLM = b"NTLMSSP\x00"
_NTLM_AUTHENTICATE = b"\x03"  # AUTHENTICATE_MESSAGE ([MS-NLMP] 2.2.1.3); the two before it are the same for everybody
# The TLS inside CredSSP takes two requests before anything of the user goes out (seen with 1.2 and 1.3).
_CREDSSP_NAMES_THE_USER = 3


def identifies_user(header: str | bytes, number: int) -> bool:
    """Return whether a login's request says who is asking, so that a 401 to it refuses them.

    `number`: 1 for the login's first request.
    """
    text = header.decode("latin-1") if isinstance(header, bytes) else header
    scheme, _, token = text.strip().partition(" ")
    if scheme.casefold() == "credssp":
        return number >= _CREDSSP_NAMES_THE_USER
    if scheme.casefold() not in {"negotiate", "ntlm", "kerberos"}:
        return True
    try:
        data = base64.b64decode(token)
    except binascii.Error:
        return True
    _, mark, message = data.partition(_NTLM)
    return not mark or message.startswith(_NTLM_AUTHENTICATE)


_PARAMETER = r'[\w!#$%&\'*+.^`|~-]+[ \t]*=[ \t]*(?:"(?:[^"\\]|\\.)*"|[^\s,"=]+)'
_CHALLENGE = re.compile(rf"(?:^|,)[ \t]*(?!{_PARAMETER})([A-Za-z][\w.-]*)(?=[ \t]|,|$)", re.ASCII)
_BASIC = re.compile(rf"(?:^|,)[ \t]*basic[ \t]+({_PARAMETER}(?:[ \t]*,[ \t]*{_PARAMETER})*)", re.ASCII | re.IGNORECASE)
_CHARSET = re.compile(r'\bcharset[ \t]*=[ \t]*"?utf-8"?(?=[ \t]*(?:,|$))', re.IGNORECASE)


MAX = 4096  # characters that are looked at


def schemes(header: str) -> str:
    """Return the schemes of a challenge, in the order of the header, each once."""
    return ", ".join(dict.fromkeys(_CHALLENGE.findall(header[:MAX])))


def _basic_words(words: tuple[str, str], challenge: str) -> tuple[tuple[bytes, bytes], str]:
    """Return user and password in the encoding that a challenge names, and the encoding where it names none.

    It can name UTF-8 alone (RFC 7617, 2.1). Where it names none they go out in Latin-1, as clients have always sent them
    (requests among them), and in UTF-8 what Latin-1 can't write.
    """
    found = _BASIC.search(challenge[:MAX])
    if found is not None and _CHARSET.search(found[1]) is not None:
        return _utf8(words), ""
    try:
        return (words[0].encode("latin-1"), words[1].encode("latin-1")), "Latin-1"
    except UnicodeEncodeError:
        return _utf8(words), "UTF-8"


def _utf8(words: tuple[str, str]) -> tuple[bytes, bytes]:
    """Return the words in UTF-8; composed, as RFC 7617, 2.1 wants them."""
    user, password = (unicodedata.normalize("NFC", word).encode() for word in words)
    return user, password


class Basic:
    """Signs requests by Basic.

    There is one try: a login in the wrong encoding counts as a wrong password. So where user or password is not ASCII,
    which is the same in each encoding, a request that does not say who is asking fetches the challenge first.

    Attributes:
        guessed: the encoding in which they were sent where the host named none; else empty.
    """

    def __init__(self, username: str | None, password: str | None) -> None:
        self._given = (username or "", password or "")
        self._written: tuple[bytes, bytes] | None = None
        self.guessed = ""

    def sign(self, session: requests.Session, endpoint: str, left: Callable[[], float]) -> None:
        """Make a session sign its requests.

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
            self._written, self.guessed = _basic_words(self._given, challenge)
        session.auth = HTTPBasicAuth(*self._written)


def _nobody(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
