"""pytest fixtures for those who test their own runbooks: an emulated operator host, and its stamp.

In the root `conftest.py` of your tests:

    pytest_plugins = ["psbridge.testing"]

Then a test takes the fixtures, and its marker says what happens:

    @pytest.mark.psbridge(scenario="share-full", faults=["receive:2:reset-after"])
    def test_a_full_share_is_reported(operator_host: EmulatedHost, stamp: EmulatedStamp) -> None:
        done = subprocess.run(["./runbook.sh"], env=operator_host.env)
        assert done.returncode == 10
        assert stamp.triggers == 0

It is named in a conftest, not found by an entry point: that psbridge is installed changes nobody's test run. pytest is
yours; psbridge itself does not need it.
"""

from psbridge.testing.emulated_host import EmulatedHost
from psbridge.testing.emulated_stamp import EmulatedStamp
from psbridge.testing.marker import Rehearsal
from psbridge.testing.plugin import operator_host, pytest_configure, stamp

__all__ = ["EmulatedHost", "EmulatedStamp", "Rehearsal", "operator_host", "pytest_configure", "stamp"]
