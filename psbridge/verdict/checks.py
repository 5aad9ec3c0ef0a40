"""The contract's table of evidence, one function per row. Pure: each looks at the facts, and says what it found."""

from __future__ import annotations

from psbridge.models.backup import Backup, Phase, phase_of
from psbridge.models.target import Policy
from psbridge.models.text import ascii_lower
from psbridge.models.time import Instant, Span
from psbridge.models.verdict import Evidence, Outcome
from psbridge.verdict.alerts import remedy_for
from psbridge.verdict.contradictions import CLOCKS_AGREE
from psbridge.verdict.facts import Facts


def rows(facts: Facts, policy: Policy) -> tuple[tuple[Evidence, ...], str | None]:
    """Return every row of the table in its order, and how the upload is known: `shown`, `assumed` or None."""
    upload, proof = _upload(facts, policy)
    compared = () if facts.rules == 1 else (_witnesses(facts),)
    return (
        _status(facts),
        _roles(facts),
        _recovery_ready(facts, policy),
        upload,
        _second_read(facts),
        *compared,
        _whole(facts),
        _thumbprint(facts),
        _versions(facts),
        _age(facts),
        _clock(facts),
        _alerts(facts),
        Evidence("off_site_copy", Outcome.NOT_CHECKED, "whether the share is copied off site can't be seen from here"),
        Evidence(
            "key_held",
            Outcome.NOT_CHECKED,
            "whether the certificate's private key (.pfx) is kept can't be seen from here",
        ),
        Evidence(
            "validate", Outcome.NOT_CHECKED, "only Validate-AzsBackup on the share proves that the data can be read"
        ),
    ), proof


_STATUS = {
    Phase.SUCCEEDED: Outcome.PASS,
    Phase.PARTIAL: Outcome.FAIL,
    Phase.FAILED: Outcome.FAIL,
}


def _status(facts: Facts) -> Evidence:
    if facts.contradiction:
        return Evidence("status", Outcome.UNKNOWN, facts.contradiction)
    if facts.backup is None:
        none = "the stamp does not show this backup" if facts.named else "no backup of this stamp has ended"
        if facts.rules > 1 and facts.operation == 202:
            none = "the stamp does not list this backup yet, and its operation goes on"
        return Evidence("status", Outcome.UNKNOWN, none)
    word = facts.backup.status or "no status at all"
    outcome = _STATUS.get(facts.backup.phase, Outcome.UNKNOWN)
    known = "" if facts.backup.phase is not Phase.UNKNOWN else ", a word that psbridge does not know"
    return Evidence("status", outcome, f"the stamp says {word}{known}")


def _not_ended(facts: Facts, check: str) -> Evidence | None:
    """Return the row of a check that says nothing yet, for the backup runs; None if it has ended."""
    if facts.backup is not None and facts.backup.phase is not Phase.LIVE:
        return None
    return Evidence(check, Outcome.UNKNOWN, "the backup has not ended")


def _roles(facts: Facts) -> Evidence:
    if early := _not_ended(facts, "roles"):
        return early
    roles = facts.backup.roles if facts.backup else None
    if not roles:
        return Evidence("roles", Outcome.UNKNOWN, "no list of roles")
    bad = [
        f"{role.name or '(no name)'} {role.status or '(no status)'}" for role in roles if not _succeeded(role.status)
    ]
    names = {ascii_lower(role.name) for role in roles}
    before = facts.previous_good.roles if facts.previous_good else None
    missing = [role.name for role in before or () if ascii_lower(role.name) not in names]
    if bad or missing:
        parts = ([f"not succeeded: {', '.join(bad)}"] if bad else []) + (
            [f"missing against the last good backup: {', '.join(missing)}"] if missing else []
        )
        return Evidence("roles", Outcome.FAIL, "; ".join(parts))
    if not facts.history_read:
        return Evidence("roles", Outcome.UNKNOWN, "the roles of earlier backups, to compare with, could not be read")
    against = "none missing against the last good backup" if before else "no earlier good backup to compare with"
    return Evidence("roles", Outcome.PASS, f"{len(roles)} of {len(roles)} succeeded; {against}")


def _succeeded(status: str) -> bool:
    return phase_of(status) is Phase.SUCCEEDED


