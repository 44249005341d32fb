"""The gallery: every kind of chart, with a picture that belongs to its words and to the command above it."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from PIL import Image
from test_documents import ROOT, printed

from blocade.charts import BEYOND, CHARTS, SHOWS
from blocade.charts.style import BLUE, FINDING, GREEN, NOTES, ORANGE, PURPLE, RED, save
from blocade.writing import put

PAGE, PICTURES = ROOT / "docs" / "gallery.md", ROOT / "docs" / "gallery"
LARGEST = 300_000
"""Bytes: a table of all claims is long, and a network has many crossing lines."""
SHADE = "#F2F2F2"
"""Of a war: hardly darker than the sheet."""
DRAWN_BY = dict.fromkeys(SHOWS, "run") | {name: command for name, (command, _) in BEYOND.items()}

pytestmark = pytest.mark.skipif(not (ROOT / "docs").is_dir(), reason="an installed package has no documents")


def parts() -> dict[str, tuple[str, str]]:
    """Every chart on the page: what is said of it, and the commands of its section."""
    found = {}
    for section in PAGE.read_text(encoding="utf-8").split("\n## ")[1:]:
        block = re.search(r"```console\n(.*?)```", section, flags=re.S)
        assert block is not None
        for part in section.split("\n### ")[1:]:
            name, _, words = part.partition("\n")
            assert name not in found
            found[name] = " ".join(words.split()), block[1]
    return found


def test_no_chart_is_left_out_and_no_picture_left_over() -> None:
    assert set(parts()) == {*CHARTS, *BEYOND}
    assert {path.stem for path in PICTURES.iterdir()} == {*CHARTS, *BEYOND}


@pytest.mark.parametrize("name", [*CHARTS, *BEYOND])
def test_a_picture_its_words_and_its_command_belong_together(name: str) -> None:
    said, commands = parts()[name]
    picture = PICTURES / f"{name}.png"
    with Image.open(picture) as opened:
        words = dict(opened.info)
    shows = SHOWS[name] if name in SHOWS else BEYOND[name][1]
    assert f"What to see: {shows}" in said
    assert f"![{words[FINDING]}](gallery/{name}.png)" in said.replace("\\", "")
    assert len(words[FINDING].split()) > 3 and words[NOTES]
    assert commands.splitlines()[-1].split()[:3] == ["$", "blocade", DRAWN_BY[name]]
    assert picture.stat().st_size < LARGEST


def test_the_numbers_of_a_picture_are_those_of_its_command() -> None:
    """The small print of a chart says as many parameter sets as the command above it."""
    for name, (_, commands) in parts().items():
        asked = re.search(r"--draws (\d+)", commands)
        with Image.open(PICTURES / f"{name}.png") as opened:
            told = re.search(r"(\d+) parameter sets", opened.info[NOTES])
        if asked is not None:
            assert told is not None and told[1] == asked[1], name


def test_it_says_that_it_is_no_answer() -> None:
    head = " ".join(PAGE.read_text(encoding="utf-8").split("\n## ")[0].split())
    assert "examples, most of them of few parameter sets, and not the answer" in head
    assert "(claims.md)" in head and len(printed(PAGE)) == PAGE.read_text(encoding="utf-8").count("\n## ")


def test_a_chart_beside_tables_carries_its_words_too(tmp_path: Path) -> None:
    figure = Figure()
    figure.text(0, 1, "It rises", gid="title")
    put(tmp_path, {"a.png": figure})
    with Image.open(tmp_path / "a.png") as opened:
        assert opened.info[FINDING] == "It rises"


def test_a_reduced_picture_keeps_its_colours(tmp_path: Path) -> None:
    """A thin line in a rare colour is what a chart is read by."""
    found = importlib.util.spec_from_file_location("update_gallery", ROOT / "scripts" / "update_gallery.py")
    assert found is not None and found.loader is not None
    script = importlib.util.module_from_spec(found)
    sys.modules[found.name] = script  # a dataclass looks its module up
    found.loader.exec_module(script)
    colours = [BLUE, RED, GREEN, PURPLE, ORANGE]
    figure = Figure(dpi=150)
    axes = figure.subplots()
    for grey in range(100):
        figure.text(0.05 + 0.009 * grey, 0.95, "words", color=str(grey / 100), rotation=40)
    for height, colour in enumerate(colours):
        axes.plot([0, 1], [height, height], color=colour, lw=1.8)
    axes.axvspan(0.4, 0.6, color=SHADE, lw=0, zorder=0)
    figure.text(0, 1, "It rises", gid="title")
    save(figure, tmp_path / "a.png")
    script.reduce(tmp_path / "a.png", tmp_path / "b.png")
    with Image.open(tmp_path / "b.png") as small:
        assert small.info[FINDING] == "It rises"
        pixels = np.asarray(small.convert("RGB"), dtype=float).reshape(-1, 3) / 255
    assert np.abs(pixels - np.array(to_rgb(SHADE))).max(axis=1).min() < 0.01
    for colour in colours:
        assert np.abs(pixels - np.array(to_rgb(colour))).max(axis=1).min() < 0.12, colour
