"""blocade: does isolating a group of states break their bloc, or bind it?

>>> import blocade
>>> result = blocade.run("isolate-russia-north-korea")  # doctest: +SKIP
>>> result.verdicts                                      # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from blocade.agents import BlocModel, StateAgent
    from blocade.api import load_scenario, run
    from blocade.compare import compare_theories
    from blocade.library import claims_table
    from blocade.result import Result
    from blocade.scenario import Scenario, ScenarioError
    from blocade.world import World, load_world

__version__ = "0.6.0"
__all__ = [
    "BlocModel",
    "Result",
    "Scenario",
    "ScenarioError",
    "StateAgent",
    "World",
    "claims_table",
    "compare_theories",
    "load_scenario",
    "load_world",
    "run",
]

_HOME = MappingProxyType({
    "BlocModel": "blocade.agents",
    "StateAgent": "blocade.agents",
    "Result": "blocade.result",
    "Scenario": "blocade.scenario",
    "ScenarioError": "blocade.scenario",
    "World": "blocade.world",
    "claims_table": "blocade.library",
    "compare_theories": "blocade.compare",
    "load_scenario": "blocade.api",
    "load_world": "blocade.world",
    "run": "blocade.api",
})


def __getattr__(name: str) -> object:
    # loaded when asked for, so that `blocade --help` does not wait for NumPy and Mesa
    if name not in _HOME:
        raise AttributeError(f"module 'blocade' has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return [*globals(), *_HOME]
