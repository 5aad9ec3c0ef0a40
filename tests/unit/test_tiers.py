"""No test is left out of all tiers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support import tiers

ROOT = Path(__file__).resolve().parents[1]


def item(request: pytest.FixtureRequest, *markers: str | pytest.MarkDecorator, name: str = "test_x") -> pytest.Item:
    made = pytest.Function.from_parent(request.node.parent, name=name, callobj=lambda: None)
    for marker in markers:
        made.add_marker(marker)
    return made


@pytest.mark.parametrize(
    ("markers", "given"),
    [
        ((), set()),
        (("sweep",), {"--all"}),
        (("pwsh",), {"--all"}),
        (("kerberos",), {"--lab"}),
        (("prometheus",), {"--lab"}),
        (("kerberos", "sweep"), {"--all", "--lab"}),
    ],
)
def test_a_marked_test_runs_only_with_its_options(
    markers: tuple[str, ...], given: set[str], request: pytest.FixtureRequest
) -> None:
    it = item(request, *markers)
    assert tiers.split([it], given) == ([it], [])
    assert tiers.split([it], {"--all", "--lab"}) == ([it], [])
    for option in given:
        assert tiers.split([it], {"--all", "--lab"} - {option}) == ([], [it])


def test_the_fast_tier_has_every_nth_case_of_a_sampled_test(
    request: pytest.FixtureRequest,
) -> None:
    cases = [item(request, pytest.mark.sampled(3), name=f"test_x[{number}]") for number in range(7)]
    other = item(request, pytest.mark.sampled(3), name="test_y[0]")
    tiers.sample([*cases, other])
    fast, swept = tiers.split([*cases, other], set())
    assert fast == [cases[0], cases[3], cases[6], other]
    assert len(swept) == 4


def test_every_file_with_tests_is_collected() -> None:
    tests = {
        path for path in ROOT.rglob("*.py") if re.search(r"^(async )?def test_", path.read_text("utf-8"), re.MULTILINE)
    }
    tests = {path.relative_to(ROOT) for path in tests if not any(part.startswith(".") for part in path.parts)}
    assert len(tests) > 100
    assert not [path for path in tests if not path.name.startswith("test_")]


@pytest.mark.parametrize(("given", "counts"), [(set(), [1, 25]), ({"--all"}, [2, 100])])
def test_all_tries_every_example_and_the_fast_tier_a_quarter(
    given: set[str], counts: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tiers, "_run_whole", None)
    tiers.choose(given)
    assert [tiers.examples(2), tiers.examples(100)] == counts
