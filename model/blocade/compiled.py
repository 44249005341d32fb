"""The functions of ``blocade.equations`` compiled, for `blocade.pairs` and `blocade.start` to call pair by pair.

No relation is written a second time: those functions work on numbers as on arrays, so numba compiles them as they
stand. What is compiled is kept on disk, and never taken for the same under other equations.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import numba
import numpy as np
import numpy.typing as npt

from blocade import equations
from blocade.equations import armament, arrays, concession, diversion, drift, exchange, partners, pressure, reach, risk
from blocade.equations.arrays import Array

Rows = npt.NDArray[np.intp]
Flags = npt.NDArray[np.bool_]
F = TypeVar("F", bound=Callable[..., Any])

OPTIONS: Mapping[str, Any] = MappingProxyType({"error_model": "numpy"})
"""Division by 0 as NumPy has it. No fast mathematics: every process that compiles must come to the same bits."""


def _stamp() -> str:
    """Digest of all that compiled functions call outside their own file, which is as far as numba itself looks."""
    total = hashlib.sha256()
    for path in (*sorted(Path(equations.__path__[0]).glob("*.py")), Path(__file__)):
        total.update(path.read_bytes())
    return total.hexdigest()


STAMP = _stamp()


def compiled(function: F) -> F:
    """Compiled at the first call, and kept on disk for the next process where there is a folder for it."""
    try:
        return numba.njit(cache=True, **OPTIONS)(function)  # type: ignore[no-any-return]
    except RuntimeError:  # no such folder may be written: compiled for this process alone
        return numba.njit(**OPTIONS)(function)  # type: ignore[no-any-return]


def equation(function: Callable[..., Any]) -> Callable[..., Any]:
    """An equation, for compiled functions to call."""
    return numba.njit(**OPTIONS)(function)  # type: ignore[no-any-return]


mean_of_pair = equation(arrays.mean_of_pair)
hand_of, closed_of = equation(pressure.hand), equation(pressure.closed)
reach_of, exposure_of = equation(reach.reach), equation(risk.exposure)
willing_partners, capacity_of = equation(partners.willing_partners), equation(partners.capacity)
missing_trade, diversion_of = equation(diversion.missing_trade), equation(diversion.diversion)
residual_in_force, trade_target = equation(diversion.residual_in_force), equation(diversion.trade_target)
trade_step, within = equation(diversion.trade_step), equation(diversion.within)
gate_of = equation(exchange.gate)
friendly_of, hostile_of = equation(concession.friendly), equation(armament.hostile)
upward, downward = equation(drift.upward), equation(drift.downward)
tie_drift, tie_step = equation(drift.tie_drift), equation(drift.tie_step)


@equation
def turn(x: Array, turned: Array) -> None:
    """The partner's view of every pair: [state, partner] by [partner, state]."""
    for i in range(len(x)):
        for j in range(len(x)):
            turned[i, j] = x[j, i]


@equation
def mean_with_back(x: Array, mean: Array) -> None:
    """Mean of every pair's two views: [state, partner]."""
    for i in range(len(x)):
        mean[i, i] = x[i, i]
        for j in range(i):
            mean[i, j] = mean[j, i] = mean_of_pair(x[i, j], x[j, i])


@equation
def sum_of(x: Array) -> float:
    """Sum of a row in four parts, which a processor adds side by side."""
    a = b = c = d = 0.0
    whole = len(x) // 4 * 4
    for k in range(0, whole, 4):
        a += x[k]
        b += x[k + 1]
        c += x[k + 2]
        d += x[k + 3]
    for k in range(whole, len(x)):
        a += x[k]
    return (a + b) + (c + d)


@equation
def weigh_risk(
    acts: Rows,
    hand: Array,
    hand_back: Array,
    trade_back: Array,
    shield: Array,
    secondary: Array,
    g: float,
    risk_back: Array,
) -> None:
    """Association risk (2) by partner, in one run: ``risk_back[i, j]`` is what j stands to lose by associating with i.

    Few states press any one, so H is multiplied only where somebody acts: ``acts``, [act, 2], names those pairs.
    """
    n = len(hand)
    feared = np.empty((n, n))
    for k in range(n):
        fear, felt, traded, chi = feared[k], hand_back[k], trade_back[k], secondary[k]
        for j in range(n):
            fear[j] = exposure_of(felt[j], traded[j], chi, g)
    risk_back[:] = 0.0
    for at in range(len(acts)):
        i, k = acts[at, 0], acts[at, 1]
        lost, fear, pressure = risk_back[i], feared[k], hand[i, k]
        for j in range(n):
            lost[j] += fear[j] * pressure
    for i in range(n):
        lost, shielded = risk_back[i], shield[i]
        for j in range(n):
            lost[j] *= 1.0 - shielded[j]  # who shields a state fears no punishment for it


@equation
def find_willing(
    capacity: Array, tie: Array, closed: Array, risk_back: Array, shield: Array, i: int, willing: Array
) -> float:
    """Willing partners of one state (3), and their sum W."""
    n = len(tie)
    for j in range(n):
        willing[j] = willing_partners(capacity[j], tie[j], closed[j], risk_back[j], shield[j])
    willing[i] = 0.0
    return sum_of(willing)  # type: ignore[no-any-return]
