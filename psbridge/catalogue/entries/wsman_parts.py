"""What entries of WSMan faults share."""

from __future__ import annotations

from typing import Final, NamedTuple

from psbridge.catalogue.entries.entry import do

REFUSED: Final = "None was started by this request: the host refused it before it ran anything."
OPEN: Final = (
    "As the answer to a start request it proves nothing: psbridge searches for the backup and ends with 0, 6 or 11."
)
BEFORE: Final = (
    "None was started: the connection was not made. Windows's own client reports this; psbridge has another text for the "
    "same cause."
)
CONNECTION: Final = "troubleshooting#the-connection-is-refused-or-nothing-answers"
LOGIN: Final = "troubleshooting#the-login-is-refused"
TLS: Final = "troubleshooting#tls"
MODULES: Final = "troubleshooting#modules-and-session-configuration"
QUOTA: Final = "troubleshooting#quotas-and-remaining-sessions"

LISTENER: Final = do("See the listeners on the host.", "PS> winrm enumerate winrm/config/listener")
SERVICE: Final = do("See whether WinRM runs.", "PS> Get-Service WinRM")
LIST: Final = do("Check the way to the stamp, step by step; one login, only reads.", "$ psbridge doctor")
EVENTS: Final = do(
    "Read WinRM's event log on the host.",
    "PS> Get-WinEvent -LogName Microsoft-Windows-WinRM/Operational -MaxEvents 20",
)
CONFIGURATIONS: Final = do(
    "See the session configurations and who may use them.",
    "PS> Get-PSSessionConfiguration | Format-List Name, Permission",
)


class Long(NamedTuple):
    """What is to be said about a fault in addition to its sentence."""

    backup: str
    causes: tuple[str, ...]
    steps: tuple[str, ...] = ()
    see: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    title: str = ""
    exit_code: str = "unreachable"
