"""Settings of the tests: hypothesis draws the same examples on every machine and in every run."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "blocade",
    derandomize=True,
    deadline=None,
    max_examples=20,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("blocade")
