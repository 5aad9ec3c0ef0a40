"""`config show`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self

from psbridge.documents.document import Document


class ConfigDocument(Document, frozen=True, kw_only=True):
    """`config show`: secrets masked. `origins` names where each value comes from, by its dotted key."""

    kind: Literal["config"] = "config"
    path: str | None
    defaults: dict[str, Any]
    targets: dict[str, dict[str, Any]]
    origins: dict[str, str] | None

    @classmethod
    def of(
        cls,
        path: str | None,
        defaults: Mapping[str, Any],
        targets: Mapping[str, Mapping[str, Any]],
        origins: Mapping[str, str] | None = None,
    ) -> Self:
        """Return the document of a config; the values are those of `psbridge.config.show`, secrets masked."""
        return cls(
            path=path,
            defaults=dict(defaults),
            targets={name: dict(values) for name, values in targets.items()},
            origins=None if origins is None else dict(origins),
        )
