"""Shared by the generated code of Azure Stack Hub's Az modules: places, calls, pages, operations, errors."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec

from psbridge.emulator.engines.embedded.cmdlets import az_errors
from psbridge.emulator.engines.embedded.cmdlets.azs_objects import call_target
from psbridge.emulator.engines.embedded.command_runtime import CommandRuntime, Run
from psbridge.emulator.engines.embedded.error_record import ErrorRecord
from psbridge.emulator.engines.embedded.values import Net, Value
from psbridge.emulator.stamp.api import RestResponse

_LOCATIONS_VERSION = "api-version=2016-06-01"  # what Get-AzLocation asks with
_IN_PROGRESS = {"accepted", "running", "inprogress", "creating", "updating"}
_DEFAULT_DELAY = 30.0  # seconds, where the answer names none


class Refused(Exception):
    """The cmdlet writes this error and goes no further."""

    def __init__(self, record: ErrorRecord) -> None:
        super().__init__(record.message)
        self.record = record


def ending(run: Callable[[CommandRuntime], Iterator[Value]]) -> Run:
    """Wrap a cmdlet that `Refused` ends: its record is a non-terminating error."""

    def wrapped(runtime: CommandRuntime, _source: Iterator[Value]) -> Iterator[Value]:
        try:
            yield from run(runtime)
        except Refused as refused:
            runtime.error(refused.record)

    return wrapped


def reporting(run: Callable[[CommandRuntime], Iterator[Value]]) -> Run:
    """Wrap a cmdlet: no context and an answer of Azure Stack that is an error are non-terminating errors."""

    def checked(runtime: CommandRuntime) -> Iterator[Value]:
        lacking = az_errors.signed_out(runtime.cmdlet, runtime.session.sign_in)
        if lacking is not None:
            raise Refused(lacking)
        yield from run(runtime)

    return ending(checked)


def ask(runtime: CommandRuntime, method: str, path: str, target: Net, payload: bytes | None = None) -> RestResponse:
    """Make a call; an error answer ends the cmdlet with an error record for `target`."""
    runtime.check_stop()
    answer = runtime.session.rest(method, path, payload)
    if answer.status < 400:
        return answer
    body = answer.body if isinstance(answer.body, dict) else {}
    found = body.get("error")
    detail = found if isinstance(found, dict) else body
    word = az_errors.status_word(answer.status)
    side = "Request" if answer.status < 500 else "Server"
    raise Refused(
        az_errors.rest_failed(
            runtime.cmdlet,
            answer.status,
            "" if answer.body is None else json.dumps(answer.body, ensure_ascii=False, separators=(",", ":")),
            str(detail.get("code") or word),
            str(detail.get("message") or f"The server responded with a {side} Error, Status: {word}"),
            header(answer, "x-ms-request-id") or "",
            target,
        )
    )


def header(answer: RestResponse, name: str) -> str | None:
    """Return a header, ignoring the case of its name."""
    return next((value for key, value in answer.headers.items() if key.casefold() == name.casefold()), None)


def subscriptions(runtime: CommandRuntime) -> list[str]:
    """Return -SubscriptionId, else the subscription of the session's context."""
    given: list[str] = runtime.arguments.values.get("SubscriptionId") or []
    assert runtime.session.sign_in is not None  # noqa: S101 - `reporting` saw to it
    return given or [runtime.session.sign_in.subscription_id]


def location(runtime: CommandRuntime, subscription: str) -> str:
    """Return -Location, else the stamp's first location, as the module's default (Get-AzLocation)[0] does."""
    given = runtime.arguments.text("Location")
    if given:
        return given
    path = f"/subscriptions/{quote(subscription, safe='')}/locations?{_LOCATIONS_VERSION}"
    body = ask(runtime, "GET", path, call_target(1, {"Location": ""})).body
    names = [str(item["name"]) for item in body.get("value", ()) if item.get("name")] if isinstance(body, dict) else []
    return names[0] if names else ""


BACKUP_LOCATIONS = "Microsoft.Backup.Admin/backupLocations"


def place(runtime: CommandRuntime, subscription: str, location: str, kind: str = BACKUP_LOCATIONS) -> str:
    """Return the path of a location's resource; `kind` is its provider and type."""
    parts = [quote(part, safe="") for part in (subscription, group_of(runtime, location))]
    return "/subscriptions/{}/resourceGroups/{}/providers/{}/{}".format(*parts, kind, quote(location, safe=""))


