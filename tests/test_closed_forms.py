"""What can be solved on paper: ties, balance, trade, concessions, insulation, armament; and the step."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import numpy.typing as npt
import pytest
from helpers import BEGIN, DT, NO_FORCES, STILL, Array, history, plain, press, seen, sets

from blocade.equations.balance import common_ties, fold, structural_balance
from blocade.parameters import sample
from blocade.policy.calendar import calendar
from blocade.policy.events import IsolationEvent, OffRampEvent, SanctionsEvent, WarEvent
from blocade.policy.orders import orders
from blocade.randomness import Luck
from blocade.start import solve_start
from blocade.world import load_world

# --- Ornstein-Uhlenbeck ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def noise() -> Array:
    """Ties that only noise and reversion move: [step, sample], 240 runs of 105 pairs, from a resting tie of .1."""
    n, runs, steps = 15, 240, 80
    world = plain(n, votes=np.full((n, n), 0.25) - 0.25 * np.eye(n))
    parameters = sets(runs, **NO_FORCES, h0=0.0, beta=0.4, sigma=0.06, w_votes=0.4)
    rows, columns = np.triu_indices(n, k=1)
    moments = history(solve_start(world, parameters), parameters, steps=steps)
    return np.array([moment.state.tie[:, rows, columns].ravel() for moment in moments])


def test_variance_of_a_tie_in_discrete_time(noise: Array) -> None:
    """v_t = σ²dt (1 − a^2t)/(1 − a²), a = 1 − β dt, exactly; a variance of N numbers has the standard error √(2/N)."""
    a = 1 - 0.4 * DT
    tolerance = 4 * np.sqrt(2 / noise.shape[1])
    for step in (1, 4, 12, 80):
        exact = 0.06**2 * DT * (1 - a ** (2 * step)) / (1 - a**2)
        assert noise[step].var() == pytest.approx(exact, rel=tolerance)


def test_variance_of_a_tie_in_continuous_time(noise: Array) -> None:
    """σ²/2β, off by the factor 1/(1 − β dt/2) = 1.053 of Euler's steps."""
    exact = 0.06**2 / (2 * 0.4)
    assert noise[-1].var() == pytest.approx(exact / (1 - 0.4 * DT / 2), rel=4 * np.sqrt(2 / noise.shape[1]))
    assert noise[-1].var() == pytest.approx(exact, rel=0.09)


def test_mean_and_memory_of_a_tie(noise: Array) -> None:
    error = 4 / np.sqrt(noise.shape[1])
    assert noise[-1].mean() == pytest.approx(0.1, abs=error * noise[-1].std())
    for lag in (1, 4):
        memory = np.corrcoef(noise[-1 - lag], noise[-1])[0, 1]
        assert memory == pytest.approx((1 - 0.4 * DT) ** lag, abs=error)


# --- structural balance ---------------------------------------------------------------------------------------------


def balance_alone(tie: Array, alpha: float = 1.0, limit: float = np.inf) -> Array:
    """The package's balance with W = 1."""
    return structural_balance(common_ties(tie, tie, np.ones(len(tie))), alpha, limit)


def integrate(tie: Array, until: float, steps: int) -> Array:
    """Runge-Kutta of the fourth order for dX/dt = balance(X)."""
    dt = until / steps
    for _ in range(steps):
        one = balance_alone(tie)
        two = balance_alone(tie + 0.5 * dt * one)
        three = balance_alone(tie + 0.5 * dt * two)
        four = balance_alone(tie + dt * three)
        tie = tie + dt / 6 * (one + 2 * two + 2 * three + four)
    return tie


@pytest.fixture(params=[1, 2, 3])
def ties(request: pytest.FixtureRequest) -> Array:
    x = np.random.default_rng(request.param).normal(scale=0.3, size=(6, 6))
    return np.asarray((x + x.T) / 2)


@pytest.mark.parametrize("part", [0.3, 0.6, 0.9])
def test_squared_ties_follow_their_closed_form(ties: Array, part: float) -> None:
    """dX/dt = X² has the solution X₀ (1 − X₀ t)⁻¹ (Marvel et al. 2011)."""
    time = part / np.linalg.eigvalsh(ties)[-1]
    exact = ties @ np.linalg.inv(np.eye(6) - ties * time)
    np.testing.assert_allclose(integrate(ties, time, 800), exact, rtol=0, atol=1e-8 * np.abs(exact).max())


def test_squared_ties_blow_up_at_one_over_the_leading_eigenvalue(ties: Array) -> None:
    top = np.linalg.eigvalsh(ties)[-1]
    late = integrate(ties, 0.99 / top, 6000)
    assert np.linalg.eigvalsh(late)[-1] == pytest.approx(100 * top, rel=1e-4)
    assert np.linalg.eigvalsh(integrate(ties, 0.5 / top, 400))[-1] == pytest.approx(2 * top, rel=1e-8)


