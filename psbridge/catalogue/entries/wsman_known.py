"""More about the faults that psbridge knows, by their numbers."""

from __future__ import annotations

from typing import Final

from psbridge.catalogue.entries.entry import do
from psbridge.catalogue.entries.wsman_parts import (
    CONFIGURATIONS,
    CONNECTION,
    EVENTS,
    LIST,
    LOGIN,
    MODULES,
    OPEN,
    QUOTA,
    REFUSED,
    SERVICE,
    Long,
)

KNOWN: Final = {
    5: Long(
        REFUSED,
        (
            "The user is not in Remote Management Users (or Administrators) of the host.",
            "The session configuration permits other users only.",
            "A local account over the network: UAC filters its rights (LocalAccountTokenFilterPolicy).",
        ),
        (
            do("See who may connect.", "PS> Get-LocalGroupMember 'Remote Management Users'"),
            CONFIGURATIONS,
            do("Check the session.", "$ psbridge doctor --only session"),
        ),
        (LOGIN, "sign-in#the-windows-account"),
        ("WSMan fault 5", "Access is denied", "0x80070005", "E_ACCESSDENIED"),
    ),
    995: Long(
        OPEN,
        ("The WinRM service or the host is shutting down.", "The session's process on the host ended."),
        (SERVICE, EVENTS),
        (CONNECTION,),
        ("The I/O operation has been aborted because of either a thread exit or an application request",),
    ),
    2150858793: Long(
        OPEN,
        (
            "The host is very busy, or a cmdlet takes long and sends nothing.",
            "It is reported only if nothing came for the whole call.",
        ),
        (do("Allow more time for each call.", "$ psbridge backup list --call-timeout 5m"), EVENTS),
        ("troubleshooting#timeouts-6",),
        ("The WS-Management service cannot complete the operation within the time specified in OperationTimeout",),
    ),
    2150858843: Long(
        OPEN,
        (
            "The host was restarted, or WinRM was.",
            "The session was idle for longer than the host allows, or was removed by hand.",
            "A load balancer sent the request to another host.",
        ),
        (LIST, "Behind a load balancer all requests of a session must reach one host."),
        (QUOTA,),
        ("The request for the Windows Remote Shell with ShellId failed because the shell was not found on the server",),
    ),
    2150858811: Long(
        REFUSED,
        (
            "`configuration_name` is misspelled, or is of another host.",
            "PowerShell Remoting is not enabled on the host.",
            "A configuration of PowerShell 7 has its version in the name, such as PowerShell.7.",
        ),
        (CONFIGURATIONS, do("If there is none, enable remoting.", "PS> Enable-PSRemoting -Force")),
        (MODULES,),
        ("The WS-Management service cannot process the request. The resource URI is not supported",),
    ),
    2150859180: Long(
        REFUSED,
        ("A policy of the host forbids remote shells (Allow Remote Shell Access).",),
        (do("See the setting.", "PS> Get-Item WSMan:\\localhost\\Shell\\AllowRemoteShellAccess"),),
        (MODULES,),
    ),
    2150859204: Long(
        OPEN,
        ("The connection broke, and the host disconnected the session.",),
        (LIST,),
        (CONNECTION,),
    ),
    2150859250: Long(
        REFUSED,
        ("`idle_timeout` of the target is longer than the host allows, or shorter than 1m.",),
        (do("See the host's limit.", "PS> Get-Item WSMan:\\localhost\\Shell\\IdleTimeout"),),
        (QUOTA, "configuration"),
    ),
}
QUOTA_LONG: Final = Long(
    "None was started if the session could not be opened. " + OPEN,
    (
        "Sessions of this user remain on the host, such as of killed jobs.",
        "Many jobs run at once as one user (a user has 30 shells and 25 connections by default in Windows Server).",
    ),
    (
        do("See the shells that are open.", "PS> Get-WSManInstance -ResourceURI shell -Enumerate"),
        do(
            "See the limits.",
            "PS> Get-ChildItem WSMan:\\localhost\\Shell",
            "PS> Get-Item WSMan:\\localhost\\Service\\MaxConcurrentOperationsPerUser",
        ),
    ),
    (QUOTA,),
)
