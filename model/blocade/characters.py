"""What may stand in names and texts that are written to files and shown on terminals."""

from __future__ import annotations

import unicodedata


def unfit_character(text: str, besides: str = "") -> str | None:
    """The first character that has no place in a text, as ``U+001B``, or None: a control, which could break a line or
    command a terminal, or half of a character, which no file can hold.

    Parameters
    ----------
    besides : controls that may stand there.
    """
    found = (char for char in text if unicodedata.category(char) in {"Cc", "Cs"} and char not in besides)
    first = next(found, None)
    return None if first is None else f"U+{ord(first):04X}"


def one_line(text: str) -> str:
    """Replace whatever would break or hide part of a line (breaks, tabs, control characters)."""
    return "".join(char if char.isprintable() else " " for char in text)
