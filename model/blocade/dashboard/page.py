"""The page of the explorer: what is set on the left, what comes of it on the right."""

from __future__ import annotations

import time
from collections.abc import Callable

import solara
import solara.lab

from blocade.dashboard.controls import Controls
from blocade.dashboard.explorer import Explorer, Picture
from blocade.dashboard.laboratory import View
from blocade.dashboard.setting import Setting
from blocade.scenario import ScenarioError
from blocade.scenario.dates import month

YEAR = 4
"""Steps of a year, by which the network is played."""
MOMENT = 0.05
"""Seconds after which the controls follow the charts."""
TOO_FEW = (
    "Effects are read from {} to {}, ten years after the first event of the policy or at the end. Every change is run "
    "at once with the same {} parameter sets and the same luck: enough to see what moves, too few for a verdict. For "
    "that, save the setting and run the file, with --draws 200 say."
)


@solara.component
def Page(explorer: Explorer) -> None:
    """The whole page."""
    setting, change = solara.use_state(explorer.first)
    latest = solara.use_ref(setting)
    latest.current = setting

    def look() -> View | list[str] | None:
        return explorer.look(setting, lambda: latest.current == setting)

    task = solara.lab.use_task(look, dependencies=[setting], raise_error=False)
    kept = solara.use_ref(explorer.view)  # it stays while the next one is run, and beside what is wrong
    if isinstance(task.value, View):
        kept.current = task.value

    # the charts first: the controls are many, and all that is made in one go is shown in one go
    charts = solara.lab.use_task(lambda: time.sleep(MOMENT), dependencies=[])

    solara.Title("blocade explorer")
    with solara.AppBar():
        solara.AppBarTitle(f"{setting.title} (from {setting.source})")
    with solara.Sidebar():
        if charts.finished:
            Controls(explorer, setting, change)
    with solara.Column(style={"max-width": "1100px", "padding": "0 12px"}):
        solara.ProgressLinear(bool(task.pending))
        for mistake in task.value if isinstance(task.value, list) else ():
            solara.Warning(mistake)
        if task.error:
            solara.Error(f"This setting could not be run: {task.exception}. Reset brings the first one back.")
        _Chart(explorer, "bond", kept.current, kept.current.read)
        _Ties(explorer, kept.current)
        _Chart(explorer, "alignment", kept.current, kept.current.read)
        said = TOO_FEW.format(*map(month, kept.current.manifest["window"]), setting.draws)
        solara.HTML("p", said, style="color: #555; font-size: .9rem")
        _Save(explorer, setting)


@solara.component
def _Chart(explorer: Explorer, name: str, view: View, step: int, drawn: Callable[[], None] | None = None) -> None:
    """A chart with its finding for whoever cannot see it; ``drawn`` is called when it is there."""
    wanted = solara.use_ref((view, step))
    wanted.current = (view, step)

    def draw() -> Picture | None:
        return explorer.draw(name, view, step, lambda: wanted.current == (view, step))

    task = solara.lab.use_task(draw, dependencies=[view, step])
    kept = solara.use_ref(explorer.ready(name))
    if task.finished and task.value is not None:
        kept.current = task.value
    solara.use_effect(lambda: drawn() if drawn and task.finished else None, [task.finished, step])
    picture: Picture = kept.current
    attributes = {"src": picture.source, "alt": picture.alt}
    with solara.Div(style={"overflow-x": "auto"}):  # on a narrow screen a picture is moved, not made unreadable
        solara.HTML("img", attributes=attributes, classes=[f"blocade-{name}"], style="width: 100%; min-width: 720px")


@solara.component
def _Ties(explorer: Explorer, view: View) -> None:
    """The ties at a date that can be moved, or played from the start."""
    step, go = solara.use_state(view.read)
    solara.use_effect(lambda: go(view.read), [view.read])  # another policy may be read at another time
    playing, play = solara.use_state(False)
    last = len(view.times) - 1
    step = min(step, last)

    def advance() -> None:
        go(min(step + YEAR, last))
        play(step + YEAR < last)

    def start() -> None:
        go(0)
        play(True)

    with solara.Row(style={"align-items": "center"}):
        if playing:
            solara.Button("Pause", icon_name="mdi-pause", on_click=lambda: play(False), outlined=True)
        else:
            solara.Button("Play", icon_name="mdi-play", on_click=start, outlined=True, classes=["blocade-play"])
        label = f"Ties at {month(float(view.times[step]))}"
        solara.SliderInt(label, value=step, min=0, max=last, on_value=go, thumb_label=False)
    _Chart(explorer, "network", view, step, advance if playing else None)


@solara.component
def _Save(explorer: Explorer, setting: Setting) -> None:
    """The setting as a file, and a place to save it."""
    name, rename = solara.use_state("my-setting.yaml")
    said, say = solara.use_state(("", True))

    def save() -> None:
        try:
            say((explorer.save(setting, name), True))
        except ScenarioError as error:
            say((error.found[0].text, False))

    with solara.Card("As a scenario file"), solara.Column():
        solara.InputText("File name", value=name, on_value=rename, continuous_update=True)
        solara.Button("Save", icon_name="mdi-content-save", on_click=save, classes=["blocade-save"], color="primary")
        if said[0]:
            (solara.Success if said[1] else solara.Warning)(said[0])
        with solara.Details("What is saved"):
            solara.HTML("pre", setting.text(), classes=["blocade-file"], style="overflow-x: auto; font-size: .8rem")
