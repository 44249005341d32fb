"""Contrasts, verdicts and drivers; the window and the chunks of a plan; the claims against their scenarios."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from helpers import Array

from blocade.api import plan, read
from blocade.charts import CHARTS
from blocade.claims import Estimand, claims, estimands, hypotheses, posed, thresholds, unanswerable
from blocade.experiment.plan import Plan, run_chunk
from blocade.experiment.pool import RUNS_ABREAST
from blocade.experiment.runner import effect
from blocade.measures import MEASURES, applicable
from blocade.policy.events import IsolationEvent, SanctionsEvent, WarEvent
from blocade.roles import roles
from blocade.scenario import Scenario, find_scenario
from blocade.scenario.model import Arm
from blocade.verdicts import contrast, drivers, effects, judge, word
from blocade.world import load_world

RNG = np.random.default_rng(1)
ARMS = {name: RNG.normal(size=200) for name in ("both", "isolation", "war", "neither")}
SHAPLEY = {
    "isolation": {"both": 0.5, "war": -0.5, "isolation": 0.5, "neither": -0.5},
    "war": {"both": 0.5, "isolation": -0.5, "war": 0.5, "neither": -0.5},
    "total": {"both": 1.0, "neither": -1.0},
}


# --- contrasts ------------------------------------------------------------------------------------------------------


def test_contrast_is_a_weighted_sum() -> None:
    values = {"a": np.array([1.0, 2.0]), "b": np.array([0.25, 5.0]), "c": np.array([3.0, 3.0])}
    assert contrast(values, {"a": 1, "b": -1}).tolist() == [0.75, -3.0]
    assert contrast(values, {"a": 2, "b": -1, "c": -0.5}).tolist() == [0.25, -2.5]
    assert contrast(values, {"a": 1}).tolist() == [1.0, 2.0]
    assert contrast(values, {"b": -1}).tolist() == [-0.25, -5.0]


@pytest.mark.parametrize(
    "weights", [{"a": 1, "b": -1}, {"a": 0.5, "b": -0.5, "c": 0.5, "d": -0.5}, {"a": 1, "b": -1, "c": -1, "d": 1}]
)
def test_equal_arms_differ_by_exactly_nothing(weights: dict[str, float]) -> None:
    x = RNG.normal(size=1000) * 10.0 ** RNG.integers(-8, 8, size=1000)
    assert not contrast(dict.fromkeys("abcd", x), weights).any()


def test_shapley_parts_add_up_to_the_whole() -> None:
    parts = contrast(ARMS, SHAPLEY["isolation"]) + contrast(ARMS, SHAPLEY["war"])
    np.testing.assert_allclose(parts, contrast(ARMS, SHAPLEY["total"]), rtol=0, atol=1e-14)
    without, within = ARMS["isolation"] - ARMS["neither"], ARMS["both"] - ARMS["war"]
    np.testing.assert_allclose(contrast(ARMS, SHAPLEY["isolation"]), (without + within) / 2, rtol=0, atol=1e-14)


def estimand(smallest: float = 0.05, share_of: dict[str, float] | None = None, above: float = 0.0) -> Estimand:
    contrast_ = {"a": 1.0, "b": -1.0}
    return Estimand(
        "claim", "name", "label", "cohesion", contrast_, smallest, 10, 1, share_of=share_of, total_above=above
    )


def test_a_share_counts_only_draws_whose_total_exceeds_the_smallest_effect() -> None:
    values = {"a": np.full(4, 0.3), "b": np.full(4, 0.2), "c": np.array([0.1, 0.25, 0.5, 0.375])}
    share = effects(estimand(share_of={"a": 1, "c": -1}, above=0.05), values)
    np.testing.assert_allclose(share, [0.1 / 0.2, np.nan, 0.1 / -0.2, 0.1 / -0.075], rtol=0, atol=1e-14)
    exact = {"a": np.array([0.25, 0.25]), "b": np.zeros(2), "c": np.array([0.125, 0.0])}
    assert np.isnan(effects(estimand(share_of={"a": 1, "c": -1}, above=0.125), exact)).tolist() == [True, False]


# --- verdicts -------------------------------------------------------------------------------------------------------


def of(up: int, down: int, flat: int) -> Array:
    return np.concatenate([np.full(up, 0.3), np.full(down, -0.3), np.zeros(flat)])


@pytest.mark.parametrize(
    ("up", "down", "flat", "verdict"),
    [
        (90, 5, 5, "supported"), (89, 0, 11, "conditional"), (5, 90, 5, "reversed"), (0, 89, 11, "conditional"),
        (5, 5, 90, "negligible"), (6, 5, 89, "conditional"), (100, 0, 0, "supported"), (50, 50, 0, "conditional"),
        (9, 1, 0, "supported"), (27, 3, 0, "supported"), (63, 0, 7, "supported"),
    ],
)  # fmt: skip
def test_nine_in_ten_decide(up: int, down: int, flat: int, verdict: str) -> None:
    found = judge(estimand(), "real", of(up, down, flat), {})
    n = up + down + flat
    assert found.verdict == verdict
    assert (found.share, found.down) == (up / n, down / n)
    assert found.flat == pytest.approx(flat / n, abs=1e-12)
    assert found.n == n


def test_an_effect_of_just_the_smallest_size_is_none() -> None:
    assert judge(estimand(0.25), "real", np.array([0.25] * 10), {}).verdict == "negligible"
    assert judge(estimand(0.25), "real", np.array([-0.25] * 10), {}).verdict == "negligible"
    assert judge(estimand(0.25), "real", np.array([0.2500001] * 10), {}).verdict == "supported"


def test_estimate_is_the_median_and_the_band_runs_from_the_5th_to_the_95th_percentile() -> None:
    found = judge(estimand(), "clean", np.arange(101) / 100, {})
    assert (found.estimate, found.low, found.high) == pytest.approx((0.5, 0.05, 0.95), abs=1e-12)
    assert found.start == "clean"
    assert (found.claim, found.estimand, found.measure, found.arms) == ("claim", "name", "cohesion", ("a", "b"))


def test_draws_that_do_not_count_are_left_out_of_every_number() -> None:
    effect_ = np.concatenate([of(19, 1, 0), np.full(30, np.nan)])
    found = judge(estimand(), "real", effect_, {"x": np.arange(50.0)})
    assert (found.n, found.share, found.verdict) == (20, 0.95, "supported")
    nothing = judge(estimand(), "real", np.full(5, np.nan), {"x": np.arange(5.0)})
    assert (nothing.n, nothing.verdict, nothing.drivers) == (0, "not answered", ())
    assert nothing.as_dict()["estimate"] is None


def test_the_word_for_shares_at_the_bound() -> None:
    assert word(0.9, 0.1, 10) == "supported"
    assert word(0.1, 0.9, 10) == "reversed"
    assert word(0.05, 0.05, 20) == "negligible"  # 1 − .05 − .05 falls short of .9 by rounding
    assert word(0.8999, 0.0, 10_000) == "conditional"


def test_numbers_are_given_to_six_decimals() -> None:
    found = judge(estimand(), "real", np.full(20, 1 / 3) + np.arange(20) * 1e-9, {"x": np.arange(20.0)}).as_dict()
    assert found["estimate"] == 0.333333
    assert found["drivers"] == [{"parameter": "x", "rho": 1.0, "weak": False}]


# --- drivers --------------------------------------------------------------------------------------------------------


def test_planted_drivers_are_found_in_order_and_noise_is_not() -> None:
    rng = np.random.default_rng(5)
    parameters = {name: rng.uniform(size=400) for name in "abcdefgh"}
    found = drivers(-np.exp(3 * parameters["c"]) + 8 * parameters["f"] + 0.2 * rng.normal(size=400), parameters)
    assert [driver.parameter for driver in found] == ["c", "f", "g"]
    assert found[0].rho < -0.7 and 0.3 < found[1].rho < 0.7
    assert abs(found[2].rho) < 0.2  # g is reported however weak
    assert [driver.weak for driver in found] == [False, False, True]


def test_at_most_three_drivers_are_named_beside_g() -> None:
    rng = np.random.default_rng(6)
    parameters = {name: rng.uniform(size=300) for name in ("a", "b", "c", "d", "g")}
    found = drivers(sum(parameters[name] for name in "abcd") + np.zeros(300), parameters)
    assert len(found) == 4 and found[-1].parameter == "g"


def test_a_driver_is_not_named_on_few_draws_by_chance_nor_when_it_is_fixed() -> None:
    """Over 24 draws a correlation of .4 is chance; g, when it is a driver, is named once."""
    rng = np.random.default_rng(7)
    names = [f"p{k}" for k in range(48)]
    many = [drivers(rng.normal(size=60), {name: rng.uniform(size=60) for name in names}) for _ in range(100)]
    assert sum(map(bool, many)) <= 12  # 5 are expected: the bound allows for the number of candidates
    chance = [drivers(rng.normal(size=24), {"x": rng.uniform(size=24)}) for _ in range(400)]
    assert sum(map(len, chance)) < 0.1 * 400
    effect_ = np.arange(30.0)
    (only,) = drivers(effect_, {"g": effect_, "beta": np.full(30, 0.2)})
    assert (only.parameter, only.weak) == ("g", False)
    few = np.random.default_rng(0).permutation(24) + 0.5 * effect_[:24]
    (weak,) = drivers(few, {"g": effect_[:24]})
    assert weak.weak and weak.rho > thresholds().driver  # beyond the plain bound, and chance on so few draws
    assert drivers(np.zeros(30), {"g": effect_}) == ()


# --- plan -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def article() -> Scenario:
    return read(find_scenario("isolate-russia-north-korea"))


def planned(article: Scenario, **changes: object) -> Plan:
    return plan(replace(article, **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("first_event", "end", "expected"),
    [
        (2022.25, 2037.0, [2031.5, 2031.75, 2032.0, 2032.25]),
        (2022.3, 2037.0, [2031.75, 2032.0, 2032.25, 2032.5]),
        (2022.25, 2027.0, [2026.25, 2026.5, 2026.75, 2027.0]),
        (None, 2037.0, [2036.25, 2036.5, 2036.75, 2037.0]),
        (2022.0, 2022.5, [2022.0, 2022.25, 2022.5]),
    ],
)
def test_effects_are_read_over_the_four_steps_that_end_ten_years_after_the_first_event(
    article: Scenario, first_event: float | None, end: float, expected: list[float]
) -> None:
    found = planned(article, first_event=first_event, end=end)
    assert found.times[found.window].tolist() == expected


def test_first_event_of_the_article_is_isolation_and_not_the_background_war(article: Scenario) -> None:
    assert article.first_event == 2022.25
    assert any(isinstance(event, WarEvent) for event in article.arms[0].events)


def test_chunks_cover_every_draw_once_and_follow_from_the_scenario_alone(
    article: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    chunks = planned(article, draws=47, replicates=3).chunks
    assert [draw for chunk in chunks for draw in chunk] == list(range(47))
    assert {len(chunk) for chunk in chunks[:-1]} == {RUNS_ABREAST // 3}
    for processors in (1, 64):
        monkeypatch.setattr("os.cpu_count", lambda n=processors: n)
        assert planned(article, draws=47, replicates=3).chunks == chunks
    assert len(planned(article, draws=3, replicates=50).chunks) == 3


def test_an_effect_is_read_when_its_estimand_says(article: Scenario) -> None:
    """2022.25 + 3.5 years, a mean of one year; and a mean of ten years that ends ten years after the first event."""
    early, long = replace(estimand(), read=3.5), replace(estimand(), over=10)
    found = replace(planned(article), readings=((10, 1), (early.read, early.over), (long.read, long.over)))
    assert [found.times[window][[0, -1]].tolist() for window in found.windows] == [
        [2031.5, 2032.25], [2025.0, 2025.75], [2022.5, 2032.25]]
    assert found.window == found.windows[0]
    assert set(planned(article).readings) == {(asked.read, asked.over) for asked in estimands(article)}
    # the effect of each is taken from its own window
    small = replace(found, scenario=replace(article, claims=(), draws=2, replicates=1))
    values = {arm: np.zeros((3, 2, 1, len(small.columns))) for arm in ("a", "b")}
    values["a"][:, :, 0, small.columns.index("cohesion")] = [[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]]
    pieces = {("real", arm): x for arm, x in values.items()}
    told = [effect(small, pieces, asked, "real").tolist() for asked in (estimand(), early, long)]
    assert told == [[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]]


SMALL = {"draws": 3, "replicates": 2, "end": 2023.5, "charts": ("cohesion",), "claims": ()}


def short(article: Scenario) -> Scenario:
    """A run of six steps in three arms, of which the last two are equal."""
    bloc, senders = article.bloc, article.senders
    press = (SanctionsEvent(2022.25, senders, bloc, 0.8), IsolationEvent(2022.25, senders, bloc, 0.8))
    arms = (Arm("none", "None", ()), Arm("press", "Press", press), Arm("again", "Again", press))
    return replace(article, arms=arms, **SMALL)  # type: ignore[arg-type]


def test_a_plan_pairs_its_arms_and_its_draws_do_not_hang_on_the_chunks(article: Scenario) -> None:
    found = plan(replace(short(article), starts=("real", "clean")))
    whole = run_chunk(found, range(3))
    alone = [run_chunk(found, range(k, k + 1)) for k in range(3)]
    together = {key: piece.values for key, piece in whole.items()}
    for key, piece in whole.items():
        apart = np.concatenate([one[key].values for one in alone], axis=1)
        np.testing.assert_allclose(piece.values, apart, rtol=0, atol=1e-11)
        np.testing.assert_allclose(piece.ties, sum(one[key].ties for one in alone), rtol=0, atol=1e-11)
    equal = replace(estimand(), contrast={"press": 1.0, "again": -1.0})
    moved = replace(estimand(), measure="distance", contrast={"press": 1.0, "none": -1.0})
    for start in ("real", "clean"):
        assert not effect(found, together, equal, start).any()
        assert np.abs(effect(found, together, moved, start)).min() > 1e-6
    real = whole["real", "none"]
    assert (real.values[0, :, 0] != real.values[0, :, 1]).any()  # replicates differ
    followed = real.values[0, :, :, : len(found.followed)]
    np.testing.assert_allclose(real.series[found.window].mean(axis=0), followed.mean(axis=1), rtol=0, atol=1e-12)


def test_replicates_are_averaged_before_a_draw_is_judged(article: Scenario) -> None:
    found = plan(short(article))
    column = found.columns.index("cohesion")
    values = {arm: np.zeros((1, 2, 2, len(found.columns))) for arm in ("press", "none")}
    values["press"][0, :, :, column] = [[0.3, 0.1], [0.0, -0.2]]
    pieces = {("real", arm): x for arm, x in values.items()}
    asked = replace(estimand(), contrast={"press": 1.0, "none": -1.0})
    np.testing.assert_allclose(effect(found, pieces, asked, "real"), [0.2, -0.1], rtol=0, atol=1e-15)


def test_settings_of_a_scenario_come_after_those_of_its_theory(article: Scenario) -> None:
    found = planned(article, theory="exchange", parameters={"b_trade": 0.4, "g": (0.2, 0.3)}, draws=20)
    assert (found.parameters["b_trade"] == 0.4).all()
    assert not found.parameters["b_risk"].any() and found.parameters["b_match"].all()
    assert found.parameters["g"].min() >= 0.2 and found.parameters["g"].max() <= 0.3


# --- claims ---------------------------------------------------------------------------------------------------------

ALL = [estimand_ for claim in claims().values() for estimand_ in claim.estimands]
SMALLER = {"power": 0.01, "tension": 0.01}
"""Smallest effects of interest of measures that are no tie, share or burden."""


def measured(scenario: Scenario) -> tuple[str, ...]:
    """Measures that have a meaning for a scenario's roles."""
    world = load_world(scenario.world)
    return applicable(roles(world, scenario.bloc, scenario.patron, scenario.senders, scenario.watch))


