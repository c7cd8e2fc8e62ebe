"""Words of a resident's supervision on lists and pages: risk, status, and the reason why nobody looks from afar."""

from collections.abc import Mapping
from datetime import datetime, time
from typing import Final

from alarm_center.core.supervision import SupervisionFacts, SupervisionFault, SupervisionKind, SupervisionStatus
from alarm_center.words.catalogues import Speech
from alarm_center.words.catalogues import mark as _
from alarm_center.words.pause_words import REASONS, time_words

RISKS: Final[Mapping[int, str]] = {1: _("Hög"), 2: _("Mellan"), 3: _("Låg")}
"""Risk by its number in the town's file, under the heading *Risk*."""

KINDS: Final[Mapping[SupervisionKind, str]] = {
    SupervisionKind.CAMERA: _("Med kamera"),
    SupervisionKind.SENSORS: _("Med sensor"),
    SupervisionKind.VISITS: _("Besök"),
    SupervisionKind.PAUSED: _("Paus"),
    SupervisionKind.NOT_RUNNING: _("Inte igång"),
}

_FAULTS: Final[Mapping[SupervisionFault, str]] = {
    SupervisionFault.NOT_BEGUN: _("börjar %(day)s"),
    SupervisionFault.NO_TIMES: _("inga tider"),
    SupervisionFault.SAID_NO: _("%(name)s har sagt nej, även till besök"),
    SupervisionFault.NO_DECISION: _("inget beslut eller erbjudande"),
    SupervisionFault.DECISION_ENDED: _("beslutet slutade %(day)s"),
    SupervisionFault.TRIAL_ENDED: _("provperioden slutade %(day)s"),
    SupervisionFault.CONSENT_WITHDRAWN: _("%(name)s har tagit tillbaka sitt ja"),
    SupervisionFault.CONSENT_MISSING: _("%(name)s har inte sagt ja"),
    SupervisionFault.NO_DEVICE: _("ingen kamera eller sensor är kopplad"),
    SupervisionFault.COMPANION_PAUSES: _("%(name)s har paus, och kameran är släckt för båda"),
    SupervisionFault.CONSENT_LIMITED: _("samtycket gäller inte utrustningen"),
}

CSV_COLUMNS: Final = (
    _("Nr"),
    _("Namn"),
    _("Adress"),
    _("Område"),
    _("Risk"),
    _("Tillsyn"),
    _("Varför"),
    _("Tider i natt"),
)
PROTECTED: Final = _("skyddade uppgifter")


def fault_words(
    supervision: SupervisionStatus, facts: SupervisionFacts, name: str, cohabitant: str | None, speech: Speech
) -> str:
    """Return why nobody looks from afar, by name where somebody has not agreed; nothing where there is no such reason.

    *cohabitant* is also the one who shares the bed: nobody has both.
    """
    fault = supervision.fault
    if fault is None:
        return ""
    papers = facts.decisions
    days = {SupervisionFault.NOT_BEGUN: papers.starts_on, SupervisionFault.TRIAL_ENDED: papers.trial_ends_on}
    day = days.get(fault, papers.ends_on)
    whose = cohabitant if supervision.lacks is not None and supervision.lacks.who != "resident" else name
    return speech(_FAULTS[fault], day=speech.short_day(day) if day else "", name=whose or speech(_("den som bor med")))


def pause_words_of(facts: SupervisionFacts, now: datetime, zone: str, speech: Speech) -> str:
    """Return how long a pause lasts, and why: ``till i morgon 16:00, sjukhus``; nothing without a pause."""
    if facts.paused_until is None:
        return ""
    until = speech(_("till %(time)s"), time=time_words(facts.paused_until, now, zone, speech))
    reason = "" if facts.pause_reason is None else speech(REASONS[facts.pause_reason]).lower()
    return f"{until}, {reason}" if reason else until


def clocks(times: tuple[time, ...]) -> str:
    """Return wall times as a list: ``23:00, 02:00``."""
    return ", ".join(f"{each:%H:%M}" for each in times)
