"""Turn an error record of a cmdlet into an exception: by its code (`error_codes`), else by a pattern (`error_patterns`)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any

from psbridge.catalogue.error_codes import FAILED_INSIDE, Meaning, meaning_of
from psbridge.cmdlets.decode import text_of
from psbridge.cmdlets.error_patterns import Pattern, pattern_of
from psbridge.errors import AuthError, Busy, NotFound, PrerequisiteError, PsbridgeError, Unknown, Unreachable
from psbridge.models.text import shortened
from psbridge.powershell.result import ErrorRecord, Result, State, Value

_SERVER_ERROR = 500
_ERRORS = {it.exit_code.label: it for it in (AuthError, Busy, NotFound, PrerequisiteError, Unreachable)}
_CONFLICTS = frozenset({"409", "conflict", "412", "preconditionfailed", "423", "locked"})
# HttpStatusCode's names are http's without underscores; over the wire an enum is its name.
_STATUSES = {status.name.replace("_", "").casefold(): status.value for status in HTTPStatus}


def code_of(record: ErrorRecord) -> str:
    """Return the code of a record: `Code` of its exception, else PowerShell's error id; empty if it has neither.

    Where there is a `Code` the error id is the HTTP status' word (the module's generated source), so it is ignored.
    Azs.Backup.Admin 0.x has it only in the text of its function Get-Exception, which is not localised (its source). In a
    record without an id PowerShell puts the cmdlet's class, the function's name or the thrown text in its place (measured on
    7.6.9): none of these is a code.
    """
    if record.fully_qualified_error_id == "System.Exception,Get-Exception":
        said = re.match(r"Code = (\w+)\s*\nMessage = ", record.message)
        return said[1] if said else ""
    code = record.exception_properties.get("Code")
    if isinstance(code, str) and code:
        return code
    return record.error_id if re.fullmatch(r"\w+", record.error_id) and record.error_id != record.activity else ""


def sentence_of(record: ErrorRecord) -> str:
    """Return the host's error text, on one line and shortened."""
    return _bounded(" ".join(record.message.split())).rstrip(".")


def explain(record: ErrorRecord) -> PsbridgeError:
    """Return the exception for a record: by its code, else by its pattern.

    A 5xx does not prove whether a trigger took effect, so it is `Unreachable` unless the code excludes that a backup was
    started. An error without a known code and without a status is not conclusive.
    """
    code = code_of(record)
    status = _status(record)
    broken = (status or 0) >= _SERVER_ERROR
    meaning = meaning_of(code)
    if meaning is None and broken:
        meaning = FAILED_INSIDE
    pattern = Pattern(lambda *_: True, meaning, conclusive=True) if meaning else pattern_of(record, status)
    error = Unreachable if broken and not pattern.meaning.certain else _ERRORS[pattern.meaning.exit_code]
    words = {
        "code": _bounded(code) or (f"HTTP {status}" if status else "no code"),
        "activity": "the cmdlet" if record.activity in {"", "Write-Error"} else _bounded(record.activity),
        "target": _bounded(record.target_name) or "of that name",
    }
    found = _made(pattern.meaning, error, words, {"code": _bounded(code) or None} | raw(record), sentence_of(record))
    found.conclusive = pattern.conclusive
    return found


def is_conflict(problem: PsbridgeError) -> bool:
    """Return whether a refusal is a conflict with another operation, which may be the one that was requested just before.

    By its code, else by its HTTP status: 409, 412 (PreconditionFailed) or 423 (Locked).
    """
    status = str((problem.detail.get("error_record") or {}).get("StatusCode") or "")
    return isinstance(problem, Busy) or status.casefold() in _CONFLICTS


def foreseen(code: str) -> PsbridgeError:
    """Return the error for a refusal that is certain before a trigger is sent.

    Raises:
        ValueError: the code is not the code of a refusal.
    """
    meaning = meaning_of(code)
    if meaning is None:
        raise ValueError(code)
    return _made(meaning, _ERRORS[meaning.exit_code], {"code": code}, {"code": code})


def _made(
    meaning: Meaning, error: type[PsbridgeError], words: Mapping[str, str], detail: dict[str, Any], sentence: str = ""
) -> PsbridgeError:
    says = meaning.says.format(**words)
    return error(
        f"{says}: {sentence}" if meaning.quotes and sentence else says,
        hint=meaning.hint.format(**words),
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
    error (measured; `had_errors` does not show it).

    `but`: names of cmdlets whose errors are ignored. A pipeline that is not COMPLETED always counts.
    """
    if result.state is not State.COMPLETED:
        raise _unfinished(result)
    passed_over = {name.casefold() for name in but}
    for record in result.errors:
        if record.activity.casefold() not in passed_over:
            raise explain(record)


def unraised(result: Result, *, but: Callable[[ErrorRecord], bool] = lambda _: False) -> list[str]:
    """Return the error records of an answer that succeeded, in words; each text once.

    `but`: returns whether a record is part of the answer.
    """
    records = (*result.errors, *((result.failure,) if result.failure else ()))
    shown = [f"{_bounded(it.activity) or 'the host'}: {sentence_of(it)}" for it in records if not but(it)]
    return list(dict.fromkeys(shown))


def _unfinished(result: Result) -> PsbridgeError:
    """Return why a pipeline did not complete. psbridge stops none, so the host that stopped one is shutting down."""
    record = result.failure or next(iter(result.errors), None)
    if result.state is State.STOPPED:
        return Unreachable(
            "the host stopped the pipeline",
            hint="Check whether the host was restarted, then retry.",
            detail=raw(record) if record else {},
            retryable=True,
            delivered=True,
        )
    if record is None:
        return Unknown(
            f"the host ended the pipeline ({result.state.name}) without a reason",
            hint="Retry. If it happens again, check PowerShell's event log on the host.",
        )
    return explain(record)


def _word(value: Value) -> str:
    return text_of(value) or ""


def _bounded(text: str, limit: int = 300) -> str:
    return shortened(text, limit)
