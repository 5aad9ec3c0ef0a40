"""What `@pytest.mark.psbridge(...)` may say."""

from __future__ import annotations

import re
from typing import Any

import pytest

from psbridge.testing.marker import Rehearsal, as_words, merged


def test_without_a_marker_the_defaults_apply() -> None:
    assert merged([]) == Rehearsal()


def test_the_nearest_marker_wins_and_others_are_merged() -> None:
    module, own = {"scenario": "busy", "speed": 10}, {"scenario": "slow"}
    assert merged([((), module), ((), own)]) == Rehearsal(scenario="slow", speed=10)


@pytest.mark.parametrize(
    ("positional", "named", "says"),
    [
        (("busy",), {}, "named arguments only, such as scenario='busy', not 'busy'"),
        ((), {"scenaro": "busy"}, "unknown argument 'scenaro'; did you mean 'scenario'?"),
        ((), {"qqq": 1}, "expected one of scenario, speed, faults"),
        ((), {"scenario": None}, "scenario=None: expected a name"),
        ((), {"speed": "60"}, "speed='60': expected a number"),
        ((), {"speed": True}, "expected a number"),
        ((), {"faults": [503]}, "expected rules such as ['receive:2:reset-after']"),
        ((), {"faults": {"receive:1:503"}}, "expected rules"),
        ((), {"engine": 7}, "'embedded', 'pwsh' or 'auto'"),
        ((), {"tls": 1}, "True, False, or a fault"),
        ((), {"full_language": "yes"}, "True or False"),
        ((), {"auth": 1}, "a method such as 'ntlm'"),
    ],
)
def test_invalid_arguments_are_refused_with_the_expected_values(
    positional: tuple[Any, ...], named: dict[str, Any], says: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(says)):
        merged([(positional, named)])


def test_one_word_or_several() -> None:
    assert as_words("ntlm") == as_words(["ntlm"]) == ("ntlm",)
    assert as_words(()) == ()
