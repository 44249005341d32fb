"""The command line: every command, handed on to what does its work. `blocade.arguments` says what it takes."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import MappingProxyType
from typing import Any

from blocade import interrupts
from blocade.arguments import BAD_INPUT, MISSED, STOPPED, UNREAD, parser
from blocade.catalogue import CATALOGUES, table
from blocade.characters import one_line


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code."""
    try:
        try:
            with interrupts.answered():
                return _answer(arguments)
        finally:
            print(end="", flush=True)  # so that a reader who went away is noticed here, not by Python at its end
    except BrokenPipeError:
        # Python flushes both once more when it ends, and would complain; what is left goes nowhere instead
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for stream in (sys.stdout, sys.stderr):
            os.dup2(nowhere, stream.fileno())
        return UNREAD
    except KeyboardInterrupt as error:
        print(error if error.args else "stopped; nothing was left half-written", file=sys.stderr)
        return STOPPED


def _answer(arguments: Sequence[str] | None) -> int:
    # heavy imports wait until the arguments are known to be right, so that --help answers at once
    given = parser().parse_args(arguments)
    from blocade.experiment.store import StoreError  # noqa: PLC0415
    from blocade.scenario import ScenarioError  # noqa: PLC0415
    from blocade.world import WorldError  # noqa: PLC0415

    try:
        return COMMANDS[given.command](given)
    except (ScenarioError, WorldError) as error:
        print(*error.mistakes, sep="\n", file=sys.stderr)
        return BAD_INPUT
    except StoreError as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    except BrokenPipeError:
        raise
    except OSError as error:
        # what is read and written is checked where it is used; this is the file, folder or device that still fails
        where = f"{error.filename}: " if error.filename else ""
        print(one_line(f"{where}cannot be used ({error.strerror or error}); name another place"), file=sys.stderr)
        return BAD_INPUT
    except MemoryError:
        print("the memory is not enough for this; ask for less at a time: draws, replicates, workers", file=sys.stderr)
        return BAD_INPUT


def _list(given: argparse.Namespace) -> int:
    rows = CATALOGUES[given.kind]()
    if given.json:
        _print_json(rows)
    else:
        print(*table(rows), sep="\n")
    return 0


def _new(given: argparse.Namespace) -> int:
    from blocade.scenario import template  # noqa: PLC0415

    template.write(given.file)
    print(f"{given.file}: change it, then `blocade check {given.file}` and `blocade run {given.file}`")
    return 0


def _schema(_given: argparse.Namespace) -> int:
    from blocade.scenario import json_schema  # noqa: PLC0415

    _print_json(json_schema())
    return 0


def _print_json(value: object) -> None:
    print(json.dumps(value, indent=2, ensure_ascii=False))


def _check(given: argparse.Namespace) -> int:
    from blocade.api import read_all  # noqa: PLC0415

    read_all(given.scenario)
    return 0


def _run(given: argparse.Namespace) -> int:
    from blocade import api, library, writing  # noqa: PLC0415
    from blocade.summary import claims_brief  # noqa: PLC0415

    scenarios = api.read_all(given.scenario)
    several, (folder, own) = len(scenarios) > 1, library.places(scenarios, given.out)
    told = not (given.quiet or given.json)
    if several:
        writing.refuse_foreign(folder, library.FILES)
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
            if told:
                print(f"\n{result.summary()}\n")
    if several:
        claimed = library.write(results, folder)
        if told:
            brief = [] if claimed is None else [claims_brief(claimed), ""]
            print(*brief, f" {folder}/   {', '.join(library.FILES if brief else [library.INDEX])}", "", sep="\n")
    if given.json:
        answers = [
            {"title": one.manifest["title"], "folder": str(one.folder), "verdicts": one.rows}
            for one in results
        ]
        _print_json(answers if several else answers[0])
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


def _explore(given: argparse.Namespace) -> int:
    from blocade import api  # noqa: PLC0415
    from blocade.dashboard.serve import serve  # noqa: PLC0415

    scenario = api.load_scenario(given.scenario)

    def say(address: str) -> None:
        print(f"{address}   Ctrl-C ends it", flush=True)

    serve(scenario, given.port, say, browse=not given.no_browser)
    return 0


