"""Words of run-in nights: which of them tonight is, what another number of them means, and why a number is none."""

from datetime import date
from typing import Final

from alarm_center.core.run_in import RunIn
from alarm_center.words.catalogues import Speech
from alarm_center.words.catalogues import mark as _

NO_NUMBER: Final = _("Skriv hur många nätter, från 0 till 14.")


def state_sentence(run_in: RunIn | None, night: date, speech: Speech) -> str:
    """Return which run-in night *night* is; empty where there is none, or it is over."""
    if run_in is None or not run_in.holds_on(night):
        return ""
    said = _("Provnätter: %(number)s av %(nights)s. Patrullen åker också, vid varje tillsyn.")
    return speech(said, number=run_in.number_of(night), nights=run_in.nights)


def outcome_sentence(run_in: RunIn, night: date, speech: Speech) -> str:
    """Return what follows from a run-in as it would be."""
    if not run_in.holds_on(night):
        return speech(_("Patrullen åker inte längre vid tillsynerna, från och med nu. Kameran tittar som förut."))
    if night not in run_in.looked:
        return speech(_("Patrullen åker också, vid varje tillsyn i %(nights)s nätter."), nights=run_in.nights)
    said = _("Patrullen åker också, vid varje tillsyn i %(nights)s nätter. I natt är nummer %(number)s.")
    return speech(said, nights=run_in.nights, number=run_in.number_of(night))
