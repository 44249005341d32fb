"""Worlds, posteriors and results that are broken or hostile: refused in a line, or read as what they should be."""

from __future__ import annotations

import csv
import io
import json
import os
import pickle
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fake_result import fake_result
from fuzz import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from worlds import write_small_world

from blocade import _tables, _world_tables, resources
from blocade._tables import WorldError, read_table
from blocade.cli import main
from blocade.experiment.store import StoreError, digests, workshop
from blocade.parameters import posterior
from blocade.result import Result
from blocade.world import load_world

SLOWEST = 20.0
"""Seconds that no answer may take, on a machine that does other work besides."""


def answer(*arguments: str | Path) -> tuple[int, list[str]]:
    """What a command gives: its exit code and the lines of its complaint. A traceback fails the test by itself."""
    out, err, began = io.StringIO(), io.StringIO(), time.monotonic()
    with redirect_stdout(out), redirect_stderr(err):
        code = main([str(argument) for argument in arguments])
    assert time.monotonic() - began < SLOWEST
    return code, err.getvalue().splitlines()


def clear(lines: list[str], *places: Path) -> None:
    """Every line is short, can be printed, and names what it is about."""
    assert 0 < len(lines) <= 101
    for line in lines:
        assert line.isprintable() and len(line) <= 2000
        assert any(str(place) in line for place in places) or line.startswith("and ")


# --- worlds -------------------------------------------------------------------------------------------------------

TABLES = tuple(_world_tables.COLUMNS)
NASTY = (
    "", " ", "nan", "inf", "-inf", "-1", "-0", "0", "1", "2", "1e400", "1e-320", "0x10", "1_000", "１２", " 1 ",
    "9" * 5000,
    "=1+1",
    "../..", "/etc/passwd", "AAA", "BBB", "ROW", "UN", "UN;AAA", "ZZZ", "a\nb", "\x1b[31m", "\u202e", "\0", '"', "'",
    ";", ",", "sanctions", "isolation", "energy_food", "2021", "9999-99", "٢٠٢١", "²", "\ud7ff", "é" * 300,
)  # fmt: skip


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A world that loads; nobody changes it."""
    return write_small_world(tmp_path_factory.mktemp("good"))


@pytest.fixture(scope="module")
def bad(good: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of it, of which each example puts some tables in place of others."""
    return Path(shutil.copytree(good, tmp_path_factory.mktemp("bad") / "2021-small"))


@st.composite
def spoilt(draw: st.DrawFn, data: bytes) -> bytes:
    """A table in which cells, rows or bytes are changed."""
    for kind in draw(st.lists(st.sampled_from(("cell", "row", "bytes")), min_size=1, max_size=3)):
        if kind == "bytes" or not data:
            data = draw(torn(data))
            continue
        try:
            rows = list(csv.reader(io.StringIO(data.decode(errors="replace"), newline="")))
        except csv.Error:
            continue
        some = st.integers(0, max(0, len(rows) - 1))
        one, other = draw(some), draw(some)
        if kind == "cell" and rows and rows[one]:
            rows[one][draw(st.integers(0, len(rows[one]) - 1))] = draw(st.sampled_from(NASTY))
        elif rows:
            change = draw(st.sampled_from(("twice", "gone", "swapped", "longer")))
            if change == "twice":
                rows.insert(one, list(rows[other]))
            elif change == "gone":
                del rows[one]
            elif change == "swapped":
                rows[one], rows[other] = rows[other], rows[one]
            else:
                rows[one].append("x")
        text = io.StringIO()
        csv.writer(text, lineterminator=draw(st.sampled_from(("\n", "\r\n", "\r")))).writerows(rows)
        data = text.getvalue().encode()
    return data


