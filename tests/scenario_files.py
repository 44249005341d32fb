"""A small world, a vocabulary and a good scenario file for the tests of scenario files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from blocade.scenario import Scenario, ScenarioError, Vocabulary, load_scenario

STATES = {
    "CHN": "China",
    "DEU": "Germany",
    "FRA": "France",
    "IRN": "Iran",
    "JPN": "Japan",
    "KAZ": "Kazakhstan",
    "PRK": "North Korea",
    "RUS": "Russia",
    "USA": "United States",
}
GROUPS = {
    "G7": ("DEU", "FRA", "JPN", "USA"),
    "EU": ("DEU", "FRA"),
    "CSTO": ("KAZ", "RUS"),
    "GCC": (),
}


@dataclass(frozen=True)
class SmallWorld:
    """As much of a world as scenario files see."""

    codes: tuple[str, ...] = tuple(STATES)
    names: tuple[str, ...] = tuple(STATES.values())

    @property
    def groups(self) -> Mapping[str, tuple[str, ...]]:
        return GROUPS

    @property
    def aliases(self) -> Mapping[str, str]:
        named = {name.lower(): code for code, name in STATES.items()}
        return named | {code.lower(): code for code in STATES} | {"dprk": "PRK", "persia": "IRN"}

    def resolve(self, name: str) -> str | None:
        return self.aliases.get(name.lower())


def small_world(name: str) -> SmallWorld:
    if name in {"2021", "2013"} or Path(name).is_dir():
        return SmallWorld()
    raise FileNotFoundError(f"there is no world {name}")


VOCABULARY = Vocabulary(
    worlds=small_world,
    theories=("full", "balance", "coercion"),
    posteriors=("prior", "until-2013", "until-2021"),
    parameter_ranges={"beta": (0, 2), "b_match": (-6, 6), "g": (0, 1), "chi": (0, 1)},
    measures=("cohesion", "embrace"),
    claims=("tighter-embrace", "war-or-isolation", "off-ramps"),
    charts=("cohesion", "network"),
    world_names=("2013", "2021"),
)

GOOD = """\
title: Does isolation bind them?
why: The warning says so.
world: 2021
bloc: [Russia, North Korea]
patron: China
senders: [G7, EU]
start: 2022-01
end: 2037-01
background:
  war: {kind: war, on: Russia, from: 2022-04, until: 2026-01, need: 0.5}
arms:
  as-in-2021:
  isolate:
    label: All of it
    events:
      - {at: 2022-04, kind: sanctions, by: senders, on: bloc, level: comprehensive, until: 2030, ramp-until: 2024}
      - {at: 2022-07-01, kind: isolation, by: [G7, EU], on: bloc, level: 0.3}
  more:
    extends: isolate
    without: [war]
    events:
      - {at: 2023, kind: lift, by: USA, on: dprk, share: 0.5}
      - {at: 2023, kind: secondary-sanctions, by: USA, level: 0.4}
      - {at: 2023, kind: offer, by: patron, on: Iran, value: 0.2, credibility: 0.6}
      - {at: 2022, kind: off-ramp, by: senders, on: CSTO, relief: 0.8}
theory: full
parameters: {beta: 0.2, g: [0, 0.5]}
draws: 50
replicates: 2
seed: 7
measures: [cohesion]
claims: [tighter-embrace]
charts: [network]
"""


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def mistakes(path: Path, vocabulary: Vocabulary = VOCABULARY) -> list[str]:
    """Load a bad file and give its lines with the name of the file for its path."""
    with pytest.raises(ScenarioError) as caught:
        load_scenario(path, vocabulary)
    return [line.removeprefix(f"{path.parent}/") for line in caught.value.mistakes]


def edited(folder: Path, *edits: tuple[str, str], add: str = "") -> Path:
    text = GOOD
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    return write(folder, "x", text + add)


def good(folder: Path, *edits: tuple[str, str], add: str = "") -> Scenario:
    return load_scenario(edited(folder, *edits, add=add), VOCABULARY)
