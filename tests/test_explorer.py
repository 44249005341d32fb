"""The explorer without its page: settings and their files, runs against twins, pictures, and who may ask the server."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import blocade
from blocade import api
from blocade.charts.findings import finding, spread
from blocade.charts.panels import per_draw
from blocade.charts.style import FINDING, words
from blocade.claims import SMALLEST
from blocade.dashboard import figures
from blocade.dashboard.explorer import FIGURES, Explorer
from blocade.dashboard.laboratory import Laboratory, View
from blocade.dashboard.serve import HOST, Guard
from blocade.dashboard.setting import ADDED, BOTH, EXPLORED, SLIDERS, TWIN, Part, Setting, begin
from blocade.policy.events import EVENTS
from blocade.resources import scenarios
from blocade.scenario import Scenario, ScenarioError, list_scenarios
from blocade.scenario.dates import parse_date, written
from blocade.theories import MECHANISMS
from blocade.world import load_world

ARTICLE = "isolate-russia-north-korea"


def article() -> Scenario:
    return api.load_scenario(ARTICLE)


def isolate(**changes: Any) -> Setting:
    """The article's isolation, in few draws and years so that it runs in no time."""
    return replace(begin(article(), load_world("2021"), "isolate"), draws=3, end=2026.0, **changes)


@pytest.fixture(scope="module")
def laboratory() -> Laboratory:
    return Laboratory()


@pytest.fixture(scope="module")
def view(laboratory: Laboratory) -> View:
    return laboratory.look(isolate())


@given(st.dates())
def test_a_date_is_written_as_what_is_read_as_the_same_day(date: Any) -> None:
    value = parse_date(f"{date.year:04d}-{date.month:02d}-{date.day:02d}")
    assert value is not None
    again = parse_date(written(value.value) if date.year >= 1000 else f"{date.year:04d}")
    assert again is not None
    assert date.year < 1000 or again.value == value.value


@pytest.mark.parametrize("path", list_scenarios(scenarios()), ids=lambda path: path.stem)
def test_every_arm_of_every_scenario_can_be_explored_as_it_is(path: Path, laboratory: Laboratory) -> None:
    """The file of a setting has the events, states and parameters of the arm that it began with."""
    scenario = api.read(path)
    world = load_world(scenario.world)
    for arm in scenario.arms:
        read = laboratory.scenario(begin(scenario, world, arm.name))
        assert [one.name for one in read.arms] == [TWIN, EXPLORED]
        assert sorted(map(repr, read.arms[1].events)) == sorted(map(repr, arm.events))
        assert sorted(map(repr, read.arms[0].events)) == sorted(map(repr, scenario.arms[0].events))
        for name in ("world", "bloc", "patron", "senders", "start", "end", "theory", "parameters", "seed", "watch"):
            assert getattr(read, name) == getattr(scenario, name), name


def test_the_saved_file_gives_what_the_page_shows(tmp_path: Path, laboratory: Laboratory) -> None:
    setting = isolate().with_mechanism("risk", False).with_parameter("phi", 0.2)
    path = tmp_path / "mine.yaml"
    path.write_text(setting.text(), encoding="utf-8")
    result = blocade.run(path, tmp_path / "results", progress=lambda _done, _total: None)
    seen = laboratory.look(setting)
    for measure in ("cohesion", "distance", "pain"):
        effect = per_draw(result, measure, EXPLORED) - per_draw(result, measure, TWIN)
        np.testing.assert_allclose(seen.effect(measure), effect, rtol=0, atol=1e-12)
    assert np.abs(seen.effect("cohesion")).max() > 1e-4


def test_a_run_repeats_itself_and_what_was_remembered_is_the_same(view: View) -> None:
    afresh = Laboratory().look(isolate())
    for arm in (TWIN, EXPLORED):
        assert np.array_equal(afresh.arms[arm].series, view.arms[arm].series)
        assert np.array_equal(afresh.arms[arm].ties, view.arms[arm].ties)


