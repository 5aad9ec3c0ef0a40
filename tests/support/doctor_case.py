"""A case of the doctor: what is changed of a sound target, host, stamp or machine, and what a stage says of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from psbridge.clock import Deadline
from psbridge.emulator.emulation import Emulation
from psbridge.emulator.stamp.service import Stamp
from psbridge.errors import ExitCode
from tests.support.fakes.loopback import Loopback

SP = {"application_id": "b7c9a1d4-62e8-4f53-9d0b-5e3a8c71f206", "secret": {"env": "SP_SECRET"}}
SIGN_IN = {
    "environment": "AzureStackAdmin",
    "arm_endpoint": "https://adminmanagement.redmond.psbridge.example",
    "tenant": "contoso.onmicrosoft.com",
    "service_principal": SP,
}
"""Signs in to the emulated stamp, if the variable SP_SECRET has its secret."""


@dataclass
class Set:
    """What a case may change before the doctor is run.

    Attributes:
        folder: of the user: `config.yaml` and `state` are in it.
        running: the emulated host.
        env: the user's environment.
        asked: what is given to `diagnose`.
        forget: forgets what the host saw so far.
    """

    folder: Path
    network: Loopback
    running: Emulation
    patch: pytest.MonkeyPatch
    env: dict[str, str]
    asked: dict[str, Any]
    forget: Callable[[], None] = lambda: None

    @property
    def state(self) -> Path:
        return self.folder / "state"


Prepare = Callable[[Set], "AbstractContextManager[object] | None"]


@dataclass(frozen=True)
class Case:
    """A stage that is not ok.

    Attributes:
        stage: which.
        evidence: what it says, a part of its findings; `…` in it stands for anything.
        remedy: a part of the remedy.
        code: the exit code; None for a warning.
        keys: of the target, on top of those that lead to the host.
        scenario: keys of the scenario.
        faults: of the emulated host.
        prepare: done before; what it returns is left afterwards.
    """

    stage: str
    evidence: str
    remedy: str
    code: ExitCode | None = None
    keys: dict[str, Any] = field(default_factory=dict)
    scenario: dict[str, Any] = field(default_factory=dict)
    faults: tuple[str, ...] = ()
    prepare: Prepare = lambda _: None

    @property
    def state(self) -> str:
        """The state of the stage."""
        return "warn" if self.code is None else "fail"


def patched(target: str, value: Any) -> Prepare:
    """Return what replaces an attribute, named by its whole path."""
    return lambda made: made.patch.setattr(target, value)


def no_config(made: Set) -> None:
    (made.folder / "config.yaml").unlink()


def secret_file(name: str, text: str, mode: int = 0o600) -> Prepare:
    def write(made: Set) -> None:
        path = made.folder / name
        path.write_text(text, "utf-8")
        path.chmod(mode)

    return write


def state_in_a_file(made: Set) -> None:
    (made.folder / "file").touch()
    made.asked["state_dir"] = made.folder / "file" / "state"


def network_mount(made: Set) -> None:
    path = made.folder / "mountinfo"
    path.write_text(
        f"36 35 98:0 / / rw - ext4 /dev/sda1 rw\n37 36 0:44 / {made.folder} rw shared:1 - nfs4 nas:/home rw\n"
    )
    made.patch.setattr("psbridge.doctor.state_folder._MOUNTS", path)


@contextmanager
def locked(made: Set) -> Iterator[None]:
    from psbridge.journal.lock import TargetLock

    with TargetLock(made.state, "nyc").held(Deadline.after(made.network.clock, 0)):
        yield


def no_rc4(made: Set) -> None:
    def forbidden() -> None:
        raise ValueError("unsupported")

    from psbridge.remoting.winrm.errors import logins

    made.patch.setattr(logins, "_NEEDED", {**logins._NEEDED, "RC4": forbidden})


def ticket(**facts: Any) -> Prepare:
    def give(made: Set) -> None:
        from psbridge.remoting.winrm.tickets import Tickets

        made.patch.setattr(
            "psbridge.remoting.this_machine.kerberos_tickets",
            lambda: Tickets("CONTOSO.COM", "FILE:/tmp/krb5cc_1000", **facts),
        )

    return give


def no_ticket(made: Set) -> None:
    from psbridge.errors import ConfigError

    none = ConfigError("there is no Kerberos ticket on this machine", hint="Get a ticket with `kinit`.")
    ticket(problem=none)(made)


def failed_backup(made: Set) -> None:
    stamp = made.running.stamp
    path = (
        f"/subscriptions/{stamp.profile.subscription_id}/resourceGroups/system.redmond/providers/Microsoft.Backup.Admin"
        "/backupLocations/redmond/createBackup?api-version=2018-09-01"
    )
    assert stamp.rest("POST", path).status == 202
    made.network.clock.sleep(7200)


def own_backup(made: Set) -> None:
    """Start a backup by the library, as an earlier command did, and leave it running."""
    import psbridge

    config = made.folder / "config.yaml"
    with psbridge.connect(
        "nyc", config=config, state_dir=made.state, environ=made.env, clock=made.network.clock
    ) as stamp:
        stamp.backups.start()
    made.forget()


def stamp_ahead(made: Set) -> None:
    clock, real = made.network.clock, made.running.stamp
    stamp: Stamp = real
    made.patch.setattr(stamp, "_now", lambda: datetime.fromtimestamp(clock.now().timestamp() + 600, UTC))


def name_of(case: Case) -> str:
    """Return the id of a case in the list of tests."""
    return f"{case.stage}: {case.evidence}"


def entered(made: AbstractContextManager[object] | None) -> AbstractContextManager[object]:
    """Return what `Case.prepare` returned as something to enter."""
    return nullcontext() if made is None else made
