"""The command line as a user meets it: a real process, its exit code, its lines and its files."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

HERE = Path(__file__).parent
SMALL = HERE / "small.yaml"
BAD = HERE / "bad_scenarios"
TABLES = ("draws.parquet", "outcomes.parquet", "bands.parquet", "ties.parquet", "verdicts.json")


def blocade(*arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    command = [sys.executable, "-W", "error", "-m", "blocade", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=300, check=False)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished results folder of the small scenario, made with one worker."""
    folder = tmp_path_factory.mktemp("results") / "small"
    done = blocade("run", SMALL, "--out", folder, "--workers", 1)
    assert done.returncode == 0, done.stderr
    assert "In this model" in done.stdout
    assert str(folder) in done.stdout
    return folder


def test_a_run_leaves_every_table_and_the_manifest_says_how(finished: Path) -> None:
    assert {path.name for path in finished.iterdir()} == {*TABLES, "manifest.json", "run.log", "charts", "report.html"}
    manifest = json.loads((finished / "manifest.json").read_text())
    assert manifest["seed"] == 3
    assert manifest["inputs"]["scenario"]["bloc"] == ["PRK", "RUS"]
    assert {"blocade", "python", "numpy", "mesa"} <= set(manifest["versions"])
    # 12 parameter sets × 2 arms × 4 starts
    assert manifest["runs"] == 96
    verdicts = json.loads((finished / "verdicts.json").read_text())
    expected = {
        "claim",
        "estimand",
        "start",
        "arms",
        "n",
        "estimate",
        "low",
        "high",
        "share",
        "down",
        "flat",
        "s",
        "verdict",
    }
    assert all(expected <= set(verdict) for verdict in verdicts)
    outcomes = pd.read_parquet(finished / "outcomes.parquet")
    row = next(v for v in verdicts if v["estimand"] == "cohesion" and v["start"] == "real")
    chosen = outcomes[(outcomes.measure == "cohesion") & (outcomes.start == "real")].pivot_table(
        index="draw", columns="arm", values="value", observed=True
    )
    assert row["estimate"] == pytest.approx((chosen["isolate"] - chosen["as-before"]).median(), abs=1e-6)


def test_the_number_of_workers_changes_no_byte(finished: Path, tmp_path: Path) -> None:
    assert blocade("run", SMALL, "--out", tmp_path / "two", "--workers", 2, "--quiet").returncode == 0
    for name in TABLES:
        assert (tmp_path / "two" / name).read_bytes() == (finished / name).read_bytes(), name


def test_a_finished_folder_answers_at_once_and_other_inputs_need_force(finished: Path, tmp_path: Path) -> None:
    folder = tmp_path / "results"
    shutil.copytree(finished, folder)
    written = (folder / "manifest.json").stat().st_mtime_ns
    again = blocade("run", SMALL, "--out", folder)
    assert again.returncode == 0
    assert "In this model" in again.stdout
    assert (folder / "manifest.json").stat().st_mtime_ns == written
    other = blocade("run", SMALL, "--out", folder, "--seed", 4)
    assert other.returncode == 2
    assert (
        other.stderr
        == f"{folder}: holds the results of other inputs; --force replaces them, --out chooses another folder\n"
    )
    assert (folder / "manifest.json").stat().st_mtime_ns == written
    forced = blocade("run", SMALL, "--out", folder, "--seed", 4, "--draws", 2, "--force", "--quiet")
    assert forced.returncode == 0
    assert json.loads((folder / "manifest.json").read_text())["inputs"]["scenario"]["seed"] == 4
    assert (folder / "outcomes.parquet").read_bytes() != (finished / "outcomes.parquet").read_bytes()


def test_a_folder_that_is_not_ours_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    done = blocade("run", SMALL, "--out", tmp_path, "--force")
    assert done.returncode == 2
    assert done.stderr == f"{tmp_path}: is not empty and holds no blocade results; choose another folder with --out\n"
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


@pytest.mark.parametrize(("workers", "number"), [(1, signal.SIGINT), (2, signal.SIGINT), (2, signal.SIGTERM)])
def test_a_stopped_run_leaves_nothing_that_looks_finished(tmp_path: Path, workers: int, number: signal.Signals) -> None:
    # a shell may start the tests with SIGINT ignored, which processes inherit; a terminal's user never meets that
    code = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from blocade.cli import main; sys.exit(main())"
    )
    command = [sys.executable, "-c", code, "run", SMALL, "--out", "out", "--draws", "10000", "--workers", str(workers)]
    process = subprocess.Popen(
        list(map(str, command)),
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    while not list(tmp_path.glob(".out.partial")):
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.05)
    time.sleep(0.2)  # seldom long enough for a chunk; what a run keeps once it has one is told in test_runner.py
    if number is signal.SIGINT:
        os.killpg(process.pid, number)  # a terminal sends it to the whole group
    else:
        process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert "Traceback" not in errors, errors
    if list(tmp_path.glob(".out.partial/chunks/*.parquet")):  # on a busy machine
        assert errors.splitlines()[-1].startswith("stopped; finished chunks are kept")
        assert [path.name for path in tmp_path.iterdir()] == [".out.partial"]
    else:
        assert errors.splitlines()[-1] == "stopped; nothing was left half-written"
        assert list(tmp_path.iterdir()) == []


