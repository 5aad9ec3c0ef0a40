"""What of this machine a connection will depend on, known without one: ciphers, Kerberos, the record of shells."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from psbridge.remoting.winrm.shells import RemainingShell, ShellBook

if TYPE_CHECKING:
    from psbridge.remoting.winrm.tickets import Tickets

__all__ = ["RemainingShell", "kerberos_tickets", "ntlm_lacks", "remaining_shells"]


def ntlm_lacks() -> tuple[str, ...]:
    """Return the algorithms that NTLM needs and this machine's crypto policy denies; also CredSSP's, which carries NTLM."""
    from psbridge.remoting.winrm.errors.logins import lacking_algorithms

    return tuple(lacking_algorithms())


def kerberos_tickets() -> Tickets:
    """Return the realm and the ticket of this user; see `tickets`."""
    from psbridge.remoting.winrm.tickets import tickets

    return tickets()


def remaining_shells(state: Path, hosts: Sequence[str]) -> list[RemainingShell]:
    """Return the shells that the state folder records for these hosts, and that no running process uses. Nothing is changed."""
    return [shell for shell in ShellBook(state).remaining() if shell.host in hosts]
