"""What is on file about a posterior besides its table: how it was learnt, and its weights without single cases."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

from blocade import resources
from blocade._tables import WorldError
from blocade.equations.arrays import Array
from blocade.history.calibration import resampled
from blocade.parameters import posterior


@cache
def about(name: str) -> Mapping[str, Any]:
    """How a posterior was learnt: ``seeds/posteriors/NAME.json``, which ``scripts/calibrate.py`` writes with it."""
    path = resources.posteriors() / f"{name}.json"
    if not path.is_file():
        raise WorldError([f"{path}: no such file; scripts/calibrate.py writes it beside the table of the posterior"])
    found: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def reweighted(name: str, case: str) -> Mapping[str, Array]:
    """A posterior as it would be without a case: its rows, drawn by the weights that they would have then."""
    weights = np.asarray(about(name)["cases"][case], dtype=float)
    rows = resampled(weights / weights.sum(), len(weights))
    return {parameter: values[rows] for parameter, values in posterior(name).items()}
