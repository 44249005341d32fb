"""A golden run: the article's scenario with few draws, against the numbers of the last release of the equations."""

import importlib.util
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TOLERANCE = 2e-6  # numbers are stored to six decimals; the rest is rounding of other BLAS builds


def test_the_article_gives_the_golden_numbers(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("update_golden", ROOT / "scripts" / "update_golden.py")
    assert spec is not None and spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    golden = json.loads((ROOT / "tests" / "golden.json").read_text(encoding="utf-8"))
    now = script.measured(tmp_path / "run")
    assert set(now) == set(golden), "run scripts/update_golden.py and say why in CHANGELOG.md"
    for name, numbers in golden.items():
        assert now[name] == pytest.approx(numbers, abs=TOLERANCE, nan_ok=True), name
