"""What must hold whatever the parameters: bounds, rest, symmetry, and relief."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pytest
from fuzz import examples
from helpers import (
    BEGIN,
    FIELDS,
    MOST,
    NO_FORCES,
    STILL,
    Array,
    box,
    furthest,
    history,
    press,
    random_world,
    seeds,
    sizes,
    some_events,
    worlds,
)
from hypothesis import example, given, settings
from hypothesis import strategies as st
from worlds import make_world, permuted, two_blocs

from blocade.parameters import sample
from blocade.policy.events import Event, IsolationEvent, LiftEvent, SanctionsEvent, WarEvent
from blocade.randomness import Luck
from blocade.settle import TOLERANCE
from blocade.start import Start, clean_start, solve_start
from blocade.state import Moment
from blocade.world import World, load_world

Places: TypeAlias = npt.NDArray[np.signedinteger[Any]]

# --- bounds ---------------------------------------------------------------------------------------------------------


def check_bounds(moment: Moment, start: Start) -> None:
    """All to rounding; a row of normal trade, from which a clean start sets out, to what each share is solved to."""
    state, now, eps = moment.state, moment.situation, 1e-12
    for name in FIELDS:
        assert np.isfinite(getattr(state, name)).all(), name
    assert np.abs(state.tie).max() <= 1.0
    np.testing.assert_array_equal(state.tie, np.swapaxes(state.tie, 1, 2))
    assert not np.einsum("rii->ri", state.tie).any() and not np.einsum("rii->ri", state.trade).any()
    assert state.trade.min() >= 0.0
    solved = eps + TOLERANCE * start.world.size
    assert (state.trade.sum(axis=-1) + start.rest_of_world).max() <= 1.0 + solved
    assert state.capability.min() >= 0.0 and state.armament.min() >= 0.0
    for share in (state.compliance, state.insulation, state.munitions, now.pain, now.pressure):
        assert share.min() >= 0.0 and share.max() <= 1.0 + eps


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
@example(world=random_world(7, 2115419961), seed=2127650429)
def test_without_noise_concession_or_event_the_world_does_not_move(world: World, seed: int) -> None:
    """Also when it starts under sanctions, and from the clean start: that is a solution, found to 1e-13, and what is
    left of it grows in ten years to 2e-12 in the worst of a thousand worlds, which is the case that is kept."""
    parameters = box(np.random.default_rng(seed), 4, **STILL)
    real = solve_start(world, parameters)
    clean = clean_start(real, parameters)
    for start, bounds in ((real, {40: 1e-12}), (clean, {4: 1e-12, 40: 1e-11})):
        moments = history(start, parameters)
        moved = [furthest(moment, moments[0]) for moment in moments]
        for step, bound in bounds.items():
            assert max(moved[: step + 1]) < bound


@pytest.mark.parametrize("name", ["1991", "2002", "2011", "2013", "2021"])
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


@given(world=worlds(), seed=seeds)
def test_a_run_alone_is_the_run_in_a_batch(world: World, seed: int) -> None:
    """To 1e-12 for four years: NumPy sums the rows of one run in another order than those of many.

    No run sees another, then; and bits hang on which runs are stepped together, which is why the scenario settles it.
    """
    rng = np.random.default_rng(seed)
    parameters, events = box(rng, 4), some_events(world, rng)
    start, own = solve_start(world, parameters), rng.permutation(4)[:1]
    together = history(start, parameters, events, 16)
    alone = history(start.take(own), parameters.take(own), events, 16, Luck(1, own.tolist(), [0], world.codes))
    for name in FIELDS:
        expected = getattr(together[-1].state, name)[own]
        worst = np.abs(getattr(alone[-1].state, name) - expected).max()
        assert worst < 1e-12 * (1 + np.abs(expected).max()), f"{name} differs by {worst}"


def of_no_size(event: Event) -> Event:
    """The event with every size at 0; a change of leader keeps the regime, and a war has munitions."""
    sizes = ("level", "share", "value", "relief", "credibility", "need", "gain")
    nothing: dict[str, Any] = {name: 0.0 for name in sizes if name in vars(event)}
    plain_ones = {"regime": None, "limited": False, "against": None}
    nothing |= {name: value for name, value in plain_ones.items() if name in vars(event)}
    return replace(event, **nothing)


@given(world=worlds(), seed=seeds)
def test_events_of_no_size_move_nothing(world: World, seed: int) -> None:
    """Without decay of effort, which an act of no size refreshes and an institution lifts; secondary sanctions left
    out, because a level of 0 is less enforcement than before."""
    rng = np.random.default_rng(seed)
    parameters = box(rng, 4, **STILL, e_inf=1.0)
    start = solve_start(world, parameters)
    events = [of_no_size(event) for event in some_events(world, rng, without=("secondary-sanctions",))]
    moments = history(start, parameters, events)
    assert max(furthest(moment, moments[0]) for moment in moments) < 1e-12


# --- order, names, bystanders, mirrors ------------------------------------------------------------------------------


def reordered(world: World, order: Places) -> World:
    arrays: dict[str, Any] = {**permuted(world, order)}
    codes, names = (tuple(labels[k] for k in order) for labels in (world.codes, world.names))
    return replace(world, **arrays, codes=codes, names=names)


def in_order(moment: Moment, order: Places) -> dict[str, Array]:
    state = moment.state
    pairs = {name: getattr(state, name)[:, order][:, :, order] for name in ("tie", "trade")}
    return pairs | {
        name: getattr(state, name)[:, order]
        for name in ("capability", "insulation", "compliance", "armament", "munitions")
    }


def assert_same(a: list[Moment], b: list[Moment], order: Places) -> None:
    """`b` is `a` in another order: to 1e-12 for a year, 1e-9 for four, and to 1e-6 to the end.

    Sums in another order differ in the last bit, and a steep gate lets that grow at up to b_match·Δmatch/.2 a year, at
    the corners of the box a thousandfold in a year or two. The case that is kept below has 2e-17 after the first step,
    6e-14 after two years and 4e-12 after four. Luck that followed the place is off by .1 and more in the first step.
    """
    for step, tolerance in ((4, 1e-12), (16, 1e-9), (len(a) - 1, 1e-6)):
        for name, value in in_order(a[step], order).items():
            worst = np.abs(getattr(b[step].state, name) - value).max()
            assert worst < tolerance * (1 + np.abs(value).max()), f"{name} differs by {worst} at step {step}"


@settings(max_examples=examples(40))
@given(world=worlds(), seed=seeds)
@example(world=random_world(57, 0), seed=5252701)
def test_reordering_states_reorders_results(world: World, seed: int) -> None:
    """With noise and concessions: luck follows the state, not its place."""
    rng = np.random.default_rng(seed)
    parameters, events, order = box(rng, 3), some_events(world, rng), rng.permutation(world.size)
    other = reordered(world, order)
    a = history(solve_start(world, parameters), parameters, events, 32)
    b = history(solve_start(other, parameters), parameters, events, 32)
    assert_same(a, b, order)


def _recoded(event: Event, new: dict[str, str]) -> dict[str, tuple[str, ...]]:
    sides = {side: codes for side, codes in vars(event).items() if side in ("on", "by", "against") and codes}
    return {side: tuple(new[code] for code in codes) for side, codes in sides.items()}


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


@given(size=sizes(1, (MOST + 1) // 3), neutral=st.integers(0, MOST // 3), seed=seeds)
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


def rise_of_pain(size: int, seed: int, relieving: int, share: float) -> Array:
    """What relief by the first few of three senders adds to the pain of their target: [step, run], 14 years.

    Ties are held still (with moving ties a friend of the past may leave), and nobody is under sanctions at the start:
    where diversion explains more than was observed, the residual of the start is negative, and it is no part of this.
    """
    rng = np.random.default_rng(seed)
    none = np.zeros((size, size))
    world = replace(make_world(size, rng), sanctions=none, isolation=none)
    parameters = box(rng, 6, **STILL, **NO_FORCES)
    start, (target, *others) = solve_start(world, parameters), world.codes
    senders = tuple(sorted(others[1:4]))
    pressed = press(senders, (target,))
    lift = LiftEvent(BEGIN + 4, senders[:relieving], (target,), share)
    without = history(start, parameters, pressed, 60)
    relieved = history(start, parameters, (*pressed, lift), 60)
    return np.array([b.situation.pain[:, 0] - a.situation.pain[:, 0] for a, b in zip(without, relieved, strict=True)])


@given(size=sizes(5), seed=seeds)
@example(size=7, seed=24820)
def test_full_relief_by_all_senders_never_raises_the_pain_of_the_relieved(size: int, seed: int) -> None:
    rise = rise_of_pain(size, seed, 3, 1.0)
    assert rise.max() < 1e-9
    assert rise[-1].min() < -1e-6


@settings(max_examples=examples(40))
@given(size=sizes(5), seed=seeds, relieving=st.integers(1, 3), share=st.sampled_from([0.1, 0.3, 0.5, 1.0]))
@example(size=7, seed=24820, relieving=3, share=0.5)
def test_relief_in_part_or_by_some_senders_hardly_ever_raises_the_pain_of_the_relieved(
    size: int, seed: int, relieving: int, share: float
) -> None:
    """By at most a hundredth of normal trade, and in few draws. Of 9,000 draws from the box for each of these cases
    pain rose: with a tenth lifted by one of three senders in 6.7 %, with half by one in 2.5 %, with all by one in
    .1 %, with a tenth by all three in 1.8 %, with half by all in .07 %, with all by all in none; by at most .0091. At
    the end it still did in up to 3.1 % (a tenth by one), in none where one or more had lifted all.

    What drives diversion is all that is missing, ``Σ (T⁰ − T)⁺``. The sender that lifts is a willing partner again,
    and trade diverted to it fills its own gap, which lowers that drive; the same trade with a third state, above its
    normal share, had not. And what leaves a pair that others still cut goes at ρ_cut, while what returns comes at
    ρ_recover. A row that is full gives up diverted trade besides, which it lacks for some time when sanctions that
    are still in force bite again (the example: a rise of .0003, 7 to 10 years after relief).
    """
    rise = rise_of_pain(size, seed, relieving, share)
    assert rise.max() < 0.01
    assert rise[-1].min() < -1e-6
    assert share < 0.5 or np.median(rise[-1]) < 0.0


def test_relief_of_russia_by_one_sender_in_the_world_of_2021() -> None:
    """The rise of the test above: with 100 draws and 15 years 7 of them, by at most .003 (in none of 100 where all
    lift, a twentieth or all of it, from Russia or from North Korea)."""
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
