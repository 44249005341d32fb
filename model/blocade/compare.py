"""One scenario under every theory and null model: runs, the table of sets, and the sign map."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from blocade import api
from blocade.analysis.theories import PERMUTED, Variant, foremost, mechanisms, sign_table, variants
from blocade.charts.signmap import draw
from blocade.claims import estimands
from blocade.experiment.runner import Progress
from blocade.parameters import sets_told
from blocade.scenario import Scenario
from blocade.scenario.wording import mistake_at_top
from blocade.summary import beyond, change, few
from blocade.text import aligned, cell
from blocade.verdicts import MEANING
from blocade.writing import MARK, put, refuse_foreign, usual_folder

if TYPE_CHECKING:
    import pandas as pd

FILES = ("theories.md", "theories.csv", "signmap.png")


def compare_theories(
    scenario: str | Path | Scenario,
    out: str | Path | None = None,
    *,
    draws: int | None = None,
    seed: int | None = None,
    posterior: str | None = None,
    workers: int | None = None,
    force: bool = False,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Run a scenario under every theory and null model and with each mechanism left out, and draw the sign map.

    Each set has a folder of its own, so that a stopped comparison goes on where it was.

    Parameters
    ----------
    scenario : name of a packaged scenario, path of a file, or a loaded scenario.
    out : results folder, by default ``results/theories/<scenario>``.
    draws, seed, posterior, workers, force, progress : as of `blocade.run`.

    Returns
    -------
    A row for each set and expectation.

    Raises
    ------
    ScenarioError, StoreError, WorldError, ValueError

    Examples
    --------
    >>> import blocade
    >>> signs = blocade.compare_theories("placebo", draws=2)
    >>> "full" in set(signs["theory"])
    True
    """
    loaded = scenario if isinstance(scenario, Scenario) else api.load_scenario(scenario)
    given = {"draws": draws, "seed": seed, "posterior": posterior}
    loaded = replace(loaded, **{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    if not estimands(loaded):
        raise mistake_at_top(loaded.path, "one arm has nothing to be compared with; add a second under `arms:`")
    folder = Path(out) if out is not None else usual_folder("theories", loaded.name)
    refuse_foreign(folder, FILES)
    sets = variants(loaded, api.plan(loaded).world.codes)
    answers = []
    for one in sets:
        result = api.run(
            one.scenario, folder / one.name, draws=draws, seed=seed, workers=workers, force=force, progress=progress
        )
        answers.append((one, result.rows))
    signs = sign_table(answers)
    written = signs.assign(mechanisms=signs["mechanisms"].map(" ".join)).to_csv(index=False, lineterminator="\n")
    source = f"World {Path(loaded.world).name}, {sets_told(loaded.draws, loaded.posterior)} for every row."
    sheet = draw(foremost(signs), loaded.title, source)
    put(folder, dict(zip(FILES, (_markdown(loaded, sets, signs), written, sheet), strict=True)))
    return signs


def _markdown(scenario: Scenario, sets: tuple[Variant, ...], signs: pd.DataFrame) -> str:
    title, drawn = " ".join(scenario.title.split()), sets_told(scenario.draws, scenario.posterior)
    lines = [MARK, f"# {title} The answer under other sets of mechanisms", ""]
    lines += [f"Made by `blocade theories {scenario.name}`: {drawn}, seed {scenario.seed}.", ""]
    if PERMUTED not in {one.name for one in sets}:
        lines += ["The null model *permuted* was not run: too few states stand outside to take the bloc's place.", ""]
    lines += [" ".join([MEANING, *few(scenario.draws)]), "", "![Sign map](signmap.png)", ""]
    lines += ["| Set | Kind | Mechanisms that can act |", f"|{'---|' * 3}"]
    for one in sets:
        lines.append(f"| {one.name} | {one.kind} | {', '.join(mechanisms(one.scenario)) or 'none'} |")
    lines.append("")
    for (_, label), rows in signs.groupby(["claim", "label"], sort=False):
        lines += [f"## {cell(str(label))}", ""]
        lines += ["| Set | Change | 90 % of draws | Above / below | Verdict |", f"|{'---|' * 5}"]
        for row in rows.to_dict("records"):
            numbers = [*change(row), beyond(row, "up")] if row["n"] else ["–"] * 3
            lines.append(f"| {' | '.join([row['theory'], *numbers, '**' + row['verdict'] + '**'])} |")
        lines.append("")
    return "\n".join(lines)


def told(signs: pd.DataFrame) -> str:
    """Sets against the first expectations, as aligned lines: verdict, and shares of draws that rise and fall."""
    shown = foremost(signs)
    labels = list(shown["label"].unique())
    lines = [["Set", *(str(number) for number in range(1, len(labels) + 1))]]
    for name, rows in shown.groupby("theory", sort=False):
        lines.append([str(name), *(_sign(row) for _, row in rows.iterrows())])
    key = [f" {number}: {label}" for number, label in enumerate(labels, start=1)]
    note = " ↑ ↓: per cent of parameter draws that rise and fall by more than the smallest effect that counts."
    return "\n".join([*key, "", *aligned(lines), "", note])


def _sign(row: pd.Series[Any]) -> str:
    return f"{row['verdict']} ↑{100 * row['up']:.0f} ↓{100 * row['down']:.0f}" if row["n"] else str(row["verdict"])
