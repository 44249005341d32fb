"""What blocade is built of: licences of what it brings, known vulnerabilities, and packages that can be installed.

    python scripts/reliability/supply.py

It makes three environments and needs a package index that pip reaches; without one it ends with an error. The service
that pip-audit asks for vulnerabilities need not be reachable: the page says so then.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections import defaultdict
from importlib.metadata import Distribution
from pathlib import Path

from environments import alone, call, installed, made
from licences import SELF, brought, copyleft, declared, harmless, inside, licence
from packaging.utils import canonicalize_name
from page import ROOT, table, write

COMMAND = "python scripts/reliability/supply.py"
FOR_USERS = ("cluster", "explore")
"""Extras for those who use blocade; the others are for those who work on it."""
KNOWN = {
    "docutils": "one file, for the editor Emacs, is GPL-3; wheels leave it out, and the rest is public domain or BSD",
    "platypus-opt": "GPL-3; comes with ema_workbench, to which `benchmarks/` compares blocade; nothing else calls it",
    "yattag": "LGPL; comes with cosmic-ray, which tests the tests",
}
"""Extras for work on blocade may bring these, with the reason; a GPL of any other ends in an error."""
SAME = ("draws.parquet", "outcomes.parquet", "bands.parquet", "ties.parquet", "verdicts.json", "charts/*.png")
FIRST_TESTS = ("tests/test_equations.py", "tests/test_world.py", "tests/test_cli.py")
SERVICES = ("pypi", "osv")


class Findings:
    """Lines of the page, and what is wrong, as they come."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.wrong: list[str] = []

    def say(self, *lines: str) -> None:
        """Add lines to the page, and show them."""
        self.lines += [*lines, ""]
        print(*lines, sep="\n", flush=True)

    def check(self, right: bool, otherwise: str) -> None:
        """Note what is wrong."""
        if not right:
            self.wrong.append(otherwise)
            print(f"WRONG: {otherwise}", flush=True)


# --- licences of what it brings ---------------------------------------------------------------------------------------


def judged(found: dict[str, Distribution], strict: bool, where: str, findings: Findings) -> list[str]:
    """Note every licence that must not be there; returns the exceptions that may."""
    exceptions = []
    for name, one in found.items():
        findings.check(bool(licence(one)), f"{where}: {name} says nothing of its licence")
        if not copyleft(one):
            continue
        known = not strict and name in KNOWN
        findings.check(known, f"{where}: {name} is under a {copyleft(one)}: {licence(one)}")
        exceptions += [name] * known
    return exceptions


def by_licence(found: dict[str, Distribution]) -> list[tuple[str, str]]:
    """Licences as they are stated, each with the distributions under it."""
    groups = defaultdict(list)
    for name, one in found.items():
        groups[licence(one)].append(f"{name} {one.version}")
    return [(stated, ", ".join(names)) for stated, names in sorted(groups.items(), key=lambda group: -len(group[1]))]


def licences(findings: Findings) -> dict[str, Distribution]:
    """The licences of all that an install brings; returns what it brings at run time."""
    needed, extras = declared()
    run, missing = brought(needed)
    findings.check(not missing, f"run time: not installed here: {', '.join(missing)}")
    judged(run, True, "run time", findings)
    findings.say(
        f"### Licences\n\nA run-time install brings {len(run)} distributions (markers evaluated for this Python), "
        "here with their licences as they state them. None may be under a GPL or LGPL; one that is would stand "
        "under **Wrong** above.",
        *["", *table(("licence", "distributions"), by_licence(run))],
    )
    carried = [(name, files, words) for name, one in run.items() for files, words in inside(one)]
    for name, files, words in carried:
        findings.check(harmless(words), f"run time: the wheel of {name} carries {files} under {words}")
    findings.say(
        "Some wheels carry libraries that their licence files name under a GPL or LGPL. Each must come with an "
        "exception for what is linked with it, be under the LGPL, as a shared library of its own, or leave a "
        "choice:",
        *["", *table(("wheel", "files", "licence"), carried)],
    )
    rows, exceptions = [], set()
    for extra, asked in extras.items():
        found, missing = brought(asked)
        users = extra in FOR_USERS
        findings.check(not (users and missing), f"extra {extra}: not installed here: {', '.join(missing)}")
        exceptions |= set(judged(found, users, f"extra {extra}", findings))
        more = {name: one for name, one in found.items() if name not in run}
        listed = "; ".join(f"*{stated}*: {names}" for stated, names in by_licence(more))
        lacking = f" Not installed here, so not read: {', '.join(missing)}." if missing else ""
        rows.append((f"`{extra}`", "use" if users else "work on it", len(more), listed + lacking))
    findings.say(
        "What each extra brings besides, for the use of blocade or for work on it:",
        *["", *table(("extra", "for", "more", "licences and distributions"), rows)],
    )
    findings.say("An extra for use may bring no GPL or LGPL either. In those for work on it, known and let through:")
    findings.say(*(f"* {name}: {KNOWN[name]}." for name in sorted(exceptions)))
    return run