def test_both_engines_give_the_same_results(tmp_path: Path) -> None:
    for engine in ("batch", "agents"):
        done = blocade("run", SMALL, "--out", tmp_path / engine, "--engine", engine, "--draws", 2, "--quiet")
        assert done.returncode == 0, done.stderr
    batch, agents = (pd.read_parquet(tmp_path / engine / "outcomes.parquet") for engine in ("batch", "agents"))
    keys = ["start", "arm", "draw", "replicate", "measure"]
    pd.testing.assert_frame_equal(batch[keys], agents[keys])
    assert (batch["value"] - agents["value"]).abs().max() < 1e-10


def test_a_name_works_from_any_folder_and_a_wrong_one_gets_the_nearest(tmp_path: Path) -> None:
    done = blocade("run", "isolate-russia-north-korea", "--draws", 1, "--quiet", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "results" / "isolate-russia-north-korea"
    assert (folder / "manifest.json").is_file()
    charts = json.loads((folder / "manifest.json").read_text())["inputs"]["scenario"]["charts"]
    assert sorted(path.stem for path in (folder / "charts").iterdir()) == sorted(charts)
    wrong = blocade("run", "isolate-russia-north-koreas", cwd=tmp_path)
    assert wrong.returncode == 2
    assert wrong.stderr == (
        'isolate-russia-north-koreas:1:1: no such file or scenario, did you mean "isolate-russia-north-korea"?\n'
    )


def test_several_scenarios_go_into_one_folder_each_in_its_own(tmp_path: Path) -> None:
    folder = tmp_path / "library"
    folder.mkdir()
    for name in ("first", "second"):
        (folder / f"{name}.yaml").write_text(SMALL.read_text())
    (folder / "_base.yaml").write_text(SMALL.read_text())
    done = blocade("run", folder, "--out", tmp_path / "out", "--draws", 1, "--quiet")
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["first", "index.md", "second"]


def bad_files() -> dict[str, list[str]]:
    """File -> lines expected, from the table beside the files."""
    blocks = (BAD / "expected.txt").read_text(encoding="utf-8").strip().split("\n\n")
    return {name: lines for name, *lines in (block.splitlines() for block in blocks)}


@pytest.mark.parametrize(
    ("name", "lines"), bad_files().items(), ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_broken_file_gets_its_precise_lines(name: str, lines: list[str]) -> None:
    done = blocade("check", name, cwd=BAD)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.splitlines() == lines


def test_all_mistakes_of_all_files_come_at_once_and_nothing_is_run(tmp_path: Path) -> None:
    names = sorted(bad_files())[:2]
    done = blocade("run", *(BAD / name for name in names), "--out", tmp_path / "out")
    assert done.returncode == 2
    assert all(any(name in line for line in done.stderr.splitlines()) for name in names)
    assert not (tmp_path / "out").exists()


def test_claims_that_need_other_arms_are_refused_with_the_arms(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(SMALL.read_text() + "claims: [off-ramps]\n")
    done = blocade("check", file)
    assert done.returncode == 2
    assert done.stderr == (
        f'{file}:19:9: claim "off-ramps" compares arms that this scenario lacks: '
        '"as-in-2021", "isolate-with-off-ramp", "off-ramp-only"\n'
    )


def test_a_claim_on_the_patron_needs_one(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(
        "extends: isolate-russia-north-korea\nbloc: [Iran, Belarus]\npatron: India\nclaims: [tighter-embrace]\n"
    )
    assert blocade("check", file).returncode == 0
    text = (HERE.parent / "scenarios" / "isolate-russia-north-korea.yaml").read_text()
    file.write_text(text.replace("patron: China\n", ""))
    done = blocade("check", file)
    assert done.returncode == 2
    assert done.stderr.endswith(
        'claim "tighter-embrace" measures the tie to a patron; name one with `patron:`, or leave it out\n'
    )


def test_the_current_folder_is_refused_before_anything_runs(tmp_path: Path) -> None:
    done = blocade("run", SMALL, "--out", ".", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == ".: is the folder you are in, and results take a folder of their own; name another\n"


def test_force_never_takes_a_file_of_the_users(finished: Path, tmp_path: Path) -> None:
    folder = tmp_path / "results"
    shutil.copytree(finished, folder)
    (folder / "notes.txt").write_text("mine")
    done = blocade("run", SMALL, "--out", folder, "--draws", 1, "--force")
    assert done.returncode == 2
    assert done.stderr == f"{folder}: holds files of yours (notes.txt); move them before --force replaces it\n"
    assert (folder / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("option", "value"),
    [("--draws", "0"), ("--draws", "100001"), ("--seed", "99999999999999999999"), ("--workers", "0")],
)
def test_numbers_out_of_range_are_refused_at_once(option: str, value: str) -> None:
    done = blocade("run", SMALL, option, value)
    assert done.returncode == 2
    assert f"argument {option}: {value} does not lie between" in done.stderr


def test_check_says_nothing_of_a_good_file() -> None:
    done = blocade("check", SMALL)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_schema_names_the_keys_and_refuses_others() -> None:
    schema = json.loads(blocade("schema").stdout)
    assert set(schema["properties"]) == {
        *("title", "why", "extends", "world", "bloc", "patron", "senders", "start", "end", "background", "arms"),
        *("levers", "theory", "parameters", "posterior", "design", "draws", "replicates", "seed", "starts", "watch"),
        *("measures", "claims", "hypotheses", "charts"),
    }
    assert schema["additionalProperties"] is False


def test_help_needs_no_numerical_library() -> None:
    code = (
        "import sys, contextlib, io\nfrom blocade.cli import main\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):\n    main(['--help'])\n"
        "print(sorted({'numpy', 'pandas', 'mesa', 'matplotlib', 'pydantic'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
