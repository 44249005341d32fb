#!/usr/bin/env python3
"""Learn the posteriors of ``seeds/posteriors`` from the patterns of history, and say what history can see.

    python scripts/calibrate.py [--first 2400] [--second 2000] [--workers 2] [--out FOLDER]

Writes NAME.csv (parameter sets of equal weight, only the parameters that history sees) and NAME.json (how it was
learnt) for ``until-2013`` and ``until-2021``. The same input gives the same bytes.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from blocade import resources
from blocade.equations.arrays import Array
from blocade.experiment.runner import Progress
from blocade.history.calibration import (
    REJECTED,
    Bank,
    Guide,
    Recovery,
    effective,
    interval,
    learnable,
    log_evidence,
    log_weights,
    misses,
    recover,
    resampled,
    run_through,
    weights,
)
from blocade.history.emulator import LEAST_RUNS
from blocade.history.patterns import Pattern, learnt
from blocade.parameters import Parameters, Setting, sample, table
from blocade.theories import theories

POSTERIORS = {"until-2013": 2013, "until-2021": 2021}
CASES = ("IRN", "CUB", "BLR", "VEN", "MMR", "SYR")
"""Cases that are left out of the calibration one at a time."""
SEED = 20131
ROWS = 400
"""Rows of a posterior's table."""
CANDIDATES = 400_000
"""Sets of the prior that are weighed, and among which the second wave is picked."""
SYNTHETIC, SYNTHETIC_SETS = 400, 100_000
"""Synthetic worlds on which recovery and coverage are checked, and sets of the prior that are weighed for each."""
THEORY_SETS = 240
"""Sets of each theory, the full model too: emulators of fewer runs would flatter it."""


def part(bank: Bank, chosen: tuple[Pattern, ...]) -> Bank:
    """The bank on some of its patterns."""
    columns = [bank.patterns.index(pattern) for pattern in chosen]
    return Bank(bank.parameters, chosen, bank.cases, bank.statistics[..., columns])


def posterior_of(wave: Bank, until: int, second: int, workers: int) -> tuple[str, dict[str, Any]]:
    """The table of a posterior as text, and what is told about it.

    Parameters
    ----------
    wave : the first wave, on the patterns of this posterior. second : sets to be picked for the second wave.
    """
    rough, candidates = Guide.to(wave, SEED), sample(CANDIDATES, SEED + 1)
    bank = run(rough.propose(candidates, second, SEED), wave.patterns, workers, f"until {until}", CASES)
    fine = Guide.to(bank, SEED)
    logs = log_weights(rough, fine, candidates)
    kept = resampled(weights(logs), ROWS)
    rows = candidates.take(kept)
    without = [Guide.to(bank, SEED, 1 + k).log_chance(rows) for k in range(len(CASES))]
    recovery = recover(rough, wave, sample(SYNTHETIC_SETS, SEED + 2), SYNTHETIC, SEED)
    lines = [",".join(recovery.seen)]
    lines += [",".join(f"{rows[name][row]:.5g}" for name in recovery.seen) for row in range(ROWS)]
    missed = misses(wave.statistics[0], wave.patterns)
    told = {
        "until": until,
        "seed": SEED,
        "first_wave": len(missed),
        "second_wave": bank.statistics.shape[1],
        "rows": ROWS,
        "survive": round(float((np.abs(missed) <= REJECTED).all(axis=-1).mean()), 5),
        "effective": round(float(effective(logs)), 1),
        "patterns": _patterns(wave, missed, fine, rows),
        "parameters": _parameters(candidates, weights(logs), recovery),
        "synthetic": {"worlds": SYNTHETIC, "effective": round(recovery.effective, 1)},
        "cases": {
            case: [float(f"{w:.4g}") for w in weights(blind - fine.log_chance(rows))]
            for case, blind in zip(CASES, without, strict=True)
        },
    }
    return "\n".join(lines) + "\n", told


def _patterns(wave: Bank, missed: Array, fine: Guide, rows: Parameters) -> dict[str, Any]:
    """Which pattern rejects what: share of the prior beyond three errors, in all and by this pattern alone; and how
    much of a pattern parameters explain, luck being the rest."""
    beyond = np.abs(missed) > REJECTED
    only = beyond & (beyond.sum(axis=1, keepdims=True) == 1)
    found = {}
    for k, (pattern, emulator) in enumerate(zip(wave.patterns, fine.emulators, strict=True)):
        spread = np.sqrt(min(emulator.rest, 1e6))
        luck = spread * np.random.default_rng([SEED, k]).standard_normal(ROWS)
        found[pattern.name] = {
            "rejects": round(float(beyond[:, k].mean()), 4),
            "alone": round(float(only[:, k].mean()), 4),
            "prior": _told(wave.statistics[0, :, k]),
            "posterior": _told(emulator(rows) + luck),
            "luck": round(float(spread), 4),
        }
    return found


