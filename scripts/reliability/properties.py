"""What the specification says must hold, each with the tests that see to it, run with many examples."""

from __future__ import annotations

import os
import re
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

from environments import call
from page import ROOT

EXAMPLES = 60
P, F, S, A, E, C, R, M = (
    f"tests/test_{name}.py::test_"
    for name in ("properties", "forces", "start", "agents", "equations", "closed_forms", "randomness", "measures")
)
PROPERTIES = (
    ("Two equal arms differ by exactly 0", [P + "equal_arms_differ_by_exactly_nothing"]),
    (
        "Without luck, concession or event nothing moves (1e-12), also under sanctions and for a year from the clean "
        "start, which is solved to 1e-13 (1e-11 for ten years)",
        [P + "without_noise_concession_or_event_the_world_does_not_move", P + "the_real_world_does_not_move_either"],
    ),
    ("Events of no size move nothing", [P + "events_of_no_size_move_nothing"]),
    ("Reordering states reorders the results", [P + "reordering_states_reorders_results"]),
    ("Renaming states changes no number", [P + "renaming_states_changes_no_number"]),
    ("One more state without ties, trade or capability changes nobody else", [P + "a_bystander_changes_nobody_else"]),
    (
        "Swapping the roles of two like blocs mirrors the results",
        [P + "swapping_the_roles_of_two_like_blocs_mirrors_the_results"],
    ),
    (
        "Ties in [−1, 1] and symmetric, shares ≥ 0 with rows ≤ 1 (1e-13 a share), pain, compliance and insulation "
        "in [0, 1], capability ≥ 0, all finite, also in the wider box that the equations allow",
        [P + "everything_stays_within_its_bounds"],
    ),
    (
        "Full relief by all senders never raises the pain of the relieved",
        [P + "full_relief_by_all_senders_never_raises_the_pain_of_the_relieved"],
    ),
    (
        "Relief in part or by some senders may, in few draws and by less than .02 (why: see the test)",
        [
            P + "relief_in_part_or_by_some_senders_hardly_ever_raises_the_pain_of_the_relieved",
            P + "relief_of_russia_by_one_sender_in_the_world_of_2021",
        ],
    ),
    (
        "With all forces and balance off isolation has exactly no effect on ties",
        [F + "without_forces_and_balance_isolation_has_no_effect_on_ties"],
    ),
    (
        "The sign of each force alone, and with it left out",
        [F + "sign_of_isolation_where_a_force_acts_alone", F + "a_force_left_out_takes_its_own_sign_with_it"],
    ),
    (
        "With g = 0 sanctions on two states meet in no force between them",
        [F + "only_g_lets_sanctions_on_two_states_meet_in_a_force"],
    ),
    (
        "The start: normal trade fills its rows; the clean start has the ties and trade of the real one",
        [
            S + "normal_trade_fills_its_row_and_actual_trade_is_the_observed_less_pain",
            S + "the_clean_start_has_the_ties_and_the_normal_trade_of_the_real_one_and_no_acts",
            S + "only_erased_or_wholly_diverted_trade_is_left_unexplained",
        ],
    ),
    (
        "Both engines agree to 1e-10 on every variable of a noisy run, and with the model in plain loops",
        [A + "both_engines_agree_over_the_whole_box", E + "both_engines_equal_the_model_in_plain_loops"],
    ),
    ("A run does not see the other runs of its batch", [P + "a_run_alone_is_the_run_in_a_batch"]),
    (
        "Luck is that of the state or pair: adding, reordering, renaming states changes no other draw",
        [
            R + "adding_and_reordering_states_changes_no_other_draw",
            R + "renaming_a_state_in_place_changes_only_its_own_draws",
        ],
    ),
    ("Halving the step moves results less than stated", [C + "halving_the_step_moves_means_over_draws_by_less_than_a"]),
    (
        "Closed forms: variance of a tie, blow-up and folds of balance, trade at rest, survival, Richardson",
        [
            C + "variance_of_a_tie", C + "squared_ties", C + "factions", C + "fold", C + "trade_comes_to_rest",
            C + "share_conceded", C + "richardson",
        ],
    ),
    ("Measures are finite, bounded and blind to the order of states", [M + "measures_are_finite", M + "frustration"]),
)  # fmt: skip
"""The words of a property, and how the names of its tests begin."""

Row = tuple[str, str, str, str]


def _begin(test: str, names: Sequence[str]) -> bool:
    return any(test.startswith(name) for name in names)


def _examples(said: str) -> dict[str, int]:
    """Test -> examples that hypothesis says it generated."""
    found = {}
    for part in re.split(r"\n(?=tests/\S+:\n)", said):
        head = re.match(r"(tests/\S+):\n", part)
        count = re.search(r"generate phase.*?(\d+) passing", part, flags=re.S)
        if head and count:
            found[head[1]] = int(count[1])
    return found


def _case(report: str) -> str:
    """The example on which a test failed, as hypothesis tells it in a report."""
    found = re.search(r"(?:Failing|Falsifying)[^:\n]*: \w+\([E\s]*(.*?),?\s*\n[E\s]*\)", report, flags=re.S)
    return "; " + re.sub(r"\s*\n[E\s]*", " ", found[1]) if found else ""


def tried(folder: Path) -> tuple[list[Row], list[str], str]:
    """Run every test of a property with many examples: rows for the page, what failed, and how many examples."""
    report, files = (
        folder / "properties.xml",
        sorted({name.split("::")[0] for _, names in PROPERTIES for name in names}),
    )
    words = " or ".join(sorted({name.split("::")[1] for _, names in PROPERTIES for name in names}))
    command = [sys.executable, "-m", "pytest", "-q", "-n0", "-p", "no:cacheprovider", "--hypothesis-show-statistics"]
    command += [f"--junitxml={report}", f"--basetemp={folder / 'tests'}"]
    number = os.environ.get("BLOCADE_FUZZ", str(EXAMPLES))
    own = {"PYTHONPATH": f"{ROOT / 'model'}", "BLOCADE_FUZZ": number, "OMP_NUM_THREADS": "1"}
    said = call([*command, "-k", words, *files], ROOT, own, (0, 1))
    examples = _examples(said)
    results: Counter[tuple[str, bool]] = Counter()
    cases: dict[str, str] = {}
    for case in ElementTree.parse(report).iter("testcase"):
        test = f"{case.get('classname', '').replace('.', '/')}.py::{(case.get('name') or '').split('[')[0]}"
        told = [part.text or "" for kind in ("failure", "error") for part in case.findall(kind)]
        results[test, not told] += 1
        if told:
            cases[test] = _case(told[0])
    failed = sorted(cases)
    rows = []
    for property_, names in PROPERTIES:
        tests = sorted({test for test, _ in results if _begin(test, names)})
        drawn = [f"{examples[test]}" for test in tests if test in examples]
        fixed = sum(results[test, True] for test in tests if test not in examples)
        counts = [" + ".join(drawn)] * bool(drawn) + [f"{fixed} fixed cases"] * bool(fixed)
        missing = [name for name in names if not any(test.startswith(name) for test in tests)]
        holds = "**does not hold**" if missing or any(test in failed for test in tests) else "holds"
        rows.append((property_, ", ".join(f"`{test.split('::')[1]}`" for test in tests), ", ".join(counts), holds))
        failed += [f"{name}: no such test" for name in missing]
    return rows, [test + cases.get(test, "") for test in failed], number
