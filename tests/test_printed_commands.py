"""Every ``blocade …`` that a page prints runs, page by page and in order, in a fresh folder for each page.

Long ones are shortened by the tables below. ``make printed`` runs all of them as they are printed, which takes long.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from few_sets import few_sets
from matplotlib.figure import Figure
from test_discovery import DRAWS, bond, drawn_parameters, stored
from test_documents import PAGES, ROOT, printed

from blocade import api, compare, drivers
from blocade.analysis import sensitivity
from blocade.charts import boxes, regimes, tornado
from blocade.cli import main
from blocade.dashboard import serve
from blocade.parameters import table
from blocade.result import Result

AS_PRINTED = bool(os.environ.get("BLOCADE_AS_PRINTED"))
CHECKOUT = ("scenarios", "docs/examples")
"""What a page may name because its reader stands in a checkout."""


class Short(NamedTuple):
    """How a command that takes long is shortened: what is appended (the last value counts), and why it is long."""

    more: tuple[str, ...]
    why: str


ONE = ("--workers", "1")
"""What is patched is patched in this process alone."""
SHORT: Mapping[str, Short] = {
    "run": Short(("--draws", "2"), "hundreds of parameter sets: minutes"),
    "theories": Short(("--draws", "2", *ONE), "every theory is a run of its own; `shortened` takes the first two"),
    "sensitivity": Short(
        ("--runs", "400", *ONE), "12,500 runs; `shortened` fixes all parameters but four, and lets few points do"
    ),
    "discover": Short((), "needs 50 parameter sets; `shortened` has some that are invented"),
    "validate": Short(ONE, "200 sets of every episode; `few_sets` takes two"),
    "backcast": Short(ONE, "200 sets, every theory and case; `few_sets` takes two sets, two theories and one case"),
    "register": Short(ONE, "200 sets; `few_sets` takes two"),
}
INSTEAD: Mapping[str, tuple[tuple[str, ...], str]] = {
    "scenarios/": (
        ("scenarios/placebo.yaml", "scenarios/isolate-russia-north-korea.yaml"),
        "twenty scenarios; each is run by a test of its own",
    ),
}
"""Arguments that stand for much work, and what is run in their place where commands are shortened."""
ELSEWHERE: Mapping[str, tuple[str, str]] = {
    "tcp://10.0.0.5:8786": ("local", "nobody has a scheduler at this address; test_cluster.py has one at another"),
}
"""Arguments that only the reader has, and what is run in their place always."""
BRINGS: Mapping[str, tuple[Sequence[str], str]] = {
    "docs/many-machines.md": (["blocade new my-scenario.yaml"], "a scenario of the reader's own"),
    "docs/how-to/find-what-it-hangs-on.md": (["blocade new first.yaml"], "the scenario of the tutorial"),
    "docs/how-to/hand-results-on.md": (
        ["blocade new first.yaml", "blocade run first.yaml", "blocade run first.yaml --out results/second"],
        "the results of the tutorial",
    ),
    "docs/how-to/switch-a-force-off.md": (["blocade new my-scenario.yaml"], "a scenario of the reader's own"),
    "docs/how-to/explore.md": (["blocade new my-setting.yaml"], "a setting that was saved from the page"),
}
"""What the reader of a page has at hand before the first command, and what it is."""
MADE: Mapping[str, str] = {
    "docs/gallery.md": "scripts/update_gallery.py runs what it prints, and test_gallery.py holds the two together",
}
"""Pages whose commands run as printed when the page is made, and so here only where nothing is shortened."""
CODES: Mapping[str, tuple[int, ...]] = {"validate": (0, 1)}
"""Exit codes of a success that are not only 0: a pattern of history may be missed."""
PROGRESS = re.compile(r"[\w., -]+: .*\[\d+:\d\d.*|")
"""What may stand on stderr: a bar of progress, which is written over itself, or nothing."""

pytestmark = pytest.mark.skipif(not (ROOT / "docs").is_dir(), reason="an installed package has no documents")


def files(page: Path) -> dict[str, str]:
    """What a page lets its reader write: blocks whose paragraph ends with the name of a file and a colon."""
    text = page.read_text(encoding="utf-8")
    return dict(re.findall(r"`([\w.-]+)`:\n\n```(?:yaml|text)\n(.*?)```", text, flags=re.S))


def arguments(command: str) -> tuple[list[str], Path | None]:
    """The arguments of a printed command, and the file that it sends its output to; what reads a pipe is left out."""
    words = shlex.split(command, comments=True)[1:]
    words = words[: words.index("|")] if "|" in words else words
    if ">" in words:
        at = words.index(">")
        return words[:at], Path(words[at + 1])
    return words, None


def to_run(words: Sequence[str]) -> list[str]:
    """The arguments that are run for those that are printed."""
    found = [ELSEWHERE[word][0] if word in ELSEWHERE else word for word in words]
    if AS_PRINTED:
        return found
    found = [new for word in found for new in (INSTEAD[word][0] if word in INSTEAD else (word,))]
    return [*found, *SHORT[found[0]].more] if found[0] in SHORT else found


def run(command: str, capsys: pytest.CaptureFixture[str]) -> str:
    """Run a printed command where we are: what went wrong, or nothing."""
    words, file = arguments(command)
    try:
        code = main(to_run(words))
    except SystemExit as ended:  # argparse ends so, well after --help and ill after a mistake
        code = int(ended.code or 0)
    out, err = capsys.readouterr()
    if file is not None:
        file.write_text(out, encoding="utf-8")
    said = [line for line in re.split(r"[\r\n]+", err) if not PROGRESS.fullmatch(line.strip())]
    if code in CODES.get(words[0], (0,)) and not said:
        return ""
    return f"{command}\n  exit code {code}, stderr: {' / '.join(said)}"


def blank(*_given: object) -> Figure:
    """In place of a chart."""
    return Figure(figsize=(1.0, 1.0))


@contextmanager
def shortened(folder: Path) -> Iterator[None]:
    """What options cannot shorten: see `SHORT`."""
    drawn = drawn_parameters()
    invented = stored(folder, {"base": np.zeros(DRAWS), "isolate": bond(drawn)}, drawn)

    def of(results: str | Path) -> Result:
        Result(results)  # it must be there
        return invented

    with few_sets(), pytest.MonkeyPatch.context() as patch:
        variants = compare.variants
        patch.setattr(compare, "variants", lambda *given: variants(*given)[:2])
        # charts have tests of their own, and would take most of the time
        patch.setattr(api, "chart", lambda _name: blank)
        for module in (boxes, regimes, tornado):
            patch.setattr(module, "draw", blank)
        settings = drivers._settings
        fixed = {name: entry.central for name, entry in list(table().items())[4:]}
        patch.setattr(drivers, "_settings", lambda plan: {**settings(plan), **fixed})
        patch.setattr(sensitivity, "LEAST_R", 2)
        patch.setattr(sensitivity, "LEAST_N", 4)
        patch.setattr(drivers, "Result", of)
        yield


def failures(commands: Sequence[str], folder: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Run commands in turn in a folder that has of a checkout what pages name: what went wrong."""
    for name in CHECKOUT:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).symlink_to(ROOT / name)
    with pytest.MonkeyPatch.context() as patch, nullcontext() if AS_PRINTED else shortened(folder / "invented"):
        patch.chdir(folder)
        # it serves until Ctrl-C; test_explorer_browser.py opens the page
        patch.setattr(serve, "serve", lambda _scenario, _port, _say, browse: None)
        return [wrong for command in commands if (wrong := run(command, capsys))]


