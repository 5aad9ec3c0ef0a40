"""Azs.Backup.Admin 1.0.2, as its generated code behaves."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from psbridge.emulator.embedded import errors
from psbridge.emulator.embedded.call import Call, Run
from psbridge.emulator.embedded.cmdlets.azs_backup_objects import async_operation, backup, backup_location, call_target
from psbridge.emulator.embedded.errors import ErrorRecord
from psbridge.emulator.embedded.values import Net, Value
from psbridge.emulator.stamp.face import RestResponse

_VERSION = "api-version=2018-09-01"
_LOCATIONS_VERSION = "api-version=2016-06-01"  # what Get-AzLocation asks with
_DEFAULT_DELAY = 30.0  # seconds, where the answer names none


class _Refused(Exception):
    def __init__(self, record: ErrorRecord) -> None:
        super().__init__(record.message)
        self.record = record


def _signed_in(run: Callable[[Call], Iterator[Value]]) -> Run:
    """Wrap a cmdlet: no context and an answer of Azure Stack that is an error are non-terminating errors."""

    def wrapped(call: Call, _source: Iterator[Value]) -> Iterator[Value]:
        if call.session.sign_in is None:
            call.error(errors.not_signed_in(call.cmdlet))
            return
        try:
            yield from run(call)
        except _Refused as refused:
            call.error(refused.record)

    return wrapped


def _ask(call: Call, method: str, path: str, target: Net) -> RestResponse:
    call.check_stop()
    answer = call.session.face.rest(method, path)
    if answer.status < 400:
        return answer
    body = answer.body if isinstance(answer.body, dict) else {}
    found = body.get("error")
    detail = found if isinstance(found, dict) else body
    word = errors.status_word(answer.status)
    side = "Request" if answer.status < 500 else "Server"
    raise _Refused(
        errors.rest_failed(
            call.cmdlet,
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


def _subscriptions(call: Call) -> list[str]:
    given: list[str] = call.arguments.values.get("SubscriptionId") or []
    assert call.session.sign_in is not None  # noqa: S101 - `_signed_in` saw to it
    return given or [call.session.sign_in.subscription_id]


def _location(call: Call, subscription: str) -> str:
    """Return -Location, else the stamp's first location, as the module's default (Get-AzLocation)[0] does."""
    given = call.arguments.text("Location")
    if given:
        return given
    path = f"/subscriptions/{quote(subscription, safe='')}/locations?{_LOCATIONS_VERSION}"
    body = _ask(call, "GET", path, call_target(1, {"Location": ""})).body
    names = [str(item["name"]) for item in body.get("value", ()) if item.get("name")] if isinstance(body, dict) else []
    return names[0] if names else ""


def _base(call: Call, subscription: str, location: str) -> str:
    group = call.arguments.text("ResourceGroupName") or f"system.{location}"
    parts = [quote(part, safe="") for part in (subscription, group, location)]
    return "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Backup.Admin/backupLocations/{}".format(*parts)


def _page(call: Call) -> str:
    asked = {"$top": call.arguments.text("Top"), "$skip": call.arguments.text("Skip")}
    return "".join(f"&{name}={quote(value, safe='')}" for name, value in asked.items() if value)


def _list(call: Call, path: str, target: Net, make: Callable[[Mapping[str, Any]], Net]) -> Iterator[Value]:
    """Yield the objects of all pages."""
    following: str | None = path
    while following:
        body = _ask(call, "GET", following, target).body
        if not isinstance(body, dict):
            return
        yield from (make(item) for item in body.get("value", ()))
        following = _path_of(body["nextLink"]) if body.get("nextLink") else None


def _path_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _get_backup(call: Call) -> Iterator[Value]:
    call.verbose("reading")
    # the module takes `region/id` as well as the id
    name = (call.arguments.text("Name") or "").rpartition("/")[2]
    for subscription in _subscriptions(call):
        location = _location(call, subscription)
        path = f"{_base(call, subscription, location)}/backups"
        if name:
            target = call_target(0, {"Location": location, "Name": name})
            yield backup(_body(_ask(call, "GET", f"{path}/{quote(name, safe='')}?{_VERSION}", target)))
        else:
            target = call_target(1, {"Location": location})
            yield from _list(call, f"{path}?{_VERSION}{_page(call)}", target, backup)


def _get_configuration(call: Call) -> Iterator[Value]:
    for subscription in _subscriptions(call):
        location = _location(call, subscription)
        target = call_target(1, {"Location": location})
        answer = _ask(call, "GET", f"{_base(call, subscription, location)}?{_VERSION}", target)
        yield backup_location(_body(answer))


def _start_backup(call: Call) -> Iterator[Value]:
    for subscription in _subscriptions(call):
        location = _location(call, subscription)
        if not call.should_process("Call remote 'BackupLocationsCreateBackup' operation"):
            continue
        target = call_target(1, {"Location": location})
        answer = _ask(call, "POST", f"{_base(call, subscription, location)}/createBackup?{_VERSION}", target)
        if call.arguments.flag("NoWait"):
            yield async_operation(_operation_of(answer) or "")
        else:
            yield backup(_body(_wait(call, answer, target)))


def _wait(call: Call, answer: RestResponse, target: Net) -> RestResponse:
    """Read the operation until it is no longer 202, as often as the answers say."""
    operation = _operation_of(answer)
    while answer.status == 202 and operation:
        call.wait(_delay_of(answer))
        answer = _ask(call, "GET", _path_of(operation), target)
        operation = _operation_of(answer) or operation
    return answer


def _operation_of(answer: RestResponse) -> str | None:
    return header(answer, "Azure-AsyncOperation") or header(answer, "Location")


def _delay_of(answer: RestResponse) -> float:
    try:
        return max(0.0, float(header(answer, "Retry-After") or _DEFAULT_DELAY))
    except ValueError:
        return _DEFAULT_DELAY


def _body(answer: RestResponse) -> Mapping[str, Any]:
    return answer.body if isinstance(answer.body, dict) else {}


RUNS: dict[str, Run] = {
    "Get-AzsBackup": _signed_in(_get_backup),
    "Get-AzsBackupConfiguration": _signed_in(_get_configuration),
    "Start-AzsBackup": _signed_in(_start_backup),
}
