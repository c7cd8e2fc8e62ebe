"""Troubles that are due: each gets louder, and of one that somebody saw to and that comes back the patrols are asked anew.

Who was busy when it began may be free by now; whoever saw to it may have forgotten (docs/adr/0088-a-cry-that-comes-back.md).
"""

from dataclasses import replace
from datetime import timedelta

from alarm_center.core.alarm import dispatch as dispatching
from alarm_center.core.alarm import trouble
from alarm_center.core.alarm.alarm_change import WAITING, AlarmChange
from alarm_center.core.alarm.trouble_ladders import LADDERS
from alarm_center.core.plan import Step
from schemas.vocabulary import TroubleKind, Who


def apply_due_troubles(change: AlarmChange) -> None:
    """Let every trouble that is due get louder. The fixed number is called for the gravest alone."""
    for place, kind in enumerate(trouble.due(change.alarm.troubles, change.now)):
        before = trouble.of_kind(change.alarm.troubles, kind)
        change.get_louder(kind, calls=place == 0)
        if before is not None and before.acknowledged and LADDERS[kind].asks_anew:
            _ask_anew(change, kind)


def _ask_anew(change: AlarmChange, kind: TroubleKind) -> None:
    """Seek for the trouble of *kind* in one round more, and ask every patrol of the area that neither cries nor has the case.

    A search in progress that is at least as grave goes on as it is, and so does one for a case that nobody has.
    """
    purpose = LADDERS[kind].purpose
    if change.alarm.seeks and (change.dispatch.seeking.rank >= purpose.rank or change.alarm.state in WAITING):
        return
    sought = dispatching.restart_search(change.dispatch, change.context, purpose)
    change.dispatch = replace(sought, last_round=sought.round)
    change.advance_dispatch()
    notices, replaced = change.dispatch.notices, change.dispatch.replaced
    asked = {each.phone for each in notices if each.round == sought.round or each.notice_id in replaced}
    spoken_to = asked | {taker.phone for taker in change.alarm.takers} | change.alarm.phones_in_need()
    for patrol in change.roster.responders(Who.PATROL, change.alarm.area_id, change.now):
        if patrol.phone not in spoken_to:
            step = Step(timedelta(0), Who.PATROL)
            change.adopt(dispatching.ask_carer(change.dispatch, change.context, patrol, step, kind))
