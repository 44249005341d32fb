"""Scenario files and arguments that are broken or mean harm: refused in time, in plain lines, with nothing written."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hostile import EXAMPLES, End, attacked
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from blocade import api, drivers
from blocade.experiment import size
from blocade.experiment.store import StoreError

SMALL = (Path(__file__).parent / "small.yaml").read_text(encoding="utf-8")
TITLE = "title: A small run for the tests"
EVENT = "      - {at: 2022-04, kind: isolation, by: senders, on: bloc, level: comprehensive}\n"
BOUNDS = "more than 10000 values once aliases are written out; say less or split the file"
DEPTH = "nested more than 40 deep; a scenario needs no more than 6"
UNFIT = "its results go to a folder of the file's name, which cannot be made; rename it"

# --- what was found by hand ------------------------------------------------------------------------------------------

TEXTS: dict[str, tuple[str, str]] = {
    "alias bomb": (
        "a: &a [x,x,x,x,x,x,x,x,x]\n"
        + "".join(f"{c}: &{c} [{','.join(['*' + b] * 9)}]\n" for b, c in zip("abcdefg", "bcdefgh", strict=True)),
        BOUNDS,
    ),
    "many items": ("a: [" + "x," * 490_000 + "]", BOUNDS),
    "items that never end": ("a: {" + "a," * 400_000, BOUNDS),
    "brackets": ("a: " + "[" * 100_000, DEPTH),
    "braces": ("{a: " * 100_000, DEPTH),
    "indents": ("".join(" " * i + "a:\n" for i in range(200)), DEPTH),
    "anchor twice": (SMALL.replace("seed: 3", "seed: &a 3\nwhy: &a x"), ""),
    "code point too large": (SMALL.replace(TITLE, 'title: "\\UFFFFFFFF"'), "not valid YAML; check brackets"),
    "half a character": (SMALL.replace(TITLE, 'title: "\\ud800"'), "holds the character U+D800, which cannot be shown"),
    "terminal escapes": (SMALL.replace("label: Isolation", 'label: "\\e[31m"'), "holds the character U+001B"),
    "long world": (SMALL.replace("2021", "x" * 5_000, 1), "cannot be read: File name too long"),
    "long base": (SMALL + "extends: " + "x" * 5_000, "no scenario file"),
    "escape": (SMALL + "extends: ../../etc/passwd", "takes the name of a file in this folder, not the path"),
    "itself": (SMALL + "extends: s", "files extend each other in a circle: s → s"),
    "long title": (SMALL.replace("A small", "x" * 50_000), '"title" has 50018 characters; say it in 1000 at the most'),
    "many worlds": (SMALL + f"design: {{worlds: [{','.join(f'w{i}' for i in range(9_000))}]}}", "name fewer"),
    "arms that multiply": (
        SMALL.replace(
            "draws:", EVENT * 400 + "".join(f"  a{i}: {{extends: isolate}}\n" for i in range(400)) + "draws:"
        ),
        "10000 are the most",
    ),
    "an arm without a name": (SMALL.replace("as-before:", "'':"), "the arm name"),
    "huge number": (SMALL.replace("draws: 12", "draws: " + "9" * 5_000), '"draws" must be a whole number'),
    "object": (SMALL + "why: !!python/object/apply:os.system ['true']", "is not supported; leave it out"),
}


def written(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(("text", "line"), TEXTS.values(), ids=list(TEXTS))
def test_a_hostile_text_is_refused(text: str, line: str, tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text(text, encoding="utf-8")
    end = attacked("by hand", ["run", "s.yaml", "--out", "out"] if line else ["check", "s.yaml"], tmp_path)
    assert end.code == (2 if line else 0)
    assert all(told.startswith("s.yaml:") for told in end.err), end
    assert not line or any(line in told for told in end.err), end
    assert written(tmp_path) == ["s.yaml"]


def _pipe(folder: Path) -> None:
    os.mkfifo(folder / "p.yaml")


def _endless(folder: Path) -> None:
    (folder / "z.yaml").symlink_to("/dev/zero")


def _chain(folder: Path) -> None:
    for number in range(30):
        (folder / f"c{number}.yaml").write_text(f"extends: c{number + 1}\n")


def _heavy_chain(folder: Path) -> None:
    for number in range(9):
        many = "".join(f"  p{number}-{k}: 1\n" for k in range(2_000))
        (folder / f"c{number}.yaml").write_text(f"extends: c{number + 1}\nparameters:\n{many}")


def _link_out(folder: Path) -> None:
    (folder / "b.yaml").symlink_to(Path(__file__).parent / "small.yaml")
    (folder / "s.yaml").write_text(SMALL + "extends: b\n")


def _link(folder: Path) -> None:
    (folder / "there").mkdir()
    (folder / "out").symlink_to("there")


def _work_link(folder: Path) -> None:
    (folder / "there").mkdir()
    (folder / ".out.partial").symlink_to("there")


def _nothing(_folder: Path) -> None:
    pass


PLACES: dict[str, tuple[Callable[[Path], None], list[str], str]] = {
    "pipe": (_pipe, ["check", "."], "is not a file"),
    "device": (_endless, ["check", "."], "is not a file"),
    "chain": (_chain, ["check", "c0.yaml"], "more than 20 files extend each other"),
    "heavy chain": (_heavy_chain, ["check", "c0.yaml"], "more than 10000 values with all that it extends"),
    "base out of the folder": (_link_out, ["check", "s.yaml"], "links out of the scenario folders"),
    "results into a link": (_link, ["run", "s.yaml", "--out", "out"], "is a link"),
    "work into a link": (_work_link, ["run", "s.yaml", "--out", "out"], "is a link"),
    "results above": (_nothing, ["run", "s.yaml", "--out", "x/.."], "ends in .."),
    "zero byte": (_nothing, ["run", "s.yaml", "--out", "a\0b"], "holds the character U+0000"),
    "bytes": (_nothing, ["run", "s.yaml", "--out", os.fsdecode(b"\xff")], "holds the character U+DCFF"),
    "long results": (_nothing, ["run", "s.yaml", "--out", "x" * 300], "File name too long"),
    "long file": (_nothing, ["check", "x" * 300], "File name too long"),
    "many digits": (_nothing, ["run", "s.yaml", "--draws", "9" * 5_000], "is not a whole number"),
    "other digits": (_nothing, ["run", "s.yaml", "--draws", "٣"], "is not a whole number"),
    "twice": (_nothing, ["run", "s.yaml", "./s.yaml"], "two scenarios are named"),
}


@pytest.mark.parametrize(("make", "arguments", "line"), PLACES.values(), ids=list(PLACES))
def test_a_hostile_place_is_refused(
    make: Callable[[Path], None], arguments: list[str], line: str, tmp_path: Path
) -> None:
    (tmp_path / "s.yaml").write_text(SMALL, encoding="utf-8")
    make(tmp_path)
    before = written(tmp_path)
    end = attacked("by hand", arguments, tmp_path)
    assert end.code == 2
    assert line in end.err[-1]
    assert written(tmp_path) == before


@pytest.mark.parametrize("name", ["...yaml", "..yaml", "a\nb.yaml", "a\x1b[31m.yaml", os.fsdecode(b"\xff.yaml")])
def test_a_file_whose_name_can_be_no_folder_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(SMALL, encoding="utf-8")
    end = attacked("by hand", ["run", name], tmp_path)
    assert end.code == 2
    assert len(end.err) == 1
    assert end.err[0].endswith(UNFIT)
    assert written(tmp_path) == [name]


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["run", "s.yaml", "--draws", "100000", "--replicates", "1000"], "of memory, and 8.0 GiB are free"),
        (["run", "s.yaml", "--workers", "1000"], "of memory, and 8.0 GiB are free"),
        (["theories", "s.yaml", "--workers", "1000"], "of memory, and 8.0 GiB are free"),
        (["sensitivity", "s.yaml", "--workers", "1000"], "of memory, and 8.0 GiB are free"),
        (["validate", "--workers", "1000"], "of memory, and 8.0 GiB are free"),
        (["run", "s.yaml", "--draws", "20000", "--workers", "1"], "of disk, and 0.2 GiB are free there"),
    ],
)
def test_what_is_too_large_is_refused_with_an_estimate(
    arguments: list[str], what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(size, "memory_there", lambda: 8.0 * 2**30)
    monkeypatch.setattr(size, "disk_there", lambda _folder: 0.2 * 2**30)
    (tmp_path / "s.yaml").write_text(SMALL, encoding="utf-8")
    end = attacked("by hand", arguments, tmp_path)
    assert end.code == 2
    assert what in end.err[-1]
    assert written(tmp_path) == ["s.yaml"]


def test_the_estimate_holds_what_outcomes_take() -> None:
    plan = api.plan(replace(api.load_scenario(Path(__file__).parent / "small.yaml"), draws=2_000))
    found = size.size_of(plan, 1)
    outcomes = 8.0 * plan.runs * len(plan.windows) * len(plan.columns)
    assert found.memory > outcomes + size.PROCESS
    assert found.disk > outcomes
    assert size.size_of(plan, 4).memory > found.memory + 3 * size.PROCESS


# --- what hypothesis finds -------------------------------------------------------------------------------------------

WHOLE = """title: All keys
why: Because
world: 2021
bloc: [Russia, North Korea]
patron: China
senders: [G7, EU]
start: 2022
end: 2030-06
levers: {sev: [0.2, 0.5], when: [2024, 2025]}
background:
  war: {kind: war, on: Russia, against: Ukraine, from: 2022-04, until: 2026-01}
