"""The checks, one function per row of a verdict's evidence. Pure: each reads the facts and returns what it found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from psbridge import defaults
from psbridge.catalogue.alerts import remedy
from psbridge.models.backup import Backup, Phase
from psbridge.models.case import Case
from psbridge.models.stamp import Alert
from psbridge.models.text import approximate_duration
from psbridge.models.time import Instant
from psbridge.models.verdict import Evidence, Outcome
from psbridge.verdict import first_rules
from psbridge.verdict.age import CLOCKS_AGREE
from psbridge.verdict.baseline import baseline, good_baseline
from psbridge.verdict.contradictions import contradiction, turned_down
from psbridge.verdict.fold import RULES, fold
from psbridge.verdict.roles import check_roles
from psbridge.verdict.state import State, settle_left
from psbridge.verdict.store_rows import KEY_HELD, store_rows


class Facts(msgspec.Struct, frozen=True):
    """All that the checks read. What was not read is None, and None is never taken for good.

    Attributes:
        case: what is known and was asked.
        state: what its observations came to.
        local_time: this machine's clock at the answer that showed the host's.
        baseline: the earlier backup whose roles this one's are compared with; None if there is none.
        settled: the settle time has passed since the end.
        contradiction: what was seen that can't be, such as a backup that ended and runs again; None if nothing.
        turned_down: each comparison that the config turned into a warning, with what it found.
        newest_versions: stamp and OEM version of the newest backup on the stamp.
        rules: the number of the rules.
    """

    case: Case
    state: State
    local_time: Instant
    baseline: Backup | None = None
    settled: bool = False
    contradiction: str | None = None
    turned_down: tuple[str, ...] = ()
    newest_versions: tuple[str | None, str | None] | None = None
    rules: int = RULES

    @property
    def backup(self) -> Backup | None:
        """The backup as last shown; None if the stamp does not show it."""
        return self.state.backup

    @property
    def host_time(self) -> Instant | None:
        """The host's clock when it was last shown; None if it was not shown."""
        return self.state.latest.host_time if self.state.latest else None


def facts_of(case: Case, rules: int) -> Facts:
    """Return what the checks of a case read, by the rules of that number."""
    state = fold(case, rules)
    backup, newest = state.backup, next((it for it in case.listed if it.completed_at), None)
    measure = {1: first_rules.baseline, 2: good_baseline}.get(rules, baseline)
    return Facts(
        case,
        state,
        local_time=_local_time(case, state),
        baseline=measure(backup, case.listed) if backup else None,
        settled=settle_left(case, state) <= 0,
        contradiction=contradiction(case, state, rules),
        turned_down=tuple(f"{it.check}: {it.text}" for it in (*state.turned_down, *turned_down(case, state))),
        newest_versions=(newest.stamp_version, newest.oem_version) if newest else None,
        rules=rules,
    )


def _local_time(case: Case, state: State) -> Instant:
    """Return this machine's clock at the answer that showed the host's: a wait may end long after the last one."""
    told = state.latest.host_time if state.latest else None
    return next((it.until for it in reversed(case.observations) if it.host_time == told), case.decided_at)


Found = tuple[Outcome, str]
"""What a check came to, and why."""


def check(facts: Facts) -> tuple[Evidence, ...]:
    """Return the result of every check, in the order of `_CHECKS`; the first rules compared no witnesses."""
    checks = ((name, found) for name, found in _CHECKS.items() if facts.rules > 1 or name != "witnesses")
    read = store_rows(facts.case) if facts.rules > 2 else (Evidence("key_held", Outcome.NOT_CHECKED, KEY_HELD),)
    return (*(Evidence(name, *found(facts)) for name, found in checks), _OFF_SITE_COPY, *read, _VALIDATE)


_OFF_SITE_COPY: Final = Evidence(
    "off_site_copy", Outcome.NOT_CHECKED, "psbridge can't see whether the share is copied off site"
)
_VALIDATE: Final = Evidence(
    "validate", Outcome.NOT_CHECKED, "only Validate-AzsBackup on the share restores what it can read"
)
FROM_ELSEWHERE: Final = ("off_site_copy", "key_held", "readable", "second_copy", "validate")
"""The rows that no answer of the stamp leads to, in their order."""

_STATUS = {
    Phase.SUCCEEDED: Outcome.PASS,
    Phase.PARTIAL: Outcome.FAIL,
    Phase.FAILED: Outcome.FAIL,
}


