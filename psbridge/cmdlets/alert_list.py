"""The open alerts with their own texts: by the module, and as raw JSON, which alone has descriptions and remedies.

The lines of an alert's texts, and its properties, are in classes of Azs.InfrastructureInsights.Admin that show nothing of
them (its generated code).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from psbridge.cmdlets.azs_health import GetAlerts, is_of_backup, is_open, read_alert
from psbridge.cmdlets.decode import Reader, text_of
from psbridge.cmdlets.error_records import check
from psbridge.cmdlets.paths import resource_group
from psbridge.cmdlets.raw import INVOKE, read_answers, value_at
from psbridge.models.stamp import Alert
from psbridge.models.text import ascii_lower, shortened
from psbridge.powershell.pipeline import Command, Pipeline
from psbridge.powershell.result import PSObject, Result, State
from psbridge.values import replace

_PROVIDER: Final = "Microsoft.InfrastructureInsights.Admin"
_API_VERSION: Final = "2016-05-01"
_MOST_LINES: Final = 50
_MOST_PROPERTIES: Final = 50
_LONGEST_LINE: Final = 2000
"""Characters."""


def raw_command(location: str) -> Command:
    """Return the call for a region's alerts by parameters: the path's subscription is the context's then."""
    return Command.of(
        INVOKE,
        {
            "ResourceGroupName": resource_group(location),
            "ResourceProviderName": _PROVIDER,
            "ResourceType": ("regionHealths", "alerts"),
            "Name": (location,),
            "ApiVersion": _API_VERSION,
            "Method": "GET",
        },
    )


class ListAlerts(msgspec.Struct, frozen=True):
    """The open alerts of the backup service, or with `every` those of the whole stamp; with texts where the host can read them.

    The module's objects come first, so that they are there whatever becomes of the raw answer.
    """

    location: str
    every: bool = False

    def pipeline(self) -> Pipeline:
        """Return what is sent."""
        return Pipeline.of(GetAlerts(self.location).command(), raw_command(self.location))

    def parse(self, result: Result) -> tuple[Alert, ...]:
        """Return the alerts, in the stamp's order.

        Raises:
            psbridge.errors.PsbridgeError: the module's alerts can't be read.
        """
        if result.state is State.FAILED and result.failure is not None and _is_about_raw(result):
            result = replace(result, state=State.COMPLETED, failure=None)
        check(result, but=(INVOKE,))
        readers = (
            Reader(value, GetAlerts.CMDLET)
            for value in result.output
            if isinstance(value, PSObject) and value.has("FaultTypeId")
        )
        alerts = (read_alert(reader) for reader in readers if is_open(reader))
        texts = _texts(result)
        return tuple(_with_texts(it, texts) for it in alerts if self.every or is_of_backup(it))


def _is_about_raw(result: Result) -> bool:
    failure = result.failure
    return failure is not None and ascii_lower(INVOKE) in map(ascii_lower, (failure.target_name, failure.activity))


def _texts(result: Result) -> dict[str, Mapping[str, Any]]:
    """Return the raw properties of each alert by its id; none if there is no raw answer that can be read."""
    answers = read_answers(result.output, pairs=None)
    listed = value_at(answers[0].body, "value") if len(answers) == 1 and answers[0].status == 200 else None
    found: dict[str, Mapping[str, Any]] = {}
    for item in listed if isinstance(listed, list) else ():
        name, properties = text_of(value_at(item, "name")), value_at(item, "properties")
        if name and isinstance(properties, Mapping):
            found[_key(name)] = properties
    return found


def _key(name: str | None) -> str:
    """Return what both sources call an alert: the last part of its name."""
    return ascii_lower((name or "").rpartition("/")[2])


def _with_texts(alert: Alert, texts: Mapping[str, Mapping[str, Any]]) -> Alert:
    properties = texts.get(_key(alert.id))
    if properties is None:
        return alert
    return replace(
        alert,
        description=lines_of(value_at(properties, "description")),
        remediation=lines_of(value_at(properties, "remediation")),
        properties=_pairs(value_at(properties, "alertProperties")),
    )


def lines_of(parts: Any) -> tuple[str, ...] | None:
    """Return the lines of a text that comes in parts, each `{text, type, uri}`; None for anything else.

    `type` is Text, NewLine, LinkBegin or LinkEnd (recordings; an open list). An address follows the text of its link.
    """
    if not isinstance(parts, Sequence) or isinstance(parts, str):
        return None
    lines, link = [""], None
    for part in parts:
        kind = ascii_lower(text_of(value_at(part, "type")) or "")
        link = text_of(value_at(part, "uri")) or link
        if kind == "newline":
            lines.append("")
        elif kind == "linkend" and link:
            lines[-1], link = f"{lines[-1]} ({link})", None
        else:
            lines[-1] += text_of(value_at(part, "text")) or ""
    if link:
        lines[-1] = f"{lines[-1]} ({link})"
    plain = (shortened(" ".join(line.split()), _LONGEST_LINE) for line in lines)
    return tuple(it for it in plain if it)[:_MOST_LINES]


def _pairs(properties: Any) -> tuple[tuple[str, str], ...]:
    """Return the properties that are texts; their times are en-US text and for people only."""
    if not isinstance(properties, Mapping):
        return ()
    pairs: Iterable[tuple[str, str | None]] = ((str(name), text_of(value)) for name, value in properties.items())
    short = ((shortened(name, _LONGEST_LINE), shortened(value, _LONGEST_LINE)) for name, value in pairs if value)
    return tuple(short)[:_MOST_PROPERTIES]