def test_thresholds_are_those_fixed_before_any_result() -> None:
    bounds = thresholds()
    assert (bounds.smallest, bounds.needed, bounds.read, bounds.over) == (0.05, 0.9, 10, 1)
    assert (bounds.total, bounds.driver) == (0.05, 0.2)


def test_no_two_estimands_ask_the_same_of_a_scenario() -> None:
    asked = Counter(
        (
            claim.scenario,
            asked.measure,
            tuple(sorted(asked.contrast.items())),
            tuple(sorted((asked.share_of or {}).items())),
            asked.read,
            asked.over,
        )
        for claim in claims().values()
        for asked in claim.estimands
    )
    assert [question for question, times in asked.items() if times > 1] == []
    assert len({claim.words for claim in claims().values()}) == len(claims())


@pytest.mark.parametrize("slug", [slug for slug, claim in claims().items() if not claim.silent])
def test_a_claim_is_asked_of_a_scenario_that_can_answer_it(slug: str) -> None:
    claim = claims()[slug]
    scenario = read(find_scenario(claim.scenario))
    assert slug in scenario.claims
    assert claim.chart in CHARTS
    assert claim.hypothesis in {"", *hypotheses()}
    arms, end = {arm.name for arm in scenario.arms}, scenario.end
    assert claim.estimands
    assert len({asked.name for asked in claim.estimands}) == len(claim.estimands)
    for asked in claim.estimands:
        assert set(asked.arms) <= arms
        assert asked in estimands(scenario)
        # a reading that the run does not reach would be taken sooner, without a word
        assert scenario.first_event is not None and scenario.first_event + asked.read <= end
        assert asked.over <= asked.read
    assert unanswerable(scenario, measured(scenario)) == []
    lacking = unanswerable(replace(scenario, arms=scenario.arms[:1]), measured(scenario))
    assert any(key == "claims" and slug in sentence for key, sentence in lacking)


