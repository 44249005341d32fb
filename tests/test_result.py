"""A result read back from its folder holds what the runs gave; scenarios of other shapes than the article's work."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
import pytest

import blocade
from blocade import api
from blocade.claims import estimands
from blocade.experiment.plan import run_chunk
from blocade.experiment.store import StoreError
from blocade.resources import seeds
from blocade.scenario import Scenario, ScenarioError
from blocade.verdicts import contrast

SMALL = Path(__file__).parent / "small.yaml"


def quiet(_done: int, _total: int) -> None:
    """No progress."""


def chosen(table: pd.DataFrame, start: str, arm: str) -> pd.DataFrame:
    """Rows of a table on cohesion."""
    return table[(table["start"] == start) & (table["arm"] == arm) & (table["measure"] == "cohesion")]


def test_tables_hold_what_the_runs_gave(tmp_path: Path) -> None:
    result = blocade.run(SMALL, tmp_path / "r", draws=3, replicates=2, workers=1, progress=quiet)
    plan = api.plan(api.read(SMALL))
    pieces = run_chunk(api.plan(replaced(draws=3, replicates=2)), range(3))
    column = plan.columns.index("cohesion")
    for (start, arm), piece in pieces.items():
        rows = chosen(result.outcomes, start, arm)
        told = rows.pivot_table(index="draw", columns="replicate", values="value").to_numpy()
        np.testing.assert_array_equal(told, piece.values[0, :, :, column])
        band = chosen(result.bands, start, arm).query("versus == ''")
        np.testing.assert_allclose(band["median"], np.median(piece.series[:, :, column], axis=1), rtol=0, atol=1e-15)
    row = result.verdicts.query("estimand == 'cohesion' and start == 'clean'").iloc[0]
    values = {arm: pieces["clean", arm].values[0, :, :, column].mean(axis=1) for arm in plan.arms}
    assert row["estimate"] == pytest.approx(np.median(contrast(values, row["contrast"])), abs=1e-6)
    assert row["n"] == 3
    # replicates share the parameters and differ in luck
    one, two = (result.outcomes.query("replicate == @k and measure == 'cohesion'")["value"].to_numpy() for k in (0, 1))
    assert (one != two).all()


def test_a_run_leaves_the_readers_plots_alone(tmp_path: Path) -> None:
    """A notebook goes on to draw where it did."""
    before = matplotlib.get_backend()
    matplotlib.use("svg")
    try:
        blocade.run(SMALL, tmp_path / "r", draws=2, workers=1, progress=quiet)
        assert matplotlib.get_backend() == "svg"
    finally:
        matplotlib.use(before)


def test_an_effect_may_be_read_at_another_time() -> None:
    """The first event is in 2022.25: one year later, over half a year, and over the whole year from the event on."""
    plan = replace(api.plan(replaced(draws=2)), readings=((10.0, 1.0), (1.0, 0.5), (1.0, 1.0)))
    usual, late, whole = plan.windows
    assert plan.times[usual].tolist() == [2023.25, 2023.5, 2023.75, 2024.0]  # the run ends before ten years are over
    assert plan.times[late].tolist() == [2023.0, 2023.25]
    assert plan.times[whole].tolist() == [2022.5, 2022.75, 2023.0, 2023.25]
    piece = run_chunk(plan, range(2))["real", "isolate"]
    for window, steps in enumerate(plan.windows):
        exact = piece.series[steps].mean(axis=0)
        np.testing.assert_allclose(piece.values[window, :, 0, : exact.shape[-1]], exact, rtol=0, atol=1e-14)
    assert np.ptp(piece.values, axis=0).max() > 1e-3


def replaced(**changes: int) -> Scenario:
    """The small scenario with some numbers changed."""
    return replace(api.read(SMALL), **changes)


def test_a_scenario_that_was_changed_is_checked_again(tmp_path: Path) -> None:
    changed = replace(api.read(SMALL), claims=("placebo",))
    with pytest.raises(ScenarioError, match='claim "placebo" compares arms that this scenario lacks'):
        blocade.run(changed, tmp_path / "r", draws=1, workers=1, progress=quiet)
    assert not (tmp_path / "r").exists()


def test_parameters_that_are_not_varied_stay_where_the_scenario_put_them(tmp_path: Path) -> None:
    file = tmp_path / "fixed.yaml"
    file.write_text(SMALL.read_text() + "theory: exchange\nparameters: {mu: 0.25, beta: [0.2, 0.3]}\n")
    result = blocade.run(file, tmp_path / "r", draws=4, workers=1, progress=quiet)
    assert (result.draws["mu"] == 0.25).all()
    assert result.draws["beta"].between(0.2, 0.3).all()
    assert (result.draws["b_sanction"] == 0.0).all()  # the theory switches it off
    assert result.draws["b_match"].nunique() == 4


def test_one_arm_and_few_measures_give_charts_and_no_verdict(tmp_path: Path) -> None:
    file = tmp_path / "alone.yaml"
    text = SMALL.read_text()
    text = text[: text.index("  isolate:")] + "draws: 3\nseed: 1\nmeasures: [pain]\n"
    file.write_text(text.replace("patron: China\n", ""))
    result = blocade.run(file, tmp_path / "r", workers=1, progress=quiet)
    assert result.verdicts.empty
    assert "In this model nothing was asked: one arm has nothing to be compared with." in result.summary()
    recorded = {name for name in result.outcomes["measure"].unique() if not name.startswith("alignment:")}
    assert recorded == {"pain", "cohesion", "distance"}
    assert {path.stem for path in (tmp_path / "r" / "charts").iterdir()} >= {"cohesion", "network", "alignment"}


def test_a_folder_without_results_says_what_would_make_them(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"holds no finished blocade results; `blocade run` makes them"):
        blocade.Result(tmp_path)


def test_an_unknown_chart_names_those_there_are(tmp_path: Path) -> None:
    result = blocade.run(SMALL, tmp_path / "r", draws=1, workers=1, progress=quiet)
    with pytest.raises(AttributeError, match="no chart 'pie'; there are cohesion, difference"):
        _ = result.plot.pie


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"draws": 0}, "draws: 0 is not a whole number from 1 to 100000"),
        ({"draws": 2.5}, "draws: 2.5 is not a whole number"),
        ({"replicates": True}, "replicates: True is not a whole number"),
        ({"seed": -1}, "seed: -1 is not a whole number from 0 to 4294967295"),
        ({"workers": 0}, "workers: 0 is not a whole number"),
        ({"engine": "gpu"}, "engine: 'gpu' is unknown; there are batch and agents"),
    ],
)
def test_bad_arguments_are_refused_before_anything_runs(tmp_path: Path, given: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        blocade.run(SMALL, tmp_path / "r", progress=quiet, **given)
    assert not (tmp_path / "r").exists()


def test_an_arm_with_other_wars_says_so_in_its_label(tmp_path: Path) -> None:
    file = tmp_path / "wars.yaml"
    file.write_text(SMALL.read_text().replace("  isolate:\n", "  peace: {without: [war]}\n  isolate:\n"))
    labels = {
        estimand.claim: estimand.label for estimand in estimands(api.read(file)) if estimand.measure == "cohesion"
    }
    assert labels == {
        "peace": "peace: the bloc tightens (its wars differ too)",
        "isolate": "Isolation: the bloc tightens",
    }


def test_every_arm_keeps_its_own_verdict_from_the_other_starts(tmp_path: Path) -> None:
    """Two arms have estimands of one name; the summary must not take one for the other."""
    file = tmp_path / "twice.yaml"
    file.write_text(SMALL.read_text().replace("  isolate:\n", "  nothing: {label: Nothing}\n  isolate:\n"))
    result = blocade.run(file, tmp_path / "r", draws=2, workers=1, progress=quiet)
    nothing = result.verdicts[result.verdicts["claim"] == "nothing"]
    assert (nothing["estimate"] == 0.0).all()
    assert "“Nothing" not in "".join(line for line in result.summary().splitlines() if "overrides of goods" in line)


def test_a_world_that_was_changed_is_read_again(tmp_path: Path) -> None:
    """In one process, as in a notebook: else the manifest would name the new tables and the runs have the old ones."""
    place = shutil.copytree(seeds() / "worlds" / "2021", tmp_path / "2021-mine")
    before = api.world_of(str(place))
    assert api.world_of(str(place)) is before
    table = (place / "states.csv").read_text(encoding="utf-8")
    named = table.replace(",Russia,", ",Muscovy,")
    assert named != table
    (place / "states.csv").write_text(named, encoding="utf-8")
    assert "Muscovy" in api.world_of(str(place)).names and "Muscovy" not in before.names


def test_a_world_beside_the_file_is_the_same_from_every_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(seeds() / "worlds" / "2021", tmp_path / "2021")
    (tmp_path / "mine.yaml").write_text(SMALL.read_text())
    monkeypatch.chdir(tmp_path)
    assert api.read(Path("mine.yaml")).world == str(tmp_path / "2021")
    monkeypatch.chdir(tmp_path.parent)
    assert api.read(tmp_path / "mine.yaml").world == str(tmp_path / "2021")
