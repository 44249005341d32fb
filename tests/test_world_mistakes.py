"""What the loader of worlds refuses, line by line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from worlds import TIES, write_small_world

from blocade.world import WorldError, load_world


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_small_world(tmp_path)


def swap(name: str, old: str, new: str) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        path = folder / f"{name}.csv"
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} must occur once"
        path.write_text(text.replace(old, new), encoding="utf-8")

    return edit


def drop(folder: Path) -> None:
    (folder / "ties.csv").unlink()


def garble(folder: Path) -> None:
    (folder / "ties.csv").write_bytes(b"\xff\xfe")


COLUMNS_OF_TIES = "iso3_a, iso3_b, votes, defence, arms, enmity"
BROKEN: list[tuple[Callable[[Path], None], list[str]]] = [
    (
        drop,
        [f"ties.csv:1: no such file; a world needs it with the columns {COLUMNS_OF_TIES}"],
    ),
    (
        garble,
        ["ties.csv:1: not UTF-8 text; save it as UTF-8"],
    ),
    (
        swap("ties", "arms,enmity", "arms,hate"),
        [
            "ties.csv:1: no column enmity; add it",
            f"ties.csv:1: unknown column 'hate'; the columns are {COLUMNS_OF_TIES}",
        ],
    ),
    (
        swap("states", "0.5,0.9,1,", "0,0.9,1,"),
        ["states.csv:2: capability 0 is out of range; it must be more than 0 and at most 1"],
    ),
    (
        swap("states", "0.3,0.1,2,", "0.3,1.1,-2,"),
        [
            "states.csv:3: regime 1.1 is out of range; it must be at least 0 and at most 1",
            "states.csv:3: armament -2 is out of range; it must be at least 0 and at most 300",
        ],
    ),
    (swap("states", "0.3,0.1,2,", "nan,0.1,2,"), ["states.csv:3: capability is nan; write a finite number"]),
    (
        swap("states", "0.3,0.1,2,", "0.3,much,inf,"),
        [
            "states.csv:3: regime 'much' is not a number; write one",
            "states.csv:3: armament is inf; write a finite number",
        ],
    ),
    (
        swap("states", "BBB,Beland", "AAA,Beland"),
        [
            "states.csv:3: AAA is there twice; leave one row",
        ],
    ),
    (
        swap("states", "BBB,Beland,", "BBB,Beland,first"),
        ["states.csv:3: 'first' already names AAA; drop it from one row"],
    ),
    (
        swap("states", "BBB,Beland", "bb,"),
        [
            "states.csv:3: 'bb' is not a state's code; write three capital letters",
            "states.csv:3: bb has no name; write one",
        ],
    ),
    (
        swap("states", "First;The First", "First,The First"),
        ["states.csv:2: 11 cells under 10 columns; quote a comma inside a cell"],
    ),
    (
        swap("ties", "BBB,CCC,0.25", "BBB,DDD,0.25"),
        [
            "ties.csv:4: 'DDD' is not among the states; correct it or add it to states.csv",
            "ties.csv:1: 1 pairs have no row, the first is BBB-CCC; add them",
        ],
    ),
    (
        swap("ties", "BBB,CCC,0.25", "BBB,AAA,0.25"),
        [
            "ties.csv:4: BBB-AAA is there twice or is no pair; leave one row per pair",
            "ties.csv:1: 1 pairs have no row, the first is BBB-CCC; add them",
        ],
    ),
    (
        swap("ties", "AAA,BBB,-0.5,0", "AAA,BBB,-1.5,-0.1"),
        [
            "ties.csv:2: votes -1.5 is out of range; it must be at least -1 and at most 1",
            "ties.csv:2: defence -0.1 is out of range; it must be at least 0 and at most 1",
        ],
    ),
    (
        swap("trade", "AAA,ROW,0.6", "AAA,ROW,0.5"),
        ["trade.csv:1: the shares of AAA sum to 0.9000; with ROW they must sum to 1"],
    ),
    (
        swap("trade", "BBB,AAA,0.2,0.4\nBBB,ROW,0.8", "BBB,AAA,1,0.4\nBBB,CCC,0.001,\nBBB,ROW,0"),
        [
            "trade.csv:1: the partners of BBB hold more than all of its trade; lower a share",
        ],
    ),
    (
        swap("trade", "CCC,AAA,0.5,", "CCC,CCC,0.5,"),
        [
            "trade.csv:7: CCC with CCC is there twice or is no pair; leave one row per pair",
            "trade.csv:1: the shares of CCC sum to 0.5010; with ROW they must sum to 1",
        ],
    ),
    (
        swap("trade", "AAA,ROW,0.6,", "AAA,ROW,0.6,0.1"),
        [
            "trade.csv:4: AAA has an expected share for ROW; leave it blank",
            "trade.csv:1: the shares of AAA sum to 0.4000; with ROW they must sum to 1",
        ],
    ),
    (
        swap("goods", "BBB,cover", "BBB,covert"),
        [
            "goods.csv:11: 'covert' is not a good; write one of energy_food, technology, arms, cash_labour, cover",
            "goods.csv:1: BBB has no row for cover; add one",
        ],
    ),
    (
        swap("goods", "BBB,cover", "BBB,arms"),
        [
            "goods.csv:11: arms of BBB is there twice; leave one row",
            "goods.csv:1: BBB has no row for cover; add one",
        ],
    ),
    (
        swap("goods", "BBB,cover,0.5", "BBB,cover,5"),
        ["goods.csv:11: need 5 is out of range; it must be at least 0 and at most 1"],
    ),
    (
        swap("acts", "AAA;CCC,BBB,isolation", "AAA;OPEC,BBB,isolation"),
        ["acts.csv:4: 'OPEC' is neither a state here nor a group; correct it"],
    ),
    (
        swap("acts", "AAA;CCC,BBB,isolation", "AAA;BBB,BBB,isolation"),
        ["acts.csv:4: an act needs senders other than its target; name them"],
    ),
    (
        swap("acts", "AAA;CCC,BBB,isolation", "AAA;CCC,UN,isolation"),
        ["acts.csv:4: 'UN' is not among the states; correct it or add it to states.csv"],
    ),
    (
        swap("acts", "isolation,0.5", "boycott,2"),
        [
            "acts.csv:4: severity 2 is out of range; it must be at least 0 and at most 1",
            "acts.csv:4: 'boycott' is no kind of act; write sanctions or isolation",
        ],
    ),
    (
        swap("acts", "two,Act,2,2020,", "one,Act,2,2020,"),
        ["acts.csv:3: the id one is there twice; give each act its own"],
    ),
    (
        swap("acts", "two,Act,2,2020,", "two,Act,2,2022,"),
        ["acts.csv:3: date '2022' is not a date up to 2021; write YYYY-MM-DD, YYYY-MM or YYYY"],
    ),
]


@pytest.mark.parametrize(("edit", "lines"), BROKEN, ids=[lines[0][:60] for _, lines in BROKEN])
def test_loader_names_every_mistake(folder: Path, edit: Callable[[Path], None], lines: list[str]) -> None:
    edit(folder)
    with pytest.raises(WorldError) as caught:
        load_world(folder)
    assert [mistake.removeprefix(f"{folder}/") for mistake in caught.value.mistakes] == lines
    assert str(caught.value).count("\n") == len(lines) - 1


def test_mistakes_of_several_files_come_together(folder: Path) -> None:
    swap("ties", "AAA,BBB,-0.5", "AAA,BBB,-5")(folder)
    swap("trade", "AAA,ROW,0.6", "AAA,ROW,0.5")(folder)
    with pytest.raises(WorldError) as caught:
        load_world(folder)
    assert len(caught.value.mistakes) == 2


def test_byte_order_mark_blank_lines_and_windows_line_ends_are_read(folder: Path) -> None:
    path = folder / "ties.csv"
    path.write_bytes(b"\xef\xbb\xbf" + TIES.replace("\n", "\r\n").encode() + b"\r\n")
    assert load_world(folder).votes[0, 1] == -0.5


def test_unknown_world_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(
        WorldError, match=r"^1999: no such world; known are 1991, 2002, 2011, 2013, 2021, or name a folder of tables$"
    ):
        load_world("1999")
    (tmp_path / "mine").mkdir()
    with pytest.raises(WorldError, match="the folder's name must begin with its year, as in 2021-mine"):
        load_world(tmp_path / "mine")
