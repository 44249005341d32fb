"""The library as a whole: every claim stands once in the table, with the numbers of its scenario's verdicts."""

import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from test_cli import SMALL, blocade

from blocade import api, library
from blocade.charts import USUAL
from blocade.claims import Claim, Estimand, claims
from blocade.measures import MEASURES
from blocade.parameters import table
from blocade.resources import scenarios
from blocade.result import Result
from blocade.summary import claims_markdown

ROOT = Path(__file__).resolve().parents[1]
RUN = ("placebo", "secondary-sanctions", "war-or-isolation")
OWN = "hypotheses:\n  H1: {treated: isolate, control: as-before}\nwhy: |\n  Because\n  it is mine.\n"
DOCS = ROOT / "docs" / "claims.md"


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A run of three scenarios of the library and two of a user's: its folder, and what it printed."""
    folder = tmp_path_factory.mktemp("library")
    (folder / "in").mkdir()
    for name in RUN:
        shutil.copy(scenarios() / f"{name}.yaml", folder / "in")
    (folder / "in" / "mine.yaml").write_text(SMALL.read_text().replace("for the tests", "of my own") + OWN)
    (folder / "in" / "plain.yaml").write_text(SMALL.read_text())
    done = blocade("run", folder / "in", "--out", folder / "out", "--draws", 12, "--workers", 1)
    assert done.returncode == 0, done.stderr
    return folder / "out", done.stdout


def stored(folder: Path, scenario: str) -> list[dict[str, Any]]:
    """The verdicts of a scenario that the table shows, as its run wrote them: from a clean start only for some."""
    rows = json.loads((folder / scenario / "verdicts.json").read_text(encoding="utf-8"))
    clean = [row for row in rows if row["start"] == "clean" and row["hypothesis"] in ("H1", "H6", "H10")]
    return [row for row in rows if row["start"] == "real"] + clean


def rows_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "claims.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def targets(text: str) -> list[str]:
    """What a Markdown text links to."""
    return re.findall(r"\]\(([^)]+)\)", text)


# --- the table ----------------------------------------------------------------------------------------------------


def test_every_number_of_the_table_is_that_of_its_verdict(finished: tuple[Path, str]) -> None:
    folder = finished[0]
    answered = {(row["claim"], row["estimand"], row["start"]): row for row in rows_of(folder) if row["estimand"]}
    verdicts = [(name, row) for name in RUN for row in stored(folder, name)]
    assert list(answered) and len(answered) == len(verdicts)
    for name, verdict in verdicts:
        row = answered[verdict["claim"], verdict["estimand"], verdict["start"]]
        assert row["settled"] == verdict["settled"]
        assert row["scenario"] == name
        for number in ("n", "estimate", "low", "high", "share", "down", "flat", "s", "read", "over"):
            assert float(row[number]) == verdict[number], number
        assert (row["label"], row["unit"], row["verdict"]) == (verdict["label"], verdict["unit"], verdict["verdict"])
        strong = [one for one in verdict["drivers"] if not one["weak"]]
        signs = {table()[one["parameter"]].symbol: "+" if one["rho"] > 0 else "−" for one in strong}
        assert row["drivers"] == " ".join(f"{sign}{symbol}" for symbol, sign in signs.items())
    assert any(row["drivers"] for row in answered.values())


def test_every_claim_stands_once_in_order_or_says_why_not(finished: tuple[Path, str]) -> None:
    rows = rows_of(finished[0])
    assert list(dict.fromkeys(row["claim"] for row in rows)) == list(claims())
    for slug, claim in claims().items():
        own = [row for row in rows if row["claim"] == slug]
        assert {(row["words"], row["mechanism"], row["hypothesis"]) for row in own} == {
            (claim.words, claim.mechanism, claim.hypothesis)
        }
        if claim.scenario in RUN:
            starts = ("real", "clean") if slug == "bond-while-the-war-lasts" else ("real",)
            asked = [(start, estimand.name) for start in starts for estimand in claim.estimands]
            assert [(row["start"], row["estimand"]) for row in own] == asked
            assert all((finished[0] / row["chart"]).name == f"{claim.chart}.png" for row in own)
            assert all((finished[0] / row["chart"]).is_file() for row in own)
        else:
            assert [(row["verdict"], row["n"], row["estimate"], row["chart"], row["note"]) for row in own] == [
                ("not answered", "0", "", "", claim.silent or f"its scenario, {claim.scenario}, was not run")
            ]


