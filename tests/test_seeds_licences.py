"""Every file of the seeds says what it was made from and under which terms, and none holds what is not ours to give."""

import csv
import re
from pathlib import Path

import pytest

from blocade.resources import seeds

TABLES = sorted(seeds().rglob("*.csv"))


def test_every_file_has_one_row_and_every_row_a_file() -> None:
    text = (seeds() / "LICENCES.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([^`]+)` \| (.+) \| (.+) \|$", text, flags=re.M)
    assert sorted(name for name, _, _ in rows) == sorted(
        path.relative_to(seeds()).as_posix() for path in seeds().rglob("*") if path.is_file()
    )
    defined = set(re.findall(r"^\| \*\*(.+?)\*\* \|", text, flags=re.M))
    named = {term for _, _, terms in rows for term in re.findall(r"\*\*(.+?)\*\*", terms)}
    assert named == defined
    assert all(terms.startswith(("ours, MIT", "**")) for _, _, terms in rows)


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.relative_to(seeds()).as_posix())
def test_no_row_of_the_arms_transfers_or_of_the_sanctions_data_base_is_passed_on(path: Path) -> None:
    """Of SIPRI's figures only yes/no and indices of .05 may stand here; a volume or a share of GDP may not."""
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert not [name for name in rows[0] if re.search("case_id|tiv|gsdb|sipri", name, flags=re.I)]
    indices = [row[name] for row in rows for name in ("arms", "index", "armament") if row.get(name)]
    indices += [row[side] for row in rows if row.get("good") == "arms" for side in ("need", "surplus") if side in row]
    assert all(round(float(number) * 20, 6).is_integer() for number in indices)
