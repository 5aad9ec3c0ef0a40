"""How much of everything there is, and the fault of who asks for more."""

from __future__ import annotations

import pytest
from pypsrp.exceptions import WSManFaultError
from pypsrp.powershell import RunspacePool

from psbridge.emulator.host import OperatorHost
from psbridge.emulator.wsman import names
from psbridge.emulator.wsman.quotas import Quotas
from tests.support.clients.wsman_client import CONFIG_URI, pipeline, wsman
from tests.support.hosts.raw_wsman import Client, receive, timeout
from tests.support.hosts.wsman_engine import ToyEngine
from tests.support.process.until import LONG

USERS = {"admin": "secret", "other": "word", "third": "party"}


def limited(quotas: Quotas) -> OperatorHost:
    return OperatorHost(ToyEngine(), users=USERS, allow_unencrypted=True, quotas=quotas)


def pool_of(host: OperatorHost, user: str) -> RunspacePool:
    return RunspacePool(wsman(host, username=user, password=USERS[user]))


@pytest.mark.source("[MS-WSMV] 2.2.4.23 MaxConcurrentUsers", "wsmerror.h: ERROR_WSMAN_QUOTA_MAX_USERS_PPQ")
def test_the_number_of_users_with_shells_is_limited() -> None:
    with limited(Quotas(users=2)) as host:
        first = pool_of(host, "admin")
        first.open()
        pool_of(host, "other").open()
        pool_of(host, "other").open()
        with pytest.raises(WSManFaultError, match="maximum number of users") as refused:
            pool_of(host, "third").open()
        assert refused.value.code == 2150859237
        first.close()
        pool_of(host, "third").open()


@pytest.mark.source(
    "[MS-WSMV] 3.1.4.11 and 3.1.4.12",
    "quoted: pywinrm's tests and winrm-fs' issue 15, MSFT_WmiError",
    "wsmerror.h: ERROR_WSMAN_QUOTA_MAX_OPERATIONS",
)
def test_the_number_of_commands_per_user_is_limited() -> None:
    with limited(Quotas(operations_per_user=3)) as host:
        pools = [pool_of(host, "admin"), pool_of(host, "admin")]
        for pool in pools:
            pool.open()
        done = [pipeline(pool, Count=1) for pool in (*pools, pools[0])]
        for shell in done:
            shell.invoke()
        line = '<rsp:CommandLine CommandId="00000000-0000-4000-8000-000000000001"/>'
        refused = Client(host).ask("command", line, shell_id=pools[1].id)
        assert (refused.status, refused.code, refused.subcode) == (500, 2150859174, "w:InternalError")
        assert refused.header("RelatesTo") is None
        with RunspacePool(wsman(host, username="other", password="word")) as others:
            assert pipeline(others, Count=1).invoke() == ["000000"]
        done[0].close()
        assert pipeline(pools[1], Count=1).invoke() == ["000000"]


@pytest.mark.source("[MS-WSMV] 2.2.4.23 MaxIdleTimeoutms", "wsmerror.h: ERROR_WINRS_IDLETIMEOUT_OUTOFBOUNDS")
def test_an_idle_timeout_is_limited_and_refused_below_the_minimum() -> None:
    with limited(Quotas(max_idle_timeout=3600)) as host:
        RunspacePool(wsman(host), idle_timeout=60).open()
        RunspacePool(wsman(host), idle_timeout=999_999).open()
        assert sorted(state.idle_timeout for state in host.shells()) == [60, 3600]
        with pytest.raises(WSManFaultError, match="IdleTimeout is outside the allowed range") as refused:
            RunspacePool(wsman(host), idle_timeout=59).open()
        assert refused.value.code == 2150859250
        shell = host.shells()[0]
        client = Client(host)
        for asked, code in (("PT59S", 2150859250), ("PT90S", 0), ("P9D", 0)):
            body = f"<rsp:Disconnect><rsp:IdleTimeOut>{asked}</rsp:IdleTimeOut></rsp:Disconnect>"
            assert client.ask("disconnect", body, shell_id=shell.shell_id).code == code
        assert {state.idle_timeout for state in host.shells() if state.shell_id == shell.shell_id} == {3600}