def test_factions_are_the_signs_of_the_leading_eigenvector(ties: Array) -> None:
    values, vectors = np.linalg.eigh(ties)
    late = integrate(ties, 0.999 / values[-1], 8000)
    leading = vectors[:, -1]
    clear = np.abs(np.outer(leading, leading)) > 0.02
    assert clear.mean() > 0.5
    np.testing.assert_array_equal(np.sign(late)[clear], np.sign(np.outer(leading, leading))[clear])


def settled(alpha: float, tie: Array, resting: Array, beta: float, limit: float) -> Array:
    """Where ties come to rest under reversion and balance, from a given place."""
    for _ in range(60_000):
        moved = tie + 0.25 * (beta * (resting - tie) + balance_alone(tie, alpha, limit))
        if np.abs(moved - tie).max() < 1e-12:
            return moved
        tie = moved
    return tie


def folds(beta: float, top: float, limit: float) -> tuple[float, float]:
    """The two α at which β(λ₀ − λ) + L tanh(αλ²/L) = 0 has a double root, from α(λ) = L/λ² artanh(β(λ − λ₀)/L)."""
    roots = np.linspace(top * 1.001, top + limit / beta * 0.99999, 2_000_000)
    alphas = limit / roots**2 * np.arctanh(beta * (roots - top) / limit)
    turns = np.flatnonzero(np.diff(np.sign(np.diff(alphas)))) + 1
    up, down = alphas[turns]
    return float(up), float(down)


def test_folds_of_the_specification() -> None:
    up, down = folds(0.5, 1.6, 6.0)
    assert up == pytest.approx(0.0786, abs=5e-5)
    assert down == pytest.approx(0.0519, abs=5e-5)
    assert fold(0.5, 1.6) == pytest.approx(up, rel=0.01)  # β/(4λ₀) is the limit of no saturation


@pytest.mark.parametrize("factions", [np.ones(1), np.array([1.0, 1.0, -1.0, -1.0])], ids=["one mode", "two factions"])
def test_fold_and_hysteresis_of_balance(factions: Array) -> None:
    """λ₀ = 1.6, β = .5, L = 6, W = 1: polarisation comes at the upper fold and goes only at the lower one.

    n states in two factions move as one mode of λ = n·x whose limit is n times that of a tie.
    """
    n, up, down = len(factions), *folds(0.5, 1.6, 6.0)
    resting = 1.6 / n * np.outer(factions, factions)

    def size(alpha: float, tie: Array) -> tuple[float, Array]:
        rest = settled(alpha, tie, resting, 0.5, 6.0 / n)
        return float(np.linalg.eigvalsh(rest)[-1]), rest

    below, calm = size(up - 2e-4, resting)
    assert below < 3.3  # the rest point is lost at λ = 3.24
    above, torn = size(up + 2e-4, calm)
    assert above > 10.0
    still_torn, torn = size(down + 2e-4, torn)
    assert still_torn > 9.0
    calmed, _ = size(down - 2e-4, torn)
    assert calmed < 2.5
    np.testing.assert_array_equal(np.sign(torn), np.sign(np.outer(factions, factions)))


# --- trade, concession, insulation, effort, capability, armament ----------------------------------------------------


def test_trade_comes_to_rest_where_the_equations_say() -> None:
    """State 1 cuts .58·.6 of its trade with 0, of which 2 takes up φ w/(w + κ); 3 trades with nobody."""
    trade = np.zeros((4, 4))
    trade[0, [1, 2]], trade[1, 0], trade[2, 0] = (0.5, 0.2), 0.1, 0.1
    votes = np.zeros((4, 4))
    votes[0, 2] = votes[2, 0] = 1.0
    capability = np.array([0.1, 0.6, 0.25, 0.05])
    world = plain(4, trade=trade, votes=votes, capability=capability)
    trading = {"delta": 0.58, "e_inf": 0.6, "rho_e": 1.0, "phi": 0.6, "kappa": 0.1, "chi": 0.0, "psi": 0.0}
    parameters = sets(**NO_FORCES, **STILL, **trading, w_votes=0.6)
    a, b, _, d = world.codes
    events = (
        SanctionsEvent(BEGIN, (b,), (a,), 1.0),
        IsolationEvent(BEGIN, (b, d), (a,), 1.0),
    )
    last = history(solve_start(world, parameters), parameters, events, 400)[-1]
    lost = 0.5 * 0.58 * 0.6
    willing = 0.25 * (1 + 0.6) / 2
    regained = 0.6 * lost * willing / (willing + 0.1)
    assert last.state.trade[0, 0, 1] == pytest.approx(0.5 - lost, abs=1e-9)
    assert last.state.trade[0, 0, 2] == pytest.approx(0.2 + regained, abs=1e-9)
    assert last.situation.pain[0, 0] == pytest.approx(lost - regained, abs=1e-9)
    assert last.situation.pain[0, 2] == pytest.approx(0.0, abs=1e-12)


