"""Logins with pypsrp's libraries: the user, the encryption of the messages after the login, and the meaning of a failure.

This module also reads the headers of a login: the schemes that a host offers (RFC 9110, 11.6.1), the encoding in which it
reads Basic (RFC 7617, 2.1), and whether a request names the user.
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
    """Return the user name in the form of the endpoint's authentication method."""
    if endpoint.username and endpoint.auth is Auth.KERBEROS:
        return kerberos.principal(endpoint.username)
    return endpoint.username


def encryption(auth: str, context: Any) -> WinRMEncryption:
    """Return the encryption of messages with the context of a finished login."""
    protocol = WinRMEncryption.SPNEGO
    if auth == "credssp":
        protocol = WinRMEncryption.CREDSSP
    elif getattr(context, "response_auth_header", "") == "kerberos":
        protocol = WinRMEncryption.KERBEROS
    return WinRMEncryption(context, protocol)


def accepted(auth: str, context: Any, *, each_request: bool) -> dict[str, Any]:
    """Return the facts of a login that the host accepted: the mechanism that was used, and what carried it.

    `each_request`: basic and certificate, whose login has no context.
    """
    if each_request:
        return {"auth": auth, "mechanism": auth, "below": None}
    if context is None:
        return {"auth": auth, "mechanism": None, "below": None}
    inner = (
        getattr(context, "_context", context) if auth == "credssp" else context
    )  # requests_credssp has no public name
    mechanism = getattr(inner, "negotiated_protocol", None)
    below = "credssp" if auth == "credssp" else getattr(context, "response_auth_header", None)
    return {"auth": auth, "mechanism": mechanism, "below": below if below != mechanism else None}


def login_failure(error: Exception, auth: str, rounds: int) -> Exception:
    """Return the error of a 401: a refusal, or a login that never began; pypsrp has no classes for these.

    `rounds`: requests that carried part of the login.
    """
    if not isinstance(error, AuthenticationError) and (rounds or blocked(error)):
        broken = BadLogin(str(error))
        broken.__cause__ = error
        return broken
    return AuthenticationError(auth) if rounds else NotOffered(str(error))


def keep_alive(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Add no login, because the connection is logged in; set the same header as the login handlers of the libraries."""
    request.headers["Connection"] = "Keep-Alive"
    return request


_NTLM = b"NTLMSSP\x00"
_NTLM_AUTHENTICATE = b"\x03"  # AUTHENTICATE_MESSAGE ([MS-NLMP] 2.2.1.3); the two messages before it name no user
# The TLS inside CredSSP takes two requests before the user name is sent (seen with 1.2 and 1.3).
_CREDSSP_NAMES_THE_USER = 3


def identifies_user(header: str | bytes, number: int) -> bool:
    """Return whether a request of a login names the user, so that a 401 to it refuses the user.

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


MAX = 4096  # characters of a header that are read


def schemes(header: str) -> str:
    """Return the schemes of a challenge, in the order of the header, each once."""
    return ", ".join(dict.fromkeys(_CHALLENGE.findall(header[:MAX])))


def _basic_words(words: tuple[str, str], challenge: str) -> tuple[tuple[bytes, bytes], str]:
    """Return user and password in the encoding that a challenge names, and the encoding if it names none.

    A challenge can name only UTF-8 (RFC 7617, 2.1). If it names none, they are sent in Latin-1, as other clients do
    (requests among them), or in UTF-8 if Latin-1 lacks a character.
    """
    found = _BASIC.search(challenge[:MAX])
    if found is not None and _CHARSET.search(found[1]) is not None:
        return _utf8(words), ""
    try:
        return (words[0].encode("latin-1"), words[1].encode("latin-1")), "Latin-1"
    except UnicodeEncodeError:
        return _utf8(words), "UTF-8"


def _utf8(words: tuple[str, str]) -> tuple[bytes, bytes]:
    """Return the words in UTF-8, composed as RFC 7617, 2.1 requires."""
    user, password = (unicodedata.normalize("NFC", word).encode() for word in words)
    return user, password


class Basic:
    """Adds Basic authentication to requests.

    There is only one attempt, because a login in the wrong encoding counts as a wrong password. If user or password is not
    ASCII, a request without the user first fetches the challenge, which may name the encoding.

    Attributes:
        guessed: the encoding that was used if the host named none; else empty.
    """

    def __init__(self, username: str | None, password: str | None) -> None:
        self._given = (username or "", password or "")
        self._written: tuple[bytes, bytes] | None = None
        self.guessed = ""

    def sign(self, session: requests.Session, endpoint: str, left: Callable[[], float]) -> None:
        """Make a session add the login to its requests.

        Raises:
            NotOffered: the host does not offer Basic.
        """
        if self._written is None and "".join(self._given).isascii():
            return  # pypsrp has done it
        if self._written is None:
            request = session.prepare_request(requests.Request("POST", endpoint, data=None, auth=_without_login))
            response = session.send(request, timeout=left(), allow_redirects=False)
            challenge = response.headers.get("WWW-Authenticate", "") if response.status_code == 401 else ""
            if challenge and "basic" not in challenge.casefold():
                raise NotOffered("no Basic")
            self._written, self.guessed = _basic_words(self._given, challenge)
        session.auth = HTTPBasicAuth(*self._written)


def _without_login(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