def _told(values: Array) -> list[float]:
    """Mean, 5th and 95th percentile."""
    return [round(float(x), 4) for x in (np.nanmean(values), *np.nanquantile(values, [0.05, 0.95]))]


def _parameters(sets: Parameters, w: Array, recovery: Recovery) -> dict[str, Any]:
    """What is learnt of each parameter, and what synthetic worlds say of that."""
    found = {}
    for k, name in enumerate(learnable()):
        values = sets[name]
        low, high = (float(x) for x in interval(values, w, 0.9))
        width = 0.9 * _width(name)
        found[name] = {
            "seen": name in recovery.seen,
            "recovery": round(float(recovery.correlation[k]), 3),
            "coverage50": round(float(recovery.coverage[k, 0]), 3),
            "coverage90": round(float(recovery.coverage[k, 1]), 3),
            "shrinkage_synthetic": round(float(recovery.shrinkage[k]), 3),
            "shrinkage": round(1.0 - (high - low) / width, 3),
            "mean": float(f"{w @ values:.4g}"),
            "low": float(f"{low:.4g}"),
            "high": float(f"{high:.4g}"),
        }
    return found


def _width(name: str) -> float:
    entry = table()[name]
    return entry.high - entry.low


def run(
    sets: Parameters, chosen: tuple[Pattern, ...], workers: int, label: str, cases: tuple[str, ...] = ()
) -> Bank:
    """Run sets through the periods of some patterns, with a progress bar."""
    with tqdm(total=len(sets["beta"]), desc=label) as bar:
        return run_through(sets, chosen, SEED, cases=cases, workers=workers, progress=_shown(bar))


def evidence(sets: int, workers: int) -> dict[str, dict[str, float]]:
    """Log evidence of the patterns of each posterior for every theory, each from its own prior: the mean over its
    prior of the chance that emulators of its own runs give what was observed. Patterns that under some theory hardly
    any run can say are left out for all."""
    banks = {}
    for theory, settings in theories().items():
        own: dict[str, Setting] = dict(settings)
        banks[theory] = own, run(sample(sets, SEED, own), learnt(2021), workers, theory)
    said = [np.isfinite(bank.statistics[0]).sum(axis=0) >= LEAST_RUNS for _, bank in banks.values()]
    common = {pattern.name for pattern, all_say in zip(learnt(2021), np.all(said, axis=0), strict=True) if all_say}
    found: dict[str, dict[str, float]] = {name: {} for name in POSTERIORS}
    for theory, (own, bank) in banks.items():
        for name, until in POSTERIORS.items():
            chosen = tuple(pattern for pattern in learnt(until) if pattern.name in common)
            logs = Guide.to(part(bank, chosen), SEED).log_chance(sample(SYNTHETIC_SETS, SEED + 3, own))
            found[name][theory] = round(log_evidence(logs), 3)
    return found


def main(arguments: list[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--first", type=int, default=2400, help="sets of the first wave (default: 2400)")
    parser.add_argument("--second", type=int, default=2000, help="sets of each second wave (default: 2000)")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, default=resources.posteriors(), help="default: seeds/posteriors")
    given = parser.parse_args(arguments)
    given.out.mkdir(parents=True, exist_ok=True)
    wave = run(sample(given.first, SEED), learnt(2021), given.workers, "first wave")
    told_of_theories = evidence(THEORY_SETS, given.workers)
    for name, until in POSTERIORS.items():
        text, told = posterior_of(part(wave, learnt(until)), until, given.second, given.workers)
        told["theories"] = told_of_theories[name]
        (given.out / f"{name}.csv").write_text(text, encoding="utf-8")
        (given.out / f"{name}.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
        print(
            f"{name}: {told['survive']:.2%} of the prior survives, effective sets {told['effective']}, sees",
            text.split("\n")[0],
        )
    return 0


def _shown(bar: Any) -> Progress:
    def report(done: int, _total: int) -> None:
        bar.update(done - bar.n)

    return report


if __name__ == "__main__":
    raise SystemExit(main())