@pytest.mark.parametrize("asked", ALL, ids=lambda asked: f"{asked.claim}/{asked.name}")
def test_an_estimand_compares_arms_of_a_known_measure(asked: Estimand) -> None:
    assert asked.measure in MEASURES
    assert sum(asked.contrast.values()) == 0.0
    if asked.share_of is None:
        assert asked.smallest == SMALLER.get(asked.measure, 0.05)  # of a tie, a share or a burden
    else:
        assert sum(asked.share_of.values()) == 0.0 and asked.total_above == 0.05
        assert asked.smallest == 0.5  # most of it


def test_a_hypothesis_is_put_to_the_arms_that_play_its_roles() -> None:
    bond, patron, distance = posed("H1", {"treated": "press", "control": "none"}, claim="mine", read=3.5)
    assert (bond.claim, bond.name, bond.label) == ("mine", "bond", "Isolation tightens the bond")
    assert (bond.hypothesis, bond.read, bond.over, bond.smallest) == ("H1", 3.5, 1, 0.05)
    assert [asked.measure for asked in (bond, patron, distance)] == ["cohesion", "embrace", "distance"]
    assert all(asked.contrast == {"press": 1, "none": -1} for asked in (bond, patron, distance))
    later: dict[str, object] = {"claim": "x", "only": ["bond"], "suffix": "at the war's height"}
    (late,) = posed("H1", {"treated": "press", "control": "none"}, **later)
    assert (late.name, late.label) == ("bond-at-the-wars-height", "Isolation tightens the bond, at the war's height")
    square = {"both": "a", "war": "b", "isolation": "c", "neither": "d"}
    isolation, war, share = posed("H10", square, claim="x")
    assert isolation.contrast == share.contrast == {"a": 0.5, "b": -0.5, "c": 0.5, "d": -0.5}
    assert war.contrast == {"a": 0.5, "c": -0.5, "b": 0.5, "d": -0.5}
    assert (isolation.share_of, share.share_of) == (None, {"a": 1, "d": -1})
    assert (isolation.smallest, share.smallest, share.total_above) == (0.05, 0.5, 0.05)
    assert share.unit != isolation.unit


