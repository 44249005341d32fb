"""Settings of the tests: hypothesis draws the same examples on every machine and in every run. `BLOCADE_FUZZ` is for
the long runs of `scripts/reliability/inputs.py`: so many examples, and others each time."""

import os

from fuzz import examples
from hypothesis import HealthCheck, settings

settings.register_profile(
    "blocade",
    derandomize=True,
    deadline=None,
    max_examples=examples(20),
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "deep",
    settings.get_profile("blocade"),
    derandomize=False,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)
settings.load_profile("deep" if "BLOCADE_FUZZ" in os.environ else "blocade")
