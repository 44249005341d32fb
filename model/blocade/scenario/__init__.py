"""Scenario files: what may stand in them, and how they are read.

`load_scenario` gives a `Scenario` with every name resolved, or raises `ScenarioError` with one line
``file:line:col: what, and what would mend it`` for each mistake.
"""

from blocade.scenario.inherit import find_scenario, list_scenarios
from blocade.scenario.loader import load_scenario, load_scenarios
from blocade.scenario.model import Arm, Scenario
from blocade.scenario.names import Vocabulary, WorldNames
from blocade.scenario.schema import json_schema
from blocade.scenario.wording import ScenarioError

__all__ = [
    "Arm",
    "Scenario",
    "ScenarioError",
    "Vocabulary",
    "WorldNames",
    "find_scenario",
    "json_schema",
    "list_scenarios",
    "load_scenario",
    "load_scenarios",
]
