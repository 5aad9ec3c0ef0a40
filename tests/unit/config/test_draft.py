"""A first config: any answer that is valid comes back from the file as it was given."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from psbridge.config.draft import Draft, checked, logins, named
from psbridge.config.load import load
from psbridge.config.resolve import outline
from psbridge.config.rules import Wrong
from psbridge.config.secrets import FromCommand, FromFile
from psbridge.config.sign_in import SignInConfig
from psbridge.models.connection import Auth, Tls

Write = Callable[..., Path]
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=40)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(user=TEXT, path=TEXT, words=st.lists(TEXT, min_size=1, max_size=3))
def test_any_text_is_read_back_as_it_was_answered(write: Write, user: str, path: str, words: list[str]) -> None:
    for password, source in (({"file": path}, FromFile(path)), ({"command": words}, FromCommand(tuple(words)))):
        draft = Draft(host="oaw01", auth=Auth.NTLM, username=user, password=password, location="redmond")
        found = load(write(draft.text()), {})
        assert found.invalid == {}
        values = found.values("redmond")
        assert (values["username"].value, values["password"].value) == (user, source)


@pytest.mark.parametrize(
    "word",
    [
        "true",
        "No",
        "null",
        "~",
        "1",
        "0x1",
        "1e3",
        "a: b",
        "a #b",
        "- a",
        "'a'",
        "a ",
        "[a]",
        "*a",
        "!a",
        "a \u2028 b",
        "\ufeffa",
        "😀",
        "\xa0",
    ],
)
def test_a_word_that_yaml_reads_in_another_way_is_quoted(write: Write, word: str) -> None:
    found = load(write(Draft(host="oaw01", auth=Auth.NTLM, username=word, name="a").text()), {})
    assert found.values("a")["username"].value == word


def test_every_key_is_written(write: Write, folder: Path) -> None:
    who = {"application_id": "00000000-0000-0000-0000-000000000000", "secret": {"file": "a.secret"}}
    sign_in = {"environment": "E", "arm_endpoint": "https://a", "tenant": "t", "service_principal": who}
    draft = Draft("10.0.0.1", 7, ca="a.pem", server_name="b", auth=Auth.NTLM, username="u", name="a", sign_in=sign_in)
    found = load(write(draft.text()), {})
    (endpoint,) = outline(found, "a").endpoints
    assert (endpoint.host, endpoint.port, endpoint.tls) == (
        "10.0.0.1",
        7,
        Tls(ca=str(folder / "a.pem"), server_name="b"),
    )
    assert isinstance(found.values("a")["sign_in"].value, SignInConfig)
    plain = outline(load(write(Draft("a", tls=False, auth=Auth.KERBEROS).text()), {}), "a")
    assert plain.endpoints[0].tls is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("oaw01.contoso.com", "oaw01"),
        ("redmond", "redmond"),
        ("10.1.2.3", "10.1.2.3"),
        ("[fe80::1]", "fe80-1"),
        ("Demo", "stamp"),
        ("", "stamp"),
        ("x" * 90, "x" * 64),
    ],
)
def test_a_target_is_named_for_its_location_or_host(text: str, name: str) -> None:
    assert named(text) == name
    assert checked("name", name) == name


@pytest.mark.parametrize(("key", "text"), [("host", "https://a"), ("username", ""), ("location", "a/b"), ("name", "-")])
def test_an_answer_is_checked_by_the_rule_of_its_key(key: str, text: str) -> None:
    with pytest.raises(Wrong):
        checked(key, text)


@pytest.mark.parametrize(
    ("offered", "tls", "usable"),
    [
        (("Negotiate",), False, {"ntlm", "negotiate", "kerberos"}),
        (("Negotiate", "Kerberos", "Basic", "CredSSP"), True, {*Auth}),
        (("Basic",), False, set()),
        (("Basic",), True, {"basic", "certificate"}),
        ((), True, {*Auth}),
        ((), False, {"ntlm", "negotiate", "kerberos"}),
    ],
)
def test_only_logins_that_fit_the_host_are_offered(
    monkeypatch: pytest.MonkeyPatch, offered: tuple[str, ...], tls: bool, usable: set[str]
) -> None:
    monkeypatch.setattr("psbridge.config.draft.lacking", lambda _: [])
    listed = logins(offered, tls=tls, verified=True)
    assert {login.auth for login in listed if login.lacks is None} == usable
    assert [login.lacks is None for login in listed] == sorted((it.lacks is None for it in listed), reverse=True)
