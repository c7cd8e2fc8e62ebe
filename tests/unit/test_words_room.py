"""Interface words: all stand in ``alarm_center/words`` and the templates, and go through the catalogues."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

_ALARM_CENTER: Final = Path(__file__).parents[2] / "alarm_center"
_SWEDISH: Final = re.compile(r"[åäöÅÄÖ]")
_MARKS: Final = {"_", "mark", "speech", "text_for"}
"""Functions that a text reaches the catalogues by."""

_NOT_THE_ROOM: Final = {
    "core/messages/sms_words.py": "an SMS fits one segment in both languages, and both are measured",
    "core/messages/sms_text.py": "words of a fact in them: the digits of a call, a patrol's label",
    "core/messages/exercise_text.py": "first words of an SMS in an exercise, in its language",
    "core/group_sms.py": "endings of streets that an address is known by; nobody is shown them",
    "core/messages/gsm7.py": "the letters of the alphabet that an SMS is written in",
    "core/replies/carer_actions.py": "one row a reply, with its menu's words; its buttons go through the catalogues",
    "identity/common_passwords.py": "words that passwords are made of; nobody is shown them",
    "sms/incident_replies.py": "words that a lead's SMS is read by; nobody is shown them",
    "core/replies/parse_reply.py": "words that a carer's SMS is read by; nobody is shown them",
    "town/model.py": "area codes of a town's file; nobody is shown them",
    "town/times.py": "days of a town's file; nobody is shown them",
}
"""Modules with Swedish of their own, and why."""


def _interface_words(source: str) -> Iterator[str]:
    """Yield each text with Swedish letters, and each literal that is marked or translated on the spot."""
    tree = ast.parse(source)
    docstrings = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)) if id(node) not in docstrings and _SWEDISH.search(text):
                yield text
            case ast.Call(func=func, args=[*_, ast.Constant(value=str(text))]) if _speaks(func):
                yield text


def _speaks(func: ast.expr) -> bool:
    """Return whether *func* puts a text into the reader's language: ``speech(…)``, ``SPEECHES[…](…)``, ``speech_of(…)(…)``."""
    match func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in _MARKS
        case ast.Call(func=inner) | ast.Subscript(value=inner):
            return isinstance(inner, ast.Name) and inner.id in {"speech_of", "SPEECHES"}
    return False


def _modules() -> dict[str, Path]:
    return {str(path.relative_to(_ALARM_CENTER)): path for path in sorted(_ALARM_CENTER.rglob("*.py"))}


def test_no_interface_words_outside_the_room() -> None:
    outside = {
        module: found
        for module, path in _modules().items()
        if not module.startswith("words/") and module not in _NOT_THE_ROOM
        if (found := list(_interface_words(path.read_text(encoding="utf-8"))))
    }
    assert outside == {}, "move it to alarm_center/words"


@pytest.mark.parametrize("module", sorted(_NOT_THE_ROOM))
def test_each_exception_still_has_swedish(module: str) -> None:
    assert list(_interface_words((_ALARM_CENTER / module).read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "source",
    [
        'X = "Välj skäl"',
        'say = f"Prio {n} – på väg"',
        'speech("Titta igen")',
        'text_for(request, "Titta igen")',
        '_("Flera")',
        'speech_of(request)("Flera")',
        'SPEECHES[town.language]("Flera")',
        'reader.speech("Flera")',
    ],
)
def test_the_rule_sees_a_text_that_passes_by(source: str) -> None:
    assert list(_interface_words(source))


def test_a_docstring_is_no_interface_word() -> None:
    assert not list(_interface_words('"""Ärendet."""\nspeech(page_words.SEVERAL)'))
