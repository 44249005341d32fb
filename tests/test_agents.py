"""The per-agent engine: equal to the batch engine, open to one changed decision, and an ordinary Mesa model."""

from __future__ import annotations

import ast
import gc
import inspect
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

import mesa
import numpy as np
import numpy.typing as npt
import pytest
from fuzz import examples
from helpers import BEGIN, box, seeds, some_events, worlds
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import make_world

import blocade
from blocade import agents, engine
from blocade.agents import BlocModel, StateAgent
from blocade.parameters import Parameters, Setting, sample, table
from blocade.policy import events as kinds
from blocade.policy.calendar import calendar
from blocade.policy.events import EVENTS, Event
from blocade.randomness import Luck
from blocade.start import Start, clean_start, solve_start
from blocade.state import Moment, State
from blocade.world import GOODS, World, load_world

DT = 0.25
Array = npt.NDArray[np.float64]


def every_kind(target: str, friend: str, sender: str, other: str) -> tuple[Event, ...]:
    """Events of every kind, with values given and values drawn, all at work within four years."""
    return (
        kinds.SanctionsEvent(0.25, (sender, other), (target, friend), 0.9, ramp_until=1.5),
        kinds.SanctionsEvent(0.5, (target,), (other,), 0.6, until=2.0),
        kinds.IsolationEvent(0.5, (sender,), (target,), 0.8),
        kinds.SecondarySanctionsEvent(1.0, (sender,)),
        kinds.SecondarySanctionsEvent(1.0, (other,), level=0.7, until=3.0),
        kinds.WarEvent((target,), 0.5, 2.5),
        kinds.WarEvent((friend,), 1.0, 2.0, need=0.3),
        kinds.OfferEvent(1.0, (other,), (friend,), value=0.6),
        kinds.OfferEvent(1.0, (friend,), (sender,)),  # from a clean start the sender is under no pressure
        kinds.OffRampEvent(1.5, (sender,), (target,), relief=0.8, credibility=0.9),
        kinds.OffRampEvent(1.5, (other,), (friend,), relief=0.5, until=3.0, snap_back=False),
        kinds.EngagementEvent(1.0, (other,), (friend,), share=0.4, until=2.0),
        kinds.WedgeEvent(1.25, (sender,), (target, friend), relief=0.6),
        kinds.WedgeEvent(2.0, (other,), (friend, target), relief=0.3, credibility=0.7, until=3.0),
        kinds.CoerciveWedgeEvent(1.0, (other,), (target, friend), level=0.95, until=3.5),
        kinds.EscalationEvent(0.5, (sender,), (target,), gain=0.5),
        kinds.EscalationEvent(0.5, (target, friend), (sender,), gain=0.3, answers="armament", level=0.7, until=3.0),
        kinds.CounterSanctionsEvent(0.75, (friend,), (sender, other), share=0.5),
        kinds.ShieldEvent(1.0, (friend,), (target,), share=0.7),
        kinds.InstitutionEvent(0.25, (sender, other), (target, friend)),
        kinds.VetoEvent(2.0, (friend,), (target,), until=3.0),
        kinds.AllianceEvent(1.0, (target, friend), level=0.8, until=3.0),
        kinds.ClashEvent(0.75, (sender,), (target,), level=0.9, until=2.5),
        kinds.DeterrenceEvent(0.5, (sender, other), share=0.3),
        kinds.ExitEvent(2.0, (friend,), (target,), share=0.6, until=3.5),
        kinds.LeaderChangeEvent(1.5, (target,), regime=0.9),
        kinds.LeaderChangeEvent(2.0, (sender,)),
        kinds.WarEvent((other,), 0.5, 3.5, limited=True, against=(target,), by=(friend, sender)),
        kinds.WarEvent((sender,), 1.0, 2.75, against=(other,)),
        kinds.LiftEvent(2.5, (other,), (target,), share=0.5),
    )


def record(
    engine_run: object,
    start: Start,
    parameters: Parameters,
    events: Sequence[Event],
    seed: int,
    steps: int,
    begin: float = 0.0,
) -> list[Moment]:
    """Every moment of a batch, and the end it returns as the last state."""
    runs = len(start.tie)
    luck = Luck(seed, range(runs), [0] * runs, start.world.codes)
    decrees = calendar(start.world, events, begin, DT, steps)
    moments: list[Moment] = []
    last = engine_run(start, parameters, decrees, luck, lambda step, moment: moments.append(moment), DT)  # type: ignore[operator]
    assert len(moments) == steps + 1
    for field in fields(State):
        np.testing.assert_array_equal(getattr(last, field.name), getattr(moments[-1].state, field.name))
    return moments


def numbers(record: object) -> dict[str, Array]:
    """Every array of a moment's part, those in a table of arrays one by one."""
    found: dict[str, Array] = {}
    for field in fields(record):  # type: ignore[arg-type]
        value = getattr(record, field.name)
        found |= {f"{field.name}.{k}": x for k, x in value.items()} if isinstance(value, dict) else {field.name: value}
    return found


def assert_equal(ours: list[Moment], theirs: list[Moment]) -> None:
    for step, (own, other) in enumerate(zip(ours, theirs, strict=True)):
        assert own.now == other.now
        for part in ("state", "orders", "situation"):
            mine, expected = numbers(getattr(own, part)), numbers(getattr(other, part))
            assert mine.keys() == expected.keys()
            for name, x in mine.items():
                # the batch keeps some arrays without [run]: they broadcast; and flags are numbers here
                gap = np.abs(1.0 * x - expected[name]).max()
                assert gap <= 1e-10, f"{part}.{name} differs by {gap:.3g} at step {step}"


@pytest.mark.parametrize("clean", [False, True], ids=["real", "clean"])
def test_both_engines_agree_on_every_variable_of_a_noisy_run(clean: bool) -> None:
    world = make_world(9, np.random.default_rng(5))
    # a hazard and a noise high enough for concessions in every run and for ties near their bounds, and munitions
    # so few that a war ends for want of them
    settings: dict[str, Setting] = {
        **{"h0": (1.0, 2.0), "sigma": (0.2, 0.4), "rho_u": (0.1, 0.2), "p_decay": (1.0, 2.0)},
        **{"home": 0.3, "stock": (0.5, 1.0)},
    }
    parameters = sample(3, 11, settings)
    start = solve_start(world, parameters)
    start = clean_start(start, parameters) if clean else start
    a, b, c, d, *_ = world.codes
    arguments = start, parameters, every_kind(a, b, c, d), 7, 24
    ours, theirs = record(agents.run, *arguments), record(engine.run, *arguments)
    assert_equal(ours, theirs)
    last = theirs[-1].state
    assert (last.spell.max(axis=1) >= 2).all() and (np.abs(last.tie) > 0.9).any()
    assert any((moment.orders.relief > 0.0).any() for moment in theirs)
    assert (last.munitions[:, 3] == 0.0).all()


def test_both_engines_agree_on_the_world_of_2021() -> None:
    world, parameters = load_world("2021"), sample(2, 3, {"h0": 0.4})
    start = solve_start(world, parameters)
    arguments = start, parameters, every_kind("RUS", "PRK", "USA", "DEU"), 1, 16
    ours, theirs = record(agents.run, *arguments), record(engine.run, *arguments)
    assert_equal(ours, theirs)
    assert theirs[-1].state.spell.any()


@settings(max_examples=examples(6))
@given(world=worlds(), seed=seeds, clean=st.booleans())
def test_both_engines_agree_over_the_whole_box(world: World, seed: int, clean: bool) -> None:
    """With a hazard at which most runs concede, and a random mix of events of all kinds."""
    rng = np.random.default_rng(seed)
    parameters = box(rng, 2, h0=1.0)
    start = solve_start(world, parameters)
    start = clean_start(start, parameters) if clean else start
    arguments = start, parameters, some_events(world, rng), 7, 16, BEGIN
    assert_equal(record(agents.run, *arguments), record(engine.run, *arguments))


def test_the_events_of_these_tests_are_of_every_kind() -> None:
    assert {event.kind for event in every_kind("A", "B", "C", "D")} == set(EVENTS)


def test_a_batch_leaves_no_model_behind() -> None:
    def alive() -> int:
        gc.collect()
        return sum(type(thing) is agents.RunModel for thing in gc.get_objects())

    parameters, before = sample(2, 1), alive()
    record(agents.run, solve_start(invented(), parameters), parameters, (), 1, 2)
    assert alive() == before


def imported(path: Path) -> set[str]:
    """Every module and every name that a source file imports, dotted."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = "blocade" if node.level else node.module or ""
            found |= {module} | {f"{module}.{alias.name}" for alias in node.names}
    return found


def test_neither_engine_imports_the_other() -> None:
    of_agents, of_engine = imported(Path(str(agents.__file__))), imported(Path(str(engine.__file__)))
    assert "blocade.start" in of_agents & of_engine  # the reading of imports works
    assert not {"blocade.engine", "blocade.situation.assess", "blocade.situation.forces"} & of_agents
    assert not {"blocade.agents", "mesa"} & of_engine


def test_both_engines_are_called_alike() -> None:
    assert inspect.signature(agents.run) == inspect.signature(engine.run)


def test_only_the_agents_import_mesa() -> None:
    package = Path(str(blocade.__file__)).parent
    heavy = {
        path.name for path in package.rglob("*.py") if any(name.split(".")[0] == "mesa" for name in imported(path))
    }
    assert heavy == {"agents.py"}


def invented(seed: int = 4) -> World:
    return make_world(7, np.random.default_rng(seed))


def small_model(rng: int = 1, **arguments: object) -> BlocModel:
    """A model of an invented world in which AAA and AAB face AAD and AAE, AAC being the patron."""
    chosen: dict[str, object] = {"bloc": ("AAA", "AAB"), "patron": "AAC", "senders": ("AAD", "AAE"), "years": 3.0}
    return BlocModel(invented(), rng=rng, **(chosen | arguments))  # type: ignore[arg-type]


def differences(one: BlocModel, other: BlocModel) -> dict[str, set[tuple[int, ...]]]:
    """Where the states of two models differ at all: field -> indices."""
    found = {}
    for field in fields(State):
        places = np.argwhere(getattr(one.state, field.name) != getattr(other.state, field.name))
        if len(places):
            found[field.name] = {tuple(int(k) for k in place) for place in places}
    return found


class Warmer(StateAgent):
    """Wants a tie to the third state that grows faster by .4 a year."""

    def propose_ties(self) -> Array:
        drift = super().propose_ties()
        drift[2] += 0.4
        return drift


class Yielding(StateAgent):
    """Concedes at once, whatever it suffers."""

    def concede(self, exposure: object) -> bool:
        return True


class Autarkic(StateAgent):
    """Gives up all trade."""

    def adjust_trade(self) -> Array:
        return np.zeros_like(self.trade)


def test_a_pair_takes_the_mean_of_what_its_two_sides_propose() -> None:
    usual, changed = small_model(parameters={"sigma": 0.0}), small_model(
        parameters={"sigma": 0.0}, agent_classes={"AAA": Warmer}
    )
    before = usual.state.tie[0, 2]
    usual.step()
    changed.step()
    assert differences(usual, changed) == {"tie": {(0, 2), (2, 0)}}
    assert usual.state.tie[0, 2] == pytest.approx(before, abs=1e-12)  # a rest point
    assert changed.state.tie[0, 2] - before == pytest.approx(0.5 * 0.4 * DT, abs=1e-12)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (Warmer, {"tie": {(0, 2), (2, 0)}}),
        (Yielding, {"compliance": {(0,)}, "exposure": {(0,)}, "spell": {(0,)}}),
        (Autarkic, {"trade": {(0, k) for k in range(1, 7)}}),
    ],
)
def test_a_changed_decision_changes_that_state_first(
    kind: type[StateAgent], expected: dict[str, set[tuple[int, ...]]]
) -> None:
    usual, changed = small_model(), small_model(agent_classes={"AAA": kind})
    usual.step()
    changed.step()
    found = differences(usual, changed)
    if kind is Yielding and not usual.state.exposure[0]:
        expected = {name: places for name, places in expected.items() if name != "exposure"}
    assert found == expected
    for _ in range(7):
        usual.step()
        changed.step()
    later = differences(usual, changed)
    assert any(place[0] > 2 for places in later.values() for place in places)


def test_one_class_for_all_states_and_another_for_some() -> None:
    model = small_model(agent_class=Yielding, agent_classes={"AAB": StateAgent})
    model.step()
    np.testing.assert_array_equal(model.state.spell, [1, 0, 1, 1, 1, 1, 1])


def test_the_order_of_activation_changes_nothing() -> None:
    events = every_kind("AAA", "AAB", "AAD", "AAE")
    usual, reversed_ = (small_model(begin=0.0, events=events, parameters={"h0": 1.0}) for _ in range(2))
    reversed_.agents.sort("index", ascending=False, inplace=True)
    assert [state.index for state in reversed_.agents] == [6, 5, 4, 3, 2, 1, 0]
    for _ in range(12):
        usual.step()
        reversed_.step()
        assert differences(usual, reversed_) == {}
    assert usual.state.spell.any()


def test_the_model_is_an_ordinary_mesa_model() -> None:
    model = BlocModel(world="2021", theory="full", rng=1, years=0.5)
    assert isinstance(model, mesa.Model)
    (russia,) = model.agents.select(lambda a: a.code == "RUS")
    assert russia.name == "Russia"
    model.step()
    assert model.running
    model.step()
    assert not model.running
    with pytest.raises(RuntimeError, match=r"^the run has ended in 2022\.5; give the model more years$"):
        model.step()


def test_collected_data_have_known_values() -> None:
    model = BlocModel(years=0.25)
    model.step()
    world = load_world("2021")
    central = {name: table()[f"w_{name}"].central for name in ("votes", "defence", "arms", "enmity")}
    ties = world.ties(**central)
    rus, prk, chn = (world.index(code) for code in ("RUS", "PRK", "CHN"))
    table_of_model = model.datacollector.get_model_vars_dataframe()
    assert len(table_of_model) == 2
    assert table_of_model["cohesion"][0] == pytest.approx(ties[rus, prk], abs=1e-12)
    assert table_of_model["embrace"][0] == pytest.approx((ties[rus, chn] + ties[prk, chn]) / 2, abs=1e-12)
    assert table_of_model["cohesion"][1] == pytest.approx(model.state.tie[rus, prk], abs=1e-12)
    senders = {*world.groups["G7"], *world.groups["EU"], "KOR", "AUS"}
    weight = np.array([world.capability[k] if code in senders else 0.0 for k, code in enumerate(world.codes)])
    of_states = model.datacollector.get_agent_vars_dataframe().xs(0, level="Step").set_index("state")
    alignment = 0.5 * (ties[rus] @ weight / weight.sum() - ties[rus, prk])
    assert of_states.loc["RUS", "state_alignment"] == pytest.approx(alignment, abs=1e-12)
    assert of_states.loc["RUS", "state_capability"] == world.capability[rus]
    assert of_states.loc["RUS", "state_armament"] == world.armament[rus]
    assert of_states.loc["RUS", "state_compliance"] == 0.0
    assert of_states.loc["RUS", "state_insulation"] == pytest.approx(0.3 * (1.0 - world.regime[rus]), abs=1e-12)
    bloc_pain = of_states.loc[["RUS", "PRK"], "state_pain"].mean()
    assert table_of_model["pain"][0] == pytest.approx(bloc_pain, abs=1e-12)


def test_measures_without_a_meaning_are_not_collected() -> None:
    lonely = set(small_model(bloc=("AAA",), patron=None, senders=("AAD",)).datacollector.model_vars)
    full = set(small_model().datacollector.model_vars)
    of_several = {"cohesion", "power", "trade_within", "sender_cohesion", "un_agreement"}
    of_a_sphere = {"sphere", *(f"exchange_{good}" for good in GOODS)}
    assert full - lonely == of_several | of_a_sphere | {"embrace", "trade_patron"}


def test_a_seed_gives_one_history() -> None:
    series = []
    for seed in (1, 1, 2):
        model = small_model(rng=seed)
        model.run_model()
        series.append(model.datacollector.get_model_vars_dataframe())
    assert series[0].equals(series[1])
    assert (series[0]["cohesion"][1:] != series[2]["cohesion"][1:]).all()
    assert series[0]["cohesion"][0] == series[2]["cohesion"][0]


def test_batch_run_goes_over_the_model() -> None:
    seeds = [1, 2]
    arguments: dict[str, object] = {
        "world": [invented()], "bloc": [("AAA", "AAB")], "patron": "AAC", "senders": [("AAD", "AAE")], "years": 1.0
    }
    options: dict[str, object] = {"data_collection_period": 1, "display_progress": False}
    if "rng" in inspect.signature(mesa.batch_run).parameters:  # Mesa 3.5 and later take the seeds apart from the rest
        options["rng"] = seeds
    else:
        arguments["rng"] = seeds
    rows = mesa.batch_run(BlocModel, arguments, **options)
    cohesion = {(row["rng"], row["Step"]): row["cohesion"] for row in rows}
    # Mesa 3.3 leaves the end of a run out
    assert {key for key in cohesion if key[1] < 4} == {(seed, step) for seed in seeds for step in range(4)}
    assert cohesion[1, 0] == cohesion[2, 0] and cohesion[1, 3] != cohesion[2, 3]
    alone = small_model(rng=2, years=1.0)
    alone.run_model()
    assert cohesion[2, 3] == alone.datacollector.model_vars["cohesion"][3]
    assert {row["state"] for row in rows} == set(invented().codes)


def test_a_theory_sets_its_values_and_parameters_replace_them() -> None:
    rally = small_model(theory="rally", parameters={"b_isolation": 0.9}).values
    assert (rally["b_sanction"], rally["b_isolation"], rally["rho_u"]) == (0.5, 0.9, 0.1)
    assert (rally["b_match"], rally["balance"], rally["beta"]) == (0.0, 0.0, table()["beta"].central)


MISTAKES = [
    ({"rng": -1}, "rng: -1 is no seed; give whole numbers from 0 up (to batch_run as rng=[1, 2])"),
    ({"rng": None}, "rng: None is no seed; give whole numbers from 0 up (to batch_run as rng=[1, 2])"),
    ({"years": 0.1}, "years: 0.1 in steps of 0.25; give dt above 0, and years of at least dt"),
    ({"dt": 0.0}, "years: 3 in steps of 0; give dt above 0, and years of at least dt"),
    ({"bloc": ()}, "bloc: empty; give at least one state"),
    ({"bloc": ("RUS",)}, "bloc: no 'RUS' in world random; give one of: a state's code, Half, UN"),
    ({"patron": "Half"}, "patron: no 'Half' in world random; give one of: a state's code"),
    ({"senders": ("Half",)}, "senders: AAA, AAB, AAC cannot be in the bloc or its patron too; give other senders"),
    ({"parameters": {"beta": 9}}, "parameters: beta is 9; give a value from 0 to 2"),
    ({"parameters": {"beta": float("nan")}}, "parameters: beta is nan; give a value from 0 to 2"),
    ({"parameters": {"bata": 1}}, f"parameters: no 'bata'; give one of {', '.join(table())}"),
    (
        {"theory": "magic"},
        "theory: no 'magic'; give one of full, coercion, rally, balance, exchange, trade, homophily, war-need, dyad",
    ),
    (
        {"agent_classes": {"RUS": Warmer}},
        "random: no state RUS; the world has AAA, AAB, AAC, AAD, AAE, AAF, AAG",
    ),
]


@pytest.mark.parametrize(("arguments", "message"), MISTAKES)
def test_mistakes_are_told_in_one_line(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError) as caught:
        small_model(**arguments)  # type: ignore[arg-type]
    assert str(caught.value) == message
