"""`alert list`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, Self

import msgspec

from psbridge.catalogue.alerts import alert_type
from psbridge.documents.document import Document, copied, text_of
from psbridge.models.stamp import Alert
from psbridge.models.target import Target


class AlertEntryBody(msgspec.Struct, frozen=True):
    """One open alert.

    `known`: this release knows its `fault_type`; then `meaning` and `remedy` are psbridge's. `description` and `remediation`
    are the alert's own texts by line, null where the host can't read them. `properties` are the alert's own too; times in
    them are text of the stamp, for people only.
    """

    id: str | None
    fault_type: str | None
    severity: str | None
    title: str | None
    created_at: str | None
    provider: str | None
    resource: str | None
    known: bool
    meaning: str | None
    remedy: str | None
    description: tuple[str, ...] | None
    remediation: tuple[str, ...] | None
    properties: dict[str, str]


class AlertListDocument(Document, frozen=True, kw_only=True):
    """`alert list`: the open alerts of the backup service, or with `every` those of the whole stamp; critical ones first."""

    kind: Literal["alert_list"] = "alert_list"
    target: str
    emulated: bool
    every: bool
    alerts: tuple[AlertEntryBody, ...]

    @classmethod
    def of(cls, target: Target, alerts: Iterable[Alert], *, every: bool = False) -> Self:
        """Return the document of alerts, in the order given."""
        return cls(target=target.name, emulated=target.emulated, every=every, alerts=tuple(map(_entry, alerts)))


def _entry(alert: Alert) -> AlertEntryBody:
    known = alert_type(alert.fault_type)
    return copied(
        AlertEntryBody,
        alert,
        created_at=text_of(alert.created_at),
        known=known is not None,
        meaning=known.meaning if known else None,
        remedy=known.remedy if known else None,
        properties=dict(alert.properties),
    )
