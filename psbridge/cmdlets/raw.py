"""`Invoke-AzRestMethod`: the raw JSON, which shows what the module's objects drop (recording get-azsbackup)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar

import msgspec

from psbridge.bounded_json import MOST_VALUES, Pairs, count_values, loads
from psbridge.clock import Tick, no_tick
from psbridge.cmdlets.decode import JsonObject, Reader, text_of, twice_of
from psbridge.cmdlets.paths import API_VERSION, PROVIDER, backup_service, next_page, resource_group
from psbridge.errors import Unknown
from psbridge.models.backup import Backup, Phase, Role, backup_id, phase_of
from psbridge.models.observation import Source, Witness
from psbridge.models.text import ascii_lower
from psbridge.powershell.pipeline import Command, Pipeline
from psbridge.powershell.result import PSObject, Result, Value
from psbridge.values import replace

T = TypeVar("T")

INVOKE: Final = "Invoke-AzRestMethod"
_LARGEST_BODY = 4 << 20


def get(path: str) -> Command:
    """Return `Invoke-AzRestMethod -Path … -Method GET`."""
    return Command.of(INVOKE, {"Path": path, "Method": "GET"})


def list_command(location: str) -> Command:
    """Return the call for a location's backups by parameters: the path's subscription is the context's then.

    So nothing need be read before it. The parameters are as old as the cmdlet (Az.Accounts 1.9).
    """
    return Command.of(
        INVOKE,
        {
            "ResourceGroupName": resource_group(location),
            "ResourceProviderName": PROVIDER,
            "ResourceType": ("backupLocations", "backups"),
            "Name": (location,),
            "ApiVersion": API_VERSION,
            "Method": "GET",
        },
    )


class RawAnswer(msgspec.Struct, frozen=True):
    """One answer: an HTTP error status is returned in the object, not raised.

    Attributes:
        twice: what the object itself gives twice in different ways.
    """

    status: int
    body: Any
    twice: tuple[str, ...] = ()


def read_answers(output: Sequence[Value], pairs: Pairs | None = JsonObject) -> list[RawAnswer]:
    """Return the answers in an output, in order; a body that is not JSON, or is too large, is None.

    `pairs`: makes the bodies' objects; None for plain dictionaries, which have the last of a key that is given twice.
    """
    answers = []
    left = MOST_VALUES  # of all bodies together
    for value in output:
        if isinstance(value, PSObject) and value.has("StatusCode") and value.has("Content"):
            status = Reader(value, "Invoke-AzRestMethod").integer("StatusCode")
            content = value.get("Content")
            answers.append(RawAnswer(status or 0, _json(content, left, pairs), twice_of(value)))
            left -= count_values(content) if isinstance(content, str) else 0
    return answers


def _json(content: Value, most: int, pairs: Pairs | None) -> Any:
    if not isinstance(content, str) or not content or len(content) > _LARGEST_BODY:
        return None
    try:
        return loads(content, most=most, pairs=pairs)
    except ValueError:
        return None


def read_raw_witness(source: Source, answer: RawAnswer, asked: str) -> Witness | None:
    """Return what an answer says of a backup, whichever it is about; None if it says nothing of one.

    A value that can't be read is listed in `twice`, because it contradicts the format of such an answer.

    `asked`: the requested id; an answer without an id is about this backup.
    """
    info = value_at(answer.body, "properties", "backupInfo")
    if answer.status != 200 or info is None:
        return None
    name, resource_id = (text_of(value_at(answer.body, key)) or None for key in ("name", "id"))
    told = (name, resource_id, text_of(value_at(info, "backupId")) or None)
    ids = list(dict.fromkeys(id for id in map(_id_in, told) if id))
    odd = [f"id: {text}, which is not a GUID" for text in told if text and _id_in(text) is None]
    odd += [f"id: {', '.join(sorted(ids))}"] if len(ids) > 1 else []
    at = _Noting(info if isinstance(info, Mapping) else {}, "backupInfo")
    if not isinstance(info, Mapping):
        at.unread.append("backupInfo: not an object")
    backup = _backup(answer.body, at, next(iter(ids), asked))
    backup = replace(backup, name=name if _id_in(name) == backup.id else None)
    roles = at.raw("roleStatus")
    parts = (answer.body, value_at(answer.body, "properties"), info, *(roles if isinstance(roles, list) else ()))
    twice = (*answer.twice, *(text for part in parts for text in twice_of(part)), *_worse(answer.body, backup.status))
    return Witness(source, backup, (*twice, *odd, *at.unread))


def read_operation_status(answer: RawAnswer) -> str | None:
    """Return the word of an answer that holds an operation's status and no backup, as stamps of 2021-09-01 give it."""
    if answer.status != 200 or value_at(answer.body, "properties", "backupInfo") is not None:
        return None
    return text_of(value_at(answer.body, "status")) or None


_BAD: Final = frozenset({"failed", "canceled", "cancelled"})
"""ARM's words for an operation that did not end well."""


