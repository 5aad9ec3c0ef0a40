"""The tests of the answers: one way to the host without a login, then one login at most."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from psbridge.cli.setup.results import Answers
from psbridge.files import write_new
from psbridge.models.connection import Endpoint, Tls
from psbridge.models.diagnosis import StageResult, StageState
from psbridge.values import replace

if TYPE_CHECKING:
    from psbridge.api.first_config import Reached
    from psbridge.cli.context import Context

STAGES = ("location",)
"""The stage of `doctor` up to which the login is tested; it needs the earlier ones."""


class Trials:
    """Tests over the network, each made when it is asked for."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def reach(self, endpoint: Endpoint, certificate: str | None = None) -> Reached:
        """Go one way to the host, without a login; trust the certificate in PEM, if there is one."""
        from psbridge.api.first_config import reach

        if certificate is None or endpoint.tls is None:
            return reach(endpoint, self._context.clock)
        with tempfile.TemporaryDirectory(prefix="psbridge-init-") as folder:
            path = Path(folder) / "host.pem"
            write_new(path, certificate)
            return reach(replace(endpoint, tls=replace(endpoint.tls, ca=str(path))), self._context.clock)

    def log_in(self, answers: Answers) -> dict[str, StageResult]:
        """Log in once and read the stamp's location; return the results of the stages by name, which are shown as they end."""
        from psbridge.api.doctor import diagnose

        with tempfile.TemporaryDirectory(prefix="psbridge-init-") as folder:
            config = Path(folder) / "config.yaml"
            draft, files, secrets = answers.on_trial()
            for name, text in files.items():
                write_new(Path(folder) / name, text)
            write_new(config, draft.text())
            found = diagnose(
                draft.target,
                config=config,
                state_dir=self._context.options.state_dir,
                only=STAGES,
                observe=self._context.signals.messages.observe,
                ended=self._show,
                flags=self._context.flags(),
                environ={**self._context.env, **secrets},
                clock=self._context.clock,
                prompt=self._context.prompt(),
            )
        return {result.stage: result for result in found.stages}

    def _show(self, result: StageResult) -> None:
        from psbridge.documents.doctor import stage_body
        from psbridge.render.doctor_view import stage
        from psbridge.render.terminal import terminal_of
        from psbridge.render.text import written

        if result.stage == "config" and result.state is StageState.WARN:
            return  # it is about a config that is not kept; the dialog says what matters of an answer
        of_machine = result.group == "machine" and result.state is StageState.OK
        shown = self._context.prompt() is not None or self._context.verbosity > 0
        if shown and not of_machine and result.state is not StageState.NOT_REACHED and not self._context.output.machine:
            self._context.say(
                written([stage(stage_body(result))], terminal_of(self._context.stderr, self._context.env))
            )


def first_failure(results: dict[str, StageResult]) -> StageResult | None:
    """Return the first stage that did not end well; None if the location was read."""
    good = {StageState.OK, StageState.WARN}
    if results[STAGES[-1]].state in good:
        return None
    return next((result for result in results.values() if result.state not in good), None)


def location(results: dict[str, StageResult]) -> str | None:
    """Return the location that the stamp reported."""
    found = results.get("location")
    return str(found.facts["location"]) if found is not None and found.facts.get("location") else None


def endpoints(answers: Answers) -> Iterator[Endpoint]:
    """Yield the ways to the host of a draft: https, and http if neither a port nor anything of TLS was chosen."""
    from psbridge.api.first_config import HTTP, HTTPS

    draft = answers.draft
    host = draft.host or ""
    tls = Tls(ca=draft.ca, server_name=draft.server_name)
    if draft.tls:
        yield Endpoint(host, draft.port or HTTPS, tls)
    if not draft.tls or (tls == Tls() and answers.certificate is None):
        yield Endpoint(host, draft.port or HTTP)