def test_share_conceded_under_a_constant_hazard() -> None:
    """1 − exp(−h t), 20 states of 200 runs, to four binomial standard errors; the unpressed sender never concedes."""
    sanctions = np.zeros((21, 21))
    sanctions[:20, 20] = 0.5
    world = plain(21, sanctions=sanctions)
    parameters = sets(200, **NO_FORCES, sigma=0.0, h0=0.15, k=0.0, k_o=0.0)
    moments = history(solve_start(world, parameters), parameters, steps=40)
    for step in (1, 8, 20, 40):
        conceded = (moments[step].state.spell > 0)[:, :20]
        expected = 1 - np.exp(-0.15 * step * DT)
        assert conceded.mean() == pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - expected) / conceded.size))
        assert not moments[step].state.spell[:, 20].any()


def test_compliance_without_relief_decays_and_with_full_relief_stays() -> None:
    sanctions = np.zeros((3, 3))
    sanctions[:2, 2] = 0.5
    world = plain(3, sanctions=sanctions)
    a, _, c = world.codes
    parameters = sets(**NO_FORCES, sigma=0.0, h0=5.0, k=0.0, k_o=0.0, p_decay=0.4)
    luck = Luck(1, [0], [0], world.codes)
    moments = history(
        solve_start(world, parameters), parameters, (OffRampEvent(BEGIN, (c,), (a,), 1.0, 0.5),), 12, luck
    )
    first = [next(k for k, m in enumerate(moments) if m.state.spell[0, i]) for i in range(2)]
    relieved, other = (np.array([m.state.compliance[0, i] for m in moments]) for i in range(2))
    assert relieved[first[0] :].tolist() == [1.0] * (13 - first[0])
    again = next(k for k, m in enumerate(moments) if m.state.spell[0, 1] > 1)
    np.testing.assert_allclose(
        other[first[1] : again], np.exp(-0.4 * DT * np.arange(again - first[1])), rtol=0, atol=1e-12
    )


def test_insulation_comes_to_rest_where_building_and_decay_meet() -> None:
    world = plain(3, regime=np.array([0.0, 0.4, 1.0]))
    a, b, c = world.codes
    parameters = sets(**NO_FORCES, **STILL, rho_u=0.4, u_decay=0.2, u_base=0.3)
    events = (IsolationEvent(BEGIN, (c,), (a, b), 0.9),)
    last = history(solve_start(world, parameters), parameters, events, 400)[-1].state
    pressure = 0.9 / 3
    for i, regime in enumerate((0.0, 0.4)):
        build = 0.4 * pressure * (1 - regime)
        assert last.insulation[0, i] == pytest.approx((build + 0.2 * 0.3 * (1 - regime)) / (build + 0.2), abs=1e-12)
    assert last.insulation[0, 2] == 0.0


def test_effort_decays_from_the_latest_tightening() -> None:
    world = plain(2)
    a, b = world.codes
    parameters, none = sets(e_inf=0.6, rho_e=0.2), seen(2)
    events = (SanctionsEvent(BEGIN + 1, (b,), (a,), 0.5), SanctionsEvent(BEGIN + 5, (b,), (a,), 0.8))
    decrees = calendar(world, events, BEGIN, DT, 80)
    enforced = [orders(decree, step * DT, parameters, none).enforced[0, 0, 1] for step, decree in enumerate(decrees)]
    assert enforced[3] == 0.0
    for year, since, level in ((1, 0, 0.5), (3.5, 2.5, 0.5), (5, 0, 0.8), (19.75, 14.75, 0.8)):
        assert enforced[int(year / DT)] == pytest.approx(level * (0.6 + 0.4 * np.exp(-0.2 * since)), abs=1e-14)


def test_capability_comes_to_rest_where_pain_and_recovery_meet() -> None:
    trade = np.array([[0.0, 0.6], [0.1, 0.0]])
    world = plain(2, trade=trade, capability=np.array([0.3, 0.7]))
    a, b = world.codes
    parameters = sets(**NO_FORCES, **STILL, delta=0.5, e_inf=1.0, psi=0.1, rho_c=0.2, chi=0.0, rho_cut=4.0)
    events = (SanctionsEvent(BEGIN, (b,), (a,), 1.0), IsolationEvent(BEGIN, (b,), (a,), 1.0))
    last = history(solve_start(world, parameters), parameters, events, 400)[-1].state
    exact = [0.2 * 0.3 / (0.2 + 0.1 * 0.3), 0.2 * 0.7 / (0.2 + 0.1 * 0.05)]
    assert last.capability[0] == pytest.approx(exact, abs=1e-9)


