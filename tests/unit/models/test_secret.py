"""A secret shows itself on no way but one."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import traceback

import msgspec
import pytest

from psbridge.models.secret import Credential, Masked, Secret
from psbridge.powershell.pipeline import Command, Pipeline

TEXT = "p4ss\U0001f511wörd"
SECRET = Secret(TEXT)
HOLDERS = [SECRET, Credential("CONTOSO\\me", SECRET), [SECRET], {"password": SECRET}, (Credential("me", SECRET),)]


def test_only_reveal_returns_the_text():
    assert SECRET.reveal() == TEXT


@pytest.mark.parametrize(
    "show",
    [
        repr,
        str,
        ascii,
        lambda it: f"{it}",
        lambda it: f"{it!r:>30}",
        lambda it: "%s %r" % (it, it),  # noqa: UP031 - one of the ways
        lambda it: json.dumps({"x": it}, default=str),
        lambda it: str(
            Pipeline.of(Command.of("Connect", {"P": it if isinstance(it, Secret | Credential) else SECRET}))
        ),
        lambda it: repr(Pipeline.of(Command.of("Connect", {"P": SECRET}))),
    ],
)
@pytest.mark.parametrize("holder", HOLDERS, ids=["bare", "credential", "list", "dict", "tuple"])
def test_no_conversion_shows_a_secret(show, holder):
    assert TEXT not in show(holder)
    assert "***" in show(holder)


def test_formatting_with_a_width_does_not_show_the_length():
    assert f"{SECRET:>40}" == f"{Secret('x'):>40}"


def test_secret_mappings_can_be_read_and_are_not_shown():
    held = Masked({"NAME": TEXT, "OTHER": "x"})
    assert (held["NAME"], held.get("NONE"), list(held), len(held)) == (TEXT, None, ["NAME", "OTHER"], 2)
    assert held == {"NAME": TEXT, "OTHER": "x"}
    assert TEXT not in f"{held!r}{held}"


def test_a_log_line_does_not_show_it(caplog):
    logging.getLogger("x").warning("signing in with %s as %r", SECRET, Credential("me", SECRET))
    assert TEXT not in caplog.text


def test_a_traceback_does_not_show_it():
    password = SECRET
    try:
        raise ValueError(password)
    except ValueError as error:
        told = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    assert TEXT not in told
    assert "***" in told


@pytest.mark.parametrize(
    "take",
    [
        pickle.dumps,
        copy.copy,
        copy.deepcopy,
        lambda it: it.__getstate__(),
        lambda it: pickle.dumps(Credential("me", it)),
        lambda it: msgspec.to_builtins(Credential("me", it)),
        lambda it: msgspec.json.encode(Credential("me", it)),
    ],
)
def test_a_secret_cannot_be_pickled(take):
    with pytest.raises(TypeError) as caught:
        take(SECRET)
    assert TEXT not in str(caught.value)


def test_secrets_are_equal_by_their_text_only():
    assert Secret(TEXT) == SECRET
    assert Secret("other") != SECRET
    assert SECRET != TEXT
    assert hash(SECRET) == hash(Secret("other"))
    assert Secret("\udcff") == Secret("\udcff")
    assert not Secret("")
    assert SECRET


def test_a_pipeline_knows_that_it_holds_one():
    assert Pipeline.of(Command.of("Connect", {"Credential": Credential("me", SECRET)})).has_secret
    assert Pipeline.of(Command.of("Connect", {"P": SECRET})).has_secret
    assert not Pipeline.of(Command.of("Connect", {"P": "text", "Q": True})).has_secret