def test_runs_that_a_change_does_not_touch_are_not_run_again(laboratory: Laboratory, view: View) -> None:
    setting = isolate()
    weaker = laboratory.look(setting.with_part(1, setting.parts[1].with_value("level", 0.3)))
    assert weaker.arms[TWIN] is view.arms[TWIN]
    assert not np.array_equal(weaker.arms[EXPLORED].series, view.arms[EXPLORED].series)


def test_what_happens_in_the_twin_too_is_no_effect(laboratory: Laboratory) -> None:
    setting = isolate()
    shared = replace(setting, parts=tuple(replace(part, where=BOTH) for part in setting.parts))
    assert not laboratory.look(shared).effect("cohesion").any()
    nothing = replace(setting, parts=tuple(replace(part, on=False) for part in setting.parts))
    assert not laboratory.look(nothing).effect("pain").any()


def test_every_force_can_be_switched_off_and_on(laboratory: Laboratory) -> None:
    setting = isolate()
    for force, name in MECHANISMS.items():
        off = setting.with_mechanism(force, False)
        assert (setting.has_mechanism(force), off.has_mechanism(force)) == (True, False)
        assert laboratory.scenario(off).parameters == {name: 0.0}
        assert off.with_mechanism(force, True) == setting
    only = replace(setting, theory="balance")  # has all others switched off
    assert not only.has_mechanism("risk")
    assert only.with_mechanism("risk", True).has_mechanism("risk")
    assert not only.with_mechanism("risk", True).with_mechanism("risk", False).has_mechanism("risk")


@pytest.mark.parametrize("kind", ADDED)
def test_every_policy_that_can_be_added_runs(kind: str, laboratory: Laboratory) -> None:
    setting = replace(isolate(), parts=()).with_policy("sanctions").with_policy(kind)
    read = laboratory.scenario(setting)
    assert [event.kind for event in read.arms[1].events] == ["sanctions", kind]
    assert read.arms[0].events == ()


def test_every_number_of_an_event_has_a_slider() -> None:
    """But for those that the page leaves to files: dates, switches and words."""
    others = {"at", "until", "ramp_until", "by", "on", "against", "answers", "snap_back", "limited"}
    fields = {name for event in EVENTS.values() for name in event.__dataclass_fields__} - {"kind"}
    assert fields - others == set(SLIDERS)


def test_another_world_moves_the_dates_with_it(laboratory: Laboratory) -> None:
    moved = isolate(parts=isolate().parts[1:]).with_world("2013")
    assert (moved.start, moved.end) == (2014.0, 2018.0)
    assert [part.values["at"] for part in moved.parts] == [2014.25, 2014.25]
    assert laboratory.scenario(moved).world == "2013"


def test_what_cannot_be_run_is_said_in_a_line(laboratory: Laboratory) -> None:
    with pytest.raises(ScenarioError) as caught:
        laboratory.look(isolate(bloc=("Russia", "United States")))
    assert [mistake.text for mistake in caught.value.found] == [
        "United States is in both `bloc` and `senders`; take it out of one"
    ]


def test_every_picture_states_its_finding(view: View) -> None:
    effect = spread(view.effect("cohesion"), SMALLEST)
    assert words(figures.draw_bond(view))[FINDING] == finding(
        "The policy", "the North Korea–Russia tie", effect, SMALLEST
    )
    for name, draw in FIGURES.items():
        assert "olicy" in words(draw(view, view.read))[FINDING], name


def test_the_network_shows_the_changes_of_its_step(view: View) -> None:
    start, end = figures.draw_network(view, 0), figures.draw_network(view, len(view.times) - 1)
    ties = [sum(line.get_gid().startswith("tie ") for line in figure.axes[1].lines) for figure in (start, end)]
    assert ties[0] == 0 < ties[1]
    change = view.arms[EXPLORED].ties[-1] - view.arms[TWIN].ties[-1]
    assert ties[1] <= min(figures.MOST_CHANGES, np.count_nonzero(np.triu(np.abs(change) > SMALLEST, 1)))
    places = [
        {line.get_gid(): tuple(line.get_xydata()[0]) for line in figure.axes[0].lines if "state" in line.get_gid()}
        for figure in (start, end)
    ]
    assert places[0] == places[1]


