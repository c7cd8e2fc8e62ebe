"""Unit tests that can kill a mutant of a module: those that import it, directly or through another.

A mutant inside a function needs one of them that enters it.

Followed are imports between tests, from tests into the core, and within the core. A test that reaches the core only
through the service around it is left to the integration tests.
"""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

CORE: Final = "alarm_center/core"
_FOLLOWED: Final = ("alarm_center/core/", "tests/unit/", "tests/support/")


def pick_tests(root: Path) -> Mapping[str, frozenset[str]]:
    """Return, for each module of the core, the unit test files that import it, directly or through another."""
    graph = {path: set(_imports(root, path)) for path in _followed(root)}
    reached = {test: _reached(graph, test) for test in graph if _is_test(test)}
    return {
        module: frozenset(test for test, files in reached.items() if module in files)
        for module in graph
        if module.startswith(CORE)
    }


def body_around(source: str, line: int) -> range | None:
    """Return the lines of the outermost function whose body has *line*, ``None`` where the import executes it."""
    for node in ast.walk(ast.parse(source)):  # the outermost comes first
        if isinstance(node, ast.FunctionDef) and node.body[0].lineno <= line <= (node.end_lineno or 0):
            return range(node.body[0].lineno, (node.end_lineno or 0) + 1)
    return None


def _followed(root: Path) -> Iterator[str]:
    for folder in _FOLLOWED:
        yield from (str(path.relative_to(root)) for path in sorted((root / folder).rglob("*.py")))


def _is_test(path: str) -> bool:
    return path.startswith("tests/unit/") and Path(path).name.startswith("test_")


def _imports(root: Path, path: str) -> Iterator[str]:
    """Yield the followed files that *path* imports, its packages' own ``__init__`` among them."""
    for node in ast.walk(ast.parse((root / path).read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            assert node.level == 0, f"{path}: a relative import"
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        if names == ["alarm_center", "alarm_center.core"]:  # a test that walks the whole package
            yield from (str(file.relative_to(root)) for file in (root / CORE).rglob("*.py"))
        for name in names:
            for file in (f"{name.replace('.', '/')}.py", f"{name.replace('.', '/')}/__init__.py"):
                if file.startswith(_FOLLOWED) and (root / file).exists():
                    yield file


def _reached(graph: Mapping[str, set[str]], start: str) -> set[str]:
    reached, ahead = {start}, [start]
    while ahead:
        new = graph[ahead.pop()] - reached
        reached |= new
        ahead += new
    return reached
