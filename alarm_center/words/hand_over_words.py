"""Words of a hand-over: a line for each case that came, each pause that ends and each silent home."""

from datetime import datetime

from alarm_center.core.day_matters import SilentDevice
from alarm_center.core.hand_over import BoardHandOver, CameCase
from alarm_center.words import page_words
from alarm_center.words.catalogues import Speech
from alarm_center.words.catalogues import mark as _
from alarm_center.words.code_words import CANCELLED, KINDS, OUTCOMES, REASONS
from schemas.vocabulary import CancelReason, Instead


def came_words(case: CameCase, zone: str, speech: Speech) -> str:
    """Return what came, and how it ended: ``22:21 4801 Person på golvet, omr 3: fick hjälp upp 22:58``."""
    what = _("Planerat besök") if case.visit else REASONS.get(case.said_reason or "", KINDS[case.kind])
    end = speech(_("pågår"))
    if case.closed_at is not None:
        outcome = speech(OUTCOMES[case.outcome]).lower() if case.outcome else speech(_("avslutat"))
        end = f"{outcome} {speech.clock(case.closed_at, zone)}"
    return speech(
        _("%(time)s larm %(number)s: %(what)s, område %(area)s – %(end)s")
        if not case.visit
        else _("%(time)s besök %(number)s: %(what)s, område %(area)s – %(end)s"),
        time=speech.clock(case.opened_at, zone), number=case.case_no, what=speech(what).lower(), area=case.area, end=end,
    )  # fmt: skip


def pause_end_words(name: str, area: str, reason: CancelReason, instead: Instead, to_at: datetime, zone: str, speech: Speech) -> str:  # fmt: skip
    """Return a pause that ends: who, why they were away, and from when they are looked after again."""
    who = name or speech(page_words.PROTECTED)
    now = _("besök så länge") if instead is Instead.VISIT else _("inget så länge")
    return speech(
        _("%(who)s, område %(area)s: %(why)s, till %(day)s %(time)s (%(instead)s)"),
        who=who, area=area, why=speech(CANCELLED[reason]), day=speech.dated(to_at, zone), time=speech.clock(to_at, zone), instead=speech(now),
    )  # fmt: skip


def silent_words(device: SilentDevice, name: str, zone: str, speech: Speech) -> str:
    """Return a home that cannot be looked at: since when, and when the next look is."""
    who = name or speech(page_words.PROTECTED)
    if device.faulty:
        return speech(_("%(who)s: utrustningen har ett fel. Tillsyn %(next)s."), who=who, next=speech.clock(device.opens_at, zone))  # fmt: skip
    if device.last_heard_at is None:
        return speech(_("%(who)s: utrustningen har aldrig hörts. Tillsyn %(next)s."), who=who, next=speech.clock(device.opens_at, zone))  # fmt: skip
    return speech(
        _("%(who)s: inte hörd sedan %(since)s. Tillsyn %(next)s."),
        who=who, since=speech.clock(device.last_heard_at, zone), next=speech.clock(device.opens_at, zone),
    )  # fmt: skip


def taken_words(last: BoardHandOver, zone: str, speech: Speech) -> str:
    """Return who took over last, when, and with how many open cases."""
    return speech(
        _("Senast övertagen av %(name)s %(day)s %(time)s. Öppna ärenden då: %(open)s."),
        name=last.name or speech(_("okänd")), day=speech.dated(last.taken_at, zone), time=speech.clock(last.taken_at, zone), open=last.open_cases,
    )  # fmt: skip
