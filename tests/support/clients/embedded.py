"""An in-memory psrpcore client of the embedded engine, and a stamp with fixed answers shaped as the recordings."""

from __future__ import annotations

import struct
import threading
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from psrpcore import ClientPowerShell, ClientRunspacePool, Command, PSRPPayload, StreamType
from psrpcore.types import PSRPMessageType, RemoteStreamOptions

from psbridge.emulator.clock import SystemClock
from psbridge.emulator.engines.embedded import EmbeddedEngine
from psbridge.emulator.stamp.api import HostProfile, RestResponse, SignInRefusal

SUBSCRIPTION = "05101DAF-F50D-4436-A2AC-495E5C4864C2"
PLACE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/system.redmond/providers/Microsoft.Backup.Admin/backupLocations"
HOST = "https://adminmanagement.redmond.example"
FIRST = "08b92613-837a-43cd-86b5-1212ef954384"
SECOND = "11111111-2222-4333-8444-555555555555"
RUNNING = "66666666-7777-4888-9999-aaaaaaaaaaaa"
THUMBPRINT = "21ABA35E8F2B1C0D9E8F7A6B5C4D3E2F10213243"


def backup(ident: str, **info: Any) -> dict[str, Any]:
    """Return a backup resource as recording get-azsbackup has it."""
    return {
        "id": f"{PLACE}/redmond/backups/{ident}",
        "name": f"redmond/{ident}",
        "type": "Microsoft.Backup.Admin/backupLocations/backups",
        "location": "redmond",
        "tags": {},
        "properties": {
            "backupInfo": {
                "backupDataVersion": "1.0.1",
                "backupId": ident,
                "roleStatus": [{"roleName": "NRP", "status": "Succeeded"}],
                "status": "Succeeded",
                "createdDateTime": "2020-03-04T12:22:18.7883083Z",
                "timeTakenToCreate": "PT6M35.345912S",
                "stampVersion": "1.2002.0.35",
                "oemVersion": "2.1.1907.1",
                "deploymentID": "78d7f8d8-5b05-4ff4-a6b6-53c8e7f65a61",
                "encryptionCertThumbprint": THUMBPRINT,
                "completelyUploaded": True,
                "isAutomaticBackup": False,
                "isCloudRecoveryReady": False,
                **info,
            }
        },
    }


def captured_backups() -> list[dict[str, Any]]:
    """Return the three backups of engine capture 7.6.9."""
    roles = [
        {"roleName": name, "status": status}
        for name, status in (("NRP", "Succeeded"), ("SRP", "Failed"), ("CRP", "Succeeded"))
    ]
    return [
        backup(FIRST),
        backup(
            SECOND,
            createdDateTime="2020-03-04T12:32:38Z",
            isCloudRecoveryReady=True,
            oemVersion=None,
            roleStatus=roles,
            status="PartialSucceeded",
            timeTakenToCreate="PT1H5M16.0586837S",
        ),
        backup(
            RUNNING,
            createdDateTime=None,
            encryptionCertThumbprint=None,
            isCloudRecoveryReady=None,
            roleStatus=None,
            status="Running",
            timeTakenToCreate=None,
        ),
    ]


SETTINGS = {
    "id": f"{PLACE}/redmond",
    "name": "redmond",
    "type": "Microsoft.Backup.Admin/backupLocations",
    "location": "redmond",
    "tags": {},
    "properties": {
        "externalStoreDefault": {
            "path": "\\\\su1fileserver.s11r1101.masd.stbtest.example\\SU1_Infrastructure_3",
            "userName": "azurestack\\azurestackadmin",
            "password": None,
            "encryptionCertBase64": None,
            "encryptionCertThumbprint": THUMBPRINT,
            "backupFrequencyInHours": 12,
            "availableCapacity": "1.00 TB",
            "isBackupSchedulerEnabled": False,
            "nextBackupTime": "2020-03-05T00:22:18.7883083Z",
            "lastBackupTime": None,
            "backupRetentionPeriodInDays": 7,
        }
    },
}


