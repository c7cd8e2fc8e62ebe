"""Sentences of what one's pause, no or death means for the one who shares the bed."""

from typing import Final

from alarm_center.core.shared_bed import DARKENS_BOTH
from alarm_center.words.catalogues import Speech
from alarm_center.words.catalogues import mark as _
from schemas.vocabulary import CancelReason

_COMPANION: Final = _("Den som delar säng")
_DARK: Final = _("Kameran är släckt för båda; %(name)s får besök.")
_AWAY: Final = _("Kameran väntar sig en person i sängen.")
_DIED: Final = _("%(name)s tittas till som förut, och kameran väntar sig en person i sängen.")


def pause_means(reason: CancelReason, name: str, speech: Speech) -> str:
    """Return what a pause means for the other, called *name*; empty for one whose name is not for the reader."""
    return dark_for_both(name, speech) if reason in DARKENS_BOTH else speech(_AWAY)


def dark_for_both(name: str, speech: Speech) -> str:
    """Return what a stopped camera, or a no, means for the other."""
    return speech(_DARK, name=name or speech(_COMPANION).lower())


def death_means(name: str, speech: Speech) -> str:
    """Return what a death means for the other."""
    return speech(_DIED, name=name or speech(_COMPANION))
