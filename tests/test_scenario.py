"""Scenario files: what a good one resolves to, how files and arms extend each other, the JSON Schema."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from scenario_files import GOOD, VOCABULARY, SmallWorld, edited, good, mistakes, write

import blocade
from blocade import resources
from blocade.claims import estimands, hypotheses
from blocade.experiment.plan import STARTS
from blocade.policy import events
from blocade.scenario import ScenarioError, find_scenario, json_schema, list_scenarios, load_scenario
from blocade.scenario.dates import parse_date
from blocade.scenario.schema import EVENT_FILES, ArmFile, ScenarioFile

# --- good files -----------------------------------------------------------------------------------


def test_a_good_file_resolves_fully(tmp_path: Path) -> None:
    scenario = good(tmp_path)
    senders = ("DEU", "FRA", "JPN", "USA")
    war = events.WarEvent(("RUS",), 2022.25, 2026.0, 0.5)
    sanctions = events.SanctionsEvent(2022.25, senders, ("PRK", "RUS"), 0.8, 2030.0, 2024.0)
    isolation = events.IsolationEvent(2022.5, senders, ("PRK", "RUS"), 0.3)
    assert [(arm.name, arm.label) for arm in scenario.arms] == [
        ("as-in-2021", "as-in-2021"), ("isolate", "All of it"), ("more", "more")]
    assert scenario.arms[0].events == (war,)
    assert scenario.arms[1].events == (war, sanctions, isolation)
    assert scenario.arms[2].events == (
        sanctions,
        isolation,
        events.LiftEvent(2023.0, ("USA",), ("PRK",), 0.5),
        events.SecondarySanctionsEvent(2023.0, ("USA",), 0.4),
        events.OfferEvent(2023.0, ("CHN",), ("IRN",), 0.2, 0.6),
        events.OffRampEvent(2022.0, senders, ("KAZ", "RUS"), 0.8),
    )
    assert (scenario.bloc, scenario.patron, scenario.senders) == (("PRK", "RUS"), "CHN", senders)
    assert (scenario.start, scenario.end, scenario.first_event) == (2022.0, 2037.0, 2022.0)
    assert scenario.parameters == {"beta": 0.2, "g": (0.0, 0.5)}
    assert (scenario.name, scenario.world, scenario.draws, scenario.seed) == ("x", "2021", 50, 7)


def test_resolved_is_json_and_holds_no_path(tmp_path: Path) -> None:
    resolved = good(tmp_path).resolved()
    again = json.loads(json.dumps(resolved, allow_nan=False))
    assert again == resolved
    assert str(tmp_path) not in json.dumps(resolved)
    assert again["arms"][0] == {
        "name": "as-in-2021",
        "label": "as-in-2021",
        "events": [
            {"kind": "war", "on": ["RUS"], "at": 2022.25, "until": 2026.0, "need": 0.5}
            | {"against": None, "limited": False, "by": None}
        ],
    }
    assert again["parameters"] == {"beta": 0.2, "g": [0.0, 0.5]}
    assert again["first_event"] == 2022.0


def test_defaults(tmp_path: Path) -> None:
    text = ("title: T\nworld: 2021\nbloc: [Iran, Russia]\nsenders: [EU]\nstart: 2022\nend: 2023\n"
            "arms:\n  a:\n  b: {events: [{kind: off-ramp, at: 2023, by: EU, on: Iran, relief: 1},"
            " {kind: lift, at: 2022, by: EU, on: Iran}, {kind: secondary-sanctions, at: 2022, by: EU}]}\n")
    scenario = load_scenario(write(tmp_path, "x", text), VOCABULARY)
    assert (scenario.draws, scenario.replicates, scenario.seed, scenario.theory) == (200, 1, 1, "full")
    assert (scenario.patron, scenario.why, scenario.claims, scenario.charts) == (None, "", (), ())
    assert scenario.posterior == scenario.resolved()["posterior"] == "prior"
    ramp, lift, secondary = scenario.arms[1].events
    assert isinstance(ramp, events.OffRampEvent) and ramp.credibility is None
    assert isinstance(lift, events.LiftEvent) and lift.share == 1.0
    assert isinstance(secondary, events.SecondarySanctionsEvent) and secondary.level is None


ASKING = replace(VOCABULARY, starts=STARTS, hypotheses=hypotheses())
ASKED = "hypotheses:\n  H1: {treated: isolate, control: as-in-2021}\nstarts: [clean, real]\nwatch: [Japan, CSTO]\n"


def test_hypotheses_starts_and_watch_are_read(tmp_path: Path) -> None:
    scenario = load_scenario(edited(tmp_path, add=ASKED), ASKING)
    assert scenario.hypotheses == {"H1": {"treated": "isolate", "control": "as-in-2021"}}
    assert scenario.starts == ("clean", "real")
    assert scenario.watch == ("JPN", "KAZ", "RUS")
    again = json.loads(json.dumps(scenario.resolved()))
    assert (again["hypotheses"], again["starts"]) == (scenario.hypotheses, ["clean", "real"])
    assert again["watch"] == ["JPN", "KAZ", "RUS"]
    plain = good(tmp_path)
    assert (plain.hypotheses, plain.starts, plain.watch) == ({}, (), ())


def test_a_hypothesis_may_be_read_at_another_time(tmp_path: Path) -> None:
    path = write(tmp_path, "x", GOOD + ASKED.replace("as-in-2021}", "as-in-2021, read: 20}"))
    scenario = load_scenario(path, ASKING)
    assert {estimand.read for estimand in estimands(replace(scenario, claims=()))} == {20.0}
    never = write(tmp_path, "y", GOOD + ASKED.replace("as-in-2021}", "as-in-2021, read: 0}"))
    with pytest.raises(ScenarioError, match='"read", years after the first event, must be a number up to 100, not "0"'):
        load_scenario(never, ASKING)


def test_a_file_adds_its_hypotheses_and_may_put_one_to_other_arms(tmp_path: Path) -> None:
    write(tmp_path, "_base", GOOD + ASKED)
    more = "H1: {treated: more}\n  H5: {held: more, decaying: isolate}"
    path = write(tmp_path, "x", f"extends: _base\nstarts: [real]\nwatch: [Iran]\nhypotheses:\n  {more}\n")
    scenario = load_scenario(path, ASKING)
    assert scenario.hypotheses == {
        "H1": {"treated": "more", "control": "as-in-2021"}, "H5": {"held": "more", "decaying": "isolate"}}
    assert (scenario.starts, scenario.watch) == (("real",), ("IRN",))


def test_a_file_takes_over_a_posterior_and_may_go_back_to_the_prior(tmp_path: Path) -> None:
    write(tmp_path, "_base", GOOD + "posterior: until-2021\n")
    for more, name in (("", "until-2021"), ("posterior: until-2013\n", "until-2013"), ("posterior: prior\n", "prior")):
        scenario = load_scenario(write(tmp_path, "x", f"extends: _base\n{more}"), VOCABULARY)
        assert scenario.posterior == scenario.resolved()["posterior"] == name


def test_first_event_leaves_background_out(tmp_path: Path) -> None:
    scenario = good(tmp_path, ("at: 2022, kind: off-ramp", "at: 2024, kind: off-ramp"))
    assert scenario.first_event == 2022.25
    text = GOOD[: GOOD.index("  isolate:")]
    assert load_scenario(write(tmp_path, "y", text), VOCABULARY).first_event is None


@pytest.mark.parametrize(
    ("word", "value"),
    [("targeted", 0.2), ("sectoral", 0.5), ("comprehensive", 0.8), ("embargo", 1.0), ("0", 0.0)],
)
def test_levels(word: str, value: float, tmp_path: Path) -> None:
    event = good(tmp_path, ("level: comprehensive", f"level: {word}")).arms[1].events[1]
    assert isinstance(event, events.SanctionsEvent)
    assert event.level == value


@pytest.mark.parametrize(
    ("by", "on", "expected"),
    [
        ("G7", "Japan", (("DEU", "FRA", "USA"), ("JPN",))),
        ("Russia", "CSTO", (("RUS",), ("KAZ",))),
        ("G7", "EU", (("JPN", "USA"), ("DEU", "FRA"))),
        ("[EU, France]", "G7", (("FRA",), ("DEU", "JPN", "USA"))),
    ],
)
def test_overlap_through_groups_is_dropped(
    by: str, on: str, expected: tuple[tuple[str, ...], tuple[str, ...]], tmp_path: Path
) -> None:
    event = good(tmp_path, ("by: USA, on: dprk", f"by: {by}, on: {on}")).arms[2].events[2]
    assert isinstance(event, events.LiftEvent)
    assert (event.by, event.on) == expected


def test_bom_and_crlf_change_nothing(tmp_path: Path) -> None:
    plain = good(tmp_path)
    (tmp_path / "x.yaml").write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert load_scenario(tmp_path / "x.yaml", VOCABULARY) == plain
    bad = GOOD.replace("title", "titl").replace("seed: 7", "seed: q")
    (tmp_path / "x.yaml").write_bytes(b"\xef\xbb\xbf" + bad.replace("\n", "\r\n").encode())
    assert [line.split(": ")[0] for line in mistakes(tmp_path / "x.yaml")] == ["x.yaml:1:1", "x.yaml:30:7"]


def test_a_world_folder_beside_the_file_comes_first(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "states.csv").write_text("iso3\n", encoding="utf-8")
    assert good(tmp_path, ("world: 2021", "world: mine")).world == str(tmp_path / "mine")

    def broken(name: str) -> SmallWorld:
        raise ValueError("states.csv:2: no code\nstates.csv:3: no name")

    path = edited(tmp_path, ("world: 2021", "world: mine"), ("seed: 7", "seed: x"))
    assert mistakes(path, replace(VOCABULARY, worlds=broken)) == [
        'x.yaml:3:8: the world "mine" cannot be loaded: states.csv:2: no code (and 1 more)',
        'x.yaml:30:7: "seed" must be a whole number from 0 to 4294967295, not "x"',
    ]


@pytest.mark.parametrize(
    ("written", "value"),
    [(2022, 2022.0), ("2022-04", 2022.25), ("2022-04-01", 2022.25), ("2021-12-31", 2021 + 11 / 12 + 30 / 365),
     ("2022-4", None), ("2023-02-29", None), ("2022-00", None), (True, None), (2022.0, None), ("٢٠٢٢", None),
     ("2022-04-01T00:00", None), (None, None), (22, None)],
)
def test_dates(written: object, value: float | None) -> None:
    date = parse_date(written)
    assert (None if date is None else date.value) == value


# --- inheritance ------------------------------------------------------------------------------------


def test_mappings_merge_and_all_else_replaces(tmp_path: Path) -> None:
    write(tmp_path, "_base", GOOD)
    path = write(tmp_path, "child", "title: Child\nextends: _base\nbloc: [Iran, Russia]\nparameters: {g: 1}\n"
                 "background:\n  war: {until: 2030}\n  rain: {kind: war, on: Iran, from: 2023, until: 2024}\n"
                 "arms:\n  more: {label: More, events: []}\n  last: {extends: more, without: [rain]}\n")
    scenario = load_scenario(path, VOCABULARY)
    assert (scenario.title, scenario.why, scenario.name) == ("Child", "The warning says so.", "child")
    assert scenario.bloc == ("IRN", "RUS")
    assert scenario.parameters == {"beta": 0.2, "g": 1.0}
    assert [arm.name for arm in scenario.arms] == ["as-in-2021", "isolate", "more", "last"]
    rain = events.WarEvent(("IRN",), 2023.0, 2024.0, None)
    assert scenario.arms[0].events == (events.WarEvent(("RUS",), 2022.25, 2030.0, 0.5), rain)
    isolate, more, last = (arm.events for arm in scenario.arms[1:])
    assert more == (rain, *isolate[2:])
    assert last == isolate[2:]
    assert [arm.label for arm in scenario.arms[2:]] == ["More", "last"]


def test_three_files_and_their_places(tmp_path: Path) -> None:
    write(tmp_path, "_a", GOOD.replace("seed: 7", "seed: -7"))
    write(tmp_path, "_b", "extends: _a.yaml\ndraws: none\ntheory: ful\n")
    path = write(tmp_path, "c", "title: C\nextends: _b\ntheory: balance\nreplicates: 0\n")
    assert mistakes(path) == [
        '_a.yaml:30:7: "seed" must be a whole number from 0 to 4294967295, not "-7"',
        '_b.yaml:2:8: "draws" must be a whole number from 1 to 100000, not "none"',
        'c.yaml:4:13: "replicates" must be a whole number from 1 to 1000, not "0"',
    ]


def test_a_key_of_both_files_is_shown_in_the_one_that_extends(tmp_path: Path) -> None:
    write(tmp_path, "_base", GOOD.replace("parameters: {", "colour: red\nparameters: {bata: 1, "))
    path = write(tmp_path, "c", "extends: _base\nparameters:\n  bata: 2\n")
    assert [line.split("; ")[0] for line in mistakes(path)] == [
        '_base.yaml:27:1: unknown key "colour"',
        'c.yaml:3:3: unknown parameter "bata", did you mean "beta"?',
    ]


def test_a_misspelt_extends_does_not_make_what_it_would_bring_missing(tmp_path: Path) -> None:
    write(tmp_path, "_base", GOOD)
    path = write(tmp_path, "c", "extend: _base\nseed: x\nworld: 2021\narms:\n  calm: {extends: isolate, "
                 "without: [war], events: [{at: 2023, kind: offer, by: patron, on: bloc}]}\n")
    assert mistakes(path) == [
        'c.yaml:1:1: unknown key "extend", did you mean "extends"?',
        'c.yaml:2:7: "seed" must be a whole number from 0 to 4294967295, not "x"',
    ]


def test_a_base_that_is_no_yaml_is_reported_with_the_rest(tmp_path: Path) -> None:
    write(tmp_path, "_base", "title: [\n")
    path = write(tmp_path, "c", "extends: _base\nseed: x\n")
    first, second = mistakes(path)
    assert first.startswith("_base.yaml:2:1: not valid YAML: ")
    assert second.startswith('c.yaml:2:7: "seed" must be')


@pytest.fixture
def packaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "packaged"
    folder.mkdir()
    monkeypatch.setattr(resources, "scenarios", lambda: folder)
    return folder


def test_packaged_scenarios_can_be_extended_from_anywhere(tmp_path: Path, packaged: Path) -> None:
    write(packaged, "question", GOOD)
    path = write(tmp_path, "mine", "extends: question\nseed: 9\n")
    assert load_scenario(path, VOCABULARY).seed == 9
    write(tmp_path, "question", GOOD.replace("seed: 7", "seed: 5").replace("draws: 50", "draws: 5"))
    assert load_scenario(path, VOCABULARY).draws == 5


@pytest.mark.parametrize("name", ["../secret", "sub/secret", "..\\secret", "..", "/etc/passwd"])
def test_extends_takes_no_path(name: str, tmp_path: Path, packaged: Path) -> None:
    write(tmp_path, "secret", GOOD)
    (tmp_path / "sub").mkdir()
    write(tmp_path / "sub", "secret", GOOD)
    path = write(tmp_path / "sub", "x", f"extends: {name}\n")
    (line,) = mistakes(path)
    assert line.startswith('x.yaml:1:10: "extends" takes the name of a file in this folder, not the path')


def test_extends_follows_no_link_out_of_the_folders(tmp_path: Path, packaged: Path) -> None:
    outside = tmp_path / "outside"
    inside = tmp_path / "inside"
    outside.mkdir()
    inside.mkdir()
    write(outside, "secret", GOOD)
    (inside / "_base.yaml").symlink_to(outside / "secret.yaml")
    path = write(inside, "x", "extends: _base\n")
    assert mistakes(path) == ['x.yaml:1:10: "_base" links out of the scenario folders; copy the file here']


def test_find_and_list(tmp_path: Path, packaged: Path) -> None:
    question = write(packaged, "question", GOOD)
    write(packaged, "_base", GOOD)
    another = write(packaged, "another", GOOD)
    assert list_scenarios(packaged) == [another, question]
    assert find_scenario("question") == question
    assert find_scenario("question.yaml") == question
    assert find_scenario(another) == another
    with pytest.raises(ScenarioError) as caught:
        find_scenario("quesiton")
    assert caught.value.mistakes == ['quesiton:1:1: no such file or scenario, did you mean "question"?']


def test_both_ends_of_names_are_scenario_files(tmp_path: Path, packaged: Path) -> None:
    write(tmp_path, "_base", GOOD).rename(tmp_path / "_base.yml")
    child = write(tmp_path, "child", "extends: _base\n").rename(tmp_path / "child.yml")
    write(tmp_path, "notes", GOOD).rename(tmp_path / "notes.txt")
    other = write(tmp_path, "other", "extends: _base.yml\n")
    assert list_scenarios(tmp_path) == [child, other]
    for path in (child, other):
        assert load_scenario(path, VOCABULARY).arms == good(tmp_path).arms


# --- JSON Schema ------------------------------------------------------------------------------------


def test_json_schema_has_every_key_and_kind() -> None:
    schema = json_schema()
    json.dumps(schema)
    assert list(schema["properties"]) == list(ScenarioFile.model_fields)
    assert schema["additionalProperties"] is False
    assert set(schema["$defs"]["ArmFile"]["properties"]) == set(ArmFile.model_fields)
    mapping = schema["properties"]["background"]["additionalProperties"]["discriminator"]["mapping"]
    assert set(mapping) == set(EVENT_FILES)
    keys = {"kind", "on", "from", "until", "need", "against", "limited", "by"}
    assert set(schema["$defs"]["WarFile"]["properties"]) == keys
    assert schema["$defs"]["WarFile"]["required"] == ["kind", "on", "from", "until"]
    draws = {key: value for key, value in schema["properties"]["draws"].items() if key != "description"}
    assert draws == {"default": 200, "maximum": 100_000, "minimum": 1, "title": "Draws", "type": "integer"}


def test_json_schema_says_what_every_key_means() -> None:
    schema = json_schema()
    parts = {"the file": schema, **schema["$defs"]}
    silent = [
        f"{part}: {key}"
        for part, of in parts.items()
        for key, told in of["properties"].items()
        if key != "kind" and not told.get("description")
    ]
    assert silent == []


def test_files_and_policy_know_the_same_kinds() -> None:
    assert {kind.kind for kind in get_args(events.Event)} == set(EVENT_FILES)


def test_a_notebook_shows_who_and_what_of_a_scenario() -> None:
    shown = blocade.load_scenario("isolate-russia-north-korea")._repr_html_()
    assert "<td style=\"text-align: left\">North Korea, Russia</td>" in shown
    assert "sanctions by the senders on the bloc, from 2022-04, level 0.8" in shown
    assert "2022-01 to 2037-01" in shown and "200, seed 7" in shown
    odd = replace(blocade.load_scenario("placebo"), title="<b>R & D</b>", patron=None)._repr_html_()
    assert "<h3>&lt;b&gt;R &amp; D&lt;/b&gt;</h3>" in odd and "Patron" not in odd
