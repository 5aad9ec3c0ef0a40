"""The memory of refused logins: when it refuses, when it does not, and what it never shows."""

from __future__ import annotations

import stat
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from psbridge.errors import AuthError
from psbridge.journal import refused_logins
from psbridge.journal.refused_logins import RefusedLogins
from psbridge.models.connection import Auth, Endpoint, SignIn
from psbridge.models.secret import Credential, Secret
from psbridge.models.target import Target
from psbridge.values import replace
from tests.support.fakes.fake_clock import FakeClock

ENDPOINT = Endpoint("oaw01", 5986, None, Auth.NTLM, "CONTOSO\\operator", Secret("Tr0ub4dor&3"))
PRINCIPAL = Credential("5aad75c3-398d-4c54-a63a-dfdf75e30f87", Secret("principal-s3cret"))
SIGN_IN = SignIn("AzureStackAdmin", "contoso.onmicrosoft.com", PRINCIPAL)
TARGET = Target("redmond", endpoints=(ENDPOINT,), sign_in=SIGN_IN)
REFUSED = AuthError(
    "https://oaw01:5986/wsman: the host refused the credentials (auth: ntlm)",
    detail={"reason": "login_refused", "host": "https://oaw01:5986/wsman", "code": None},
)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """One slow hash is tested; the other tests use a quick one."""
    slow = refused_logins.hashlib.scrypt
    monkeypatch.setattr(
        refused_logins.hashlib, "scrypt", lambda text, **given: slow(text, **(given | {"n": 2, "maxmem": 0}))
    )


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def memory(folder: Path, clock: FakeClock, target: Target = TARGET, **given: Any) -> RefusedLogins:
    """Return the memory as a new process has it."""
    return RefusedLogins(folder, target, clock, **({"hold": True} | given))


def held(it: RefusedLogins) -> bool:
    try:
        it.check()
    except AuthError:
        return True
    return False


def test_a_refused_login_is_held_until_an_hour_has_passed(tmp_path: Path, clock: FakeClock) -> None:
    memory(tmp_path, clock).check()
    memory(tmp_path, clock).refused(REFUSED)
    for seconds, expected in ((0, True), (3599, True), (1, False)):
        clock.advance(seconds)
        assert held(memory(tmp_path, clock)) is expected


def test_the_error_says_since_when_why_and_how_to_try_at_once(tmp_path: Path, clock: FakeClock) -> None:
    memory(tmp_path, clock).refused(REFUSED)
    clock.advance(3600)
    memory(tmp_path, clock).refused(AuthError("again"))
    clock.advance(60)
    with pytest.raises(AuthError) as caught:
        memory(tmp_path, clock).check()
    assert caught.value.message == (
        "the login was not tried, because it was refused at 2026-03-04T12:00:00Z: https://oaw01:5986/wsman: the host "
        "refused the credentials (auth: ntlm)"
    )
    assert caught.value.hint == (
        "Failed logins lock accounts, so checks try this login again at 2026-03-04T14:00:00Z, or when the secret in the "
        "config changes. To try at once: `psbridge -t redmond status`"
    )
    assert caught.value.detail == {
        "reason": "login_refused",
        "refused_since": "2026-03-04T12:00:00Z",
        "next_try": "2026-03-04T14:00:00Z",
    }


def test_a_command_that_a_person_runs_is_not_held(tmp_path: Path, clock: FakeClock) -> None:
    memory(tmp_path, clock).refused(REFUSED)
    assert not held(memory(tmp_path, clock, hold=False))


def test_an_accepted_login_ends_it(tmp_path: Path, clock: FakeClock) -> None:
    memory(tmp_path, clock).refused(REFUSED)
    memory(tmp_path, clock, hold=False).accepted()
    assert not held(memory(tmp_path, clock))
    assert [it.name for it in (tmp_path / "refused-logins").iterdir()] == ["salt"]


OTHERS = {
    "password": replace(TARGET, endpoints=(replace(ENDPOINT, password=Secret("right")),)),
    "user": replace(TARGET, endpoints=(replace(ENDPOINT, username="CONTOSO\\other"),)),
    "method": replace(TARGET, endpoints=(replace(ENDPOINT, auth=Auth.CREDSSP),)),
    "host": replace(TARGET, endpoints=(replace(ENDPOINT, host="oaw02"),)),
    "port": replace(TARGET, endpoints=(replace(ENDPOINT, port=5985),)),
    "principal": replace(
        TARGET, sign_in=replace(SIGN_IN, service_principal=replace(PRINCIPAL, password=Secret("new")))
    ),
    "tenant": replace(TARGET, sign_in=replace(SIGN_IN, tenant="fabrikam.onmicrosoft.com")),
    "no sign-in": replace(TARGET, sign_in=None),
}


@pytest.mark.parametrize("other", OTHERS)
def test_another_login_is_not_held(tmp_path: Path, clock: FakeClock, other: str) -> None:
    memory(tmp_path, clock).refused(REFUSED)
    assert held(memory(tmp_path, clock))
    assert not held(memory(tmp_path, clock, OTHERS[other]))


def test_the_name_of_the_target_and_its_rules_do_not_matter(tmp_path: Path, clock: FakeClock) -> None:
    memory(tmp_path, clock).refused(REFUSED)
    assert held(memory(tmp_path, clock, replace(TARGET, name="nyc", location="nyc", options="-t nyc")))


