"""From a scenario to its result: what `blocade run` and ``blocade.run`` do."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from blocade._world_tables import COLUMNS
from blocade.charts import CHARTS, READS, USUAL, chart
from blocade.claims import claims, estimands, hypotheses, thresholds, unanswerable
from blocade.experiment.drawing import Place, most_rounds, unfit
from blocade.experiment.plan import STARTS, Plan, roles_of
from blocade.experiment.provenance import digest
from blocade.experiment.runner import Progress, default_workers, execute, inputs
from blocade.experiment.size import refuse_beyond, size_of
from blocade.experiment.store import is_done, sweep
from blocade.files import is_folder
from blocade.limits import LIMITS
from blocade.measures import MEASURES, applicable
from blocade.parameters import PRIOR, bounds, posterior, posterior_file, posteriors
from blocade.resources import seeds
from blocade.result import Result
from blocade.scenario import (
    Scenario,
    ScenarioError,
    Vocabulary,
    find_scenario,
    list_scenarios,
    load_scenarios,
)
from blocade.scenario import load_scenario as load_file
from blocade.scenario.inherit import read_whole
from blocade.scenario.positions import Tree
from blocade.scenario.wording import Mistake, Spot
from blocade.theories import theories
from blocade.world import World, load_world, world_names

ENGINES = ("batch", "agents")
CHARTED = ("cohesion", "embrace", "distance")
"""Measures that the charts need, whatever a scenario asks for."""


def world_of(name: str) -> World:
    """A world, read once and then kept; a user's own is read again when its tables have changed."""
    if name in world_names():
        return _kept_world(name, ())
    tables = [Path(name) / f"{table}.csv" for table in COLUMNS]
    try:
        stamps = tuple((now.st_mtime_ns, now.st_size) for now in (table.stat() for table in tables))
    except (OSError, ValueError):
        return load_world(name)  # which says what is wrong
    return _kept_world(name, stamps)


@lru_cache(maxsize=16)
def _kept_world(name: str, _stamps: tuple[tuple[int, int], ...]) -> World:
    return load_world(name)


def vocabulary() -> Vocabulary:
    """What scenario files may name in this installation."""
    return Vocabulary(
        worlds=world_of,
        world_names=world_names(),
        theories=tuple(theories()),
        posteriors=(PRIOR, *posteriors()),
        parameter_ranges=bounds(),
        measures=tuple(MEASURES),
        claims=tuple(slug for slug, claim in claims().items() if claim.estimands),
        charts=CHARTS,
        starts=STARTS,
        hypotheses=hypotheses(),
    )


def read(path: Path) -> Scenario:
    """Load the one scenario of a file, and check that it can answer its claims and that its design can be run.

    Raises
    ------
    ScenarioError
        With every mistake, one line each.
    """
    scenario = load_file(path, vocabulary())
    _check([scenario])
    return scenario


def load_scenario(name_or_path: str | Path) -> Scenario:
    """Load a scenario by its name among the packaged ones, or by the path of its file.

    Raises
    ------
    ScenarioError
        With every mistake, one line each.

    Examples
    --------
    >>> import blocade
    >>> scenario = blocade.load_scenario("isolate-russia-north-korea")
    >>> scenario.bloc, scenario.patron
    (('PRK', 'RUS'), 'CHN')
    >>> [arm.name for arm in scenario.arms][:2]
    ['as-in-2021', 'isolate']
    """
    return read(find_scenario(name_or_path))


def read_several(path: Path) -> tuple[Scenario, ...]:
    """As `read`, but the file may stand for a scenario in each of several worlds.

    Raises
    ------
    ScenarioError
        With every mistake, one line each.
    """
    scenarios = load_scenarios(path, vocabulary())
    _check(scenarios)
    return scenarios


def _check(scenarios: Sequence[Scenario]) -> None:
    """Refuse scenarios of one file that load, and cannot answer or be drawn."""
    problems: list[tuple[Place, str]] = []
    for scenario in scenarios:
        problems += _problems(scenario)
    if problems:
        path = scenarios[0].path
        whole = read_whole(path)[0]
        raise ScenarioError([Mistake(_spot(whole, place, path), problem) for place, problem in problems])


def _problems(scenario: Scenario) -> list[tuple[Place, str]]:
    """What keeps a scenario from answering or from being drawn: where in its file, and one sentence."""
    silent = unanswerable(scenario, applicable(roles_of(scenario, world_of(scenario.world))))
    return [*(((key,), problem) for key, problem in silent), *unfit(scenario)]


def _spot(whole: Tree, place: Place, path: Path) -> Spot:
    """Where a file has what some keys lead to, or as far as they lead."""
    spot = Spot(str(path))
    here: Tree | None = whole
    for key in place:
        here = None if here is None else here.get(key)
        spot = spot if here is None else here.spot
    return spot


def read_all(named: Iterable[str | Path]) -> list[Scenario]:
    """Load scenarios by name, file or folder.

    Raises
    ------
    ScenarioError
        With the mistakes of all of them.
    """
    scenarios: list[Scenario] = []
    mistakes: list[Mistake] = []
    for given in named:
        try:
            if not str(given):
                raise ScenarioError([Mistake(Spot('""'), "an empty name; name a scenario, a file or a folder")])
            paths = list_scenarios(Path(given)) if is_folder(Path(given)) else [find_scenario(given)]
            if not paths:
                raise ScenarioError([Mistake(Spot(str(given)), "the folder holds no scenario (*.yaml, *.yml)")])
        except ScenarioError as error:
            mistakes += error.found
            continue
        for path in paths:
            try:
                scenarios += read_several(path)
            except ScenarioError as error:
                mistakes += error.found
    names = [scenario.name for scenario in scenarios]
    for scenario in scenarios:
        if names.count(scenario.name) > 1:
            mistakes.append(
                Mistake(Spot(str(scenario.path)), f'two scenarios are named "{scenario.name}"; rename one file')
            )
    if mistakes:
        raise ScenarioError(mistakes)
    return scenarios


