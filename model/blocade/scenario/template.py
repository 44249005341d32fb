"""A scenario file to start from, every key explained."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

from blocade.scenario.inherit import ENDINGS
from blocade.scenario.schema import ScenarioFile
from blocade.scenario.wording import mistake_at_top

TEMPLATE = Path(__file__).with_suffix(".yaml")
"""The file without its explanations: those of the keys stand in the schema, where editors find them too."""


def explained() -> str:
    """The template, with what the schema says of each key above it."""
    lines: list[str] = []
    for line in TEMPLATE.read_text(encoding="utf-8").splitlines():
        key = re.match(r"#?(\w+):", line)
        if key is not None:
            meaning = ScenarioFile.model_fields[key[1]].description or ""
            lines += textwrap.wrap(meaning, 120, initial_indent="# ", subsequent_indent="# ")
        lines.append(line)
    return "\n".join(lines) + "\n"


def write(path: Path) -> None:
    """Write the template to a new file; nothing is ever overwritten.

    Raises
    ------
    ScenarioError
        With one line, where the file cannot be written or could not be run.
    """
    put(path, explained())


def put(path: Path, text: str) -> None:
    """Write a new scenario file; as `write`."""
    if path.suffix not in ENDINGS:
        raise mistake_at_top(path, "a scenario file is named .yaml or .yml at its end; name it so")
    if path.name.startswith("_"):
        raise mistake_at_top(path, "a file whose name starts with _ is a base, not to be run; leave the _ out")
    try:
        with path.open("x", encoding="utf-8") as file:  # fails where there is anything, however it came there
            try:
                file.write(text)
                file.flush()
            except BaseException:
                path.unlink()  # none of it rather than half
                raise
    except FileExistsError:
        raise mistake_at_top(path, "there is a file of this name, and it stays; choose another name") from None
    except FileNotFoundError:
        raise mistake_at_top(path, f"there is no folder {path.parent}; make it first") from None
    except OSError as error:
        raise mistake_at_top(path, f"cannot be written ({error.strerror}); choose another place") from error
