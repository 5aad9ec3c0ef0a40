"""The emulated stamp itself: its REST API over a store, a scenario, a speed and a clock."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any
from uuid import UUID, uuid4

from psbridge.emulator.errors import EmulationError
from psbridge.emulator.stamp import actions, arm_error, reads, routes, ticks
from psbridge.emulator.stamp.api import HostProfile, RestResponse, SignInRefusal
from psbridge.emulator.stamp.arm_error import Refusal
from psbridge.emulator.stamp.lifecycle import StoredBackup, stored_backup
from psbridge.emulator.stamp.reads import POLL_EACH, POLL_SETTINGS_EACH, Asked, accepted
from psbridge.emulator.stamp.recording import recorded_state
from psbridge.emulator.stamp.records import State
from psbridge.emulator.stamp.resources import Identity
from psbridge.emulator.stamp.routes import ArmRequest
from psbridge.emulator.stamp.scenario import CONSUMPTION_SUBSCRIPTION, FORBIDDEN, HOST, METERING_SUBSCRIPTION, Scenario
from psbridge.emulator.stamp.scenarios import DEFAULT, SCENARIOS
from psbridge.emulator.stamp.share import Share
from psbridge.emulator.stamp.sign_in import Attempt, judged
from psbridge.emulator.stamp.store import MemoryStore, Store
from psbridge.emulator.stamp.world import World

APPLICATION_ID = "b7c9a1d4-62e8-4f53-9d0b-5e3a8c71f206"
CERTIFICATE = "3D9F0C61A7E24B85D0F7163C92AB4E58C1D60F2B"
_FASTEST = 100_000  # a day in less than a second
_CHANGES = {"start_backup", "change_settings", "prune", "restore", "close_alert"}
_COUNTED = ("triggers", "refused", "settings", "prunes", "restores", "sign_ins", "sign_ins_refused")


def utc_now() -> datetime:
    """Return this machine's wall-clock time."""
    return datetime.now(UTC)


def new_secret() -> str:
    """Return a random secret."""
    return secrets.token_urlsafe(18)


@dataclass(frozen=True, slots=True)
class ServicePrincipal:
    """The one application that may sign in to the stamp. Its secret is random unless it is given.

    Attributes:
        thumbprint: of its certificate, which is in the host's store.
    """

    application_id: str = APPLICATION_ID
    secret: str = field(default_factory=new_secret, repr=False)
    thumbprint: str = CERTIFICATE


