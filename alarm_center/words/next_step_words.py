"""Names of the step that a case takes next by itself, as the queue counts down to it. All still to be translated.

`web/operator/queue.py` decides which step it is.
"""

from collections.abc import Mapping
from typing import Final

from alarm_center.words.catalogues import mark as _
from schemas.vocabulary import Who

ASKS: Final[Mapping[Who, str]] = {
    Who.PATROL: _("patrullen påminns"),
    Who.SECOND_PATROL: _("nästa patrull tillfrågas"),
    Who.LEAD: _("nattledaren får SMS"),
    Who.FIXED: _("reservnumret tillfrågas"),
}
"""The part of the staff that the dispatch asks next."""

PATROL_IS_CALLED: Final = _("patrullen rings")
INCIDENT_GOES_ON: Final = _("störningen larmas vidare")
"""Of an alarm that waits on the list of its incident."""
PATROL_IS_SENT: Final = _("patrull skickas")
NEW_ROUND: Final = _("alla tillfrågas igen")
ALL_ASKED_AGAIN: Final = _("alla tillfrågas igen")
ARRIVES: Final = _("ska vara framme")
OUTCOME_DUE: Final = _("utfall saknas")
CALLS_IN: Final = _("väntar besked")
BECOMES_ALARM: Final = _("blir larm")
