"""The start as a rest point: what history must have been for the world to stand still under its own policies.

Solved once per parameter set, before any event, and shared by all arms. Both engines start from it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from blocade.equations.armament import armament_growth, hostile
from blocade.equations.arrays import Array, back, matched, without_self
from blocade.equations.balance import common_ties, fold, leading_eigenvalue, structural_balance
from blocade.equations.diversion import diversion, missing_trade, trade_target
from blocade.equations.exchange import gate
from blocade.equations.insulation import insulation_at_rest
from blocade.equations.partners import capacity, willing_partners
from blocade.parameters import Parameters
from blocade.policy.calendar import at_rest
from blocade.policy.orders import orders
from blocade.policy.rules import Seen
from blocade.settle import TOLERANCE, settle_trade
from blocade.situation import TECHNOLOGY, Pairs, acts, assess, levels, pairs, special_levels
from blocade.world import World, WorldError

WEIGHTS = ("w_votes", "w_defence", "w_arms", "w_enmity")
"""Parameters that weigh the observed channels into ties."""


@dataclass(frozen=True)
class Start:
    """The rest point of a world for a batch of parameter sets.

    tie, trade, resting, normal, residual, erased, cut : [run, state, partner]; T⁰ is ``normal``, B is ``resting``;
        ``residual`` and ``erased`` are the constant and the fading part of what no solution removes.
    rest_of_world, pain, pressure, insulation, armament_constant : [run, state].
    levels : what each force depended on at the start, [run, state, partner] or [state, partner]; one that is not named
        depended on nothing.
    alpha, limit : [run], strength and limit of structural balance.
    """

    world: World
    tie: Array
    trade: Array
    rest_of_world: Array
    normal: Array
    residual: Array
    erased: Array
    resting: Array
    cut: Array
    levels: dict[str, Array]
    pain: Array
    pressure: Array
    insulation: Array
    armament_constant: Array
    alpha: Array
    limit: Array

    def take(self, runs: npt.NDArray[np.int64]) -> Start:
        """The start of some runs, in any order and with repeats."""
        chosen = {
            field.name: getattr(self, field.name)[runs]
            for field in fields(self)
            if field.name not in ("world", "levels")
        }
        levels = {name: x[runs] if x.ndim == 3 else x for name, x in self.levels.items()}
        return Start(world=self.world, levels=levels, **chosen)


def solve_start(world: World, parameters: Parameters) -> Start:
    """Solve the rest point of a world under its own acts, ties at the parameters' weights.

    Parameters
    ----------
    parameters : [run] values.

    Raises
    ------
    WorldError
        If the solution of trade does not settle.

    Notes
    -----
    B = A⁰ − balance⁰/β. T = (1 − pain⁰)·observed shares; T⁰ and pain⁰ are solved together by iteration, T⁰ being
    what remains when diverted trade is taken off and the reach of sanctions and risk divided back. Trade that an
    embargo has erased (``world.expected``) gets the gravity expectation instead. What no solution removes (T − T*)
    is kept: as a constant, or, where sanctions had cut the pair, fading with their reach.
    """
    ties = world_ties(world, parameters)
    trade, held, normal = _solve_trade(world, parameters, ties)
    return _rest(world, parameters, ties, trade, held, normal)


def clean_start(real: Start, parameters: Parameters) -> Start:
    """The clean start: no sanctions and no isolation, ties as observed, T = T⁰ of the real start (not solved
    again)."""
    world = real.world.without_acts()
    return _rest(world, parameters, real.tie, real.normal, real.rest_of_world, real.normal)


def same_trade(real: Start, world: World, parameters: Parameters) -> Start:
    """The start of a world with other goods, or at other coefficients of the forces: neither enters the solution of
    trade, so ties and trade are those of the real start."""
    return _rest(world, parameters, real.tie, real.trade, real.rest_of_world, real.normal)


def world_ties(world: World, parameters: Parameters) -> Array:
    """Ties of a world at the parameters' weights of its channels: [run, state, partner]."""
    ties = world.ties(**{name.removeprefix("w_"): parameters.pair(name) for name in WEIGHTS})
    return np.array(np.broadcast_to(ties, (len(parameters["beta"]), world.size, world.size)))


