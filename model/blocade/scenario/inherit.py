"""Files extend files: find the base, stay inside the scenario folders, merge."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from blocade import resources
from blocade.files import is_file
from blocade.scenario.positions import MAX_NODES, Tree, read_tree
from blocade.scenario.wording import Mistake, ScenarioError, mistake_at_top, nearest, quote

ENDINGS: Final = (".yaml", ".yml")
"""Ends of the names of scenario files; the packaged ones all have the first."""
MAX_FILES: Final = 20
"""Files that extend each other; the packaged ones are at most three."""


def find_scenario(name_or_path: str | Path) -> Path:
    """Find a scenario by the path of its file, or by its name among the packaged scenarios.

    Raises
    ------
    ScenarioError
        With one line that names the nearest scenario there is.
    """
    path = Path(name_or_path)
    try:
        if path.is_file():
            return path
    except OSError as error:
        raise mistake_at_top(path, f"cannot be read: {error.strerror}") from error
    packaged = {found.stem: found for found in list_scenarios(resources.scenarios())}
    name = str(name_or_path).removesuffix(".yaml")
    if name in packaged:
        return packaged[name]
    near = nearest(name, packaged)
    hint = f', did you mean "{near}"?' if near else f"; packaged scenarios: {', '.join(packaged) or 'none'}"
    raise mistake_at_top(path, f"no such file or scenario{hint}")


def list_scenarios(folder: Path) -> list[Path]:
    """List the scenario files of a folder by name; those that begin with ``_`` are bases, left out."""
    return [path for path in _files(folder) if not path.name.startswith("_")]


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*") if path.suffix in ENDINGS)


def read_whole(path: Path) -> tuple[Tree, list[Mistake], bool]:
    """Read a file and all it extends, merged.

    Returns
    -------
    tree, mistakes, whole
        The tree without its `extends`, which is done; `whole` is False if a file to be extended
        could not be read, so that keys may be missing.
    """
    tree, mistakes = read_tree(path)
    layers, chain = [tree], [path]
    whole = True
    while True:
        name = layers[-1].get("extends")
        if name is None:
            break
        base = _base(name, chain[-1])
        if isinstance(base, Mistake):
            mistakes.append(base)
            whole = False
            break
        seen = [link.resolve() for link in chain]
        if base.resolve() in seen:
            circle = [*chain[seen.index(base.resolve()) :], base]
            names = " → ".join(link.stem for link in circle)
            mistakes.append(Mistake(name.spot, f"files extend each other in a circle: {names}"))
            whole = False
            break
        if len(chain) == MAX_FILES:
            mistakes.append(Mistake(name.spot, f"more than {MAX_FILES} files extend each other; write them as one"))
            whole = False
            break
        try:
            layer, more = read_tree(base)
        except ScenarioError as error:
            mistakes += error.found
            whole = False
            break
        mistakes += more
        layers.append(layer)
        chain.append(base)
        if sum(each.size() for each in layers) > MAX_NODES:
            raise mistake_at_top(path, f"more than {MAX_NODES} values with all that it extends; say less")
    merged = layers[-1]
    for layer in reversed(layers[:-1]):
        merged = merge(merged, layer)
    if "extends" in merged.keys:
        merged.drop("extends")
    return merged, mistakes, whole


def merge(base: Tree, over: Tree) -> Tree:
    """Lay one tree over another: mappings key by key, all else replaces; each value keeps its place."""
    if base.entries is None or over.entries is None:
        return over
    entries = dict(base.entries)
    for key, value in over.entries.items():
        entries[key] = merge(entries[key], value) if key in entries else value
    return Tree(over.spot, entries=entries, keys={**base.keys, **over.keys})


def _base(name: Tree, asker: Path) -> Path | Mistake:
    """Find the file an `extends` names: beside the asking file, then among the packaged scenarios."""
    if not isinstance(name.scalar, str) or not name.text.strip():
        return Mistake(name.spot, '"extends" must be the name of a scenario file')
    word = name.text.strip()
    if "/" in word or "\\" in word or "\0" in word or word in {".", ".."}:
        text = f'"extends" takes the name of a file in this folder, not the path {quote(word)}'
        return Mistake(name.spot, text)
    folders = [asker.parent, resources.scenarios()]
    allowed = {folder.resolve() for folder in folders}
    wanted = [word] if word.endswith(ENDINGS) else [f"{word}{ending}" for ending in ENDINGS]
    for path in (folder / name for folder in folders for name in wanted):
        if not is_file(path):
            continue
        if path.resolve().parent not in allowed:
            return Mistake(name.spot, f"{quote(word)} links out of the scenario folders; copy the file here")
        return path
    stems = sorted({path.stem for folder in folders for path in _files(folder) if is_file(path)})
    near = nearest(Path(wanted[0]).stem, [stem for stem in stems if stem != asker.stem])
    hint = f', did you mean "{near}"?' if near else "; it must stand in this file's folder"
    return Mistake(name.spot, f"no scenario file {quote(word)}{hint}")
