"""The per-agent engine, on Mesa: the executable explanation of the model, and the place to change what a state does.

Every state is an agent that works out its own row from ``blocade.equations`` and knows of the others only what
they have published. Order of a step, as in the batch engine (neither imports the other; a test holds them equal):

1. Policy: what is in force. It is no agent's decision.
2. All look around, then all weigh their partners, then all sense what has changed in their ties.
3. Record the measures of this moment.
4. All decide: how they would move their ties, trade, concession, insulation, capability, armament.
5. Each tie takes the mean of what its two sides propose, meets the pair's luck, and all states act together.

No state sees what another decides in the same step, so the order in which Mesa calls the agents changes nothing.
To change a state, override one decision and name the class::

    class Stubborn(StateAgent):
        def concede(self, exposure):
            return False
    model = BlocModel(agent_classes={"RUS": Stubborn})
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import mesa  # of 3.3 on import sets multiprocessing's start method for the whole process: nothing else may import it
import numpy as np

from blocade.equations.armament import armament_growth, armament_step, hostile
from blocade.equations.arrays import Array, back, mean_of_pair, without_self
from blocade.equations.balance import common_ties, structural_balance
from blocade.equations.capability import capability_step
from blocade.equations.concession import accumulate, compliance_step, friendly, friendship, hazard
from blocade.equations.diversion import (
    diversion,
    missing_trade,
    pain,
    residual_in_force,
    trade_step,
    trade_target,
    within,
)
from blocade.equations.drift import split, tie_drift, tie_step
from blocade.equations.exchange import gate, match, need, surplus
from blocade.equations.insulation import insulation_at_rest, insulation_step
from blocade.equations.munitions import munitions_received, munitions_step
from blocade.equations.partners import capacity, willing_partners
from blocade.equations.pressure import closed, hand, pressure
from blocade.equations.reach import reach
from blocade.equations.risk import association_risk
from blocade.forces import EVERYONE, FORCES, SIGNS, SPECIAL, Sight
from blocade.measures import MEASURES, Measured, alignment, applicable
from blocade.parameters import Parameters, central, table
from blocade.policy.calendar import Decree, calendar, first_step
from blocade.policy.events import Event
from blocade.policy.mixed import Decreed, own
from blocade.policy.orders import orders
from blocade.randomness import Luck
from blocade.roles import Roles, roles
from blocade.situation import ARMS, PAINED, TECHNOLOGY, Situation
from blocade.start import Start, solve_start
from blocade.state import Moment, Observer, State, initial_state
from blocade.theories import theories
from blocade.world import World, load_world

Number: TypeAlias = Any  # the equations are annotated for arrays, and take a number as an array without axes
NUMBERS = ("capability", "insulation", "compliance", "armament", "exposure", "spell", "munitions")
COLLECTED = ("alignment", "pain", "compliance", "insulation", "capability", "armament")


class StateAgent(mesa.Agent):  # type: ignore[misc]  # Mesa carries no types
    """A state. Its rows are [partner]; column i of what all have published is the partners' side of the same pairs.

    Attributes
    ----------
    code, name, index : who it is, and its place in every array.
    tie, trade : its rows. capability, insulation, compliance, armament, exposure, spell, munitions : its numbers
    (`State`).
    pressure, pain, need, surplus : its situation (`Situation`). hand, closed, cut, risk, pair_risk, gate : what it sees
    of its pairs.
    levels, views : what each force depends on, of the pair and from its own side, [force, partner].
    drift, chosen : what it has decided and not yet done.

    Examples
    --------
    >>> import blocade
    >>> class Unyielding(blocade.StateAgent):
    ...     def concede(self, exposure):
    ...         return False
    >>> model = blocade.BlocModel(years=1, agent_classes={"RUS": Unyielding})
    >>> [type(agent).__name__ for agent in model.agents if agent.code == "RUS"]
    ['Unyielding']
    """

    model: RunModel
    capability: Number
    insulation: Number
    compliance: Number
    armament: Number
    exposure: Number
    spell: int
    munitions: Number
    alignment: float  # what a BlocModel measures of it; no decision reads it

    def __init__(self, model: RunModel, index: int) -> None:
        super().__init__(model)
        world, before, shape = model.world, model.start.levels, model.state.tie.shape
        self.index, self.code, self.name = index, world.codes[index], world.names[index]
        self.tie, self.trade = model.state.tie[index], model.state.trade[index]
        for name in NUMBERS:
            setattr(self, name, getattr(model.state, name)[index].item())
        self.levels_before = np.array([np.broadcast_to(before.get(force, 0.0), shape)[index] for force in FORCES])

    def look_around(self) -> None:
        """Who presses it, what it suffers, and so what it needs and can spare (equation 5)."""
        m, i = self.model, self.index
        normal = m.world.capability[i]
        self.hand = hand(m.orders.enforced[i], m.orders.isolation[i])
        self.pressure = pressure(self.hand, m.share)
        self.pain = pain(self.trade.sum(), m.start.rest_of_world[i], m.trades[i])
        relative: Number = self.capability / normal if normal > 0.0 else 1.0
        self.capacity = capacity(m.share[i], relative, self.pain)
        self.need = need(m.world.need[i], m.values["nu"] * PAINED, self.pain, 0.0)
        self.need[ARMS] += m.orders.war[i]
        self.surplus = surplus(m.world.surplus[i], m.values["mu"] * PAINED, self.pain)

    def weigh(self) -> None:
        """How far each pair is closed, the reach of sanctions (1), its risk (2), its side of every force (7)."""
        m, i = self.model, self.index
        self.closed, self.gate = closed(self.hand, m.hand[:, i]), gate(self.tie)
        enforced = m.orders.enforced
        self.cut = reach(m.values["delta"], enforced[i], enforced[:, i], m.orders.withdrawn[i])
        self.risk = self.weigh_risk()
        sides = {
            "trade": self.trade,
            "match": match(self.need, self.surplus, m.need, m.surplus) * (1.0 - self.closed),
            "risk": self.risk,
            "comply": self.compliance * self.hand,
        }
        see = Sight(m.orders, m.share, m.state.tie, m.pressure, m.state.compliance, slice(i, i + 1), EVERYONE)
        sides |= {force.name: force.side(see)[0] for force in SPECIAL if force.side}
        self.views = np.array([sides[force] for force in FORCES])

    def weigh_risk(self) -> Array:
        """Decide what it stands to lose by associating with each partner (equation 2): [partner]."""
        m = self.model
        feared = association_risk(self.hand, m.hand, self.trade, m.orders.secondary, m.values["g"])
        return feared * (1.0 - m.orders.shield[:, self.index])

    def sense(self) -> None:
        """What each force depends on, from both sides' views of the pair: [force, partner]."""
        self.levels = mean_of_pair(self.model.views[self.index], self.model.views[:, :, self.index].T)
        self.pair_risk = self.levels[FORCES.index("risk")]

    def decide(self) -> None:
        """Take every decision of the step."""
        m = self.model
        exposure: Number = accumulate(self.exposure, self.feel_hazard(), self.compliance, m.dt)
        concedes: Number = self.concede(exposure)
        self.drift, relief = self.propose_ties(), m.orders.relief[self.index]
        self.chosen = {
            "trade": self.adjust_trade(),
            "capability": float(self.renew_capability()),
            "insulation": float(self.build_insulation()),
            "compliance": float(compliance_step(self.compliance, concedes, relief, m.values["p_decay"], m.dt)),
            "armament": float(self.arm()),
            "munitions": float(self.use_munitions()),
            "exposure": 0.0 if concedes else float(exposure),
            "spell": self.spell + int(concedes),
        }

    def propose_ties(self) -> Array:
        """Decide how fast it would move each tie (equations 6 and 7), 1/year: [partner]."""
        m = self.model
        forces = m.coefficients * (self.levels - self.levels_before)
        forces[FORCES.index("match")] *= self.gate
        plus, minus = split(forces, self.tie.shape)
        pull = structural_balance(common_ties(self.tie, m.state.tie, m.share), m.start.alpha, m.start.limit)
        resting = m.start.resting[self.index] + m.orders.pact[self.index]
        return tie_drift(self.tie, resting, plus, minus, pull, m.values["beta"])

    def adjust_trade(self) -> Array:
        """Decide its trade shares (equations 3 and 4): [partner]."""
        m, i = self.model, self.index
        normal, missing = m.start.normal[i], missing_trade(m.start.normal[i], self.trade).sum()
        shield = m.orders.shield[i]
        shut = np.maximum(self.closed, m.orders.withdrawn[i])  # who withdraws trade does not take it up again
        willing = willing_partners(m.capacity, self.tie, shut, m.risk[:, i], shield)
        willing[i] = 0.0
        residual = residual_in_force(m.start.residual[i], m.start.erased[i], self.cut, m.start.cut[i])
        diverted = diversion(missing, willing.sum(), m.values["phi"], m.values["kappa"])
        target = trade_target(normal, self.cut, self.pair_risk, willing, diverted, residual)
        cut, recover, grow = m.values["rho_cut"], m.values["rho_recover"], m.values["rho_divert"]
        moved = trade_step(self.trade, target, normal, cut, recover, grow, m.dt)
        return moved * within(moved.sum(), 1.0 - m.start.rest_of_world[i])

    def feel_hazard(self) -> Number:
        """How near it is to a concession (equation 8), 1/year."""
        m, i = self.model, self.index
        friends = friendship(friendly(self.tie, self.hand) @ m.share, self.pressure)
        offer = m.orders.offer[i].max()
        sizes = (m.values[name] for name in ("h0", "k", "kappa_f", "k_o"))
        return hazard(self.pressure, self.pain, self.insulation, friends, offer, *sizes)

    def concede(self, exposure: Number) -> bool:
        """Decide whether to concede: when the hazard integrated since the last concession passes its threshold."""
        return bool(exposure >= self.model.thresholds[self.index])

    def build_insulation(self) -> Number:
        """Decide how far to shield itself from pain (equation 9)."""
        m, i = self.model, self.index
        before, rates = m.start.pressure[i], (m.values["rho_u"], m.values["u_decay"])
        regime = m.orders.regime[i]
        resting = insulation_at_rest(m.values["u_base"], regime)
        now: Number = resting if m.orders.turnover[i] else self.insulation
        return insulation_step(now, resting, self.pressure, before, regime, *rates, m.dt)

    def renew_capability(self) -> Number:
        """What becomes of its capability under pain (equation 11)."""
        m, i = self.model, self.index
        rates = m.values["psi"], m.values["rho_c"]
        return capability_step(self.capability, m.world.capability[i], self.pain, m.start.pain[i], *rates, m.dt)

    def arm(self) -> Number:
        """Decide its armament (equation 12)."""
        m, i = self.model, self.index
        spare, opening = m.share * m.surplus[:, TECHNOLOGY], self.gate * (1.0 - self.closed)
        received = self.need[TECHNOLOGY] * (opening @ spare)
        hostility = hostile(self.tie) @ (m.share * m.state.armament)
        growth = armament_growth(hostility, received, m.values["arms_reaction"], m.values["tau"])
        fatigue = m.values["arms_fatigue"]
        constant = m.start.armament_constant[i] + fatigue * m.orders.arming[i] * m.world.armament[i]
        return armament_step(self.armament, growth, constant, fatigue, m.dt)

    def use_munitions(self) -> Number:
        """What becomes of its munitions, in a war that ends without them (equation 13)."""
        m, i = self.model, self.index
        received = munitions_received(m.orders.suppliers[i], self.gate * (1.0 - self.closed), m.surplus[:, ARMS])
        home, delivered, stock = (m.values[name] for name in ("home", "delivered", "stock"))
        return munitions_step(self.munitions, m.orders.limited[i], received, home, delivered, stock, m.dt)

    def act(self) -> None:
        """Do what was decided; its ties are what the pairs have agreed."""
        self.tie = self.model.agreed[self.index]
        for name, value in self.chosen.items():
            setattr(self, name, value)


