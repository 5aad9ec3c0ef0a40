"""Arbitrary bytes as a login token: it continues or is refused, and nothing raises, hangs or grows."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator

import pytest
import spnego
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from psbridge.emulator.auth.acceptor import Accepted, Channel, Continue, Refused
from psbridge.emulator.auth.login import Login
from psbridge.emulator.auth.methods import METHODS, Authenticator
from psbridge.emulator.auth.users import Users
from tests.support import tiers

pytestmark = pytest.mark.source("psbridge: any token is a refused login")
SCHEMES = {"Negotiate": "negotiate", "NTLM": "ntlm", "CredSSP": "credssp"}
# Few, because each is a login; the mutations are of real tokens, so that they get far.
FEW = settings(
    max_examples=tiers.examples(40),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(scope="module")
def authenticator() -> Iterator[Authenticator]:
    made = Authenticator.of(Users({"operator": "word"}), tuple(name for name in METHODS if name != "kerberos"))
    yield made
    made.close()


def login(authenticator: Authenticator) -> Login:
    return Login(authenticator, Channel(b"tls-server-end-point:x", lambda: None))


def header(scheme: str, token: bytes) -> str:
    return f"{scheme} {base64.b64encode(token).decode()}"


def rounds(authenticator: Authenticator, scheme: str, change: Callable[[int, bytes], bytes]) -> list[object]:
    """Sign in as pyspnego's client does, with each token changed on the way; return what each came to."""
    options = spnego.NegotiateOptions.use_ntlm if scheme == "NTLM" else spnego.NegotiateOptions.use_negotiate
    client = spnego.client("operator", "word", protocol=SCHEMES[scheme], options=options)
    server, outcomes, answer = login(authenticator), [], None
    for number in range(8):
        try:
            token = client.step(answer)
        except Exception:
            break  # the client has had enough of the host's answers
        if token is None:
            break
        step = server.authorize(header(scheme, change(number, token)))
        outcomes.append(step.outcome)
        if not isinstance(step.outcome, Continue):
            break
        answer = step.outcome.token
    return outcomes


@pytest.mark.parametrize("scheme", SCHEMES)
def test_unchanged_tokens_are_accepted(authenticator: Authenticator, scheme: str) -> None:
    assert isinstance(rounds(authenticator, scheme, lambda _, token: token)[-1], Accepted)


@FEW
@given(at=st.integers(0, 5), place=st.floats(0, 1), put=st.binary(max_size=6), cut=st.booleans())
@pytest.mark.parametrize("scheme", SCHEMES)
def test_changed_tokens_never_raise(
    authenticator: Authenticator, scheme: str, at: int, place: float, put: bytes, cut: bool
) -> None:
    def change(number: int, token: bytes) -> bytes:
        if number != at:
            return token
        start = int(place * len(token))
        return token[:start] + put + (b"" if cut else token[start + len(put) :])

    for outcome in rounds(authenticator, scheme, change):
        assert isinstance(outcome, Accepted | Continue | Refused)


@FEW
@given(tokens=st.lists(st.binary(max_size=200), max_size=4))
@pytest.mark.parametrize("scheme", [*SCHEMES, "Basic"])
def test_garbage_is_refused(authenticator: Authenticator, scheme: str, tokens: list[bytes]) -> None:
    server = login(authenticator)
    for token in tokens:
        assert not isinstance(server.authorize(header(scheme, token)).outcome, Accepted)
        assert server.seal is None


def test_an_oversized_token_is_not_decoded(authenticator: Authenticator) -> None:
    assert isinstance(login(authenticator).authorize("Negotiate " + "A" * 40_000).outcome, Refused)


def test_a_login_cannot_switch_users_midway(authenticator: Authenticator) -> None:
    client = spnego.client("operator", "word", protocol="ntlm", options=spnego.NegotiateOptions.use_ntlm)
    server = login(authenticator)
    begun = server.authorize(header("NTLM", client.step() or b"")).outcome
    assert isinstance(begun, Continue)
    last = client.step(begun.token) or b""
    assert isinstance(server.authorize(header("Negotiate", last)).outcome, Refused)
