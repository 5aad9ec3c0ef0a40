"""What a user puts into psbridge's config to reach an emulated host: text, for the emulator knows nothing of the client."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from psbridge.emulator.auth.users import principal

if TYPE_CHECKING:
    from psbridge.emulator.emulation import Emulation
    from psbridge.emulator.host import OperatorHost

PASSWORD_VARIABLE: Final = "REHEARSAL_PASSWORD"  # noqa: S105 - the name of a variable, not what it holds
_PREFERRED: Final = ("certificate", "kerberos", "credssp", "ntlm", "negotiate", "basic")
"""What is not offered unless it was asked for comes first."""
_PASSWORD_LEAVES: Final = ("basic", "credssp")
_TO_FILL_IN: Final = {"client_cert": "CLIENT.pem", "client_key": "CLIENT-key.pem"}
_POLL, _SETTLE = 30.0, 900.0  # seconds, as a config has them for a real stamp
_LEAST_POLL = 0.2  # seconds: a shorter pause is not worth a request
_LEAST_SETTLE = 5.0  # seconds: with less, a busy machine alone can make a backup look overdue
_MOST = 86_400.0  # seconds


def client_config(
    running: Emulation, *, target: str = "rehearsal", password_file: Path | None = None, poll: float | None = None
) -> str:
    """Return a whole config, in YAML, whose only target is the emulated host.

    Args:
        running: the host.
        target: what the config calls it.
        password_file: where psbridge finds the password; None: in the environment variable `PASSWORD_VARIABLE`.
        poll: seconds; None: what fits the stamp's speed.
    """
    host = running.host
    auth = login(host)
    keys = {
        "host": _scalar(_name(host) if auth == "kerberos" else host.host),
        "port": str(host.port),
        "tls": _tls(host, certificate=auth == "certificate"),
        "auth": auth + _remark(host, auth),
        **_who(host, auth, password_file),
        "location": running.stamp.location,
        "poll": _span(max(_LEAST_POLL, _POLL / running.stamp.speed if poll is None else poll)),
        "settle": _span(max(_LEAST_SETTLE, _SETTLE / running.stamp.speed)),
    }
    lines = "".join(f"    {key}: {value}\n" for key, value in keys.items())
    return f"version: 1\ntargets:\n  {target}:\n{lines}"


def login(host: OperatorHost) -> str:
    """Return the login that the config names."""
    return next(method for method in _PREFERRED if method in host.auth)


def refused(host: OperatorHost) -> str | None:
    """Return why psbridge will not sign in with the host's config, and what to do; None if it will."""
    auth = login(host)
    if host.secure or auth not in _PASSWORD_LEAVES:
        return None
    return (
        f"psbridge refuses to sign in to this host: with auth {auth} it sends a password, and that over https only; "
        "add --tls for psbridge, or leave the host to other clients"
    )


def _name(host: OperatorHost) -> str:
    """Return a name by which Kerberos knows the host."""
    return host.host if host.host in host.kerberos_hosts else host.kerberos_hosts[0]


def _remark(host: OperatorHost, auth: str) -> str:
    if refused(host):
        return "  # refused by psbridge without https: add --tls, or leave the host to other clients"
    if auth == "certificate" and host.client_files is None:
        return f"  # with a certificate of your authority whose user principal name is {principal(host.username)}"
    return ""


def _who(host: OperatorHost, auth: str, password_file: Path | None) -> dict[str, str]:
    if auth == "certificate":
        return {}
    name = {"username": _scalar(host.username)}
    if auth == "kerberos":
        return name  # with a ticket of kinit; the password is the realm's, not the host's
    return name | {
        "password": f"{{file: {_scalar(str(password_file))}}}" if password_file else f"{{env: {PASSWORD_VARIABLE}}}"
    }


def _tls(host: OperatorHost, *, certificate: bool) -> str:
    if not host.secure:
        return "false"
    files = {"ca": host.ca_file}
    if certificate:
        mine = host.client_files
        files |= {"client_cert": mine.certificate if mine else None, "client_key": mine.key if mine else None}
    keys = {key: _scalar(str(path)) if path else _TO_FILL_IN[key] for key, path in files.items() if path or key != "ca"}
    return "{" + ", ".join(f"{key}: {value}" for key, value in keys.items()) + "}" if keys else "true"


def _scalar(text: str) -> str:
    """Return a text as YAML on one line, quoted where it must be."""
    import yaml

    written: str = yaml.safe_dump([text], default_flow_style=True, width=1 << 20)
    return written.strip().removeprefix("[").removesuffix("]")


def _span(seconds: float) -> str:
    """Return a pause as a config takes it."""
    return f"{min(seconds, _MOST):.3f}".rstrip("0").rstrip(".") + "s"
