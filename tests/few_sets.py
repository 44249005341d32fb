"""The commands that hold the model against history, with so few parameter sets that a test can wait for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from blocade.history import backcast, registered, scores, validation
from blocade.history.posteriors import about
from blocade.parameters import Parameters, posterior, sample
from blocade.theories import theories


@contextmanager
def few_sets(names: Sequence[str] = ("full", "homophily"), case: str = "IRN") -> Iterator[None]:
    """Two sets, these theories alone and one case, while the context lasts."""
    told = about(backcast.JUDGE)
    kept = {"cases": {case: told["cases"][case]}, "theories": {name: told["theories"][name] for name in names}}
    some = {name: theories()[name] for name in names}

    def drawn(name: str = backcast.JUDGE, draws: int = 2) -> Parameters:
        return sample(draws, backcast.SEED, learned=posterior(name))

    with pytest.MonkeyPatch.context() as patch:
        for where, name, value in (
            (validation, "DRAWS", 2),
            (registered, "DRAWS", 2),
            (backcast, "drawn", drawn),
            (backcast, "SIDE_DRAWS", 2),
            (backcast, "theories", lambda: some),
            (backcast, "about", lambda _name: kept),
            (scores, "RESAMPLES", 60),
        ):
            patch.setattr(where, name, value)
        yield