def _recovery_ready(facts: Facts, policy: Policy) -> Evidence:
    if early := _not_ended(facts, "recovery_ready"):
        return early
    ready = facts.backup.is_cloud_recovery_ready if facts.backup else None
    if ready:
        return Evidence("recovery_ready", Outcome.PASS, "the stamp says that it can serve for cloud recovery")
    if ready is None:
        return Evidence(
            "recovery_ready", Outcome.WARN, "the stamp does not say whether it can serve for cloud recovery"
        )
    outcome = Outcome.FAIL if policy.require_recovery_ready else Outcome.WARN
    return Evidence("recovery_ready", outcome, "the stamp says that it can NOT serve for cloud recovery")


def _upload(facts: Facts, policy: Policy) -> tuple[Evidence, str | None]:
    uploaded = facts.backup.completely_uploaded if facts.backup else None
    ended = facts.backup is not None and facts.backup.phase in {Phase.SUCCEEDED, Phase.PARTIAL, Phase.FAILED}
    if not ended:
        told = facts.backup is None or facts.backup.phase is Phase.LIVE
        why = "the backup has not ended" if told else "whether the backup has ended can't be told"
        return Evidence("upload", Outcome.UNKNOWN, why), None
    if uploaded:
        return Evidence("upload", Outcome.PASS, "the stamp says that it is completely uploaded"), "shown"
    if uploaded is None and facts.operation == 200 and facts.upload_read:
        return Evidence("upload", Outcome.PASS, "the stamp's operation has ended"), "shown"
    if uploaded is False and facts.operation == 200:
        return Evidence("upload", Outcome.FAIL, "the stamp's operation has ended and the upload is not complete"), None
    if facts.operation == 202:
        return Evidence("upload", Outcome.UNKNOWN, "the stamp's operation still goes on"), None
    if uploaded is False:
        return Evidence("upload", Outcome.UNKNOWN, "the stamp says that it is not completely uploaded yet"), None
    if not facts.settled:
        return Evidence(
            "upload",
            Outcome.UNKNOWN,
            "it can't be read whether the upload is complete, and the settle time has not passed",
        ), None
    if policy.require_upload_proof:
        return Evidence(
            "upload", Outcome.UNKNOWN, "it can't be read whether the upload is complete, and a proof is required"
        ), None
    return Evidence(
        "upload", Outcome.WARN, "assumed: it can't be read, and the settle time has passed since the end"
    ), "assumed"


def _second_read(facts: Facts) -> Evidence:
    if facts.reads_agree is None:
        return Evidence("second_read", Outcome.UNKNOWN, "read once only since its end")
    if facts.reads_agree:
        return Evidence("second_read", Outcome.PASS, "two reads after its end agree")
    how = f": {facts.changed}" if facts.changed else ""
    return Evidence("second_read", Outcome.FAIL, f"two reads after its end differ{how}")


def _witnesses(facts: Facts) -> Evidence:
    """Say what was held against what. That they differ is a contradiction, unless the config turned that comparison down."""
    if facts.contradiction:
        return Evidence("witnesses", Outcome.UNKNOWN, "the answers contradict one another, or what this run knows")
    if early := _not_ended(facts, "witnesses"):
        return early
    if facts.turned_down:
        return Evidence("witnesses", Outcome.WARN, f"turned down by inferred_checks: {'; '.join(facts.turned_down)}")
    if len(facts.sources) < 2:
        return Evidence("witnesses", Outcome.NOT_CHECKED, "no second source could be read")
    return Evidence("witnesses", Outcome.PASS, f"{', '.join(facts.sources)} agree")


def _whole(facts: Facts) -> Evidence:
    if not facts.looked:
        return Evidence("whole", Outcome.NOT_CHECKED, "no answer about the backup was read")
    if facts.whole:
        return Evidence("whole", Outcome.PASS, "no message of an answer was lost")
    return Evidence("whole", Outcome.UNKNOWN, "messages of an answer were lost and could not be read again")


def _thumbprint(facts: Facts) -> Evidence:
    if early := _not_ended(facts, "thumbprint"):
        return early
    mine = facts.backup.encryption_cert_thumbprint if facts.backup else None
    theirs = facts.settings.encryption_cert_thumbprint if facts.settings else None
    if facts.settings is None:
        return Evidence("thumbprint", Outcome.UNKNOWN, "the settings are not known")
    if not mine or not theirs:
        return Evidence("thumbprint", Outcome.WARN, "no encryption certificate's thumbprint to compare")
    if mine.casefold() == theirs.casefold():
        return Evidence("thumbprint", Outcome.PASS, f"encrypted with the certificate of the settings, {mine}")
    return Evidence(
        "thumbprint", Outcome.WARN, f"encrypted with {mine}, the settings have {theirs}: keep both private keys"
    )


