"""The rules for the stamp's backup settings, at their edges."""

from __future__ import annotations

import pytest

from psbridge.doctor.lints import findings
from psbridge.models.context import ModuleFamily
from psbridge.models.diagnosis import StageState
from psbridge.models.stamp import BackupSettings
from psbridge.values import replace

SOUND = BackupSettings(
    location="redmond",
    path=r"\\fileserver01.contoso.com\AzSBackups\nyc",
    user_name=r"CONTOSO\azsbackup",
    encryption_cert_thumbprint="F27795A98954B14C08B0375F29BDFA9DF166A1D0",
    backup_frequency_in_hours=12,
    backup_retention_period_in_days=7,
    available_capacity="1.00 TB",
    is_backup_scheduler_enabled=True,
)


def told(settings: BackupSettings, family: ModuleFamily = ModuleFamily.AZ) -> list[str]:
    return [it.finding.text for it in findings(settings, family)]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"path": "\\\\fileserver01.contoso.com\\AzSBackups\\"},
        {"user_name": "azsbackup@contoso.com"},
        {"backup_frequency_in_hours": 4, "backup_retention_period_in_days": 2},
        {"backup_retention_period_in_days": 14},
        {"available_capacity": "20 GB"},
        {"available_capacity": None},
        {"available_capacity": "plenty"},
        {
            "backup_frequency_in_hours": None,
            "backup_retention_period_in_days": None,
            "is_backup_scheduler_enabled": None,
        },
    ],
)
def test_what_is_within_the_rules_is_not_named(changes: dict[str, object]) -> None:
    assert told(replace(SOUND, **changes)) == []


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        (
            {"path": r"\\fd00--5.ipv6-literal.net\share"},
            "the share is on an address, fd00--5.ipv6-literal.net, not on a name",
        ),
        ({"path": r"\\server"}, r"the share \\server is not a UNC path"),
        ({"path": "//server.contoso.com/share"}, "the share //server.contoso.com/share is not a UNC path"),
        ({"encryption_cert_thumbprint": "key"}, "the certificate's thumbprint is not one: key"),
        ({"backup_frequency_in_hours": 3}, "a backup every 3h: the documented limits are 4h to 12h"),
        ({"backup_frequency_in_hours": 13}, "a backup every 13h: the documented limits are 4h to 12h"),
        ({"backup_retention_period_in_days": 1}, "backups are kept for 1d: the documented limits are 2d to 14d"),
        ({"backup_retention_period_in_days": 15}, "backups are kept for 15d: the documented limits are 2d to 14d"),
        ({"available_capacity": "19.99 GB"}, "the stamp reports 19.99 GB of free space on the share"),
        ({"available_capacity": "0.00 TB"}, "the stamp reports 0.00 TB of free space on the share"),
        ({"user_name": ""}, "the share has no user"),
        ({"user_name": "a\\b\\c"}, r"the user of the share, a\b\c, has no domain"),
    ],
)
def test_what_is_not_is_a_warning_with_a_remedy(changes: dict[str, object], text: str) -> None:
    (found,) = findings(replace(SOUND, **changes), ModuleFamily.AZ)
    assert (found.finding.text, found.finding.state) == (text, StageState.WARN)
    assert found.finding.remedy


@pytest.mark.parametrize(
    "changes",
    [
        {"path": None},
        {"path": ""},
        {"path": r"\\Store.File.core.windows.net\backup"},
        {"encryption_cert_thumbprint": None},
    ],
)
def test_what_a_start_is_refused_for_is_a_failure_with_its_error(changes: dict[str, object]) -> None:
    found = findings(replace(SOUND, **changes), ModuleFamily.AZ)
    failures = [it for it in found if it.finding.state is StageState.FAIL]
    assert len(failures) == 1
    assert failures[0].error is not None
    assert failures[0].error.code == "prerequisite"


def test_an_old_stamp_may_have_a_key_in_place_of_the_certificate() -> None:
    (text,) = told(replace(SOUND, encryption_cert_thumbprint=None), ModuleFamily.AZURERM)
    assert "old key" in text