def test_a_login_without_a_secret_is_never_remembered(tmp_path: Path, clock: FakeClock) -> None:
    ticket = Target("redmond", endpoints=(replace(ENDPOINT, auth=Auth.KERBEROS, password=None),))
    memory(tmp_path, clock, ticket).refused(REFUSED)
    assert not held(memory(tmp_path, clock, ticket))
    assert list(tmp_path.iterdir()) == []


def test_two_folders_have_different_fingerprints(tmp_path: Path, clock: FakeClock) -> None:
    for name in ("a", "b"):
        memory(tmp_path / name, clock).refused(REFUSED)
    names = [{it.name for it in (tmp_path / name / "refused-logins").glob("*.json")} for name in ("a", "b")]
    assert [len(it) for it in names] == [1, 1]
    assert names[0] != names[1]


def test_no_file_shows_what_was_sent_and_only_this_user_reads_them(tmp_path: Path, clock: FakeClock) -> None:
    memory(tmp_path, clock).refused(REFUSED)
    folder = tmp_path / "refused-logins"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    files = list(folder.iterdir())
    assert len(files) == 2
    for file in files:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        for part in (b"Tr0ub4dor", b"principal-s3cret", b"operator", b"5aad75c3"):
            assert part not in file.read_bytes() + file.name.encode()


def test_the_fingerprint_is_slow(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, clock: FakeClock) -> None:
    """Whoever reads the folder must not try a million passwords a second."""
    cost: dict[str, Any] = {}

    def scrypt(text: bytes, **given: Any) -> bytes:
        cost.update(given)
        return b"0" * 16

    monkeypatch.setattr(refused_logins.hashlib, "scrypt", scrypt)
    memory(tmp_path, clock).refused(REFUSED)
    assert cost["n"] * cost["r"] * cost["p"] * 128 >= 32 << 20  # bytes of memory, RFC 7914
    assert len(cost["salt"]) == 32


@pytest.mark.parametrize("error", [ValueError("disabled for FIPS"), AttributeError("scrypt")])
def test_a_machine_without_scrypt_remembers_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, clock: FakeClock, error: Exception
) -> None:
    def none(*_: Any, **__: Any) -> bytes:
        raise error

    rounds: list[int] = []

    def pbkdf2(_name: str, text: bytes, salt: bytes, count: int, _length: int) -> bytes:
        rounds.append(count)
        return (text + salt)[-16:]

    monkeypatch.setattr(refused_logins.hashlib, "scrypt", none)
    monkeypatch.setattr(refused_logins.hashlib, "pbkdf2_hmac", pbkdf2)
    memory(tmp_path, clock).refused(REFUSED)
    assert held(memory(tmp_path, clock))
    assert set(rounds) == {600_000}


def test_without_any_refusal_no_fingerprint_is_computed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, clock: FakeClock
) -> None:
    monkeypatch.setattr(refused_logins, "_fingerprint", lambda *_: pytest.fail("computed"))
    it = memory(tmp_path, clock)
    it.check()
    it.accepted()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"since": 1}', b'{"since": "x", "tried": "x", "message": "x"}', b"x" * 5000]
)
def test_a_damaged_record_holds_nothing_and_is_replaced(tmp_path: Path, clock: FakeClock, content: bytes) -> None:
    memory(tmp_path, clock).refused(REFUSED)
    (record,) = (tmp_path / "refused-logins").glob("*.json")
    record.write_bytes(content)
    assert not held(memory(tmp_path, clock))
    memory(tmp_path, clock).refused(REFUSED)
    assert held(memory(tmp_path, clock))


@pytest.mark.parametrize("salt", [b"", b"short", b"x" * 33])
def test_a_damaged_salt_is_replaced(tmp_path: Path, clock: FakeClock, salt: bytes) -> None:
    memory(tmp_path, clock).refused(REFUSED)
    (tmp_path / "refused-logins" / "salt").write_bytes(salt)
    assert not held(memory(tmp_path, clock))
    memory(tmp_path, clock).refused(REFUSED)
    assert held(memory(tmp_path, clock))


def test_a_clock_that_was_ahead_holds_nothing(tmp_path: Path, clock: FakeClock) -> None:
    ahead = FakeClock(clock.now() + timedelta(days=400))
    memory(tmp_path, ahead).refused(REFUSED)
    assert not held(memory(tmp_path, clock))


def test_records_older_than_a_day_are_deleted(tmp_path: Path, clock: FakeClock) -> None:
    memory(tmp_path, clock).refused(REFUSED)
    clock.advance(86_401)
    memory(tmp_path, clock, OTHERS["password"]).refused(REFUSED)
    assert len(list((tmp_path / "refused-logins").glob("*.json"))) == 1


def test_a_folder_that_cannot_be_written_is_a_warning(tmp_path: Path, clock: FakeClock) -> None:
    (tmp_path / "refused-logins").write_text("a file")
    warnings: list[str] = []
    memory(tmp_path, clock, warn=warnings.append).refused(REFUSED)
    assert len(warnings) == 1
    assert warnings[0].startswith("the refused login can't be remembered, so checks will send it again: ")


def test_a_long_text_of_the_host_is_cut_to_one_line(tmp_path: Path, clock: FakeClock) -> None:
    memory(tmp_path, clock).refused(AuthError("line\n" * 5000))
    with pytest.raises(AuthError) as caught:
        memory(tmp_path, clock).check()
    assert "\n" not in caught.value.message
    assert len(caught.value.message) < 700
