"""Mutants that outlive the tests of `mutants.py`, and why none can or need see them.

A mutant is named by its file and by the line that it makes. One that survives and is not named here fails the check; so
does a name here of one that does not survive.
"""

# ruff: noqa: E501 (the lines of a mutant as they stand)

from __future__ import annotations

from collections.abc import Iterator

BOOLEANS = "of two booleans, + is `or` and * is `and`"
ONE_LONG = "the axis is one long, or the matrix square, so both name the same"
NO_EVENTS = "there are no events, so dates, steps and how many of them make no difference"

BY_REASON: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("equations/arrays.py", ONE_LONG, ("return np.asarray((x @ weight[..., None])[..., -1])",)),
    (
        "equations/balance.py",
        BOOLEANS,
        ("bounded = np.isfinite(limit) * (np.asarray(limit) > 0.0)",),
    ),
    (
        "equations/balance.py",
        "no limit is negative",
        ("bounded = np.isfinite(limit) & (np.asarray(limit) != 0.0)",),
    ),
    (
        "equations/balance.py",
        "any number will do: what comes of it is not taken where there is no bound",
        ("scale = np.where(bounded, limit, 2.0)",),
    ),
    (
        "equations/concession.py",
        "it is 1 or 0, and never negative",
        ("return np.where(concedes != 0.0, 1.0, compliance * np.exp(-p_decay * (1.0 - relief) * dt))",),
    ),
    (
        "equations/effort.py",
        "any finite number will do: it is multiplied by 0",
        (
            "age = np.where(fresh, now - tightened, 1.0)",
            "age = np.where(fresh, now - tightened, -1.0)",
        ),
    ),
    (
        "equations/observation.py",
        "no trade is negative",
        (
            "return np.asarray(np.divide(trade, left[..., None], out=np.zeros_like(trade), where=left[..., None] != 0.0))",
            "return np.where(start != 0.0, base * np.divide(now, start, out=np.ones_like(now), where=start > 0.0), base + now)",
            "return np.where(start > 0.0, base * np.divide(now, start, out=np.ones_like(now), where=start != 0.0), base + now)",
        ),
    ),
    (
        "policy/calendar.py",
        "an event that has not begun by then has been dealt with above",
        ("return NEW if begins >= step else 1.0",),
    ),
    (
        "policy/calendar.py",
        "no level is higher, and it is this very number",
        ("decree.turnover[on] = level >= NEW", "decree.turnover[on] = level is NEW"),
    ),
    (
        "policy/calendar.py",
        "a level is negative by rounding alone, and then so little that nothing is raised by it",
        ("active = [(event, level) for event, level in zip(events, levels, strict=True) if level != 0.0]",),
    ),
    (
        "policy/calendar.py",
        "each event has its level, so both are as long",
        ("active = [(event, level) for event, level in zip(events, levels, strict=False) if level > 0.0]",),
    ),
    ("policy/calendar.py", "a mark that is compared with itself alone", ("NEW = 3.0",)),
    (
        "policy/calendar.py",
        NO_EVENTS,
        (
            "return calendar(world, (), 1.0, 1.0, 1)[0]",
            "return calendar(world, (), -1.0, 1.0, 1)[0]",
            "return calendar(world, (), 0.0, 2.0, 1)[0]",
            "return calendar(world, (), 0.0, 0.0, 1)[0]",
            "return calendar(world, (), 0.0, 1.0, 2)[0]",
            "return calendar(world, (), 0.0, 1.0, 1)[ -1]",
        ),
    ),
    ("policy/calendar.py", "what is not above 0 is not active", ("return -1.0",)),
    ("policy/calendar.py", "of such an event it counts only that it is active", ("return 2.0",)),
    ("policy/mixed.py", "there is at least one calendar", ("if len(calendars) <= 1:",)),
    ("policy/mixed.py", "there is one alone", ("return tuple(calendars[ -1])",)),
    (
        "policy/orders.py",
        "a value has one axis more than these, of runs, or none",
        ("shared = all(value.ndim <= (1 if field.name in OF_STATES else 2) for value in values)",),
    ),
    (
        "policy/orders.py",
        "values with and without the axis of runs are never equal",
        ("shared = any(value.ndim == (1 if field.name in OF_STATES else 2) for value in values)",),
    ),
    (
        "policy/orders.py",
        "small integers are one object each",
        ("shared = all(value.ndim is (1 if field.name in OF_STATES else 2) for value in values)",),
    ),
    (
        "policy/orders.py",
        "all values of a field are equal there, or of one kind and size",
        (
            "if shared and all(np.array_equal(value, values[0]) for value in values[ 0:]):",
            "joined[field.name] = values[ 1]",
            "joined[field.name] = values[ -1]",
            "n = values[ 1].shape[-1]",
            "n = values[ -1].shape[-1]",
            "joined[field.name] = np.empty((len(decree.of), *((n,) if field.name in OF_STATES else (n, n))), values[ 1].dtype)",
            "joined[field.name] = np.empty((len(decree.of), *((n,) if field.name in OF_STATES else (n, n))), values[ -1].dtype)",
        ),
    ),
    (
        "policy/orders.py",
        "each group has its values, so both are as long",
        ("for runs, value in zip(groups, values, strict=False):",),
    ),
    (
        "policy/orders.py",
        "a rule never lowers what is in force",
        ("tightened = np.where(sanctions != before, np.fmax(tightened, rule.since), tightened)",),
    ),
    (
        "policy/orders.py",
        "no pressure and no stock is negative",
        (
            "relief = np.divide(eased, total, out=np.zeros_like(eased), where=total != 0.0)",
            "fighting = decree.war & ((seen.munitions != 0.0) | ~decree.limited)",
        ),
    ),
    (
        "policy/orders.py",
        ONE_LONG,
        (
            "there = lasting[..., rows, :] if lasting.shape[-2] != 1 else lasting",
            "there = lasting[..., rows, :] if lasting.shape[+2] > 1 else lasting",
            "there = lasting[..., rows, :] if lasting.shape[2] > 1 else lasting",
            "there = lasting[..., rows, :] if lasting.shape[- 1] > 1 else lasting",
            "rows = np.flatnonzero(fresh.any(axis=-1).reshape(-1, fresh.shape[+1]).any(axis=0))",
            "rows = np.flatnonzero(fresh.any(axis=-1).reshape(-1, fresh.shape[1]).any(axis=0))",
            "rows = np.flatnonzero(fresh.any(axis=-1).reshape(-1, fresh.shape[~1]).any(axis=0))",
            "rows = np.flatnonzero(fresh.any(axis=-1).reshape(-1, fresh.shape[- 2]).any(axis=0))",
        ),
    ),
    (
        "policy/orders.py",
        "NumPy takes any negative length for the one that is left over",
        (
            "rows = np.flatnonzero(fresh.any(axis=-1).reshape(~1, fresh.shape[-1]).any(axis=0))",
            "rows = np.flatnonzero(fresh.any(axis=-1).reshape(- 2, fresh.shape[-1]).any(axis=0))",
        ),
    ),
    (
        "policy/rules.py",
        "the means are of runs and targets, so the last axis is the second",
        (
            "return np.asarray(np.eye(len(rule.on))[means.argmax(axis=+1)][..., None])",
            "return np.asarray(np.eye(len(rule.on))[means.argmax(axis=1)][..., None])",
        ),
    ),
    (
        "policy/rules.py",
        "a rule answers one of two things, and this is the later in the alphabet",
        ('heard = fallen if event.answers >= "hostility" else risen',),
    ),
    (
        "policy/rules.py",
        "a rule never lowers what is in force, so a negative answer counts as none",
        (
            "fallen = np.maximum(seen.tie_start - seen.tie, -1.0)[here]",
            "risen = np.maximum(seen.armament - seen.armament_start, -1.0)[..., rule.on, None]",
        ),
    ),
    (
        "policy/orders.py",
        BOOLEANS,
        (
            "fighting = decree.war & ((seen.munitions > 0.0) + ~decree.limited)",
            "fighting = decree.war * ((seen.munitions > 0.0) | ~decree.limited)",
            "complied = np.where(decree.kept * seen.conceded[..., None], 1.0, seen.compliance[..., None])",
            "limited=decree.limited * fighting,",
        ),
    ),
)


def named() -> Iterator[tuple[tuple[str, str], str]]:
    """Every mutant that is explained, and why it survives."""
    for file, why, lines in BY_REASON:
        for line in lines:
            yield (file, line), why


REASONS = dict(named())
"""By file and by the line that the mutant makes."""
