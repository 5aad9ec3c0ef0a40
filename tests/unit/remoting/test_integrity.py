"""Loss is found by ids, and only where a Receive failed."""

from __future__ import annotations

import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from psbridge.remoting.psrp.integrity import BrokenStream, Defragmenter, Message


def message(text: bytes = b"x", kind: int = 7) -> bytes:
    return struct.pack("<II", 1, kind) + bytes(32) + text


def fragment(object_id: int, data: bytes, number: int = 0, bits: int = 3) -> bytes:
    return struct.pack(">QQBI", object_id, number, bits, len(data)) + data


def test_messages_are_complete_and_in_order():
    data = message(b"a long one")
    book = Defragmenter()
    assert book.feed(fragment(1, message(b"a")) + fragment(2, data[:45], 0, 1)) == [book_message(b"a")]
    assert book.feed(fragment(2, data[45:], 1, 2)) == [book_message(b"a long one")]
    assert not book.lost


def book_message(body: bytes):
    return Message(7, body)


def test_out_of_order_messages_of_one_answer_are_refused():
    with pytest.raises(BrokenStream, match="message 1 came after 2"):
        Defragmenter().feed(fragment(2, message()) + fragment(1, message()))


def test_a_gap_alone_is_not_a_loss():
    book = Defragmenter()
    book.feed(fragment(1, message()) + fragment(5, message()))
    assert not book.lost


def test_a_gap_after_a_failed_receive_is_a_loss():
    book = Defragmenter()
    book.feed(fragment(1, message()))
    book.disturbed = True
    book.feed(fragment(3, message()))
    assert book.lost


def test_a_failed_receive_without_a_gap_is_not_a_loss():
    book = Defragmenter()
    book.feed(fragment(1, message()))
    book.disturbed = True
    book.feed(fragment(2, message()))
    assert not book.lost


def test_a_gap_before_the_failure_is_not_a_loss():
    book = Defragmenter()
    book.feed(fragment(1, message()) + fragment(5, message()))
    book.disturbed = True
    book.feed(fragment(6, message()))
    assert not book.lost


def test_after_a_complete_answer_a_gap_is_not_a_loss():
    book = Defragmenter(disturbed=True)
    book.feed(fragment(1, message()))
    book.settle()
    book.feed(fragment(4, message()))
    assert not book.lost


def test_a_repeated_message_is_dropped_after_a_failure_and_refused_without_one():
    book = Defragmenter()
    book.feed(fragment(1, message()))
    with pytest.raises(BrokenStream):
        book.feed(fragment(1, message()))
    book.disturbed = True
    assert book.feed(fragment(1, message())) == []


@pytest.mark.parametrize(
    "data",
    [
        b"\0" * 5,
        fragment(1, message())[:-1],
        fragment(1, message()[:39]),
        fragment(1, message(), 1),
        fragment(1, message(), 0, 2),
        fragment(1, message(), 0, 1) + fragment(1, message(), 2, 2),
    ],
)
def test_an_incomplete_stream_is_refused(data):
    with pytest.raises(BrokenStream):
        Defragmenter().feed(data)


@given(st.binary())
def test_garbage_raises_one_kind_of_error(data):
    with suppress(BrokenStream):
        assert all(isinstance(message, Message) for message in Defragmenter().feed(data))