def test_an_arm_that_plays_several_roles_has_the_weights_of_all(article: Scenario) -> None:
    """Without an arm for the ramp alone, `control` and `ramp` of H2 are one: the double difference is the single."""
    arms = {"pressed": "press", "mixed": "again", "control": "none", "ramp": "none"}
    loosens, complies, more, more_complies = posed("H2", arms, claim="x")
    assert more.contrast == {**loosens.contrast, "none": 0}
    assert more_complies.contrast == {**complies.contrast, "none": 0}
    values = {"press": np.array([0.5]), "again": np.array([0.25]), "none": np.array([9.0])}
    assert effects(more, values).tolist() == [0.25]
    itself = replace(short(article), hypotheses={"H1": {"treated": "press", "control": "press"}})
    assert unanswerable(itself, measured(itself)) == [
        ("hypotheses", "H1 compares an arm with itself; name another for one of its roles")]
    (bond, *_) = estimands(itself)
    assert effects(bond, values).tolist() == [0.0]


def test_a_scenario_asks_its_claims_and_its_hypotheses_and_then_nothing_else(article: Scenario) -> None:
    mine = {"H5": {"held": "press", "decaying": "again"}}
    asked = estimands(replace(short(article), claims=("tighter-embrace",), hypotheses=mine))
    assert asked[:-3] == claims()["tighter-embrace"].estimands
    assert [(one.claim, one.name, one.hypothesis) for one in asked[-3:]] == [
        ("H5", "pain", "H5"), ("H5", "complies", "H5"), ("H5", "bond", "H5")]
    assert {one.words for one in asked[-3:]} == {"Senders whose effort lasts achieve more."}