def refusal(status: int, code: str, message: str) -> RestResponse:
    """Return an ARM error."""
    return RestResponse(status, {"x-ms-request-id": "9e0f1a2b"}, {"error": {"code": code, "message": message}})


class NoPauses(SystemClock):
    """A clock on which every pause of a cmdlet is over at once.

    Attributes:
        paused: how long each was to be, in seconds.
    """

    def __init__(self) -> None:
        self.paused: list[float] = []

    def event(self) -> threading.Event:
        return _Paused(self.paused)


class EndlessPauses(SystemClock):
    """A clock on which no pause of a cmdlet ends by itself."""

    def event(self) -> threading.Event:
        return _Endless()


class _Endless(threading.Event):
    def wait(self, timeout: float | None = None) -> bool:
        return super().wait()


class _Paused(threading.Event):
    def __init__(self, paused: list[float]) -> None:
        super().__init__()
        self._paused = paused

    def wait(self, timeout: float | None = None) -> bool:
        if timeout is None:
            return super().wait()
        self._paused.append(timeout)
        return self.is_set()


@dataclass
class FakeStamp:
    """A stamp that answers from a list of backups; `polls` operations are 202 before the 200."""

    backups: list[dict[str, Any]] = field(default_factory=captured_backups)
    profile: HostProfile = field(default_factory=lambda: HostProfile(subscription_id=SUBSCRIPTION))
    polls: int = 2
    busy: bool = False
    calls: list[tuple[str, str]] = field(default_factory=list)
    secrets: list[tuple[str, str, str, str]] = field(default_factory=list)

    def rest(self, method: str, path: str, body: bytes | None = None, *, raw: bool = False) -> RestResponse:
        """Answer a call."""
        self.calls.append((method, path))
        place = urlsplit(path).path
        if place == f"/subscriptions/{SUBSCRIPTION}/locations":
            return RestResponse(200, {}, {"value": [{"name": "redmond"}]})
        if "busy" in place or self.busy:
            return refusal(409, "BackupConflictException", "Another backup is in progress.")
        if place.endswith("/createBackup") and method == "POST":
            return self._operation(202)
        if "/operationResults/" in place:
            self.polls -= 1
            return self._operation(202) if self.polls >= 0 else RestResponse(200, {}, self.backups[0])
        if place.endswith("/backups"):
            return RestResponse(200, {}, {"value": self.backups, "nextLink": None})
        if "/backups/" in place:
            found = [item for item in self.backups if item["id"].rpartition("/")[2] == place.rpartition("/")[2]]
            missing = refusal(404, "ResourceNotFound", "The backup was not found.")
            return RestResponse(200, {}, found[0]) if found else missing
        if place.endswith("/backupLocations/redmond"):
            return RestResponse(200, {}, SETTINGS)
        return refusal(404, "InvalidResourceType", "The resource type could not be found.")

    def _operation(self, status: int) -> RestResponse:
        target = f"{HOST}{PLACE}/redmond/operationResults/{FIRST}?api-version=2018-09-01"
        return RestResponse(status, {"Location": target, "Retry-After": "60"}, None)

    def sign_in(
        self, environment: str, tenant: str, application_id: str, secret: str | None, thumbprint: str | None = None
    ) -> str | SignInRefusal:
        """Take one secret, and one certificate."""
        self.secrets.append((environment, tenant, application_id, secret or str(thumbprint)))
        right = secret == "right 'secret' \U0001f511" or thumbprint == "A" * 40
        return application_id if right else SignInRefusal("authentication", "AADSTS7000215: Invalid client secret.")


@dataclass(frozen=True)
class Sent:
    """One message of the host: object id, type's name, pipeline, CLIXML."""

    object_id: int
    type: str
    pipeline_id: uuid.UUID | None
    data: str


