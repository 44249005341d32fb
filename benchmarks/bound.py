"""A lower bound of the time of a run, from the rates at which this machine multiplies matrices and takes tanh.

Only the work that no arrangement of the equations avoids is counted, at the best rate that NumPy reaches for it in
one thread with everything in cache: the matrix products of equations 2, 5 and 6 and the tanh of equation 6. Everything
else that a step does (all of equations 1, 3, 4 and 7-14, luck and its normal quantiles, memory traffic) counts
nothing, so no engine reaches the bound.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from clock import seconds

from blocade.experiment.pool import RUNS_ABREAST
from blocade.world import GOODS

REPEATS = 200
"""Each takes well under a millisecond; the best of many is the rate of an undisturbed machine."""


@dataclass(frozen=True)
class Rates:
    """What the machine does in a second: floating-point operations of each product, and numbers' tanh."""

    square: float
    risk: float
    thin: float
    tanh: float


@dataclass(frozen=True)
class Term:
    """A line of the arithmetic: what, how often in a run, how much each time, and how fast."""

    what: str
    times: int
    formula: str
    amount: float
    unit: str
    rate: float

    @property
    def ms(self) -> float:
        """Milliseconds per run."""
        return 1000.0 * self.times * self.amount / self.rate


@dataclass(frozen=True)
class Bound:
    """The bound and its arithmetic. strict_ms : with the symmetric product at half its price, which no call of NumPy
    gives."""

    terms: tuple[Term, ...]
    states: int

    @property
    def ms(self) -> float:
        """Milliseconds per run."""
        return sum(term.ms for term in self.terms)

    @property
    def strict_ms(self) -> float:
        """As `ms`, were one half of the symmetric product enough."""
        return self.ms - 0.5 * self.terms[0].ms

    def lines(self) -> list[str]:
        """The arithmetic as rows of a Markdown table."""
        return [
            f"| {term.what} | {term.times} | {term.formula} = {term.amount:,.0f} {term.unit} | "
            f"{term.rate / 1e9:.2f} G{term.unit}/s | {term.ms:.3f} |"
            for term in self.terms
        ]


def measured(n: int, k: int, abreast: int = RUNS_ABREAST) -> Rates:
    """The rates of this machine for n states of which k are under pressure: batches as an engine would hand them
    over, results into arrays that are there already."""
    rng = np.random.default_rng(1)

    def product(rows: int, inner: int, columns: int) -> float:
        a, b = rng.uniform(size=(abreast, rows, inner)), rng.uniform(size=(abreast, inner, columns))
        out = np.empty((abreast, rows, columns))
        return abreast * 2.0 * rows * inner * columns / _least(lambda: np.matmul(a, b, out=out))

    x = rng.uniform(-1.0, 1.0, size=abreast * n * (n - 1) // 2)
    y = np.empty_like(x)
    goods = len(GOODS)
    return Rates(
        square=product(n, n, n),
        risk=product(n, n, k) if k else np.inf,
        thin=product(n, goods, n),
        tanh=len(x) / _least(lambda: np.tanh(x, out=y)),
    )


def arithmetic(rates: Rates, n: int, k: int, goods: int, steps: int) -> Bound:
    """The bound of a run of n states and some steps, k of the states under pressure.

    The end of a run is looked at once more than it moves: equations 2 and 5 are worked out steps + 1 times. The match
    of equation 5 is half the sum of a product and its transpose, so one product is enough. Balance is symmetric: tanh
    is counted for one half of the pairs, the product in full, as BLAS has no batched product that gives one half.
    """
    return Bound(
        (
            Term("Equation 6, A·W·A", steps, f"2 · {n}³", 2.0 * n**3, "flop", rates.square),
            Term("Equation 6, tanh", steps, f"{n}·{n - 1}/2", n * (n - 1) / 2, "tanh", rates.tanh),
            Term("Equation 2, risk", steps + 1, f"2 · {n}²·{k}", 2.0 * n**2 * k, "flop", rates.risk),
            Term("Equation 5, match", steps + 1, f"2 · {n}²·{goods}", 2.0 * n**2 * goods, "flop", rates.thin),
        ),
        n,
    )


def _least(work: Callable[[], object]) -> float:
    work()
    return min(seconds(work) for _ in range(REPEATS))