def test_richardson_equilibrium_of_two_hostile_states() -> None:
    """a m = k ĉ h m' + g for each of two, h = −A: a linear system of two equations."""
    enmity = np.array([[0.0, 1.0], [1.0, 0.0]])
    world = plain(2, enmity=enmity, capability=np.array([0.4, 0.6]), armament=np.array([1.0, 2.0]))
    parameters = sets(**NO_FORCES, **STILL, w_enmity=0.8, arms_reaction=0.25, arms_fatigue=0.4, tau=0.0)
    start = solve_start(world, parameters)
    assert start.armament_constant[0] == pytest.approx([0.4 * 1 - 0.25 * 0.6 * 0.8 * 2, 0.4 * 2 - 0.25 * 0.4 * 0.8 * 1])
    grievance = np.array([0.5, 0.3])
    last = history(replace(start, armament_constant=grievance[None]), parameters, steps=400)[-1].state
    exact = np.linalg.solve([[0.4, -0.25 * 0.6 * 0.8], [-0.25 * 0.4 * 0.8, 0.4]], grievance)
    assert last.armament[0] == pytest.approx(exact, abs=1e-12)


# --- the step -------------------------------------------------------------------------------------------------------


class Refined(Luck):
    """The luck of a run in steps of half or a quarter: shocks of the coarse step are the sums of the finer ones."""

    def __init__(self, finest: Luck, factor: int) -> None:
        self.finest, self.factor = finest, factor

    def pair_shocks(self, step: int) -> Array:
        parts = [self.finest.pair_shocks(step * self.factor + k) for k in range(self.factor)]
        return np.asarray(sum(parts) / np.sqrt(self.factor))

    def thresholds(self, spell: npt.NDArray[np.int64]) -> Array:
        return self.finest.thresholds(spell)


@cache
def outcomes(h0: float, draws: int) -> list[tuple[Array, Array]]:
    """Ties and compliance after ten years in steps of 1/4, 1/8 and 1/16 year: the article's scenario, key states."""
    world = load_world("2021").select(("RUS", "PRK", "CHN", "USA", "DEU", "JPN", "KOR", "IND"))
    parameters = sample(draws, 3)
    parameters = parameters if h0 else parameters.replaced({"h0": 0.0})
    start = solve_start(world, parameters)
    events = (
        *press(("USA", "DEU", "JPN", "KOR"), ("RUS", "PRK"), 0.25),
        WarEvent(("RUS",), BEGIN + 0.25, BEGIN + 4),
        OffRampEvent(BEGIN + 1, ("USA", "DEU"), ("RUS", "PRK"), 0.8),
    )
    finest = Luck(3, range(draws), [0] * draws, world.codes)
    ends = []
    for refinement in (1, 2, 4):
        luck = Refined(finest, 4 // refinement)
        last = history(start, parameters, events, 40 * refinement, luck, DT / refinement)[-1].state
        ends.append((last.tie, last.compliance))
    return ends


def test_halving_the_step_moves_ties_little_and_less_each_time() -> None:
    """Without concessions: the bond by < .01 in every draw, the worst of all 28 ties by < .05 in nine draws of ten."""
    (coarse, _), (half, _), (quarter, _) = outcomes(0.0, 60)
    assert np.abs(coarse - half)[:, 0, 1].max() < 0.01
    first, second = (np.quantile(np.abs(a - b).max(axis=(1, 2)), 0.9) for a, b in ((coarse, half), (half, quarter)))
    assert first < 0.05
    assert second < 0.7 * first


def test_halving_the_step_moves_means_over_draws_by_less_than_a_fiftieth() -> None:
    """With concessions, which fall in one step or in the next: mean ties by < .01, mean compliance by < .02.

    A draw whose gate gives a tie two places to rest may end in the other one, so no tie of a single draw can be held
    to a bound, and few draws cannot be either: of 60, one moved by .75. Over four seeds of 240 the mean tie moved by
    .003 to .006. Nine draws of ten move by < .05 in the worst of their ties.
    """
    (tie, compliance), (tie_half, compliance_half), _ = outcomes(1.0, 240)
    assert np.abs(tie.mean(axis=0) - tie_half.mean(axis=0)).max() < 0.01
    assert np.quantile(np.abs(tie - tie_half).max(axis=(1, 2)), 0.9) < 0.05
    assert np.abs(compliance.mean(axis=0) - compliance_half.mean(axis=0)).max() < 0.02
    assert compliance[:, :2].mean() > 0.2  # there are concessions to move