def _status(facts: Facts) -> Found:
    if facts.contradiction:
        return Outcome.UNKNOWN, facts.contradiction
    if facts.backup is None:
        none = "the stamp does not show this backup" if facts.case.id else "no backup of this stamp has ended"
        if facts.rules > 1 and facts.state.operation == 202:
            none = "the stamp does not list this backup yet; its operation is still running"
        return Outcome.UNKNOWN, none
    word = facts.backup.status or "no status at all"
    outcome = _STATUS.get(facts.backup.phase, Outcome.UNKNOWN)
    known = "" if facts.backup.phase is not Phase.UNKNOWN else ", an unknown status"
    return outcome, f"the stamp says {word}{known}"


def _not_ended(facts: Facts) -> Found | None:
    """Return the row of a check that is undecided because the backup is running; None if it has ended."""
    if facts.backup is not None and facts.backup.phase is not Phase.LIVE:
        return None
    return Outcome.UNKNOWN, "the backup has not ended"


def _roles(facts: Facts) -> Found:
    if early := _not_ended(facts):
        return early
    roles = facts.backup.roles if facts.backup else None
    found = check_roles(roles, facts.baseline, history_read=facts.case.list_consistent)
    return found.outcome, found.detail


def _recovery_ready(facts: Facts) -> Found:
    if early := _not_ended(facts):
        return early
    ready = facts.backup.is_cloud_recovery_ready if facts.backup else None
    if ready:
        return Outcome.PASS, "the stamp says that the backup is ready for cloud recovery"
    if ready is None:
        return Outcome.WARN, "the stamp does not say whether the backup is ready for cloud recovery"
    outcome = Outcome.FAIL if facts.case.require_recovery_ready else Outcome.WARN
    return outcome, "the stamp says that the backup is not ready for cloud recovery"


def _upload(facts: Facts) -> Found:
    uploaded, operation = facts.backup.completely_uploaded if facts.backup else None, facts.state.operation
    ended = facts.backup is not None and facts.backup.phase in {Phase.SUCCEEDED, Phase.PARTIAL, Phase.FAILED}
    if not ended:
        runs = facts.backup is None or facts.backup.phase is Phase.LIVE
        return Outcome.UNKNOWN, "the backup has not ended" if runs else "whether the backup has ended is unknown"
    if uploaded:
        return Outcome.PASS, "the stamp says that the upload is complete"
    if uploaded is None and operation == 200 and facts.state.upload_read:
        return Outcome.PASS, "the stamp's operation has ended"
    if uploaded is False and operation == 200:
        return Outcome.FAIL, "the stamp's operation has ended and the upload is not complete"
    if operation == 202:
        return Outcome.UNKNOWN, "the stamp's operation is still running"
    if uploaded is False:
        return Outcome.UNKNOWN, "the stamp says that the upload is not complete yet"
    if not facts.settled:
        return Outcome.UNKNOWN, "not shown yet (assumed after the settle time)"
    if facts.case.require_upload_proof:
        return Outcome.UNKNOWN, "not shown (require_upload_proof is set, so it is not assumed)"
    return Outcome.WARN, "assumed: not shown, and the settle time has passed since the end"


def _second_read(facts: Facts) -> Found:
    if facts.state.reads_agree is None:
        return Outcome.UNKNOWN, "only one read since it ended"
    if facts.state.reads_agree:
        return Outcome.PASS, "two reads after its end agree"
    how = f": {facts.state.changed}" if facts.state.changed else ""
    return Outcome.FAIL, f"two reads after its end differ{how}"


def _witnesses(facts: Facts) -> Found:
    """Say which sources were compared. A difference is a contradiction, unless the config sets that comparison to warn."""
    if facts.contradiction:
        return Outcome.UNKNOWN, "the answers contradict each other, or the record of this run"
    if early := _not_ended(facts):
        return early
    if facts.turned_down:
        return Outcome.WARN, f"only a warning, as inferred_checks sets it: {'; '.join(facts.turned_down)}"
    sources = [it.source.shown for it in facts.state.ended]
    if len(sources) < 2:
        return Outcome.NOT_CHECKED, "no second source could be read"
    return Outcome.PASS, f"{', '.join(sources)} agree"


def _whole(facts: Facts) -> Found:
    if facts.case.whole and not facts.case.observations:
        return Outcome.NOT_CHECKED, "no answer about the backup was read"
    if facts.case.whole:
        return Outcome.PASS, "every answer was received completely"
    return Outcome.UNKNOWN, "part of an answer was lost and could not be read again"