class Stamp:
    """An emulated stamp; a `StampApi`. Safe to use from several threads.

    Args:
        scenario: its scenario, or the name of one in `SCENARIOS`.
        speed: speed-up factor for the stamp's clock; at 120 a backup of 20 minutes takes 10 seconds. History keeps
            its place on the calendar, retention its days.
        store: where its state is; by default in memory.
        now: the wall clock, aware.

    Raises:
        KeyError: there is no scenario of that name.
        EmulationError: the speed is not above 0, or too high.
        OSError: the store can't be read or written.
    """

    def __init__(
        self,
        scenario: Scenario | str = DEFAULT,
        speed: float = 1.0,
        store: Store | None = None,
        now: Callable[[], datetime] = utc_now,
        *,
        principal: ServicePrincipal | None = None,
        identity: Identity | None = None,
        new_id: Callable[[], UUID] = uuid4,
    ) -> None:
        if not 0 < speed <= _FASTEST:
            raise EmulationError("speed", f"speed: expected a number above 0, at most {_FASTEST:,}")
        self.scenario = SCENARIOS[scenario] if isinstance(scenario, str) else scenario
        self.principal = principal or ServicePrincipal()
        self.profile: HostProfile = self.scenario.host
        self._world = World(self.scenario, speed, identity or _identity(self.scenario))
        self._store: Store = store or MemoryStore()
        self._now = now
        self._new_id = new_id
        self._asked_faults = 0
        self._share: Share | None = None
        self._store.update(lambda state: (actions.opened(state, self._world, self._moment()), None))

    @classmethod
    def from_recording(
        cls,
        backups: Iterable[Mapping[str, Any]],
        settings: Mapping[str, Any] | None = None,
        *,
        scenario: Scenario | str = "history-empty",
        speed: float = 1.0,
        now: Callable[[], datetime] = utc_now,
        principal: ServicePrincipal | None = None,
        new_id: Callable[[], UUID] = uuid4,
    ) -> Stamp:
        """Return a stamp in memory that has exactly these backups and settings, each value as it was recorded.

        Without settings it has the emulator's own. The scenario applies to backups that are triggered from now on; it should
        have no history. The rest is as for the class.

        Raises:
            KeyError, ValueError: one of them is not such a resource.
        """
        chosen, known = SCENARIOS[scenario] if isinstance(scenario, str) else scenario, list(backups)
        state, identity = recorded_state(known, settings, ticks.of(now()))
        if not known:
            identity = replace(identity, stamp_version=chosen.stamp_version)
        stamp = cls(chosen, speed, MemoryStore(state), now, principal=principal, identity=identity, new_id=new_id)
        if stamp.profile.subscription_id == HOST.subscription_id:
            stamp.profile = replace(stamp.profile, subscription_id=identity.subscription)
        return stamp

    @property
    def location(self) -> str:
        """The name of the backup location."""
        return self._world.identity.location

    @property
    def speed(self) -> float:
        """The speed-up factor for the stamp's clock."""
        return self._world.speed

    def backups(self) -> list[StoredBackup]:
        """Return every backup there is now, the oldest first; also those that it does not list."""
        now = self._moment()
        found = [stored_backup(record, now) for record in self._world.backups(self._store.read(), now)]
        return sorted(found, key=lambda backup: backup.started)

    def attach(self, share: Share) -> None:
        """Write to a share from now on; without one, what it holds is not emulated."""
        self._share = share

    def inside(self) -> tuple[World, State, int]:
        """Return the stamp without its memory, its memory, and the time in ticks: for what writes its share."""
        return self._world, self._store.read(), self._moment()

    def counts(self) -> dict[str, int]:
        """Return how often the stamp was asked for something: `triggers` that it took, `refused` ones, `settings`.

        Also `prunes`, `restores`, `sign_ins`, `sign_ins_refused`. Nothing that only reads is counted.
        """
        return {**dict.fromkeys(_COUNTED, 0), **self._store.read().counts}

    def faults_due(self) -> list[str]:
        """Return the rules of the scenario's `fault` events that became due since the last call."""
        now = self._moment()
        since, self._asked_faults = self._asked_faults, now
        events = self._world.timeline(self._store.read()).between(since, now)
        return [each.value for each in events if each.what == "fault"]

    def sign_in(
        self,
        environment: str,
        tenant: str,
        application_id: str,
        secret: str | None,
        thumbprint: str | None = None,
    ) -> str | SignInRefusal:
        """Check a service principal; return the account's name, or why it is refused.

        A tenant may be given by its id or by any domain name: the stamp's directory, which would know, is not emulated.
        The environment's name is not checked.
        """
        attempt, known = Attempt(environment, tenant, application_id, secret, thumbprint), self.principal
        refusal = judged(attempt, self.profile, known.application_id, known.secret, known.thumbprint)
        if refusal is None or refusal.asked:
            what = "sign_ins" if refusal is None else "sign_ins_refused"
            self._store.update(lambda state: (actions.counted(state, what), None))
        return known.application_id if refusal is None else refusal

    def rest(self, method: str, path: str, body: bytes | None = None, *, raw: bool = False) -> RestResponse:
        """Answer one ARM call; never raises. `raw`: it is Invoke-AzRestMethod that asks."""
        if self._share is not None:
            self._share.refresh()
        now = self._moment()
        try:
            answer = self._answer(routes.parse(method, path), now, body, raw=raw)
        except Refusal as refusal:
            answer = RestResponse(refusal.status, {}, refusal.body())
        except OSError:
            answer = RestResponse(arm_error.STATE_UNAVAILABLE.status, {}, arm_error.STATE_UNAVAILABLE.body())
        common = {
            "Date": format_datetime(ticks.as_datetime(now), usegmt=True),
            "x-ms-request-id": str(uuid4()),
        }
        return RestResponse(answer.status, {**common, **answer.headers}, answer.body)

    def now(self) -> datetime:
        """Return the stamp's time, which may differ from this machine's."""
        return self._now()

    def _moment(self) -> int:
        return ticks.of(self._now())

    def _answer(self, request: ArmRequest, now: int, body: bytes | None, *, raw: bool = False) -> RestResponse:
        if self._world.timeline(self._store.read()).sign_in.at(now) == "expires":
            raise arm_error.EXPIRED
        if "subscription" in request.names:
            self._check_place(request.names)
        if any(request.name in FORBIDDEN[what] for what in self.scenario.forbidden):
            raise arm_error.FORBIDDEN
        if request.name in _CHANGES:
            return self._change(request, now, body)
        state = self._store.read()
        tenant = self.profile.tenant
        return reads.answer(Asked(request, self._world, state, now, self._subscriptions(), tenant, self._manager, raw))

    @property
    def _manager(self) -> str:
        return self.profile.resource_manager_url.rstrip("/")

    def _check_place(self, names: Mapping[str, str]) -> None:
        """Refuse a subscription, resource group or location that is not the stamp's."""
        identity = self._world.identity
        subscription = names["subscription"].lower()
        if subscription not in {each.lower() for each, _ in self._subscriptions()}:
            raise arm_error.no_subscription(names["subscription"])
        if "group" not in names:
            return
        location = names.get("location", identity.location)
        groups = {f"system.{each}".lower() for each in (identity.location, location)}
        if subscription != identity.subscription.lower() or names["group"].lower() not in groups:
            raise arm_error.no_resource_group(names["group"])
        if location.lower() != identity.location.lower():
            raise arm_error.no_location(names["provider"], names["kind"], location, names["group"])

    def _strays(self, request: ArmRequest) -> Sequence[str] | None:
        """Return the files in the share that a prune finds; None: it is not written."""
        return self._share.strays() if self._share is not None and request.name == "prune" else None

    def _delete(self, strays: Sequence[str] | None, operation: str) -> None:
        """Delete files in the share, unless the prune was a dry run."""
        really = any(each.id == operation and not each.dry_run for each in self._store.read().operations)
        if self._share is not None and strays and really:
            self._share.prune(strays)

    def _known_before(self, started: str, now: int) -> str:
        """Return the id of the newest backup before a given one; without any, the given one's."""
        others = [each for each in self._world.backups(self._store.read(), now) if each.id != started]
        return max(others, key=lambda each: each.start).id if others else started

    def _subscriptions(self) -> tuple[tuple[str, str], ...]:
        return (
            (self._world.identity.subscription, HOST.subscription_name),
            (METERING_SUBSCRIPTION, "Metering Subscription"),
            (CONSUMPTION_SUBSCRIPTION, "Consumption Subscription"),
        )

    def _change(self, request: ArmRequest, now: int, body: bytes | None) -> RestResponse:
        world, new_id, strays = self._world, str(self._new_id()), self._strays(request)

        def change(state: State) -> tuple[State, str | Refusal]:
            return _changed(state, world, new_id, now, request, body, strays)

        answer = self._store.update(change)
        if request.name == "start_backup" and self.scenario.trigger_repeated and not isinstance(answer, Refusal):
            answer = self._store.update(change)
        if isinstance(answer, Refusal):
            raise answer
        self._delete(strays, answer)
        if request.name == "close_alert":
            return self._answer(replace(request, name="alert"), now, None)
        if request.name == "start_backup" and self.scenario.stale_answer:
            answer = self._known_before(answer, now)
        each = POLL_SETTINGS_EACH if request.name == "change_settings" else POLL_EACH
        version = request.query["api-version"]
        return accepted(self._world, self._manager, version, answer, each, has_async=request.name == "prune")


def _changed(
    state: State,
    world: World,
    new_id: str,
    now: int,
    request: ArmRequest,
    body: bytes | None,
    strays: Sequence[str] | None,
) -> tuple[State, str | Refusal]:
    """Return the state after a request that changes it, and the id of the operation, or why it is refused."""
    match request.name:
        case "start_backup":
            return actions.start_backup(state, world, new_id, now)
        case "change_settings":
            return actions.change_settings(state, world, new_id, now, body)
        case "prune":
            return actions.prune(state, world, new_id, now, body, strays=strays)
        case "restore":
            return actions.restore(state, world, new_id, now, body, backup=request.names["name"])
        case _:
            return actions.close_alert(state, world, request.names["name"], now, body, user=request.query.get("user"))


def _identity(scenario: Scenario) -> Identity:
    """Return the stamp's identity."""
    return Identity(HOST.subscription_id, stamp_version=scenario.stamp_version)
