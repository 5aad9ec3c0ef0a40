"""An emulated operator host with its stamp, put together from scenario, engine and logins."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from psbridge.emulator.auth.barred import Barred
from psbridge.emulator.clock import SYSTEM, Clock
from psbridge.emulator.engine import Engine
from psbridge.emulator.engines.dialect import CONFIGURATIONS
from psbridge.emulator.errors import EmulationError
from psbridge.emulator.host import OperatorHost
from psbridge.emulator.http.server import Listen, TcpListener
from psbridge.emulator.stamp.scenario_file import open_stamp
from psbridge.emulator.stamp.scenarios import DEFAULT
from psbridge.emulator.stamp.service import Stamp
from psbridge.emulator.stamp.store import FileStore, MemoryStore
from psbridge.emulator.tls.server import TlsFault, TlsFiles, TlsLegacy

if TYPE_CHECKING:
    from psbridge.emulator.store.keeper import Keeper

ENGINES = ("auto", "embedded", "pwsh")
USERNAME = "AZSTACK\\backup-operator"


def _silent(_: str) -> None:
    pass


def default_user(auth: Sequence[str] | None, keytab: Path | None) -> str:
    """Return the default user: with Kerberos, one of the keytab's realm.

    Raises:
        EmulationError: the keytab can't be used.
        psbridge.emulator.auth.contexts.keytab.NoKerberos: the packages for it are missing.
    """
    if keytab is None or "kerberos" not in (auth or ()):
        return USERNAME
    from psbridge.emulator.auth.contexts.keytab import Keytab

    return f"{USERNAME.rpartition(chr(92))[2]}@{Keytab(keytab).realm}"


def new_password() -> str:
    """Return a new random password."""
    return secrets.token_urlsafe(15)


@dataclass(frozen=True, slots=True)
class Emulating:
    """The options of an emulation.

    Attributes:
        scenario: what happens on the stamp: a name, or the path of a scenario file.
        speed: speed-up factor for the stamp's clock.
        engine: `embedded`, `pwsh`, or `auto` (pwsh if it is on PATH).
        folder: where the stamp keeps its state; None: in memory.
        store: the folder that stands for the backup share; None: what backups leave there is not emulated.
        key_password: of the file with the key that opens what is in the share.
        stamp: a stamp to use instead of one made from the four above.
        users: password by name; by default one user with a random password.
        barred, auth, keytab, channel_binding, tls, client_ca, late_certificate, basic_charset, max_idle, bind, port, faults,
        allow_unencrypted: as for `OperatorHost`.
        full_language: allow signed-in users the full PowerShell language (pwsh engine only).
        log: called with one line per request.
        clock: the clock of stamp and host.
        listen: where the host's connections come from.
    """

    scenario: str = DEFAULT
    speed: float = 1.0
    engine: str = "embedded"
    folder: Path | None = None
    store: Path | None = None
    key_password: str = field(default_factory=new_password, repr=False)
    stamp: Stamp | None = None
    users: Mapping[str, str] = field(default_factory=lambda: {USERNAME: new_password()}, repr=False)
    barred: Mapping[str, Barred] = field(default_factory=dict)
    auth: Sequence[str] | None = None
    keytab: Path | None = None
    channel_binding: str = "relaxed"
    tls: bool | TlsFault | TlsLegacy | TlsFiles = False
    client_ca: Path | None = None
    late_certificate: bool = False
    basic_charset: str = "any"
    max_idle: float | None = None
    bind: str = "127.0.0.1"
    port: int = 0
    faults: Sequence[str] = ()
    allow_unencrypted: bool = False
    full_language: bool = False
    log: Callable[[str], None] = _silent
    clock: Clock = SYSTEM
    listen: Listen = TcpListener


@dataclass(frozen=True, slots=True)
class Emulation:
    """A running emulation; its engine is `embedded` or `pwsh`. `share` is None without a store."""

    host: OperatorHost
    stamp: Stamp
    engine: str
    share: Keeper | None = None


@contextmanager
def emulation(what: Emulating) -> Iterator[Emulation]:
    """Run an emulated operator host for the body.

    Raises:
        EmulationError: an option is invalid; the message says why.
        FileNotFoundError: the pwsh engine is requested and `pwsh` is not on PATH.
        OSError: the port or the state folder can't be used.
    """
    chosen = _engine_name(what)
    stamp = what.stamp
    if stamp is None:
        store = FileStore(what.folder) if what.folder else MemoryStore()
        stamp = open_stamp(what.scenario, what.speed, store, what.clock.now)
    with ExitStack() as stack:
        share = stack.enter_context(_share(what.store, stamp, what)) if what.store else None
        engine = _pwsh(stack, stamp, what) if chosen == "pwsh" else _embedded(stamp, what.clock)
        host = stack.enter_context(_host(engine, stamp, what))
        if any(event.what == "fault" for event in stamp.scenario.events):
            host.faults.watch(stamp.faults_due)
        yield Emulation(host, stamp, chosen, share)


@contextmanager
def _share(folder: Path, stamp: Stamp, what: Emulating) -> Iterator[Keeper]:
    from psbridge.emulator.store.keeper import Keeper, keeping

    # A stamp in memory has forgotten the backups of an earlier run, so nothing of that may remain.
    keeper = Keeper(folder, stamp, what.key_password, what.log, afresh=what.folder is None)
    with keeping(keeper, stamp, what.clock):
        yield keeper


def _engine_name(what: Emulating) -> str:
    if what.engine not in ENGINES:
        raise EmulationError("engine", f"unknown engine: {what.engine}; expected one of {', '.join(ENGINES)}")
    if what.full_language and what.bind not in {"127.0.0.1", "::1", "localhost"}:
        raise EmulationError("full_language", "the full language is allowed on the loopback only")
    chosen = what.engine
    if chosen == "auto":
        chosen = "pwsh" if shutil.which("pwsh") else "embedded"
    if what.full_language and chosen != "pwsh":
        raise EmulationError(
            "full_language", "the full language needs the pwsh engine; the embedded engine runs no scripts"
        )
    return chosen


def _host(engine: Engine, stamp: Stamp, what: Emulating) -> OperatorHost:
    ahead = timedelta(seconds=stamp.profile.clock_ahead)
    return OperatorHost(
        engine,
        users=what.users,
        barred=what.barred,
        auth=what.auth,
        keytab=what.keytab,
        channel_binding=what.channel_binding,
        tls=what.tls,
        client_ca=what.client_ca,
        late_certificate=what.late_certificate,
        basic_charset=what.basic_charset,
        max_idle=what.max_idle,
        bind=what.bind,
        port=what.port,
        faults=(*what.faults, *stamp.scenario.faults),
        allow_unencrypted=what.allow_unencrypted,
        now=lambda: stamp.now() + ahead,  # the host keeps the time of the domain that the stamp keeps
        log=what.log,
        clock=what.clock,
        listen=what.listen,
        configuration_names=CONFIGURATIONS,
    )


def _embedded(stamp: Stamp, clock: Clock) -> Engine:
    from psbridge.emulator.engines.embedded import EmbeddedEngine

    return EmbeddedEngine(stamp, clock=clock)


def _pwsh(stack: ExitStack, stamp: Stamp, what: Emulating) -> Engine:
    from psbridge.emulator.engines.pwsh import PwshEngine
    from psbridge.emulator.stamp.rest_server import RestServer

    rest = stack.enter_context(RestServer(stamp))
    return PwshEngine(
        rest_url=rest.url,
        rest_token=rest.token,
        profile=stamp.profile,
        language="FullLanguage" if what.full_language else "NoLanguage",
    )
