"""The command line as Markdown, from its parser."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator

from blocade.arguments import EXIT_CODES, parser

WIDTH = 88
STATED = re.compile(r"\s*\(default: ([^()]*(?:\([^()]*\)[^()]*)*)\)")
"""How a help text states a default."""


def written() -> str:
    """Every command: usage, arguments, options and defaults; then exit codes."""
    top = parser()
    parts = [_usage(top), _listed(top)]
    for command, told in walk(top):
        parts += [f"## {command.prog}", told, _usage(command), _listed(command)]
    return "\n\n".join(part for part in [*parts, _exit_codes()] if part)


def walk(top: argparse.ArgumentParser) -> Iterator[tuple[argparse.ArgumentParser, str]]:
    """Every command below a parser, subcommands after the one they belong to, each with its help."""
    for action in top._actions:
        if isinstance(action, argparse._SubParsersAction):
            helps = {choice.dest: choice.help or "" for choice in action._choices_actions}
            for name, command in action.choices.items():
                yield command, _sentence(helps.get(name, ""))
                yield from walk(command)


def _usage(command: argparse.ArgumentParser) -> str:
    # a width of its own: that of the terminal is no matter of a page
    command.formatter_class = lambda prog: argparse.HelpFormatter(prog, width=WIDTH)
    return f"```text\n{command.format_usage().removeprefix('usage: ').rstrip()}\n```"


def _listed(command: argparse.ArgumentParser) -> str:
    """Arguments and options as a list of definitions."""
    entries = []
    for action in command._actions:
        if isinstance(action, argparse._HelpAction | argparse._SubParsersAction):
            continue
        told, default = action.help or "", None
        stated = STATED.search(told)
        if stated is not None:
            told, default = STATED.sub("", told), stated[1]
        elif action.default not in (None, False, [], argparse.SUPPRESS):
            default = f"`{action.default}`"
        meaning = _sentence(told) + (f" Default: {default}." if default else "")
        entries.append(f"{_names(action)}\n: {meaning.strip() or '–'}")
    return "\n\n".join(entries)


def _names(action: argparse.Action) -> str:
    """How an argument is written: ``--seed N``."""
    value = ""
    if action.nargs != 0:
        value = "{" + ",".join(map(str, action.choices)) + "}" if action.choices else ""
        metavar = action.metavar or value or action.dest
        value = " ".join(metavar) if isinstance(metavar, tuple) else metavar
        value += " …" if action.nargs == "+" else ""
    return ", ".join(f"`{f'{name} {value}'.strip()}`" for name in action.option_strings or [""])


def _exit_codes() -> str:
    codes = EXIT_CODES.removeprefix("exit codes: ").split("; ")
    rows = [f"| {code} | {meaning} |" for code, meaning in (each.split(" ", 1) for each in codes)]
    return "\n".join(["## Exit codes\n", "| Code | Meaning |", "|--:|---|", *rows])


def _sentence(text: str) -> str:
    text = text.strip()
    return f"{text[0].upper()}{text[1:]}{'' if text.endswith('.') else '.'}" if text else ""