@st.composite
def torn(draw: st.DrawFn, data: bytes) -> bytes:
    """Bytes of which some are changed, cut off or put in."""
    place = draw(st.integers(0, max(0, len(data) - 1)))
    match draw(st.sampled_from(("flip", "cut", "put"))):
        case "flip" if data:
            return data[:place] + bytes([data[place] ^ draw(st.integers(1, 255))]) + data[place + 1 :]
        case "cut":
            return data[:place]
        case _:
            return data[:place] + draw(st.binary(max_size=8)) + data[place:]


@settings(max_examples=examples(80))
@given(data=st.data())
def test_a_spoilt_world_is_refused_or_is_a_world(good: Path, bad: Path, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(TABLES))
    table = bad / f"{name}.csv"
    table.write_bytes(data.draw(spoilt((good / table.name).read_bytes())))
    began = time.monotonic()
    try:
        world = load_world(bad)
    except WorldError as error:
        clear(error.mistakes, bad)
    else:
        for shares in (world.regime, world.need, world.surplus, world.trade, world.rest_of_world, world.share,
                       world.sanctions, world.isolation, world.defence, world.arms, world.enmity):  # fmt: skip
            assert (shares >= 0.0).all() and (shares <= 1.0).all()  # which NaN is not
        for channel in (world.votes, world.defence, world.arms, world.enmity):
            assert (channel == channel.T).all() and (np.abs(channel) <= 1.0).all() and not channel.diagonal().any()
        assert np.isfinite(world.armament).all() and (world.capability > 0.0).all()
        np.testing.assert_allclose(world.trade.sum(axis=1) + world.rest_of_world, 1.0)
        assert not np.signbit(world.trade).any()
        assert all(name.isprintable() for name in world.names)
    finally:
        shutil.copy(good / table.name, table)
    assert time.monotonic() - began < SLOWEST