def _solve_trade(world: World, parameters: Parameters, ties: Array) -> tuple[Array, Array, Array]:
    """Trade, the rest of the world's share and normal trade at the start: T, T_i0 and T⁰."""
    none = np.zeros((len(ties), world.size))
    order = orders(at_rest(world), 0.0, parameters, Seen.nothing(*none.shape))
    erased = np.isfinite(world.expected)
    gravity = np.where(erased, world.expected, 0.0)
    observed = pairs(order, parameters, np.broadcast_to(world.trade, ties.shape))
    normal, pain = results = np.empty(ties.shape), np.empty(none.shape)
    moving = settle_trade(
        world.trade,
        world.rest_of_world,
        gravity,
        erased,
        ties,
        acts(order),
        observed.hand,
        observed.closed,
        observed.cut,
        order.shield,
        np.ascontiguousarray(np.broadcast_to(order.secondary, none.shape)),
        parameters["g"],
        world.share,
        parameters["phi"],
        parameters["kappa"],
        results,
    )
    if (worst := float(moving.max())) < TOLERANCE:
        left = 1.0 - pain
        return left[..., None] * world.trade, left * world.rest_of_world, np.where(erased, gravity, normal)
    raise WorldError(
        [f"{world.name}: trade at the start does not settle (still moving by {worst:.1g}); lower phi or raise kappa"]
    )


def _rest(world: World, parameters: Parameters, ties: Array, trade: Array, held: Array, normal: Array) -> Start:
    none = np.zeros((len(ties), world.size))
    order = orders(at_rest(world), 0.0, parameters, Seen.nothing(*none.shape))
    now, of_pairs, share = assess(world, parameters, order, trade, held), pairs(order, parameters, trade), world.share
    willing = _willing(world, ties, of_pairs.closed, of_pairs.risk, now.pain)
    gap = trade - _target(parameters, of_pairs, willing, normal, trade)
    eigenvalue = leading_eigenvalue(ties, share)
    beta = parameters["beta"]
    critical = np.where(eigenvalue > 0.0, fold(beta, np.where(eigenvalue > 0.0, eigenvalue, 1.0)), 0.0)
    alpha, limit = parameters["balance"] * critical, parameters["balance_limit"] * beta
    pull = structural_balance(common_ties(ties, ties, share), alpha[:, None, None], limit[:, None, None])
    scale = np.divide(without_self(pull), beta[:, None, None], out=np.zeros_like(pull), where=beta[:, None, None] > 0.0)
    every = special_levels(world, order, now.pressure, ties, none, np.arange(world.size))
    opening = gate(ties) * (1.0 - of_pairs.closed)
    received = now.need[..., TECHNOLOGY] * matched(opening, share * now.surplus[..., TECHNOLOGY])
    hostility = matched(hostile(ties), share * world.armament)
    growth = armament_growth(hostility, received, parameters.state("arms_reaction"), parameters.state("tau"))
    return Start(
        world=world,
        tie=ties,
        trade=trade,
        rest_of_world=held,
        normal=normal,
        residual=np.where(of_pairs.cut > 0.0, 0.0, gap),
        erased=np.divide(gap, of_pairs.cut, out=np.zeros_like(gap), where=of_pairs.cut > 0.0),
        resting=ties - scale,
        cut=of_pairs.cut,
        levels=levels(now, of_pairs, trade) | {force: level for force, level in every.items() if level.any()},
        pain=now.pain,
        pressure=now.pressure,
        insulation=insulation_at_rest(parameters.state("u_base"), world.regime),
        armament_constant=parameters.state("arms_fatigue") * world.armament - growth,
        alpha=alpha,
        limit=limit,
    )


def _willing(world: World, ties: Array, shut: Array, risk: Array, pain: Array) -> Array:
    """Willing partners while nobody has lost capability."""
    offered = capacity(world.share, np.ones(world.size), pain)[:, None, :]
    return without_self(willing_partners(offered, ties, shut, back(risk)))


def _target(parameters: Parameters, of_pairs: Pairs, willing: Array, normal: Array, trade: Array) -> Array:
    """Where trade is heading, without the residual that this module is about to find."""
    missing, offered = (x.sum(axis=-1, keepdims=True) for x in (missing_trade(normal, trade), willing))
    diverted = diversion(missing, offered, parameters.pair("phi"), parameters.pair("kappa"))
    return trade_target(normal, of_pairs.cut, of_pairs.pair_risk, willing, diverted, 0.0)
