"""How many examples a test draws of what is hostile or broken: few in every run, many where somebody asks for them."""

import os


def examples(few: int) -> int:
    """Examples of a property: `few`, or as many as the environment variable BLOCADE_FUZZ says."""
    return int(os.environ.get("BLOCADE_FUZZ", few))
