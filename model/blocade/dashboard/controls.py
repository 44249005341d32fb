"""What can be set in the explorer, on the left of its page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType

import reacton.ipyvuetify as rv
import solara

from blocade.api import world_of
from blocade.dashboard.explorer import Explorer
from blocade.dashboard.setting import ADDED, DATES, SLIDERS, WHERE, Part, Setting
from blocade.parameters import PRIOR, posteriors, table
from blocade.policy.events import EVENTS
from blocade.scenario.dates import month
from blocade.text import listed
from blocade.theories import MECHANISMS, theories
from blocade.world import world_names

SIDES = ("by", "on", "against")
Change = Callable[[Setting], None]


@solara.component
def Controls(explorer: Explorer, setting: Setting, change: Change) -> None:
    """Everything that can be set."""
    solara.Button(
        "Reset", icon_name="mdi-restore", on_click=lambda: change(explorer.first), classes=["blocade-reset"], block=True
    )
    arms = [arm.name for arm in explorer.scenario.arms]
    solara.Select(
        "Begin with the arm",
        value=setting.arm,
        values=arms,
        on_value=lambda arm: change(explorer.setting(arm)),
    )
    opened, open_ = solara.use_state([0])
    with rv.ExpansionPanels(multiple=True, accordion=True, v_model=opened, on_v_model=open_):
        for place, (title, section) in enumerate(SECTIONS.items()):
            with rv.ExpansionPanel():
                rv.ExpansionPanelHeader(children=[title])
                with rv.ExpansionPanelContent():
                    if place in opened:  # what nobody looks at need not be made
                        section(setting, change)


@solara.component
def _Policies(setting: Setting, change: Change) -> None:
    """Events, each with its switches and sliders, and what can be added."""
    for place, part in enumerate(setting.parts):
        _Part(setting, place, part, change)
    kinds = [kind for kind in ADDED if setting.patron or "patron" not in ADDED[kind].values()]
    solara.Select(
        "Add a policy",
        value=None,
        values=kinds,
        on_value=lambda kind: change(setting.with_policy(kind)) if kind else None,
    )


@solara.component
def _Part(setting: Setting, place: int, part: Part, change: Change) -> None:
    """One event."""

    def put(new: Part | None) -> None:
        change(setting.with_part(place, new))

    with solara.Card(margin=0, elevation=1):
        sides = [(side, part.values.get(side)) for side in SIDES]
        whom = " ".join(f"{side} {_told(states, setting)}" for side, states in sides if states)
        solara.Switch(label=f"{part.kind} {whom}", value=part.on, on_value=lambda on: put(replace(part, on=on)))
        if part.on:
            for field, value in part.values.items():
                if field in DATES and value is not None:
                    _DateSlider(setting, field, value, lambda new, field=field: put(part.with_value(field, new)))
                elif field in SLIDERS:
                    optional = EVENTS[part.kind].__dataclass_fields__[field].default is None
                    _Fixable(field, value, lambda new, field=field: put(part.with_value(field, new)), optional)
            solara.Select(
                "happens", value=part.where, values=list(WHERE), on_value=lambda where: put(replace(part, where=where))
            )
        solara.Button("Remove", text=True, small=True, on_click=lambda: put(None))


def _told(states: str | tuple[str, ...], setting: Setting) -> str:
    """States as the page calls them: by their role, or by name."""
    world = world_of(setting.world)
    names = dict(zip(world.codes, world.names, strict=True))  # another world may not have them all
    return states if isinstance(states, str) else listed([names.get(code, code) for code in states])


@solara.component
def _DateSlider(setting: Setting, field: str, value: float, put: Callable[[float], None]) -> None:
    name = {"at": "from", "until": "until", "ramp_until": "in full from"}[field]
    solara.SliderInt(
        f"{name} {month(value)}",
        value=round((value - setting.start) * 12),
        min=0,
        max=round((setting.end - setting.start) * 12),
        on_value=lambda months: put(setting.start + months / 12),
        thumb_label=False,
    )


@solara.component
def _Fixable(field: str, value: float | None, put: Callable[[float | None], None], optional: bool) -> None:
    """A slider of a number from 0 to 1 (a gain: to 5); one that may be left to a drawn parameter has a switch."""
    if optional:
        solara.Switch(
            label=f"fix {SLIDERS[field]}" + ("" if value is not None else " (it is drawn)"),
            value=value is not None,
            on_value=lambda on: put(0.5 if on else None),
        )
    if value is not None:
        solara.SliderFloat(
            f"{SLIDERS[field]} {value:.2f}",
            value=value,
            min=0.0,
            max=5.0 if field == "gain" else 1.0,
            step=0.05,
            on_value=put,
            thumb_label=False,
        )


@solara.component
def _Roles(setting: Setting, change: Change) -> None:
    """The world, who is pressed, who presses, and who helps."""
    worlds = list(dict.fromkeys([setting.world, *world_names()]))
    solara.Select("World", value=setting.world, values=worlds, on_value=lambda name: change(setting.with_world(name)))
    world = world_of(setting.world)
    groups = sorted(world.groups)
    _Names("Bloc", setting.bloc, [*world.names, *groups], lambda names: change(replace(setting, bloc=names)))
    patrons = list(dict.fromkeys(["none", setting.patron or "none", *world.names]))
    solara.Select(
        "Patron",
        value=setting.patron or "none",
        values=patrons,
        on_value=lambda name: change(replace(setting, patron=None if name == "none" else name)),
    )
    _Names("Senders", setting.senders, [*groups, *world.names], lambda names: change(replace(setting, senders=names)))


@solara.component
def _Names(
    label: str, chosen: tuple[str, ...], names: list[str], put: Callable[[tuple[str, ...]], None]
) -> None:
    """Several names out of many, found by typing."""
    rv.Autocomplete(
        label=label,
        v_model=list(chosen),
        items=sorted({*names, *chosen}),
        on_v_model=lambda found: put(tuple(found)),
        multiple=True,
        small_chips=True,
        deletable_chips=True,
    )


@solara.component
def _Parameters(setting: Setting, change: Change) -> None:
    """The theory, where parameters come from, and those that are fixed."""
    solara.Select(
        "Theory",
        value=setting.theory,
        values=list(theories()),
        on_value=lambda name: change(replace(setting, theory=name)),
    )
    solara.Select(
        "Drawn from",
        value=setting.posterior,
        values=[PRIOR, *posteriors()],
        on_value=lambda name: change(replace(setting, posterior=name)),
    )
    solara.SliderInt(
        f"{setting.draws} parameter sets",
        value=setting.draws,
        min=1,
        max=60,
        on_value=lambda draws: change(replace(setting, draws=draws)),
        thumb_label=False,
    )
    solara.InputInt("Seed", value=setting.seed, on_value=lambda seed: change(replace(setting, seed=seed)))
    for name, value in setting.parameters.items():
        entry = table()[name]
        if isinstance(value, tuple):
            solara.Text(f"{entry.symbol} drawn from {value[0]:g} to {value[1]:g}: {entry.meaning}")
        else:
            solara.SliderFloat(
                f"{entry.symbol} {value:.3g}: {entry.meaning}",
                value=value,
                min=min(value, entry.low),
                max=max(value, entry.high),
                step=(entry.high - entry.low) / 50 or 1.0,
                on_value=lambda new, name=name: change(setting.with_parameter(name, new)),
                thumb_label=False,
            )
        solara.Button(
            f"Leave {entry.symbol} as it was",
            text=True,
            small=True,
            on_click=lambda name=name: change(setting.with_parameter(name, None)),
        )
    free = [name for name in table() if name not in setting.parameters]
    solara.Select(
        "Fix a parameter",
        value=None,
        values=free,
        on_value=lambda name: change(setting.with_parameter(name, table()[name].central)) if name else None,
    )


@solara.component
def _Mechanisms(setting: Setting, change: Change) -> None:
    """Mechanisms, each with its switch."""
    for mechanism, name in MECHANISMS.items():
        solara.Switch(
            label=f"{mechanism}: {table()[name].meaning}",
            value=setting.has_mechanism(mechanism),
            on_value=lambda on, mechanism=mechanism: change(setting.with_mechanism(mechanism, on)),
        )


SECTIONS = MappingProxyType(
    {"Policies": _Policies, "World and roles": _Roles, "Mechanisms": _Mechanisms, "Parameters": _Parameters}
)
