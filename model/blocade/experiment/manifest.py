"""What the JSON of a results folder must say to be read: its manifest and its verdicts.

A folder may come from anyone. What a run wrote itself is known by its digests, which the manifest names, so that a
byte that has changed since is noticed; what it says is checked all the same.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from blocade.experiment.provenance import digest
from blocade.experiment.store import MANIFEST, VERDICTS, StoreError
from blocade.files import FileError, contents, json_of, place_of
from blocade.measures import MEASURES
from blocade.parameters import PRIOR, table
from blocade.policy.events import EVENTS

MOST_TOLD: Final = 5
"""Mistakes of a file that are told; one in a file that no hand writes means that it is none of ours."""

Codes = tuple[str, ...]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="allow", allow_inf_nan=False, strict=True)


class _Arm(_Shape):
    name: str
    label: str
    events: tuple[dict[str, Any], ...]


class _Lever(_Shape):
    low: float
    high: float
    dated: bool
    uses: tuple[tuple[str, int, str], ...]


class _Scenario(_Shape):
    name: str
    title: str
    why: str = ""
    world: str
    bloc: Codes = Field(min_length=1)
    patron: str | None
    senders: Codes
    watch: Codes = ()
    start: float = Field(ge=0.0, lt=10_000.0)
    end: float = Field(ge=0.0, lt=10_000.0)
    first_event: float | None
    draws: int = Field(ge=1)
    replicates: int = Field(ge=1)
    seed: int = Field(ge=0)
    claims: tuple[str, ...]
    charts: tuple[str, ...]
    arms: tuple[_Arm, ...] = Field(min_length=1)
    theory: str = "full"
    posterior: str = PRIOR
    parameters: dict[str, float | tuple[float, float]] = {}
    levers: dict[str, _Lever] = {}


UNTOLD: Mapping[str, Any] = MappingProxyType(
    {name: field.default for name, field in _Scenario.model_fields.items() if not field.is_required()}
)
"""What a scenario has had of which a manifest says nothing: older ones name fewer settings."""


class _Inputs(_Shape):
    scenario: _Scenario
    files: dict[str, str]


class _Versions(_Shape):
    blocade: str
    python: str
    numpy: str


class _Roles(_Shape):
    key: Codes


class _Stopped(_Shape):
    label: str
    rounds: int
    draws: int
    low: float | None
    high: float | None
    narrower: float
    reached: bool


class _Manifest(_Shape):
    inputs: _Inputs
    title: str
    seed: int = Field(default=0, ge=0)
    window: tuple[float, float]
    starts: tuple[str, ...] = Field(min_length=1)
    versions: _Versions
    states: int
    names: dict[str, str]
    roles: _Roles
    capability: dict[str, Annotated[float, Field(ge=0.0)]]
    draws: int | None = Field(default=None, ge=1)
    stopped: _Stopped | None = None
    seconds: float = 0.0
    begun: str = ""
    tables: dict[str, str] = {}


class _Driver(_Shape):
    parameter: str
    rho: float = Field(ge=-1.0, le=1.0)
    weak: bool = False


class _Verdict(_Shape):
    claim: str
    estimand: str
    label: str
    start: str
    measure: str
    unit: str
    words: str
    hypothesis: str
    settled: str
    read: float
    over: float
    arms: tuple[str, ...]
    contrast: dict[str, float] = Field(min_length=1)
    share_of: dict[str, float] | None
    n: int = Field(ge=0)
    estimate: float | None
    low: float | None
    high: float | None
    share: float | None
    down: float | None
    flat: float | None
    s: float = Field(gt=0.0)
    verdict: Literal["supported", "reversed", "negligible", "conditional", "not answered"]
    drivers: tuple[_Driver, ...]


_VERDICTS = TypeAdapter(list[_Verdict])


@cache
def _event(kind: str) -> TypeAdapter[Any]:
    return TypeAdapter(EVENTS[kind])


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a finished folder.

    Raises
    ------
    StoreError
        If there is none, or it is not what a run writes.
    """
    path = folder / MANIFEST
    data = _read(path, folder)
    found: dict[str, Any] = _json(path, data)
    try:
        shape = _Manifest.model_validate_json(data)
        for arm in shape.inputs.scenario.arms:
            for event in arm.events:
                _check_event(event, set(shape.names))
    except ValidationError as error:
        raise wrong(path, _told(error)) from None
    except FileError as error:
        raise wrong(path, str(error)) from None
    if problem := _unfit(shape):
        raise wrong(path, problem)
    return found


def _check_event(event: Mapping[str, Any], names: set[str]) -> None:
    """Refuse an event that no scenario can have, or of states that are none."""
    kind = event.get("kind")
    if not isinstance(kind, str) or kind not in EVENTS:
        raise FileError("an event is of no known kind")
    made = _event(kind).validate_json(json.dumps(event), strict=True)
    strangers = {code for key in ("by", "on", "against") for code in getattr(made, key, None) or ()} - names
    if strangers:
        raise FileError(f"an event is of states without a name ({', '.join(sorted(strangers))})")


