"""The command line: ``blocade run``, ``report``, ``export``, ``theories``, ``sensitivity``, ``discover``,
``validate``, ``backcast``, ``register``, ``check``, ``schema``.

Exit codes: 0 done; 1 a pattern of history is missed (validate); 2 bad input, one line on stderr for each mistake; 130
stopped by Ctrl-C.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import FrameType
from typing import Any

from blocade.limits import LIMITS, SENSITIVITY_RUNS

JUDGE = "until-2013"
"""The posterior by which the model is judged."""
MISSED = 1
BAD_INPUT = 2
STOPPED = 130


def parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    top = argparse.ArgumentParser(
        prog="blocade",
        description="Does isolating a group of states break their bloc, or bind it? Run scenarios and read verdicts.",
    )
    top.add_argument("--version", action="version", version=f"blocade {_version()}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    _add_run(commands)
    _add_report(commands)

    theories = commands.add_parser(
        "theories", help="run a scenario under every theory and null model, and draw the sign map"
    )
    theories.add_argument("scenario", metavar="FILE|NAME", help="a scenario file or the name of a packaged one")
    theories.add_argument("--out", type=Path, metavar="DIR", help="results folder (default: results/theories/SCENARIO)")
    _add_usual(theories)

    _add_drivers(commands)
    _add_history(commands)

    _add_world(commands)

    check = commands.add_parser("check", help="check scenario files and do nothing else")
    check.add_argument("scenario", nargs="+", metavar="FILE")

    commands.add_parser("schema", help="print the JSON Schema of scenario files")
    return top


def _add_run(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command that runs scenarios."""
    run = commands.add_parser("run", help="run scenarios to their verdicts, tables and charts")
    run.add_argument(
        "scenario",
        nargs="+",
        metavar="FILE|NAME|FOLDER",
        help="a scenario file, the name of a packaged one, or a folder of them",
    )
    run.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="results folder (default: results/SCENARIO; for several scenarios one subfolder each)",
    )
    run.add_argument(
        "--replicates",
        type=_between(*LIMITS["replicates"]),
        metavar="N",
        help="runs of each parameter set, instead of the scenario's",
    )
    run.add_argument(
        "--engine",
        choices=("batch", "agents"),
        default="batch",
        help="batch (default), or agents: state by state, slower, the same results",
    )
    run.add_argument(
        "--resume",
        action="store_true",
        help="go on with the finished chunks of a run that was stopped; where there is none, start",
    )
    run.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="let the workers of a Dask scheduler do the work: tcp://HOST:PORT, or local (needs the extra cluster)",
    )
    _add_usual(run)


