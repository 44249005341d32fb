"""One scenario under every theory and null model: which sets there are, what they change, and what is written."""

import csv
import json
import re
import shutil
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from helpers import NO_FORCES
from test_cli import SMALL, blocade

from blocade import api
from blocade.analysis.theories import Variant, foremost, mechanisms, scapegoats, sign_table, variants
from blocade.compare import compare_theories, told
from blocade.parameters import sample
from blocade.policy.events import Event
from blocade.resources import scenarios
from blocade.scenario import Scenario
from blocade.theories import MECHANISMS, NULLS, theories

THEORIES = ("full", "coercion", "rally", "balance", "exchange", "trade")
NULL_MODELS = ("homophily", "war-need", "dyad", "permuted")
WITHOUT = tuple(f"without-{force}" for force in MECHANISMS)
SETS = (*THEORIES, *NULL_MODELS, *WITHOUT)
LIBRARY = sorted(path.stem for path in scenarios().glob("[!_]*.yaml"))


def quiet(_done: int, _total: int) -> None:
    """No progress."""


def sets_of(scenario: Scenario) -> dict[str, Variant]:
    return {one.name: one for one in variants(scenario, api.plan(scenario).world.codes)}


@pytest.fixture(scope="module")
def article() -> Scenario:
    return api.load_scenario("isolate-russia-north-korea")


# --- the sets -----------------------------------------------------------------------------------------------------


def test_there_is_every_theory_every_null_model_and_all_but_one(article: Scenario) -> None:
    found = sets_of(article)
    assert tuple(found) == SETS
    kinds = [("theory", THEORIES), ("null", NULL_MODELS), ("without", WITHOUT)]
    assert all(found[name].kind == kind for kind, names in kinds for name in names)
    assert all(one.scenario.starts == ("real",) and one.scenario.charts == ("verdicts",) for one in found.values())
    assert all(one.scenario.claims == article.claims for one in found.values())


def test_null_models_switch_off_what_they_deny() -> None:
    assert set(NULLS) < set(theories())
    on = {"war-need": {"b_match"}, "dyad": {"b_sanction", "b_isolation", "b_offer", "b_comply"}, "homophily": set()}
    for name, left in on.items():
        drawn = sample(20, 1, theories()[name])
        assert {force for force in NO_FORCES if drawn[force].any()} == left
        assert not left & set(theories()[name])  # as the prior or a posterior has it
    war, dyad = (sample(20, 1, theories()[name]) for name in ("war-need", "dyad"))
    assert not war["mu"].any() and not war["nu"].any() and war["phi"].any()
    assert not dyad["phi"].any() and dyad["mu"].any()


def test_mechanisms_are_those_that_can_act(article: Scenario) -> None:
    found = {name: mechanisms(one.scenario) for name, one in sets_of(article).items()}
    assert found["full"] == found["permuted"] == tuple(MECHANISMS)
    assert found["balance"] == ("sanction", "isolation", "balance")
    assert found["exchange"] == found["war-need"] == ("match",)
    assert found["homophily"] == ()
    for force in MECHANISMS:
        assert found[f"without-{force}"] == tuple(one for one in MECHANISMS if one != force)


def test_parameters_of_the_file_win_over_a_theory_and_not_over_what_is_left_out(article: Scenario) -> None:
    fixed = replace(article, theory="rally", parameters={"b_match": 2.0, "b_trade": (0.0, 0.0), "beta": 0.3})
    found = sets_of(fixed)
    assert mechanisms(found["homophily"].scenario) == ("match",)
    assert "trade" not in mechanisms(found["full"].scenario)
    assert mechanisms(found["without-match"].scenario) == tuple(
        one for one in MECHANISMS if one not in ("match", "trade")
    )
    settings = api.plan(found["without-match"].scenario).settings
    assert (settings["b_match"], settings["beta"]) == (0.0, 0.3)


def test_a_file_may_name_a_null_model(tmp_path: Path) -> None:
    file = tmp_path / "null.yaml"
    file.write_text(SMALL.read_text() + "theory: war-need\n")
    assert api.read(file).theory == "war-need"


# --- acts that fall on others ---------------------------------------------------------------------------------------


def events_of(scenario: Scenario) -> Iterable[tuple[str, int, Event]]:
    return ((arm.name, index, event) for arm in scenario.arms for index, event in enumerate(arm.events))