def _export(given: argparse.Namespace) -> int:
    from blocade import export, writing  # noqa: PLC0415
    from blocade.result import Result  # noqa: PLC0415

    result = Result(given.results)
    folder = given.out or writing.usual_folder("export", given.results.resolve().name)
    export.export(result, folder)
    if not given.quiet:
        print(f" {folder}/   {', '.join(export.FILES)}")
    return 0


def _world(given: argparse.Namespace) -> int:
    if given.task == "new":
        from blocade.own_world import new_world  # noqa: PLC0415

        folder, states, acts = new_world(given.folder, given.source, given.states, given.acts)
        print(f" {folder}/   {states} states, {acts} acts in force; a scenario takes it as  world: {folder}")
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
    from blocade import compare, writing  # noqa: PLC0415

    out = given.out or writing.usual_folder("theories", Path(given.scenario).stem)
    signs = compare.compare_theories(given.scenario, out, **_usual(given))
    if not given.quiet:
        print(f"\n{compare.told(signs)}\n\n {out}/   {', '.join(compare.FILES)}\n")
    return 0


def _sensitivity(given: argparse.Namespace) -> int:
    from blocade import drivers, writing  # noqa: PLC0415

    out = given.out or writing.usual_folder("sensitivity", Path(given.scenario).stem)
    workers = _workers(given)
    with _progress(given, "sensitivity") as progress:
        told = drivers.sensitivity(
            given.scenario,
            out,
            claim=given.claim,
            runs=given.runs,
            seed=given.seed,
            workers=workers,
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
    workers = _workers(given)
    with _progress(given, "validate") as progress:
        scores, told = commands.validate(given.out, given.posterior, workers, progress)
    if not given.quiet:
        print(f"\n{told}\n\n {given.out}/   {', '.join(commands.VALIDATE_FILES)}\n")
    return 0 if scores["passed"].all() else MISSED


def _backcast(given: argparse.Namespace) -> int:
    from blocade.history import commands  # noqa: PLC0415

    workers = _workers(given)
    with _progress(given, "backcast") as progress:
        told = commands.backcast(given.out, given.observed, workers, progress)
    if not given.quiet:
        print(f"\n{told}\n\n {given.out}/   {', '.join(commands.BACKCAST_FILES)}\n")
    return 0


def _register(given: argparse.Namespace) -> int:
    from blocade.history import commands  # noqa: PLC0415

    workers = _workers(given)
    with _progress(given, "register") as progress:
        written = commands.register(given.out, workers, progress)
    if not given.quiet:
        print(*(f" {given.out / name}   {rows} rows" for name, rows in written.items()), sep="\n")
    return 0


def _workers(given: argparse.Namespace) -> int:
    from blocade.experiment.size import PROCESS, Size, refuse_beyond  # noqa: PLC0415

    workers = int(given.workers or os.cpu_count() or 1)
    refuse_beyond(Size(workers * PROCESS), given.out or Path("results"))
    return workers


def _progress(given: argparse.Namespace, label: str) -> AbstractContextManager[Callable[[int, int], None]]:
    from blocade.api import progress_bar  # noqa: PLC0415

    return progress_bar((lambda _done, _total: None) if given.quiet else None, label)


def _usual(given: argparse.Namespace) -> dict[str, Any]:
    """What every command that runs hands on."""
    names = ("draws", "seed", "posterior", "workers", "force")
    passed: dict[str, Any] = {name: getattr(given, name) for name in names}
    return {**passed, "progress": (lambda _done, _total: None) if given.quiet else None}


COMMANDS = MappingProxyType({
    "run": _run,
    "report": _report,
    "explore": _explore,
    "export": _export,
    "theories": _theories,
    "sensitivity": _sensitivity,
    "discover": _discover,
    "validate": _validate,
    "backcast": _backcast,
    "register": _register,
    "world": _world,
    "list": _list,
    "new": _new,
    "check": _check,
    "schema": _schema,
})