def ended_badly(word: str | None) -> bool:
    """Return whether a word of an operation, or of ARM's, says that it did not end well."""
    return ascii_lower(word or "") in _BAD


def _worse(body: Any, status: str | None) -> Iterator[str]:
    """Yield what the resource says of a backup that succeeded by its own status, and not of others: they may share a word."""
    if phase_of(status) is not Phase.SUCCEEDED:
        return
    for word in (
        value_at(body, "status"),
        value_at(body, "properties", "status"),
        value_at(body, "properties", "provisioningState"),
    ):
        if ended_badly(text_of(word)):
            yield f"status: {status}, {text_of(word)}"


class _Noting(Reader):
    """A reader that notes what can't be read, and continues."""

    def __init__(self, source: Mapping[str, Value], what: str) -> None:
        super().__init__(source, what)
        self.unread: list[str] = []

    def of(self, name: str, read: Callable[[Value], T | None]) -> T | None:
        """Return what a reader makes of a property; None if it can't be read."""
        try:
            return super().of(name, read)
        except Unknown as unread:
            self.unread.append(unread.message)
            return None


def _id_in(value: Any) -> str | None:
    try:
        return backup_id(text_of(value) or "")
    except ValueError:
        return None


def read_raw_backup(body: Any) -> Backup | None:
    """Return the backup in a raw body, None if it holds none with an id.

    Raises:
        psbridge.errors.Unknown: a value in it can't be read.
    """
    info = value_at(body, "properties", "backupInfo")
    name, resource_id = (text_of(value_at(body, key)) or None for key in ("name", "id"))
    id_ = _id_in(name or resource_id)
    if id_ is None or not isinstance(info, Mapping):
        return None
    return _backup(body, Reader(info, "backupInfo"), id_)


def _backup(body: Any, at: Reader, id: str) -> Backup:
    return Backup(
        id=id,
        name=text_of(value_at(body, "name")) or None,
        location=text_of(value_at(body, "location")) or None,
        status=at.text("status"),
        roles=at.of("roleStatus", _roles),
        completed_at=at.instant("createdDateTime"),
        duration=at.span("timeTakenToCreate"),
        stamp_version=at.text("stampVersion"),
        oem_version=at.text("oemVersion"),
        deployment_id=at.text("deploymentID"),
        encryption_cert_thumbprint=at.text("encryptionCertThumbprint"),
        is_cloud_recovery_ready=at.flag("isCloudRecoveryReady"),
        completely_uploaded=at.flag("completelyUploaded"),
        is_automatic=at.flag("isAutomaticBackup"),
        data_version=at.text("backupDataVersion"),
        resource_id=text_of(value_at(body, "id")) or None,
    )


def _roles(value: Any) -> tuple[Role, ...] | None:
    if value is None:
        return None
    if not isinstance(value, list):
        raise ValueError("not a list")  # noqa: TRY004 - the reader reports values, not types
    return tuple(Role(text_of(value_at(it, "roleName")) or "", text_of(value_at(it, "status")) or "") for it in value)


def value_at(value: Any, *keys: str) -> Any:
    """Return the value below keys, ignoring ASCII case only, as .NET and PowerShell do; None if there is none."""
    for key in keys:
        value = _below(value, key) if isinstance(value, Mapping) else None
    return value


def _below(value: Mapping[str, Any], key: str) -> Any:
    if key in value:
        return value[key]
    return next((it for name, it in value.items() if ascii_lower(name) == ascii_lower(key)), None)


class RawPage(msgspec.Struct, frozen=True):
    """One page of a list.

    Attributes:
        next: the path of the next one, for `get`; None on the last.
    """

    backups: tuple[Backup, ...]
    next: str | None = None

    def next_pipeline(self) -> Pipeline:
        """Return what asks for the next page."""
        return Pipeline.of(get(self.next or ""))


def read_page(output: Sequence[Value], location: str, tick: Tick = no_tick) -> RawPage | None:
    """Return the page of a location's backups in an output, None if it holds none that can be read."""
    answers = read_answers(output, pairs=None)
    listed = value_at(answers[0].body, "value") if len(answers) == 1 and answers[0].status == 200 else None
    if not isinstance(listed, list):
        return None
    backups = []
    try:
        for item in listed:
            tick()
            backups.append(read_raw_backup(item))
        following = next_page(value_at(answers[0].body, "nextLink") or None, location)
    except (Unknown, ValueError):
        return None
    return None if None in backups else RawPage(tuple(it for it in backups if it), following)


class ListRawBackups(msgspec.Struct, frozen=True):
    """All backups as raw JSON: says which are the scheduler's own (`isAutomaticBackup`)."""

    subscription: str
    location: str

    def pipeline(self) -> Pipeline:
        """Return what is sent."""
        return Pipeline.of(get(backup_service(self.subscription, self.location, "backups")))

    def parse(self, result: Result, tick: Tick = no_tick) -> tuple[Backup, ...] | None:
        """Return the backups, None if they could not be read."""
        page = read_page(result.output, self.location, tick)
        return page.backups if page is not None and page.next is None else None
