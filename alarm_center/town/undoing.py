"""Changes that importing an exported file would undo: parts that somebody has changed since the file was written.

The file holds a digest of each part as it was. Where the import would change a part that is no longer so, it would undo somebody's
change; what only the file has changed is let through.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from alarm_center.store import changes, devices, residents
from alarm_center.store.changes import ChangedPart, LastChange
from alarm_center.town.export import ExportedTown, export_town, resident_part
from alarm_center.town.model import ExportedState, ShiftEntry, TownFile
from alarm_center.town.rota import ShiftOfNight, named_pattern, nights_of
from alarm_center.town.town_import import TownImport
from schemas.vocabulary import ImportAction

_DAY: Final = timedelta(days=1)
_LISTS: Final = {
    "area": "areas",
    "performer": "performers",
    "legal position": "legal_positions",
    "user": "users",
    "carer": "carers",
}
_RESIDENTS: Final = {
    "resident": ChangedPart.RESIDENT,
    "consent": ChangedPart.CONSENT,
    "decision": ChangedPart.DECISION,
    "plan": ChangedPart.PLAN,
    "slot": ChangedPart.TIMES,
}
_DEVICE: Final = {"device": ChangedPart.DEVICE}


@dataclass(frozen=True, slots=True)
class UndoneChange:
    """A part that the file would change back, by the name that lets it; with the change itself where it is in the history."""

    part: str
    change: LastChange | None = None


class WouldUndo(Exception):
    """The file would undo changes that somebody has made since it was written, and nobody has said that it shall."""

    def __init__(self, undone: Sequence[UndoneChange]) -> None:
        super().__init__(", ".join(each.part for each in undone))
        self.undone = tuple(undone)


async def undone_changes(run: TownImport, town: TownFile, since: datetime | None = None) -> list[UndoneChange]:
    """Return what the changes of *run*, a dry run of *town*, would undo.

    A file that was not exported does not say how old it is. Of such a one it is what people have changed on pages *since*;
    nothing where that is not said.
    """
    base = town.exported
    if base is None:
        return await _changed_on_pages(run, since) if since is not None else []
    try:
        stored = await export_town(run.tx, run.org, run.now, protected=True)
    except LookupError:  # a new town, from another's file
        return []
    parts = await _parts_of(run, town)
    changed = [part for part in parts if stored.digest(part) not in (None, base.parts.get(part))]
    found = [UndoneChange(part, await _last_change(run, stored, part)) for part in changed]
    if town.shifts is not None and base.shifts_until is not None:
        found += [UndoneChange(part) for part in _undone_shifts(run, town.shifts, base, base.shifts_until, stored)]
    return found


async def _parts_of(run: TownImport, town: TownFile) -> list[str]:
    """Return the names of the parts that the dry run would change, each once."""
    wanted = {device.id: one.number for one in town.residents or () for device in one.devices}
    numbers = await residents.numbers(run.tx, run.org)
    held = await devices.bindings(run.tx, run.org, list(wanted), list(numbers), lock=False)
    found: list[str] = []
    for change in run.changes:
        if change.action is ImportAction.LEFT:
            continue
        if change.what in _LISTS:
            found.append(f"{_LISTS[change.what]} {change.name}")
        elif change.what in _RESIDENTS:
            found.append(resident_part(int(change.name.split(" ")[0]), _RESIDENTS[change.what]))
        elif change.what == "device":
            homes = [wanted[change.name]] if change.name in wanted else []
            homes += [numbers[held[change.name]]] if change.name in held else []
            found += [resident_part(number, ChangedPart.DEVICE) for number in homes]
        elif change.what == "organisation":
            found.append(change.what)
    return list(dict.fromkeys(found))


async def _last_change(run: TownImport, stored: ExportedTown, part: str) -> LastChange | None:
    number, _, name = part.partition(" ")
    resident_id = stored.resident_ids.get(int(number)) if number.isdecimal() else None
    return await changes.last_change(run.tx, resident_id, ChangedPart(name)) if resident_id else None


async def _changed_on_pages(run: TownImport, since: datetime) -> list[UndoneChange]:
    """Return the residents' parts that the dry run would change, and somebody has changed on a page *since*."""
    last = await changes.changed_on_pages(run.tx, run.org, since)
    found: dict[str, UndoneChange] = {}
    for change in run.changes:
        if change.number is None or change.what not in _RESIDENTS | _DEVICE or change.action is ImportAction.LEFT:
            continue
        part = (_RESIDENTS | _DEVICE)[change.what]
        theirs = last.get((change.number, part))
        if theirs is not None:
            name = resident_part(change.number, part)
            found[name] = UndoneChange(name, theirs)
    return list(found.values())


# ---- shifts ----


def _undone_shifts(
    run: TownImport, wanted: Iterable[ShiftEntry], base: ExportedState, until: date, stored: ExportedTown
) -> Iterator[str]:
    """Yield the nights' shifts that somebody has added or taken since, and that the file would take or add."""
    nights = [run.tonight - _DAY + _DAY * n for n in range((until - run.tonight).days + 1)]

    def laid(entries: Iterable[ShiftEntry]) -> set[ShiftOfNight]:
        named = [named_pattern(entry, run.tonight) for entry in entries]
        return set(nights_of(named, nights, run.now, run.zone))

    mine, was = laid(wanted), laid(map(_entry, base.shifts))
    added, taken = stored.nights - was - mine, (was - stored.nights) & mine
    for one in sorted(added | taken, key=lambda each: (each.night, each)):
        if one.night < until:
            yield f"shifts {one.night} {one.area} {one.carer}"


def _entry(words: str) -> ShiftEntry:
    area, carer, patrol, role, span, days, nights, *rotation = words.split("|")
    every, _, week_of = rotation[0].partition("/") if rotation else ("1", "", "")
    starts, _, ends = span.partition("-")
    first, _, last = nights.partition("..")
    return ShiftEntry.model_validate(
        {
            "area": area, "carer": carer, "patrol": patrol, "role": role, "starts": starts, "ends": ends,
            "weekdays": days.split(","), "from_night": first or None, "until_night": last or None,
            "every_weeks": int(every), "week_of": week_of or None,
        }
    )  # fmt: skip