def _unfit(shape: _Manifest) -> str:
    """What does not fit together in a manifest, if anything."""
    scenario = shape.inputs.scenario
    named = {*scenario.bloc, *scenario.senders, *scenario.watch, *shape.roles.key}
    named |= {scenario.patron} if scenario.patron else set()
    arms = [arm.name for arm in scenario.arms]
    if strangers := sorted(named - set(shape.names)):
        return f"states without a name ({', '.join(strangers)})"
    if small := sorted({*scenario.bloc, *shape.roles.key} - set(shape.capability)):
        return f"states without a capability ({', '.join(small)})"
    if len(set(arms)) < len(arms):
        return "two arms of one name"
    places = {(arm.name, place) for arm in scenario.arms for place in range(len(arm.events))}
    uses = {(arm, place) for lever in scenario.levers.values() for arm, place, _ in lever.uses}
    if uses - places:
        return "a lever of an event that is not there"
    if shape.states != len(shape.names):
        return f"{shape.states} states, and names of {len(shape.names)}"
    return "" if scenario.start <= shape.window[0] <= shape.window[1] <= scenario.end else "a window outside the run"


def read_verdicts(folder: Path, manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The stored verdicts of a folder with this manifest, as they are written.

    Raises
    ------
    StoreError
    """
    path = folder / VERDICTS
    refuse_changed(path, manifest)
    data = _read(path, folder)
    found: list[dict[str, Any]] = _json(path, data)
    try:
        rows = _VERDICTS.validate_json(data)
    except ValidationError as error:
        raise wrong(path, _told(error)) from None
    arms, starts = {arm["name"] for arm in manifest["inputs"]["scenario"]["arms"]}, set(manifest["starts"])
    keys = {(row.claim, row.estimand, row.start) for row in rows}
    known = {*table(), *manifest["inputs"]["scenario"].get("levers", {})}
    for row in rows:
        strangers = {*row.arms, *row.contrast, *(row.share_of or ())} - arms | {row.start} - starts
        if strangers:
            raise wrong(path, f"a verdict of other arms or starts ({', '.join(sorted(strangers))})")
        if unknown := sorted({driver.parameter for driver in row.drivers} - known):
            raise wrong(path, f"a verdict that hangs on no known parameter or lever ({', '.join(unknown)})")
        if row.measure not in MEASURES or not {*row.contrast} <= {*row.arms}:
            raise wrong(path, f"a verdict on no known measure or without its arms ({row.measure})")
        if (row.n > 0) != (row.estimate is not None):
            raise wrong(path, f"a verdict whose count and number do not fit together ({row.label})")
        if (row.claim, row.estimand, "real") not in keys:
            raise wrong(path, f"a verdict that is not told from the real start ({row.label})")
    if len(keys) < len(rows):
        raise wrong(path, "a verdict that is there twice")
    return found


def draws_of(manifest: Mapping[str, Any]) -> int:
    """Draws of the run; older results do not tell how many it took."""
    return int(manifest.get("draws") or manifest["inputs"]["scenario"]["draws"])


def refuse_changed(path: Path, manifest: Mapping[str, Any]) -> None:
    """Refuse a file that is not the one that the run wrote; older results do not say which that was."""
    known = manifest.get("tables", {}).get(path.name)
    if known is None:
        return
    try:
        same = digest(place_of(path, path.parent)) == known
    except FileNotFoundError:
        raise StoreError(f"{path}: no such file; run it again with --force") from None
    except (FileError, OSError) as error:
        raise wrong(path, str(error)) from None
    if not same:
        raise StoreError(f"{path}: has changed since the run wrote it; run it again with --force")


def _read(path: Path, folder: Path) -> bytes:
    try:
        return contents(path, folder)
    except FileNotFoundError:
        if path.name == MANIFEST:
            raise StoreError(f"{folder}: holds no finished blocade results; `blocade run` makes them") from None
        raise StoreError(f"{path}: no such file; run it again with --force") from None
    except FileError as error:
        raise wrong(path, str(error)) from None


def _json(path: Path, data: bytes) -> Any:
    try:
        return json_of(data)
    except FileError as error:
        raise wrong(path, str(error)) from None


def wrong(path: Path, problem: str) -> StoreError:
    """The error for a file that no run can have written."""
    return StoreError(f"{path}: not as a run writes it: {problem}; run it again with --force")


def _told(error: ValidationError) -> str:
    """The first of what is wrong with a JSON, each with its place."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    told = [f"{'.'.join(map(str, one['loc'])) or 'the whole'}: {one['msg']}" for one in found[:MOST_TOLD]]
    return "; ".join([*told, *([f"and {len(found) - MOST_TOLD} more"] if len(found) > MOST_TOLD else [])])
