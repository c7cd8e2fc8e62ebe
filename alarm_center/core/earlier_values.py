"""Values of a resident as they were before a change, to fill in the form that changes them back.

Undoing is another change: the form is read, checked and said as a sentence like any other. Withdrawal of consent, death, the end of a
decision and a move have none.
"""

from collections.abc import Mapping
from datetime import time
from typing import Any, Final

from alarm_center.core.resident_record import ChangeRow
from alarm_center.core.slot_changes import SlotPattern

_HOME: Final = frozenset(
    {"name", "area_id", "address", "phone", "risk", "protected", "cohabitant", "cohabitant_sleeps", "performer", "closed_to"}
)  # fmt: skip
_DOOR: Final = frozenset({"access", "key_place", "second_way", "door_tried_on", "pets", "marks", "notes", "contacts"})
"""Columns that each page has. The port's code is on neither: it is read behind a click that is logged."""
_FINAL: Final = frozenset({"moved_at", "died_at"})


def undo_page(row: ChangeRow) -> str | None:
    """Return the page, under the resident's, whose form can change *row* back; ``None`` where there is no way back."""
    before = row.before
    if not before or _FINAL & set(before):
        return None
    if row.part == "times" and "times" in before:
        return "times"
    if row.part == "plan":
        return "not-seen"
    if row.part == "resident":
        return "home" if _HOME & set(before) else "door" if _DOOR & set(before) else None
    return None


def earlier_table(table: Mapping[str, Any], before: Mapping[str, Any], areas: Mapping[str, str]) -> dict[str, Any]:
    """Return a resident's table with what a change had *before* it in place; *areas* are the codes by id."""
    earlier = {name: value for name, value in before.items() if name in _HOME | _DOOR}
    if "area_id" in earlier:
        earlier["area"] = areas.get(str(earlier.pop("area_id")), table.get("area"))
    plan = {"plan": before["answers"]} if "answers" in before else {}
    rule = {name: before[name] for name in ("green_by", "signed_by") if name in before}
    return {**table, **earlier, **plan, **rule}


def earlier_times(before: Mapping[str, Any]) -> list[SlotPattern]:
    """Return the times that there were before a change."""
    return [
        SlotPattern(
            time.fromisoformat(each["time"]), each["window_minutes"], tuple(each["weekdays"]), each["by_visit"], each["seconds"]
        )
        for each in before["times"]
    ]  # fmt: skip
