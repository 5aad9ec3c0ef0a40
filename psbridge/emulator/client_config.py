"""What a user puts into psbridge's config to reach an emulated host: text, for the emulator knows nothing of the client."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from psbridge.emulator.emulation import Emulation

PASSWORD_VARIABLE: Final = "REHEARSAL_PASSWORD"  # noqa: S105 - the name of a variable, not what it holds
_PREFERRED: Final = ("ntlm", "negotiate", "basic")
_NO_BASIC: Final = "  # psbridge sends Basic over https only: this host is for other clients, or start it with TLS"
_POLL, _SETTLE = 30.0, 900.0  # seconds, as a config has them for a real stamp
_LEAST_POLL = 0.2  # seconds: a shorter pause is not worth a request
_LEAST_SETTLE = 1.0  # seconds: with less, a busy machine alone can make a backup look overdue
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
    auth = next(method for method in _PREFERRED if method in host.auth)
    refused = auth == "basic" and not host.ca_file
    keys = {
        "host": _scalar(host.host),
        "port": str(host.port),
        "tls": f"{{ca: {_scalar(str(host.ca_file))}}}" if host.ca_file else "false",
        "auth": auth + _NO_BASIC * refused,
        "username": _scalar(host.username),
        "password": f"{{file: {_scalar(str(password_file))}}}" if password_file else f"{{env: {PASSWORD_VARIABLE}}}",
        "location": running.stamp.location,
        "poll": _span(max(_LEAST_POLL, _POLL / running.stamp.speed if poll is None else poll)),
        "settle": _span(max(_LEAST_SETTLE, _SETTLE / running.stamp.speed)),
    }
    lines = "".join(f"    {key}: {value}\n" for key, value in keys.items())
    return f"version: 1\ntargets:\n  {target}:\n{lines}"


def _scalar(text: str) -> str:
    """Return a text as YAML on one line, quoted where it must be."""
    import yaml

    written: str = yaml.safe_dump([text], default_flow_style=True, width=1 << 20)
    return written.strip().removeprefix("[").removesuffix("]")


def _span(seconds: float) -> str:
    """Return a pause as a config takes it."""
    return f"{min(seconds, _MOST):.3f}".rstrip("0").rstrip(".") + "s"