class RunModel(mesa.Model):  # type: ignore[misc]  # Mesa carries no types
    """One run from a start and parameters of one run, [1, ...]; decrees are one for each step of dt years.

    ``rng`` seeds Mesa's own generators, from which the model draws nothing.
    """

    def __init__(
        self,
        start: Start,
        parameters: Parameters,
        decrees: Sequence[Decree],
        dt: float,
        agent_class: type[StateAgent] = StateAgent,
        agent_classes: Mapping[str, type[StateAgent]] | None = None,
        rng: int = 0,
    ) -> None:
        super().__init__(rng=rng)
        one, first = np.asarray(0), initial_state(start)
        self.decrees, self.dt, self.at = decrees, dt, 0
        self.world, self.start, self.parameters = start.world, start.take(one), parameters.take(one)
        self.values = {name: float(value) for name, value in self.parameters.items()}
        self.share = self.world.share
        self.trades = (self.world.trade.sum(axis=-1) + self.world.rest_of_world > 0.0).astype(float)
        self.coefficients = np.array([[SIGNS[force] * self.values[f"b_{force}"]] for force in FORCES])
        self.state = State(**{field.name: getattr(first, field.name)[0] for field in fields(State)})
        special = {self.world.index(code): kind for code, kind in (agent_classes or {}).items()}
        self.states = [special.get(i, agent_class)(self, i) for i in range(self.world.size)]
        self._look()

    def move(self, shocks: Array, thresholds: Array) -> None:
        """Move all states one step on, given the luck of the step: shocks [state, partner] and thresholds [state]."""
        self.thresholds = thresholds
        self.agents.do("decide")
        drift = self._published("drift")
        noise = self.values["sigma"] * np.sqrt(self.dt) * shocks
        self.agreed = without_self(tie_step(self.state.tie, mean_of_pair(drift, back(drift)), self.dt, noise))
        self.agents.do("act")
        self.at += 1
        self.running = self.at < len(self.decrees)
        self.state = State(**{field.name: self._published(field.name) for field in fields(State)})
        self._look()

    def _look(self) -> None:
        """What is in force, and what every state makes of it; a phase reads what the one before has published."""
        decree = self.decrees[min(self.at, len(self.decrees) - 1)]
        self.orders = orders(decree, self.at * self.dt, self.parameters, self.state.seen(self.start))
        self.agents.do("look_around")
        self.hand, self.need, self.surplus = map(self._published, ("hand", "need", "surplus"))
        self.pressure, self.pain, self.capacity = map(self._published, ("pressure", "pain", "capacity"))
        self.agents.do("weigh")
        self.risk, self.views = map(self._published, ("risk", "views"))
        self.agents.do("sense")

    def _published(self, name: str) -> Any:
        """What all states say of themselves, in the order of the world: [state, ...]."""
        return np.array([getattr(state, name) for state in self.states])

    def situation(self) -> Situation:
        """Everything that the states make of this moment."""
        return Situation(**{field.name: self._published(field.name) for field in fields(Situation)})


