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
    log_kernel,
    misses,
    recover,
    resampled,
    run_through,
    weights,
)
from blocade.history.patterns import Pattern, learnt
from blocade.parameters import Parameters, Setting, sample, table, theories

POSTERIORS = {"until-2013": 2013, "until-2021": 2021}
CASES = ("IRN", "CUB", "BLR", "VEN", "MMR", "SYR")
"""Cases that are left out of the calibration one at a time."""
SEED = 20131
ROWS = 400
"""Rows of a posterior's table."""
CANDIDATES = 100_000
"""Sets of the prior among which the second wave is picked."""
SYNTHETIC, SYNTHETIC_SETS = 400, 20_000
"""Synthetic worlds on which recovery and coverage are checked, and sets of the prior that are weighed for each."""
THEORY_SETS = 0.15
"""Sets of each theory, as a share of those of the first wave."""


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
    guide = Guide.to(wave, SEED)
    picked, chance = guide.propose(sample(CANDIDATES, SEED + 1), second, SEED)
    bank = run(picked, wave.patterns, workers, f"until {until}", CASES)
    kernels = log_kernel(misses(bank.statistics, bank.patterns))
    logs = kernels - chance
    kept = resampled(weights(logs[0]), ROWS)
    recovery = recover(guide, wave, sample(SYNTHETIC_SETS, SEED + 2), SYNTHETIC, SEED)
    lines = [",".join(recovery.seen)]
    lines += [",".join(f"{bank.parameters[name][row]:.5g}" for name in recovery.seen) for row in kept]
    missed = misses(wave.statistics[0], wave.patterns)
    told = {
        "until": until,
        "seed": SEED,
        "first_wave": len(missed),
        "second_wave": len(chance),
        "rows": ROWS,
        "survive": round(float((np.abs(missed) <= REJECTED).all(axis=-1).mean()), 5),
        "effective": round(float(effective(logs[0])), 1),
        "patterns": _patterns(wave, missed, bank, kept),
        "parameters": _parameters(bank.parameters, weights(logs[0]), recovery),
        "synthetic": {"worlds": SYNTHETIC, "effective": round(recovery.effective, 1)},
        "cases": {
            case: [float(f"{w:.4g}") for w in weights(kernels[k + 1][kept] - kernels[0][kept])]
            for k, case in enumerate(bank.cases)
        },
    }
    return "\n".join(lines) + "\n", told


def _patterns(wave: Bank, missed: Array, bank: Bank, kept: Array) -> dict[str, Any]:
    """Which pattern rejects what: share of the prior beyond three errors, in all and by this pattern alone."""
    beyond = np.abs(missed) > REJECTED
    only = beyond & (beyond.sum(axis=1, keepdims=True) == 1)
    return {
        pattern.name: {
            "rejects": round(float(beyond[:, k].mean()), 4),
            "alone": round(float(only[:, k].mean()), 4),
            "prior": _told(wave.statistics[0, :, k]),
            "posterior": _told(bank.statistics[0, kept, k]),
        }
        for k, pattern in enumerate(wave.patterns)
    }


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


def evidence(first: int, workers: int) -> dict[str, float]:
    """Log evidence of the patterns to 2013 for every theory, each from its own prior."""
    found = {}
    for name, settings in theories().items():
        own: dict[str, Setting] = dict(settings)
        bank = run(sample(max(20, round(THEORY_SETS * first)), SEED, own), learnt(2013), workers, name)
        found[name] = round(log_evidence(log_kernel(misses(bank.statistics[0], bank.patterns))), 4)
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
    for name, until in POSTERIORS.items():
        text, told = posterior_of(part(wave, learnt(until)), until, given.second, given.workers)
        told["theories"] = evidence(given.first, given.workers) if until == 2013 else {}
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
