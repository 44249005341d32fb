"""Every public name has an example in its docstring, and all of them run, in a folder of their own."""

from __future__ import annotations

import doctest
import inspect
from pathlib import Path

import pytest

import blocade
from blocade import compare
from blocade.analysis.theories import variants


def example_of(name: str) -> doctest.DocTest:
    """The examples of a public name's own docstring."""
    text = inspect.getdoc(getattr(blocade, name)) or ""
    return doctest.DocTestParser().get_doctest(text, {}, f"blocade.{name}", None, None)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where all examples run: what one has made the next reads."""
    return tmp_path_factory.mktemp("examples")


@pytest.mark.parametrize("name", sorted(blocade.__all__))
def test_the_example_of_a_public_name_runs(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    # a comparison runs twenty sets of mechanisms, of which one will do here
    monkeypatch.setattr(compare, "variants", lambda *of: variants(*of)[:1])
    test = example_of(name)
    assert test.examples, f"blocade.{name} has no example"
    told: list[str] = []
    found = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(test, out=told.append)
    assert found.failed == 0, "".join(told)
