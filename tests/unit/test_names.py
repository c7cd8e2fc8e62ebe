"""The rules of names and of first lines that a machine can hold."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests.unit.test_repository import OURS, ROOT, modules

LONGEST_TEST_NAME = 60
DIALECT = re.compile(r"(What|Whatever|Who|Whom|Whose|Whoever|That|Those who|The same|Where|When|Why|How|Whether)\b")
"""A first word that is no thing of the domain: the reader learns only later what the sentence is about."""

Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def trees(*folders: str) -> Iterator[tuple[Path, ast.Module]]:
    for path in modules(*folders):
        yield path.relative_to(ROOT), ast.parse(path.read_text(encoding="utf-8"))


def test_a_class_name_means_one_thing() -> None:
    places: dict[str, list[str]] = defaultdict(list)
    for path, tree in trees(*OURS, "tests", "deploy"):
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(f"{path}:{node.lineno}")
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def test_a_test_name_has_at_most_60_characters() -> None:
    long = [
        f"{path}:{node.lineno} {node.name}"
        for path, tree in trees("tests")
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and len(node.name) > LONGEST_TEST_NAME
    ]
    assert long == [], "the name says the rule, the setup says the rest"


def docstrings(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield line and text of each string that stands alone: of a module, class or function, or below a field or constant."""
    for node in ast.walk(tree):
        for one in getattr(node, "body", ()) if isinstance(node, Documented) else ():
            if isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant) and isinstance(one.value.value, str):
                yield one.lineno, one.value.value.strip()


def test_a_docstring_begins_with_a_thing_or_a_verb() -> None:
    found = [
        f"{path}:{line} {text.splitlines()[0]}"
        for path, tree in trees(*OURS, "tests", "deploy")
        for line, text in docstrings(tree)
        if DIALECT.match(text)
    ]
    assert found == []
