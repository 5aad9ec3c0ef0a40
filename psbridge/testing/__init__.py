"""pytest fixtures for testing runbooks: an emulated operator host and its stamp.

In the root `conftest.py` of your tests:

    pytest_plugins = ["psbridge.testing"]

A test then requests the fixtures, and its marker chooses the scenario:

    @pytest.mark.psbridge(scenario="share-full", faults=["receive:2:reset-after"])
    def test_a_full_share_is_reported(operator_host: EmulatedHost, stamp: EmulatedStamp) -> None:
        done = subprocess.run(["./runbook.sh"], env=operator_host.env)
        assert done.returncode == 10
        assert stamp.triggers == 0

There is no entry point for it, so installing psbridge changes no other test run. psbridge does not require pytest;
install it yourself.
"""

from psbridge.testing.emulated_host import EmulatedHost
from psbridge.testing.emulated_stamp import EmulatedStamp
from psbridge.testing.marker import Rehearsal
from psbridge.testing.plugin import operator_host, pytest_configure, stamp

__all__ = ["EmulatedHost", "EmulatedStamp", "Rehearsal", "operator_host", "pytest_configure", "stamp"]
