"""Tables in docstrings that say which test pins what."""

import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

LEFT_OUT = {"skip", "skipif", "xfail"}


def check_table(text: str, rows: int, folder: Path) -> None:
    """Check that the rows are numbered from 1 to `rows`, and that each names tests which modules of the folder have and which run."""
    found = re.findall(r"^\| (\d+)\. (.+)", text.replace("\\\n", ""), re.MULTILINE)
    assert [int(number) for number, _ in found] == list(range(1, rows + 1))
    named = {number: re.findall(r"`(test_\w+)`", row) for number, row in found}
    assert [number for number, names in named.items() if not names] == []
    marks = dict(_tests_of(folder, {name for names in named.values() for name in names}))
    for number, names in named.items():
        for name in names:
            assert name in marks, f"row {number}: there is no {name}"
            assert not marks[name] & LEFT_OUT, f"row {number}: {name} is left out"


def _tests_of(folder: Path, names: set[str]) -> Iterator[tuple[str, set[str]]]:
    """Give those of the tests that are in a folder on the path, each with the names of its marks and of its module's."""
    for path in sorted(folder.glob("test_*.py")):
        text = path.read_text()
        here = names & set(re.findall(r"^def (test_\w+)\(", text, re.MULTILINE))
        if not here:
            continue
        assert not re.search(r"pytest\.(skip|importorskip|xfail)\(", text), path
        module = importlib.import_module(path.stem)
        of_module = _names_of(getattr(module, "pytestmark", []))
        for name in here:
            yield name, of_module | _names_of(getattr(getattr(module, name), "pytestmark", []))


def _names_of(marks: pytest.MarkDecorator | list[pytest.Mark]) -> set[str]:
    return {mark.name for mark in (marks if isinstance(marks, list) else [marks])}