class RecordingSink:
    """A Sink that puts the fragments together again."""

    def __init__(self) -> None:
        self.messages: list[Sent] = []
        self.chunks: list[tuple[uuid.UUID | None, bytes]] = []
        self.finished: list[uuid.UUID] = []
        self._parts: dict[int, bytes] = {}
        self.changed = threading.Condition()

    def data(self, command_id: uuid.UUID | None, fragments: bytes) -> None:
        with self.changed:
            self.chunks.append((command_id, fragments))
            self.messages += self.unpack(fragments)
            self.changed.notify_all()

    def unpack(self, fragments: bytes) -> list[Sent]:
        found = []
        while fragments:
            ident, _, flags, size = struct.unpack(">QQBI", fragments[:21])
            self._parts[ident] = self._parts.get(ident, b"") + fragments[21 : 21 + size]
            fragments = fragments[21 + size :]
            if flags & 2:
                whole = self._parts.pop(ident)
                pid = uuid.UUID(bytes_le=whole[24:40])
                kind = PSRPMessageType(struct.unpack("<I", whole[4:8])[0]).name
                text = whole[40:].decode("utf-8-sig")
                found.append(Sent(ident, kind, pid if pid.int else None, text))
        return found

    def done(self, command_id: uuid.UUID) -> None:
        with self.changed:
            self.finished.append(command_id)
            self.changed.notify_all()

    def wait_for_room(self, command_id: uuid.UUID) -> None:
        """Never full."""

    def died(self, reason: str) -> None:
        raise AssertionError(reason)


def cmdlet(name: str, *arguments: Any, **parameters: Any) -> Command:
    """Return a command of a pipeline."""
    command = Command(name)
    for value in arguments:
        command.add_parameter(None, value)
    return command.add_parameters(**parameters)


class Client:
    """A psrpcore client that talks to the engine without any transport."""

    def __init__(self, stamp: Any, configuration: str = "Microsoft.PowerShell", **options: Any) -> None:
        self.stamp = stamp
        self.sink = RecordingSink()
        self.pool = ClientRunspacePool()
        self.engine = EmbeddedEngine(stamp, **options)
        self.pool.open()
        opening = self.outgoing()
        self.runspace = self.engine.open(
            self.pool.runspace_pool_id, opening, self.sink, user="operator", configuration=configuration
        )
        self._fed = 0
        self.events()

    def outgoing(self) -> bytes:
        """Return what the client wants to send."""
        data = b""
        while payload := self.pool.data_to_send():
            data += payload.data
        return data

    def events(self) -> list[Any]:
        """Let the client read what came, and return its events."""
        found = []
        with self.sink.changed:
            fresh = self.sink.chunks[self._fed :]
            self._fed = len(self.sink.chunks)
        for command_id, data in fresh:
            self.pool.receive_data(PSRPPayload(data, StreamType.default, command_id))
            while (event := self.pool.next_event()) is not None:
                found.append(event)
        return found

    def start(
        self, *statements: Command | Sequence[Command], options: RemoteStreamOptions = RemoteStreamOptions.none
    ) -> uuid.UUID:
        """Start a pipeline and return its id."""
        shell = ClientPowerShell(self.pool, remote_stream_options=options)
        for statement in statements:
            commands = [statement] if isinstance(statement, Command) else list(statement)
            commands[-1].end_of_statement = True
            shell.metadata.commands += commands
        shell.start()
        self.runspace.command(shell.pipeline_id, self.outgoing())
        return shell.pipeline_id

    def finish(self, ident: uuid.UUID, timeout: float = 10) -> list[Sent]:
        """Wait for the end of a pipeline and return its messages."""
        with self.sink.changed:
            assert self.sink.changed.wait_for(lambda: ident in self.sink.finished, timeout), "the pipeline never ended"
            return [message for message in self.sink.messages if message.pipeline_id == ident]

    def run(self, *statements: Command | Sequence[Command], **options: Any) -> list[Sent]:
        """Run a pipeline and return its messages."""
        return self.finish(self.start(*statements, **options))

    def exchange_keys(self) -> None:
        """Exchange the session key."""
        self.pool.exchange_key()
        self.runspace.send(None, self.outgoing(), stream="stdin")
        self.events()
