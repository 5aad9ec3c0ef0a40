"""Run each request of start, wait, confirm and list with each fault and authentication method."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.faults.matrix import DECIDED, EFFECTS, FLOWS, SCENARIOS, Ended, Run, carry_out, sample, whole_matrix


def main() -> int:
    """Run the selected combinations and print the results."""
    options = _options()
    begun = time.monotonic()
    runs = _runs(options)
    ended: list[Ended] = []
    with ProcessPoolExecutor(options.jobs) as pool:
        for one in pool.map(carry_out, runs, chunksize=8):
            ended.append(one)
            if one.broken:
                print(f"BROKEN  {one.run}: {', '.join(one.broken)} [{one.code.label}] {one.why}", flush=True)
            if len(ended) % 500 == 0:
                print(f"        {len(ended)} runs, {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
    print(_table(ended))
    print(_causes(ended))
    broken = sum(bool(one.broken) for one in ended)
    print(f"{len(ended)} runs in {time.monotonic() - begun:.0f} s, {broken} with a wrong result")
    return 1 if broken else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/faults", description=__doc__)
    parser.add_argument("flows", nargs="*", metavar="FLOW", help=f"one or more of {', '.join(FLOWS)} (default: all)")
    parser.add_argument("--sample", type=int, metavar="SEED", help="run each fault once per flow, at a random request")
    parser.add_argument(
        "--scenario",
        metavar="NAME",
        choices=sorted({it for known in SCENARIOS.values() for it in known}),
        help="only this scenario",
    )
    parser.add_argument(
        "--effect", action="append", metavar="NAME", choices=list(EFFECTS), help="only this fault; may be repeated"
    )
    parser.add_argument("--most", type=int, metavar="N", help="maximum number of runs")
    parser.add_argument("--jobs", type=int, default=2, metavar="N", help="number of processes (default: 2)")
    options = parser.parse_args()
    if unknown := set(options.flows) - set(FLOWS):
        parser.error(f"unknown flow: {', '.join(sorted(unknown))}; expected one of {', '.join(FLOWS)}")
    return options


def _runs(options: argparse.Namespace) -> Iterator[Run]:
    flows = tuple(options.flows) or tuple(FLOWS)
    runs = (
        iter(sample(options.sample, flows))
        if options.sample is not None
        else whole_matrix(flows, options.effect or EFFECTS)
    )
    return islice((run for run in runs if options.scenario in {None, run.scenario}), options.most)


def _table(ended: Sequence[Ended]) -> str:
    codes = sorted({one.code for one in ended})
    rows: dict[tuple[str, str], Counter[int]] = defaultdict(Counter)
    for one in ended:
        rows[one.run.flow, one.run.way.name][one.code] += 1
    head = ["flow", "auth", "runs", *(code.label for code in codes), "decided"]
    body = [
        [flow, way, sum(found.values()), *(found[code] for code in codes), sum(found[code] for code in DECIDED)]
        for (flow, way), found in rows.items()
    ]
    lines = [head, *([str(cell) for cell in row] for row in body)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(head))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)


def _causes(ended: Sequence[Ended]) -> str:
    """Return the counts of runs without a certain outcome, by fault."""
    unsure = Counter(
        (one.code.label, one.run.rule.split(":")[2].split("=")[0])
        for one in ended
        if one.code.label in {"ambiguous", "unknown", "internal"}
    )
    return "\n".join(f"{label} {count} x after {effect}" for (label, effect), count in unsure.most_common())


if __name__ == "__main__":
    sys.exit(main())
