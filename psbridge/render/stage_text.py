"""The text of a connection's stages, one line each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from psbridge.render.escape import safe

if TYPE_CHECKING:
    from psbridge.documents.progress import StageDocument
    from psbridge.models.events import StageEnded

Facts = Mapping[str, Any]


def stage_line(event: StageEnded | StageDocument) -> str:
    """Return the stage, its time, and what it showed or why it failed."""
    if event.error is not None:
        text = f"failed: {event.error.removeprefix(f'{event.host}: ')}{_presented(event.facts)}"
    else:
        told = _TEXTS.get(event.stage)
        text = told(event.facts) if told else ""
    return f"{event.stage:<8}{event.seconds:>6.2f}s  {safe(text)}"


def _name(facts: Facts) -> str:
    addresses = ", ".join(facts.get("addresses", ()))
    return f"{addresses} (an address)" if facts.get("literal") else f"{facts.get('name')} is {addresses}"


def _tcp(facts: Facts) -> str:
    tried = "".join(f"{each}; " for each in facts.get("failed", ()))
    proxy = f" through the proxy {facts['proxy']}" if facts.get("proxy") else ""
    return f"{tried}connected to {facts.get('address')}{proxy}"


def _tls(facts: Facts) -> str:
    own: Facts = next(iter(facts.get("chain", ())), {})
    state = "verified" if facts.get("verified") else "not verified"
    left = f", {own['days_left']} days left" if "days_left" in own else ""
    return (
        f"{facts.get('version')}, {facts.get('cipher')}; certificate {own.get('subject', 'unreadable')} {state}{left}"
    )


def _presented(facts: Facts) -> str:
    """Return the certificate that was refused, if one was."""
    own: Facts = next(iter(facts.get("chain", ())), {})
    names = f", for {', '.join(own['names'])}" if own.get("names") else ""
    return f"; the host presented {own['subject']}{names}" if "subject" in own else ""


def _wsman(facts: Facts) -> str:
    if facts.get("status") is None:
        return "no answer"
    offered = ", ".join(facts.get("offered") or ())
    server = f"; {facts['server']}" if facts.get("server") else ""
    return f"HTTP {facts.get('status')}{f', offers {offered}' if offered else ''}{server}"


def _login(facts: Facts) -> str:
    if not facts.get("mechanism"):
        return "the host asked for no login"
    below = f" in {facts['below']}" if facts.get("below") else ""
    held = ["sealed"] * bool(facts.get("sealed")) + ["inside TLS"] * bool(facts.get("tls"))
    bound = ", bound to its certificate" if facts.get("channel_binding") else ""
    return f"{facts['mechanism']}{below}; messages {' and '.join(held) or 'in the clear'}{bound}"


def _session(facts: Facts) -> str:
    table = facts.get("version_table") or {}
    version = table.get("PSVersion") or f"of protocol {facts.get('protocol_version')}"
    edition = f" {table['PSEdition']}" if table.get("PSEdition") else ""
    return f"PowerShell {version}{edition}; {facts.get('configuration')}, shell {facts.get('shell')}"


_TEXTS: Mapping[str, Callable[[Facts], str]] = {
    "name": _name,
    "tcp": _tcp,
    "tls": _tls,
    "wsman": _wsman,
    "login": _login,
    "session": _session,
}
