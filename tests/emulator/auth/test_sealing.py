"""Sealed bodies: what comes out is what went in, and any bytes are opened or refused."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from psbridge.emulator.auth.sealing import CREDSSP, KERBEROS, SPNEGO, Seal, Unsealable, is_sealed

pytestmark = pytest.mark.source("[MS-WSMV] 2.2.9.1")


class Reversing:
    """A context that seals by reversing, and signs with the length."""

    def wrap(self, message: bytes) -> tuple[bytes, bytes, int]:
        return str(len(message)).encode(), message[::-1], 0

    def unwrap(self, signature: bytes, sealed: bytes) -> bytes:
        if signature != str(len(sealed)).encode():
            raise ValueError("altered")
        return sealed[::-1]


@given(st.binary(max_size=100), st.sampled_from([0, 1, 3, 16_383, 16_384, 16_385, 40_000]))
@pytest.mark.parametrize("protocol", [SPNEGO, KERBEROS, CREDSSP])
def test_sealed_messages_can_be_opened(protocol: str, message: bytes, times: int) -> None:
    seal = Seal(Reversing(), protocol)
    long = (message * (times // max(1, len(message)) + 1))[:times] + message
    kind, body = seal.close(long)
    assert is_sealed(kind)
    assert kind.startswith("multipart/x-multi-encrypted") is (protocol == CREDSSP and len(long) > 16_384)
    assert protocol in kind
    assert seal.open(body) == long


@given(st.binary(max_size=400), st.integers(0, 500), st.binary(max_size=8))
@example(b"", 0, b"")
@example(b"--Encrypted Boundary\r\n" * 9, 0, b"")
def test_arbitrary_bytes_are_opened_or_refused(garbage: bytes, at: int, put: bytes) -> None:
    seal = Seal(Reversing(), SPNEGO)
    _, good = seal.close(b"<s:Envelope/>")
    for body in (garbage, good[:at], good[:at] + put + good[at + len(put) :], garbage + good, good + garbage):
        with contextlib.suppress(Unsealable):
            seal.open(body)


def test_a_part_with_a_wrong_length_is_refused() -> None:
    seal = Seal(Reversing(), SPNEGO)
    _, good = seal.close(b"four")
    with pytest.raises(Unsealable, match="length"):
        seal.open(good.replace(b"Length=4", b"Length=5"))


def test_the_content_type_is_case_insensitive() -> None:
    assert is_sealed('Multipart/Encrypted;protocol="x"')
    assert not is_sealed("application/soap+xml;charset=UTF-8")
