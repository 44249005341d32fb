"""The table and docs/performance.md: text made of what was measured, and nothing measured here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bound import Bound
from engines import Growth, Phases


@dataclass(frozen=True)
class Row:
    """A line of the table.

    ms : per run. against : milliseconds per run of what it is compared with, if with anything. at_most : whether the
    target is the most that the other may take of this one's time, as of a bound, instead of the least that this one
    takes of the other's.
    """

    name: str
    ms: float
    against: float | None = None
    target: float | None = None
    at_most: bool = False

    @property
    def ratio(self) -> float | None:
        """How many times as long this takes as what it is compared with; of a bound, how many times as long ours
        takes."""
        if self.against is None:
            return None
        return self.against / self.ms if self.at_most else self.ms / self.against

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None where there is none."""
        if self.target is None or self.ratio is None:
            return None
        return self.ratio <= self.target if self.at_most else self.ratio >= self.target

    def line(self) -> str:
        """As a row of a Markdown table."""
        ratio = "" if self.ratio is None else f"{self.ratio:.1f}×"
        sign = "at most" if self.at_most else "at least"
        target = "" if self.target is None else f"{sign} {self.target:g}×"
        met = "" if self.met is None else "yes" if self.met else "**no**"
        return f"| {self.name} | {self.ms:.2f} | {ratio} | {target} | {met} |"


@dataclass(frozen=True)
class Measured:
    """All that a run of the benchmark has found."""

    machine: str
    versions: Mapping[str, str]
    size: str
    furthest: Mapping[str, float]
    rows: Sequence[Row]
    phases: Phases
    bound: Bound
    luck_free: float
    runs: Growth
    steps: Growth
    states: Growth
    solved: Sequence[float]
    linear: float


STREAMED = 13
"""Matrices [state, partner] of a run that a step goes through: its ties and trade before and after, the match, and
eight of the start (`blocade.pairs.Now`, `Before`)."""
TRIED = """\
- *NumPy alone*: some ninety passes over [run, state, partner] in a step, no one of which stood out. Products in
  place and batches that fit into the cache helped little; passes over half the pairs, and over what is under acts
  alone, more.
- *numba, kept*: it compiles the functions of `blocade.equations` as they stand and calls them pair by pair, one run
  at a time (`blocade.compiled`, `blocade.pairs`). No equation is written twice. Fast mathematics would be somewhat
  faster still, and was left out: processes that compile apart could then differ in the last bits, and results would
  no longer be equal byte by byte.
- *JAX, not kept*: a trial of equations 3, 4, 6 and 7 under `vmap` and `scan` came to about the speed of numba, for a
  much larger installation, a second form of every equation, and policies that would have to be traced.
"""

HEAD = "| | ms per run | ratio | target | met |\n|---|--:|--:|--:|---|"


def table(found: Measured) -> str:
    """The one table."""
    return "\n".join([HEAD, *(row.line() for row in found.rows), *_growth_rows(found)])


def _growth_rows(found: Measured) -> list[str]:
    def line(name: str, last: float, met: bool) -> str:
        told = "yes" if met else "**no**"
        return f"| {name}: ms per unit, last to first | | {last:.2f} | 1 ± {found.linear:g} | {told} |"

    return [line(*row) for row in _linearity(found)]


def _linearity(found: Measured) -> list[tuple[str, float, bool]]:
    """Growth with runs and with steps: its name, time of a unit at the largest size to that at the smallest, and
    whether that is linear."""
    rows = []
    for name, growth in (("linear in runs", found.runs), ("linear in steps", found.steps)):
        last = growth.ms[-1] / growth.sizes[-1] / (growth.ms[0] / growth.sizes[0])
        rows.append((name, last, abs(last - 1.0) <= found.linear))
    return rows


def text(found: Measured, peers: str) -> str:
    """What the command prints: the machine, the equality, the table and its parts."""
    return "\n".join(
        [
            f"{found.machine}; {found.size}",
            ", ".join(f"{name} {version}" for name, version in found.versions.items()),
            "",
            "Outputs against the batch engine's, largest difference: "
            + ", ".join(f"{name} {gap:.1e}" for name, gap in found.furthest.items()),
            *([peers] if peers else []),
            "",
            table(found),
            "",
            *_phases(found),
            "",
            *_bound(found),
            "",
            *_growth(found),
        ]
    )


def _phases(found: Measured) -> list[str]:
    each = found.phases
    parts = {
        "solving the start (once for two arms)": each.start,
        "luck (once for two arms)": each.luck,
        "stepping": each.step,
        "recording": each.record,
    }
    return [
        "| phase of a whole run, batch engine | ms per run | share |",
        "|---|--:|--:|",
        *(f"| {name} | {ms:.2f} | {ms / each.whole:.0%} |" for name, ms in parts.items()),
        f"| all | {each.whole:.2f} | |",
    ]