def write(text: str | bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(text if isinstance(text, bytes) else text.encode())


def link(to: str) -> Callable[[Path], object]:
    return lambda path: path.symlink_to(to)


def sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(10**10)


LONG = "x" * 100_000
HEAD = "iso3_a,iso3_b,votes,defence,arms,enmity\n"
FILES: dict[str, tuple[Callable[[Path], object], str]] = {
    "larger than it can be": (sparse, "is larger than 10 MB"),
    "a folder": (Path.mkdir, "is a folder, not a file"),
    "a pipe": (os.mkfifo, "is a pipe or a device"),
    "a link to a device": (link("/dev/zero"), "is a link that leads out of its folder"),
    "a link to elsewhere": (link("/etc/hostname"), "is a link that leads out of its folder"),
    "a link to itself": (link("ties.csv"), "cannot be read"),
    "a link to nothing": (link("/nowhere"), "no such file"),
    "empty": (write(""), "no column iso3_a; add it"),
    "bytes of 0": (write("\0" * 99), "holds bytes of 0"),
    "UTF-16": (write(HEAD.encode("utf-16")), "not UTF-8 text"),
    "Latin-1, in the third line": (write(f"{HEAD}AAA,BBB,0,0,0,0\n".encode() + b"\xe9,"), ":3: not UTF-8 text"),
    "a quote that is not closed": (write(f'{HEAD}AAA,BBB,0,0,0,0\n"AAA,BBB'), ":3: not a CSV table"),
    "a cell that does not end": (write(f"{HEAD}{LONG * 2},,,,,\n"), "field larger than field limit"),
    "a line of commas": (write(HEAD + "," * 99_999 + "x"), "100000 cells under 6 columns"),
    "a head of commas": (write("x," * 99_999), "a column is there twice"),
    "a cell too long to repeat": (write(f"{HEAD}AAA,BBB,{LONG},0,0,0\n"), "…' is not a number"),
    "orders to the terminal": (write(f"{HEAD}\x1b[2J,BBB,0,0,0,0\n"), "' [2J' is not among the states"),
}


@pytest.mark.parametrize("case", FILES)
def test_a_table_that_is_none_is_refused(good: Path, tmp_path: Path, case: str) -> None:
    spoil, said = FILES[case]
    folder = Path(shutil.copytree(good, tmp_path / "2021-small"))
    (folder / "ties.csv").unlink()
    spoil(folder / "ties.csv")
    code, lines = answer("world", "check", folder)
    assert code == 2
    clear(lines, folder)
    assert any(said in line for line in lines), lines


@pytest.mark.parametrize("number", ["1_0", "１", "0x1", "1e400", "=1", "9" * 5000, "+-1", "infinity", "0. 5"])
def test_a_number_is_what_every_program_takes_for_one(good: Path, tmp_path: Path, number: str) -> None:
    folder = Path(shutil.copytree(good, tmp_path / "2021-small"))
    states = folder / "states.csv"
    states.write_text(states.read_text().replace("0.3,0.1,2,", f"0.3,{number},2,"))
    with pytest.raises(WorldError, match=r"states.csv:3: regime "):
        load_world(folder)


def test_too_many_states_are_refused_before_anything_is_made_of_them(good: Path, tmp_path: Path) -> None:
    """200 000 states took minutes to look through, and of 17 576 the pairs alone would take 20 GB."""
    folder = Path(shutil.copytree(good, tmp_path / "2021-small"))
    head, row, *_ = (folder / "states.csv").read_text().splitlines()
    (folder / "states.csv").write_text("\n".join([head, *[row] * 5_000]))
    assert answer("world", "check", folder) == (2, [f"{folder}/states.csv:1: 5000 states; leave no more than 300"])


@pytest.mark.parametrize("name", ["\x1b[31mBeland", "Be\u202eland", "Be\u200bland"])
def test_a_name_can_be_printed(good: Path, tmp_path: Path, name: str) -> None:
    """It stands on pages and in terminals, where an order would be obeyed."""
    folder = Path(shutil.copytree(good, tmp_path / "2021-small"))
    states = folder / "states.csv"
    states.write_text(states.read_text().replace("Beland", name))
    said = f"{states}:3: the name of BBB has signs that nobody sees; write it anew"
    assert answer("world", "check", folder) == (2, [said])


def test_no_more_mistakes_are_told_than_can_be_read(good: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(good, tmp_path / "2021-small"))
    (folder / "ties.csv").write_text(HEAD + "AAA,XXX,0,0,0,0\n" * 5000)
    code, lines = answer("world", "check", folder)
    assert (code, len(lines), lines[-1]) == (2, 101, "and 4901 more; mend these first")


def test_a_mistake_survives_the_way_from_a_worker() -> None:
    error = pickle.loads(pickle.dumps(WorldError(["one: line", "two: lines"])))
    assert error.mistakes == ["one: line", "two: lines"]


@pytest.mark.parametrize("name", ["", "..", "x" * 5000, "\x1b[31m", "../worlds/2021", "2021/../2021", "a\0b"])
def test_a_name_that_is_no_world_is_told(name: str) -> None:
    code, lines = answer("world", "check", name)
    assert code == 2 and len(lines) == 1 and lines[0].isprintable()


def test_files_beside_the_tables_are_not_read(good: Path, tmp_path: Path) -> None:
    """A pipe named x.csv made a run wait for ever; an account that links elsewhere was copied."""
    folder = Path(shutil.copytree(good, tmp_path / "2021-small"))
    (folder / "SOURCES.md").symlink_to("/etc/hostname")
    code, lines = answer("world", "new", tmp_path / "2021-new", "--source", folder)
    assert code == 2 and "SOURCES.md: is a link that leads out of its folder" in lines[0]
    assert not (tmp_path / "2021-new").exists()


def test_a_history_that_is_a_pipe_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "acts.csv")
    code, lines = answer("world", "new", tmp_path / "2021-new", "--acts", tmp_path / "acts.csv")
    assert (code, lines) == (2, [f"{tmp_path}/acts.csv:1: is a pipe or a device, not a file; name a file"])


