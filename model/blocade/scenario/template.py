"""A scenario file to start from, every key explained."""

from __future__ import annotations

from pathlib import Path

from blocade.scenario.wording import mistake_at_top

TEMPLATE = Path(__file__).with_suffix(".yaml")


def write(path: Path) -> None:
    """Write the template to a new file; nothing is ever overwritten.

    Raises
    ------
    ScenarioError
        With one line, where the file cannot be written or could not be run.
    """
    put(path, TEMPLATE.read_text(encoding="utf-8"))


def put(path: Path, text: str) -> None:
    """Write a new scenario file; as `write`."""
    if path.suffix not in {".yaml", ".yml"}:
        raise mistake_at_top(path, "a scenario file is named .yaml or .yml at its end; name it so")
    if path.name.startswith("_"):
        raise mistake_at_top(path, "a file whose name starts with _ is a base, not to be run; leave the _ out")
    try:
        with path.open("x", encoding="utf-8") as file:  # fails where there is anything, however it came there
            file.write(text)
    except FileExistsError:
        raise mistake_at_top(path, "there is a file of this name, and it stays; choose another name") from None
    except FileNotFoundError:
        raise mistake_at_top(path, f"there is no folder {path.parent}; make it first") from None
    except OSError as error:
        raise mistake_at_top(path, f"cannot be written ({error.strerror}); choose another place") from error
