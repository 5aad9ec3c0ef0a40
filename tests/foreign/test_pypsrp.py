"""pypsrp's own client, by the logins that need nothing else; the main suite proves each login with it."""

from __future__ import annotations

import pytest

from psbridge.testing import EmulatedStamp
from tests.foreign.conftest import Client

LOGINS = [
    pytest.param("ntlm", id="ntlm, sealed on http"),
    pytest.param("negotiate", id="negotiate, sealed on http"),
    pytest.param("ntlm", marks=pytest.mark.psbridge(tls=True), id="ntlm, https"),
    pytest.param("negotiate", marks=pytest.mark.psbridge(tls=True), id="negotiate, https"),
    pytest.param("basic", marks=pytest.mark.psbridge(tls=True), id="basic, https"),
]
PWSH = pytest.mark.psbridge(engine="pwsh", full_language=True)


@pytest.mark.parametrize("auth", LOGINS)
def test_a_cmdlet_is_run_and_a_script_is_refused(auth: str, client: Client, stamp: EmulatedStamp) -> None:
    found = client("pypsrp_client.py", auth=auth)
    assert set(found["listed"]) == {f"redmond/{backup.id}" for backup in stamp.backups}
    assert found["errors"] == ["ScriptsNotAllowed"]


@pytest.mark.pwsh
@PWSH
def test_a_script_is_run_in_the_full_language(client: Client, stamp: EmulatedStamp) -> None:
    found = client("pypsrp_client.py", auth="ntlm")
    assert found["errors"] == []
    assert set(found["output"]) == {f"redmond/{backup.id}" for backup in stamp.backups}
