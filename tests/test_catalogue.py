"""What makes the command line comfortable: lists, a file to start from, JSON, exit codes, a reader who goes away."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from blocade import api, catalogue, parameters, resources
from blocade import theories as presets
from blocade.charts import BEYOND, CHARTS
from blocade.cli import main
from blocade.measures import MEASURES
from blocade.scenario import json_schema
from blocade.scenario.template import TEMPLATE

SMALL = Path(__file__).parent / "small.yaml"
NAMES = {
    "scenarios": {path.stem for path in resources.scenarios().glob("*.yaml") if not path.name.startswith("_")},
    "worlds": {"1991", "2002", "2011", "2013", "2021"},
    "theories": set(presets.theories()),
    "measures": set(MEASURES),
    "parameters": set(parameters.table()),
    "charts": {*CHARTS, *BEYOND},
}
KEYS = {
    "scenarios": ["name", "title"],
    "worlds": ["name", "states", "date", "sources"],
    "theories": ["name", "kind", "meaning"],
    "measures": ["name", "unit", "meaning"],
    "parameters": ["name", "symbol", "unit", "range", "meaning"],
    "charts": ["name", "command", "shows"],
}


def listed(kind: str, capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, Any]]:
    """What ``blocade list KIND --json`` prints, by name."""
    assert main(["list", kind, "--json"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return {row["name"]: row for row in json.loads(out)}


# --- list -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KEYS)
def test_a_list_has_every_name_and_its_table_says_the_same(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    rows = listed(kind, capsys)
    assert set(rows) == NAMES[kind]
    assert all(list(row) == KEYS[kind] and all(value != "" for value in row.values()) for row in rows.values())
    assert main(["list", kind]) == 0
    heading, *lines = capsys.readouterr().out.splitlines()
    assert heading.lower().split() == KEYS[kind]
    assert [line.split()[0] for line in lines] == list(rows)
    # columns are aligned: each begins under its heading, behind at least two blanks
    for key in KEYS[kind][1:]:
        start = heading.index(key.capitalize())
        assert all(line[start - 2 : start] == "  " and line[start] != " " for line in lines)
    assert all(line.endswith(str(list(row.values())[-1])) for line, row in zip(lines, rows.values(), strict=True))


def test_scenarios_have_their_titles_and_inherit_them_as_a_run_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert listed("scenarios", capsys)["mirror"]["title"] == api.read(resources.scenarios() / "mirror.yaml").title
    (tmp_path / "_base.yaml").write_text("title: Who\n  asks?\n")
    (tmp_path / "child.yaml").write_text("extends: _base\n")
    monkeypatch.setattr(resources, "scenarios", lambda: tmp_path)
    assert list(listed("scenarios", capsys).values()) == [{"name": "child", "title": "Who asks?"}]


def test_worlds_say_how_large_they_are_when_they_stood_and_where_they_are_from(
    capsys: pytest.CaptureFixture[str],
) -> None:
    rows = listed("worlds", capsys)
    assert (rows["1991"]["states"], rows["1991"]["date"]) == (58, "1991-01-01")
    assert (rows["2021"]["states"], rows["2021"]["date"]) == (70, "2021-12-31")
    for name, row in rows.items():
        sources = Path(row["sources"])
        assert sources.parent.name == name
        assert f"{row['states']} states, as they stood on {row['date']}" in sources.read_text(encoding="utf-8")


def test_theories_measures_and_parameters_say_what_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert set(presets.WORDS) == set(presets.theories())
    theories = listed("theories", capsys)
    assert {name for name, row in theories.items() if row["kind"] == "null model"} == set(presets.NULLS)
    assert theories["exchange"]["meaning"] == "needs and surpluses alone"
    measures = listed("measures", capsys)
    assert {name: (row["unit"], row["meaning"]) for name, row in measures.items()} == {
        name: told[:2] for name, told in MEASURES.items()
    }
    beta = parameters.table()["beta"]
    assert listed("parameters", capsys)["beta"] == {
        "name": "beta", "symbol": "β", "unit": "1/year", "range": [beta.low, beta.high], "meaning": beta.meaning,
    }  # fmt: skip
    assert main(["list", "parameters"]) == 0
    assert f"{beta.low:g} … {beta.high:g}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("terminal", "settings", "bold"),
    [
        (True, {"TERM": "xterm"}, True),
        (True, {"TERM": "xterm", "NO_COLOR": "1"}, False),
        (True, {"TERM": "dumb"}, False),
        (False, {"TERM": "xterm"}, False),
    ],
)
def test_only_the_heading_is_bold_and_only_on_a_terminal_that_wants_it(
    terminal: bool,
    settings: dict[str, str],
    bold: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
    assert main(["list", "theories"]) == 0
    heading, *lines = capsys.readouterr().out.splitlines()
    assert (heading.startswith("\033[1m") and heading.endswith("\033[0m")) is bold
    assert ("\033" in heading) is bold
    assert not any("\033" in line for line in lines)


def test_a_kind_that_is_none_is_refused_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["list", "sheets"])
    assert ended.value.code == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert all(kind in last for kind in catalogue.CATALOGUES)


# --- new ------------------------------------------------------------------------------------------------------------


def written(folder: Path) -> str:
    """The text of a file that ``blocade new`` wrote."""
    assert main(["new", str(folder / "mine.yaml")]) == 0
    return (folder / "mine.yaml").read_text(encoding="utf-8")


def optional() -> dict[str, str]:
    """The keys of the template that are commented out, each with its line."""
    return {found[1]: found[0] for found in re.finditer(r"^#(\w+):.*$", TEMPLATE.read_text(encoding="utf-8"), re.M)}


@pytest.mark.parametrize("name", ["mine.yaml", "mine.yml"])
def test_a_new_file_is_checked_and_run_as_it_is(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / name
    assert main(["new", str(file)]) == 0
    out, err = capsys.readouterr()
    assert out == f"{file}: change it, then `blocade check {file}` and `blocade run {file}`\n"
    assert err == ""
    assert main(["check", str(file)]) == 0
    assert main(["run", str(file), "--draws", "2", "--out", str(tmp_path / "out"), "--quiet", "--workers", "1"]) == 0
    assert (tmp_path / "out" / "verdicts.json").is_file()
    assert capsys.readouterr() == ("", "")


def test_the_template_has_every_key_in_its_place_and_explains_it(tmp_path: Path) -> None:
    text = written(tmp_path)
    schema = json_schema()
    keys = re.findall(r"^#?(\w+):", text, re.M)
    assert sorted(keys) == sorted(schema["properties"])
    needed = set(schema["anyOf"][0]["required"])
    given = {key for key in keys if key not in optional()}
    assert needed <= given
    above = dict(pairwise(reversed(text.splitlines())))  # line -> the one before it
    bare = [line for line, before in above.items() if re.match(r"#?\w+:", line) and not before.startswith("# ")]
    assert bare == []


@pytest.mark.parametrize("key", optional())
def test_every_key_that_is_commented_out_works_without_its_mark(key: str, tmp_path: Path) -> None:
    text = written(tmp_path)
    line = optional()[key]
    text = text.replace(line, line[1:])
    if key == "levers":  # as its comment says: an event names it
        text = text.replace("kind: sanctions, by: senders, on: bloc, level: comprehensive", "kind: sanctions, by: "
                            "senders, on: bloc, level: severity")  # fmt: skip
    (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
    api.read(tmp_path / "mine.yaml")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("there.yaml", "there is a file of this name, and it stays; choose another name"),
        ("folder.yaml", "there is a file of this name, and it stays; choose another name"),
        ("none/mine.yaml", "there is no folder {folder}/none; make it first"),
        ("there.yaml/mine.yaml", "cannot be written (Not a directory); choose another place"),
        ("mine.txt", "a scenario file is named .yaml or .yml at its end; name it so"),
        ("mine", "a scenario file is named .yaml or .yml at its end; name it so"),
        ("_mine.yaml", "a file whose name starts with _ is a base, not to be run; leave the _ out"),
    ],
)
def test_a_place_that_will_not_do_is_refused_in_one_line(
    name: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "there.yaml").write_text("mine")
    (tmp_path / "folder.yaml").mkdir()
    assert main(["new", str(tmp_path / name)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err == f"{tmp_path / name}:1:1: {told.format(folder=tmp_path)}\n"
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["folder.yaml", "there.yaml"]
    assert (tmp_path / "there.yaml").read_text() == "mine"


# --- run --json -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("quiet", [False, True])
def test_a_run_as_json_prints_the_verdicts_and_nothing_else(
    quiet: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "out"
    asked = ["run", str(SMALL), "--draws", "2", "--workers", "1", "--out", str(folder), "--json"]
    assert main([*asked, "--quiet"] if quiet else asked) == 0
    out, err = capsys.readouterr()
    found = json.loads(out)
    stored = json.loads((folder / "verdicts.json").read_text(encoding="utf-8"))
    assert stored
    assert found == {"title": "A small run for the tests", "folder": str(folder), "verdicts": stored}
    assert (err == "") is quiet
    assert ("runs" in err) is not quiet


def test_several_runs_as_json_are_a_list(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("first", "second"):
        (tmp_path / f"{name}.yaml").write_text(SMALL.read_text(encoding="utf-8"))
    out = tmp_path / "out"
    assert main(["run", str(tmp_path), "--draws", "1", "--workers", "1", "--out", str(out), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [one["folder"] for one in found] == [str(out / "first"), str(out / "second")]
    assert all(set(one) == {"title", "folder", "verdicts"} for one in found)
    assert (out / "index.md").is_file()


# --- how it ends ----------------------------------------------------------------------------------------------------


def test_help_tells_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    told = " ".join(capsys.readouterr().out.split())
    assert told.endswith(
        "exit codes: 0 done; 1 a pattern of history is missed (validate); 2 bad input, or a disk or worker that "
        "fails, one line on stderr for each; 130 stopped by Ctrl-C or kill; 141 the reader of the output went away"
    )


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("arguments", [["schema"], ["list", "theories"], ["--help"]], ids=" ".join)
def test_a_reader_who_goes_away_ends_it_quietly(arguments: list[str], unbuffered: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "blocade", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()  # long before the program has anything to say
    assert process.stderr.read() == ""
    process.stderr.close()
    swallowed = arguments == ["--help"] and unbuffered  # by argparse, so that nothing is left to notice
    assert process.wait(timeout=60) == (0 if swallowed else 141)


def test_so_does_a_reader_of_both_streams(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "blocade", "run", SMALL, "--draws", "2", "--workers", "1", "--out", tmp_path / "out"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "PYTHONUNBUFFERED": ""},
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.wait(timeout=60) == 141
    assert list(tmp_path.iterdir()) == []  # the progress bar was the first to notice, and nothing is left half-written
