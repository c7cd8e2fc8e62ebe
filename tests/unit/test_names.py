"""The rules of names and of first lines that a machine can hold."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.unit.test_repository import OURS, ROOT, modules

LONGEST_TEST_NAME = 60
DIALECT = re.compile(r"(What|Whatever|Who|Whom|Whose|Whoever|That|Those who|The same|Where|When|Why|How|Whether)\b")
"""A first word that is no thing of the domain: the reader learns only later what the sentence is about."""

Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Names:
    """Names and docstrings of one file, each with its line."""

    path: Path
    classes: tuple[tuple[int, str], ...]
    functions: tuple[tuple[int, str], ...]
    docstrings: tuple[tuple[int, str], ...]


@cache
def names() -> tuple[Names, ...]:
    """Return the names of every file of ours: each is parsed once for all of these tests."""
    return tuple(map(names_of, modules(*OURS, "tests", "deploy")))


def names_of(path: Path) -> Names:
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    return Names(
        path.relative_to(ROOT),
        tuple((node.lineno, node.name) for node in nodes if isinstance(node, ast.ClassDef)),
        tuple((node.lineno, node.name) for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)),
        tuple(docstrings(nodes)),
    )


def test_a_class_name_means_one_thing() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for file in names():
        for line, name in file.classes:
            places[name].append(f"{file.path}:{line}")
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def test_a_test_name_has_at_most_60_characters() -> None:
    long = [
        f"{file.path}:{line} {name}"
        for file in names()
        if file.path.is_relative_to("tests")
        for line, name in file.functions
        if name.startswith("test_") and len(name) > LONGEST_TEST_NAME
    ]
    assert long == [], "the name says the rule, the setup says the rest"


def docstrings(nodes: Iterable[ast.AST]) -> Iterator[tuple[int, str]]:
    """Yield line and text of each string that stands alone: of a module, class or function, or below a field or constant."""
    for node in nodes:
        for one in getattr(node, "body", ()) if isinstance(node, Documented) else ():
            if isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant) and isinstance(one.value.value, str):
                yield one.lineno, one.value.value.strip()


def test_a_docstring_begins_with_a_thing_or_a_verb() -> None:
    found = [
        f"{file.path}:{line} {text.splitlines()[0]}"
        for file in names()
        for line, text in file.docstrings
        if DIALECT.match(text)
    ]
    assert found == []