def test_the_markdown_table_holds_the_same_numbers(finished: tuple[Path, str]) -> None:
    folder = finished[0]
    text = (folder / "claims.md").read_text(encoding="utf-8")
    told = {cells[0]: cells for line in text.splitlines() if len(cells := line.strip("| ").split(" | ")) == 6}
    for name in RUN:
        for verdict in stored(folder, name):
            label = verdict["label"] + (" (clean start)" if verdict["start"] == "clean" else "")
            _, change, interval, shares, word, hangs = told[label]
            digits = 2 if verdict["s"] >= 0.05 else 3
            numbers = [change.split()[0], *interval.split(" … ")]
            expected = [round(verdict[key], digits) for key in ("estimate", "low", "high")]
            assert [float(number.replace("−", "-")) for number in numbers] == expected
            assert change.endswith(f"({verdict['unit']})")
            assert [int(share) for share in re.findall(r"(\d+) % ", shares)] == [
                round(100 * verdict["share"]), round(100 * verdict["down"])
            ]  # fmt: skip
            assert word == f"**{verdict['verdict']}**" + (f" † {verdict['settled']}" if verdict["settled"] else "")
            assert (hangs == "–") or verdict["verdict"] != "negligible"
            assert f"n = {verdict['n']}" in shares or verdict["n"] == 12
    answered = sum(claim.scenario in RUN for claim in claims().values())
    assert f"{answered} of {len(claims())} claims got a number" in text
    assert "not odds that the claim is true" in text
    assert "Only 12 parameter sets" in text
    silent = text.split("Without a number, for the reason given there: ")[1].split(".\n")[0]
    assert re.findall(r"`([^`]+)`", silent) == [slug for slug, claim in claims().items() if claim.scenario not in RUN]


def test_the_index_tells_every_scenario_and_every_link_leads_somewhere(finished: tuple[Path, str]) -> None:
    folder, printed = finished
    text = (folder / "index.md").read_text(encoding="utf-8")
    for name in (*RUN, "mine", "plain"):
        result = Result(folder / name)
        assert f"## [{result.scenario['title'].strip()}]({name}/)" in text
        assert " ".join(result.scenario["why"].split()) in text
        (sentence,) = [line.strip() for line in result.summary().splitlines() if line.startswith(" In this model")]
        assert sentence in text and sentence in printed
        for chart in (folder / name / "charts").iterdir():
            assert f"]({name}/charts/{chart.name})" in text
    assert "\nBecause it is mine.\n" in text
    for file in ("index.md", "claims.md"):
        links = targets((folder / file).read_text(encoding="utf-8"))
        assert links and all((folder / link).exists() for link in links)
    assert (folder / "claims.png").read_bytes().startswith(b"\x89PNG")
    own = {row["scenario"] for row in rows_of(folder)}
    assert "mine" not in own and "plain" not in own


def opening(claim: Claim) -> Estimand:
    """The first estimand of a claim whose sign the equations leave open, else its first."""
    return next((estimand for estimand in claim.estimands if not estimand.settled), claim.estimands[0])


def test_the_console_ends_with_the_first_open_expectation_of_each_claim(finished: tuple[Path, str]) -> None:
    folder, printed = finished
    end = printed[printed.index("First open expectation") :].splitlines()
    cells = [re.split(r" {3,}", line.strip()) for line in end[1 : end.index("")]]
    answered = [claim for claim in claims().values() if claim.scenario in RUN]
    assert [(slug, label, scenario) for slug, label, *_, scenario in cells] == [
        (claim.slug, opening(claim).label, claim.scenario) for claim in answered
    ]
    for (*_, word, change, interval, scenario), claim in zip(cells, answered, strict=True):
        (first,) = [
            row for row in stored(folder, scenario)
            if (row["claim"], row["estimand"], row["start"]) == (claim.slug, opening(claim).name, "real")
        ]  # fmt: skip
        numbers = [float(number.replace("−", "-")) for number in (change, *interval.split(" … "))]
        assert word == first["verdict"]
        assert numbers == [round(first[key], 2) for key in ("estimate", "low", "high")]
    assert f" {folder}/   index.md, claims.csv, claims.md, claims.png" in end


