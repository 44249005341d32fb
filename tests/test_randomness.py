"""The keyed random numbers: as random as they should be, and the same whoever else is in the world."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import pytest
from helpers import Array
from scipy.stats import expon, kstest, norm

from blocade.randomness import Luck, identity, mix, uniform

# 64-bit integers and normals worked out apart from the package, with Python's integers and statistics.NormalDist.
RUS, ONE_TWO = 12783027843573440291, 2092789425003139053
FIRST = [-0.6272784117505829, -0.044710672129275]
LAST = [0.46527765262474274, -0.1784078349254028]
THRESHOLDS = [
    [3.227927078620464, 3.148800761566636, 0.04403756418894736],
    [1.2537671082574349, 0.9157455866995643, 0.9840879212928187],
]
CODES = tuple(f"S{k:02d}" for k in range(16))
ROWS, COLUMNS = np.triu_indices(16, k=1)


@pytest.fixture(scope="module")
def shocks() -> Array:
    """[step, run, pair] of 40 draws with two replicates each."""
    luck = Luck(1, np.repeat(np.arange(40), 2), np.tile([0, 1], 40), CODES)
    return np.array([luck.shocks(step)[:, ROWS, COLUMNS] for step in range(12)])


def test_known_numbers() -> None:
    """A change of the hash, of the keys or of their order changes every result, so it must be noticed here."""
    assert int(identity("RUS")) == RUS
    assert int(mix(np.asarray(1, dtype=np.uint64), np.asarray(2, dtype=np.uint64))) == ONE_TWO
    luck = Luck(7, [0, 3], [0, 1], ("CHN", "PRK", "RUS"))
    np.testing.assert_allclose(luck.shocks(0)[:, 1, 2], FIRST, rtol=0, atol=1e-14)
    np.testing.assert_allclose(luck.shocks(59)[:, 0, 2], LAST, rtol=0, atol=1e-14)
    thresholds = luck.thresholds(np.array([[0, 0, 0], [0, 1, 2]]))
    np.testing.assert_allclose(thresholds, THRESHOLDS, rtol=0, atol=1e-14)


def test_uniform_keeps_to_the_open_interval() -> None:
    ends = uniform(np.array([0, 2**64 - 1], dtype=np.uint64))
    assert 0.0 < ends[0] < 1e-15
    assert 1.0 - 1e-15 < ends[1] < 1.0


def test_hashes_are_uniform() -> None:
    hashed = mix(np.asarray(identity("x")), np.arange(50_000, dtype=np.uint64))
    assert kstest(uniform(hashed), "uniform").pvalue > 0.001
    bits = np.unpackbits(hashed.view(np.uint8)).reshape(-1, 64)
    assert np.abs(bits.mean(axis=0) - 0.5).max() < 4.5 * 0.5 / np.sqrt(50_000)


def test_one_bit_of_a_key_turns_half_the_bits_of_the_hash() -> None:
    keys, five = np.arange(2_000, dtype=np.uint64), np.asarray(5, dtype=np.uint64)
    for bit in (0, 1, 17, 63):
        changed = mix(keys, five) ^ mix(keys ^ (np.uint64(1) << np.uint64(bit)), five)
        assert np.unpackbits(changed.view(np.uint8)).mean() == pytest.approx(0.5, abs=0.01)


def test_shocks_are_standard_normal(shocks: Array) -> None:
    x = shocks.ravel()
    n = len(x)
    assert x.mean() == pytest.approx(0.0, abs=4 / np.sqrt(n))
    assert x.var() == pytest.approx(1.0, abs=4 * np.sqrt(2 / n))
    assert (x**3).mean() == pytest.approx(0.0, abs=4 * np.sqrt(15 / n))
    assert (x**4).mean() == pytest.approx(3.0, abs=4 * np.sqrt(96 / n))
    assert kstest(x, norm.cdf).pvalue > 0.001


@pytest.mark.parametrize("axis", [0, 1, 2], ids=["steps", "runs", "pairs"])
def test_shocks_of_different_steps_runs_and_pairs_are_independent(shocks: Array, axis: int) -> None:
    rows = np.moveaxis(shocks, axis, 0).reshape(shocks.shape[axis], -1)
    for power in (1, 2):  # also their size
        correlations = np.atleast_2d(np.corrcoef(rows**power))[np.triu_indices(len(rows), k=1)]
        # about 7000 correlations at most: the largest of as many standard normals stays below 5
        assert np.abs(correlations).max() < 5 / np.sqrt(rows.shape[1])


def test_shocks_are_those_of_the_pair() -> None:
    square = Luck(1, [0, 1], [0, 0], CODES).shocks(3)
    np.testing.assert_array_equal(square, np.swapaxes(square, 1, 2))
    assert not np.einsum("rii->ri", square).any()
    assert len(np.unique(square)) == 2 * len(ROWS) + 1


def test_asking_again_or_for_another_step_first_changes_nothing() -> None:
    one, other = Luck(1, [0], [0], CODES), Luck(1, [0], [0], CODES)
    later = other.shocks(5).copy()
    np.testing.assert_array_equal(one.shocks(4), other.shocks(4))
    with suppress(ValueError):
        one.shocks(5)[...] = 0.0  # refused, or the caller's own affair: all arms must meet the same luck
    np.testing.assert_array_equal(one.shocks(5), later)


@pytest.mark.parametrize("change", ["seed", "draw", "replicate", "step"])
def test_every_key_counts(change: str) -> None:
    seed, draw, replicate, step = (int(change == key) for key in ("seed", "draw", "replicate", "step"))
    base = Luck(0, [0], [0], CODES)
    other = Luck(seed, [draw], [replicate], CODES)
    assert (base.shocks(0) != other.shocks(step))[0, ROWS, COLUMNS].all()
    if change != "step":
        none = np.zeros((1, 16), dtype=np.int64)
        assert (base.thresholds(none) != other.thresholds(none)).all()


def test_draw_and_replicate_are_not_interchangeable() -> None:
    assert (Luck(0, [2], [1], CODES).shocks(0) != Luck(0, [1], [2], CODES).shocks(0))[0, ROWS, COLUMNS].all()


def test_adding_and_reordering_states_changes_no_other_draw() -> None:
    luck, spell = Luck(1, [0, 4], [0, 1], CODES), np.zeros((2, 16), dtype=np.int64)
    mixed = ("AAA", *reversed(CODES), "ZZZ")
    larger = Luck(1, [0, 4], [0, 1], mixed)
    kept = [mixed.index(code) for code in CODES]
    np.testing.assert_array_equal(larger.shocks(2)[:, kept][:, :, kept], luck.shocks(2))
    np.testing.assert_array_equal(larger.thresholds(np.zeros((2, 18), dtype=np.int64))[:, kept], luck.thresholds(spell))


def test_renaming_a_state_in_place_changes_only_its_own_draws() -> None:
    luck, other = Luck(1, [0], [0], CODES), Luck(1, [0], [0], ("NEW", *CODES[1:]))
    np.testing.assert_array_equal(luck.shocks(2)[:, 1:, 1:], other.shocks(2)[:, 1:, 1:])
    assert (luck.shocks(2) != other.shocks(2))[0, 0, 1:].all()
    none = np.zeros((1, 16), dtype=np.int64)
    assert (luck.thresholds(none) != other.thresholds(none))[0].tolist() == [True] + [False] * 15


def test_runs_in_another_chunk_meet_the_same_luck() -> None:
    together = Luck(1, [0, 1, 2, 3], [0, 0, 0, 0], CODES)
    alone = Luck(1, [2, 3], [0, 0], CODES)
    np.testing.assert_array_equal(together.shocks(7)[2:], alone.shocks(7))


def test_thresholds_are_unit_exponential_and_new_with_every_spell() -> None:
    luck = Luck(1, np.arange(600), np.zeros(600, dtype=int), CODES)
    first, second = (luck.thresholds(np.full((600, 16), spell, dtype=np.int64)) for spell in (0, 1))
    assert kstest(first.ravel(), expon.cdf).pvalue > 0.001
    assert first.mean() == pytest.approx(1.0, abs=4 / np.sqrt(first.size))
    assert np.corrcoef(first.ravel(), second.ravel())[0, 1] == pytest.approx(0.0, abs=4 / np.sqrt(first.size))
    states = np.atleast_2d(np.corrcoef(first.T))[np.triu_indices(16, k=1)]
    assert np.abs(states).max() < 5 / np.sqrt(600)


def test_thresholds_and_shocks_do_not_hang_together() -> None:
    luck = Luck(1, np.arange(600), np.zeros(600, dtype=int), CODES[:2])
    threshold = luck.thresholds(np.zeros((600, 2), dtype=np.int64))[:, 0]
    assert np.corrcoef(threshold, luck.shocks(0)[:, 0, 1])[0, 1] == pytest.approx(0.0, abs=4 / np.sqrt(600))