def test_what_roles_cannot_answer_is_said_in_a_sentence(article: Scenario) -> None:
    asked = replace(short(article), hypotheses={"H1": {"treated": "press", "control": "gone"}})
    lone = replace(asked, patron=None)
    lacks = ("hypotheses", 'H1 compares arms that this scenario lacks: "gone"')
    patron = ("hypotheses", "H1 measures the tie to a patron; name one with `patron:`, or leave it out")
    assert unanswerable(asked, measured(asked)) == [lacks]
    assert unanswerable(lone, measured(lone)) == [lacks, patron]
    one = replace(asked, bloc=article.bloc[:1])
    bond = ("hypotheses", "H1 measures ties inside the bloc; name two states or more in `bloc:`")
    assert unanswerable(one, measured(one)) == [lacks, bond]
    assert unanswerable(short(article), measured(article)) == []


def test_a_scenario_without_claims_asks_for_every_arm_against_the_baseline(article: Scenario) -> None:
    asked = estimands(short(article))
    assert {(e.measure, *e.contrast.items()) for e in asked} == {
        (measure, (arm, 1.0), ("none", -1.0))
        for measure in ("cohesion", "embrace", "distance")
        for arm in ("press", "again")
    }
    lone = replace(short(article), bloc=article.bloc[:1], patron=None)
    assert {e.measure for e in estimands(lone)} == {"distance"}
