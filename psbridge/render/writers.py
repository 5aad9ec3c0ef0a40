"""Writers by format name."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from psbridge.documents import encoding
from psbridge.errors import UsageError
from psbridge.models.output import OutputFormat
from psbridge.render.terminal import Terminal

if TYPE_CHECKING:
    from psbridge.documents.document import Document


_IDS: dict[str, Callable[[Any], list[str | None]]] = {
    "backup_list": lambda document: [backup.id for backup in document.backups],
    "backup": lambda document: [document.backup.id],
    "verdict": lambda document: [document.backup.id if document.backup else None],
    "started": lambda document: [document.id],
    "status": lambda document: [document.id],
    "run_list": lambda document: [run.run for run in document.runs],
    "run": lambda document: [document.run.run],
    "run_closed": lambda document: [document.run.run],
    "dry_run": lambda document: [document.running.id if document.running else None],
    "target_list": lambda document: [target.name for target in document.targets if not target.emulated],
    "proof": lambda document: [document.observations.backup_id],
    "proof_check": lambda document: [document.backup_id],
    "alert_list": lambda document: [alert.id for alert in document.alerts],
    "store_list": lambda document: [file.path for file in document.files],
    "stamp_status": lambda document: [document.last_good.id if document.last_good else None],
    "key_list": lambda document: [key.thumbprint for key in document.keys],
    "recovery_sheet": lambda document: [document.backup_id],
    "verification": lambda document: [document.backup_id],
    "explanation": lambda document: [entry.id for entry in document.entries],
}


def check_format(kind: str, output: OutputFormat) -> None:
    """Refuse a format that a kind can't be written in; call it before anything is done.

    Raises:
        UsageError: `-o id` for a kind without ids.
    """
    if output is OutputFormat.ID and kind not in _IDS:
        raise UsageError(
            f"--output id can't be used here: the result ({kind}) has no id",
            hint="Use table, json, jsonl or yaml.",
        )


def render(document: Document, output: OutputFormat | str, terminal: Terminal | None = None) -> str:
    """Return a document as text for stdout (an error's: for stderr), without a final newline.

    Args:
        document: any kind.
        output: a format or its name; an error is shown as `error: …` and `hint: …` under table, yaml and id.
        terminal: what the stream can show, used by `table`; None for a pipe.

    Raises:
        UsageError: the format is none of psbridge's, or is `id` for a kind without ids.
    """
    try:
        form = OutputFormat(output)
    except ValueError:
        known = ", ".join(OutputFormat)
        raise UsageError(f"unknown output format; valid formats: {known}") from None
    if document.kind in {"error", "log"} and not form.machine:
        form = OutputFormat.TABLE
    check_format(document.kind, form)
    match form:
        case OutputFormat.JSON | OutputFormat.JSONL:
            return encoding.to_json(document, line=form is OutputFormat.JSONL or document.kind in {"error", "log"})
        case OutputFormat.YAML:
            return _yaml(document)
        case OutputFormat.ID:
            return "\n".join(one for one in _IDS[document.kind](document) if one)
        case OutputFormat.TABLE:
            return _table(document, terminal or Terminal())


def _yaml(document: Document) -> str:
    import yaml

    plain = encoding.to_plain(document)
    text: str = yaml.safe_dump(plain, sort_keys=False, allow_unicode=False, width=10_000)
    return text.rstrip("\n")


def _table(document: Document, terminal: Terminal) -> str:
    from psbridge.render.text import written
    from psbridge.render.views import view

    return written(view(document), terminal)
