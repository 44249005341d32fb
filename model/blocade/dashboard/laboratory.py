"""What the explorer runs: the two arms of a setting from the real start, as `blocade run` runs the file of it."""

from __future__ import annotations

import json
import tempfile
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from blocade import api, engine
from blocade.dashboard.setting import EXPLORED, TWIN, Setting
from blocade.equations.arrays import Array
from blocade.experiment.plan import DT, Plan, luck_of, real_parameters
from blocade.measures import record
from blocade.scenario import Scenario
from blocade.start import Start, solve_start
from blocade.state import Moment

KEPT = 24
"""Runs and starts that are remembered, so that what a slider does not touch is not run again."""
Found = TypeVar("Found")


@dataclass(frozen=True, eq=False)
class Course:
    """One arm's run: the measures of every draw, and the mean tie of every pair.

    series : [time, draw, column]. ties : [time, state, partner].
    """

    series: Array
    ties: Array


@dataclass(frozen=True, eq=False)
class View:
    """What there is to see of a setting; charts take it as they take a `Result`.

    Attributes
    ----------
    scenario, manifest : as of a `Result`, as far as charts need them.
    times : [time]. window : the steps over which effects are means. columns : names of what `Course.series` holds.
    arms : `TWIN` and `EXPLORED` by name.
    """

    scenario: Mapping[str, Any]
    manifest: Mapping[str, Any]
    sets: int
    times: Array
    window: slice
    codes: tuple[str, ...]
    columns: tuple[str, ...]
    arms: Mapping[str, Course]

    @property
    def read(self) -> int:
        """The last step over which effects are means."""
        last: int = self.window.stop - 1
        return last

    def of(self, measure: str, arm: str) -> Array:
        """A measure in one arm: [time, draw]."""
        return self.arms[arm].series[..., self.columns.index(measure)]

    def effect(self, measure: str) -> Array:
        """What the policy changes of a measure, where effects are read: [draw]."""
        difference = self.of(measure, EXPLORED) - self.of(measure, TWIN)
        return np.asarray(difference[self.window].mean(axis=0))

    def state(self, code: str) -> str:
        """Common name of a state."""
        name: str = self.manifest["names"][code]
        return name


class Laboratory:
    """Runs settings, one at a time (`Explorer` sees to that), and remembers the last starts and runs."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Any] = OrderedDict()

    def scenario(self, setting: Setting) -> Scenario:
        """The setting as a scenario, read from its file as `blocade run` reads it.

        Raises
        ------
        ScenarioError
            With every mistake, one line each.
        """
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "setting.yaml"
            path.write_text(setting.text(), encoding="utf-8")
            return api.read(path)

    def look(self, setting: Setting) -> View:
        """Run both arms of a setting.

        Raises
        ------
        ScenarioError
            With every mistake of the setting, one line each.
        """
        scenario = self.scenario(setting)
        plan = api.plan(scenario)
        drawn = json.dumps([scenario.world, scenario.theory, scenario.resolved()["parameters"], scenario.posterior,
                            scenario.draws, scenario.seed])  # fmt: skip
        start = self._once(drawn, lambda: solve_start(plan.world, real_parameters(plan, range(plan.draws))))
        arms = {}
        for arm in scenario.arms:
            alone = replace(plan, scenario=replace(scenario, title="", arms=(replace(arm, name="", label=""),)))
            key = json.dumps(alone.scenario.resolved())
            arms[arm.name] = self._once(key, partial(_course, alone, start))
        return View(
            scenario=scenario.resolved(),
            manifest=plan.described,
            sets=plan.draws,
            times=plan.times,
            window=plan.window,
            codes=plan.world.codes,
            columns=plan.columns,
            arms=arms,
        )

    def _once(self, key: str, make: Callable[[], Found]) -> Found:
        if key in self._known:
            self._known.move_to_end(key)
            kept: Found = self._known[key]
            return kept
        made = self._known[key] = make()
        while len(self._known) > KEPT:
            self._known.popitem(last=False)
        return made


def _course(plan: Plan, start: Start) -> Course:
    """The one arm of a plan, from a start of every draw."""
    draws = plan.draws
    luck = luck_of(plan, np.arange(draws, dtype=np.int64))
    (decrees,) = plan.decrees(plan.world, {}).values()
    series = np.empty((plan.steps + 1, draws, len(plan.columns)))
    ties = np.empty((plan.steps + 1, *start.tie.shape[1:]))

    def observe(step: int, moment: Moment) -> None:
        series[step] = record(moment, plan.roles, plan.measures)
        ties[step] = moment.state.tie.mean(axis=0)

    engine.run(start, real_parameters(plan, range(draws)), decrees, luck, observe, DT)
    return Course(series, ties)
