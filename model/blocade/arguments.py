"""What the command line takes: the parser of every command, and what exit codes mean."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from pathlib import Path

from blocade.catalogue import CATALOGUES
from blocade.characters import unfit_character
from blocade.limits import LIMITS, SENSITIVITY_RUNS

JUDGE = "until-2013"
"""The posterior by which the model is judged."""
SEED = "the seed of all that is drawn"
MISSED = 1
BAD_INPUT = 2
STOPPED = 130
UNREAD = 141
"""128 and the number of SIGPIPE, as of any program whose reader goes away."""
EXIT_CODES = (
    f"exit codes: 0 done; {MISSED} a pattern of history is missed (validate); {BAD_INPUT} bad input, or a disk or "
    f"worker that fails, one line on stderr for each; {STOPPED} stopped by Ctrl-C or kill; {UNREAD} the reader of the "
    "output went away"
)


def parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    top = argparse.ArgumentParser(
        prog="blocade",
        description="Does isolating a group of states break their bloc, or bind it? Run scenarios and read verdicts.",
        epilog=EXIT_CODES,
    )
    top.add_argument("--version", action="version", version=f"blocade {_version()}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    _add_run(commands)
    _add_report(commands)
    _add_explore(commands)

    theories = commands.add_parser(
        "theories", help="run a scenario under every theory and null model, and draw the sign map"
    )
    theories.add_argument("scenario", metavar="FILE|NAME", help="a scenario file or the name of a packaged one")
    theories.add_argument(
        "--out", type=_path, metavar="DIR", help="results folder (default: results/theories/SCENARIO)"
    )
    _add_usual(theories)

    _add_drivers(commands)
    _add_history(commands)

    _add_world(commands)
    _add_writing(commands)
    return top


def _add_run(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command that runs scenarios."""
    run = commands.add_parser("run", help="run scenarios to their verdicts, tables and charts")
    _add_scenarios(run)
    run.add_argument(
        "--out",
        type=_path,
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
        help="batch, or agents: state by state, slower, the same results (default: batch)",
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
    run.add_argument("--json", action="store_true", help="print title, folder and verdicts as JSON, and no table")
    _add_usual(run)


def _add_report(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Commands that hand results on."""
    report = commands.add_parser(
        "report", help="write the page of finished results anew; of several results, one page that compares them"
    )
    report.add_argument("results", nargs="+", type=_path, metavar="RESULTS", help="folder of a finished run")
    report.add_argument(
        "--out",
        type=_path,
        metavar="FILE",
        help="where to (default: report.html in the folder; of several, results/compared.html)",
    )
    report.add_argument("--quiet", action="store_true", help="do not say where it is")

    export = commands.add_parser("export", help="write the tables of finished results as CSV, and one that pyam reads")
    export.add_argument("results", type=_path, metavar="RESULTS", help="folder of a finished run")
    export.add_argument("--out", type=_path, metavar="DIR", help="where to (default: results/export/RESULTS)")
    export.add_argument("--quiet", action="store_true", help="do not say where it is")


def _add_explore(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The command that opens the explorer."""
    explore = commands.add_parser(
        "explore", help="open a page on this machine where a scenario can be changed, and is run at once"
    )
    explore.add_argument(
        "scenario",
        nargs="?",
        default="isolate-russia-north-korea",
        metavar="FILE|NAME",
        help="a scenario to begin with (default: the article's)",
    )
    explore.add_argument(
        "--port", type=_between(0, 65_535), default=0, metavar="N", help="port of the page (default: a free one)"
    )
    explore.add_argument("--no-browser", action="store_true", help="say where the page is, and open no browser")


def _add_world(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Commands on worlds of one's own."""
    world = commands.add_parser("world", help="begin a world of your own, or check one")
    tasks = world.add_subparsers(dest="task", required=True, metavar="TASK")
    new = tasks.add_parser("new", help="write the tables of a world, or of some of its states, for you to change")
    new.add_argument("folder", type=_path, metavar="FOLDER", help="a new folder; its name begins with the world's year")
    new.add_argument("--source", default="2021", metavar="WORLD", help="a world to begin from (default: 2021)")
    new.add_argument("--states", nargs="+", default=[], metavar="STATE", help="names or codes (default: all states)")
    new.add_argument(
        "--acts",
        type=_path,
        metavar="FILE",
        help="acts in place of the world's, from a history: CSV with id, date, until, senders, target, kind, severity",
    )
    check = tasks.add_parser("check", help="check the tables of worlds, and tell every mistake")
    check.add_argument("folder", nargs="+", metavar="FOLDER|NAME", help="a folder of tables, or a packaged world")


def _add_drivers(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Commands that say what an answer hangs on."""
    sensitivity = commands.add_parser(
        "sensitivity", help="share an effect's variance among parameters: Morris screening, then Sobol' indices"
    )
    sensitivity.add_argument("scenario", metavar="FILE|NAME", help="a scenario file or the name of a packaged one")
    sensitivity.add_argument(
        "--out", type=_path, metavar="DIR", help="results folder (default: results/sensitivity/SCENARIO)"
    )
    sensitivity.add_argument("--claim", metavar="NAME", help="whose effects (default: the first that is asked)")
    sensitivity.add_argument(
        "--runs",
        type=_between(1, 10_000_000),
        default=SENSITIVITY_RUNS,
        metavar="N",
        help=f"runs of one arm (default: {SENSITIVITY_RUNS})",
    )
    words = f"{SEED}, instead of the scenario's"
    sensitivity.add_argument("--seed", type=_between(*LIMITS["seed"]), metavar="N", help=words)
    _add_work(sensitivity)

    discover = commands.add_parser(
        "discover", help="the conditions under which an effect of finished results comes out (PRIM and a tree)"
    )
    discover.add_argument("results", type=_path, metavar="RESULTS", help="folder of a finished run")
    discover.add_argument("--out", type=_path, metavar="DIR", help="results folder (default: results/discover/RESULTS)")
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
        type=_path,
        metavar="FILE",
        help="score a table of your own besides: iso3_a, iso3_b, year, distance (of UN ideal points)",
    )
    _add_work(backcast)

    register = commands.add_parser(
        "register", help="write forecasts of the votes of 2022-2024 for every pair, and the best naive ones beside"
    )
    _add_folder(register, "results/registered")
    _add_work(register)


def _add_writing(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Commands for whoever writes a scenario."""
    listed = commands.add_parser("list", help="list what there is to run, and what a scenario file may name")
    listed.add_argument("kind", choices=tuple(CATALOGUES), help="what to list")
    listed.add_argument("--json", action="store_true", help="print it as JSON")

    new = commands.add_parser("new", help="write a scenario file to start from, every key explained")
    new.add_argument("file", type=_path, metavar="FILE", help="where to; nothing that is there is overwritten")

    check = commands.add_parser("check", help="check scenario files and do nothing else")
    _add_scenarios(check)

    commands.add_parser("schema", help="print the JSON Schema of scenario files")


def _add_scenarios(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "scenario",
        nargs="+",
        metavar="FILE|NAME|FOLDER",
        help="a scenario file, the name of a packaged one, or a folder of them",
    )


def _add_usual(command: argparse.ArgumentParser) -> None:
    """Options of all commands that run."""
    for name, meaning in (("draws", "parameter sets"), ("seed", SEED)):
        command.add_argument(
            f"--{name}", type=_between(*LIMITS[name]), metavar="N", help=f"{meaning}, instead of the scenario's"
        )
    command.add_argument(
        "--posterior",
        metavar="NAME",
        help="where parameter sets come from, instead of the scenario's: a table of seeds/posteriors, or prior for the "
        "published ranges",
    )
    command.add_argument("--force", action="store_true", help="replace the results of other inputs")
    _add_work(command, "one for short work, else one per processor")


def _add_folder(command: argparse.ArgumentParser, usual: str) -> None:
    words = f"results folder (default: {usual})"
    command.add_argument("--out", type=_path, default=Path(usual), metavar="DIR", help=words)


def _add_work(command: argparse.ArgumentParser, usual: str = "one per processor") -> None:
    """Options of whatever takes long; ``usual`` says how many processes it takes by itself."""
    command.add_argument(
        "--workers",
        type=_between(*LIMITS["workers"]),
        metavar="N",
        help=f"processes (default: {usual})",
    )
    command.add_argument("--quiet", action="store_true", help="no progress and no table")


def _path(text: str) -> Path:
    unfit = unfit_character(text)
    if unfit is not None:
        raise argparse.ArgumentTypeError(f"{text!a} holds the character {unfit}, which no name here may hold")
    return Path(text)


def _between(least: int, most: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if not re.fullmatch(r"[+-]?[0-9]{1,40}", text):
            shown = text if len(text) <= 40 else f"{text[:40]}…"
            raise argparse.ArgumentTypeError(f"{shown!a} is not a whole number")
        value = int(text)
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{value} does not lie between {least} and {most}")
        return value

    return number


def _version() -> str:
    from blocade import __version__  # noqa: PLC0415

    return __version__
