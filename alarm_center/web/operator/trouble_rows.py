"""Troubles as the board's band and a case's page show them: a sentence, the number to ring, what to do next."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from alarm_center.core.alarm import Alarm
from alarm_center.core.alarm.alarm_parts import Trouble
from alarm_center.core.alarm.trouble import of_kind
from alarm_center.core.alarm.trouble_ladders import LADDERS
from alarm_center.core.messages import neutral_patrol
from alarm_center.core.resident_card import ResidentCard
from alarm_center.store.board import AskedPhone, LookLine
from alarm_center.words import trouble_words
from alarm_center.words.catalogues import Speech
from schemas.vocabulary import Mark, Priority, TroubleKind

_AT_THE_DOOR = (TroubleKind.CANNOT_GET_IN, TroubleKind.NOBODY_HOME)


@dataclass(frozen=True, slots=True)
class TroubleRow:
    """One trouble of a case. ``phone`` is the carer's in E.164, ``None`` where it is no carer's."""

    alarm_id: UUID
    case_no: int
    kind: TroubleKind
    sentence: str
    phone: str | None
    since: datetime
    loud: bool
    acknowledged: bool

    @property
    def sound(self) -> str:
        """The name by which the page rings for it, until somebody has acknowledged it."""
        return f"{alarm_sound(self.alarm_id)}-{self.kind}"


def alarm_sound(alarm_id: UUID) -> str:
    """Return the name by which a page rings for an alarm itself. It has no hyphen: that is how a trouble's is known."""
    return alarm_id.hex[-8:]


def look_sound(line: LookLine) -> str:
    """Return the name by which a page ticks for a check that waits for a look; with ``-held`` while somebody looks."""
    return f"{line.check_id.hex[-8:]}{'' if line.looker is None else '-held'}"


@dataclass(frozen=True, slots=True)
class NextMove:
    """One thing to do about a trouble, with the number to ring for it."""

    words: str
    phone: str | None = None


def trouble_rows(
    alarms: Iterable[Alarm], phones: Mapping[UUID, AskedPhone], speech: Speech, *, acknowledged: bool = False
) -> list[TroubleRow]:
    """Return the troubles of *alarms*, the gravest first and the older before the younger; with *acknowledged* those too.

    Where two carers of a case cry for help each has a row, with their own number.
    """
    gravity = list(LADDERS)
    rows = [
        _row(alarm, trouble, phones.get(notice_id) if notice_id else None, speech)
        for alarm in alarms
        for trouble in alarm.troubles
        if acknowledged or not trouble.acknowledged
        for notice_id in trouble.carers or (None,)
    ]
    return sorted(rows, key=lambda row: (row.acknowledged, gravity.index(row.kind), row.since, row.case_no))


def _row(alarm: Alarm, trouble: Trouble, carer: AskedPhone | None, speech: Speech) -> TroubleRow:
    who = (None if carer is None else neutral_patrol(carer.patrol)) or speech(trouble_words.COLLEAGUE)
    return TroubleRow(
        alarm.alarm_id,
        alarm.case_no,
        trouble.kind,
        speech(trouble_words.SENTENCES[trouble.kind], who=who),
        None if carer is None else carer.phone,
        trouble.began_at,
        trouble.loud,
        trouble.acknowledged,
    )


def _search(alarm: Alarm, home: ResidentCard, speech: Speech, now: datetime) -> str:
    """Return when 112 is to be rung for a person who is not at home."""
    nobody = of_kind(alarm.troubles, TroubleKind.NOBODY_HOME)
    if Mark.MAY_GO_OUT in home.marks:
        return speech(trouble_words.CALL_112_OUTSIDE)
    if nobody is None or nobody.search_at is None or nobody.search_at <= now:
        return speech(trouble_words.CALL_112_SEARCH)
    left = math.ceil((nobody.search_at - now).total_seconds() / 60)
    return speech(trouble_words.CALL_112_LATER, minutes=left)


def next_moves(alarm: Alarm, home: ResidentCard | None, speech: Speech, now: datetime) -> list[NextMove]:
    """Return what to do next about a door that does not open or a home with nobody in it, from the home's own data.

    Who is behind a locked door with priority 1, and who may go out at night and is not at home, is 112's first.
    """
    kinds = {trouble.kind for trouble in alarm.unacknowledged} & set(_AT_THE_DOOR)
    if not kinds or home is None:
        return []
    moves = []
    if TroubleKind.CANNOT_GET_IN in kinds:
        if alarm.priority is Priority.FIRST:
            moves.append(NextMove(speech(trouble_words.CALL_112_FIRST), "112"))
        if home.second_way:
            moves.append(NextMove(speech(trouble_words.SECOND_WAY, way=home.second_way)))
        if home.key_place:
            moves.append(NextMove(speech(trouble_words.KEY_PLACE, place=home.key_place)))
        with_key = (one for one in home.contacts if one.has_key)
        moves += [NextMove(speech(trouble_words.HAS_KEY, name=one.name), one.phone) for one in with_key]
    if TroubleKind.NOBODY_HOME in kinds:
        moves.insert(0, NextMove(_search(alarm, home, speech, now), "112"))
        first = sorted(home.contacts, key=lambda one: not one.ring_first)
        moves += [NextMove(speech(trouble_words.MAY_KNOW, name=one.name), one.phone) for one in first]
    return moves
