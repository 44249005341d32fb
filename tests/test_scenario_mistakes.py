"""Every mistake in a scenario file: one line each, with its place, all at once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from scenario_files import GOOD, VOCABULARY, edited, mistakes, write

from blocade.claims import hypotheses
from blocade.experiment.plan import STARTS
from blocade.scenario import ScenarioError, list_scenarios, load_scenario
from blocade.scenario.schema import EVENT_FILES, ScenarioFile
from blocade.world import load_world

BAD = Path(__file__).parent / "bad_scenarios"
ASKING = replace(VOCABULARY, starts=STARTS, hypotheses=hypotheses())

# --- the table of bad files ---------------------------------------------------------------------


def bad_table() -> dict[str, list[str]]:
    blocks = (BAD / "expected.txt").read_text(encoding="utf-8").strip().split("\n\n")
    return {lines[0]: lines[1:] for lines in (block.splitlines() for block in blocks)}


@pytest.mark.parametrize("name", sorted(bad_table()))
def test_bad_file_gives_exactly_these_lines(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(BAD)
    assert mistakes(Path(name), replace(ASKING, worlds=load_world)) == bad_table()[name]


def test_every_bad_file_is_in_the_table() -> None:
    assert sorted(bad_table()) == [path.name for path in list_scenarios(BAD)]


EDITS: list[tuple[tuple[str, str], str]] = [
    (("bloc: [Russia, North Korea]", "bloc: []"), '4:7: "bloc" is empty; name a state or group'),
    (("bloc: [Russia, North Korea]", "bloc: [bloc, Russia]"),
     '4:8: unknown state or group "bloc"; name states or groups here'),
    (("senders: [G7, EU]", "senders: [G7, GCC]"), '6:15: no state of this world is in "GCC"; leave it out'),
    (("patron: China", "patron: CSTO"), '5:9: "patron" must be one state, and "CSTO" is a group'),
    (("patron: China", "patron: [China]"), '5:9: "patron" must be one state, not a list'),
    (("patron: China", "patron: Presia"), '5:9: unknown state or group "Presia", did you mean "Iran"?'),
    (("patron: China", "patron: dprk"),
     "5:9: North Korea is in both `bloc` and `patron`; take it out of one"),
    (("by: patron, on: Iran", "by: patron, on: China"), "24:49: China is in both `by` and `on`; take it out"),
    (("by: USA, level", "by: [USA, 1], level"), '23:57: "by" must list names, not "1"'),
    (("kind: war, on: Russia,", "kind: war, on: Russia, war: Russia,"),
     '10:32: unknown key "war"; an event of kind war takes kind, on, from, until, need, against, limited, by'),
    (("kind: war, on: Russia,", "kind: war, on: Russia, by: Russia,"),
     "10:36: Russia is in both `on` and `by`; take it out"),
    (("value: 0.2", "value: true"), '24:62: "value" must be a number from 0 to 1, not "true"'),
    (("value: 0.2", "value: .inf"), '24:62: "value" must be a number from 0 to 1, not ".inf"'),
    (("share: 0.5", "share: -0.1"), '22:58: "share" must be a number from 0 to 1, not "-0.1"'),
    (("by: USA, level: 0.4", "by: USA, level: sectorial"),
     '23:63: unknown level "sectorial", did you mean "sectoral"?'),
    (("from: 2022-04", "from: 2037-02"), "10:38: 2037-02 is outside the run, 2022-01 to 2037-01"),
    (("at: 2022-07-01", "at: 2022.5"), '17:14: not a date: "2022.5"; write 2022, 2022-04 or 2022-04-01'),
    (("at: 2022-07-01", "at: 2022-7"), '17:14: not a date: "2022-7"; write 2022, 2022-04 or 2022-04-01'),
    (("ramp-until: 2024", "ramp-until: 2022-04"),
     '16:110: "ramp-until", 2022-04, must come after the event begins, 2022-04'),
    (("without: [war]", "without: war"), '20:14: "without" must be a list, not "war"'),
    (("without: [war]", "without: [war, war]"), '20:20: "war" is named twice; name it once'),
    (("extends: isolate", "extends: more"), "19:14: arms extend each other in a circle: more → more"),
    (("  more:", "  mo/re:"), '18:3: the arm name "mo/re" may hold only letters, digits, blanks, . + - _'),
    (("theory: full", "theory: [full]"), '26:9: "theory" must be a name, not a list'),
    (("theory: full", "theory: rally"), '26:9: unknown theory "rally"; known: balance, coercion, full'),
    (("g: [0, 0.5]", "g: [0, 0.5, 1]"), '27:28: "g" must be a number or a range [low, high], not a list'),
    (("measures: [cohesion]", "measures: [cohesoin]"),
     '31:12: unknown measure "cohesoin", did you mean "cohesion"?'),
    (("draws: 50", "draws: 50.0"), '28:8: "draws" must be a whole number from 1 to 100000, not "50.0"'),
    (("draws: 50", "draws: 0x" + "f" * 60),
     '28:8: "draws" must be a whole number from 1 to 100000, not "0x' + "f" * 57 + '…"'),
    (("why: The warning says so.", "why: !!python/object:os.system x"),
     '2:6: the tag "tag:yaml.org,2002:python/object:os.system" is not supported; leave it out'),
    (("title: Does isolation bind them?", "title: Does: it"),
     "1:12: not valid YAML: mapping values are not allowed here; check brackets, quotes and indents"),
    (("world: 2021", "world: 2021\ntitle: Again"),
     '4:1: duplicate key "title", first given at line 1; keep one'),
    (("world: 2021", "world: 2021\ntitel: Again"),
     '4:1: unknown key "titel", did you mean "title"? It is given at line 1'),
    (("charts: [network]", "charts: [network]\n---\ntitle: Two"),
     "34:1: not valid YAML: a second document begins here; keep one scenario per file"),
]


@pytest.mark.parametrize(("edit", "line"), EDITS, ids=[line.split(": ")[0] for _, line in EDITS])
def test_one_edit_one_line(edit: tuple[str, str], line: str, tmp_path: Path) -> None:
    assert mistakes(edited(tmp_path, edit)) == [f"x.yaml:{line}"]


@pytest.mark.parametrize(
    ("asked", "line"),
    [
        ("hypotheses: H1", '34:13: "hypotheses" must be a mapping, H1: {role: arm}, not "H1"'),
        ("hypotheses:", '34:1: "hypotheses" must be a mapping, H1: {role: arm}, not nothing'),
        ("hypotheses: [H1]", '34:13: "hypotheses" must be a mapping, H1: {role: arm}, not a list'),
        ("hypothesis: {}", '34:1: unknown key "hypothesis", did you mean "hypotheses"?'),
        ("hypotheses: {h1: {}}", '34:14: unknown hypothesis "h1", did you mean "H1"?'),
        ("hypotheses: {T1: {}}", '34:14: unknown hypothesis "T1"; known: H1, H2, H3, H4, H5, H6, H7, H8, H9, H10'),
        ("hypotheses: {H1: {treated: isolate}}",
         "34:18: H1 compares arms in these roles, all of them: treated, control"),
        ("hypotheses: {H1: {treated: isolate, control: more, ramp: more}}",
         "34:18: H1 compares arms in these roles, all of them: treated, control"),
        ("hypotheses: {H1: {treated: isolate, control: 2021}}", '34:46: "control" must name an arm, not "2021"'),
        ("posterior: [until-2021]", '34:12: "posterior" must be a name, not a list'),
        ("posterior:", '34:1: "posterior" must be a name, not nothing'),
        ("posterior: until-2o21", '34:12: unknown posterior "until-2o21", did you mean "until-2021"?'),
        ("posterior: mine", '34:12: unknown posterior "mine"; known: prior, until-2013, until-2021'),
        ("starts: real", '34:9: "starts" must be a list, ["real"] for one, not "real"'),
        ("starts: [clean]", '34:9: "starts" must name real among them; every verdict is told from there'),
        ("starts: []", '34:9: "starts" must name real among them; every verdict is told from there'),
        ("starts: [real, drawn]", '34:16: unknown start "drawn", did you mean "drawn-ties"?'),
        ("watch: []", '34:8: "watch" is empty; name a state or group'),
        ("watch: Japan", '34:8: "watch" must be a list, ["Japan"] for one, not "Japan"'),
        ("watch: [Japan, bloc]", '34:16: unknown state or group "bloc"; name states or groups here'),
        ("watch: [GCC]", '34:9: no state of this world is in "GCC"; leave it out'),
    ],
)  # fmt: skip
def test_what_is_asked_starts_and_who_is_watched(asked: str, line: str, tmp_path: Path) -> None:
    assert mistakes(edited(tmp_path, add=f"{asked}\n"), ASKING) == [f"x.yaml:{line}"]


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (GOOD.replace("binds", "").encode().replace(b"warning", b"w\xe4rning"),
         "2:11: byte 0xe4 is not UTF-8; save the file as UTF-8"),
        (b"#" * 1_000_001, "1:1: larger than 1000000 bytes; a scenario is a page of text"),
        (b"", "1:1: the file is empty; a scenario needs at least a title"),
        (b"a: \x01\n", "1:4: not valid YAML: special characters are not allowed; take it out"),
        (b"[" * 5000, "1:43: nested more than 40 deep; a scenario needs no more than 6"),
        (b"a: &a [x, x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\n"
         b"c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]\nd: [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]\n",
         "more than 10000 values once aliases are written out; say less or split the file"),
        (b"a: &a [*a]\n", "nested more than 40 deep; a scenario needs no more than 6"),
    ],
    ids=["encoding", "size", "empty", "control", "brackets", "aliases", "self"],
)
def test_unreadable_file_is_one_line(data: bytes, line: str, tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(data)
    found = mistakes(path)
    assert len(found) == 1
    assert found[0].startswith("x.yaml:")
    assert found[0].endswith(line)


def test_a_file_that_is_not_there_and_a_base_are_refused(tmp_path: Path) -> None:
    assert mistakes(tmp_path / "none.yaml") == ["none.yaml:1:1: cannot be read: No such file or directory"]
    base = write(tmp_path, "_base", GOOD)
    assert mistakes(base) == [
        "_base.yaml:1:1: a file whose name starts with _ is a base; check a file that extends it"
    ]


def test_messages_are_one_line_even_where_the_file_is_not(tmp_path: Path) -> None:
    path = edited(tmp_path, ("patron: China", 'patron: "two\\nlines \\u2028 \\x1b[31m' + "x" * 99 + '"'))
    found = mistakes(path)
    assert "holds the character U+001B, which cannot be shown" in found[0]
    for line in found:
        assert line.isprintable()
        assert len(line) < 200


# --- one misspelling, one line ------------------------------------------------------------------

LINES = GOOD.splitlines()
KEYS = {"label", "extends", "without", "events", *ScenarioFile.model_fields}
KEYS |= {field.alias or name for model in EVENT_FILES.values() for name, field in model.model_fields.items()}


def key_places() -> list[tuple[int, int, str]]:
    """Give line, column (from 0) and text of every schema key in GOOD (no value looks like a key)."""
    return [
        (row, column, key)
        for row, line in enumerate(LINES)
        for key in sorted(KEYS)
        for column in range(len(line))
        if line.startswith(f"{key}:", column) and (column == 0 or line[column - 1] in " {")
    ]


@given(st.sampled_from(key_places()), st.data())
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_misspelt_key_gives_one_line_that_names_it(
    tmp_path: Path, place: tuple[int, int, str], data: st.DataObject
) -> None:
    row, column, key = place
    where = data.draw(st.integers(0, len(key) - 1))
    letter = data.draw(st.sampled_from("bdeghmqstz"))
    # Taking a letter from "by" or "at" leaves too little to tell what was meant.
    slips = ["insert", "double"] + (["drop", "swap", "replace"] if len(key) > 3 else [])
    kind = data.draw(st.sampled_from(slips))
    after = key[where + 1 :]
    wrong = {
        "insert": key[:where] + letter + key[where:],
        "double": key[: where + 1] + key[where] + after,
        "drop": key[:where] + after,
        "swap": key[:where] + after[:1] + key[where] + after[1:],
        "replace": key[:where] + letter + after,
    }[kind]
    assume(wrong not in KEYS)
    line = LINES[row]
    text = "\n".join([*LINES[:row], line[:column] + wrong + line[column + len(key) :], *LINES[row + 1 :]])
    assert mistakes(write(tmp_path, "x", text + "\n")) == [
        f'x.yaml:{row + 1}:{column + 1}: unknown key "{wrong}", did you mean "{key}"?'
    ]


@given(st.integers(0, len(GOOD) - 1), st.integers(0, 8), st.text("[]{}:,-&*!|>'\"% \n\tx0", max_size=3))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_broken_file_never_fails_otherwise(tmp_path: Path, at: int, length: int, put: str) -> None:
    path = write(tmp_path, "x", GOOD[:at] + put + GOOD[at + length :])
    try:
        load_scenario(path, VOCABULARY)
    except ScenarioError as error:
        assert error.mistakes == [line for line in error.mistakes if line.startswith(f"{path}:")]
        assert error.mistakes
