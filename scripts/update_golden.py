"""Regenerate the golden run of the tests. Every change of it needs a line in CHANGELOG.md that says why numbers
moved.

    python scripts/update_golden.py
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from blocade import api

GOLDEN = Path(__file__).resolve().parents[1] / "tests" / "golden.json"
DRAWS = 10


def measured(folder: Path) -> dict[str, dict[str, float]]:
    """What the golden run holds: the estimate and the bounds of every estimand from every start."""
    api.run("isolate-russia-north-korea", folder, draws=DRAWS, workers=1, progress=lambda _done, _total: None)
    verdicts = json.loads((folder / "verdicts.json").read_text(encoding="utf-8"))
    return {
        f"{verdict['claim']}/{verdict['estimand']}/{verdict['start']}": {
            name: verdict[name] for name in ("n", "estimate", "low", "high", "share", "down")
        }
        for verdict in verdicts
    }


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        GOLDEN.write_text(json.dumps(measured(Path(folder) / "golden"), indent=1) + "\n", encoding="utf-8")
