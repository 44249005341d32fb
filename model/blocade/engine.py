"""The batch engine: one step for many runs at once, arrays [run, state, partner].

Order of a step. Everything reads the state at the start of the step; all states move together.

1. Policy: the calendar's decree, drawn values, rules, relief granted, effort of senders (equation 10).
2. Situation: hands and pressure, reach (1), association risk (2), pain, needs, surpluses and their match (5), forces.
3. Record the measures of this moment.
4. Ties: balance (6), drift, shock and bounds (7).
5. Trade: willing partners (3), target and adjustment (4).
6. Concession and compliance (8), insulation (9), capability (11), armament (12), munitions (13).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from blocade.compiled import look_at_partners, move_ties, move_trade, pack
from blocade.equations.armament import armament_growth, armament_step
from blocade.equations.arrays import Array, back
from blocade.equations.balance import common_ties, structural_balance
from blocade.equations.capability import capability_step
from blocade.equations.concession import accumulate, compliance_step, friendship, hazard
from blocade.equations.drift import SIGNS, split
from blocade.equations.exchange import gate
from blocade.equations.insulation import insulation_at_rest, insulation_step
from blocade.equations.munitions import munitions_received, munitions_step
from blocade.equations.partners import capacity
from blocade.parameters import Parameters
from blocade.policy.calendar import Decree
from blocade.policy.orders import orders
from blocade.randomness import Luck
from blocade.situation import ARMS, EVERYWHERE, TECHNOLOGY, Rows, assess, forces, of_runs, reached, special_levels
from blocade.start import Start
from blocade.state import Moment, Observer, State, initial_state


def look(start: Start, parameters: Parameters, decree: Decree, state: State, now: float) -> Moment:
    """Steps 1 and 2: what is in force, and what follows from it."""
    order = orders(decree, now, parameters, state.seen(start))
    situation = assess(start.world, parameters, order, state.trade, start.rest_of_world, state.compliance)
    return Moment(now, start.tie, state, order, situation)


def move(start: Start, parameters: Parameters, moment: Moment, luck: Luck, step: int, dt: float) -> State:
    """Steps 4-6: the state one step later."""
    state, order, now, world = moment.state, moment.orders, moment.situation, start.world
    resting = insulation_at_rest(parameters.state("u_base"), order.regime)
    friendly, hostility, opened = _partners(moment, world_shares := world.share)
    spell, exposure, compliance = _concede(parameters, moment, friendly, luck, dt)
    return State(
        tie=_ties(start, parameters, moment, world_shares, luck, step, dt),
        trade=_trade(start, parameters, moment, world_shares, dt),
        capability=capability_step(
            state.capability,
            world.capability,
            now.pain,
            start.pain,
            parameters.state("psi"),
            parameters.state("rho_c"),
            dt,
        ),
        insulation=insulation_step(
            np.where(order.turnover, resting, state.insulation),
            resting,
            now.pressure,
            start.pressure,
            order.regime,
            parameters.state("rho_u"),
            parameters.state("u_decay"),
            dt,
        ),
        compliance=compliance_step(state.compliance, compliance, order.relief, parameters.state("p_decay"), dt),
        armament=_armament(start, parameters, moment, hostility, opened, dt),
        exposure=exposure,
        spell=spell,
        munitions=_munitions(parameters, moment, dt),
    )


def run(
    start: Start,
    parameters: Parameters,
    decrees: Sequence[Decree],
    luck: Luck,
    observe: Observer,
    dt: float = 0.25,
) -> State:
    """Run a batch to its end.

    Parameters
    ----------
    start, parameters : of each run.
    decrees : one for each step.
    observe : called with (step, moment) at the beginning of every step and once at the end.
    dt : length of a step, years.

    Returns
    -------
    The last state.
    """
    state = initial_state(start)
    for step, decree in enumerate(decrees):
        moment = look(start, parameters, decree, state, step * dt)
        observe(step, moment)
        state = move(start, parameters, moment, luck, step, dt)
    observe(len(decrees), look(start, parameters, decrees[-1], state, len(decrees) * dt))
    return state


def _ties(
    start: Start, parameters: Parameters, moment: Moment, share: Array, luck: Luck, step: int, dt: float
) -> Array:
    state, now = moment.state, moment.situation
    common = pack(common_ties(state.tie, state.tie, share))
    pull = structural_balance(common, start.alpha[:, None], start.limit[:, None])
    rows = reached(start.world, moment.orders)
    result = np.empty_like(state.tie)
    move_ties(
        state.tie,
        start.resting + moment.orders.pact if moment.orders.pact.any() else start.resting,
        (state.trade, np.ascontiguousarray(back(state.trade))),
        now.match,
        now.closed,
        now.pair_risk,
        now.complied,
        tuple(start.levels[force] for force in EVERYWHERE[:3]),
        tuple(SIGNS[force] * parameters[f"b_{force}"] for force in EVERYWHERE),
        _special_forces(start, parameters, moment, rows),
        rows,
        pull,
        parameters["beta"],
        parameters["sigma"] * np.sqrt(dt),
        luck.pair_shocks(step),
        dt,
        result,
    )
    return result


def _special_forces(start: Start, parameters: Parameters, moment: Moment, rows: Rows) -> tuple[Array, Array]:
    """F⁺ and F⁻ of the forces that do not act everywhere, on the pairs of some states: [run, row, partner]."""
    state = moment.state
    found = special_levels(moment.situation, moment.orders, state.tie, state.compliance, rows)
    before = {force: start.levels[force][..., rows, :] for force in found if force in start.levels}
    gates = np.ones((1, 1, 1))  # these have none
    return split(forces(found, before, gates, parameters), (len(state.tie), len(rows), start.world.size))


def _trade(start: Start, parameters: Parameters, moment: Moment, share: Array, dt: float) -> Array:
    state, now, order = moment.state, moment.situation, moment.orders
    relative = np.divide(
        state.capability,
        start.world.capability,
        out=np.ones_like(state.capability),
        where=start.world.capability > 0.0,
    )
    result = np.empty_like(state.trade)
    move_trade(
        state.trade,
        state.tie,
        capacity(share, relative, now.pain),
        # who withdraws trade does not take it up again
        np.maximum(now.closed, order.withdrawn) if order.withdrawn.any() else now.closed,
        back(now.risk),
        of_runs(order.shield),
        start.normal,
        now.cut,
        now.pair_risk,
        (start.residual, start.erased, start.cut),
        1.0 - start.rest_of_world,
        parameters["phi"],
        parameters["kappa"],
        (parameters["rho_cut"], parameters["rho_recover"], parameters["rho_divert"]),
        dt,
        result,
    )
    return result


def _partners(moment: Moment, share: Array) -> tuple[Array, Array, Array]:
    """Sums over partners that a state's own equations need: Σ ĉ H A⁺, Σ ĉ m A⁻ and Σ ĉ s gate (1 − closed) of
    technology, [run, state] each."""
    state, now = moment.state, moment.situation
    results = tuple(np.empty((3, *state.armament.shape)))
    weights = np.broadcast_to(share, state.armament.shape), share * state.armament, share * now.surplus[..., TECHNOLOGY]
    look_at_partners(state.tie, now.hand, now.closed, tuple(map(np.ascontiguousarray, weights)), results)
    return results


def _concede(
    parameters: Parameters, moment: Moment, friendly: Array, luck: Luck, dt: float
) -> tuple[npt.NDArray[np.int64], Array, Array]:
    state, now = moment.state, moment.situation
    rate = hazard(
        now.pressure,
        now.pain,
        state.insulation,
        friendship(friendly, now.pressure),
        moment.orders.offer.max(axis=-1),
        parameters.state("h0"),
        parameters.state("k"),
        parameters.state("kappa_f"),
        parameters.state("k_o"),
    )
    exposure = accumulate(state.exposure, rate, state.compliance, dt)
    concedes = exposure >= luck.thresholds(state.spell)
    return state.spell + concedes, np.where(concedes, 0.0, exposure), concedes.astype(float)


def _armament(
    start: Start, parameters: Parameters, moment: Moment, hostility: Array, opened: Array, dt: float
) -> Array:
    state, received = moment.state, moment.situation.need[..., TECHNOLOGY] * opened
    growth = armament_growth(hostility, received, parameters.state("arms_reaction"), parameters.state("tau"))
    fatigue = parameters.state("arms_fatigue")
    constant = start.armament_constant + fatigue * moment.orders.arming * start.world.armament
    return armament_step(state.armament, growth, constant, fatigue, dt)


def _munitions(parameters: Parameters, moment: Moment, dt: float) -> Array:
    now, order = moment.situation, moment.orders
    if not order.limited.any():
        return moment.state.munitions
    opening = gate(moment.state.tie) * (1.0 - now.closed)
    received = munitions_received(order.suppliers, opening, now.surplus[..., ARMS])
    home, delivered, stock = (parameters.state(name) for name in ("home", "delivered", "stock"))
    return munitions_step(moment.state.munitions, order.limited, received, home, delivered, stock, dt)
