"""Pairs of values that can't be meant: refused before anything is connected to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from psbridge.models.address import address
from psbridge.models.connection import Tls

_NEED_TLS = {"basic", "credssp"}
_NEED_NAME = {"basic", "credssp", "ntlm"}
Found = tuple[str, str]


def impossible(values: Mapping[str, Any]) -> Iterator[Found]:
    """Yield the key and the sentence of each impossible pair among a target's values, layers applied."""
    yield from _tls(values["auth"], values.get("tls"))
    yield from _who(values["auth"], values)
    yield from _hosts(values.get("host", []))
    yield from _names(values)


def _tls(auth: str, tls: Tls | None) -> Iterator[Found]:
    if auth in _NEED_TLS and tls is None:
        yield "tls", f"auth {auth} sends the password to the host: it needs tls"
    if auth in _NEED_TLS and tls is not None and not tls.verify:
        yield "tls.verify", f"auth {auth} sends the password to the host: it needs tls that is verified"
    if tls is not None and tls.ca and not tls.verify:
        yield "tls.verify", "a ca is given, but verify is false"
    if tls is not None and tls.client_key and not tls.client_cert:
        yield "tls.client_key", "client_key without client_cert"
    certificate = tls is not None and tls.client_cert is not None
    if auth == "certificate" and not certificate:
        yield "auth", "auth certificate needs tls with client_cert (and client_key)"
    if auth != "certificate" and certificate:
        yield "tls.client_cert", "client_cert is used by auth certificate only"


def _who(auth: str, values: Mapping[str, Any]) -> Iterator[Found]:
    if values.get("password") is not None and auth == "certificate":
        yield "password", "auth certificate takes no password"
    elif values.get("password") is not None and not values.get("username"):
        yield "password", "password without username"
    if auth in _NEED_NAME and not values.get("username"):
        yield "auth", f"auth {auth} needs a username"


def _names(values: Mapping[str, Any]) -> Iterator[Found]:
    tls: Tls | None = values.get("tls")
    named = [("host", host) for host in values.get("host", []) if host.count(":") != 1]
    named += [("tls.server_name", tls.server_name)] if tls is not None and tls.server_name else []
    named += [("service_host", values["service_host"])] if values.get("service_host") else []
    for key, name in named:
        try:
            address(name)
        except ValueError as error:
            yield key, f"{name}: {error}"


def _hosts(hosts: list[str]) -> Iterator[Found]:
    if any(host.count(":") == 1 for host in hosts):
        yield "host", "a host without its port; put the port in `port`"
    if len({host.casefold() for host in hosts}) < len(hosts):
        yield "host", "the same host twice"
