"""A resolved target: all that an operation must know about where it works and by which rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from psbridge import defaults
from psbridge.models.connection import Endpoint, SignIn
from psbridge.models.secret import Secret

DEFAULT_SUBSCRIPTION: Final = "Default Provider Subscription"
"""Where a trigger goes, unless a target names another: the operator's own, because Azs.Backup.Admin's defaults are taken from
the session's context, and a wrong one would silently hit the wrong subscription."""


class Policy(msgspec.Struct, frozen=True):
    """The rules that an operation follows; all times in seconds.

    Attributes:
        timeout: bounds start and wait, queueing and settling included.
        call_timeout: bounds every other command, and every single call.
        connect_timeout: bounds the opening of a TCP connection.
        poll: the longest pause between two questions; the first is 1 s, and each doubles up to it.
        settle: how long after the end psbridge waits for an upload that can't be read, before it assumes it.
        keep_runs: how long the journal keeps runs that need nothing more.
        inferred_checks: those of `INFERRED_CHECKS` that are warnings only.
        retry_after: how soon after its end a backup that is not good is retried by a start that asks for an age.
    """

    timeout: float = defaults.TIMEOUT
    call_timeout: float = defaults.CALL_TIMEOUT
    connect_timeout: float = defaults.CONNECT_TIMEOUT
    poll: float = defaults.POLL
    settle: float = defaults.SETTLE
    keep_runs: float = defaults.KEEP_RUNS
    retry_after: float = defaults.RETRY_AFTER
    require_recovery_ready: bool = defaults.REQUIRE_RECOVERY_READY
    require_upload_proof: bool = defaults.REQUIRE_UPLOAD_PROOF
    inferred_checks: tuple[str, ...] = ()


INFERRED_CHECKS: Final[Mapping[str, str]] = {
    "readiness": "whether it can serve for cloud recovery",
    "deployment": "the stamp's deployment id",
    "end_time": "when it ended",
    "duration": "how long it took",
    "versions": "the stamp's and the OEM's version",
    "data_version": "the version of its data",
    "thumbprint": "the encryption certificate",
    "location": "the backup location",
    "automatic": "whether the scheduler started it",
    "trigger_time": "that it began and ended after its trigger was sent: `CreatedDateTime` is its end, and the clocks agree",
}
"""What rests on an inference, and so may be turned into a warning: that the sources of one look agree in it (no two of them
were ever seen side by side on a real stamp), or what the text says. Never the status, the roles, the id or the upload."""


class StorePlace(msgspec.Struct, frozen=True):
    r"""Where the stamp's backups are.

    Attributes:
        where: a folder of this machine, or `\\server\share\folder`.
        username, password: who reads a share; without a name, the Kerberos ticket of this user.
    """

    where: str
    username: str | None = None
    password: Secret | None = None


def is_unc(where: str) -> bool:
    r"""Return whether a store is named as a share: `\\server\share`, or with slashes."""
    return where.startswith(("\\\\", "//"))


def same_account(one: str | None, other: str | None) -> bool:
    r"""Return whether two names may be of the same account, as `CONTOSO\reader`, `reader@contoso.com` and `reader` may."""
    if one is None or other is None:
        return False
    (name, domain), (other_name, other_domain) = _account(one), _account(other)
    return name == other_name and (not domain or not other_domain or domain == other_domain)


def _account(name: str) -> tuple[str, str]:
    """Return the name and the first label of the domain."""
    domain, _, user = name.casefold().rpartition("\\")
    user, _, realm = user.partition("@")
    return user, (domain or realm).partition(".")[0]


class Target(msgspec.Struct, frozen=True):
    """One operator management host (or several that manage the same stamp) and its stamp.

    Attributes:
        endpoints: ways to the hosts, tried in turn until a trigger was sent. Empty for an emulated target, its host is
            made when it is connected to.
        location: the stamp's backup location (region).
        subscription: name or id of what the session's context must be before anything is triggered; None: the default
            provider subscription.
        expect_deployment_id: refuse any other stamp.
        emulated: True for `demo`; nothing real is backed up.
        options: the options that chose the target on the command line, such as `--config FILE -t redmond`; None: `-t NAME`.
        module: which module family of the host to use: `auto`, `az` or `azurerm`.
    """

    name: str
    endpoints: tuple[Endpoint, ...] = ()
    location: str | None = None
    subscription: str | None = None
    environment: str | None = None
    expect_deployment_id: str | None = None
    sign_in: SignIn | None = None
    policy: Policy = Policy()
    emulated: bool = False
    module: str = defaults.MODULE
    options: str | None = None

    @property
    def command(self) -> str:
        """How to call psbridge for this target again; verb and arguments are to follow."""
        return f"psbridge {self.options or f'-t {self.name}'}"
