"""How many poles the world has over time, and how hostile it is."""

from __future__ import annotations

from matplotlib.figure import Figure

from blocade.charts import paths
from blocade.charts.paths import Subject
from blocade.experiment.finished import Finished

SUBJECTS = (
    Subject("poles", "the effective number of poles", "Poles", "Effective number of poles"),
    Subject("tension", "the tension in the world", "Tension", "Mean hostility of two states (0–1)"),
)
NOTES = (
    "Poles: 1 if all states are allies, n if n equals are enemies; states without a tie count as half alike. Tension: "
    "how far ties lie below zero, weighted by the capability of both states."
)


def draw(result: Finished) -> Figure:
    """Number of poles and tension in every arm, whichever were recorded."""
    return paths.draw(result, SUBJECTS, "Neither poles nor tension were recorded", NOTES)
