"""The bundle's pseudonyms: one word per name, none of the names left, and sentences that can still be read."""

from __future__ import annotations

import pytest

from psbridge.doctor.bundle.pseudonyms import Pseudonyms


@pytest.fixture
def words() -> Pseudonyms:
    made = Pseudonyms({"hunter2-Geheim"}, names=False)
    made.learn_host("oaw01.ad.contoso.com")
    made.learn_user("CONTOSO\\azsbackup")
    made.learn_home("/home/maria")
    made.learn_user("maria")
    return made


TEXTS = {
    "https://oaw01.ad.contoso.com:5986/wsman: refused": "https://host-1:5986/wsman: refused",
    "OAW01 and oaw01.ad.contoso.com are one host": "host-1 and host-1 are one host",
    "oaw02.ad.contoso.com": "oaw02.domain-1",
    "CONTOSO\\azsbackup, azsbackup@contoso.com, azsbackup": "user-1, user-3, user-1",
    "Get-AzsBackup and Start-AzsBackup are cmdlets": "Get-AzsBackup and Start-AzsBackup are cmdlets",
    "10.1.2.3 and 10.1.2.3, not 127.0.0.1 or ::1": "address-1 and address-1, not 127.0.0.1 or ::1",
    "fe80::1%eth0 and 2001:db8::17": "address-1 and address-2",
    "at 12:30:45, 08:15 and 2026-03-04T12:22:18Z": "at 12:30:45, 08:15 and 2026-03-04T12:22:18Z",
    "\\\\files01.fabrikam.com\\AzSBackups\\contoso.com": "\\\\host-2\\AzSBackups\\domain-2",
    "/home/maria/.config/psbridge/config.yaml": "~/.config/psbridge/config.yaml",
    "tenant D9F2B6C4-3f7e-4f56-8c0e-6a1b9c2d7e11": "tenant id-1",
    "the password is hunter2-Geheim!": "the password is ***!",
    "a backup every 12h by an operator": "a backup every 12h by an operator",
    "PowerShell 5.1.17763.1 in Microsoft.PowerShell": "PowerShell 5.1.17763.1 in Microsoft.PowerShell",
}


@pytest.mark.parametrize("text", TEXTS)
def test_names_are_replaced_and_sentences_stay(text: str, words: Pseudonyms) -> None:
    assert words.text(text) == TEXTS[text]


def test_the_same_name_has_the_same_word_in_keys_and_values(words: Pseudonyms) -> None:
    plain = words.plain({"oaw01": ["192.0.2.7", {"at": "192.0.2.7"}], "n": 3, "PSVersion": "1.1.0.1"})
    assert plain == {"host-1": ["address-1", {"at": "address-1"}], "n": 3, "PSVersion": "1.1.0.1"}


def test_names_may_be_kept_and_secrets_never() -> None:
    kept = Pseudonyms({"hunter2-Geheim"}, names=True)
    kept.learn_host("oaw01.contoso.com")
    assert kept.text("oaw01.contoso.com 10.1.2.3 hunter2-Geheim") == "oaw01.contoso.com 10.1.2.3 ***"


def test_names_in_texts_are_learned() -> None:
    words = Pseudonyms((), names=False)
    words.learn_text("\\\\files01.fabrikam.com\\share, https://arm.fabrikam.com/, eve@fabrikam.com")
    assert words.text("files01, arm.fabrikam.com, fabrikam, eve") == "host-2, host-1, domain-1, user-1"
