"""Mutants of a module: mutmut's operators over its syntax tree, wherever a change could change what the core does.

Left out is what decides nothing: annotations and type aliases, docstrings, decorators, imports, ``__all__``, the text
of an error or an assertion, and ``len`` and ``isinstance`` with another argument, which fail at once.
"""

import ast
import difflib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, cast

import libcst as cst
import libcst.matchers as m
from mutmut.mutation.mutators import mutation_operators

OPERATORS: Final = cast(list[tuple[type[cst.CSTNode], Callable[[Any], Iterable[cst.CSTNode]]]], mutation_operators)
_ALIAS_NAME: Final = re.compile(r"_?[A-Z][A-Za-z]*[a-z][A-Za-z]*")
_NEVER: Final = (cst.Annotation, cst.Decorator, cst.Import, cst.ImportFrom, cst.Raise)
_UNTOUCHED_CALLS: Final = {"isinstance", "len"}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of one module. ``was`` and ``becomes`` are the changed lines, without their indentation."""

    module: str
    """The module's path from the repository's root."""
    function: str
    """The function or class around the change, dotted; empty at the module's level."""
    line: int
    was: str
    becomes: str
    source: str
    """The whole mutated module."""


class Mutations:
    """Every mutation of one module, rendered one at a time: making the text of all of them takes minutes."""

    def __init__(self, module: str, source: str) -> None:
        self._module = module
        self.source: Final = source
        self._tree = cst.parse_module(source)
        self._syntax = ast.dump(ast.parse(source))
        visitor = _Visitor()
        self._tree.visit(visitor)
        self._found: Final = visitor.found

    def __len__(self) -> int:
        return len(self._found)

    def functions(self) -> list[str]:
        """Return the function of each mutation, in their order."""
        return [function for function, _, _ in self._found]

    def changed_text(self, number: int) -> str:
        """Return the source of the changed node alone: at once, where :meth:`render` walks the whole module."""
        return self._tree.code_for_node(self._found[number][2])

    def render(self, number: int) -> Mutant | None:
        """Return mutation *number*; ``None`` where it is no Python, or changes no syntax."""
        function, node, mutated = self._found[number]
        changed = self._tree.deep_replace(node, mutated)
        assert isinstance(changed, cst.Module)
        source = changed.code
        try:
            compile(source, self._module, "exec")
        except (SyntaxError, ValueError):
            return None
        if ast.dump(ast.parse(source)) == self._syntax:
            return None
        line, was, becomes = _difference(self.source, source)
        return Mutant(self._module, function, line, was, becomes, source)


def _difference(before: str, after: str) -> tuple[int, str, str]:
    """Return the number of the first changed line, and the changed lines before and after."""
    old, new = before.splitlines(), after.splitlines()
    changes = [c for c in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes() if c[0] != "equal"]
    first, last = changes[0], changes[-1]
    return first[1] + 1, _one_line(old[first[1] : last[2]]), _one_line(new[first[3] : last[4]])


def _one_line(lines: list[str]) -> str:
    return " ".join(line.strip() for line in lines)


class _Visitor(cst.CSTVisitor):
    """Collects (function, node, mutated node), in the order of the source."""

    def __init__(self) -> None:
        self.found: list[tuple[str, cst.CSTNode, cst.CSTNode]] = []
        self._around: list[str] = []
        self._messages: list[cst.CSTNode] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        if isinstance(node, _NEVER) or any(node is message for message in self._messages) or _decides_nothing(node):
            return False
        if isinstance(node, cst.Assert) and node.msg is not None:
            self._messages.append(node.msg)
        if isinstance(node, cst.FunctionDef | cst.ClassDef):
            self._around.append(node.name.value)
        self.found += [(".".join(self._around), node, mutated) for mutated in _mutated(node)]
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        if isinstance(original_node, cst.FunctionDef | cst.ClassDef):
            self._around.pop()


def _mutated(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    for kind, operator in OPERATORS:
        if isinstance(node, kind):
            yield from operator(node)


def _decides_nothing(node: cst.CSTNode) -> bool:
    if isinstance(node, cst.Expr):
        return isinstance(node.value, cst.SimpleString | cst.ConcatenatedString)
    if isinstance(node, cst.Call):
        return isinstance(node.func, cst.Name) and node.func.value in _UNTOUCHED_CALLS
    if isinstance(node, cst.If):
        return m.matches(node.test, m.Name("TYPE_CHECKING"))
    if isinstance(node, cst.Assign) and len(node.targets) == 1:
        return _names_no_value(node.targets[0].target, node.value)
    return False


def _names_no_value(target: cst.BaseExpression, value: cst.BaseExpression) -> bool:
    """Tell whether an assignment gives a type another name, or lists what a module exports."""
    if not isinstance(target, cst.Name):
        return False
    return target.value == "__all__" or (_ALIAS_NAME.fullmatch(target.value) is not None and _is_type(value))


def _is_type(value: cst.BaseExpression) -> bool:
    if isinstance(value, cst.BinaryOperation):
        return isinstance(value.operator, cst.BitOr) and _is_type(value.left) and _is_type(value.right)
    return isinstance(value, cst.Name | cst.Attribute | cst.Subscript)
