"""What the page about signing in says: roles, failures and config are those of the code."""

from __future__ import annotations

import json
import re
from pathlib import Path

from psbridge.catalogue.sign_in import FAILURES, REFUSED, SignInFailure
from psbridge.config.load import load
from psbridge.emulator.stamp.service import APPLICATION_ID, CERTIFICATE
from tests.support.manual import all_blocks, between, block

PUBLISHED, INFERRED = "published", "*inferred*"
# Each action that psbridge needs, its mark, and whether a reader has it. Published: in the backup provider's list of
# operations, 2018-09-01 (Azure/azure-rest-api-specs, Operations/List.json).
ACTIONS = {
    "Microsoft.Backup.Admin/backupLocations/read": (PUBLISHED, True),
    "Microsoft.Backup.Admin/backupLocations/backups/read": (PUBLISHED, True),
    "Microsoft.Backup.Admin/backupLocations/createBackup/action": (PUBLISHED, False),
    "Microsoft.Backup.Admin/backupLocations/operationResults/read": (INFERRED, True),
    "Microsoft.InfrastructureInsights.Admin/*/read": (INFERRED, True),
    "Microsoft.Resources/subscriptions/resourceGroups/read": (INFERRED, True),
    "Microsoft.Subscriptions/*/read": (INFERRED, True),
    "Microsoft.Update.Admin/*/read": (INFERRED, True),
}


def test_the_roles_have_the_actions_of_the_table_and_no_others() -> None:
    roles = {it.file: json.loads(it.text) for it in all_blocks("sign-in") if it.language == "json"}
    operator, reader = roles["psbridge-backup-operator.json"], roles["psbridge-backup-reader.json"]
    assert operator["Actions"] == list(ACTIONS)
    assert reader["Actions"] == [action for action, (_, reads) in ACTIONS.items() if reads]
    assert not [action for action in reader["Actions"] if not action.endswith("/read")]
    for role in (operator, reader):
        assert (role["IsCustom"], role["NotActions"]) == (True, [])
        assert [re.sub("0", "", it) for it in role["AssignableScopes"]] == ["/subscriptions/----"]


def test_each_action_is_marked() -> None:
    table = between("sign-in", "<!-- actions:", "<!-- end of actions -->")
    assert re.findall(r"^\| `(.+?)` \| .+ \| (.+) \|$", table, re.MULTILINE) == [
        (action, mark) for action, (mark, _) in ACTIONS.items()
    ]


def row(failure: SignInFailure) -> str:
    """Return the line of the page's table for a failure."""
    says = re.sub(r"\{\w+\}", "…", failure.says)
    hint = re.sub(r"\{\w+\}", "…", failure.hint).replace("|", "\\|")
    seen = ", ".join([*failure.codes, *("words of the host" for _ in failure.words[:1])]) or "any other"
    more = [word for word, holds in (("retried", failure.retryable), ("inferred", failure.inferred)) if holds]
    return f"| `{failure.reason}` | {seen} | {says}{''.join(f'; *{it}*' for it in more)} | {hint} |"


def test_the_table_of_failures_is_the_catalogues() -> None:
    table = between(
        "sign-in", "<!-- failures: those of the catalogue, checked by the tests -->\n", "<!-- end of failures"
    )
    head = "| reason | seen in | what happened | what to do |\n|---|---|---|---|\n"
    assert table == head + "".join(f"{row(it)}\n" for it in (*FAILURES, REFUSED))


def test_the_rehearsal_names_the_emulated_principal() -> None:
    text = block("sign-in", "yaml", "psbridge.example")
    assert APPLICATION_ID in text
    assert CERTIFICATE in text


def test_the_config_of_the_page_is_valid(tmp_path: Path) -> None:
    text = f"version: 1\ntargets:\n  redmond:\n    host: a\n{block('sign-in', 'yaml', 'or: secret')}"
    (tmp_path / "config.yaml").write_text(text)
    (tmp_path / "config.yaml").chmod(0o600)
    found = load(tmp_path / "config.yaml", {})
    assert found.invalid == {}
    assert found.targets["redmond"]["sign_in"].value.certificate_thumbprint == "0" * 40
