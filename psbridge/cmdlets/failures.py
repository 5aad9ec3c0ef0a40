"""What an error record of a cmdlet comes to: by its code and HTTP status, never by its text, which is localised."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from psbridge.cmdlets.decode import text_of
from psbridge.cmdlets.meanings import FAILED_INSIDE, Meaning, meaning_of
from psbridge.errors import InternalError, PsbridgeError, Unreachable
from psbridge.powershell import ErrorRecord, Result, State, Value

_SERVER_ERROR = 500
# HttpStatusCode's names are http's without underscores; over the wire an enum is its name.
_STATUSES = {status.name.replace("_", "").casefold(): status.value for status in HTTPStatus}


def code_of(record: ErrorRecord) -> str:
    """Return the code of a record: `Code` of its exception, else PowerShell's error id; empty if it has neither.

    Where there is a `Code` the error id is the HTTP status' word (the module's generated source), so it is passed over.
    Azs.Backup.Admin 0.x has it in the words of its function Get-Exception alone, which are not localised (its source).
    """
    if record.fully_qualified_error_id == "System.Exception,Get-Exception":
        said = re.match(r"Code = (\w+)\s*\nMessage = ", record.message)
        return said[1] if said else record.error_id
    code = record.exception_properties.get("Code")
    return code if isinstance(code, str) and code else record.error_id


def explain(record: ErrorRecord) -> PsbridgeError:
    """Return the exception for a record.

    A 5xx says of a trigger neither that it took effect nor that it did not, so it is `Unreachable` unless the code
    excludes that a backup was started. A code that has no name, without a 5xx, gives `InternalError`.
    """
    code = code_of(record)
    meaning = meaning_of(code)
    broken = (_status(record) or 0) >= _SERVER_ERROR
    if meaning is None and broken:
        meaning = FAILED_INSIDE
    detail = {"code": _bounded(code) or None} | raw(record)
    activity = _bounded(record.activity) or "the cmdlet"
    if meaning is None:
        return InternalError(
            f"{activity} failed with an error that psbridge has no name for: {_bounded(record.message)}",
            hint="Look at the stamp in the portal; please report this record.",
            detail=detail,
        )
    error = Unreachable if broken and not meaning.certain else meaning.error
    words = {"code": _bounded(code), "activity": activity, "target": _bounded(record.target_name) or "such cmdlet"}
    return _made(meaning, error, words, detail)


def foreseen(code: str) -> PsbridgeError:
    """Return what the stamp's refusal of a trigger with a code would come to, for one that can be seen before.

    Raises:
        ValueError: no code of a refusal.
    """
    meaning = meaning_of(code)
    if meaning is None:
        raise ValueError(code)
    return _made(meaning, meaning.error, {"code": code}, {"code": code})


def _made(
    meaning: Meaning, error: type[PsbridgeError], words: Mapping[str, str], detail: dict[str, Any]
) -> PsbridgeError:
    return error(
        meaning.says.format(**words),
        hint=meaning.hint,
        retryable=meaning.retryable,
        detail=detail | ({"reason": meaning.reason} if meaning.reason else {}),
    )


def _status(record: ErrorRecord) -> int | None:
    """Return the HTTP status of a record, None if it has none."""
    word = _word(record.exception_properties.get("StatusCode"))
    return int(word) if re.fullmatch("[0-9]{3}", word) else _STATUSES.get(word.casefold())


def raw(record: ErrorRecord) -> dict[str, Any]:
    """Return a record for `detail.error_record`: what support asks for, bounded, without response bodies."""
    kept = ("Code", "StatusCode", "RequestId")
    return {
        "error_record": {
            "message": _bounded(record.message, 2000),
            "fully_qualified_error_id": _bounded(record.fully_qualified_error_id),
            "category": record.category,
            "activity": _bounded(record.activity),
            "exception": _bounded(next(iter(record.exception_types), record.reason)),
            **{name: _bounded(_word(record.exception_properties.get(name))) for name in kept},
        }
    }


def check(result: Result, *, but: Iterable[str] = ()) -> None:
    """Raise what went wrong in a result, if anything did.

    Any record of the error stream counts, COMPLETED or not: the module's cmdlets report a refusal as a non-terminating
    error (measured; `had_errors` is no help).

    Args:
        result: the answer.
        but: names of cmdlets whose errors are passed over. A pipeline that is not COMPLETED always counts.

    Raises:
        psbridge.errors.PsbridgeError: by the table above.
    """
    if result.state is not State.COMPLETED:
        raise _unfinished(result)
    passed_over = {name.casefold() for name in but}
    for record in result.errors:
        if record.activity.casefold() not in passed_over:
            raise explain(record)


def _unfinished(result: Result) -> PsbridgeError:
    """Return why a pipeline did not complete. One that was stopped was not by psbridge: the host is going away."""
    record = result.failure or next(iter(result.errors), None)
    if result.state is State.STOPPED:
        return Unreachable(
            "the host stopped the pipeline",
            hint="Look whether the host was restarted, then try again.",
            detail=raw(record) if record else {},
            retryable=True,
            delivered=True,
        )
    if record is None:
        return InternalError(f"the pipeline ended {result.state.name} without a reason")
    return explain(record)


def _word(value: Value) -> str:
    return text_of(value) or ""


def _bounded(text: str, limit: int = 300) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