WITH_COMMANDS = [page.relative_to(ROOT).as_posix() for page in PAGES if printed(page)]


@pytest.mark.parametrize("page", [page for page in WITH_COMMANDS if AS_PRINTED or page not in MADE])
def test_the_commands_of_a_page_run(page: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, _ = BRINGS.get(page, ([], ""))
    for name, text in files(ROOT / page).items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert failures([*first, *printed(ROOT / page)], tmp_path, capsys) == []


def test_the_tables_name_what_is_printed() -> None:
    words = {word for page in PAGES for command in printed(page) for word in shlex.split(command, comments=True)}
    assert set(INSTEAD) | set(ELSEWHERE) <= words and set(BRINGS) | set(MADE) <= set(WITH_COMMANDS)


def test_what_does_not_run_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "```console\n$ blocade new a.yaml   # one\na.yaml: change it\n$ pip install .\n$ blocade check \\\n    b.yaml\n"
        "$ blocade list worlds --json > worlds.json\n$ blocade rum\n```\n```text\nblocade is no command here\n```\n"
        "- item\n\n  ```{code-block} console\n  :caption: so\n  blocade schema | head\n  ```\n"
    )
    commands = printed(page)
    assert commands == [
        "blocade new a.yaml   # one", "blocade check b.yaml", "blocade list worlds --json > worlds.json", "blocade rum",
        "blocade schema | head",
    ]  # fmt: skip
    page.write_text("Write `a.yaml`:\n\n```yaml\ntitle: A\n```\nand `b`:\n```yaml\nno file\n```\n")
    assert files(page) == {"a.yaml": "title: A\n"}
    folder = tmp_path / "folder"
    first, second = failures(commands, folder, capsys)
    assert first.startswith("blocade check b.yaml\n  exit code 2, stderr: ") and "b.yaml" in first
    assert second.startswith("blocade rum\n  exit code 2, stderr: ")
    assert (folder / "worlds.json").read_text().startswith("[")