def _add_report(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Commands that hand results on."""
    report = commands.add_parser(
        "report", help="write the page of finished results anew; of several results, one page that compares them"
    )
    report.add_argument("results", nargs="+", type=Path, metavar="RESULTS", help="folder of a finished run")
    report.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help="where to (default: report.html in the folder; of several, results/compared.html)",
    )
    report.add_argument("--quiet", action="store_true", help="do not say where it is")

    export = commands.add_parser("export", help="write the tables of finished results as CSV, and one that pyam reads")
    export.add_argument("results", type=Path, metavar="RESULTS", help="folder of a finished run")
    export.add_argument("--out", type=Path, metavar="DIR", help="where to (default: results/export/RESULTS)")
    export.add_argument("--quiet", action="store_true", help="do not say where it is")


def _add_world(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Commands on worlds of one's own."""
    world = commands.add_parser("world", help="begin a world of your own, or check one")
    tasks = world.add_subparsers(dest="task", required=True, metavar="TASK")
    new = tasks.add_parser("new", help="write the tables of a world, or of some of its states, for you to change")
    new.add_argument("folder", type=Path, metavar="FOLDER", help="a new folder; its name begins with the world's year")
    new.add_argument("--source", default="2021", metavar="WORLD", help="a world to begin from (default: 2021)")
    new.add_argument("--states", nargs="+", default=[], metavar="STATE", help="names or codes (default: all states)")
    check = tasks.add_parser("check", help="check the tables of worlds, and tell every mistake")
    check.add_argument("folder", nargs="+", metavar="FOLDER|NAME")


def _add_drivers(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Commands that say what an answer hangs on."""
    sensitivity = commands.add_parser(
        "sensitivity", help="share an effect's variance among parameters: Morris screening, then Sobol' indices"
    )
    sensitivity.add_argument("scenario", metavar="FILE|NAME", help="a scenario file or the name of a packaged one")
    sensitivity.add_argument(
        "--out", type=Path, metavar="DIR", help="results folder (default: results/sensitivity/SCENARIO)"
    )
    sensitivity.add_argument("--claim", metavar="NAME", help="whose effects (default: the first that is asked)")
    sensitivity.add_argument(
        "--runs",
        type=_between(1, 10_000_000),
        default=SENSITIVITY_RUNS,
        metavar="N",
        help=f"runs of one arm (default: {SENSITIVITY_RUNS})",
    )
    sensitivity.add_argument("--seed", type=_between(*LIMITS["seed"]), metavar="N", help="instead of the scenario's")
    _add_work(sensitivity)

    discover = commands.add_parser(
        "discover", help="the conditions under which an effect of finished results comes out (PRIM and a tree)"
    )
    discover.add_argument("results", type=Path, metavar="RESULTS", help="folder of a finished run")
    discover.add_argument("--out", type=Path, metavar="DIR", help="results folder (default: results/discover/RESULTS)")
    discover.add_argument(
        "--estimand", metavar="NAME", help="which effect, as verdicts.json names it (default: the first conditional)"
    )
    discover.add_argument(
        "--over", nargs=2, metavar=("ACROSS", "UP"), help="two parameters or levers to map the effect over (default: "
        "those that tell most)"
    )  # fmt: skip
    discover.add_argument("--quiet", action="store_true", help="no table")


def _add_history(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Commands that hold the model against history."""
    validate = commands.add_parser(
        "validate", help="hold the model against the patterns of history; exit code 1 if it misses one"
    )
    _add_folder(validate, "results/validate")
    validate.add_argument(
        "--posterior",
        default=JUDGE,
        metavar="NAME",
        help=f"parameter sets: a table of seeds/posteriors, or prior for the published ranges (default: {JUDGE})",
    )
    _add_work(validate)

    backcast = commands.add_parser(
        "backcast", help="predict 2014-2021 from the end of 2013 for every pair, and score it against naive forecasts"
    )
    _add_folder(backcast, "results/backcast")
    backcast.add_argument(
        "--observed",
        type=Path,
        metavar="FILE",
        help="score a table of your own besides: iso3_a, iso3_b, year, distance (of UN ideal points)",
    )
    _add_work(backcast)

    register = commands.add_parser(
        "register", help="write forecasts of the votes of 2022-2024 for every pair, and the best naive ones beside"
    )
    _add_folder(register, "results/registered")
    _add_work(register)


def _add_usual(command: argparse.ArgumentParser) -> None:
    """Options of all commands that run."""
    for name, meaning in (("draws", "parameter sets, "), ("seed", "")):
        command.add_argument(
            f"--{name}", type=_between(*LIMITS[name]), metavar="N", help=f"{meaning}instead of the scenario's"
        )
    command.add_argument(
        "--posterior",
        metavar="NAME",
        help="where parameter sets come from, instead of the scenario's: a table of seeds/posteriors, or prior for the "
        "published ranges",
    )
    command.add_argument("--force", action="store_true", help="replace the results of other inputs")
    _add_work(command)


def _add_folder(command: argparse.ArgumentParser, usual: str) -> None:
    words = f"results folder (default: {usual})"
    command.add_argument("--out", type=Path, default=Path(usual), metavar="DIR", help=words)


def _add_work(command: argparse.ArgumentParser) -> None:
    """Options of whatever takes long."""
    command.add_argument(
        "--workers",
        type=_between(*LIMITS["workers"]),
        metavar="N",
        help="processes (default: one for short work, else one per processor)",
    )
    command.add_argument("--quiet", action="store_true", help="no progress and no table")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code."""
    # heavy imports wait until the arguments are known to be right, so that --help answers at once
    given = parser().parse_args(arguments)
    from blocade.experiment.store import StoreError  # noqa: PLC0415
    from blocade.scenario import ScenarioError  # noqa: PLC0415
    from blocade.world import WorldError  # noqa: PLC0415

    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return COMMANDS[given.command](given)
    except (ScenarioError, WorldError) as error:
        print(*error.mistakes, sep="\n", file=sys.stderr)
        return BAD_INPUT
    except StoreError as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt as error:
        print(error if error.args else "stopped; nothing was left half-written", file=sys.stderr)
        return STOPPED


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """Let a polite kill end as Ctrl-C does: nothing half-written is left."""
    raise KeyboardInterrupt


def _schema(_given: argparse.Namespace) -> int:
    import json  # noqa: PLC0415

    from blocade.scenario import json_schema  # noqa: PLC0415

    print(json.dumps(json_schema(), indent=2, ensure_ascii=False))
    return 0


def _check(given: argparse.Namespace) -> int:
    from blocade.api import read_all  # noqa: PLC0415

    read_all(given.scenario)
    return 0


def _run(given: argparse.Namespace) -> int:
    from blocade import api, library  # noqa: PLC0415
    from blocade.summary import claims_brief  # noqa: PLC0415

    scenarios = api.read_all(given.scenario)
    several, (folder, own) = len(scenarios) > 1, library.places(scenarios, given.out)
    if several:
        library.refuse_foreign(folder, library.FILES)
    results = []
    with _executor(given) as executor:
        for scenario, place in zip(scenarios, own, strict=True):
            result = api.run(
                scenario,
                place,
                replicates=given.replicates,
                engine=given.engine,
                resume=given.resume,
                executor=executor,
                **_usual(given),
            )
            results.append(result)
            if not given.quiet:
                print(f"\n{result.summary()}\n")
    if several:
        table = library.write(results, folder)
        if not given.quiet:
            told = [] if table is None else [claims_brief(table), ""]
            print(*told, f" {folder}/   {', '.join(library.FILES if told else [library.INDEX])}", "", sep="\n")
    return 0


def _executor(given: argparse.Namespace) -> AbstractContextManager[Executor | None]:
    if given.scheduler is None:
        return nullcontext()
    from blocade.experiment.cluster import scheduler  # noqa: PLC0415

    return scheduler(given.scheduler, given.workers)


def _report(given: argparse.Namespace) -> int:
    from blocade import report  # noqa: PLC0415

    written = report.write_page(given.results, given.out)
    if not given.quiet:
        print(written)
    return 0


def _export(given: argparse.Namespace) -> int:
    from blocade import export, library  # noqa: PLC0415
    from blocade.result import Result  # noqa: PLC0415

    result = Result(given.results)
    folder = given.out or library.usual_folder("export", given.results.resolve().name)
    export.export(result, folder)
    if not given.quiet:
        print(f" {folder}/   {', '.join(export.FILES)}")
    return 0


def _world(given: argparse.Namespace) -> int:
    if given.task == "new":
        from blocade.own_world import new_world  # noqa: PLC0415

        folder, states = new_world(given.folder, given.source, given.states)
        print(f" {folder}/   {states} states; a scenario takes it as  world: {folder}")
        return 0
    from blocade.world import WorldError, load_world  # noqa: PLC0415

    mistakes: list[str] = []
    for name in given.folder:
        try:
            load_world(name)
        except WorldError as error:
            mistakes += error.mistakes
    if mistakes:
        raise WorldError(mistakes)
    return 0


def _theories(given: argparse.Namespace) -> int:
    from blocade import compare, library  # noqa: PLC0415

    out = given.out or library.usual_folder("theories", Path(given.scenario).stem)
    signs = compare.compare_theories(given.scenario, out, **_usual(given))
    if not given.quiet:
        print(f"\n{compare.told(signs)}\n\n {out}/   {', '.join(compare.FILES)}\n")
    return 0


def _sensitivity(given: argparse.Namespace) -> int:
    from blocade import drivers, library  # noqa: PLC0415

    out = given.out or library.usual_folder("sensitivity", Path(given.scenario).stem)
    with _progress(given, "sensitivity") as progress:
        told = drivers.sensitivity(
            given.scenario,
            out,
            claim=given.claim,
            runs=given.runs,
            seed=given.seed,
            workers=_workers(given),
            progress=progress,
        )
    if not given.quiet:
        print(f"\n{told}\n\n {out}/   {', '.join(drivers.SENSITIVITY_FILES)}, a tornado of each effect\n")
    return 0


def _discover(given: argparse.Namespace) -> int:
    from blocade import drivers  # noqa: PLC0415

    told, folder, names = drivers.discovered(given.results, given.out, given.estimand, given.over)
    if not given.quiet:
        print(f"\n{told}\n\n {folder}/   {', '.join(names)}\n")
    return 0


def _validate(given: argparse.Namespace) -> int:
    from blocade.history import commands  # noqa: PLC0415
    from blocade.parameters import posterior  # noqa: PLC0415

    posterior(given.posterior)  # so that a bad name is told before anything runs
    with _progress(given, "validate") as progress:
        scores, told = commands.validate(given.out, given.posterior, _workers(given), progress)
    if not given.quiet:
        print(f"\n{told}\n\n {given.out}/   {', '.join(commands.VALIDATE_FILES)}\n")
    return 0 if scores["passed"].all() else MISSED


def _backcast(given: argparse.Namespace) -> int:
    from blocade.history import commands  # noqa: PLC0415

    with _progress(given, "backcast") as progress:
        told = commands.backcast(given.out, given.observed, _workers(given), progress)
    if not given.quiet:
        print(f"\n{told}\n\n {given.out}/   {', '.join(commands.BACKCAST_FILES)}\n")
    return 0


def _register(given: argparse.Namespace) -> int:
    from blocade.history import commands  # noqa: PLC0415

    with _progress(given, "register") as progress:
        written = commands.register(given.out, _workers(given), progress)
    if not given.quiet:
        print(*(f" {given.out / name}   {rows} rows" for name, rows in written.items()), sep="\n")
    return 0


def _workers(given: argparse.Namespace) -> int:
    return int(given.workers or os.cpu_count() or 1)


def _progress(given: argparse.Namespace, label: str) -> AbstractContextManager[Callable[[int, int], None]]:
    from blocade.api import progress_bar  # noqa: PLC0415

    return progress_bar((lambda _done, _total: None) if given.quiet else None, label)


def _usual(given: argparse.Namespace) -> dict[str, Any]:
    """What every command that runs hands on."""
    names = ("draws", "seed", "posterior", "workers", "force")
    passed: dict[str, Any] = {name: getattr(given, name) for name in names}
    return {**passed, "progress": (lambda _done, _total: None) if given.quiet else None}


COMMANDS = {
    "run": _run,
    "report": _report,
    "export": _export,
    "theories": _theories,
    "sensitivity": _sensitivity,
    "discover": _discover,
    "validate": _validate,
    "backcast": _backcast,
    "register": _register,
    "world": _world,
    "check": _check,
    "schema": _schema,
}


def _between(least: int, most: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{value} does not lie between {least} and {most}")
        return value

    return number


def _version() -> str:
    from blocade import __version__  # noqa: PLC0415

    return __version__