def _versions(facts: Facts) -> Evidence:
    if facts.backup is None or facts.newest_versions is None:
        return Evidence("versions", Outcome.UNKNOWN, "no other backup to compare the stamp's version with")
    mine = (facts.backup.stamp_version, facts.backup.oem_version)
    if facts.rules > 1 and (unknown := _untold_versions(mine, facts.newest_versions)):
        return unknown
    if mine == facts.newest_versions:
        return Evidence("versions", Outcome.PASS, f"stamp {mine[0]}, OEM {mine[1]}: as the newest backup's")
    return Evidence(
        "versions",
        Outcome.WARN,
        f"made on stamp {mine[0]}, OEM {mine[1]}; the newest backup on {facts.newest_versions[0]}, {facts.newest_versions[1]}",
    )


def _untold_versions(mine: tuple[str | None, ...], newest: tuple[str | None, ...]) -> Evidence | None:
    """Return the row where a version is not told: two unknown versions are not the same version."""
    untold = [what for what, version in zip(("stamp", "OEM"), mine, strict=True) if not version]
    if untold:
        return Evidence("versions", Outcome.UNKNOWN, f"the backup does not say its {' and '.join(untold)} version")
    if not all(newest):
        return Evidence("versions", Outcome.UNKNOWN, "the newest backup does not say its versions, to compare with")
    return None


def age_of(backup: Backup, now: Instant) -> Span | None:
    """Return how long ago a backup ended, None if it has not."""
    return now - backup.completed_at if backup.completed_at else None


def _age(facts: Facts) -> Evidence:
    now = facts.host_time or facts.local_time
    age = age_of(facts.backup, now) if facts.backup and now else None
    if age is None:
        return Evidence("age", Outcome.UNKNOWN, "it has no end time")
    if age.seconds < -CLOCKS_AGREE:
        return Evidence("age", Outcome.WARN, "it ended in the future by the host's clock")
    hours = facts.settings.backup_frequency_in_hours if facts.settings else None
    scheduled = facts.settings is not None and facts.settings.is_backup_scheduler_enabled
    text = f"ended {rough(age.seconds)} ago"
    if scheduled and hours and age.seconds > hours * 3600 * 1.5:
        return Evidence("age", Outcome.WARN, f"{text}; the scheduler is set to one each {hours} h")
    return Evidence("age", Outcome.PASS, text)


def _clock(facts: Facts) -> Evidence:
    if facts.host_time is None or facts.local_time is None:
        return Evidence("clock", Outcome.UNKNOWN, "the host's time is not known")
    skew = (facts.host_time - facts.local_time).seconds
    if abs(skew) > CLOCKS_AGREE:
        return Evidence(
            "clock",
            Outcome.WARN,
            f"the host's clock is {rough(abs(skew))} {'ahead of' if skew > 0 else 'behind'} this machine's",
        )
    return Evidence("clock", Outcome.PASS, "the host's clock and this machine's agree within 2 minutes")


def _alerts(facts: Facts) -> Evidence:
    """Open alerts make no verdict: which backup they are of is told nowhere. Their remedies are for when it is bad."""
    if facts.alerts is None:
        return Evidence("alerts", Outcome.UNKNOWN, "the stamp's alerts are not known")
    if not facts.alerts:
        return Evidence("alerts", Outcome.PASS, "no alert of the backup service is open")
    shown = (f"{alert.title or alert.fault_type or 'untitled'} ({remedy_for(alert)})" for alert in facts.alerts)
    return Evidence("alerts", Outcome.WARN, f"open: {'; '.join(shown)}")


def rough(seconds: float) -> str:
    """Return `45 s`, `12 min`, `3.5 h` or `2.1 d`."""
    seconds = max(0.0, seconds)
    for limit, size, unit in ((90, 1, "s"), (5400, 60, "min"), (172_800, 3600, "h")):
        if seconds < limit:
            value = seconds / size
            return f"{value:.0f} {unit}" if unit != "h" else f"{value:.1f} {unit}"
    return f"{seconds / 86_400:.1f} d"
