"""Documents: links lead somewhere, printed commands are understood, and no equation is left out of the account."""

import re
import shlex
from pathlib import Path

import pytest

import blocade
from blocade import equations
from blocade.cli import parser
from blocade.parameters import table

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "benchmarks").glob("*.md")])
LINK = re.compile(r"\]\(([^)\s]+)\)")
BLOCK = re.compile(r"^([ \t]*)```+(?:\{code-block\} *)?console[^\n]*\n(.*?)^\1```", flags=re.S | re.M)
"""A block for the console, be it in a list; Markdown's or MyST's."""

pytestmark = pytest.mark.skipif(not (ROOT / "docs").is_dir(), reason="an installed package has no documents")


def printed(page: Path) -> list[str]:
    """Every ``blocade …`` that a page prints in a block for the console, in order; other lines are output.

    Where a block has prompts, only lines behind one are commands. A backslash joins a line with the next.
    """
    found = []
    for _, block in BLOCK.findall(page.read_text(encoding="utf-8")):
        lines = [line.strip() for line in re.sub(r"\\\n\s*", "", block).splitlines()]
        behind = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
        found += [line for line in behind or lines if line.startswith("blocade ")]
    return found


def commands() -> list[tuple[str, str]]:
    """Every printed command of every page: (page, command)."""
    return [(page.name, command) for page in PAGES for command in printed(page)]


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page: Path) -> None:
    links = LINK.findall(page.read_text(encoding="utf-8"))
    within = [link.split("#")[0] for link in links if not re.match(r"https?:|#|mailto:", link)]
    lost = [link for link in within if not (page.parent / link).exists()]
    assert lost == []


@pytest.mark.parametrize(("page", "command"), commands())
def test_every_printed_command_is_understood(page: str, command: str) -> None:
    given = parser().parse_args(shlex.split(command, comments=True)[1:])
    assert given.command


def test_commands_are_found_at_all() -> None:
    assert len(commands()) > 15
    with pytest.raises(SystemExit):
        parser().parse_args(["rum", "x"])


def test_the_account_of_the_model_names_every_equation() -> None:
    """Equations are numbered without a gap, and the ODD links the file of each."""
    account = (ROOT / "docs" / "explanation" / "odd.md").read_text(encoding="utf-8")
    numbered = {}
    for path in Path(equations.__path__[0]).glob("*.py"):
        found = re.match(r'"""Equation (\d+)', path.read_text(encoding="utf-8"))
        if found:
            numbered[int(found[1])] = path.name
    assert sorted(numbered) == list(range(1, max(numbered) + 1))
    for number, name in numbered.items():
        assert re.search(rf"^\| {number} \|.*/equations/{name}\) \|$", account, flags=re.M), name


def test_every_parameter_has_a_source_or_the_word_assumption() -> None:
    assert all(entry.source.strip() for entry in table().values())


def test_the_citation_names_this_version() -> None:
    assert f"\nversion: {blocade.__version__}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")
