"""The command line: ``blocade run``, ``check``, ``schema``.

Exit codes: 0 done; 2 bad input, one line on stderr for each mistake; 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

from blocade.limits import LIMITS

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
        "--draws", type=_between(*LIMITS["draws"]), metavar="N", help="parameter sets, instead of the scenario's"
    )
    run.add_argument(
        "--replicates",
        type=_between(*LIMITS["replicates"]),
        metavar="N",
        help="runs of each parameter set, instead of the scenario's",
    )
    run.add_argument("--seed", type=_between(*LIMITS["seed"]), metavar="N", help="instead of the scenario's")
    run.add_argument(
        "--workers",
        type=_between(*LIMITS["workers"]),
        metavar="N",
        help="processes (default: one for short work, else one per processor)",
    )
    run.add_argument(
        "--engine",
        choices=("batch", "agents"),
        default="batch",
        help="batch (default), or agents: state by state, slower, the same results",
    )
    run.add_argument("--force", action="store_true", help="replace the results of other inputs")
    run.add_argument("--quiet", action="store_true", help="no progress and no table")

    check = commands.add_parser("check", help="check scenario files and do nothing else")
    check.add_argument("scenario", nargs="+", metavar="FILE")

    commands.add_parser("schema", help="print the JSON Schema of scenario files")
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code."""
    # heavy imports wait until the arguments are known to be right, so that --help answers at once
    given = parser().parse_args(arguments)
    from blocade.experiment.store import StoreError  # noqa: PLC0415
    from blocade.scenario import ScenarioError  # noqa: PLC0415
    from blocade.world import WorldError  # noqa: PLC0415

    signal.signal(signal.SIGTERM, _interrupt)
    try:
        if given.command == "schema":
            return _schema()
        return _check(given.scenario) if given.command == "check" else _run(given)
    except (ScenarioError, WorldError) as error:
        print(*error.mistakes, sep="\n", file=sys.stderr)
        return BAD_INPUT
    except StoreError as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        print("stopped; nothing was left half-written", file=sys.stderr)
        return STOPPED


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """Let a polite kill end as Ctrl-C does: nothing half-written is left."""
    raise KeyboardInterrupt


def _schema() -> int:
    import json  # noqa: PLC0415

    from blocade.scenario import json_schema  # noqa: PLC0415

    print(json.dumps(json_schema(), indent=2, ensure_ascii=False))
    return 0


def _check(files: Sequence[str]) -> int:
    from blocade.api import read_all  # noqa: PLC0415

    read_all(files)
    return 0


def _run(given: argparse.Namespace) -> int:
    from blocade import api  # noqa: PLC0415

    scenarios = api.read_all(given.scenario)
    for scenario in scenarios:
        folder = given.out or Path("results")
        if len(scenarios) > 1 or given.out is None:
            folder = folder / scenario.name
        result = api.run(
            scenario,
            folder,
            draws=given.draws,
            replicates=given.replicates,
            seed=given.seed,
            workers=given.workers,
            engine=given.engine,
            force=given.force,
            progress=(lambda _done, _total: None) if given.quiet else None,
        )
        if not given.quiet:
            print(f"\n{result.summary()}\n")
    return 0


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
