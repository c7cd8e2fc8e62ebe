"""Words of the morning report: its columns, its cells, a suggestion, and the lines of the file for the care record."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final

from alarm_center.core.night_report import EmptyTime, Kept, ReportCounts, ReportedNight, ReportGroup, ReportResident
from alarm_center.core.past_night import PastCase
from alarm_center.words import page_words
from alarm_center.words.catalogues import Speech
from alarm_center.words.catalogues import mark as _
from alarm_center.words.past_night_words import case_heading

COLUMNS: Final = (
    _("Område"), _("Utförare"), _("Tillsyner"), _("Sedda"), _("Blev larm"), _("Inställda"), _("Inte klara"), _("Besök gjorda"),
    _("Larm"), _("Besvarade inom 3 min"), _("Framme i tid"), _("Tekniska fel"),
)  # fmt: skip
RECORD: Final = (
    _("Kommun"), _("Område"), _("Utförare"), _("Nr"), _("Namn"), _("Natt"), _("Vad som hände"), _("Larm"), _("Framme"), _("Avslutat"),
)  # fmt: skip
OWN_CARE: Final = _("Kommunen")
TOTAL: Final = _("Alla")
_OF: Final = _("%(kept)s av %(of)s")
_EMPTY: Final = _("%(who)s: tom säng %(time)s på %(empty)s av %(nights)s nätter.")


def row_cells(group: ReportGroup | None, counts: ReportCounts, speech: Speech) -> list[str]:
    """Return one row of the table; ``None``: the row of all of them."""
    head = [speech(TOTAL), ""] if group is None else [group.area or "–", group.performer or speech(OWN_CARE)]
    numbers = (counts.owed, counts.seen, counts.alarmed, counts.cancelled, counts.unfinished)
    return [
        *head, *map(str, numbers), _kept(counts.visits, speech), str(counts.alarms), _kept(counts.answered, speech), _kept(counts.arrived, speech),
        str(counts.faults),
    ]  # fmt: skip


def _kept(kept: Kept, speech: Speech) -> str:
    return speech(_OF, kept=kept.kept, of=kept.of) if kept.of else "–"


def empty_words(found: EmptyTime, name: str, speech: Speech) -> str:
    """Return a suggestion: how often the bed was empty at a time."""
    who = name or speech(page_words.PROTECTED)
    return speech(_EMPTY, who=who, time=f"{found.at:%H:%M}", empty=found.empty, nights=found.nights)


def record_lines(town: str, night: date, zone: str, told: ReportedNight, speech: Speech) -> list[list[str]]:
    """Return a line for each owed look, and for each alarm and visit that came of none, in the order of their times.

    *night* is the one that is told; *zone* is the town's. An alarm stands with its first look.
    """
    cases = {case.alarm.alarm_id: case for case in told.cases}
    instead = {case.alarm.instead_of: case for case in told.cases if case.alarm.instead_of is not None}
    lines: list[tuple[datetime, list[str]]] = []
    taken = set()
    for look in told.looks:
        case = instead.get(look.check.check_id) or cases.get(look.check.alarm_id or look.check.check_id)
        if case is not None and case.alarm.alarm_id in taken:
            case = None
        if case is not None:
            taken.add(case.alarm.alarm_id)
        past = PastCase(look.check.opens_at, look.check, case.alarm if case else None, ())
        group = look.counted.group
        ends = _ends(case.counted.on_site_at, case.alarm.closed_at, zone, speech) if case else ["", ""]
        number = str(case.alarm.case_no) if case else ""
        lines.append(
            (
                past.at,
                [*_whose(town, group, look.resident, night, speech), case_heading(past, zone, speech), number, *ends],
            )
        )
    for case in told.cases:
        if case.alarm.alarm_id not in taken:
            past = PastCase(case.alarm.opened_at, None, case.alarm, ())
            whose = _whose(town, case.counted.group, case.resident, night, speech)
            ends = _ends(case.counted.on_site_at, case.alarm.closed_at, zone, speech)
            lines.append((past.at, [*whose, case_heading(past, zone, speech), str(case.alarm.case_no), *ends]))
    return [line for _at, line in sorted(lines, key=lambda each: each[0])]


def _whose(town: str, group: ReportGroup, resident: ReportResident | None, night: date, speech: Speech) -> list[str]:
    number, name = "", ""
    if resident is not None:
        number, name = str(resident.number), resident.name or speech(page_words.PROTECTED)
    return [town, group.area, group.performer or speech(OWN_CARE), number, name, str(night)]


def _ends(on_site_at: datetime | None, closed_at: datetime | None, zone: str, speech: Speech) -> list[str]:
    return [speech.clock(on_site_at, zone), speech.clock(closed_at, zone)]


def headings(columns: Sequence[str], speech: Speech) -> list[str]:
    """Return the headings of a table."""
    return [speech(each) for each in columns]


def table(rows: Mapping[ReportGroup, ReportCounts], every: ReportCounts, speech: Speech) -> list[list[str]]:
    """Return the rows of the table, and where there are several, the row of all of them."""
    lines = [row_cells(group, counts, speech) for group, counts in rows.items()]
    return lines if len(lines) < 2 else [*lines, row_cells(None, every, speech)]
