"""The documentation as a site: built without a warning, nothing left out that the code offers, no net needed."""

import argparse
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pytest

import blocade
from blocade.arguments import EXIT_CODES, parser
from blocade.catalogue import CATALOGUES
from blocade.parameters import table
from blocade.scenario import json_schema
from blocade.scenario.schema import EVENT_FILES

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
FETCHED = {**dict.fromkeys(("script", "img", "iframe", "source", "video", "audio"), "src"), "link": "href"}
"""What a browser fetches by itself: tag -> attribute."""

pytestmark = pytest.mark.skipif(not DOCS.is_dir(), reason="an installed package has no documents")


class Page(HTMLParser):
    """What a page shows as code, links and fetches."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.code: set[str] = set()
        self.terms: set[str] = set()  # code that a list defines
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.styles: list[str] = []
        self._text: list[str] | None = None
        self._term = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.ids.add(given.get("id") or "")
        self.styles.append(given.get("style") or "")
        if tag in ("a", "form"):  # the form is that of the search
            self.links.append(given.get("href") or given.get("action") or "")
        if tag in FETCHED:
            self.fetched.append(given.get(FETCHED[tag]) or "")
        if tag == "code":
            self._text = []
        self._term = tag == "dt" or (self._term and tag != "dd")

    def handle_endtag(self, tag: str) -> None:
        if tag == "code" and self._text is not None:
            word = " ".join("".join(self._text).split())
            self.code.add(word)
            self.terms |= {word} if self._term else set()
            self._text = None

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.append(data)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built from nothing with warnings as errors."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", "-d", str(folder / "doctrees")]
    built = subprocess.run([*command, str(DOCS), str(folder / "html")], capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    return folder / "html"


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, Page]:
    """Every page by its path."""
    found = sorted(site.rglob("*.html"))
    return {path.relative_to(site).as_posix(): Page(path.read_text(encoding="utf-8")) for path in found}


def commands(top: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """Every command below a parser, with those below it."""
    for action in top._actions:
        if isinstance(action, argparse._SubParsersAction):
            for command in action.choices.values():
                yield command
                yield from commands(command)


def test_every_command_and_option_has_its_place(site: Path) -> None:
    sections = re.split(r'<section id="', (site / "reference/command-line.html").read_text(encoding="utf-8"))
    told = {section.partition('"')[0]: Page(section).terms for section in sections}
    known = {command.prog.replace(" ", "-"): command for command in commands(parser())}
    assert {"blocade-run", "blocade-world-new"} <= set(known)
    for name, command in known.items():
        written = {term.partition(" ")[0] for term in told[name]}
        taken = {action.option_strings[-1] if action.option_strings else str(action.metavar or "")
                 for action in command._actions if action.dest not in ("help", "task")}  # fmt: skip
        assert {word for word in taken if word} - written == set(), name


def test_exit_codes_are_told(site: Path) -> None:
    html = (site / "reference/command-line.html").read_text(encoding="utf-8")
    codes = re.findall(r"(\d+) \w", EXIT_CODES)
    assert len(codes) == 5
    assert [code for code in codes if f"<p>{code}</p>" not in html] == []


def test_every_key_of_a_scenario_and_every_kind_of_event_is_there(pages: dict[str, Page]) -> None:
    page, schema = pages["reference/scenario-files.html"], json_schema()
    parts = [schema, *schema["$defs"].values()]
    keys = {key for part in parts for key in part["properties"]} - {"kind"}
    assert sorted(keys - page.terms) == []
    assert [kind for kind in EVENT_FILES if kind not in page.ids] == []


def test_every_name_that_can_be_listed_is_there(pages: dict[str, Page]) -> None:
    there = pages["reference/names.html"].code | pages["reference/parameters.html"].code
    for kind, rows in CATALOGUES.items():
        assert [row["name"] for row in rows() if row["name"] not in there] == [], kind


def test_every_parameter_is_there_with_its_range(site: Path) -> None:
    html = (site / "reference/parameters.html").read_text(encoding="utf-8")
    rows = [re.findall(r"<p>(.*?)</p>", row, re.S) for row in html.split("<tr")]
    spans = {Page(row[0]).code.pop(): row[1:4] for row in rows[2:]}
    for name, entry in table().items():
        assert [float(cell.replace("−", "-")) for cell in spans[name]] == [entry.low, entry.central, entry.high]


def test_every_public_name_is_documented(pages: dict[str, Page]) -> None:
    ids = pages["reference/python.html"].ids
    assert [name for name in blocade.__all__ if f"blocade.{name}" not in ids] == []
    numbered = [name for name in pages["reference/equations.html"].ids if name.startswith("equation-")]
    assert len(numbered) == 14


def test_short_entries_of_docstrings_are_names_with_a_meaning(site: Path) -> None:
    html = (site / "reference/python.html").read_text(encoding="utf-8")
    assert "<strong>draws, replicates, seed, posterior</strong> – instead of" in html
    assert "<strong>years</strong> – length of the run." in html  # two entries share a line


def test_no_page_fetches_anything_from_the_net(pages: dict[str, Page], site: Path) -> None:
    far = [(name, url) for name, page in pages.items() for url in page.fetched if re.match(r"(https?:)?//", url)]
    assert far == []
    styles = [path.read_text(encoding="utf-8") for path in site.rglob("*.css")]
    assert len(styles) > 2
    styles += [style for page in pages.values() for style in page.styles]
    assert [style for style in styles if re.search(r"url\(\s*[\"']?(https?:)?//|@import", style)] == []


def test_every_page_is_reached_from_the_first_and_every_link_leads_somewhere(
    pages: dict[str, Page], site: Path
) -> None:
    reached, open_, lost = set[str](), ["index.html"], []
    while open_:
        name = open_.pop()
        reached.add(name)
        for link in pages[name].links:
            parts = urlsplit(urljoin(f"http://here/{name}", link))
            path = unquote(parts.path).removeprefix("/")
            if parts.netloc != "here":
                continue
            if path not in pages:
                lost += [] if (site / path).is_file() else [(name, link)]
            elif unquote(parts.fragment) not in pages[path].ids | {""}:
                lost.append((name, link))
            elif path not in reached:
                open_.append(path)
    assert lost == []
    assert set(pages) - reached == {"_modules/index.html"}  # Sphinx's list of sources, each of which is reached


def test_figures_of_the_first_page_stand_in_the_readme() -> None:
    figure = re.compile(r"[+−]?\d*\.?\d+")
    first = figure.findall((DOCS / "index.md").read_text(encoding="utf-8"))
    assert len(first) > 8
    known = set(figure.findall((ROOT / "README.md").read_text(encoding="utf-8")))
    assert [number for number in first if number not in known] == []
