"""Words for what carers report from a home: what does not match, and a deviation."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from alarm_center.core.carer_reports import CarerReport, Mismatch
from alarm_center.words.catalogues import Speech
from alarm_center.words.catalogues import mark as _

MISMATCHES: Final[Mapping[Mismatch, str]] = {
    Mismatch.KEY: _("Nyckel"),
    Mismatch.DOOR_CODE: _("Portkod"),
    Mismatch.ADDRESS: _("Adress"),
    Mismatch.PHONE: _("Telefon"),
}
"""A button of the carer's page each."""
_DEVIATION: Final = _("Avvikelse")
_NO_MATCH: Final[Mapping[Mismatch, str]] = {
    Mismatch.KEY: _("Nyckeln stämmer inte"),
    Mismatch.DOOR_CODE: _("Portkoden stämmer inte"),
    Mismatch.ADDRESS: _("Adressen stämmer inte"),
    Mismatch.PHONE: _("Telefonnumret stämmer inte"),
}


def what_words(mismatch: Mismatch | None, speech: Speech) -> str:
    """Return what was reported, in few words."""
    return speech(_DEVIATION if mismatch is None else _NO_MATCH[mismatch])


def sent_words(reported: Sequence[tuple[Mismatch | None, datetime]], zone: str, speech: Speech) -> str:
    """Return what this carer has reported, each with its time."""
    said = [f"{what_words(one, speech)} {speech.clock(at, zone)}" for one, at in reported]
    return speech(_("Skickat till planeraren: %(what)s."), what=", ".join(said))


def case_rows(reports: Sequence[CarerReport], speech: Speech) -> list[dict[str, Any]]:
    """Return the reports of a case as its page shows them: ``at``, ``words``, ``note``, ``who`` and whether it is ``done``."""
    return [
        {
            "at": one.said_at,
            "words": what_words(one.mismatch, speech),
            "note": one.note,
            "who": one.carer,
            "done": one.done_at is not None,
        }
        for one in reports
    ]
