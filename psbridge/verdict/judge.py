"""How the rows of the contract's table make a verdict."""

from __future__ import annotations

from psbridge.models.backup import Phase
from psbridge.models.target import Policy
from psbridge.models.verdict import Judgement, Outcome, Verdict
from psbridge.verdict.checks import rows
from psbridge.verdict.facts import Facts


def judge(facts: Facts, policy: Policy) -> Verdict:
    """Return the verdict on a backup."""
    evidence, proof = rows(facts, policy)
    judgement = _combined(facts, {row.check: row.outcome for row in evidence})
    return Verdict(judgement, facts.backup, evidence, proof if judgement is Judgement.CONFIRMED else None)


def _combined(facts: Facts, found: dict[str, Outcome]) -> Judgement:
    # A stamp need not list a backup while it runs: that its operation goes on is enough.
    runs = facts.own or (facts.rules > 1 and facts.operation == 202)
    phase = facts.backup.phase if facts.backup else Phase.LIVE if runs else Phase.GONE
    if facts.contradiction or found["whole"] is Outcome.UNKNOWN or found["second_read"] is Outcome.FAIL:
        return Judgement.UNKNOWN
    if phase is Phase.FAILED:
        return Judgement.FAILED
    if phase is Phase.LIVE or (phase is Phase.UNKNOWN and facts.waiting):
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
