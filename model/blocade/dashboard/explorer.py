"""What all pages of the explorer share: where it began, its runs and pictures, and where settings are saved."""

from __future__ import annotations

import base64
import io
import shlex
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from types import MappingProxyType

from blocade.api import world_of
from blocade.charts.style import FINDING, Chart, words
from blocade.dashboard import figures
from blocade.dashboard.laboratory import Laboratory, View
from blocade.dashboard.setting import Setting, begin
from blocade.scenario import Scenario, ScenarioError, template
from blocade.scenario.wording import mistake_at_top

Wanted = Callable[[], bool]
FIGURES: Mapping[str, Callable[[View, int], Chart]] = MappingProxyType(
    {
        "bond": lambda view, _step: figures.draw_bond(view),
        "network": figures.draw_network,
        "alignment": lambda view, _step: figures.draw_alignment(view),
    }
)
"""What is shown, by name: each of a view and a step."""
PAUSE = 0.1
"""Seconds that a change waits for the next one: a slider that is dragged makes many."""


@dataclass(frozen=True)
class Picture:
    """A chart as the page shows it: PNG as a data address, and the sentence that it states."""

    source: str
    alt: str


class Explorer:
    """What all pages of one server share: the scenario to begin with, the runs, and where files are saved.

    Parameters
    ----------
    scenario : to begin with. folder : where settings are saved.

    Attributes
    ----------
    first, view : the setting that a page begins with, and what comes of it.
    """

    def __init__(self, scenario: Scenario, folder: Path) -> None:
        self.scenario, self.folder = scenario, folder
        self._laboratory, self._busy = Laboratory(), Lock()
        self.first = self.setting(scenario.arms[min(1, len(scenario.arms) - 1)].name)
        self.view = self._laboratory.look(self.first)  # with its pictures, so that a page has something to show at once
        self._ready = {name: _picture(draw(self.view, self.view.read)) for name, draw in FIGURES.items()}

    def setting(self, arm: str) -> Setting:
        """The setting of an arm of the scenario."""
        return begin(self.scenario, world_of(self.scenario.world), arm)

    def look(self, setting: Setting, wanted: Wanted) -> View | list[str] | None:
        """Run a setting, one at a time: a view, or its mistakes; None if by its turn it is not wanted any more."""
        if setting == self.first:
            return self.view
        time.sleep(PAUSE)
        with self._busy:
            try:
                return self._laboratory.look(setting) if wanted() else None
            except ScenarioError as error:
                return [mistake.text for mistake in error.found]

    def draw(self, name: str, view: View, step: int, wanted: Wanted) -> Picture | None:
        """One of the `FIGURES` of a view at a step; None if by its turn it is not wanted any more."""
        if view is self.view and step == view.read:
            return self._ready[name]
        with self._busy:  # the style of charts is matplotlib's, and so the process's
            return _picture(FIGURES[name](view, step)) if wanted() else None

    def ready(self, name: str) -> Picture:
        """The picture that a page begins with."""
        return self._ready[name]

    def save(self, setting: Setting, name: str) -> str:
        """Write a setting as a new scenario file, and say so.

        Raises
        ------
        ScenarioError
            Where the name will not do, or the setting cannot be run.
        """
        self._laboratory.scenario(setting)
        path = self.folder / name
        if path.parent != self.folder:
            raise mistake_at_top(path, "a name without a folder, please; it is saved where the explorer was started")
        template.put(path, setting.text())
        shown = f"./{name}" if name.startswith("-") else name
        return f"Saved. Run it with: blocade run {shlex.quote(shown)}"


def _picture(figure: Chart) -> Picture:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110)
    return Picture(f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}", words(figure)[FINDING])