def on(event: Event) -> set[str]:
    return set(getattr(event, "on", ()))


@pytest.mark.parametrize("name", LIBRARY)
def test_permuted_acts_spare_the_bloc_its_patron_and_the_senders(name: str) -> None:
    scenario = api.load_scenario(name)
    moved = sets_of(scenario)["permuted"].scenario
    targets = scapegoats(scenario, api.plan(scenario).world.codes)
    assert set(targets) == set(scenario.bloc)
    assert len(set(targets.values())) == len(targets)
    assert not set(targets.values()) & {*scenario.bloc, *scenario.senders, scenario.patron}
    for (arm, index, before), (*where, after) in zip(events_of(scenario), events_of(moved), strict=True):
        assert where == [arm, index]
        if before.kind == "war":
            assert after == before
            continue
        assert not on(after) & set(scenario.bloc)
        assert on(after) == {targets.get(code, code) for code in on(before)}
        assert not on(after) & set(getattr(after, "by", ())) - on(before)  # nobody acts on itself
        if on(before):
            assert replace(after, on=before.on) == before  # type: ignore[arg-type, union-attr]


def test_the_seed_decides_on_whom_the_acts_fall(article: Scenario) -> None:
    codes = api.plan(article).world.codes
    drawn = [scapegoats(replace(article, seed=seed), codes) for seed in (1, 1, 2, 3)]
    assert drawn[0] == drawn[1]
    assert len({tuple(targets.values()) for targets in drawn}) == 3
    assert sets_of(article)["permuted"] == sets_of(article)["permuted"]
    # also where no event names the senders or the patron, no seed draws them
    bare = replace(article, arms=tuple(replace(arm, events=()) for arm in article.arms))
    hit = {code for seed in range(200) for code in scapegoats(replace(bare, seed=seed), codes).values()}
    assert hit == set(codes) - {*article.bloc, *article.senders, article.patron}


def test_without_enough_states_outside_there_is_no_permuted_null(article: Scenario) -> None:
    codes = api.plan(article).world.codes
    named = {*article.bloc, *article.senders, article.patron}
    few = [code for code in codes if code in named] + [code for code in codes if code not in named][:1]
    assert scapegoats(article, few) == {}
    assert [one.name for one in variants(article, few)] == [name for name in SETS if name != "permuted"]


# --- the command ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The small scenario under every set: the folder, and what was printed."""
    folder = tmp_path_factory.mktemp("theories")
    done = blocade("theories", SMALL, "--draws", 2, "--workers", 1, "--out", folder / "out")
    assert done.returncode == 0, done.stderr
    assert all(f"small, {name}" in done.stderr for name in SETS)
    return folder / "out", done.stdout


def verdicts(folder: Path, name: str) -> list[dict[str, float]]:
    found: list[dict[str, float]] = json.loads((folder / name / "verdicts.json").read_text(encoding="utf-8"))
    return found


