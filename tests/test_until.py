"""When a run stops, one question in several worlds, and the examples of docs/designs.md."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom
from test_cli import SMALL, TABLES, blocade
from test_designs import levered, quiet, values_of, written

from blocade import api, library
from blocade.claims import estimands
from blocade.experiment.runner import effect
from blocade.scenario import Scenario
from blocade.verdicts import median_interval

FIXED = {"severity": "0.8", "onset": "2022-04", "over": "2023-06", "need": "0.3"}
EXAMPLE = Path(__file__).parents[1] / "docs" / "examples" / "how-hard-how-soon.yaml"

# --- until ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("n", "places"), [(5, None), (6, (0, 5)), (9, (1, 7)), (100, (39, 60))])
def test_the_interval_of_a_median_by_the_tables(n: int, places: tuple[int, int] | None) -> None:
    """Ranks 40 and 61 of 100 (Conover 1999); six draws are the least: 2 / 2⁶ < 5 %."""
    x = np.random.default_rng(n).permutation(np.arange(n) ** 3.0)
    with_holes = np.concatenate([x, [np.nan]])
    expected = None if places is None else tuple(float(place) ** 3 for place in places)
    assert median_interval(with_holes) == expected


@given(st.integers(6, 3000))
def test_the_interval_has_the_chance_it_claims_and_no_narrower_one_has(n: int) -> None:
    low, high = median_interval(np.arange(1.0, n + 1)) or (0.0, 0.0)
    k = int(low)
    assert high == n + 1 - k
    assert 1 - 2 * binom.cdf(k - 1, n, 0.5) >= 0.95 > 1 - 2 * binom.cdf(k, n, 0.5)


def test_no_draw_gives_no_interval() -> None:
    assert median_interval(np.array([])) is None and median_interval(np.array([np.nan] * 9)) is None


WIDTH = 0.09
UNTIL = "draws: 12\ndesign: {{until: {{claim: isolate, narrower: {}, most: 48}}}}\n"


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> tuple[Scenario, Path]:
    """A run that is narrow enough after some of its rounds; with one state in the bloc the first effect is a large one,
    on how far it parts from the senders."""
    folder = tmp_path_factory.mktemp("until")
    path = levered(folder, UNTIL.format(WIDTH)).path
    path.write_text(path.read_text().replace("bloc: [Russia, North Korea]\npatron: China\n", "bloc: [Russia]\n"))
    scenario = api.read(path)
    assert estimands(scenario)[0].name == "distance"
    api.run(scenario, folder / "out", workers=1, progress=quiet)
    return scenario, folder / "out"


def test_a_run_stops_when_the_interval_is_narrow_enough(stopped: tuple[Scenario, Path]) -> None:
    scenario, folder = stopped
    manifest = json.loads((folder / "manifest.json").read_text())
    end = manifest["stopped"]
    assert end["reached"] and 1 < end["rounds"] < 4 and manifest["draws"] == end["draws"] == 12 * end["rounds"]
    widths = []
    for rounds in range(1, end["rounds"] + 1):
        plan = replace(api.plan(scenario), rounds=rounds)
        found = median_interval(effect(plan, values_of(plan), estimands(scenario)[0], "real"))
        assert found is not None
        widths.append(found[1] - found[0])
    assert min(widths[:-1]) > WIDTH >= widths[-1]
    assert widths[-1] == pytest.approx(end["high"] - end["low"], abs=2e-6)
    text = api.run(scenario, folder, progress=quiet).summary()
    assert f"stopped after {end['draws']} draws ({end['rounds']} rounds): 95 % interval of the median of" in text
    assert f"{end['draws']} parameter sets" in text
    assert len(pd.read_parquet(folder / "draws.parquet")) == end["draws"]


def test_a_run_that_stays_too_wide_ends_at_the_most(tmp_path: Path) -> None:
    path = written(tmp_path, FIXED, more=UNTIL.format(1e-9))
    done = blocade("run", path, "--out", tmp_path / "out", "--workers", 2, "--draws", 24)
    assert done.returncode == 0, done.stderr
    assert "stopped after 48 draws (2 rounds, the most): 95 % interval" in done.stdout
    assert "not narrower than 1e-09" in done.stdout


def test_workers_and_interruptions_change_no_byte_of_a_sequential_run(
    tmp_path: Path, stopped: tuple[Scenario, Path]
) -> None:
    scenario, undisturbed = stopped
    api.run(scenario, tmp_path / "two", workers=2, progress=quiet)

    def interrupt(done: int, _total: int) -> None:
        if done > 2 * 12:  # in the second round
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        api.run(scenario, tmp_path / "resumed", workers=1, progress=interrupt)
    assert not (tmp_path / "resumed").exists()
    api.run(scenario, tmp_path / "resumed", workers=1, progress=quiet, resume=True)
    log = (tmp_path / "resumed" / "run.log").read_text()
    assert log.count("chunk 0:") == 1 and log.count("round 1:") == 2  # looked at again, and not run again
    for name in TABLES:
        for other in ("two", "resumed"):
            assert (tmp_path / other / name).read_bytes() == (undisturbed / name).read_bytes(), (other, name)


# --- worlds -----------------------------------------------------------------------------------------------------------


def test_one_question_in_several_worlds(tmp_path: Path) -> None:
    path = written(tmp_path, FIXED, "asked", "draws: 2\ndesign: {worlds: [2013, 2021]}\n")
    done = blocade("run", path, "--workers", 1, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for world in ("2013", "2021"):
        manifest = json.loads((tmp_path / "results" / "asked" / world / "manifest.json").read_text())
        scenario = manifest["inputs"]["scenario"]
        assert (scenario["name"], scenario["world"]) == (f"asked-{world}", world)
    assert "](2013/)" in (tmp_path / "results" / "asked" / "index.md").read_text()
    one = blocade("sensitivity", path, "--quiet", cwd=tmp_path)
    assert one.returncode == 2
    assert one.stderr == (
        f"{path}:21:18: one scenario for each of several worlds, which only `blocade run` takes; "
        "name one as `world:` instead\n"
    )


def test_who_is_missing_in_one_world_is_told_with_its_name(tmp_path: Path) -> None:
    path = written(tmp_path, FIXED, more="design: {worlds: [1991, 2021]}\n")
    path.write_text(path.read_text().replace("[Russia, North Korea]", "[Russia, North Korea, Ukraine]"))
    done = blocade("check", path)
    assert done.returncode == 2
    assert done.stderr.startswith(f'{path}:3:29: in the world "1991": unknown state or group "Ukraine"')
    assert done.stderr.count("\n") == 1


def test_places_of_results(tmp_path: Path) -> None:
    small = api.read(SMALL)
    other = replace(small, name="small-2013", world="2013")
    mine = replace(small, name="mine", path=Path("mine.yaml"))
    assert library.places([small], None) == (Path("results"), [Path("results/small")])
    assert library.places([small], tmp_path) == (tmp_path, [tmp_path])
    assert library.places([other], None)[1] == [Path("results/small/2013")]
    assert library.places([other, replace(other, name="small-2021", world="2021")], None) == (
        Path("results/small"), [Path("results/small/2013"), Path("results/small/2021")])
    assert library.places([other, mine], tmp_path) == (tmp_path, [tmp_path / "small/2013", tmp_path / "mine"])


# --- the example of the docs ------------------------------------------------------------------------------------------


def test_the_example_of_the_docs_can_be_run() -> None:
    scenario = api.read(EXAMPLE)
    assert (scenario.design.method, scenario.draws) == ("sobol", 256)
    assert {use.field for lever in scenario.levers.values() for use in lever.uses} == {"at", "level", "credibility"}
    assert scenario.title.endswith("?") and scenario.why


def test_the_designs_of_the_docs_are_read(tmp_path: Path) -> None:
    """Every block of YAML in docs/designs.md that is a file of its own."""
    page = (EXAMPLE.parents[1] / "designs.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```yaml\n(extends.*?)```", page, re.DOTALL)
    assert len(blocks) >= 3
    for number, block in enumerate(blocks):
        path = tmp_path / f"b{number}.yaml"
        path.write_text(block, encoding="utf-8")
        assert api.read_several(path)
