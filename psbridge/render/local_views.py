"""Views of what is on this machine: config, targets, the runs of the journal, an emulated host."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from psbridge.render import formatting
from psbridge.render.blocks import BAD, DIM, GOOD, STRONG, WARN, Block, Cell, Gap, Table, Verbatim, fields, line

if TYPE_CHECKING:
    from psbridge.documents.config import (
        ConfigDocument,
        ConfigProblemsDocument,
        ProblemBody,
        TargetBody,
        TargetListDocument,
    )
    from psbridge.documents.emulation import EmulationDocument
    from psbridge.documents.notify_test import NotifyTestDocument
    from psbridge.documents.run import RunBody, RunClosedDocument, RunDocument, RunListDocument


def _leaves(prefix: str, values: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for key, value in values.items():
        name = f"{prefix}.{key}" if prefix else key
        if isinstance(value, Mapping) and value:
            yield from _leaves(name, value)
        elif isinstance(value, list | tuple):
            yield name, ", ".join(map(str, value))
        else:
            yield name, formatting.text(value)


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
    return origins.get(key, formatting.NONE)


def config_problems(document: ConfigProblemsDocument) -> list[Block]:
    """Return one line a problem, as compilers write them."""
    errors = [problem for problem in document.problems if problem.severity == "error"]
    shown: list[Block] = [_problem(problem) for problem in document.problems]
    if not errors:
        shown.append(line(Cell("ok", GOOD), document.path or "no config file"))
    shown += [line(Cell("not checked:", DIM), Cell(what, DIM)) for what in document.not_checked]
    return shown


def notify_test(document: NotifyTestDocument) -> list[Block]:
    """Return one row a way."""
    rows = tuple(
        (Cell(each.way), Cell("ok", GOOD) if each.arrived else Cell("failed", BAD), Cell(each.why or "", DIM))
        for each in document.ways
    )
    if all(each.arrived for each in document.ways):
        return [Table(("WAY", "TEST"), tuple(row[:2] for row in rows))]
    return [Table(("WAY", "TEST", "WHY"), rows)]


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
            Cell(formatting.text(target.auth)),
            Cell(formatting.text(target.location)),
        )
        for target in document.targets
    )
    return [Table(("NAME", "DEFAULT", "HOST", "AUTH", "LOCATION"), rows, spare=("AUTH", "LOCATION"))]


def _host(target: TargetBody) -> Cell:
    if target.problem is not None:
        return Cell("invalid: see `psbridge config validate`", BAD)
    return Cell("built-in emulated stamp" if target.emulated else ", ".join(target.hosts))


def run_list(document: RunListDocument) -> list[Block]:
    """Return one row per run, with its verdict or else its state, and why each closed run was closed."""
    if not document.runs:
        return [line("no runs in the journal of this machine")]
    rows = tuple(
        (
            Cell(run.run),
            Cell(run.target),
            Cell(run.verdict or run.state, formatting.JUDGEMENT_STYLES.get(run.verdict or "", "")),
            Cell(formatting.moment(run.created_at)),
            Cell(formatting.text(run.backup_id)),
        )
        for run in document.runs
    )
    header = ("RUN", "TARGET", "OUTCOME", "CREATED", "BACKUP")
    one = len({run.target for run in document.runs}) == 1
    spare = ("TARGET", "CREATED", "BACKUP") if one else ("CREATED", "BACKUP")  # the id of a run begins with its time
    shown: list[Block] = [Table(header, rows, frozenset({0, 4}), spare)]
    return shown + [
        line(run.run, Cell("closed:", STRONG), run.closed_reason) for run in document.runs if run.closed_reason
    ]


def _run_fields(run: RunBody) -> Block:
    return fields(
        [
            ("run", run.run),
            ("target", run.target),
            ("location", run.location),
            ("host", formatting.text(run.host)),
            ("state", run.state),
            ("closed", run.closed_reason),
            ("note", run.note),
            ("start request", run.trigger),
            ("backup", formatting.text(run.backup_id)),
            ("last status", formatting.text(run.status)),
            ("verdict", Cell(formatting.text(run.verdict), formatting.JUDGEMENT_STYLES.get(run.verdict or "", ""))),
            ("exit code", formatting.text(run.exit_code)),
            ("created", formatting.moment(run.created_at)),
            ("updated", formatting.moment(run.updated_at)),
            ("host time", formatting.moment(run.host_time)),
        ]
    )


def run(document: RunDocument) -> list[Block]:
    """Return one run, and the commands that continue it."""
    held = document.run
    shown: list[Block] = [_run_fields(held)]
    if held.cause:
        shown.append(line("the answer to the start request was lost:", held.cause))
    shown += [line("possible backup", one) for one in held.candidates]
    if document.at_work:
        shown.append(line("in use by", document.at_work))
    if document.next_steps:
        shown += [Gap(), line(Cell("next:", STRONG)), Verbatim(document.next_steps)]
    return shown


def run_closed(document: RunClosedDocument) -> list[Block]:
    """Return what was closed, why, and what that means for the backup."""
    held = document.run
    return [
        line(Cell("closed", STRONG), f"run {held.run} of {held.target}: {held.closed_reason}"),
        line(document.message),
    ]


_PASSWORD_LEAVES: Final = {"basic", "credssp"}  # logins that psbridge uses over https only
_TAKE_A_PASSWORD: Final = {*_PASSWORD_LEAVES, "ntlm", "negotiate"}
_ENDS: Final = "Nothing real is backed up. Press Ctrl-C to stop it."


def emulation(document: EmulationDocument) -> list[Block]:
    """Return the introduction, with a config and a shell line to copy."""
    where = Cell(document.url, STRONG)
    engine = f"({document.engine} engine, scenario {document.scenario})."
    first = line("An emulated operator host listens on", where, engine)
    ours = document.url.startswith("https:") or document.auth not in _PASSWORD_LEAVES
    if document.config_file:
        file = shlex.quote(document.config_file)
        how = "While it runs, psbridge reaches it with:" if ours else "Settings for other clients:"
        shown = Verbatim((f"--config {file}" if ours else file,))
        return [first, line(f"{_ENDS} {how}"), Gap(), shown, Gap(), *_ticket(document), *_store(document)]
    how = "To reach it with psbridge, add this to a config:" if ours else "Settings for other clients:"
    return [
        first,
        line(f"{_ENDS} {how}"),
        Gap(),
        Verbatim(tuple(document.config.splitlines())),
        Gap(),
        *_ticket(document),
        *_secret(document),
        *_store(document),
    ]


def _store(document: EmulationDocument) -> list[Block]:
    """Return where the backups are, and how to open them."""
    if document.store is None:
        return []
    shown = [f"--store {shlex.quote(document.store)}"]
    if document.key is not None and document.key_password_file is not None:
        shown += [
            f"--key {shlex.quote(document.key)}",
            f"--key-password-file {shlex.quote(document.key_password_file)}",
        ]
    said = "The stamp writes its backups to a folder, which stays when the host ends. To verify them:"
    if document.key is None:
        said = (
            "The stamp writes its backups to a folder, which stays when the host ends. Their key is not the emulator's:"
        )
    return [line(said), Gap(), Verbatim((" ".join(shown),)), Gap()]


def _ticket(document: EmulationDocument) -> list[Block]:
    if document.auth != "kerberos":
        return []
    return [line("Then get a Kerberos ticket:"), Gap(), Verbatim((f"kinit {shlex.quote(document.username)}",)), Gap()]


def _secret(document: EmulationDocument) -> list[Block]:
    """Return how to set the password, if the host takes one."""
    takers = [method for method in document.offered if method in _TAKE_A_PASSWORD]
    if not takers:
        return []  # of a certificate, the config names the files
    said = "Then set its password in the environment. It is shown only here:"
    if document.auth not in takers:
        said = f"{document.username} can also sign in with {' or '.join(takers)}. The password is shown only here:"
    password = f"export {document.password_variable}={shlex.quote(document.password)}"
    return [line(said), Gap(), Verbatim((password,)), Gap()]