class BlocModel(RunModel):
    """An ordinary Mesa model of a world: `step`, `agents`, `datacollector`, and ``mesa.batch_run`` over it.

    Data are collected at the start and after every step. Columns of a state begin with ``state``: ``batch_run``
    writes them into one row with the model's, where equal names would overwrite each other. A name or value that
    does not fit raises a ValueError that says which, and what would mend it.

    Parameters
    ----------
    world : name of a world in the seeds, a folder, or a `World`.
    theory : a preset of `blocade.theories.theories`; of a range it takes the middle.
    rng : seed of the run's luck, a whole number from 0 up; ``batch_run`` of Mesa 3.5 takes seeds apart from the rest.
    bloc, patron, senders : who is who, for the measures: codes, names or groups of the world.
    events : acts and wars of the run, on top of what is in force in the world.
    parameters : values that replace the central ones and the theory's.
    begin : first day, decimal year. years : length of the run. dt : length of a step, years.
    agent_class : of every state. agent_classes : of single states, by code.

    Examples
    --------
    >>> import blocade
    >>> model = blocade.BlocModel(years=1)
    >>> while model.running:
    ...     model.step()
    >>> model.steps, len(model.agents)
    (4, 70)
    >>> bond = model.datacollector.get_model_vars_dataframe()["cohesion"]
    """

    def __init__(
        self,
        world: str | Path | World = "2021",
        theory: str = "full",
        rng: int = 1,
        *,
        bloc: Sequence[str] = ("RUS", "PRK"),
        patron: str | None = "CHN",
        senders: Sequence[str] = ("G7", "EU", "KOR", "AUS"),
        events: Sequence[Event] = (),
        parameters: Mapping[str, float] | None = None,
        begin: float = 2022.0,
        years: float = 15.0,
        dt: float = 0.25,
        agent_class: type[StateAgent] = StateAgent,
        agent_classes: Mapping[str, type[StateAgent]] | None = None,
    ) -> None:
        if not isinstance(rng, int | np.integer) or rng < 0:
            raise ValueError(f"rng: {rng!r} is no seed; give whole numbers from 0 up (to batch_run as rng=[1, 2])")
        if not (dt > 0.0 and years >= dt):
            raise ValueError(f"years: {years:g} in steps of {dt:g}; give dt above 0, and years of at least dt")
        place = world if isinstance(world, World) else load_world(world)
        values, who = _fixed_set(theory, parameters or {}), _cast(place, bloc, patron, senders)
        decrees = calendar(place, events, begin, dt, first_step(begin + years, begin, dt))
        super().__init__(solve_start(place, values), values, decrees, dt, agent_class, agent_classes, int(rng))
        self.begin, self.roles, self.luck = begin, who, Luck(int(rng), [0], [0], place.codes)
        own = {"state": "code"} | {f"state_{name}": name for name in COLLECTED}
        measured = {name: partial(_value, MEASURES[name].of) for name in applicable(who)}
        self.datacollector = mesa.DataCollector(model_reporters=measured, agent_reporters=own)
        self._collect()

    def step(self) -> None:
        """One step of dt years; a RuntimeError if the run has ended."""
        if not self.running:
            raise RuntimeError(f"the run has ended in {self.begin + self.at * self.dt:g}; give the model more years")
        self.move(self.luck.shocks(self.at)[0], self.luck.thresholds(self.state.spell[None])[0])
        self._collect()

    def _collect(self) -> None:
        self.moment = _together([self])
        for state, value in zip(self.states, alignment(self.moment.state.tie, self.roles)[0], strict=True):
            state.alignment = float(value)
        self.datacollector.collect(self)


