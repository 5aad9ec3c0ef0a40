"""The keys of a scenario, each with the reader of its value and its meaning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, get_type_hints

from psbridge.emulator.stamp.api import HostProfile
from psbridge.emulator.stamp.arm_error import ERRORS, Refusal
from psbridge.emulator.stamp.lies import FIELDS, ROLE, SOURCES
from psbridge.emulator.stamp.scenario import ALL_ROLES, FORBIDDEN, ROLE_SETS, OpenAlert
from psbridge.emulator.stamp.scenario_format.document import Value
from psbridge.emulator.stamp.scenario_format.events import AT_START, EVENT, FAULT, SHARE
from psbridge.emulator.stamp.scenario_format.problems import together
from psbridge.emulator.stamp.scenario_format.readers import (
    Key,
    Reader,
    duration,
    flag,
    mapping,
    of_type,
    or_null,
    pattern,
    several,
    text,
    whole,
    word,
)
from psbridge.emulator.stamp.scenario_format.store_keys import STORE


def _roles() -> Reader:
    sets = ", ".join(map(str, ROLE_SETS))
    names = several(word(ALL_ROLES, "a role"))
    expected = f"{sets}, or a list of role names"

    def read(value: Value) -> tuple[str, ...]:
        plain = value.plain
        if isinstance(plain, int) and plain in ROLE_SETS:
            return ROLE_SETS[plain]
        if not value.is_list:
            value.wrong(expected)
        found: tuple[str, ...] = names(value)
        if not found or len(set(found)) != len(found):
            value.refuse("expected at least one role, and none twice")
        return found

    return Reader(expected, read, {"anyOf": [{"enum": [*ROLE_SETS]}, names.schema]})


def _refusal() -> Reader:
    named = word(tuple(ERRORS), "an error's code")
    parts = {"status": whole(400, 599), "code": text(), "message": text()}
    whole_one = mapping(parts)
    expected = "an error's code, or a mapping of status, code and message"

    def read(value: Value) -> Refusal | None:
        if value.plain is None:
            return None
        if not value.is_mapping:
            return ERRORS[named(value)]
        given: dict[str, Any] = {}
        with together() as each:
            with each():
                given = whole_one(value)
            with each():
                if value.find("code") is None:
                    value.refuse("expected the key 'code'")
        known = ERRORS.get(given["code"], Refusal(400, given["code"], "The backup was refused."))
        return Refusal(given.get("status", known.status), known.code, given.get("message", known.message))

    return Reader(expected, read, {"anyOf": [named.schema, whole_one.schema, {"type": "null"}]})


def _lies() -> Reader:
    """A mapping from fields of the REST API, in any case, to false values."""
    known = {name.lower(): name for name in FIELDS}
    expected = f"a mapping with keys such as {', '.join(FIELDS[:3])}"

    def one(value: Value) -> Any:
        if value.is_list or value.is_mapping:
            value.wrong("a text, a number, true, false or null")
        return value.plain if value.truth is None else value.truth

    def read(value: Value) -> dict[str, Any]:
        if not value.is_mapping:
            value.wrong(expected)
        fits = [name for name in value.keys if name.lower() in known or name.removeprefix(ROLE) in ALL_ROLES]
        readers = dict.fromkeys(FIELDS, one) | dict.fromkeys(fits, one)
        return value.read(expected, readers)

    return Reader(expected, read, {"type": "object"})


def _recorded(value: Value) -> Mapping[str, Any]:
    value.read("a mapping of backups and settings", dict.fromkeys(("backups", "settings"), lambda _: None))
    plain: Mapping[str, Any] = value.plain
    return plain


_ALERT: Final = {
    "type": text(),
    "title": text(),
    "severity": word(("Warning", "Critical")),
    "provider": pattern("a resource provider such as Microsoft.Storage.Admin", r"[A-Za-z]+(\.[A-Za-z]+)+"),
    "resource": text(),
}


def _alerts() -> Reader:
    """A list of alerts of any type."""
    one = mapping(_ALERT)

    def read(value: Value) -> OpenAlert:
        given: dict[str, Any] = one(value)
        if "type" not in given:
            value.refuse("expected the key 'type': the alert's FaultTypeId")
        return OpenAlert(**given)

    return several(Reader("an alert such as {type: AzureStack.Disk.Fault, severity: Critical}", read, one.schema))


_STATUS: Final = text()  # any word: clients must cope with an unknown one
_SETTINGS: Final = {
    "path": or_null(text()),
    "userName": or_null(text()),
    "encryptionCertThumbprint": or_null(pattern("a thumbprint of 40 hexadecimal digits", "[0-9A-F]{40}")),
    "backupFrequencyInHours": whole(1, 168),
    "availableCapacity": or_null(text()),
    "isBackupSchedulerEnabled": flag(),
    "backupRetentionPeriodInDays": whole(1, 365),
}
_PREFERENCES: Final = (
    *("ErrorAction", "Warning", "Information", "Verbose", "Debug", "Progress"),
    *("Confirm", "WhatIf"),
)
_HOST: Final = {
    **{name: of_type(hint) for name, hint in get_type_hints(HostProfile).items()},
    "preferences": several(
        pattern(
            "a preference such as WarningPreference=Stop", rf"({'|'.join(_PREFERENCES)})Preference=[A-Za-z]{{1,20}}"
        )
    ),
}

KEYS: Final[Mapping[str, Key]] = {
    "description": Key(text(), "what happens, in one line"),
    "based_on": Key(
        replace(text(), expected="a scenario's name, or a list of them"),
        "the scenario to start from, or a list of them, of which later ones win [succeeds]",
    ),
    "duration": Key(duration(0.001), "how long a backup runs; each takes up to 5 % more"),
    "usual_duration": Key(or_null(duration(0.001)), "how long scheduled backups run; null: as long as others"),
    "upload": Key(duration(), "how long the upload continues after a backup has ended"),
    "ends": Key(_STATUS, "the final status of requested backups"),
    "roles": Key(_roles(), "the roles that the stamp backs up"),
    "role_ends": Key(
        mapping(dict.fromkeys(ALL_ROLES, _STATUS)), "the final status of each role that does not end Succeeded"
    ),
    "missing": Key(several(word(ALL_ROLES, "a role")), "roles that are missing from requested backups"),
    "ready": Key(or_null(flag()), "whether backups are ready for cloud recovery; null: not shown, as by an old stamp"),
    "uploaded": Key(flag(), "whether the upload of a backup completes"),
    "operation_ends": Key(flag(), "whether the operation of a backup is ever reported as done"),
    "refusal": Key(_refusal(), "the error with which each start request is refused"),
    "share": Key(SHARE, "the state of the backup share at the start"),
    "update": Key(word(tuple(AT_START)), "the state of an update of the stamp at the start"),
    "page": Key(
        or_null(whole(1, 100)), "number of backups on each page of a list by Invoke-AzRestMethod; null: one page"
    ),
    "races": Key(flag(), "the first start request conflicts with a backup that was not listed before"),
    "busy": Key(flag(), "a scheduled backup is running at the start"),
    "listed": Key(flag(), "whether running backups are listed and found by id"),
    "timed": Key(flag(), "whether backups show how long they took; if not: PT0S, as on some stamps"),
    "old_style": Key(flag(), "backup names are bare GUIDs, and fields of later versions are absent"),
    "own_time": Key(flag(), "schedule and retention use the stamp's own time, which --speed accelerates"),
    "history": Key(whole(0, 100), "number of good backups at the start"),
    "stamp_version": Key(
        pattern("a version such as 1.2301.2.58", r"\d+(\.\d+){3}"), "the version of the stamp before any update"
    ),
    "settings": Key(mapping(_SETTINGS), "the backup settings, by their names in the REST API"),
    "host": Key(mapping(_HOST), "the operator host and its sessions"),
    "events": Key(several(EVENT), "what happens, and when"),
    "alerts": Key(_alerts(), "alerts that are open from the start, of any type, severity and provider"),
    "forbidden": Key(several(word(tuple(FORBIDDEN))), "what the account may not read: the stamp answers 403"),
    "lies": Key(
        mapping(dict.fromkeys(SOURCES, _lies())),
        "false values in the stamp's answers once a backup has ended. Per source: object (one backup, read by the module), "
        "raw (one backup, by Invoke-AzRestMethod), operation (the result), list (the newest backup, then listed twice), "
        "raw_list (the newest backup in a list by Invoke-AzRestMethod). Per field, as named in the REST API (in another case: "
        "present twice), roleStatus.ROLE, or the operation's operationStatus and provisioningState. Values: absent; "
        "of a time: never, or a shift such as -3h; of id: other; of a role: absent, nameless or twice:WORD",
    ),
    "stale_answer": Key(flag(), "the answer to each start request names the newest earlier backup"),
    "trigger_repeated": Key(
        flag(),
        "the host's HTTP client sends each start request twice, as after a gateway's 504, and gets a conflict",
    ),
    "faults": Key(several(FAULT), "rules in the format of --fault"),
    "store": STORE,
    "recorded": Key(
        Reader("a mapping of backups and settings", _recorded, {"type": "object"}),
        "backups and settings of a real stamp, as in its REST answers",
    ),
}


def json_schema() -> dict[str, Any]:
    """Return the schema."""
    properties = {name: {**key.reader.schema, "description": key.meaning} for name, key in KEYS.items()}
    one = {"type": "string"}
    properties["based_on"] |= {"anyOf": [one, {"type": "array", "items": one}]}
    del properties["based_on"]["type"]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "psbridge scenario",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }
