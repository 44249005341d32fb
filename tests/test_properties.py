"""What must hold whatever the parameters: bounds, rest, symmetry, relief, and what each force can do."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pytest
from helpers import (
    BEGIN,
    DT,
    NO_FORCES,
    STILL,
    Array,
    box,
    furthest,
    history,
    plain,
    press,
    seeds,
    sets,
    some_events,
    worlds,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import make_world, permuted, two_blocs

from blocade.parameters import Parameters, sample, table
from blocade.policy.calendar import calendar
from blocade.policy.events import Event, IsolationEvent, LiftEvent, OffRampEvent, SanctionsEvent, WarEvent
from blocade.policy.orders import orders
from blocade.situation import assess, forces
from blocade.start import Start, clean_start, solve_start
from blocade.state import Moment
from blocade.world import World, load_world

Places: TypeAlias = npt.NDArray[np.signedinteger[Any]]

# --- bounds ---------------------------------------------------------------------------------------------------------


def check_bounds(moment: Moment, start: Start) -> None:
    state, now, eps = moment.state, moment.situation, 1e-12
    for name in ("tie", "trade", "capability", "insulation", "compliance", "armament", "exposure"):
        assert np.isfinite(getattr(state, name)).all(), name
    assert np.abs(state.tie).max() <= 1.0
    np.testing.assert_array_equal(state.tie, np.swapaxes(state.tie, 1, 2))
    assert not np.einsum("rii->ri", state.tie).any() and not np.einsum("rii->ri", state.trade).any()
    assert state.trade.min() >= 0.0
    assert (state.trade.sum(axis=-1) + start.rest_of_world).max() <= 1.0 + eps
    assert state.capability.min() >= 0.0 and state.armament.min() >= 0.0
    for share in (state.compliance, state.insulation, now.pain, now.pressure, now.hand, now.gate, now.cut):
        assert share.min() >= 0.0 and share.max() <= 1.0 + eps
    assert now.risk.min() >= 0.0


@given(world=worlds(), seed=seeds, hard=st.booleans())
def test_everything_stays_within_its_bounds(world: World, seed: int, hard: bool) -> None:
    rng = np.random.default_rng(seed)
    parameters = box(rng, 4, hard)
    start = solve_start(world, parameters)
    assert start.normal.min() >= 0.0
    events = some_events(world, rng)
    for moment in history(start, parameters, events):
        check_bounds(moment, start)
    clean = clean_start(start, parameters)
    for moment in history(clean, parameters, events, steps=20):
        check_bounds(moment, clean)


# --- rest -----------------------------------------------------------------------------------------------------------


@given(world=worlds(), seed=seeds)
def test_without_noise_concession_or_event_the_world_does_not_move(world: World, seed: int) -> None:
    """Also when it starts under sanctions, and from the clean start."""
    parameters = box(np.random.default_rng(seed), 4, **STILL)
    real = solve_start(world, parameters)
    for start in (real, clean_start(real, parameters)):
        moments = history(start, parameters)
        assert max(furthest(moment, moments[0]) for moment in moments) < 1e-12


@pytest.mark.parametrize("name", ["2013", "2021"])
def test_the_real_world_does_not_move_either(name: str) -> None:
    parameters = sample(4, 11, STILL)
    real = solve_start(load_world(name), parameters)
    for start in (real, clean_start(real, parameters)):
        moments = history(start, parameters)
        assert max(furthest(moment, moments[0]) for moment in moments[::8]) < 1e-12


@given(world=worlds(), seed=seeds)
def test_equal_arms_differ_by_exactly_nothing(world: World, seed: int) -> None:
    rng = np.random.default_rng(seed)
    parameters, events = box(rng, 3), some_events(world, rng)
    one, other = (history(solve_start(world, parameters), parameters, list(events), 24) for _ in range(2))
    assert all(furthest(a, b) == 0.0 for a, b in zip(one, other, strict=True))


# --- order, names, bystanders, mirrors ------------------------------------------------------------------------------


def reordered(world: World, order: Places) -> World:
    arrays: dict[str, Any] = {**permuted(world, order)}
    codes, names = (tuple(labels[k] for k in order) for labels in (world.codes, world.names))
    return replace(world, **arrays, codes=codes, names=names)


def in_order(moment: Moment, order: Places) -> dict[str, Array]:
    state = moment.state
    pairs = {name: getattr(state, name)[:, order][:, :, order] for name in ("tie", "trade")}
    return pairs | {
        name: getattr(state, name)[:, order] for name in ("capability", "insulation", "compliance", "armament")
    }


def assert_same(a: list[Moment], b: list[Moment], order: Places) -> None:
    """`b` is `a` in another order: to 1e-12 for four years, and to 1e-6 to the end.

    A steep gate lets a difference in the last bit grow at up to b_match·Δmatch/.2 a year, which at the corners of the
    box is a thousandfold in a year or two: no difference in the order of sums stays below 1e-12 for ever.
    """
    for step, tolerance in ((16, 1e-12), (len(a) - 1, 1e-6)):
        for name, value in in_order(a[step], order).items():
            worst = np.abs(getattr(b[step].state, name) - value).max()
            assert worst < tolerance * (1 + np.abs(value).max()), f"{name} differs by {worst} at step {step}"


@settings(max_examples=40)
@given(world=worlds(), seed=seeds)
def test_reordering_states_reorders_results(world: World, seed: int) -> None:
    """With noise and concessions: luck follows the state, not its place."""
    rng = np.random.default_rng(seed)
    parameters, events, order = box(rng, 3), some_events(world, rng), rng.permutation(world.size)
    other = reordered(world, order)
    a = history(solve_start(world, parameters), parameters, events, 32)
    b = history(solve_start(other, parameters), parameters, events, 32)
    assert_same(a, b, order)


def _recoded(event: Event, new: dict[str, str]) -> dict[str, tuple[str, ...]]:
    return {side: tuple(new[code] for code in codes) for side, codes in vars(event).items() if side in ("on", "by")}


@given(world=worlds(), seed=seeds)
def test_renaming_states_changes_no_number(world: World, seed: int) -> None:
    """Names are labels; codes are what luck is keyed by, so without luck new codes change nothing either."""
    rng = np.random.default_rng(seed)
    parameters, events = box(rng, 3), some_events(world, rng)
    renamed = replace(world, names=tuple(f"Land {k}" for k in range(world.size)))
    a = history(solve_start(world, parameters), parameters, events, 20)
    b = history(solve_start(renamed, parameters), parameters, events, 20)
    assert furthest(a[-1], b[-1]) == 0.0
    new = {code: f"Q{code[1:]}" for code in world.codes}
    recoded = replace(world, codes=tuple(new.values()))
    changed = tuple(
        replace(event, **_recoded(event, new))  # type: ignore[arg-type]
        for event in events
    )
    still = parameters.replaced(STILL)
    c = history(solve_start(world, still), still, events, 20)
    d = history(solve_start(recoded, still), still, changed, 20)
    assert furthest(c[-1], d[-1]) == 0.0


def with_bystander(world: World, rng: np.random.Generator) -> World:
    """One more state, anywhere in the order, without ties, trade, goods, acts or capability."""
    n = world.size
    place = int(rng.integers(n + 1))
    arrays: dict[str, Any] = {}
    for name in vars(world):
        value = getattr(world, name)
        if isinstance(value, np.ndarray):
            arrays[name] = np.insert(value, place, np.nan if name == "expected" else 0.0, axis=0)
            if name not in ("need", "surplus", "need_rule", "surplus_rule") and value.ndim == 2:
                arrays[name] = np.insert(arrays[name], place, np.nan if name == "expected" else 0.0, axis=1)
    arrays["rest_of_world"][place], arrays["regime"][place] = 1.0, rng.uniform()
    arrays["need"][place] = arrays["need_rule"][place] = 0.0
    codes = (*world.codes[:place], "ZZZ", *world.codes[place:])
    return replace(world, **arrays, codes=codes, names=codes)


@given(world=worlds(), seed=seeds)
def test_a_bystander_changes_nobody_else(world: World, seed: int) -> None:
    rng = np.random.default_rng(seed)
    parameters, events = box(rng, 3), some_events(world, rng)
    larger = with_bystander(world, rng)
    kept = np.array([larger.index(code) for code in world.codes])
    a = history(solve_start(world, parameters), parameters, events, 32)
    b = history(solve_start(larger, parameters), parameters, events, 32)
    assert_same(b, a, kept)


@given(size=st.integers(1, 3), neutral=st.integers(0, 2), seed=seeds)
def test_swapping_the_roles_of_two_like_blocs_mirrors_the_results(size: int, neutral: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    world, exchange = two_blocs(size, neutral, rng)
    parameters = box(rng, 3, **STILL)
    start = solve_start(world, parameters)
    east, west = world.groups["East"], world.groups["West"]

    def arm(targets: tuple[str, ...], senders: tuple[str, ...]) -> list[Moment]:
        events = (
            SanctionsEvent(BEGIN + 1, senders, targets, 0.8),
            IsolationEvent(BEGIN + 1, senders, targets, 0.8),
            WarEvent(targets[:1], BEGIN + 2, BEGIN + 5),
        )
        return history(start, parameters, events, 32)

    one, other = arm(east, west), arm(west, east)
    assert_same(one, other, exchange)
    assert furthest(one[-1], one[0]) > 1e-4


# --- relief ---------------------------------------------------------------------------------------------------------


@given(seed=seeds, everybody=st.booleans())
def test_relief_never_raises_the_pain_of_the_relieved(seed: int, everybody: bool) -> None:
    """By all who press or by one of them, at any moment of 14 years.

    Ties are held still (with moving ties a friend of the past may leave), and nobody is under sanctions at the start:
    where diversion explains more than was observed, the residual of the start is negative, and it is no part of this.
    """
    rng = np.random.default_rng(seed)
    world = replace(make_world(6, rng), sanctions=np.zeros((6, 6)), isolation=np.zeros((6, 6)))
    parameters = box(rng, 6, **STILL, **NO_FORCES)
    start, (target, *others) = solve_start(world, parameters), world.codes
    senders = tuple(sorted(others[1:4]))
    pressed = press(senders, (target,))
    lift = LiftEvent(BEGIN + 4, senders if everybody else senders[:1], (target,), float(rng.choice([0.5, 1.0])))
    without = history(start, parameters, pressed, 60)
    relieved = history(start, parameters, (*pressed, lift), 60)
    rise = np.array([b.situation.pain[:, 0] - a.situation.pain[:, 0] for a, b in zip(without, relieved, strict=True)])
    assert rise.max() < 1e-9
    assert rise[-1].min() < -1e-6


def test_relief_of_russia_by_one_sender_in_the_world_of_2021() -> None:
    """Ties move here, and may cost a partner a thousandth of its trade; more would be a fault of the model."""
    world = load_world("2021")
    parameters = sample(24, 1, STILL)
    start = solve_start(world, parameters)
    senders = tuple(sorted({*world.groups["G7"], *world.groups["EU"], "KOR", "AUS"}))
    pressed = press(senders, ("RUS",), 0.25)
    without, relieved = (
        np.array([moment.situation.pain[:, world.index("RUS")] for moment in history(start, parameters, events, 48)])
        for events in (pressed, (*pressed, LiftEvent(BEGIN + 5, ("USA",), ("RUS",))))
    )
    assert (relieved - without).max() < 1e-3
    assert np.median(relieved[-1] - without[-1]) < -1e-3


# --- what each force can do -----------------------------------------------------------------------------------------


@given(world=worlds(), seed=seeds)
def test_without_forces_and_balance_isolation_has_no_effect_on_ties(world: World, seed: int) -> None:
    rng = np.random.default_rng(seed)
    parameters = box(rng, 3, **NO_FORCES)
    start = solve_start(world, parameters)
    a = history(start, parameters, (), 32)
    b = history(start, parameters, some_events(world, rng), 32)
    assert all((x.state.tie == y.state.tie).all() for x, y in zip(a, b, strict=True))


def four_states() -> World:
    """Two targets A and B, their sender S, and a neutral N that trades with all and spares what the targets need.

    All are friendly enough to trade strategic goods, and S trades most with everybody.
    """
    trade = np.array([[0, 0.1, 0.4, 0.1], [0.1, 0, 0.4, 0.1], [0.1, 0.1, 0, 0.2], [0.1, 0.1, 0.4, 0]])
    votes = np.array([[0, 0.6, 0.5, 0.5], [0.6, 0, 0.5, 0.5], [0.5, 0.5, 0, 0.5], [0.5, 0.5, 0.5, 0]])
    need, spare = np.full((4, 5), 0.2), np.full((4, 5), 0.3)
    return plain(
        4, trade=trade, votes=votes, need=need, surplus=spare, capability=np.array([0.15, 0.1, 0.5, 0.25]),
        regime=np.array([0.1, 0.2, 0.9, 0.5]), armament=np.ones(4),
    )  # fmt: skip


A, B, S, N = range(4)
PAIRS = {"target-sender": (A, S), "target-target": (A, B), "target-neutral": (A, N), "sender-neutral": (S, N)}


@cache
def effect_of(values: tuple[tuple[str, float], ...], off_ramp: bool = False) -> Array:
    """Isolation of both targets against nothing, after ten years: change of every tie. Nothing else is switched on."""
    world = four_states()
    a, b, s, _ = world.codes
    parameters = sets(**{**NO_FORCES, "sigma": 0.0, "h0": 0.0, "w_votes": 0.6, "chi": 0.1, "g": 0.0, **dict(values)})
    start = solve_start(world, parameters)
    events = press((s,), (a, b))
    if off_ramp:
        events = (*events, OffRampEvent(BEGIN + 1, (s,), (a, b), 0.0, 0.8))
    tie = [history(start, parameters, arm, 44)[-1].state.tie[0] for arm in ((), events)]
    return np.asarray(tie[1] - tie[0])


# Sign of isolation's effect on a tie where a force acts alone, with a coefficient of 1 (0: exactly none). From the
# specification: the law and isolation push apart the two concerned and nobody else; trade goes from the sender to those
# who remain; a closed pair matches less, and where pain destroys more supply than it creates need (μ > ν) so does every
# other pair; association with the punished costs those who have something to lose, and the punisher has not; offers and
# concessions draw target and sender together; regimes do not change; balance has nothing to work on.
SIGN_TABLE = {
    "sanction": (-1, 0, 0, 0),
    "isolation": (-1, 0, 0, 0),
    "trade": (-1, 1, 1, 1),
    "match": (-1, -1, -1, -1),
    "risk": (0, -1, -1, 0),
    "offer": (1, 0, 0, 0),
    "comply": (1, 0, 0, 0),
    "regime": (0, 0, 0, 0),
    "balance": (0, 0, 0, 0),
}


@pytest.mark.parametrize("force", SIGN_TABLE)
def test_sign_of_isolation_where_a_force_acts_alone(force: str) -> None:
    values: dict[str, float] = {"balance" if force == "balance" else f"b_{force}": 1.0, "mu": 0.9, "nu": 0.1}
    if force == "comply":
        values |= {"h0": 5.0, "k": 0.0, "p_decay": 0.05}
    effect = effect_of(tuple(sorted(values.items())), off_ramp=force == "offer")
    for pair, sign in zip(PAIRS.values(), SIGN_TABLE[force], strict=True):
        assert effect[pair] == 0.0 if sign == 0 else effect[pair] * sign > 1e-4, (force, pair, effect[pair])


def test_the_sign_of_a_force_follows_the_sign_of_its_coefficient() -> None:
    for name in ("b_sanction", "b_isolation", "b_offer"):
        up, down = (effect_of(((name, value),), off_ramp=name == "b_offer") for value in (0.3, -0.3))
        assert up[A, S] * down[A, S] < 0.0


def test_balance_turns_a_common_quarrel_into_a_bond() -> None:
    """Balance is silent alone; once isolation has made an enemy of the sender, the two targets share one."""
    quarrel = effect_of((("b_isolation", 1.0),))
    with_balance = effect_of((("b_isolation", 1.0), ("balance", 1.0), ("balance_limit", 2.0)))
    assert quarrel[A, B] == 0.0
    assert with_balance[A, B] > 0.05
    assert with_balance[A, N] < -0.05  # the friend of the sender


@pytest.mark.parametrize(("force", "sign"), [("trade", 1), ("match", -1), ("risk", -1), ("regime", 0)])
def test_a_force_left_out_takes_its_own_sign_with_it(force: str, sign: int) -> None:
    """Among all others at central values, isolation's effect on the tie of its targets loses what the force gave."""
    central = {f"b_{name}": table()[f"b_{name}"].central for name in SIGN_TABLE if name != "balance"}
    full = central | {"balance": 0.5, "mu": 0.9, "nu": 0.1}
    lost = (effect_of(tuple(full.items())) - effect_of(tuple((full | {f"b_{force}": 0.0}).items())))[A, B]
    assert lost == 0.0 if sign == 0 else lost * sign > 1e-3


def test_the_supply_that_pain_destroys_decides_the_sign_of_match_between_targets() -> None:
    needy, spoilt = (effect_of((("b_match", 1.0), ("mu", mu), ("nu", nu)))[A, B] for mu, nu in ((0.0, 1.0), (1.0, 0.0)))
    assert needy > 1e-4
    assert spoilt < -1e-4


def mixed_difference(world: World, parameters: Parameters, state: Moment, on: tuple[str, str]) -> dict[str, Array]:
    """Force on the tie of two targets under sanctions on both, less on either alone, plus on neither: {force: [run]}.

    All else is held as it is in a state that a run has reached.
    """
    i, j = (world.index(code) for code in on)
    senders = tuple(code for code in world.codes if code not in on)
    total: dict[str, Array] = {}
    for targets, weight in ((on, 1.0), (on[:1], -1.0), (on[1:], -1.0), ((), 1.0)):
        events = press(senders, targets, 0.0) if targets else ()
        order = orders(calendar(world, events, BEGIN, DT, 1)[0], 0.0, parameters, state.state.compliance)
        s, none = state.state, np.zeros_like(state.state.compliance)
        now = assess(world, parameters, order, s.tie, s.trade, none, s.compliance)
        for force in now.levels:
            only = parameters.replaced({**NO_FORCES, f"b_{force}": 1.0})
            zero = {name: np.zeros_like(level) for name, level in now.levels.items()}
            acting = sum(forces(now, zero, only), np.zeros_like(state.state.tie))
            total[force] = total.get(force, 0.0) + weight * acting[:, i, j]
    return total


@given(seed=seeds, g=st.sampled_from([0.0, 1.0]))
def test_only_g_lets_sanctions_on_two_states_meet_in_a_force(seed: int, g: float) -> None:
    """With g = 0 no product of the sanctions on i and on j enters a force between them with a positive sign.

    At given trade; what trade makes of it later is another matter (see the documentation of risk).
    """
    rng = np.random.default_rng(seed)
    world = make_world(5, rng)
    parameters = box(rng, 3, sigma=0.0, g=g, chi=0.1)
    moment = history(solve_start(world, parameters), parameters, some_events(world, rng), 16)[-1]
    meeting = mixed_difference(world, parameters, moment, (world.codes[0], world.codes[1]))
    assert max(float(x.max()) for force, x in meeting.items() if force != "risk") < 1e-12
    if g == 0.0:
        assert meeting["risk"].max() < 1e-12
    else:
        assert meeting["risk"].min() > -1e-12 and meeting["risk"].max() > 1e-6  # the leak that g is
