"""The output of a Nagios plugin: a short first line with performance data, then the rows.

The form is that of the monitoring plugins' guidelines and of Nagios 4: everything after a `|` is performance data, and only
the first 8 KiB are read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from psbridge.documents.stamp_status import StampStatusDocument
from psbridge.models.text import shortened
from psbridge.monitoring.states import Finding, State, Thresholds, judge
from psbridge.wellformed import well_formed

_FIRST: Final = 300
"""Characters of the first line's text; mails and pagers have it as their subject."""
_LINE: Final = 300
_TOTAL: Final = 4000
"""Bytes of the output. Nagios reads 8192 (MAX_PLUGIN_OUTPUT_LENGTH)."""
_HARMLESS: Final = str.maketrans({"|": "¦", "<": "‹", ">": "›"})
"""`|` would begin performance data; `<` and `>` would be HTML in web interfaces that do not escape them."""


class Answer(msgspec.Struct, frozen=True):
    """What the plugin writes and ends with."""

    state: State
    output: str


def answer(
    document: StampStatusDocument, limits: Thresholds, notes: Sequence[str] = (), *, strict: bool = False
) -> Answer:
    """Return the answer for a stamp's status.

    Args:
        document: the status.
        limits: the ages that apply.
        notes: warnings about the config; they follow the rows.
        strict: a row that is not ok is a warning.
    """
    findings = judge(document, limits, strict=strict)
    data = " ".join(performance(document, limits))
    return written(findings, [*_long(document), *(f"note: {it}" for it in notes)], data)


def unknown(message: str, details: Sequence[str] = ()) -> Answer:
    """Return the answer of a check that could not be made, such as with a wrong option."""
    return written([Finding(State.UNKNOWN, message)], details)


def written(findings: Sequence[Finding], details: Sequence[str], data: str = "") -> Answer:
    """Return findings, the worst first, as the output of a plugin."""
    state = findings[0].state
    text = _one_line("; ".join(it.text for it in findings), _FIRST)
    lines = [f"BACKUP {state.name} - {text}" + (f" | {data}" if data else "")]
    left = _TOTAL - len(lines[0].encode())
    for detail in details:
        line = _one_line(detail, _LINE)
        left -= len(line.encode()) + 1
        if left < 0:
            break
        lines.append(line)
    return Answer(state, "\n".join(lines) + "\n")


def performance(document: StampStatusDocument, limits: Thresholds) -> Iterator[str]:
    """Yield the performance data, `'label'=value[UOM];warn;crit;min;max` each; what is unknown is left out."""
    newest, free = document.newest, document.free
    yield from _datum("age", document.age_seconds, "s", limits.warning, limits.critical)
    if newest is not None:
        yield from _datum("duration", newest.duration_seconds, "s")
        total = (
            None if newest.roles_ok is None or newest.roles_failed is None else newest.roles_ok + newest.roles_failed
        )
        yield from _datum("roles_failed", newest.roles_failed, "", most=total)
    if free is not None:
        yield from _datum("free", free.bytes, "B")
    if document.alerts is not None:
        yield from _datum("alerts", len(document.alerts), "")
    if document.error is None:
        yield from _datum("unread", len(document.unread), "")


def _datum(
    label: str,
    value: float | None,
    unit: str,
    warning: float | None = None,
    critical: float | None = None,
    most: float | None = None,
) -> Iterator[str]:
    if value is not None:
        limits = ";".join(_number(it) for it in (warning, critical, 0, most))
        yield f"'{label}'={_number(value)}{unit};{limits}".rstrip(";")


def _number(value: float | None) -> str:
    """Return a number without exponent, of three decimals at most; "" for None."""
    return "" if value is None else f"{value:.3f}".rstrip("0").rstrip(".")


def _long(document: StampStatusDocument) -> Iterator[str]:
    """Yield the long output: whose status it is, what to do, and the rows."""
    where = f"target {document.target}" + (f", host {document.host}" if document.host else "")
    yield f"{where}, read {document.read_at[:19]}Z"
    if document.hint:
        yield f"hint: {document.hint}"
    width = max((len(it.name) for it in document.rows), default=0)
    for row in document.rows:
        yield f"{row.state:<7} {row.name:<{width}}  {row.text}"


def _one_line(text: str, most: int) -> str:
    """Return a text on one line that can be neither performance data nor HTML, of `most` characters at most."""
    plain = "".join(it if it.isprintable() else " " for it in well_formed(text)).translate(_HARMLESS).strip()
    return shortened(plain, most)