def test_a_table_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_tables, "MOST_ROWS", 100)
    path, mistakes = tmp_path / "long.csv", list[str]()
    path.write_text("a,b\n" + "1,2\n" * 300)
    assert len(read_table(path, ("a", "b"), mistakes).rows) == 101
    assert mistakes == [f"{path}:102: more than 100 rows; split the table"]


# --- posteriors ---------------------------------------------------------------------------------------------------


@settings(max_examples=examples(25))
@given(data=st.data())
def test_a_spoilt_posterior_is_refused_or_within_bounds(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    rows = "".join(f"{0.1 + k / 100},{k / 20}\n" for k in range(12))
    folder = tmp_path_factory.mktemp("posteriors")
    path = folder / "mine.csv"
    path.write_bytes(data.draw(spoilt(f"beta,g\n{rows}".encode())))
    posterior.cache_clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(resources, "posteriors", lambda: folder)
        try:
            found = posterior("mine")
        except WorldError as error:
            clear(error.mistakes, path)
        else:
            for values in found.values():
                assert len(values) >= 10 and np.isfinite(values).all() and (values >= 0.0).all()
        finally:
            posterior.cache_clear()


# --- results ------------------------------------------------------------------------------------------------------

EFFECT = {"base": [0.0] * 40, "press": [0.1 + 0.01 * k for k in range(40)]}
FRAMES = ("outcomes", "bands", "ties", "draws")
STORED = ("manifest.json", "verdicts.json", *(f"{name}.parquet" for name in FRAMES))
COMMANDS = ("report", "export", "discover")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results that are whole; nobody changes them."""
    return fake_result(tmp_path_factory.mktemp("made") / "r", EFFECT, war=["press"]).folder


@pytest.fixture(scope="module")
def place(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of them, in which each example changes a file."""
    return Path(shutil.copytree(made, tmp_path_factory.mktemp("place") / "r"))


def leaves(tree: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to everything that a JSON holds."""
    if way:
        yield way
    pairs = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in pairs:
        yield from leaves(value, (*way, key))


WRONG = (None, "", "x", "../../x", -1, 0, 1, 2.5, 1e308, 10**400, True, [], {}, ["x"], {"x": "y"}, [1, 2], "AAA")


@st.composite
def otherwise(draw: st.DrawFn, data: bytes) -> bytes:
    """JSON in which some of what it holds is something else, or is gone."""
    tree = json.loads(data)
    for _ in range(draw(st.integers(1, 2))):
        *way, last = draw(st.sampled_from(list(leaves(tree))))
        holder = tree
        for step in way:
            holder = holder[step]
        if draw(st.booleans()):
            holder[last] = draw(st.sampled_from(WRONG))
        else:
            del holder[last]
        if not tree:
            break
    return json.dumps(tree).encode()


@st.composite
def altered(draw: st.DrawFn, path: Path) -> bytes:
    """A table in which a column or some rows are others."""
    table = pq.read_table(path).replace_schema_metadata(None)
    name = draw(st.sampled_from(table.column_names))
    place = table.column_names.index(name)
    match draw(st.sampled_from(("gone", "text", "nothing", "number", "rows", "none", "again", "more"))):
        case "gone":
            table = table.drop_columns([name])
        case "text":
            table = table.set_column(place, name, pa.array(["x"] * len(table)))
        case "nothing":
            table = table.set_column(place, name, pa.nulls(len(table), table.schema.field(name).type))
        case "number":
            value = draw(st.sampled_from((float("nan"), float("inf"), 1e308, -1.0, 0.0)))
            table = table.set_column(place, name, pa.array([value] * len(table)))
        case "rows":
            table = table.slice(draw(st.integers(0, len(table))))
        case "none":
            table = table.slice(0, 0)
        case "again":
            table = pa.concat_tables([table, table])
        case _:
            table = table.append_column(draw(st.sampled_from(("x", name))), pa.array([[1]] * len(table)))
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


@settings(max_examples=examples(20))
@given(data=st.data())
def test_spoilt_results_are_refused_or_read(
    made: Path, place: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    name, command = data.draw(st.sampled_from(STORED)), data.draw(st.sampled_from(COMMANDS))
    written = (made / name).read_bytes()
    other = otherwise(written) if name.endswith("json") else altered(made / name)
    (place / name).write_bytes(data.draw(st.one_of(torn(written), other)))
    out = tmp_path_factory.mktemp("out") / ("page.html" if command == "report" else "out")
    try:
        code, lines = answer(command, place, "--out", out)
    finally:
        shutil.copy(made / name, place / name)
        shutil.rmtree(out.parent)
    assert code in (0, 2)
    if code:
        clear(lines, place)


@settings(max_examples=examples(30))
@given(data=st.data())
def test_a_byte_that_has_changed_since_the_run_is_noticed(made: Path, place: Path, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(STORED[1:]))
    manifest = json.loads((made / "manifest.json").read_text()) | {"tables": digests(made)}
    (place / "manifest.json").write_text(json.dumps(manifest))
    written = (made / name).read_bytes()
    changed = data.draw(torn(written))
    (place / name).write_bytes(changed)
    try:
        result = Result(place)
        if changed == written:
            read(result, name)
        else:
            with pytest.raises(StoreError, match=f"{name}: has changed since the run wrote it"):
                read(result, name)
    finally:
        for file in ("manifest.json", name):
            shutil.copy(made / file, place / file)


def read(result: Result, name: str) -> object:
    return result.rows if name == "verdicts.json" else result.table(name.removesuffix(".parquet"))


def bomb(path: Path) -> None:
    """A million rows in a few kilobytes."""
    table = pq.read_table(path)
    pq.write_table(table.slice(0, 1).take(pa.array(np.zeros(1_000_000, dtype=np.int32))), path, compression="zstd")
    assert path.stat().st_size < 50_000


def foreign(path: Path) -> None:
    pd.DataFrame({"a": [1, 2]}).to_parquet(path)


RESULTS: dict[str, tuple[str, Callable[[Path], object], str]] = {
    "no manifest": ("manifest.json", Path.unlink, "holds no finished blocade results"),
    "manifest too deep": ("manifest.json", write("[" * 100_000), "is nested too deep"),
    "manifest with NaN": ("manifest.json", write('{"inputs": NaN}'), "holds NaN"),
    "manifest with a number that is none": ("manifest.json", write('{"inputs": 1e999}'), "too large for a number"),
    "manifest with 5000 digits": ("manifest.json", write(f'{{"inputs": {"9" * 5000}}}'), "is no JSON"),
    "manifest in Latin-1": ("manifest.json", write(b'{"inputs": "\xe9"}'), "is no JSON"),
    "manifest of another program": ("manifest.json", write('{"inputs": {}}'), "inputs.scenario: Field required"),
    "manifest without an end": ("manifest.json", sparse, "is larger than 10 MB"),
    "manifest that is a pipe": ("manifest.json", os.mkfifo, "is a pipe or a device"),
    "manifest that is a link": ("manifest.json", link("/etc/hostname"), "is a link that leads out of its folder"),
    "verdicts that are none": ("verdicts.json", write("{}"), "Input should be a valid array"),
    "no verdicts": ("verdicts.json", Path.unlink, "verdicts.json: no such file"),
    "a bomb": ("bands.parquet", bomb, "1000000 rows, more than its run can have written"),
    "a foreign table": ("bands.parquet", foreign, "no column start"),
    "a table that is text": ("bands.parquet", write("a,b\n1,2\n"), "no table that can be read"),
    "no table": ("bands.parquet", Path.unlink, "no such file"),
    "a table that is a folder": ("bands.parquet", Path.mkdir, "is a folder, not a file"),
    "a table that is a link": ("bands.parquet", link("/etc/hostname"), "is a link that leads out of its folder"),
}


@pytest.mark.parametrize("case", RESULTS)
def test_results_that_are_none_are_refused(made: Path, tmp_path: Path, case: str) -> None:
    name, spoil, said = RESULTS[case]
    folder = Path(shutil.copytree(made, tmp_path / "r"))
    if spoil not in (Path.unlink, bomb):
        (folder / name).unlink()
    spoil(folder / name)
    code, lines = answer("export", folder, "--out", tmp_path / "out")
    assert (code, len(lines)) == (2, 1)
    clear(lines, folder)
    assert said in lines[0]
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("kind", [["war"], {"a": "b"}, None, "x" * 5000])
def test_an_event_of_no_kind_is_refused(made: Path, tmp_path: Path, kind: object) -> None:
    folder = Path(shutil.copytree(made, tmp_path / "r"))
    manifest = json.loads((made / "manifest.json").read_text())
    manifest["inputs"]["scenario"]["arms"][1]["events"][0]["kind"] = kind
    (folder / "manifest.json").write_text(json.dumps(manifest))
    code, lines = answer("export", folder, "--out", tmp_path / "out")
    assert (code, len(lines)) == (2, 1)
    clear(lines, folder)
    assert "an event is of no known kind" in lines[0]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_outcomes_that_leave_no_effect_are_refused(made: Path, tmp_path: Path, value: float) -> None:
    folder = Path(shutil.copytree(made, tmp_path / "r"))
    pd.read_parquet(folder / "outcomes.parquet").assign(value=value).to_parquet(folder / "outcomes.parquet")
    code, lines = answer("discover", folder, "--out", tmp_path / "out")
    assert (code, len(lines)) == (2, 1)
    clear(lines, folder)


def pipe(path: Path) -> None:
    os.mkfifo(path)


def enormous(path: Path) -> None:
    """A picture of 10^10 dots, which few bytes hold."""
    Image.new("1", (1, 1)).save(path)
    data = path.read_bytes()
    path.write_bytes(data[:16] + (100_000).to_bytes(4) * 2 + data[24:])


@pytest.mark.parametrize("spoil", [pipe, enormous, link("/etc/hostname"), write("GIF89a"), write("")])
def test_a_chart_that_is_none_is_refused(made: Path, tmp_path: Path, spoil: Callable[[Path], object]) -> None:
    folder = Path(shutil.copytree(made, tmp_path / "r"))
    (folder / "charts").mkdir()
    spoil(folder / "charts" / "cohesion.png")
    code, lines = answer("report", folder)
    assert code == 2
    clear(lines, folder)
    assert not (folder / "report.html").exists()


@pytest.mark.parametrize("part", ["", "lock", "inputs.json", "run.log", "chunks", "results"])
def test_a_run_does_not_work_through_a_link(tmp_path: Path, part: str) -> None:
    """Through links left in the folder in which results are made, a run emptied a file, or cleared a folder."""
    partial = tmp_path / ".out.partial"
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "results").mkdir()
    (mine / "results" / "thesis.txt").write_text("years of work")
    if part:
        partial.mkdir()
    target = mine / "results" / "thesis.txt" if part in ("lock", "inputs.json", "run.log") else mine
    (partial / part if part else partial).symlink_to(target)
    with pytest.raises(StoreError, match="is a link"), workshop(tmp_path / "out", {}, resume=False):
        pass
    assert (mine / "results" / "thesis.txt").read_text() == "years of work"


def test_a_folder_of_the_users_is_no_workshop(tmp_path: Path) -> None:
    (tmp_path / ".out.partial").mkdir()
    (tmp_path / ".out.partial" / "thesis.txt").write_text("years of work")
    said = r"holds files of yours \(thesis.txt\)"
    with pytest.raises(StoreError, match=said), workshop(tmp_path / "out", {}, resume=False):
        pass
    assert (tmp_path / ".out.partial" / "thesis.txt").is_file()
