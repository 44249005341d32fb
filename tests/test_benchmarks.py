"""The benchmarks measure what they declare: equal outputs on the declared world, and a bound by hand. No timings."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))

import speed  # noqa: E402
from bound import Rates, arithmetic  # noqa: E402
from engines import Growth  # noqa: E402
from memory import Sample, report  # noqa: E402
from table import Row, memory_text  # noqa: E402
from workload import TOLERANCE, Delivered, invented, pressed, whole_runs, workload  # noqa: E402

from blocade import agents  # noqa: E402


def test_both_engines_deliver_the_same_for_the_declared_work() -> None:
    given, runs = workload(steps=3), range(2)
    batch, single = whole_runs(given, runs), whole_runs(given, runs, agents.run)
    assert batch.measures.shape == (2, 2, 4, len(given.measures)) and len(given.measures) == 31
    assert batch.states.shape == (2, 2, 4, 60, 6)
    assert batch.furthest(single) <= TOLERANCE
    assert np.abs(np.diff(batch.states, axis=0)).max() > 1e-3  # the arms do differ
    assert np.abs(np.diff(batch.states, axis=1)).max() > 1e-3  # and so do the runs


def test_runs_are_the_same_however_many_are_run() -> None:
    given = workload(steps=3)
    many, one = whole_runs(given, range(12)), whole_runs(given, range(11, 12))
    assert Delivered(many.measures[:, 11:], many.states[:, 11:]).furthest(one) <= 1e-12


def test_the_declared_world_is_the_sixty_largest() -> None:
    given = workload(steps=3)
    assert given.world.size == 60
    assert {"RUS", "PRK", "CHN", "UKR"} <= set(given.world.codes) and set(given.senders) <= set(given.world.codes)
    assert {"EST", "LTU"}.isdisjoint(given.world.codes)
    assert 30 <= pressed(given, range(1)) <= 60
    assert [len(events) for events in given.events] == [1, 3]


def test_invented_worlds_run() -> None:
    given = invented(9, steps=2)
    found = whole_runs(given, range(2))
    assert np.isfinite(found.states).all() and pressed(given, range(1)) == 9


def test_what_differs_or_has_no_number_is_not_timed() -> None:
    truth = speed.Truth(given := workload(steps=2))
    good = whole_runs(given, range(1))
    truth.check("same", good, range(1))
    assert truth.furthest == {"same": 0.0}
    without_end = Delivered(good.measures[:, :, :-1], good.states[:, :, :-1])
    truth.check("same", without_end, range(1))
    for wrong in (good.states + 1e-6, np.where(good.states > 0.5, np.nan, good.states)):
        with pytest.raises(speed.UnequalError, match="no figure"):
            truth.check("other", Delivered(good.measures, wrong), range(1))


def test_the_bound_by_hand() -> None:
    found = arithmetic(Rates(square=1e9, risk=2e9, thin=1e9, tanh=1e8), n=10, k=4, goods=5, steps=60)
    square, tanh, risk, thin = 60 * 2000 / 1e9, 60 * 45 / 1e8, 61 * 800 / 2e9, 61 * 1000 / 1e9
    assert [term.ms for term in found.terms] == pytest.approx([1000 * x for x in (square, tanh, risk, thin)])
    assert found.ms == pytest.approx(1000 * (square + tanh + risk + thin))
    assert found.strict_ms == pytest.approx(found.ms - 500 * square)
    assert found.lines()[0] == "| Equation 6, A·W·A | 60 | 2 · 10³ = 2,000 flop | 1.00 Gflop/s | 0.120 |"


def test_ratios_and_growth_by_hand() -> None:
    slow = Row("slow", 500.0, 10.0, 40.0)
    assert (slow.ratio, slow.met) == (50.0, True) and slow.line() == "| slow | 500.00 | 50.0× | at least 40× | yes |"
    low = Row("bound", 2.0, 10.0, 4.0, at_most=True)
    assert (low.ratio, low.met) == (5.0, False)
    assert Row("alone", 1.0).line() == "| alone | 1.00 |  |  |  |"
    assert Growth((1, 2, 4), (3.0, 12.0, 48.0)).exponent == pytest.approx(2.0)
    assert speed.per_run(1.0, 3.0, (2, 12)) == pytest.approx(100.0)  # 2 s for 10 sets in two arms


def test_memory_is_read_off_the_samples() -> None:
    samples = [Sample(k, 10 * k, 100.0, 300.0) for k in range(1, 10)] + [Sample(11.0, 100, 150.0, 150.0)]
    facts = {"runs": 100, "steps": 60, "states": 70, "workers": 2}
    found = report(samples, facts)
    assert found["flat"] and found["under"] and found["peak_tables"] == {"runner": 150.0, "all": 150.0}
    assert "| peak while writing tables | 150 | 150 |" in memory_text(found)
    rising = [Sample(k, 10 * k, 100.0 * k, 300.0 * k) for k in range(1, 10)]
    assert not report(rising, facts)["flat"] and not report(rising, facts)["under"]


def test_only_two_scripts_need_the_extra() -> None:
    def imported(path: Path) -> set[str]:
        nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
        plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
        return plain | {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}

    paths = BENCHMARKS.glob("*.py")
    assert {path.name for path in paths if {"ema_workbench", "psutil"} & imported(path)} == {"peers.py", "memory.py"}
