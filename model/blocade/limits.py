"""How much one run may be asked for: scenario files, the command line and the API all hold to it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

LIMITS: Final[Mapping[str, tuple[int, int]]] = MappingProxyType(
    {"draws": (1, 100_000), "replicates": (1, 1_000), "seed": (0, 2**32 - 1), "workers": (1, 1_000)}
)
SENSITIVITY_RUNS: Final = 12_500
"""Runs of one arm that a sensitivity analysis makes unless told otherwise: under four minutes on two processors."""