def _thumbprint(facts: Facts) -> Found:
    if early := _not_ended(facts):
        return early
    mine = facts.backup.encryption_cert_thumbprint if facts.backup else None
    theirs = facts.case.settings.encryption_cert_thumbprint if facts.case.settings else None
    if facts.case.settings is None:
        return Outcome.UNKNOWN, "the settings are not known"
    if not mine or not theirs:
        return Outcome.WARN, "no encryption certificate's thumbprint to compare"
    if mine.casefold() == theirs.casefold():
        return Outcome.PASS, f"encrypted with the certificate in the backup settings, {mine}"
    return Outcome.WARN, f"encrypted with {mine}; the backup settings name {theirs}: keep both private keys"


def _versions(facts: Facts) -> Found:
    if facts.backup is None or facts.newest_versions is None:
        return Outcome.UNKNOWN, "no other backup to compare the stamp's version with"
    mine = (facts.backup.stamp_version, facts.backup.oem_version)
    if facts.rules > 1 and (unknown := _missing_versions(mine, facts.newest_versions)):
        return unknown
    if mine == facts.newest_versions:
        return Outcome.PASS, f"stamp {mine[0]}, OEM {mine[1]}: the same as the newest backup"
    return (
        Outcome.WARN,
        f"made on stamp {mine[0]}, OEM {mine[1]}; the newest backup on {facts.newest_versions[0]}, {facts.newest_versions[1]}",
    )


def _missing_versions(mine: tuple[str | None, ...], newest: tuple[str | None, ...]) -> Found | None:
    """Return the row where a version is not shown: two unknown versions are not the same version."""
    untold = [what for what, version in zip(("stamp", "OEM"), mine, strict=True) if not version]
    if untold:
        return Outcome.UNKNOWN, f"the stamp does not show the backup's {' and '.join(untold)} version"
    if not all(newest):
        return Outcome.UNKNOWN, "the newest backup's versions are not shown, so they can't be compared"
    return None


def _age(facts: Facts) -> Found:
    now = facts.host_time or facts.local_time
    ended = facts.backup.completed_at if facts.backup else None
    if ended is None:
        return Outcome.UNKNOWN, "the backup has no end time"
    age = (now - ended).seconds
    if age < -CLOCKS_AGREE:
        return Outcome.WARN, "its end is in the future by the host's clock"
    settings = facts.case.settings
    hours = settings.backup_frequency_in_hours if settings else None
    scheduled = settings is not None and settings.is_backup_scheduler_enabled
    text = f"ended {approximate_duration(age)} ago"
    if scheduled and hours and age > hours * 3600 * defaults.MISSED_INTERVALS:
        return Outcome.WARN, f"{text}; the scheduler is set to one every {hours} h"
    return Outcome.PASS, text


def _clock(facts: Facts) -> Found:
    if facts.host_time is None:
        return Outcome.UNKNOWN, "the host's time is not known"
    skew = (facts.host_time - facts.local_time).seconds
    if abs(skew) <= CLOCKS_AGREE:
        return Outcome.PASS, "the host's clock and this machine's agree within 2 minutes"
    side = "ahead of" if skew > 0 else "behind"
    return Outcome.WARN, f"the host's clock is {approximate_duration(abs(skew))} {side} this machine's"


def _alerts(facts: Facts) -> Found:
    """Open alerts do not change the verdict: no answer says which backup they belong to. Their remedies help if it is bad."""
    if facts.case.alerts is None:
        return Outcome.UNKNOWN, "the stamp's alerts are not known"
    if not facts.case.alerts:
        return Outcome.PASS, "no alert of the backup service is open"
    return Outcome.WARN, f"open: {'; '.join(map(_with_remedy, facts.case.alerts))}"


def _with_remedy(alert: Alert) -> str:
    title = (alert.title or alert.fault_type or "untitled").rstrip(".")
    return f"{title} ({remedy(alert.fault_type, alert.title).rstrip('.')})"


_CHECKS: Final[Mapping[str, Callable[[Facts], Found]]] = {
    "status": _status,
    "roles": _roles,
    "recovery_ready": _recovery_ready,
    "upload": _upload,
    "second_read": _second_read,
    "witnesses": _witnesses,
    "whole": _whole,
    "thumbprint": _thumbprint,
    "versions": _versions,
    "age": _age,
    "clock": _clock,
    "alerts": _alerts,
}