arms:
  before: {label: As before}
  isolate:
    label: Isolation
    events:
      - {at: 2022-04, kind: sanctions, by: senders, on: bloc, level: sev}
      - {at: 2022-04, kind: isolation, by: senders, on: bloc, level: 0.4, until: when}
  peace: {extends: isolate, without: [war]}
theory: full
parameters: {beta: 0.1, sigma: [0.01, 0.02]}
posterior: prior
design: {method: sobol, factors: [sev], until: {claim: isolate, narrower: 0.1, most: 4}}
draws: 2
replicates: 1
seed: 7
starts: [real]
watch: [Iran]
measures: [cohesion]
hypotheses: {}
charts: [cohesion]
"""
NASTY = (
    ".nan", ".inf", "-.inf", "1e400", "-1e400", "1e-400", "9" * 5_000, "0x" + "f" * 5_000, "0o777", "0777", "-0",
    "-1", "1_000", "٣", "true", "null", "''", "[]", "{}", "[[]]", "2022-02-30", "0000", "9999", "0001-01-01", "10000",
    "1e300", '"\\0"', '"\\ud800"', '"\\UFFFFFFFF"', "!!binary x", "!!python/name:os.system", "[.nan, .inf]", "[1, 0]",
    "&a [*a]", "*a", "<<", "{<<: {a: b}}", "x" * 5_000, "bloc", "senders", "[bloc, bloc]", "G7", "../../etc/passwd",
    "/etc", "../..", "s", "_world-2021", "isolate", "sev", "when", "2013", "|", "\t", "\r", "\u2028", "\ufeff", "- x",
    "? x", "---", "...", "grid", "morris", "100000", "'{', '[', '%'", "@", "`", "until-2013", "clean", "war", "kind",
    "{a: {b: {c: {}}}}",
)  # fmt: skip


def _spans(node: Node) -> list[tuple[int, int]]:
    """Where every key and value of a text begins and ends."""
    found = [(node.start_mark.index, node.end_mark.index)]
    for inner in node.value if isinstance(node, MappingNode | SequenceNode) else ():
        for each in inner if isinstance(inner, tuple) else (inner,):
            found += _spans(each)
    return found


SPANS = _spans(YAML(typ="safe", pure=True).compose(WHOLE))


@st.composite
def mutants(draw: st.DrawFn) -> str:
    """A scenario with some of its keys and values replaced, left out or moved, from the last to the first."""
    chosen = sorted(draw(st.lists(st.sampled_from(SPANS), min_size=1, max_size=4, unique=True)), reverse=True)
    text = WHOLE
    for begin, end in chosen:
        other = draw(st.sampled_from(SPANS))
        moved = WHOLE[other[0] : other[1]]
        text = text[:begin] + draw(st.sampled_from((*NASTY, "", moved, moved * 2))) + text[end:]
    return text


def checked(kind: str, content: bytes, folder: Path) -> End:
    """Check a file of some bytes; the folder holds nothing else, before and after."""
    (folder / "s.yaml").write_bytes(content)
    end = attacked(kind, ["check", "s.yaml"], folder)
    assert all(":" in line and line.isprintable() for line in end.err), end
    assert written(folder) == ["s.yaml"]
    return end


def test_the_scenario_that_mutants_are_made_of_is_right(tmp_path: Path) -> None:
    assert checked("by hand", WHOLE.encode(), tmp_path).code == 0


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hostile")


@settings(max_examples=EXAMPLES)
@given(content=st.one_of(st.binary(max_size=400), st.text(max_size=200).map(lambda text: text.encode("utf-8"))))
def test_random_bytes_are_no_scenario(place: Path, content: bytes) -> None:
    assert checked("random bytes and texts", content, place).code == 2


@settings(max_examples=EXAMPLES)
@given(text=st.text(alphabet=" \n\t-:?[]{},&*!|>'\"%@`#<=~ax1.", max_size=120), under=st.sampled_from(("", "arms:\n ")))
def test_random_marks_of_yaml_are_no_scenario(place: Path, text: str, under: str) -> None:
    assert checked("random marks of YAML", (under + text).encode(), place).code == 2


@settings(max_examples=EXAMPLES)
@given(
    text=mutants(),
    ends=st.sampled_from(("\n", "\n", "\r\n", "\r")),
    code=st.sampled_from(("utf-8", "utf-8", "utf-8-sig", "utf-16")),
)
def test_a_mutant_of_a_scenario_is_read_or_refused(place: Path, text: str, ends: str, code: str) -> None:
    checked("mutants of a scenario", text.replace("\n", ends).encode(code), place)


ARGUMENTS = (
    "", "-1", "0", "1", "1e3", "٣", "9" * 5_000, "nan", "-", "--", "a\0b", os.fsdecode(b"\xff"), "a\nb", "\x1b[31m",
    "*", "x" * 300, "x/" * 2_000, ".", "..", "/", "~", "/dev/null", "/dev/zero", "/proc/self/mem", "s.yaml", "s.yaml",
    "s.yaml", "./s.yaml", "none.yaml", "isolate-russia-north-korea", "empty", "there", "2021", "prior", "until-2013",
    "tcp://", "real", "cohesion", "scenarios", "worlds", "charts", "new", "check", "Russia", "batch", "agents",
    "new.yaml", "\u202e", "{}", "%s",
)  # fmt: skip
OPTIONS = (
    "--out", "--draws", "--replicates", "--seed", "--posterior", "--engine", "--workers", "--resume", "--json",
    "--force", "--quiet", "--claim", "--runs", "--estimand", "--over", "--observed", "--source", "--states", "--acts",
    "--help", "-h", "--version", "--no-such-option",
)  # fmt: skip
# explore serves until it is stopped, and register, validate and backcast take no input but options that others share
SUBCOMMANDS = (
    "run", "check", "report", "export", "theories", "sensitivity", "discover", "world", "list", "new", "schema",
)  # fmt: skip


@pytest.fixture
def idle(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let everything be checked that comes before the work of a run, and nothing be run."""

    def refuse(*_given: object, **_named: object) -> None:
        raise StoreError("here the work would begin")

    monkeypatch.setattr(api, "execute", refuse)
    monkeypatch.setattr(drivers, "screen", refuse)


@settings(max_examples=EXAMPLES)
@given(
    command=st.sampled_from(SUBCOMMANDS),
    first=st.sampled_from(([], ["s.yaml"])),
    rest=st.lists(st.sampled_from((*ARGUMENTS, *OPTIONS)), max_size=5),
)
@pytest.mark.usefixtures("idle")
def test_random_arguments_are_taken_or_refused(
    place: Path, command: str, first: list[str], rest: list[str]
) -> None:
    home = place / "arguments"
    shutil.rmtree(home, ignore_errors=True)
    (home / "here" / "empty").mkdir(parents=True)
    (home / "here" / "s.yaml").write_text(SMALL, encoding="utf-8")
    attacked("random arguments", [command, *first, *rest], home / "here")
    assert written(home) == ["here"]
    assert (home / "here" / "s.yaml").read_text(encoding="utf-8") == SMALL