@pytest.mark.source("[MS-WSMV] 3.1.4.2", "capture: test_wsman_update_envelope_size_500.yml")
def test_the_configuration_shows_quotas_and_methods() -> None:
    with limited(Quotas(users=7, shells_per_user=3, idle_timeout=600, operations_per_user=99)) as host:
        told = Client(host).ask("get", resource=CONFIG_URI)
        values = {name: told.all(name) for name in ("MaxConcurrentUsers", "MaxShellsPerUser", "IdleTimeout")}
        assert values == {"MaxConcurrentUsers": ["7"], "MaxShellsPerUser": ["3"], "IdleTimeout": ["600000"]}
        assert told.all("MaxConcurrentOperationsPerUser") == ["99"]
        assert (told.all("MaxEnvelopeSizekb"), told.all("MaxTimeoutms")) == (["500"], ["60000"])
        service = told.root.find(f".//{{{names.CONFIG}}}Service")
        assert service is not None
        auth = {item.tag.rpartition("}")[2]: item.text for item in service.iter() if item.text in {"true", "false"}}
        assert (auth["Basic"], auth["Negotiate"], auth["AllowUnencrypted"]) == ("true", "true", "true")


@pytest.mark.source(
    "[MS-WSMV] 3.1.4.14 2150858793", "[MS-WSMV] 3.1.4.1.6", "capture: test_psrp_long_running_cmdlet.yml"
)
@pytest.mark.parametrize("keep_alive", [False, True])
def test_a_silent_receive_times_out_despite_keepalive(keep_alive: bool) -> None:
    option = '<w:OptionSet><w:Option Name="WSMAN_CMDSHELL_OPTION_KEEPALIVE">True</w:Option></w:OptionSet>'
    with limited(Quotas()) as host, RunspacePool(wsman(host)) as pool:
        headers = timeout("PT0.1S") + (option if keep_alive else "")
        silent = Client(host).ask("receive", receive(), shell_id=pool.id, headers=headers)
        assert (silent.status, silent.code, silent.subcode) == (500, 2150858793, "w:TimedOut")


@pytest.mark.source("[MS-WSMV] 3.1.4.1.7", "quoted: OMI's tests, the answer does not fit the client's envelope")
def test_an_answer_fits_the_clients_envelope_size_or_is_a_fault() -> None:
    with limited(Quotas()) as host, RunspacePool(wsman(host)) as pool:
        shell = pipeline(pool, Count=40, Size=1500)
        shell.begin_invoke()
        client = Client(host)
        small = "<w:MaxEnvelopeSize>8192</w:MaxEnvelopeSize>"
        for _ in range(3):
            data = client.request("receive", receive(shell.id), shell_id=pool.id, headers=small)
            answer = client.http.post(host.url, data=data, auth=("admin", "secret"), timeout=LONG)
            assert answer.status_code == 200
            assert len(answer.content) <= 8192
        big = pipeline(pool, Count=1, Size=9000)
        big.begin_invoke()
        refused = client.ask("receive", receive(big.id), shell_id=pool.id, headers=small)
        assert (refused.code, refused.subcode) == (2152992672, "w:InternalError")
        assert "-2144108472" in "".join(refused.root.itertext())
        assert big.end_invoke()[0][:6] == "000000"


@pytest.mark.source("psbridge: as Microsoft's OMI was seen to answer")
def test_a_host_can_send_one_message_per_answer() -> None:
    with limited(Quotas(messages_per_receive=1)) as host, pool_of(host, "admin") as pool:
        before = host.requests["receive"]
        assert len(pipeline(pool, Count=5).invoke()) == 5
        assert host.requests["receive"] - before == 6, "the objects and the state"