def plan(scenario: Scenario, engine: str = "batch") -> Plan:
    """Plan the runs of a scenario.

    Raises
    ------
    WorldError
        If there is no such posterior, or its table is wrong.
    """
    asked, bounds, world = estimands(scenario), thresholds(), world_of(scenario.world)
    who = roles_of(scenario, world)
    needed = {*CHARTED, *(estimand.measure for estimand in asked)}
    needed |= {measure for name in scenario.charts for measure in READS.get(name, ())}
    wanted = needed | set(scenario.measures) if scenario.measures else set(MEASURES)
    readings = dict.fromkeys([(bounds.read, bounds.over), *((estimand.read, estimand.over) for estimand in asked)])
    files = [seeds() / "parameters.csv", seeds() / "claims.yaml", seeds() / "groups.csv"]
    folder = seeds() / "worlds" / scenario.world  # the world itself where that is an absolute path
    files += sorted(folder / f"{table}.csv" for table in COLUMNS)
    if posterior(scenario.posterior):  # so that a bad table is told before anything runs
        files.append(posterior_file(scenario.posterior))
    return Plan(
        scenario=scenario,
        world=world,
        measures=tuple(name for name in applicable(who) if name in wanted),
        files={f"{path.parent.name}/{path.name}": digest(path) for path in files},
        readings=tuple(readings),
        ablation_arms=asked[0].arms if "forces" in scenario.charts and asked else (),
        by_partner="trade" in scenario.charts,
        engine=engine,
        rounds=most_rounds(scenario),
    )


def run(
    scenario: str | Path | Scenario,
    out: str | Path | None = None,
    *,
    draws: int | None = None,
    replicates: int | None = None,
    seed: int | None = None,
    posterior: str | None = None,
    workers: int | None = None,
    executor: Executor | None = None,
    engine: str = "batch",
    force: bool = False,
    resume: bool = False,
    progress: Progress | None = None,
) -> Result:
    """Run a scenario, or read its result if the folder already holds it.

    Parameters
    ----------
    scenario : name of a packaged scenario, path of a file, or a loaded scenario.
    out : results folder, by default ``results/<scenario>``.
    draws, replicates, seed, posterior : instead of the scenario's own; the posterior "prior" is the table's ranges.
    workers : processes; by default one for short work, else one per processor.
    executor : who does the work instead (any ``concurrent.futures`` executor); it is left running.
    engine : "batch", or "agents" (the same equations, state by state, slower).
    force : replace the results of other inputs.
    resume : go on with the finished chunks of a run that was stopped; where there is none, start.
    progress : called with (runs done, runs in all); by default a progress bar.

    Raises
    ------
    ScenarioError, StoreError, WorldError, ValueError

    Examples
    --------
    >>> import blocade
    >>> result = blocade.run("placebo", draws=3)
    >>> set(result.verdicts["verdict"])
    {'negligible'}
    """
    loaded = scenario if isinstance(scenario, Scenario) else load_scenario(scenario)
    given = {"draws": draws, "replicates": replicates, "seed": seed}
    _refuse_wrong({**given, "workers": workers}, engine)
    instead = {name: value for name, value in {**given, "posterior": posterior}.items() if value is not None}
    loaded = replace(loaded, **instead)  # type: ignore[arg-type]
    if problems := _problems(loaded):  # a file was checked when it was read, and may have been changed since
        raise ScenarioError([Mistake(Spot(str(loaded.path)), problem) for _, problem in problems])
    folder = Path(out) if out is not None else Path("results") / loaded.place
    planned = plan(loaded, engine)
    asked = inputs(planned)
    if is_done(folder, asked, force):
        sweep(folder, asked)
    else:
        pool = executor or workers or default_workers(planned)
        refuse_beyond(size_of(planned, pool if isinstance(pool, int) else 0), folder)
        with progress_bar(progress, loaded.name) as report:
            execute(planned, folder, pool, report, show, resume, force)
    return Result(folder)


def _refuse_wrong(numbers: Mapping[str, object], engine: str) -> None:
    """Refuse arguments of `run` that are out of their limits, or no whole numbers."""
    for name, value in numbers.items():
        low, high = LIMITS[name]
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high):
            raise ValueError(f"{name}: {value!r} is not a whole number from {low} to {high}")
    if engine not in ENGINES:
        raise ValueError(f"engine: {engine!r} is unknown; there are {' and '.join(ENGINES)}")


def show(folder: Path) -> None:
    """Draw the charts that a result's scenario asks for, by default the usual ones, and write the report."""
    from blocade import report  # noqa: PLC0415
    from blocade.charts.style import save  # noqa: PLC0415 (matplotlib is slow to import)

    result = Result(folder)
    (folder / "charts").mkdir()
    for name in result.scenario["charts"] or USUAL:
        save(chart(name)(result), folder / "charts" / f"{name}.png")
    report.write(result)


@contextmanager
def progress_bar(progress: Progress | None, label: str) -> Iterator[Progress]:
    """A progress bar as a context, or the caller's own progress function."""
    if progress is not None:
        yield progress
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where a notebook has no widgets, a bar of text will do
        from tqdm.auto import tqdm  # noqa: PLC0415 (slow to import)

    with tqdm(desc=label, unit=" runs", dynamic_ncols=True) as bar:

        def report(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield report
