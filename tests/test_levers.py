"""Levers in scenario files: what a file with levers resolves to, and every mistake in them as one line."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scenario_files import VOCABULARY, edited, good, mistakes, write

from blocade.policy.events import EVENTS
from blocade.scenario import ScenarioError, json_schema, load_scenario, load_scenarios
from blocade.scenario.levers import VARIABLE
from blocade.scenario.model import Lever, Use

LEVERS = "levers: {severity: [0.2, 1], onset: [2022-04, 2023-10], end: [2026, 2028-07], need: [0.1, 0.9]}\n"
USES = (
    ("from: 2022-04, until: 2026-01, need: 0.5", "from: 2022-04, until: end, need: need"),
    ("at: 2022-04, kind: sanctions", "at: onset, kind: sanctions"),
    ("level: 0.3", "level: severity"),
    ("level: comprehensive, until: 2030, ramp-until: 2024", "level: severity, until: 2030, ramp-until: 2024"),
)

# --- good files -----------------------------------------------------------------------------------


def test_arms_stand_at_the_middle_and_levers_say_what_varies(tmp_path: Path) -> None:
    scenario = good(tmp_path, *USES, add=LEVERS)
    severity, onset = scenario.levers["severity"], scenario.levers["onset"]
    assert severity == Lever(0.2, 1.0, False, (
        Use("isolate", 1, "level"), Use("isolate", 2, "level"), Use("more", 0, "level"), Use("more", 1, "level")))
    assert onset == Lever(2022.25, 2023.75, True, (Use("isolate", 1, "at"), Use("more", 0, "at")))
    # "more" leaves the war out, so that the lever of its end acts in the two other arms alone
    assert scenario.levers["end"].uses == (Use("as-in-2021", 0, "until"), Use("isolate", 0, "until"))
    war, sanctions, isolation = scenario.arms[1].events
    assert (war.until, war.need) == (2027.25, 0.5)  # type: ignore[union-attr]
    assert (sanctions.at, sanctions.level, isolation.level) == (2023.0, 0.6, 0.6)  # type: ignore[union-attr]
    plain = good(tmp_path)
    assert (plain.levers, plain.resolved()["levers"]) == ({}, {})


def test_the_first_event_is_the_earliest_that_any_lever_allows(tmp_path: Path) -> None:
    later = ("at: 2022, kind: off-ramp", "at: 2024, kind: off-ramp")
    assert good(tmp_path, *USES, later, add=LEVERS).first_event == 2022.25
    late = LEVERS.replace("[2022-04, 2023-10]", "[2022-10, 2023-10]")
    assert good(tmp_path, *USES, later, add=late).first_event == 2022.5  # the isolation, at a date of its own


def test_resolved_tells_levers_and_is_json(tmp_path: Path) -> None:
    design = "design: {factors: [onset, beta], levels: 4, method: morris}\n"
    resolved = good(tmp_path, *USES, add=LEVERS + design).resolved()
    assert json.loads(json.dumps(resolved, allow_nan=False)) == resolved
    assert resolved["levers"]["onset"] == {  # type: ignore[index]
        "low": 2022.25, "high": 2023.75, "dated": True, "uses": [["isolate", 1, "at"], ["more", 0, "at"]]}
    assert resolved["design"] == {"method": "morris", "factors": ["onset", "beta"], "levels": 4, "until": None}


@given(severity=st.integers(20, 100), month=st.integers(0, 18), end=st.integers(0, 30), need=st.integers(10, 90))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_settled_arms_are_those_of_the_file_with_the_values_written_in(
    tmp_path: Path, severity: int, month: int, end: int, need: int
) -> None:
    def date(months: int) -> str:
        return f"{months // 12}-{months % 12 + 1:02d}"

    onset, over = 2022 * 12 + 3 + month, 2026 * 12 + end
    ramp = ("ramp-until: 2024", "ramp-until: 2025")
    written = {"severity": f"{severity / 100}", "onset": date(onset), "end": date(over), "need": f"{need / 100}"}
    put = [(old, new) for old, new in USES]
    for name, value in written.items():
        put = [(old, new.replace(f": {name}", f": {value}")) for old, new in put]
    values = {"severity": severity / 100, "onset": onset / 12, "end": over / 12, "need": need / 100}
    levered, plain = good(tmp_path, *USES, ramp, add=LEVERS), good(tmp_path, *put, ramp)
    for mine, theirs in zip(levered.settled(values), plain.arms, strict=True):
        for event, other in zip(mine.events, theirs.events, strict=True):
            for field in fields(event):
                one, two = getattr(event, field.name), getattr(other, field.name)
                assert one == (pytest.approx(two, abs=1e-9) if isinstance(two, float) else two)


def test_a_file_takes_over_levers_and_may_change_a_range(tmp_path: Path) -> None:
    good_file = edited(tmp_path, *USES, add=LEVERS)
    good_file.rename(tmp_path / "_base.yaml")
    scenario = load_scenario(write(tmp_path, "y", "extends: _base\nlevers: {severity: [0.5, 0.5]}\n"), VOCABULARY)
    assert (scenario.levers["severity"].low, scenario.levers["severity"].high) == (0.5, 0.5)
    assert scenario.levers["onset"].low == 2022.25


@pytest.mark.parametrize("kind", sorted(EVENTS))
def test_the_schema_lets_every_number_and_date_be_a_lever(kind: str) -> None:
    definitions = json_schema()["$defs"]
    found = next(one for one in definitions.values() if one.get("properties", {}).get("kind", {}).get("const") == kind)
    words: dict[str, Any] = {name: json.dumps(schema) for name, schema in found["properties"].items()}
    renamed = {"ramp_until": "ramp-until"} | ({"at": "from"} if kind == "war" else {})
    for field in fields(EVENTS[kind]):
        takes = '"description": "a lever"' in words[renamed.get(field.name, field.name.replace("_", "-"))]
        assert takes == (field.name in VARIABLE), field.name


def test_the_schema_knows_levers_and_designs() -> None:
    schema = json_schema()
    assert {"levers", "design"} <= set(schema["properties"])
    design = schema["$defs"]["DesignFile"]["properties"]
    assert design["method"]["enum"] == ["latin-hypercube", "sobol", "grid", "morris"]
    assert set(design) == {"method", "factors", "levels", "until", "worlds"}
    assert {"required": ["worlds"]} in [one.get("properties", {}).get("design") for one in schema["anyOf"]]


# --- mistakes -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("edit", "lines"),
    [
        (("level: severity, until", "level: sevrity, until"),
         ['16:68: unknown lever "sevrity", did you mean "severity"?']),
        (("at: onset", "at: onse"), ['16:14: unknown lever "onse", did you mean "onset"?']),
        (("level: severity, until", "level: sectorial, until"),
         ['16:68: unknown level "sectorial", did you mean "sectoral"?']),
        (("share: 0.5", "share: onset"),
         ['22:58: the lever "onset" runs from 2022-04 to 2023-10: "share" must be a number from 0 to 1, '
          'not "2022-04"']),
        (("at: onset", "at: need"),
         ['16:14: the lever "need" runs from 0.1 to 0.9: not a date: "0.1"; write 2022, 2022-04 or 2022-04-01',
          '34:30: no event names the lever "onset"; name it in one, or take it out']),
        (("until: end", "until: onset"),
         ['10:54: the lever "onset" runs from 2022-04 to 2023-10: "until", 2022-04, must come after the event begins, '
          "2022-04", '34:57: no event names the lever "end"; name it in one, or take it out']),
        (("ramp-until: 2024", "ramp-until: 2023-10"),
         ['16:103: "ramp-until", 2023-10, must come after the event begins, 2023-10']),
        (("until: 2030, ramp-until: 2024", "until: end, ramp-until: 2027"),
         ['16:102: "ramp-until", 2027, must not come after "until", 2026']),
        (("by: USA, on: dprk, share: 0.5", "by: onset, on: dprk"),
         ['22:36: unknown state or group "onset"; use a name or ISO code of the world\'s states.csv']),
    ],
    ids=lambda part: part[1] if isinstance(part, tuple) else "",
)  # fmt: skip
def test_a_wrong_use_is_one_line(tmp_path: Path, edit: tuple[str, str], lines: list[str]) -> None:
    assert mistakes(edited(tmp_path, *USES, edit, add=LEVERS)) == [f"x.yaml:{line}" for line in lines]


@pytest.mark.parametrize(
    ("given_", "line"),
    [
        ("severity: [0.2, 1.5]", 'comprehensive, embargo or a number from 0 to 1, not "1.5"'),
        ("onset: [2021-10, 2023]", "2021-10 is outside the run, 2022-01 to 2037-01"),
        ("severity: [1, 0.2]", 'the range of "severity" must run from low to high; exchange its ends'),
        ("severity: 0.4", '"severity" must be a range [low, high] of two numbers or two dates, not "0.4"'),
        ("severity: [0.4]", '"severity" must be a range [low, high] of two numbers or two dates, not a list'),
        ("severity: [0.4, x]", 'from a number to a number or from a date to a date (2022-04), not "0.4" and "x"'),
        ("severity: [0.4, .nan]", 'from a number to a number or from a date to a date (2022-04), not "0.4" and "nan"'),
        ("onset: [2022-04, 0.5]", 'must run from a number to a number'),
        ("idle: [0, 1]", 'no event names the lever "idle"; name it in one, or take it out'),
        ("embargo: [0, 1]", '"embargo" is the name of a level; call the lever otherwise'),
        ("beta: [0, 1]", '"beta" is the name of a parameter; call the lever otherwise'),
        ("draw: [0, 1]", '"draw" is the name of something else; call the lever otherwise'),
        ('"a b": [0, 1]', 'the lever name "a b" may hold only letters, digits, _ and -, a letter first'),
    ],
)  # fmt: skip
def test_a_wrong_lever_is_told_once_at_its_place(tmp_path: Path, given_: str, line: str) -> None:
    name = given_.partition(":")[0]
    ranges = {"severity": "[0.2, 1]", "onset": "[2022-04, 2023-10]", "end": "[2026, 2028-07]", "need": "[0.1, 0.9]"}
    ranges[name] = given_.removeprefix(f"{name}: ")
    text = "levers:\n" + "".join(f"  {key}: {value}\n" for key, value in ranges.items())
    found = mistakes(edited(tmp_path, *USES, add=text))
    assert found and all(line in one for one in found), found
    places = {one.split(":")[1] for one in found}
    assert len(found) == 1 or places <= {"10", "16", "17"}  # every use of a lever that does not fit there


def test_levers_that_are_no_mapping(tmp_path: Path) -> None:
    assert mistakes(edited(tmp_path, add="levers: [a]\n")) == [
        'x.yaml:34:9: "levers" must be a mapping, name: [low, high], not a list'
    ]


# --- designs --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("design", "line"),
    [
        ("{method: sobl}", '35:18: unknown design "sobl", did you mean "sobol"?'),
        ("{methd: sobol}", '35:10: unknown key "methd", did you mean "method"?'),
        ("{factors: [severty]}", '35:20: unknown factor "severty", did you mean "severity"?'),
        ("{factors: [x9]}", '35:20: unknown factor "x9"; name a lever or a parameter'),
        ("{factors: [beta, beta]}", '35:26: factor "beta" is named twice; name it once'),
        ("{factors: []}", '35:19: "factors" is empty; name a lever or a parameter, or leave it out'),
        ("{levels: 4}", '35:18: "levels" is for the methods grid and morris; leave it out'),
        ("{method: grid, levels: 1}", '35:32: "levels" must be a whole number from 2 to 100, not "1"'),
        ("{method: morris, levels: 3}", '35:34: "levels" of morris must be even; take 2 or 4'),
        ("{method: grid, until: {claim: x, narrower: 1, most: 50}}",
         '35:31: "until" adds draws in rounds, which grid and morris cannot; take latin-hypercube or sobol'),
        ("{until: }", '35:10: "until" must be a mapping, {claim: …, narrower: …, most: …}, not nothing'),
        ("{until: {claim: x, narrower: -1, most: 50}}",
         '35:38: "narrower", the width of an interval, must be a number above 0, not "-1"'),
        ("{until: {claim: x, narower: 1, most: 50}}", '35:28: unknown key "narower", did you mean "narrower"?'),
        ("{until: {claim: x, narrower: 1}}", '35:17: missing key "most"; `until` needs claim, narrower, most'),
        ("{worlds: 2013}", '35:18: "worlds" must be a list of worlds, [2013, 2021], not "2013"'),
        ("{worlds: [2013, 2013]}", '35:25: the world "2013" is named twice; name it once'),
        ("{worlds: [2013, 2012]}", '35:25: unknown world "2012", did you mean "2021"?'),
        ("[sobol]", '35:9: "design" must be a mapping, key: value, not a list'),
    ],
)  # fmt: skip
def test_a_wrong_design_is_one_line(tmp_path: Path, design: str, line: str) -> None:
    path = edited(tmp_path, *USES, add=f"{LEVERS}design: {design}\n")
    with pytest.raises(ScenarioError) as caught:
        load_scenarios(path, VOCABULARY)
    assert [one.removeprefix(f"{tmp_path}/") for one in caught.value.mistakes] == [f"x.yaml:{line}"]


def test_a_grid_sets_the_draws_that_a_file_leaves_open(tmp_path: Path) -> None:
    grid = LEVERS + "design: {method: grid, factors: [severity, onset, beta], levels: 3}\n"
    assert good(tmp_path, *USES, ("draws: 50\n", ""), add=grid).draws == 27
    assert good(tmp_path, *USES, add=grid).draws == 50  # what cannot be is told by who knows the points


def test_worlds_stand_for_one_scenario_each(tmp_path: Path) -> None:
    path = edited(tmp_path, ("world: 2021\n", ""), add="design: {worlds: [2013, 2021]}\n")
    one, other = load_scenarios(path, VOCABULARY)
    assert [(s.name, s.world, str(s.place)) for s in (one, other)] == [
        ("x-2013", "2013", "x/2013"), ("x-2021", "2021", "x/2021")]
    assert one.arms == other.arms
    assert "2013" not in json.dumps(other.resolved()["design"])  # another world in the list is no other experiment
    (line,) = mistakes(path)
    assert line == (
        "x.yaml:33:18: one scenario for each of several worlds, which only `blocade run` takes; "
        "name one as `world:` instead"
    )