def run(
    start: Start, parameters: Parameters, decrees: Sequence[Decreed], luck: Luck, observe: Observer, dt: float = 0.25
) -> State:
    """Run a batch to its end, a model for each run, all in step: what the batch engine takes, and what it returns."""
    each = enumerate(np.arange(len(start.tie))[:, None])
    models = [RunModel(start.take(k), parameters.take(k), own(decrees, run), dt) for run, k in each]
    for step in range(len(decrees)):
        moment = _together(models)
        observe(step, moment)
        for model, *dealt in zip(models, luck.shocks(step), luck.thresholds(moment.state.spell), strict=True):
            model.move(*dealt)
    moment = _together(models)
    observe(len(decrees), moment)
    for model in models:  # Mesa 3.3 numbers agents in a table that would keep every model for ever
        getattr(mesa.Agent, "_ids", {}).pop(model, None)
    return moment.state


def _together(models: Sequence[RunModel]) -> Moment:
    """The moment of several runs as one batch: [run, ...]."""
    parts = zip(*((model.state, model.orders, model.situation()) for model in models), strict=True)
    before = np.array([model.start.tie for model in models])
    return Moment(models[0].at * models[0].dt, before, *(_stacked(records) for records in parts))


def _stacked(records: Sequence[Any]) -> Any:
    columns: dict[str, Any] = {}
    for name in (field.name for field in fields(records[0])):
        columns[name] = np.array([getattr(record, name) for record in records])
    return type(records[0])(**columns)


