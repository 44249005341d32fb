#!/usr/bin/env python3
"""Make docs/gallery.md and its pictures anew: run every command that it prints, and keep a small copy of each chart.

    python scripts/update_gallery.py [--work FOLDER]

Minutes. Results stay in the folder, if one is given; what is finished there is not run again.
"""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from blocade.charts import BEYOND, SHOWS
from blocade.charts.style import FINDING, NOTES

ROOT = Path(__file__).resolve().parents[1]
PAGE, PICTURES = ROOT / "docs" / "gallery.md", ROOT / "docs" / "gallery"
SCALE, COLOURS = 2 / 3, 200
"""How far a picture is reduced: its letters stay readable, and half of them take less than 60 kB."""
BROKEN = 1
"""Exit code of `blocade validate` where a pattern is missed, which is no mistake."""


@dataclass(frozen=True)
class Section:
    """Some commands, what they are, and the charts that are shown of what they write: name -> file."""

    heading: str
    words: str
    commands: Sequence[str]
    charts: Mapping[str, str]


def of_run(scenario: str, *names: str) -> dict[str, str]:
    """Charts of a run: name -> file."""
    return {name: f"results/{scenario}/charts/{name}.png" for name in names}


def one(heading: str, scenario: str, name: str) -> Section:
    """The section of a chart that one scenario of the library is made for."""
    words = f"Of the scenario [{scenario}](../scenarios/{scenario}.yaml), with 60 parameter sets instead of 200."
    return Section(heading, words, [f"blocade run {scenario} --draws 60"], of_run(scenario, name))


ARTICLE = "isolate-russia-north-korea"
SECTIONS = (
    Section(
        "A run, and what its answer rests on",
        "The article's scenario with 100 parameter sets instead of 200.",
        [f"blocade run {ARTICLE} --draws 100"],
        of_run(ARTICLE, "verdicts", "cohesion", "difference", "alignment", "network", "forces"),
    ),
    Section(
        "Under which conditions",
        "Of the results above.",
        [f"blocade discover results/{ARTICLE}"],
        {name: f"results/discover/{ARTICLE}/{name}.png" for name in ("boxes", "regimes")},
    ),
    one("More and less pressure", "dose-response", "dose"),
    one("What is left when pressure ends", "relief-and-hysteresis", "hysteresis"),
    one("Whose doing: the war's or isolation's", "war-or-isolation", "square"),
    one("Poles and tension", "swing-states", "poles"),
    one("Who arms", "arms-race", "arms-race"),
    one("Who takes the trade", "black-knight", "trade"),
    Section(
        "Every claim",
        "The library with 10 parameter sets: too few for a verdict. The table of record is [claims.md](claims.md).",
        ["blocade run scenarios/ --draws 10 --out results/library"],
        {"claims": "results/library/claims.png"},
    ),
    Section(
        "Every theory",
        "With 20 parameter sets: too few for a verdict. The table of record is [theories.md](theories.md).",
        [f"blocade theories {ARTICLE} --draws 20"],
        {"signmap": f"results/theories/{ARTICLE}/signmap.png"},
    ),
    Section(
        "Which parameters matter",
        "With the fewest runs that say anything of that many parameters; the usual number is 12,500.",
        [f"blocade sensitivity {ARTICLE} --runs 4400"],
        {"tornado": f"results/sensitivity/{ARTICLE}/tornado-bond-in-war.png"},
    ),
    Section(
        "Patterns of history, and what they teach",
        "As it is: nothing here is shortened. The words are in [validation.md](validation.md).",
        ["blocade validate"],
        {name: f"results/validate/{name}.png" for name in ("scorecard", "posterior")},
    ),
    Section(
        "Forecasts of what came",
        "As it is: nothing here is shortened (three minutes). The words are in [validation.md](validation.md).",
        ["blocade backcast"],
        {name: f"results/backcast/{name}.png" for name in ("backcast", "skill", "theory-scores")},
    ),
)


def shows(name: str) -> str:
    """What to see in a chart."""
    return SHOWS[name] if name in SHOWS else BEYOND[name][1]


def run(command: str, folder: Path) -> None:
    """Run a printed command in a folder; exits where it fails."""
    print(f"$ {command}", flush=True)
    done = subprocess.run([sys.executable, "-m", *shlex.split(command)], cwd=folder, check=False)
    if done.returncode not in ((0, BROKEN) if command == "blocade validate" else (0,)):
        sys.exit(f"{command}: exit code {done.returncode}")


def reduce(source: Path, target: Path) -> None:
    """A small copy of a chart, with its words."""
    with Image.open(source) as picture:
        words, size = dict(picture.info), (round(SCALE * picture.width), round(SCALE * picture.height))
        small = picture.convert("RGB").resize(size, Image.Resampling.LANCZOS)
    info = PngInfo()
    for key in (FINDING, NOTES):
        info.add_itxt(key, words[key])
    # the usual method gives the rare colours of lines to the many greys of letters; this one begins with the most
    # unlike colours, and the means then bring the tints of areas back
    plain = small.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, kmeans=3, dither=Image.Dither.NONE)
    plain.save(target, optimize=True, pnginfo=info)


def finding(picture: Path) -> str:
    """The sentence that a chart shows."""
    with Image.open(picture) as opened:
        return str(opened.info[FINDING])


def section(shown: Section) -> Iterator[str]:
    """The lines of a section."""
    yield from (f"## {shown.heading}", "", textwrap.fill(shown.words, 140, break_long_words=False), "")
    yield from ("```console", *(f"$ {command}" for command in shown.commands), "```", "")
    for name, file in shown.charts.items():
        said = finding(PICTURES / f"{name}.png").replace("[", r"\[").replace("]", r"\]")
        yield from (f"### {name}", "", textwrap.fill(f"What to see: {shows(name)}", 140), "")
        yield from (f"![{said}](gallery/{name}.png)", "", f"Written to `{file}`.", "")


def page() -> str:
    """The whole page."""
    head = textwrap.fill(
        "Every kind of chart that blocade draws, with the command that makes it. **The pictures are examples, most of "
        "them of few parameter sets, and not the answer**: that is in the [README](../README.md) and in "
        "[claims.md](claims.md). The small print of each chart says what it rests on. The pictures here are reduced; "
        "the command writes a larger one of the same words. `blocade list charts` lists them all, and a scenario names "
        "those it wants under `charts:`.",
        140,
        break_long_words=False,
    )
    made = textwrap.fill("Made by `python scripts/update_gallery.py`; do not edit it.", 140)
    lines = ["# Gallery", "", head, "", made, "", *(line for one in SECTIONS for line in section(one))]
    return "\n".join(lines).rstrip() + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, metavar="FOLDER", help="where to run (default: a temporary folder)")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        work: Path = (given.work or Path(temporary)).resolve()
        work.mkdir(parents=True, exist_ok=True)
        if not (work / "scenarios").exists():  # commands are printed for whoever stands in a checkout
            (work / "scenarios").symlink_to(ROOT / "scenarios")
        PICTURES.mkdir(exist_ok=True)
        for old in PICTURES.glob("*.png"):
            old.unlink()
        for one in SECTIONS:
            for command in one.commands:
                run(command, work)
            for name, file in one.charts.items():
                reduce(work / file, PICTURES / f"{name}.png")
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
