"""Logins as pypsrp's libraries make them: who logs in, what seals the messages after, and what a failure comes to."""

from __future__ import annotations

from typing import Any

import requests
from pypsrp.encryption import WinRMEncryption
from pypsrp.exceptions import AuthenticationError

from psbridge.models.connection import Auth, Endpoint
from psbridge.remoting.winrm import kerberos
from psbridge.remoting.winrm.errors.exceptions import BadLogin, NotOffered
from psbridge.remoting.winrm.errors.local import blocked


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

    Args:
        error: what was raised.
        auth: the kind of login.
        rounds: requests that carried something of it.
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
