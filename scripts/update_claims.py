"""Write docs/claims.md, the table of all claims, from what `blocade run scenarios/` left in a folder.

    blocade run scenarios/
    python scripts/update_claims.py [--results FOLDER]

Results of other scenario files or seeds than these are refused.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from blocade import api
from blocade.claims import claims
from blocade.experiment.runner import inputs
from blocade.experiment.store import StoreError
from blocade.library import claims_table
from blocade.result import Result
from blocade.scenario import Scenario
from blocade.summary import claims_markdown

ROOT = Path(__file__).resolve().parents[1]
MADE = "`make claims` (`blocade run scenarios/`, then `python scripts/update_claims.py`); do not edit it"


def current(scenario: Scenario, folder: Path) -> Result:
    """The result of a scenario, if the scenario and the seeds are still those it was run from."""
    result = Result(folder)
    now = json.loads(json.dumps(inputs(api.plan(scenario))))
    if any(result.manifest["inputs"][part] != now[part] for part in ("scenario", "files")):
        raise StoreError(f"{folder}: holds the results of another {scenario.name}; run `blocade run scenarios/` again")
    return result


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--results", type=Path, default=Path("results"), metavar="FOLDER")
    folder: Path = arguments.parse_args().results
    try:
        results = [current(scenario, folder / scenario.name) for scenario in api.read_all([ROOT / "scenarios"])]
    except StoreError as error:
        sys.exit(str(error))
    table = claims_table(results).assign(chart="")  # charts are not kept in the repository
    places = {claim.scenario: f"../scenarios/{claim.scenario}.yaml" for claim in claims().values() if claim.scenario}
    (ROOT / "docs" / "claims.md").write_text(claims_markdown(table, places, MADE), encoding="utf-8")


if __name__ == "__main__":
    main()
