"""The batch engine: one step for many runs at once, arrays [run, state, partner].

Order of a step. Everything reads the state at the start of the step; all states move together.

1. Policy: the calendar's decree, drawn values, rules, relief granted, effort of senders (equation 10).
2. Situation of every state: pressure, pain, needs and surpluses (5).
3. Record the measures of this moment.
4. Pairs (`blocade.pairs`): reach (1), association risk (2), match (5) and balance (6); then ties with their forces,
   shock and bounds (7); then trade: willing partners (3), target and adjustment (4).
5. Concession and compliance (8), insulation (9), capability (11), armament (12), munitions (13).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from blocade.equations.armament import armament_growth, armament_step
from blocade.equations.arrays import Array, back
from blocade.equations.balance import common_ties, structural_balance
from blocade.equations.capability import capability_step
from blocade.equations.concession import accumulate, compliance_step, friendship, hazard
from blocade.equations.drift import split
from blocade.equations.exchange import gate, match
from blocade.equations.insulation import insulation_at_rest, insulation_step
from blocade.equations.munitions import munitions_received, munitions_step
from blocade.equations.partners import capacity
from blocade.equations.pressure import closed, hand
from blocade.forces import EVERYWHERE, SIGNS
from blocade.pairs import Before, Moved, Now, Rates, move_pairs, of_runs, pack
from blocade.parameters import Parameters
from blocade.policy.mixed import Decreed
from blocade.policy.orders import orders
from blocade.randomness import Luck
from blocade.situation import ARMS, TECHNOLOGY, Rows, acts, assess, forces, special_levels, stirred
from blocade.start import Start
from blocade.state import Moment, Observer, State, initial_state


def look(start: Start, parameters: Parameters, decree: Decreed, state: State, now: float) -> Moment:
    """Steps 1 and 2: what is in force, and what follows from it."""
    order = orders(decree, now, parameters, state.seen(start))
    situation = assess(start.world, parameters, order, state.trade, start.rest_of_world)
    return Moment(now, start.tie, state, order, situation)


def move(start: Start, parameters: Parameters, moment: Moment, luck: Luck, step: int, dt: float) -> State:
    """Steps 4 and 5: the state one step later."""
    state, order, now, world = moment.state, moment.orders, moment.situation, start.world
    resting = insulation_at_rest(parameters.state("u_base"), order.regime)
    moved = _pairs(start, parameters, moment, luck, step, dt)
    spell, exposure, compliance = _concede(parameters, moment, moved.friendly, luck, dt)
    return State(
        tie=moved.tie,
        trade=moved.trade,
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
        armament=_armament(start, parameters, moment, moved, dt),
        exposure=exposure,
        spell=spell,
        munitions=_munitions(parameters, moment, dt),
    )


def run(
    start: Start,
    parameters: Parameters,
    decrees: Sequence[Decreed],
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


def _pairs(start: Start, parameters: Parameters, moment: Moment, luck: Luck, step: int, dt: float) -> Moved:
    """Equations 1-7 of all pairs."""
    state, now, order, world = moment.state, moment.situation, moment.orders, start.world
    runs, n = state.capability.shape
    share = world.share
    common = pack(common_ties(state.tie, state.tie, share))
    relative = np.divide(
        state.capability, world.capability, out=np.ones_like(state.capability), where=world.capability > 0.0
    )
    plus, minus, rows = _special_forces(start, parameters, moment)
    moved = Moved(*np.empty((2, runs, n, n)), *np.empty((3, runs, n)))
    move_pairs(
        Now(
            tie=state.tie,
            trade=state.trade,
            enforced=of_runs(order.enforced),
            isolation=of_runs(order.isolation),
            withdrawn=of_runs(order.withdrawn),
            shield=of_runs(order.shield),
            secondary=np.ascontiguousarray(np.broadcast_to(order.secondary, (runs, n))),
            compliance=state.compliance,
            match=match(now.need, now.surplus, now.need, now.surplus),
            pull=structural_balance(common, start.alpha[:, None], start.limit[:, None]),
            shocks=luck.pair_shocks(step),
            resting=start.resting + order.pact if order.pact.any() else start.resting,
            capacity=capacity(share, relative, now.pain),
            share=share,
            arms=share * state.armament,
            spare=share * now.surplus[..., TECHNOLOGY],
            plus=plus,
            minus=minus,
            rows=rows,
            acts=acts(order),
        ),
        _before(start),
        _rates(parameters, dt),
        dt,
        moved,
    )
    return moved


def _before(start: Start) -> Before:
    return Before(
        traded=start.levels["trade"],
        matched=start.levels["match"],
        risked=start.levels["risk"],
        normal=start.normal,
        residual=start.residual,
        erased=start.erased,
        cut=start.cut,
        room=1.0 - start.rest_of_world,
    )


def _rates(parameters: Parameters, dt: float) -> Rates:
    same = {name: parameters[name] for name in ("delta", "g", "beta", "phi", "kappa")}
    speeds = {name: parameters[name] for name in ("rho_cut", "rho_recover", "rho_divert")}
    strengths = {force: SIGNS[force] * parameters[f"b_{force}"] for force in EVERYWHERE}
    return Rates(noise=parameters["sigma"] * np.sqrt(dt), **same, **speeds, **strengths)


def _special_forces(start: Start, parameters: Parameters, moment: Moment) -> tuple[Array, Array, Rows]:
    """F⁺ and F⁻ of the forces that do not act everywhere, [run, row, partner], and the states that are the rows."""
    state, order, world = moment.state, moment.orders, start.world
    chosen, rows = stirred(world, order, parameters)
    now = special_levels(world, order, moment.situation.pressure, state.tie, state.compliance, rows, chosen)
    begun = {force.name: start.levels[force.name][..., rows, :] for force in chosen if force.name in start.levels}
    gates = np.ones((1, 1, 1))  # these have none
    return *split(forces(now, begun, gates, parameters), (len(state.tie), len(rows), world.size)), rows


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


def _armament(start: Start, parameters: Parameters, moment: Moment, moved: Moved, dt: float) -> Array:
    state, received = moment.state, moment.situation.need[..., TECHNOLOGY] * moved.opened
    growth = armament_growth(moved.hostile, received, parameters.state("arms_reaction"), parameters.state("tau"))
    fatigue = parameters.state("arms_fatigue")
    constant = start.armament_constant + fatigue * moment.orders.arming * start.world.armament
    return armament_step(state.armament, growth, constant, fatigue, dt)


def _munitions(parameters: Parameters, moment: Moment, dt: float) -> Array:
    now, order = moment.situation, moment.orders
    if not order.limited.any():
        return moment.state.munitions
    hands = hand(order.enforced, order.isolation)
    opening = gate(moment.state.tie) * (1.0 - closed(hands, back(hands)))
    received = munitions_received(order.suppliers, opening, now.surplus[..., ARMS])
    home, delivered, stock = (parameters.state(name) for name in ("home", "delivered", "stock"))
    return munitions_step(moment.state.munitions, order.limited, received, home, delivered, stock, dt)