def group_of(runtime: CommandRuntime, location: str) -> str:
    """Return -ResourceGroupName, else the resource group of a location."""
    return runtime.arguments.text("ResourceGroupName") or f"system.{location}"


def page(runtime: CommandRuntime) -> str:
    """Return -Top and -Skip as a query's end."""
    asked = {"$top": runtime.arguments.text("Top"), "$skip": runtime.arguments.text("Skip")}
    return "".join(f"&{name}={quote(value, safe='')}" for name, value in asked.items() if value)


def each_of(
    runtime: CommandRuntime, path: str, target: Net, make: Callable[[Mapping[str, Any]], Net]
) -> Iterator[Value]:
    """Yield the objects of all pages."""
    following: str | None = path
    while following:
        body = ask(runtime, "GET", following, target).body
        if not isinstance(body, dict):
            return
        yield from (make(item) for item in body.get("value", ()))
        following = path_of(body["nextLink"]) if body.get("nextLink") else None


def path_of(url: str) -> str:
    """Return an URL's path and query."""
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def wait(runtime: CommandRuntime, answer: RestResponse, target: Net) -> RestResponse:
    """Poll the operation until it is no longer 202, at the interval of the answers."""
    operation = operation_of(answer)
    while answer.status == 202 and operation:
        runtime.wait(delay_of(answer))
        answer = ask(runtime, "GET", path_of(operation), target)
        operation = operation_of(answer) or operation
    return answer


def result(runtime: CommandRuntime, answer: RestResponse, target: Net) -> RestResponse:
    """Poll an operation by its `Azure-AsyncOperation`, which shows it by a status; return what its `Location` then gives."""
    followed, final = header(answer, "Azure-AsyncOperation"), header(answer, "Location")
    if not followed or not final:
        return wait(runtime, answer, target)
    while True:
        runtime.wait(delay_of(answer))
        answer = ask(runtime, "GET", path_of(followed), target)
        if str(body_of(answer).get("status", "")).casefold() not in _IN_PROGRESS:
            return ask(runtime, "GET", path_of(final), target)


def operation_of(answer: RestResponse) -> str | None:
    """Return where an operation that was started can be followed."""
    return header(answer, "Azure-AsyncOperation") or header(answer, "Location")


def delay_of(answer: RestResponse) -> float:
    """Return the seconds until the next poll, from an answer's Retry-After."""
    try:
        return max(0.0, float(header(answer, "Retry-After") or _DEFAULT_DELAY))
    except ValueError:
        return _DEFAULT_DELAY


def body_of(answer: RestResponse) -> Mapping[str, Any]:
    """Return an answer's JSON object, an empty one if it has none."""
    return answer.body if isinstance(answer.body, dict) else {}


class Resources(msgspec.Struct, frozen=True):
    """The resources of one type in a location.

    Attributes:
        parent: the provider and type of the location.
        type: their own type, the end of their path.
        told: the part of an error's target that describes the call.
    """

    parent: str
    type: str
    version: str
    make: Callable[[Mapping[str, Any]], Net]
    told: tuple[str, ...] = ("SubscriptionId", "ResourceGroupName", "Location")


def read(
    runtime: CommandRuntime, kind: Resources, name: str, *, query: str = "", asked: Mapping[str, str] | None = None
) -> Iterator[Value]:
    """Yield the resource of a name, or all of each location."""
    for subscription in subscriptions(runtime):
        here = location(runtime, subscription)
        path = f"{place(runtime, subscription, here, kind.parent)}/{kind.type}"
        where = {"SubscriptionId": subscription, "ResourceGroupName": group_of(runtime, here), "Location": here}
        told = {key: where[key] for key in kind.told}
        version = f"api-version={kind.version}"
        if name:
            target = call_target(0, {**told, "Name": name})
            answer = ask(runtime, "GET", f"{path}/{quote(name, safe='')}?{version}", target)
            yield kind.make(body_of(answer))
        else:
            target = call_target(1, {**told, **(asked or {})})
            yield from each_of(runtime, f"{path}?{version}{query}", target, kind.make)


def name_without_region(runtime: CommandRuntime) -> str:
    """Return -Name; the modules' wrappers take `region/name` as well."""
    return (runtime.arguments.text("Name") or "").rpartition("/")[2]