def test_without_other_starts_no_line_is_blank_twice(finished: tuple[Path, str]) -> None:
    summary = Result(finished[0] / "placebo").summary()
    assert "\n\n\n" not in summary
    assert "Without the sourced overrides" in Result(finished[0] / "plain").summary()


def test_the_end_of_a_limited_war_is_not_called_given(finished: tuple[Path, str], tmp_path: Path) -> None:
    given = "whether isolation brings a war or ends it"
    assert given in Result(finished[0] / "plain").summary()
    shutil.copytree(finished[0] / "plain", tmp_path / "r")
    manifest = json.loads((tmp_path / "r" / "manifest.json").read_text())
    arms = manifest["inputs"]["scenario"]["arms"]
    wars = [event for arm in arms for event in arm["events"] if event["kind"] == "war"]
    assert len(wars) == 2
    for limited, said in ((1, True), (2, False)):
        for war in wars[:limited]:
            war["limited"] = True
        (tmp_path / "r" / "manifest.json").write_text(json.dumps(manifest))
        assert (given in Result(tmp_path / "r").summary()) is said


def test_what_has_no_answer_says_why(
    finished: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(finished[0] / "war-or-isolation", tmp_path / "r")
    manifest = json.loads((tmp_path / "r" / "manifest.json").read_text())
    del manifest["tables"]  # as in older results, so that what is changed here is not refused
    (tmp_path / "r" / "manifest.json").write_text(json.dumps(manifest))
    verdicts = json.loads((tmp_path / "r" / "verdicts.json").read_text())
    nothing = dict.fromkeys(("estimate", "low", "high", "share", "down", "flat"))
    for row in verdicts:
        if row["estimand"] == "share":
            row |= {**nothing, "n": 0, "verdict": "not answered", "drivers": []}
    (tmp_path / "r" / "verdicts.json").write_text(json.dumps(verdicts))
    silent = Claim("dream", "A claim on dreams.", "none", "", "", "verdicts", "no state of the model dreams", ())
    monkeypatch.setattr(library, "claims", lambda: {**claims(), "dream": silent})
    result = Result(tmp_path / "r")
    table_ = library.claims_table([result])
    rows = table_[table_["start"] != "clean"].set_index(["claim", "estimand"])
    share = rows.loc["bond-while-the-war-lasts", "share"]
    assert (share["verdict"], share["note"]) == ("not answered", "in no draw does the total exceed 0.05")
    dream = rows.loc["dream", ""]
    assert (dream["verdict"], dream["note"]) == ("not answered", "no state of the model dreams")
    text = claims_markdown(library.claims_table([result]), {}, "a test")
    assert "| – | – | – | **not answered**: in no draw does the total exceed 0.05 | – |" in text
    assert "A claim on dreams.\n\n`dream` · mechanism none · scenario none\n\nNot answered: no state" in text
    # a scenario of the name that no longer asks the claim does not answer it
    (tmp_path / "r" / "verdicts.json").write_text("[]")
    rows = library.claims_table([Result(tmp_path / "r")]).set_index("claim")
    assert rows.loc["bond-while-the-war-lasts", "note"] == "its scenario, war-or-isolation, was run without asking it"


# --- the folder ---------------------------------------------------------------------------------------------------


def library_of(folder: Path, **draws: int) -> Path:
    """Short scenarios, each with its own number of draws."""
    folder.mkdir(exist_ok=True)
    for name, number in draws.items():
        (folder / f"{name}.yaml").write_text(SMALL.read_text().replace("draws: 12", f"draws: {number}"))
    return folder


def test_a_users_files_are_never_replaced(tmp_path: Path) -> None:
    given = library_of(tmp_path / "in", first=1, second=1)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "index.md").write_text("years of work")
    done = blocade("run", given, "--out", tmp_path / "out")
    assert done.returncode == 2
    assert done.stderr == (
        f"{tmp_path}/out: holds files of yours (index.md); move them or choose another folder with --out\n"
    )
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["index.md"]
    assert (tmp_path / "out" / "index.md").read_text() == "years of work"