def test_the_table_holds_the_verdicts_of_every_set(finished: tuple[Path, str]) -> None:
    folder, printed = finished
    assert {path.name for path in folder.iterdir()} == {*SETS, "theories.csv", "theories.md", "signmap.png"}
    assert (folder / "signmap.png").read_bytes().startswith(b"\x89PNG")
    with (folder / "theories.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    given = [(name, verdict) for name in SETS for verdict in verdicts(folder, name)]
    assert len(rows) == len(given) == 3 * len(SETS)
    text = (folder / "theories.md").read_text(encoding="utf-8")
    sections = dict(zip(*[iter(re.split(r"^## (.+)\n", text, flags=re.MULTILINE)[1:])] * 2, strict=True))
    for row, (name, verdict) in zip(rows, given, strict=True):
        assert (row["theory"], row["estimand"], row["verdict"]) == (name, verdict["estimand"], verdict["verdict"])
        assert float(row["up"]) == verdict["share"]
        assert all(float(row[number]) == verdict[number] for number in ("n", "estimate", "low", "high", "down"))
        (line,) = [line for line in sections[row["label"]].splitlines() if line.startswith(f"| {name} | ")]
        assert line.endswith(f"**{verdict['verdict']}** |")
        assert float(line.split(" | ")[1].replace("−", "-")) == round(verdict["estimate"], 2)
    assert rows[0]["mechanisms"].split() == list(MECHANISMS)
    assert "not odds that the claim is true" in text
    lines = {line.split()[0]: re.split(r" {3,}", line.strip()) for line in printed.splitlines() if line.strip()}
    for name in SETS:
        shares = [f"↑{100 * one['share']:.0f} ↓{100 * one['down']:.0f}" for one in verdicts(folder, name)]
        expected = [f"{one['verdict']} {share}" for one, share in zip(verdicts(folder, name), shares, strict=True)]
        assert re.sub(r" +", " ", " ".join(lines[name])) == " ".join([name, *expected])
    assert f"{folder}/   theories.md, theories.csv, signmap.png" in printed


def test_without_any_force_isolation_does_exactly_nothing(finished: tuple[Path, str]) -> None:
    numbers = ("estimate", "low", "high", "share", "down")
    assert all(row[number] == 0.0 for row in verdicts(finished[0], "homophily") for number in numbers)
    assert any(row["estimate"] for row in verdicts(finished[0], "full"))
    (bond,) = [row for row in verdicts(finished[0], "war-need") if row["estimand"] == "cohesion"]
    assert all(bond[number] == 0.0 for number in numbers)  # isolation moves no war's need


def test_a_stopped_comparison_goes_on_where_it_was(finished: tuple[Path, str], tmp_path: Path) -> None:
    folder = tmp_path / "again"
    shutil.copytree(finished[0], folder)
    written = {name: (folder / name / "manifest.json").stat().st_mtime_ns for name in SETS}
    shutil.rmtree(folder / "dyad")
    done = blocade("theories", SMALL, "--draws", 2, "--out", folder, "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    made = {name for name in SETS if (folder / name / "manifest.json").stat().st_mtime_ns != written[name]}
    assert made == {"dyad"}
    assert (folder / "theories.csv").read_bytes() == (finished[0] / "theories.csv").read_bytes()
    other = blocade("theories", SMALL, "--draws", 2, "--seed", 9, "--out", folder)
    assert other.returncode == 2
    assert other.stderr.splitlines()[-1] == (
        f"{folder}/full: holds the results of other inputs; --force replaces them, --out chooses another folder"
    )


def test_a_users_files_are_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "theories.csv").write_text("years of work")
    done = blocade("theories", SMALL, "--out", tmp_path)
    assert done.returncode == 2
    assert done.stderr == (
        f"{tmp_path}: holds files of yours (theories.csv); move them or choose another folder with --out\n"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["theories.csv"]


def test_one_arm_has_no_signs(tmp_path: Path) -> None:
    file = tmp_path / "alone.yaml"
    text = SMALL.read_text()
    file.write_text(text[: text.index("  isolate:")])
    done = blocade("theories", file, "--out", tmp_path / "out")
    assert done.returncode == 2
    assert done.stderr == f"{file}:1:1: one arm has nothing to be compared with; add a second under `arms:`\n"
    assert not (tmp_path / "out").exists()


def test_bad_names_and_numbers_get_one_line(tmp_path: Path) -> None:
    done = blocade("theories", "placebos", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (
        2, 'placebos:1:1: no such file or scenario, did you mean "placebo"?\n'
    )  # fmt: skip
    assert "argument --draws: 0 does not lie between" in blocade("theories", "placebo", "--draws", 0).stderr
    with pytest.raises(ValueError, match="draws: 0 is not a whole number"):
        compare_theories("placebo", tmp_path / "out", draws=0, progress=quiet)


def test_the_foremost_expectations_are_the_first_of_each_claim(article: Scenario) -> None:
    """Five fit; the order stays that of the file."""

    def verdict(claim: str, name: str) -> dict[str, object]:
        numbers = dict.fromkeys(("estimate", "low", "high", "share", "down", "flat"))
        return {"claim": claim, "estimand": name, "label": f"{claim} {name}", "unit": "tie", "n": 0, "s": 0.05,
                "verdict": "not answered", **numbers}  # fmt: skip

    asked = [verdict(claim, name) for claim, names in (("a", "1234"), ("b", "12"), ("c", "1")) for name in names]
    signs = sign_table([(one, asked) for one in sets_of(article).values()])
    assert list(foremost(signs)["label"].unique()) == ["a 1", "a 2", "a 3", "b 1", "c 1"]
    assert told(signs).count("not answered") == 5 * len(SETS)
