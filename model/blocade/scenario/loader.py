"""Load a scenario file: read, merge what it extends, check, resolve; all mistakes at once."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

from pydantic import ValidationError

from blocade.scenario.arms import build_arms, check_arms, own_events
from blocade.scenario.dates import Date, parse_date
from blocade.scenario.inherit import read_whole
from blocade.scenario.messages import explain, mend
from blocade.scenario.model import Scenario
from blocade.scenario.names import Frame, Vocabulary, WorldNames, read_names
from blocade.scenario.positions import Tree
from blocade.scenario.schema import ScenarioFile
from blocade.scenario.wording import Mistake, ScenarioError, mistake_at_top, quote, unknown


def load_scenario(path: str | Path, vocabulary: Vocabulary) -> Scenario:
    """Load one scenario file.

    Parameters
    ----------
    path
        The file; messages show it as given here.
    vocabulary
        What the file may name.

    Raises
    ------
    ScenarioError
        With every mistake of the file and of those it extends, one line each.
    """
    path = Path(path)
    if path.name.startswith("_"):
        raise mistake_at_top(path, "a file whose name starts with _ is a base; check a file that extends it")
    tree, mistakes, whole = read_whole(path)
    file, frame, more = _validate(tree, vocabulary, whole)
    mistakes += [*more, *check_arms(tree, _whole(tree, whole))]
    if mistakes or file is None:
        raise ScenarioError(mistakes)
    return _scenario(path, file, frame)


def _validate(
    tree: Tree, vocabulary: Vocabulary, whole: bool
) -> tuple[ScenarioFile | None, Frame, list[Mistake]]:
    """Check a merged tree; misspelt keys are mended in it one by one, so this ends."""
    mistakes: list[Mistake] = []
    while True:
        frame = _frame(tree, vocabulary, _whole(tree, whole))
        try:
            return ScenarioFile.model_validate(tree.plain(), context=frame), frame, mistakes
        except ValidationError as error:
            errors = error.errors(include_url=False)
        mended = mend(tree, errors)
        mistakes += mended
        if not mended:
            explained = [explain(tree, error, _whole(tree, whole)) for error in errors]
            return None, frame, mistakes + [mistake for mistake in explained if mistake is not None]


def _whole(tree: Tree, whole: bool) -> bool:
    """Say whether nothing is missing: an `extends` that turns up now was misspelt and not followed."""
    return whole and tree.get("extends") is None


def _frame(tree: Tree, vocabulary: Vocabulary, whole: bool) -> Frame:
    """Read what the parts of a file are checked against, as far as it can be read."""
    world, key, problem = _world(tree.get("world"), vocabulary)
    roles: dict[str, tuple[str, ...] | None] = {
        role: _codes(tree.get(role), world)
        for role in ("bloc", "senders", "patron")
        if role != "patron" or not whole or tree.get(role) is not None
    }
    dates = [_date(tree.get(name)) for name in ("start", "end")]
    return Frame(vocabulary, world, key, problem, dates[0], dates[1], MappingProxyType(roles))


def _date(given: Tree | None) -> Date | None:
    return None if given is None else parse_date(given.plain())


def _codes(given: Tree | None, world: WorldNames | None) -> tuple[str, ...] | None:
    if given is None or world is None:
        return None
    words = [item.text for item in given.items or [given] if isinstance(item.scalar, str)]
    return read_names(words, world, {}).states.codes


def _world(given: Tree | None, vocabulary: Vocabulary) -> tuple[WorldNames | None, str, str | None]:
    """Load the world: a folder beside the file that names it, else a world of the package."""
    if given is None or isinstance(given.scalar, bool) or not isinstance(given.scalar, str | int):
        return None, "", None
    word = given.text.strip()
    folder = Path(given.spot.file).parent / word if word and "\0" not in word else None
    if folder is not None and (folder / "states.csv").is_file():
        key = str(folder.resolve())  # the same from every working directory, and never the packaged world of that name
    elif not word or (vocabulary.world_names and word not in vocabulary.world_names):
        return None, word, unknown("world", word, sorted(vocabulary.world_names))
    else:
        key = word
    try:
        return vocabulary.worlds(key), key, None
    except (ValueError, OSError, LookupError) as error:
        found = getattr(error, "mistakes", None) or str(error).splitlines() or [type(error).__name__]
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        return None, key, f"the world {quote(word)} cannot be loaded: {found[0]}{more}"


def _scenario(path: Path, file: ScenarioFile, frame: Frame) -> Scenario:
    own = [event for name in file.arms for event in own_events(name, file)]
    return Scenario(
        name=path.stem,
        path=path,
        title=file.title,
        why=file.why,
        world=file.world,
        bloc=file.bloc.codes,
        patron=file.patron.codes[0] if file.patron is not None else None,
        senders=file.senders.codes,
        start=file.start.value,
        end=file.end.value,
        arms=build_arms(file),
        theory=file.theory,
        parameters=dict(file.parameters),  # a plain dict, because plans travel to worker processes
        posterior=file.posterior,
        draws=file.draws,
        replicates=file.replicates,
        seed=file.seed,
        starts=file.starts,
        watch=file.watch.codes if file.watch is not None else (),
        measures=file.measures,
        claims=file.claims,
        hypotheses=dict(file.hypotheses),
        charts=file.charts,
        first_event=min((event.at for event in own), default=None),
    )