def _value(measure: Measured, model: BlocModel) -> float:
    return float(measure(model.moment, model.roles)[0])


def _fixed_set(theory: str, settings: Mapping[str, float]) -> Parameters:
    """One parameter set, [1]: the central values, a theory's own (the middle of a range), then the settings."""
    if theory not in theories():
        raise ValueError(f"theory: no {theory!r}; give one of {', '.join(theories())}")
    for name, value in settings.items():
        if name not in table():
            raise ValueError(f"parameters: no {name!r}; give one of {', '.join(table())}")
        low, high = table()[name].minimum, table()[name].maximum
        if not low <= value <= high:
            raise ValueError(f"parameters: {name} is {value}; give a value from {low:g} to {high:g}")
    preset = {name: float(np.mean(setting)) for name, setting in theories()[theory].items()}
    return Parameters({name: value[None] for name, value in central(**{**preset, **settings}).items()})


def _cast(world: World, bloc: Sequence[str], patron: str | None, senders: Sequence[str]) -> Roles:
    """Who is who; groups stand for their members in the world."""
    parts: dict[str, list[str]] = {"bloc": [], "patron": [], "senders": []}
    for part, names in zip(parts, (bloc, [patron] if patron else [], senders), strict=True):
        groups = {} if part == "patron" else world.groups
        for name in names:
            members = (code,) if (code := world.resolve(name)) else groups.get(name, ())
            if not members:
                choice = ", ".join(["a state's code", *sorted(groups)])
                raise ValueError(f"{part}: no {name!r} in world {world.name}; give one of: {choice}")
            parts[part] += [member for member in members if member not in parts[part]]
        if not parts[part] and part != "patron":
            raise ValueError(f"{part}: empty; give at least one state")
    if twice := sorted({*parts["bloc"], *parts["patron"]} & {*parts["senders"]}):
        raise ValueError(f"senders: {', '.join(twice)} cannot be in the bloc or its patron too; give other senders")
    if set(parts["patron"]) <= set(parts["bloc"]) and patron:
        raise ValueError(f"patron: {patron} cannot be in the bloc too; give another, or None")
    return roles(world, parts["bloc"], parts["patron"][0] if patron else None, parts["senders"])

