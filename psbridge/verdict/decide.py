"""A case and its verdict: what was seen, folded, held against the contract's table. The one way to a verdict.

A wait folds each look as it comes; `decide` folds them all again from the case alone, which is what a proof's record is
judged by, offline. That both come to the same is what the property tests hold.
"""

from __future__ import annotations

from psbridge.models.backup import Backup
from psbridge.models.observation import Case
from psbridge.models.target import Policy
from psbridge.models.text import ascii_lower
from psbridge.models.time import Instant
from psbridge.models.verdict import Verdict
from psbridge.values import replace
from psbridge.verdict.baseline import ENDED, last_good_before
from psbridge.verdict.contradictions import baseline, contradicting, impossible, turned_down
from psbridge.verdict.facts import Facts
from psbridge.verdict.judge import judge
from psbridge.verdict.rules import RULES
from psbridge.verdict.seen import advance
from psbridge.verdict.state import Seen
from psbridge.verdict.witnesses import listed_worse

_REPEATS = 2
"""Looks in a row that showed the same are kept as one, and nothing is counted further than this."""


def decide(case: Case, rules: int = RULES) -> Verdict:
    """Return the verdict that a case leads to.

    Args:
        case: what was seen.
        rules: the number of the rules, that of today or an older one; a record names its own.

    Raises:
        ValueError: there are no rules of that number.
    """
    if not 1 <= rules <= RULES:
        raise ValueError(f"this release has no rules {rules}")
    return judged(case, folded(case, rules), rules)


def unseen(case: Case) -> Seen:
    """Return what is known before the first look."""
    return Seen(showed=case.seen_before)


def folded(case: Case, rules: int = RULES) -> Seen:
    """Return what a case's looks come to."""
    seen = unseen(case)
    for look in case.looks:
        for _ in range(1 if rules == 1 else min(look.times, _REPEATS)):
            seen = advance(seen, look.observation, look.elapsed, rules=rules, inferred=case.inferred_checks)
    return seen


def judged(case: Case, seen: Seen, rules: int = RULES) -> Verdict:
    """Return the verdict on a case whose looks have been folded already."""
    policy = Policy(require_recovery_ready=case.require_recovery_ready, require_upload_proof=case.require_upload_proof)
    facts = facts_of(case, seen)
    return judge(facts if rules == 1 else _held_against(facts, case, seen), policy)


def _held_against(facts: Facts, case: Case, seen: Seen) -> Facts:
    """Add what the second rules look at: the run's own knowledge, and each source by itself."""
    return replace(
        facts,
        contradiction=facts.contradiction or impossible(case, seen),
        previous_good=baseline(seen.backup, case.listed) if seen.backup else None,
        changed=seen.changed,
        sources=tuple(it.source.shown for it in seen.ended),
        rules=RULES,
        turned_down=tuple(f"{it.check}: {it.text}" for it in (*seen.turned_down, *turned_down(case, seen))),
    )


def facts_of(case: Case, seen: Seen) -> Facts:
    """Return what the table's rows look at."""
    newest = next((it for it in case.listed if it.completed_at), None)
    return Facts(
        backup=seen.backup,
        named=bool(case.id),
        looked=bool(case.looks) or not case.whole,
        reads_agree=seen.reads_agree,
        operation=seen.operation,
        upload_read=seen.upload_read,
        whole=case.whole,
        settled=settle_left(case, seen) <= 0,
        waiting=case.waiting,
        own=case.own,
        contradiction=seen.contradiction or _elsewhere(case, seen.backup),
        previous_good=last_good_before(seen.backup, case.listed) if seen.backup else None,
        history_read=case.list_consistent,
        settings=case.settings,
        alerts=case.alerts,
        newest_versions=(newest.stamp_version, newest.oem_version) if newest else None,
        host_time=seen.latest.host_time if seen.latest else None,
        local_time=_local_time(case, seen),
        rules=1,
    )


def _local_time(case: Case, seen: Seen) -> Instant:
    """Return this machine's clock at the answer that told the host's: a wait may end long after the last one."""
    told = seen.latest.host_time if seen.latest else None
    return next((it.until for it in reversed(case.looks) if it.observation.host_time == told), case.decided_at)


def _elsewhere(case: Case, backup: Backup | None) -> str | None:
    """Return why a backup is not, or can't be shown to be, one of the stamp that is expected.

    The list before it may have been empty, and so could not tell.
    """
    expected = case.expect_deployment_id
    if expected is None or backup is None:
        return None
    found = backup.deployment_id or next((it.deployment_id for it in case.listed if it.deployment_id), None)
    if found is None:
        return f"nothing shows that it is of stamp {expected}, as is expected" if backup.phase in ENDED else None
    if ascii_lower(found) == ascii_lower(expected):
        return None
    return f"it is a backup of stamp {found}, and {expected} is expected"


def trimmed(case: Case) -> Case:
    """Return the case without the listed backups that nothing is compared with: a record needs no list of eighty."""
    backup = folded(case).backup
    measure = baseline(backup, case.listed) if backup else None
    newest = next((it for it in case.listed if it.completed_at), None)
    telling = next((it for it in case.listed if it.deployment_id), None) if case.expect_deployment_id else None
    worse = tuple(it for it in case.listed if backup and it.id == backup.id and listed_worse(it, backup))
    kept = tuple(it for it in case.listed if it in (measure, newest, telling, *contradicting(case.listed), *worse))
    return replace(case, listed=kept)


def settle_left(case: Case, seen: Seen) -> float:
    """Return how many seconds of the settle time are left; all of it before the end.

    A wait counts on its own monotonic clock from the first answer that the backup had ended; confirm from `completed_at` by
    the host's clock (contract, "The verdict").
    """
    if case.waiting:
        return case.settle if seen.ended_at is None else seen.ended_at + case.settle - case.elapsed
    now = (seen.latest.host_time if seen.latest else None) or case.decided_at
    ended = seen.backup.completed_at if seen.backup else None
    return case.settle if ended is None else case.settle - (now - ended).seconds
