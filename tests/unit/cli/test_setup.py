"""The questions of `config init`, with answers from a list in place of a terminal."""

from __future__ import annotations

from typing import Any

import pytest

from psbridge.cli.context import Context
from psbridge.cli.setup import host, interview, sign_in
from psbridge.cli.setup.dialog import Dialog
from psbridge.cli.setup.results import Answers, Stopped
from psbridge.config.draft import Draft
from psbridge.errors import Unreachable
from psbridge.models.connection import Auth, Endpoint
from psbridge.powershell.stages import Stage

ID = "00000000-0000-0000-0000-000000000000"


class Scripted(Dialog):
    """A conversation whose answers are known; it ends if more is asked."""

    def __init__(self, *answers: str) -> None:
        super().__init__(Context())
        self.answers = list(answers)
        self.said: list[str] = []

    def say(self, text: str = "", indent: str | None = None) -> None:
        self.said.append(text)

    def show(self, text: str) -> None:
        self.said.append(text)

    def hidden(self, question: str) -> str:
        return self._line(question)

    def _line(self, prompt: str) -> str:
        if not self.answers:
            raise Stopped(f"asked: {prompt}")
        return self.answers.pop(0)


def test_a_service_principal_may_have_a_certificate_on_the_host() -> None:
    answers = Answers(Draft(host="oaw01", name="a"))
    dialog = Scripted("y", "https://adminmanagement.x", "t", ID, "certificate", "12", "a" * 40)
    assert sign_in.offer(dialog, answers)
    assert answers.draft.sign_in is not None
    assert answers.draft.sign_in["service_principal"] == {"application_id": ID, "certificate_thumbprint": "a" * 40}
    assert "expected 40 hexadecimal digits" in " ".join(dialog.said)
    assert "secret" not in answers.finished()[0].text()


def test_a_sign_in_that_is_stopped_half_way_is_not_kept() -> None:
    answers = Answers(Draft(host="oaw01"))
    with pytest.raises(Stopped):
        sign_in.offer(Scripted("y", "https://adminmanagement.x"), answers)
    assert answers.draft.sign_in is None


def test_a_client_certificate_takes_no_account(tmp_path: Any) -> None:
    pem = tmp_path / "c.pem"
    pem.write_text("-")
    answers = Answers(Draft(host="oaw01", auth=Auth.CERTIFICATE, location="l", name="n"))
    interview.interview(Scripted("/nonexistent", str(pem), ""), answers, None)
    assert (answers.draft.client_cert, answers.draft.client_key, answers.draft.username) == (str(pem), None, None)


def test_kerberos_may_use_a_ticket() -> None:
    answers = Answers(Draft(host="oaw01", auth=Auth.KERBEROS, location="l", name="n"))
    interview.interview(Scripted("ops@CONTOSO.COM", "ticket"), answers, None)
    assert (answers.draft.username, answers.draft.password, answers.password) == ("ops@CONTOSO.COM", None, None)


@pytest.mark.parametrize(
    ("typed", "found"),
    [("oaw01:5987", ("oaw01", 5987)), ("10.0.0.1", ("10.0.0.1", None)), ("fe80::1", ("fe80::1", None))],
)
def test_a_port_may_follow_the_host(typed: str, found: tuple[str, int | None]) -> None:
    answers = Answers(Draft())
    assert host.ask(Scripted(typed), answers, None) == ()
    assert (answers.draft.host, answers.draft.port) == found


def test_http_is_tried_only_if_the_name_was_found_and_no_certificate_was_refused() -> None:
    from psbridge.api.first_config import Reached

    failed = Unreachable("x")
    there = {Stage.NAME: {}, Stage.TCP: {}}
    assert Reached(Endpoint("a", 1), there, error=failed).may_use_http
    assert not Reached(Endpoint("a", 1), there, error=failed, refused="PEM").may_use_http
    assert not Reached(Endpoint("a", 1), {Stage.NAME: {}}, error=failed).may_use_http
    assert not Reached(Endpoint("a", 1), there).may_use_http
