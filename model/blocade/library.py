"""Several results in one folder: an index of the questions, and the table of all claims."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np
import pandas as pd

from blocade.claims import Claim, claims, thresholds
from blocade.experiment.finished import Finished
from blocade.experiment.store import REPORT
from blocade.parameters import sets_told
from blocade.scenario.model import Scenario
from blocade.summary import BOTH_STARTS, DAGGER, claims_markdown, headline, sentence, symbols
from blocade.writing import MARK, put

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INDEX = "index.md"
FILES = (INDEX, "claims.csv", "claims.md", "claims.png")
NUMBERS = (
    "estimand", "start", "settled", "label", "unit", "n", "estimate", "low", "high", "share", "down", "flat", "s",
    "verdict",
)  # fmt: skip
ABOUT = ("claim", "words", "mechanism", "hypothesis", "scenario")
COLUMNS = (*ABOUT, *NUMBERS, "drivers", "read", "over", "chart", "note")


def claims_table(results: Iterable[Finished], folder: str | Path = ".") -> pd.DataFrame:
    """Every expectation of every claim of ``seeds/claims.yaml``, in its order, with its stored verdict from the real
    start and, where the hypothesis asks for it, from a clean one.

    Parameters
    ----------
    results : a claim is answered by the result of its own scenario; one without has a single row, and a note says why.
    folder : what the paths of charts are relative to.

    Examples
    --------
    >>> import blocade
    >>> table = blocade.claims_table([blocade.run("placebo", draws=3)])
    >>> set(table[table["n"] > 0]["claim"])
    {'placebo'}
    """
    by_name = {result.scenario["name"]: result for result in results}
    rows = [row for claim in claims().values() for row in _claim_rows(claim, by_name.get(claim.scenario), Path(folder))]
    numbers = dict.fromkeys(("estimate", "low", "high", "share", "down", "flat", "s", "read", "over"), float)
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(numbers)


def _claim_rows(claim: Claim, result: Finished | None, folder: Path) -> list[dict[str, Any]]:
    about = {
        "claim": claim.slug, "words": claim.words, "mechanism": claim.mechanism, "hypothesis": claim.hypothesis,
        "scenario": claim.scenario,
    }  # fmt: skip
    stored = [] if result is None else result.rows
    asked = [row for row in stored if row["claim"] == claim.slug]
    found = [row for row in asked if row["start"] == "real"]
    if claim.hypothesis in BOTH_STARTS:
        found += [row for row in asked if row["start"] == "clean"]
    if result is None or not found:
        was = "was not run" if result is None else "was run without asking it"
        note = claim.silent or f"its scenario, {claim.scenario}, {was}"
        empty = dict.fromkeys(("estimand", "start", "settled", "label", "unit", "drivers", "chart"), "")
        return [{**about, **empty, "n": 0, "verdict": "not answered", "note": note}]
    chart = result.folder / "charts" / f"{claim.chart}.png"
    about["chart"] = _path(chart, folder) if chart.is_file() else ""
    kept = (*NUMBERS, "read", "over")
    return [
        {**about, **{name: row[name] for name in kept}, "drivers": symbols(row), "note": _note(row)} for row in found
    ]


def _note(row: Mapping[str, Any]) -> str:
    """Why a verdict has no number."""
    if row["n"]:
        return ""
    return f"in no draw does the total exceed {thresholds().total:g}" if row["share_of"] else "no draw gives a number"


def _path(path: Path, folder: Path) -> str:
    return quote(Path(os.path.relpath(path, folder)).as_posix())


def index(results: Sequence[Finished], folder: Path, claimed: bool) -> str:
    """Every scenario of a folder: question, why, the answer in one sentence, and where to look."""
    lines = [MARK, "# Results", ""]
    lines += ["All verdicts: [table](claims.md), [chart](claims.png), [data](claims.csv).", ""] if claimed else []
    for result in results:
        place = _path(result.folder, folder)
        drawn = sorted(path.stem for path in (result.folder / "charts").glob("*.png"))
        links = [f"[{name}]({place}/charts/{name}.png)" for name in drawn]
        real = [row for row in result.rows if row["start"] == "real"]
        title, why = (" ".join(result.scenario[key].split()) for key in ("title", "why"))
        lines += [f"## [{title}]({place}/)", "", *([why, ""] if why else []), sentence(real), ""]
        page = [f"[report]({place}/{REPORT})"] if (result.folder / REPORT).is_file() else []
        lines += [" · ".join([*page, f"charts: {', '.join(links)}", f"[tables]({place}/)"]), ""]
    return "\n".join(lines)


def write(results: Sequence[Finished], folder: Path) -> pd.DataFrame | None:
    """Write the index of a folder of results, and the claims table where any of them asks a claim.

    Returns
    -------
    The claims table, or None.

    Raises
    ------
    StoreError
        If the folder cannot be written.
    """
    from blocade.charts.claims import draw  # noqa: PLC0415 (slow to import, and a single result does without)

    claimed = any(result.scenario["claims"] for result in results)
    contents: dict[str, str | Figure] = {INDEX: index(results, folder, claimed)}
    table = claims_table(results, folder) if claimed else None
    if table is not None:
        places = {result.scenario["name"]: f"{_path(result.folder, folder)}/" for result in results}
        shown = table[table["start"] != "clean"]
        marked = shown["label"] + np.where(shown["settled"] != "", DAGGER, "")
        shown = shown.assign(label=marked.where(shown["label"] != "", shown["note"]))
        contents["claims.csv"] = table.to_csv(index=False, lineterminator="\n")
        contents["claims.md"] = claims_markdown(table, places, "`blocade run`")
        contents["claims.png"] = draw(shown, headline(table), _source(results))
    put(folder, contents)
    return table


def _source(results: Sequence[Finished]) -> str:
    """How many scenarios a table of claims rests on, and their parameter sets."""
    told = dict.fromkeys(sets_told(result.sets, result.scenario["posterior"]) for result in results)
    return f"{len(results)} scenario{'s' * (len(results) != 1)}, each with {' or '.join(told)}."


def places(scenarios: Sequence[Scenario], out: Path | None) -> tuple[Path, list[Path]]:
    """The folder of an index over scenarios that are run together, and the folder of each one's results.

    Parameters
    ----------
    out : what the user names; one scenario goes there itself, and so do those of one file in several worlds.
    """
    folder = out or Path("results")
    if len(scenarios) == 1:
        return folder, [out or folder / scenarios[0].place]
    if len({scenario.path for scenario in scenarios}) == 1:
        folder = out or folder / scenarios[0].path.stem
        return folder, [folder / scenario.place.name for scenario in scenarios]
    return folder, [folder / scenario.place for scenario in scenarios]
