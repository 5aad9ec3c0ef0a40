"""From a case to its verdict: the one way to it, for a wait, for a confirm and for a record that is judged again, offline."""

from __future__ import annotations

from psbridge.models.backup import Backup, Phase
from psbridge.models.case import Case
from psbridge.models.stamp import Alert
from psbridge.models.verdict import Evidence, Judgement, Outcome, Verdict
from psbridge.values import replace
from psbridge.verdict.age import too_old
from psbridge.verdict.baseline import baseline
from psbridge.verdict.checks import Facts, check, facts_of
from psbridge.verdict.contradictions import contradicting
from psbridge.verdict.fold import RULES, fold
from psbridge.verdict.state import host_clock
from psbridge.verdict.witnesses import listed_worse


def judge(case: Case, rules: int = RULES) -> Verdict:
    """Return the verdict that a case leads to, by today's rules or the older ones that a record names.

    Raises:
        ValueError: there are no rules of that number.
    """
    facts = facts_of(case, rules)
    verdict = verdict_on(facts)
    verdict = replace(verdict, last_good=_last_good(case, verdict, rules))
    stale = too_old(case, verdict, host_clock(case, facts.state), rules)
    if stale is None or rules == 1:
        return verdict
    row = Evidence("age", Outcome.FAIL, stale.message)
    return replace(verdict, evidence=tuple(row if it.check == "age" else it for it in verdict.evidence))


def _last_good(case: Case, verdict: Verdict, rules: int) -> Backup | None:
    """Return the newest confirmed backup: the one that is judged, or the other one that was searched for."""
    if verdict.judgement is Judgement.CONFIRMED:
        return verdict.backup
    return judge(case.last_good, rules).last_good if case.last_good else None


def verdict_on(facts: Facts) -> Verdict:
    """Return the verdict that the facts lead to, whatever the age that was asked for."""
    evidence = check(facts)
    found = {row.check: row.outcome for row in evidence}
    judgement = _combined(facts, found)
    proof = "assumed" if found["upload"] is Outcome.WARN else "shown"
    return Verdict(judgement, facts.backup, evidence, proof if judgement is Judgement.CONFIRMED else None)


def _combined(facts: Facts, found: dict[str, Outcome]) -> Judgement:
    # A stamp need not list a backup while it runs: that its operation goes on is enough.
    runs = facts.case.own or (facts.rules > 1 and facts.state.operation == 202)
    phase = facts.backup.phase if facts.backup else Phase.LIVE if runs else Phase.GONE
    if facts.contradiction or found["whole"] is Outcome.UNKNOWN or found["second_read"] is Outcome.FAIL:
        return Judgement.UNKNOWN
    if phase is Phase.FAILED:
        return Judgement.FAILED
    if phase is Phase.LIVE or (phase is Phase.UNKNOWN and facts.case.waiting):
        return Judgement.RUNNING
    if phase in {Phase.UNKNOWN, Phase.GONE, Phase.SKIPPED}:
        return Judgement.UNKNOWN
    return _ended_well(phase, found)


def _ended_well(phase: Phase, found: dict[str, Outcome]) -> Judgement:
    """Judge a backup whose status is Succeeded or PartialSucceeded: unknown before failed before partial before unproven."""
    if found["roles"] is Outcome.UNKNOWN:
        return Judgement.UNKNOWN
    if found["upload"] is Outcome.FAIL:
        return Judgement.FAILED
    if phase is Phase.PARTIAL or Outcome.FAIL in (found["roles"], found["recovery_ready"]):
        return Judgement.PARTIAL
    if found["upload"] is Outcome.UNKNOWN or found["second_read"] is not Outcome.PASS:
        return Judgement.UNPROVEN
    return Judgement.CONFIRMED


def trimmed(case: Case) -> Case:
    """Return the case without what no row reads: listed backups to compare with nothing, and the alerts' own texts."""
    backup = fold(case).backup
    measure = baseline(backup, case.listed) if backup else None
    newest = next((it for it in case.listed if it.completed_at), None)
    telling = next((it for it in case.listed if it.deployment_id), None) if case.expect_deployment_id else None
    worse = tuple(it for it in case.listed if backup and it.id == backup.id and listed_worse(it, backup))
    kept = tuple(it for it in case.listed if it in (measure, newest, telling, *contradicting(case.listed), *worse))
    last_good = trimmed(case.last_good) if case.last_good else None
    return replace(case, listed=kept, alerts=_read(case.alerts), last_good=last_good)


def _read(alerts: tuple[Alert, ...] | None) -> tuple[Alert, ...] | None:
    """Return alerts with the fields that a verdict's row shows."""
    if alerts is None:
        return None
    return tuple(Alert(it.id, it.title, it.severity, it.fault_type, it.created_at) for it in alerts)
