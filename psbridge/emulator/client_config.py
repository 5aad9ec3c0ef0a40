"""A config of psbridge that reaches an emulated host. It is text, because the emulator may not import the client."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from psbridge.emulator.auth.users import principal

if TYPE_CHECKING:
    from psbridge.emulator.emulation import Emulation
    from psbridge.emulator.host import OperatorHost

TARGET: Final = "rehearsal"
"""What a config calls the emulated host, unless another name is given."""
_PREFERRED: Final = ("certificate", "kerberos", "credssp", "ntlm", "negotiate", "basic")
"""Methods that are offered only on request come first; a certificate that only the user has is passed over."""
_PASSWORD_LEAVES: Final = ("basic", "credssp")
_TO_FILL_IN: Final = {"client_cert": "CLIENT.pem", "client_key": "CLIENT-key.pem"}
_POLL, _SETTLE = 30.0, 900.0  # seconds, the defaults for a real stamp
_LEAST_POLL = 0.2  # seconds: a shorter pause is not worth a request
_LEAST_SETTLE = 5.0  # seconds: with less, a backup can appear overdue on a busy machine
_MOST = 86_400.0  # seconds


def client_config(
    running: Emulation, *, target: str = TARGET, password_file: Path | None = None, poll: float | None = None
) -> str:
    """Return a complete config, in YAML, whose only target is the emulated host.

    Args:
        running: the host.
        target: its name in the config.
        password_file: where psbridge finds the password; None: in the environment variable `password_variable(target)`.
        poll: seconds; None: chosen by the stamp's speed.
    """
    host = running.host
    auth = login(host)
    keys = {
        "host": _scalar(_name(host) if auth == "kerberos" else host.host),
        "port": str(host.port),
        "tls": _tls(host, certificate=auth == "certificate"),
        "auth": auth + _remark(host),
        **_who(host, auth, password_file or password_variable(target)),
        "location": running.stamp.location,
        "poll": _span(max(_LEAST_POLL, _POLL / running.stamp.speed if poll is None else poll)),
        "settle": _span(max(_LEAST_SETTLE, _SETTLE / running.stamp.speed)),
    }
    lines = "".join(f"    {key}: {value}\n" for key, value in keys.items())
    return f"version: 1\ntargets:\n  {target}:\n{lines}"


def password_variable(target: str) -> str:
    """Return the environment variable from which a config reads the password of a target: `REHEARSAL_PASSWORD`."""
    return "_" * target[:1].isdigit() + re.sub("[^A-Z0-9]", "_", target.upper()) + "_PASSWORD"


def login(host: OperatorHost) -> str:
    """Return the authentication method for the config."""
    known = [method for method in _PREFERRED if method in host.auth]
    return known[1] if len(known) > 1 and known[0] == "certificate" and host.client_files is None else known[0]


def to_fill_in(host: OperatorHost) -> bool:
    """Return whether the user must fill in a client certificate, because the CA is the user's own."""
    return login(host) == "certificate" and host.client_files is None


def refused(host: OperatorHost) -> str | None:
    """Return why psbridge refuses to sign in with this config, and what to do; None if it does not refuse."""
    auth = login(host)
    if host.secure or auth not in _PASSWORD_LEAVES:
        return None
    return (
        f"psbridge refuses to sign in to this host, because auth {auth} would send the password without https; "
        "add --tls, or use another client"
    )


def _name(host: OperatorHost) -> str:
    """Return a name of the host for which the keytab has a key."""
    return host.host if host.host in host.kerberos_hosts else host.kerberos_hosts[0]


def _remark(host: OperatorHost) -> str:
    if refused(host):
        return "  # psbridge refuses this without https: add --tls, or use another client"
    if to_fill_in(host):
        return f"  # fill in a certificate of your CA whose user principal name is {principal(host.username)}"
    return ""


def _who(host: OperatorHost, auth: str, password: Path | str) -> dict[str, str]:
    if auth == "certificate":
        return {}
    name = {"username": _scalar(host.username)}
    if auth == "kerberos":
        return name  # with a ticket from kinit
    return name | {
        "password": f"{{file: {_scalar(str(password))}}}" if isinstance(password, Path) else f"{{env: {password}}}"
    }


def _tls(host: OperatorHost, *, certificate: bool) -> str:
    if not host.secure:
        return "false"
    files = {"ca": host.ca_file}
    if certificate:
        mine = host.client_files
        files |= {"client_cert": mine.certificate if mine else None, "client_key": mine.key if mine else None}
    keys = {key: _scalar(str(path)) if path else _TO_FILL_IN[key] for key, path in files.items() if path or key != "ca"}
    if host.ca_file is None:
        return (_flow(keys) if keys else "true") + "  # add {ca: FILE} if this machine does not trust its CA"
    return _flow(keys)


def _flow(keys: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{key}: {value}" for key, value in keys.items()) + "}"


def _scalar(text: str) -> str:
    """Return a text as a YAML scalar on one line, quoted where necessary."""
    import yaml

    written: str = yaml.safe_dump([text], default_flow_style=True, width=1 << 20)
    return written.strip().removeprefix("[").removesuffix("]")


def _span(seconds: float) -> str:
    """Return a duration in the config's format."""
    return f"{min(seconds, _MOST):.3f}".rstrip("0").rstrip(".") + "s"
