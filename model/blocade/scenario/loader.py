"""Load a scenario file: read, merge what it extends, check, resolve; all mistakes at once."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from pydantic import ValidationError

from blocade.characters import unfit_character
from blocade.scenario.arms import build_arms, build_levers, check_arms, own_events
from blocade.scenario.dates import Date, parse_date
from blocade.scenario.design import DesignFile
from blocade.scenario.inherit import read_whole
from blocade.scenario.levers import check_uses, ranges
from blocade.scenario.messages import explain, mend, several_worlds
from blocade.scenario.model import Design, Scenario, Until
from blocade.scenario.names import Frame, Vocabulary, WorldNames, read_names
from blocade.scenario.positions import MAX_NODES, Tree
from blocade.scenario.schema import ScenarioFile
from blocade.scenario.wording import Mistake, ScenarioError, mistake_at_top, quote, unknown


def load_scenario(path: str | Path, vocabulary: Vocabulary) -> Scenario:
    """Load one scenario file that stands for one scenario.

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
    first, *more = load_scenarios(path, vocabulary)
    if more:
        worlds = several_worlds(read_whole(Path(path))[0])
        text = "one scenario for each of several worlds, which only `blocade run` takes; name one as `world:` instead"
        raise ScenarioError([Mistake(worlds.spot, text)]) if worlds is not None else AssertionError(path)
    return first


def load_scenarios(path: str | Path, vocabulary: Vocabulary) -> tuple[Scenario, ...]:
    """Load a scenario file, once for each world if its design names several.

    Parameters
    ----------
    path, vocabulary
        As of `load_scenario`.

    Raises
    ------
    ScenarioError
        With every mistake of the file and of those it extends, one line each; those of some of the worlds name them.
    """
    path = Path(path)
    if path.name.startswith("_"):
        raise mistake_at_top(path, "a file whose name starts with _ is a base; check a file that extends it")
    if path.stem in {".", ".."} or unfit_character(path.name):
        raise mistake_at_top(path, "its results go to a folder of the file's name, which cannot be made; rename it")
    tree, mistakes, whole = read_whole(path)
    found: list[Scenario] = []
    wrong: dict[str, list[Mistake]] = {}
    for world, member in _members(tree):
        file, frame, more = _validate(member, vocabulary, whole)
        more = [*more, *check_arms(member, _whole(member, whole)), *check_uses(member, vocabulary.parameter_ranges)]
        wrong[world] = more
        if not (mistakes or more) and file is not None:
            name = f"{path.stem}-{Path(world).name}" if world else path.stem
            found.append(_scenario(path, name, file, frame))
    mistakes += _told(wrong, tree)
    if mistakes:
        raise ScenarioError(mistakes)
    return tuple(found)


def _members(tree: Tree) -> list[tuple[str, Tree]]:
    """The trees that a file stands for, each with the world it names in a list of worlds, or "" where there is none."""
    worlds = several_worlds(tree)
    words = [item for item in (worlds.items or ()) if _is_word(item)] if worlds is not None else []
    if worlds is not None and len(words) * tree.size() > MAX_NODES:
        text = f"{len(words)} worlds of {tree.size()} values each are more than {MAX_NODES}; name fewer"
        raise ScenarioError([Mistake(worlds.spot, text)])
    found = []
    for word in words:
        member = copy.deepcopy(tree)  # because what is mended in one would not be found in the next
        assert member.entries is not None
        member.entries["world"] = word
        member.keys["world"] = word.spot
        found.append((word.text.strip(), member))
    return found or [("", tree)]


def _is_word(item: Tree) -> bool:
    return isinstance(item.scalar, str | int) and not isinstance(item.scalar, bool)


def _told(wrong: Mapping[str, list[Mistake]], tree: Tree) -> list[Mistake]:
    """The mistakes of all worlds: what is wrong in every one once, the rest with the name of its world."""
    shared = set.intersection(*(set(mistakes) for mistakes in wrong.values()))
    worlds = several_worlds(tree)
    named = {item.spot for item in (worlds.items or ())} if worlds is not None else set()  # these say it themselves
    own = [(world, mistake) for world, mistakes in wrong.items() for mistake in mistakes if mistake not in shared]
    return [
        *shared,
        *(
            mistake if mistake.spot in named else Mistake(mistake.spot, f"in the world {quote(world)}: {mistake.text}")
            for world, mistake in own
        ),
    ]


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
    levers = MappingProxyType(ranges(tree.get("levers")))
    return Frame(vocabulary, world, key, problem, dates[0], dates[1], MappingProxyType(roles), levers)


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
    folder = Path(given.spot.file).parent / word if word and unfit_character(word) is None else None
    try:
        own = folder is not None and (folder / "states.csv").is_file()
    except OSError as error:
        return None, word, f"the world {quote(word)} cannot be read: {error.strerror}"
    if folder is not None and own:
        key = str(folder.resolve())  # the same from every working directory, and never the packaged world of that name
    elif not word or (vocabulary.world_names and word not in vocabulary.world_names):
        return None, word, unknown("world", word, sorted(vocabulary.world_names))
    else:
        key = word
    try:
        return vocabulary.worlds(key), key, None
    except (ValueError, OSError) as error:
        found = getattr(error, "mistakes", None) or str(error).splitlines() or [type(error).__name__]
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        return None, key, f"the world {quote(word)} cannot be loaded: {found[0]}{more}"


def _scenario(path: Path, name: str, file: ScenarioFile, frame: Frame) -> Scenario:
    own = [event for arm in file.arms for event in own_events(arm, file)]
    return Scenario(
        name=name,
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
        draws=file.draws if "draws" in file.model_fields_set else file.design.draws(),
        replicates=file.replicates,
        seed=file.seed,
        starts=file.starts,
        watch=file.watch.codes if file.watch is not None else (),
        measures=file.measures,
        claims=file.claims,
        hypotheses=dict(file.hypotheses),
        charts=file.charts,
        first_event=min((event.earliest() for event in own), default=None),
        levers=build_levers(file),
        design=_design(file.design),
    )


def _design(file: DesignFile) -> Design:
    until = None if file.until is None else Until(file.until.claim, file.until.narrower, file.until.most)
    return Design(file.method, file.factors, file.levels, until)
