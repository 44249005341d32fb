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

from blocade.equations.armament import armament_growth, armament_step, hostility, technology_received
from blocade.equations.arrays import Array, back, mean_of_pair, without_self
from blocade.equations.balance import structural_balance
from blocade.equations.capability import capability_step
from blocade.equations.concession import accumulate, compliance_step, friendship, hazard
from blocade.equations.diversion import missing_trade, residual_in_force, trade_step, trade_target
from blocade.equations.drift import split, tie_drift, tie_step
from blocade.equations.insulation import insulation_at_rest, insulation_step
from blocade.equations.munitions import munitions_received, munitions_step
from blocade.equations.partners import willing_partners
from blocade.parameters import Parameters
from blocade.policy.calendar import Decree
from blocade.policy.orders import orders
from blocade.randomness import Luck
from blocade.situation import ARMS, TECHNOLOGY, assess, forces
from blocade.start import Start
from blocade.state import Moment, Observer, State, initial_state


def look(start: Start, parameters: Parameters, decree: Decree, state: State, now: float) -> Moment:
    """Steps 1 and 2: what is in force, and what follows from it."""
    order = orders(decree, now, parameters, state.seen(start))
    situation = assess(start.world, parameters, order, state.tie, state.trade, start.rest_of_world, state.compliance)
    return Moment(now, start.tie, state, order, situation)


def move(start: Start, parameters: Parameters, moment: Moment, luck: Luck, step: int, dt: float) -> State:
    """Steps 4-6: the state one step later."""
    state, order, now, world = moment.state, moment.orders, moment.situation, start.world
    resting = insulation_at_rest(parameters.state("u_base"), order.regime)
    spell, exposure, compliance = _concede(parameters, moment, world_shares := world.share, luck, dt)
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
        armament=_armament(start, parameters, moment, world_shares, dt),
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
    plus, minus = split(forces(now, start.levels, parameters), state.tie.shape)
    pull = structural_balance(state.tie, state.tie, share, start.alpha[:, None, None], start.limit[:, None, None])
    drift = tie_drift(state.tie, start.resting + moment.orders.pact, plus, minus, pull, parameters.pair("beta"))
    # products differ between ij and ji in the last bit, and a steep gate can make that grow
    drift = mean_of_pair(drift, back(drift))
    shock = parameters.pair("sigma") * np.sqrt(dt) * luck.shocks(step)
    return without_self(tie_step(state.tie, drift, dt, shock))


def _trade(start: Start, parameters: Parameters, moment: Moment, share: Array, dt: float) -> Array:
    state, now = moment.state, moment.situation
    relative = np.divide(
        state.capability,
        start.world.capability,
        out=np.ones_like(state.capability),
        where=start.world.capability > 0.0,
    )
    willing = without_self(
        willing_partners(
            share,
            relative[..., None, :],
            state.tie,
            np.maximum(now.closed, moment.orders.withdrawn),  # who withdraws trade does not take it up again
            back(now.risk),
            now.pain[..., None, :],
            moment.orders.shield,
        )
    )
    target = trade_target(
        start.normal,
        now.cut,
        now.pair_risk,
        missing_trade(start.normal, state.trade),
        willing,
        parameters.pair("phi"),
        parameters.pair("kappa"),
        residual_in_force(start.residual, start.erased, now.cut, start.cut),
    )
    return trade_step(
        state.trade,
        target,
        start.normal,
        1.0 - start.rest_of_world[..., None],
        parameters.pair("rho_cut"),
        parameters.pair("rho_recover"),
        parameters.pair("rho_divert"),
        dt,
    )


def _concede(
    parameters: Parameters, moment: Moment, share: Array, luck: Luck, dt: float
) -> tuple[npt.NDArray[np.int64], Array, Array]:
    state, now = moment.state, moment.situation
    rate = hazard(
        now.pressure,
        now.pain,
        state.insulation,
        friendship(state.tie, now.hand, share, now.pressure),
        moment.orders.offer.max(axis=-1),
        parameters.state("h0"),
        parameters.state("k"),
        parameters.state("kappa_f"),
        parameters.state("k_o"),
    )
    exposure = accumulate(state.exposure, rate, state.compliance, dt)
    concedes = exposure >= luck.thresholds(state.spell)
    return state.spell + concedes, np.where(concedes, 0.0, exposure), concedes.astype(float)


def _armament(start: Start, parameters: Parameters, moment: Moment, share: Array, dt: float) -> Array:
    state, now = moment.state, moment.situation
    received = technology_received(
        now.need[..., TECHNOLOGY], share * now.surplus[..., TECHNOLOGY], now.gate * (1.0 - now.closed)
    )
    hostile = hostility(state.tie, share * state.armament)
    growth = armament_growth(hostile, received, parameters.state("arms_reaction"), parameters.state("tau"))
    fatigue = parameters.state("arms_fatigue")
    constant = start.armament_constant + fatigue * moment.orders.arming * start.world.armament
    return armament_step(state.armament, growth, constant, fatigue, dt)


def _munitions(parameters: Parameters, moment: Moment, dt: float) -> Array:
    now, order = moment.situation, moment.orders
    if not order.limited.any():
        return moment.state.munitions
    received = munitions_received(order.suppliers, now.gate * (1.0 - now.closed), now.surplus[..., ARMS])
    home, delivered, stock = (parameters.state(name) for name in ("home", "delivered", "stock"))
    return munitions_step(moment.state.munitions, order.limited, received, home, delivered, stock, dt)
