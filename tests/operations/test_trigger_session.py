"""The trigger goes into the session that was looked at."""

from __future__ import annotations

import pytest

from psbridge.errors import (
    Interrupted,
    PrerequisiteError,
    PsbridgeError,
    Unreachable,
)
from psbridge.models.events import Intent
from psbridge.operations.start import StartOptions
from tests.operations.conftest import is_look, reset, without_roles
from tests.support.fakes.stamp_session import Fault


@pytest.mark.parametrize("scenario", ["succeeds", "azurerm-module"])
def test_a_session_that_breaks_before_the_trigger_is_checked_again(bench, scenario):
    """The next one may lead to another subscription or stamp, and a trigger is sent only to a checked session."""
    it, other = bench(scenario), bench("wrong-subscription")

    def moved() -> PsbridgeError:
        it.sessions.stamp = other.stamp
        return Unreachable("connection reset", retryable=True)

    it.sessions.faults.append(Fault(is_look, moved))
    problem = it.refused(if_older_than=60.0)
    assert isinstance(problem, PrerequisiteError)
    assert problem.detail["expected"] == "Default Provider Subscription"
    assert (it.triggers, other.triggers, it.sessions.triggers) == (0, 0, [])


def test_the_azurerm_trigger_uses_the_checked_session(bench):
    it, other = bench("azurerm-module"), bench("wrong-subscription")

    def observe(event) -> None:
        if isinstance(event, Intent):
            it.sessions.stamp = other.stamp  # whatever is opened from now on leads elsewhere

    with pytest.raises(PsbridgeError):
        it.client.backups.run(StartOptions(timeout=60), observe=observe)
    assert (it.triggers, other.triggers) == (1, 0)


def test_a_session_that_breaks_at_each_check_ends_the_start(bench):
    it = bench()
    it.start()
    it.clock.advance(3600)
    it.sessions.faults[:] = [Fault(lambda text, _: "Get-Command" in text, change=without_roles, times=999)]
    odd = iter(range(10_000))
    it.sessions.faults.append(
        Fault(lambda text, _: is_look(text, 0) and next(odd) % 2 == 0, reset(delivered=False), times=999)
    )
    problem = it.refused()
    assert isinstance(problem, Unreachable)
    assert "sessions broke before the start request was sent" in problem.message
    assert it.sessions.opened < 12
    assert it.triggers == 1


def test_an_interrupt_while_an_error_is_explained_is_not_swallowed(bench):
    it = bench("not-signed-in")
    it.sessions.faults.append(
        Fault(lambda text, _: text.startswith("Get-AzContext"), lambda: Interrupted("interrupted by SIGTERM"))
    )
    with pytest.raises(Interrupted):
        it.client.settings()