def test_a_scenario_that_fails_leaves_the_finished_ones(tmp_path: Path) -> None:
    given = library_of(tmp_path / "in", first=1, second=1, third=1)
    (tmp_path / "out" / "second").mkdir(parents=True)
    (tmp_path / "out" / "second" / "notes.txt").write_text("mine")
    done = blocade("run", given, "--out", tmp_path / "out", "--quiet")
    assert done.returncode == 2
    assert done.stderr == (
        f"{tmp_path}/out/second: is not empty and holds no blocade results; choose another folder with --out\n"
    )
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["first", "second"]
    assert Result(tmp_path / "out" / "first").scenario["draws"] == 1


def test_a_stopped_library_goes_on_where_it_was(tmp_path: Path) -> None:
    given, out = library_of(tmp_path / "in", first=1, second=5000), tmp_path / "out"
    # a shell may start the tests with SIGINT ignored, which processes inherit; a terminal's user never meets that
    code = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from blocade.cli import main; sys.exit(main())"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, "run", str(given), "--out", str(out), "--workers", "1"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    while not list(out.glob(".second.partial")):
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors.splitlines()[-1] == "stopped; nothing was left half-written"
    assert [path.name for path in out.iterdir()] == ["first"]
    written = (out / "first" / "manifest.json").stat().st_mtime_ns
    library_of(given, second=1)
    again = blocade("run", given, "--out", out, "--quiet")
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    assert (out / "first" / "manifest.json").stat().st_mtime_ns == written
    # no claim was asked, so there is an index and no table
    assert sorted(path.name for path in out.iterdir()) == ["first", "index.md", "second"]


# --- seeds, scenarios, docs -----------------------------------------------------------------------------------------


def test_no_two_claims_share_scenario_and_estimand() -> None:
    owners: dict[object, str] = {}
    for slug, claim in claims().items():
        for one in claim.estimands:
            key = (
                claim.scenario, one.measure, frozenset(one.contrast.items()), frozenset((one.share_of or {}).items()),
                one.read, one.over,
            )  # fmt: skip
            assert owners.setdefault(key, slug) == slug, f"{slug}/{one.name}"


@pytest.mark.parametrize("slug", claims())
def test_a_claim_is_asked_by_its_scenario_and_shown_in_its_chart(slug: str) -> None:
    claim = claims()[slug]
    assert claim.silent or claim.estimands
    if claim.estimands:
        scenario = api.read(scenarios() / f"{claim.scenario}.yaml")
        assert slug in scenario.claims
        assert claim.chart in (scenario.charts or USUAL)
        assert all(estimand.measure in MEASURES for estimand in claim.estimands)


@pytest.mark.parametrize("path", sorted(scenarios().glob("*.yaml")), ids=lambda path: path.stem)
def test_a_scenario_is_short_and_asks_a_question(path: Path) -> None:
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    assert len(lines) <= 40
    if not path.name.startswith("_"):
        scenario = api.read(path)
        assert scenario.title.endswith("?")
        assert scenario.why
        assert scenario.claims


def test_the_claims_are_not_written_from_results_of_other_inputs(finished: tuple[Path, str], tmp_path: Path) -> None:
    before = DOCS.read_bytes() if DOCS.exists() else None
    first = sorted(path.stem for path in scenarios().glob("[!_]*.yaml"))[0]
    for folder, expected in (
        (tmp_path, f"{tmp_path}/{first}: holds no finished blocade results; `blocade run` makes them\n"),
        (tmp_path, f"{tmp_path}/{first}: holds the results of another {first}; run `blocade run scenarios/` again\n"),
    ):
        command = [sys.executable, ROOT / "scripts" / "update_claims.py", "--results", folder]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (1, expected)
        shutil.copytree(finished[0] / "placebo", tmp_path / first, dirs_exist_ok=True)
    assert (DOCS.read_bytes() if DOCS.exists() else None) == before


@pytest.mark.skipif(not DOCS.exists(), reason="docs/claims.md is not written yet; `make claims` writes it")
def test_the_written_table_holds_every_claim() -> None:
    text = DOCS.read_text(encoding="utf-8")
    assert "`make claims`" in text.split("##", maxsplit=1)[0]
    assert re.findall(r"^## \d+\. (.+)$", text, flags=re.MULTILINE) == [claim.words for claim in claims().values()]
    links = targets(text)
    assert links and all((DOCS.parent / link).is_file() for link in links)
    for claim in claims().values():
        assert f"`{claim.slug}`" in text
        assert all(estimand.label in text for estimand in claim.estimands)