def _bound(found: Measured) -> list[str]:
    bound = found.bound
    return [
        "| lower bound | times | each | rate | ms per run |",
        "|---|--:|---|--:|--:|",
        *bound.lines(),
        f"| all | | | | {bound.ms:.3f} |",
        "",
        f"Stepping without drawing luck takes {found.luck_free / bound.ms:.1f} times the bound. Were half of the "
        f"symmetric product enough, the bound would be {bound.strict_ms:.3f} ms.",
    ]


def _growth(found: Measured) -> list[str]:
    lines = []
    for unit, growth in (("runs", found.runs), ("steps", found.steps), ("states", found.states)):
        of = "ms per run" if unit == "states" else "ms in all"
        lines += [
            f"| {unit} | " + " | ".join(f"{size}" for size in growth.sizes) + " | exponent |",
            "|---|" + "--:|" * (len(growth.sizes) + 1),
            f"| {of} | " + " | ".join(f"{ms:.1f}" for ms in growth.ms) + f" | {growth.exponent:.2f} |",
        ]
        if unit == "states":
            lines.append("| start, ms per set | " + " | ".join(f"{ms:.0f}" for ms in found.solved) + " | |")
        lines.append("")
    return lines[:-1]


def page(found: Measured, memory: Mapping[str, Any] | None, peers: str) -> str:
    """docs/performance.md."""
    parts = [
        "# Performance\n",
        "Made by `python benchmarks/speed.py --write docs/performance.md`; every number comes from that one run, "
        "those on memory from `benchmarks/memory.py`. What is timed, what each contestant must deliver and "
        "what is not claimed stands in [benchmarks/DECLARATION.md](../benchmarks/DECLARATION.md).\n",
        f"Machine: {found.machine}; {found.size}. Versions: "
        + ", ".join(f"{name} {version}" for name, version in found.versions.items())
        + ".\n",
        "## The table\n",
        "How to read it: a row is a contestant with the milliseconds of wall time that it takes for a run. A ratio "
        "says how many times as long it takes as the batch engine under the same conditions (of the lower bound: how "
        "many times as long the batch engine takes). Only ratios carry over to other machines, and roughly.\n",
        "Every contestant gave equal outputs before it was timed; largest differences: "
        + ", ".join(f"{name} {gap:.1e}" for name, gap in found.furthest.items())
        + ".\n",
        *([peers + "\n"] if peers else []),
        table(found) + "\n",
        "## Where the time goes\n",
        "\n".join(_phases(found)) + "\n",
        "## The lower bound\n",
        "No arrangement of the equations does without these products and tanh; all else counts nothing. Rates are "
        "the best of this machine in one thread, in cache, for matrices of these very shapes.\n",
        "\n".join(_bound(found)) + "\n",
        "## Growth\n",
        "Of a power law through the sizes; 1 is linear. Runs are stepped a few at a time, so time per run does not "
        "depend on their number. Worlds of other sizes are invented ones, where every state is under some act.\n",
        "\n".join(_growth(found)) + "\n",
    ]
    if memory is not None:
        parts += ["## Memory\n", memory_text(memory) + "\n"]
    return "\n".join([*parts, "## What bounds it, and what was tried\n", _bounds(found), TRIED])


def _bounds(found: Measured) -> str:
    n, missed = found.bound.states, [row.name for row in found.rows if row.met is False]
    missed += [name for name, _, met in _linearity(found) if not met]
    told = f"Not met: {'; '.join(missed)}." if missed else "Every target is met."
    return (
        f"{told} Of the {found.phases.step:.1f} ms of stepping, {found.bound.ms:.1f} are products and tanh. The rest "
        f"is what equations 1-14 do to every pair, over {STREAMED} matrices of each run in a step "
        f"({STREAMED * n * n * 8 / 1024:.0f} KiB, so that the runs of a batch do not fit into the second cache "
        "together), and calls from Python, which the runs of a batch share: fewer runs at a time would fit, and cost "
        "more.\n"
    )


def memory_text(found: Mapping[str, Any]) -> str:
    """What `memory.py` found, as a Markdown table with a sentence on each side."""
    sizes = {mark["at"]: mark for mark in found["marks"]}
    sizes |= {"peak while running": found["peak_running"], "peak while writing tables": found["peak_tables"]}
    lines = "\n".join(f"| {at} | {size['runner']:.0f} | {size['all']:.0f} |" for at, size in sizes.items())
    return (
        f"{found['runs']:,} runs of {found['steps']} steps in a world of {found['states']} states, by `blocade.run` "
        f"with {found['workers']} workers: {found['seconds']:.0f} s.\n\n"
        "| resident MiB | process that keeps the results | with its workers |\n|---|--:|--:|\n"
        f"{lines}\n\n"
        f"While runs are made it is {'flat' if found['flat'] else '**not flat**'} (it grows by "
        f"{found['growth']:.1%} from 10 % of the runs to all of them). The peak is "
        f"{'under' if found['under'] else '**above**'} 2 GiB."
    )
