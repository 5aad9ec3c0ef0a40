"""How much of everything a host gives ([MS-WSMV] 2.2.4.10, 2.2.4.23, 2.2.4.42)."""

from __future__ import annotations

from typing import Final

import msgspec

MAX_TIMEOUT: Final = 60.0
"""Seconds: `MaxTimeoutms` of a Windows host's default configuration (capture); longer ones are reduced to it."""
MAX_ENVELOPE: Final = 512_000
"""Bytes: `MaxEnvelopeSizekb` 500 of the same; the maximum of a request, and of an answer unless the client's limit is lower."""
MIN_ENVELOPE: Final = 8_192
"""Bytes: the minimum that a client may request ([MS-WSMV] 3.1.4.1.7)."""


class Quotas(msgspec.Struct, frozen=True):
    """The configurable limits of a host; the defaults are those of Windows' `microsoft.powershell` plugin.

    Attributes:
        shells_per_user: MaxShellsPerUser ([MS-WSMV] 3.1.4.1.34.3.4).
        users: MaxConcurrentUsers, the users who have a shell (the same).
        operations_per_user: MaxConcurrentOperationsPerUser (capture): a user's commands that were not terminated.
        commands_per_shell: MaxConcurrentCommandsPerShell (the same; pypsrp's issue 148 ran into it).
        idle_timeout: IdleTimeoutms as seconds (capture), for a shell that requests none.
        min_idle_timeout: seconds, the minimum that a client may request ([MS-WSMV] 2.2.4.23).
        max_idle_timeout: MaxIdleTimeoutms as seconds (capture); longer ones are reduced to it.
        refuse_idle: refuse longer ones instead, as hosts are reported to (pypsrp's issue 36, pywinrm's 377).
        auto_disconnect: seconds until the shell of a vanished robust client is disconnected ([MS-WSMV] 3.1.2).
        output_buffer: bytes of output that wait for one command's Receive before the command does; Windows' own
            size is not known, this is more than two full answers.
        messages_per_receive: maximum number of messages per Receive; None for all that fit; Microsoft's OMI gives one.
    """

    shells_per_user: int = 25
    users: int = 5
    operations_per_user: int = 1500
    commands_per_shell: int = 1000
    idle_timeout: float = 7200.0
    min_idle_timeout: float = 60.0
    max_idle_timeout: float = 2_147_483.647
    refuse_idle: bool = False
    auto_disconnect: float = 195.0
    output_buffer: int = 1_048_576
    messages_per_receive: int | None = None
