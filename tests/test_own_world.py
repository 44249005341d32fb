"""A world of one's own begins as the world it is cut from, and is checked as that is."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import blocade
from blocade.cli import main
from blocade.own_world import new_world
from blocade.world import load_world

WORLD = load_world("2021")
SEVEN = ("RUS", "PRK", "CHN", "USA", "DEU", "JPN", "IND")
SCENARIO = """\
title: Does it work in a world of one's own?
world: {}
bloc: [Russia, North Korea]
patron: China
senders: [United States, Germany, Japan]
start: 2022-01
end: 2024-01
arms:
  base: {{}}
  press:
    events:
      - {{at: 2022-04, kind: sanctions, by: senders, on: bloc, level: comprehensive}}
charts: [verdicts]
"""


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(codes=st.lists(st.sampled_from(WORLD.codes), min_size=2, max_size=12, unique=True))
def test_a_cut_is_the_selection_of_its_states(codes: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("worlds") / "2021-mine"
    made = new_world(folder, "2021", codes)
    assert (made.folder, made.states) == (folder, len(codes))
    mine = load_world(folder)
    expected = WORLD.select(code for code in WORLD.codes if code in codes)
    assert mine.codes == expected.codes
    assert mine.groups == expected.groups
    for name in ("capability", "regime", "armament", "votes", "defence", "arms", "enmity", "trade", "need", "surplus"):
        np.testing.assert_array_equal(getattr(mine, name), getattr(expected, name))
    for name in ("sanctions", "isolation", "expected"):
        np.testing.assert_array_equal(getattr(mine, name), getattr(expected, name))
    np.testing.assert_allclose(mine.rest_of_world, expected.rest_of_world, rtol=0, atol=1e-12)


def test_a_whole_world_is_copied(tmp_path: Path) -> None:
    folder, states, _ = new_world(tmp_path / "2021-all", "2021")
    assert states == WORLD.size
    for name in ("trade", "sanctions", "rest_of_world", "votes"):
        np.testing.assert_array_equal(getattr(load_world(folder), name), getattr(WORLD, name))
    assert "all its states" in (folder / "SOURCES.md").read_text(encoding="utf-8")


def test_a_scenario_runs_in_it_and_reports_its_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "2021-mine"
    assert main(["world", "new", str(folder), "--states", *SEVEN]) == 0
    said = f" {folder}/   7 states, 45 acts in force; a scenario takes it as  world: {folder}\n"
    assert capsys.readouterr().out == said
    assert main(["world", "check", str(folder), "2021"]) == 0
    (tmp_path / "mine.yaml").write_text(SCENARIO.format(folder), encoding="utf-8")
    result = blocade.run(tmp_path / "mine.yaml", tmp_path / "out", draws=3, progress=lambda _done, _total: None)
    assert result.manifest["states"] == 7
    html = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "2021-mine, 7 states" in html


def test_every_mistake_of_every_world_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, *_ = new_world(tmp_path / "2021-mine", "2021", SEVEN)
    states = folder / "states.csv"
    lines = states.read_text(encoding="utf-8").splitlines()
    states.write_text("\n".join([*lines[:-1], lines[-1].replace("USA", "usa", 1)]), encoding="utf-8")
    assert main(["world", "check", str(folder), "1848"]) == 2
    told = capsys.readouterr().err.splitlines()
    assert told[0] == f"{states}:8: 'usa' is not a state's code; write three capital letters"
    assert told[1].startswith("1848: no such world")


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("mine", [], "{}: the name must begin with the year of 2021; call it 2021-mine"),
        ("2021-mine", ["--states", "Russia", "Rusia"], "'Rusia' is no state of 2021; use a name or code of its states"),
        ("2021-mine", ["--states", "Russia", "RUS"], "a world needs at least 2 states; name another"),
        ("2021-full", [], "{}: is not empty; name a new folder"),
        ("2021-file", [], "{}: is a file; name a new folder"),
        ("1848-mine", ["--source", "1848"], "1848: no such world; known are "),
    ],
)
def test_mistakes_leave_nothing_behind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, options: list[str], said: str
) -> None:
    (tmp_path / "2021-full").mkdir()
    (tmp_path / "2021-full" / "mine").write_text("")
    (tmp_path / "2021-file").write_text("")
    before = sorted(tmp_path.rglob("*"))
    assert main(["world", "new", str(tmp_path / name), *options]) == 2
    assert capsys.readouterr().err.startswith(said.format(tmp_path / name))
    assert sorted(tmp_path.rglob("*")) == before


HISTORY = """\
id,date,until,senders,target,kind,severity
a,2014-03-17,,United States;EU,russia,sanctions,0.5
b,2006,2020-05,Japan,PRK,isolation,0.8
c,2022-02-24,,USA,RUS,sanctions,0.8
d,2021-12,2023,DEU,North Korea,isolation,0.2
"""


def test_acts_come_from_a_history_as_far_as_they_were_in_force(tmp_path: Path) -> None:
    """By hand: a and d hold at the end of 2021, b had ended, c had not begun."""
    history = tmp_path / "history.csv"
    history.write_text(HISTORY, encoding="utf-8")
    folder, states, acts = new_world(tmp_path / "2021-mine", "2021", SEVEN, history)
    mine = load_world(folder)
    assert (states, acts) == (7, 2)
    sanctions, isolation = np.zeros((7, 7)), np.zeros((7, 7))
    russia, korea = mine.index("RUS"), mine.index("PRK")
    sanctions[russia, [mine.index("USA"), mine.index("DEU")]] = 0.5  # of the European Union Germany alone is kept
    isolation[korea, mine.index("DEU")] = 0.2
    np.testing.assert_array_equal(mine.sanctions, sanctions)
    np.testing.assert_array_equal(mine.isolation, isolation)
    assert "those of history.csv that were in force" in (folder / "SOURCES.md").read_text(encoding="utf-8")
    older = new_world(tmp_path / "2013-mine", "2013", (), history)
    assert older.acts == 1  # b


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("id,date,senders,target,kind\na,2014,USA,RUS,sanctions\n", "history.csv:1: no column severity; add it"),
        (HISTORY.replace("russia", "Rusia"), "history.csv:2: 'Rusia' is not among the states"),
        (HISTORY.replace("2020-05", "May 2020"), "history.csv:3: until 'May 2020' is no date"),
        (HISTORY.replace("United States", "Narnia"), "history.csv:2: 'Narnia' is neither a state here nor a group"),
        (HISTORY.replace(",0.2", ",2"), "history.csv:5: severity 2 is out of range"),
        (HISTORY.replace("2014-03-17", "in spring"), "history.csv:2: date 'in spring' is not a date up to 2021"),
    ],
)
def test_a_mistake_in_a_history_is_told_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, wrong: str
) -> None:
    history, folder = tmp_path / "history.csv", tmp_path / "2021-mine"
    history.write_text(text, encoding="utf-8")
    assert main(["world", "new", str(folder), "--acts", str(history)]) == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1 and wrong in said[0]
    assert not folder.exists()
