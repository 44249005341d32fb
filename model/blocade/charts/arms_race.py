"""Arms race: armament of the bloc, of the neighbours that are watched and of the senders over time."""

from __future__ import annotations

from matplotlib.figure import Figure

from blocade.charts import paths
from blocade.charts.paths import Subject
from blocade.experiment.finished import Finished
from blocade.text import listed

UNIT = "(1 = world mean)"
AXIS = f"Armament {UNIT}"


def draw(result: Finished) -> Figure:
    """Armament of bloc, watched neighbours and senders in every arm, whichever were recorded."""
    bloc = listed([result.state(code) for code in result.scenario["bloc"]])
    watch = listed([result.state(code) for code in result.scenario.get("watch") or ()])
    heading = f"Neighbours that are watched{watch and ': '}{watch}"
    called = f"the armament of {watch or 'the neighbours that are watched'}"
    subjects = (
        Subject("armament", f"the armament of {bloc}", f"Bloc: {bloc}", AXIS, UNIT),
        Subject("armament_watched", called, heading, AXIS, UNIT),
        Subject("armament_senders", "the armament of the senders", "Senders", AXIS, UNIT),
    )
    notes = (
        "Armament: of the bloc the mean over its members, of the others weighted by capability; 1 is the mean burden "
        "of all states at the start."
    )
    return paths.draw(result, subjects, "No armament was recorded", notes)