def test_a_bloc_of_one_is_shown_by_its_patron_or_its_distance(laboratory: Laboratory) -> None:
    alone = isolate(bloc=("Russia",), patron=None, parts=isolate().parts[1:])
    assert "distance of Russia" in words(figures.draw_bond(laboratory.look(alone)))[FINDING]


def test_a_setting_is_saved_once_and_only_in_its_folder(tmp_path: Path) -> None:
    explorer = Explorer(replace(article(), draws=2), tmp_path)
    assert explorer.save(explorer.first, "one.yaml") == "Saved. Run it with: blocade run one.yaml"
    assert api.read(tmp_path / "one.yaml").draws == 2
    for name, wrong in (
        ("one.yaml", "there is a file of this name"),
        ("../two.yaml", "a name without a folder"),
        ("/tmp/two.yaml", "a name without a folder"),
        ("two.txt", "named .yaml"),
        ("_two.yaml", "is a base"),
        ("", "a name without a folder"),
    ):
        with pytest.raises(ScenarioError, match=wrong):
            explorer.save(explorer.first, name)
    with pytest.raises(ScenarioError, match='"seed" must be'):
        explorer.save(replace(explorer.first, seed=-5), "five.yaml")
    assert [path.name for path in tmp_path.iterdir()] == ["one.yaml"]
    assert explorer.save(explorer.first, "-a b.yaml") == "Saved. Run it with: blocade run './-a b.yaml'"


def test_what_is_not_wanted_any_more_is_not_run(tmp_path: Path) -> None:
    explorer = Explorer(replace(article(), draws=2), tmp_path)
    other = replace(explorer.first, seed=8)
    assert explorer.look(other, lambda: False) is None
    assert explorer.draw("bond", explorer.view, 0, lambda: False) is None
    assert explorer.look(explorer.first, lambda: True) is explorer.view
    picture = explorer.draw("network", explorer.view, 0, lambda: True)
    assert picture is not None and picture.alt.startswith("2022-01: ")


def answer(kind: str, headers: Mapping[str, str]) -> list[dict[str, Any]]:
    """What a guarded server on port 8123 sends to a request."""

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {"type": kind, "headers": [(name.encode(), value.encode()) for name, value in headers.items()]}
    asyncio.run(Guard(app, 8123)(scope, None, send))
    return sent


@pytest.mark.parametrize("host", ["localhost:8123", f"{HOST}:8123"])
def test_the_page_itself_is_served_under_a_policy_that_fetches_nothing(host: str) -> None:
    (sent,) = answer("http", {"host": host})
    assert sent["status"] == 200
    assert b"default-src 'none'" in dict(sent["headers"])[b"content-security-policy"]
    assert answer("websocket", {"host": host, "origin": f"http://{host}"})[0]["type"] == "http.response.start"


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example:8123"},
        {"host": "localhost:80"},
        {},
        {"host": "localhost:8123", "origin": "http://evil.example"},
        {"host": "localhost:8123", "origin": "null"},
    ],
)
def test_foreign_hosts_and_origins_are_refused(headers: dict[str, str]) -> None:
    assert answer("http", headers)[0]["status"] == 403
    assert answer("websocket", headers) == [{"type": "websocket.close", "code": 1008}]


def test_a_socket_without_an_origin_is_refused() -> None:
    assert answer("websocket", {"host": "localhost:8123"})[0]["type"] == "websocket.close"


def test_a_part_is_written_without_its_defaults() -> None:
    part = Part("war", {"at": 2022.25, "on": ("RUS",), "until": 2024.5, "need": None, "limited": False})
    assert part.written() == {"kind": "war", "from": "2022-04", "on": ["RUS"], "until": "2024-07"}