# --- known vulnerabilities --------------------------------------------------------------------------------------------


def asked(service: str, packages: Path) -> tuple[list[dict[str, object]], str]:
    """What a service says of the packages of a folder, or why it says nothing."""
    command = [sys.executable, "-m", "pip_audit", "--path", packages, "--vulnerability-service", service]
    done = subprocess.run(
        [*map(str, command), "--format", "json", "--progress-spinner", "off", "--timeout", "30"],
        env=alone(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    try:
        answered = [one for one in json.loads(done.stdout)["dependencies"] if "vulns" in one]
    except json.JSONDecodeError:
        last = (done.stderr.strip().splitlines() or ["nothing said"])[-1]
        return [], f"{service}: {last.split('(')[0].split('.')[-1]}"
    return answered, "" if answered else f"{service}: it knows none of the packages"


def audited(python: Path, findings: Findings) -> None:
    """Ask for known vulnerabilities of the run-time environment."""
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages, reasons = Path(call([python, "-c", code], Path.cwd()).strip()), []
    findings.say("### Known vulnerabilities")
    for service in SERVICES:
        answered, reason = asked(service, packages)
        if not answered:
            reasons.append(reason)
            continue
        bad = [(one["name"], one["version"], each["id"]) for one in answered for each in one["vulns"]]  # type: ignore
        findings.check(not bad, f"known vulnerabilities: {bad}")
        findings.say(f"pip-audit asked the service `{service}` of {len(answered)} distributions: {len(bad)} found.")
        if bad:
            findings.say(*table(("distribution", "version", "vulnerability"), bad))
        return
    findings.say(
        f"**Not known.** pip-audit could not run here: it reached no service that answers ({'; '.join(reasons)}). "
        "Its own “No known vulnerabilities found” means nothing where every package was skipped; this check counts "
        "the answers."
    )


# --- the packages -----------------------------------------------------------------------------------------------------


def files(folder: Path) -> dict[str, bytes]:
    """Every file of a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def built(folder: Path, findings: Findings) -> tuple[Path, Path, Path]:
    """Build both packages from the checkout, and the wheel from the sdist also: (sdist, wheel, unpacked sdist)."""
    build = [sys.executable, "-m", "build", "--outdir"]
    call([*build, folder / "dist", "--sdist", "--wheel", ROOT], folder)
    (sdist,), (wheel,) = (list((folder / "dist").glob(pattern)) for pattern in ("*.tar.gz", "*.whl"))
    with tarfile.open(sdist) as packed:
        packed.extractall(folder / "unpacked", filter="data")
    (unpacked,) = (folder / "unpacked").iterdir()
    call([*build, folder / "again", "--wheel", unpacked], folder)
    (again,) = (folder / "again").glob("*.whl")
    same = again.read_bytes() == wheel.read_bytes()
    findings.check(same, "the wheel built from the sdist is not the wheel built from the checkout")
    size = [f"{path.stat().st_size / 1e6:.1f} MB" for path in (sdist, wheel)]
    findings.say(
        f"### Packages\n\n`python -m build` makes an sdist ({size[0]}) and a wheel ({size[1]}). "
        f"The wheel built from the sdist {'is the same, byte for byte' if same else 'IS ANOTHER'}."
    )
    return sdist, wheel, unpacked


def contents(sdist: Path, wheel: Path, findings: Findings) -> None:
    """The wheel carries code, seeds and scenarios and nothing else; the sdist the tests and their data too."""
    with zipfile.ZipFile(wheel) as packed:
        held = {name: packed.read(name) for name in packed.namelist()}
    for name in ("seeds", "scenarios"):
        here = {f"{SELF}/_data/{name}/{path}": content for path, content in files(ROOT / name).items()}
        there = {path: content for path, content in held.items() if path.startswith(f"{SELF}/_data/{name}/")}
        findings.check(here == there, f"wheel: {name} differ from the checkout's: {sorted(set(here) ^ set(there))[:5]}")
    odd = [name for name in held if not re.match(rf"{SELF}/|{SELF}-[\d.]+\.dist-info/", name)]
    odd += [name for name in held if re.search(r"(^|/)(tests?|conftest)[/.]|\.pyc$|__pycache__", name)]
    findings.check(not odd, f"wheel: carries {odd[:5]}")
    with tarfile.open(sdist) as packed:
        names = {name.split("/", 1)[-1] for name in packed.getnames()}
    folders = ("model", "seeds", "scenarios", "tests", "scripts", "docs")
    wanted = {f"{folder}/{path}" for folder in folders for path in files(ROOT / folder) if "__pycache__" not in path}
    findings.check(wanted <= names, f"sdist: lacks {sorted(wanted - names)[:5]}")
    findings.say(
        f"The wheel holds {len(held)} files: the code, `seeds/` and `scenarios/` as in the checkout, and no test. "
        f"The sdist holds {len(names)}, tests, documents and scripts among them."
    )


def used(python: Path, folder: Path, findings: Findings) -> dict[str, bytes]:
    """Do with an installed blocade what a newcomer does, in an empty folder; returns what a run wrote."""
    folder.mkdir()
    place = call([python, "-c", f"import {SELF}; print({SELF}.__file__)"], folder).strip()
    findings.check(str(python.parents[1]) in place, f"{place} is not of the environment of {python}")
    blocade = [python.parent / SELF]
    steps = (["--version"], ["new", "mine.yaml"], ["check", "mine.yaml"], ["list", "charts"],
             ["run", "mine.yaml", "--draws", "3", "--out", "out", "--quiet"])  # fmt: skip
    for step in steps:
        call([*blocade, *step], folder)
    return {path.relative_to(folder).as_posix(): path.read_bytes()
            for pattern in SAME for path in sorted((folder / "out").glob(pattern))}  # fmt: skip


def packages(folder: Path, run: dict[str, Distribution], findings: Findings) -> Path:
    """Build, install into empty environments and use both packages; returns the Python of the wheel's environment."""
    sdist, wheel, unpacked = built(folder, findings)
    contents(sdist, wheel, findings)
    pythons, results = [], []
    for package in (wheel, sdist):
        print(f"installing {package.name}", flush=True)
        pythons.append(made(folder / f"of-{package.suffix[1:]}", "-c", ROOT / "constraints.txt", package))
        results.append(used(pythons[-1], folder / f"use-{package.suffix[1:]}", findings))
    same = results[0] == results[1] and len(results[0]) >= len(SAME)
    findings.check(same, "the wheel and the sdist give other results")
    odd = sorted(({canonicalize_name(name) for name in installed(pythons[0])} - {SELF}) ^ set(run))
    findings.check(not odd, f"what the wheel brings and what its licences were read of differ by {odd}")
    findings.say(
        "Each was installed into an empty environment with `-c constraints.txt` and used in an empty folder: "
        "`blocade --version`, `new`, `check`, `list charts` and `run … --draws 3`. "
        + (f"Both gave the same {len(results[0])} tables and charts, byte for byte. " if same else "RESULTS DIFFER. ")
        + ("" if odd else f"The environment held the {len(run)} distributions listed above and no other.")
    )
    own = {"PYTHONPATH": str(unpacked / "model")}
    pytest = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    place = call([sys.executable, "-c", f"import {SELF}; print({SELF}.__file__)"], unpacked, own).strip()
    findings.check(place.startswith(str(unpacked)), f"tests of the sdist would test {place}")
    collected = call([*pytest, "--collect-only"], unpacked, own).strip().splitlines()[-1]
    passed = call([*pytest, "-n0", *FIRST_TESTS], unpacked, own).strip().splitlines()[-1]
    findings.say(
        f"The tests of the unpacked sdist are found ({re.sub(' in .*', '', collected)}), and the first pass: "
        f"{', '.join(f'`{name}`' for name in FIRST_TESTS)}: {re.sub(' in .*', '', passed)}."
    )
    return pythons[0]


# --- data -------------------------------------------------------------------------------------------------------------


def data(findings: Findings) -> None:
    """What is known of the licences of the data, counted."""
    text = (ROOT / "seeds" / "LICENCES.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([^`]+)` \|.*\| ([^|]+) \|$", text, flags=re.M)
    findings.check({name for name, _ in rows} == set(files(ROOT / "seeds")), "seeds/LICENCES.md lacks or invents files")
    heads = {path: next(csv.reader(path.open(encoding="utf-8"))) for path in (ROOT / "seeds").rglob("*.csv")}
    raw = [path.name for path, head in heads.items() if any(re.search("case_id|tiv|gsdb", column) for column in head)]
    findings.check(not raw, f"columns of the Global Sanctions Data Base or of SIPRI in {raw}")
    findings.say(
        f"### Data\n\n[seeds/LICENCES.md](../seeds/LICENCES.md) has a row for each of the {len(rows)} files of "
        "`seeds/`: what it was made from, and under which terms; a test keeps the two together. No file holds a row "
        "of the Global Sanctions Data Base or of SIPRI; of SIPRI's figures there are yes/no and indices rounded to "
        ".05. For most of the other sources no licence was found, which that page says; what is here is derived "
        "from them."
    )


def main() -> int:
    """Run all checks and write the section; returns 1 where something is wrong."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    findings = Findings()
    run = licences(findings)
    with tempfile.TemporaryDirectory() as folder:
        try:
            python = packages(Path(folder), run, findings)
            audited(python, findings)
        except RuntimeError as error:
            findings.check(False, str(error).replace(folder, "…"))
    data(findings)
    verdict = [f"* **Wrong:** {line}" for line in findings.wrong] or ["**Nothing found.**"]
    write("supply", COMMAND, [*verdict, "", *findings.lines[:-1]])
    return 1 if findings.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
