"""What the documents about psbridge itself look like: config, targets, exit codes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from psbridge.render import words
from psbridge.render.blocks import BAD, DIM, GOOD, WARN, Block, Cell, Table, line

if TYPE_CHECKING:
    from psbridge.documents.config import ConfigDocument
    from psbridge.documents.config_problems import ConfigProblemsDocument, ProblemBody
    from psbridge.documents.explanation import ExplanationDocument
    from psbridge.documents.target_list import TargetBody, TargetListDocument


def _leaves(prefix: str, values: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for key, value in values.items():
        name = f"{prefix}.{key}" if prefix else key
        if isinstance(value, Mapping) and value:
            yield from _leaves(name, value)
        elif isinstance(value, list | tuple):
            yield name, ", ".join(map(str, value))
        else:
            yield name, words.text(value)


def config(document: ConfigDocument) -> list[Block]:
    """Return each value by its dotted key and, where asked for, its origin."""
    shown: list[Block] = [line(Cell(document.path or "no config file; built-in values", DIM))]
    origins = document.origins
    rows = []
    for key, value in _leaves("", {"defaults": document.defaults, "targets": document.targets}):
        row = (Cell(key), Cell(value))
        rows.append(row if origins is None else (*row, Cell(_origin(key, origins), DIM)))
    header = ("KEY", "VALUE") if origins is None else ("KEY", "VALUE", "FROM")
    return [*shown, Table(header, tuple(rows))]


def _origin(key: str, origins: Mapping[str, str]) -> str:
    """Return where a value comes from; a part of a nested value comes from where the whole does."""
    while key and key not in origins:
        key = key.rpartition(".")[0]
    return origins.get(key, words.NONE)


def config_problems(document: ConfigProblemsDocument) -> list[Block]:
    """Return one line a problem, as compilers write them."""
    errors = [problem for problem in document.problems if problem.severity == "error"]
    shown: list[Block] = [_problem(problem) for problem in document.problems]
    if not errors:
        shown.append(line(Cell("ok", GOOD), document.path or "no config file"))
    shown += [line(Cell("not checked:", DIM), Cell(what, DIM)) for what in document.not_checked]
    return shown


def _problem(problem: ProblemBody) -> Block:
    where = problem.file or "environment"
    at = f"{where}:{problem.line}:" if problem.line else f"{where}:"
    style = BAD if problem.severity == "error" else WARN
    key = f"{problem.key}: " if problem.key else ""
    near = f" (did you mean {problem.nearest}?)" if problem.nearest else ""
    return line(at, Cell(f"{problem.severity}:", style), f"{key}{problem.message}{near}")


def target_list(document: TargetListDocument) -> list[Block]:
    """Return the targets, the default one marked."""
    rows = tuple(
        (
            Cell(target.name),
            Cell("*" if target.default else ""),
            _host(target),
            Cell(words.text(target.auth)),
            Cell(words.text(target.location)),
        )
        for target in document.targets
    )
    return [Table(("NAME", "DEFAULT", "HOST", "AUTH", "LOCATION"), rows)]


def _host(target: TargetBody) -> Cell:
    if target.problem is not None:
        return Cell("invalid: see `psbridge config validate`", BAD)
    return Cell("emulated, nothing real" if target.emulated else ", ".join(target.hosts))


def explanation(document: ExplanationDocument) -> list[Block]:
    """Return the exit codes and their meanings."""
    rows = tuple((Cell(str(code.exit_code)), Cell(code.code), Cell(code.meaning)) for code in document.codes)
    return [Table(("EXIT", "CODE", "WHEN"), rows, frozenset({0, 1}))]
