"""Picture pane of a case's page: the session that is shown or why there is none, and what a person may answer and ask for."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from aiohttp import web

from alarm_center.core.alarm import AlarmState
from alarm_center.core.check import CheckState
from alarm_center.store import case_pages, devices, looks
from alarm_center.store.case_pages import AlarmCase, CheckCase, SeenSession
from alarm_center.store.memory import Tx
from alarm_center.web.app_keys import PICTURES
from alarm_center.web.operator.watched_towns import WatchedTowns
from alarm_center.web.page import PERSON, speech_of
from alarm_center.words import code_words, page_words
from schemas.vocabulary import Answer

ANSWER_KEYS: Final[tuple[tuple[int, Answer], ...]] = (
    (1, Answer.IN_BED),
    (2, Answer.NOT_SEEN),
    (3, Answer.SOMETHING_WRONG),
    (4, Answer.CANNOT_TELL),
)
"""The four answers under the keys that give them."""


@dataclass(frozen=True, slots=True)
class PicturePane:
    """The pane's contents, in the reader's language."""

    session: SeenSession | None
    sessions: int
    """Number of sessions that the case has."""
    frames: int
    """Number of frames that this replica holds of it: fewer came over a thin line than were taken."""
    why_not: str
    """The reason why there is no picture; empty where there is one."""
    awaited: bool
    """The picture may still come: nothing in the stream says when, so the page asks again."""
    reading: str
    """The detector's answer, or its reason; where both are hidden, that they come after the person's own answer."""
    answers: list[tuple[int, Answer, str]]
    """The answers that the person may give: key, answer, words."""
    answer_by: datetime | None
    """The instant at which the check becomes an alarm without an answer; ``None``: it is one."""
    check_id: UUID | None
    """The check that an answer, or another look, is about."""
    may_look: bool
    may_look_live: bool
    grey: list[str]
    """The words of the answers that stand grey until somebody takes the alarm; empty where they are of no use."""
    blurred: bool
    """The town shows pictures blurred until somebody gives a reason for seeing them clear."""
    asked_at: datetime | None
    """The instant at which somebody asked for a new picture that may still come."""

    @property
    def at(self) -> datetime | None:
        """The instant at which the session began, else at which it came."""
        return (self.session.started_at or self.session.received_at) if self.session else None

    @property
    def place(self) -> tuple[float, float, float, float] | None:
        """The place in the picture of who the detector saw out of bed: left, top, width and height in parts of the picture's."""
        measures = self.session.measures if self.session else {}
        try:
            left, top, right, bottom = (measures[f"place_{side}"] for side in ("left", "top", "right", "bottom"))
        except KeyError:
            return None
        return left, top, right - left, bottom - top

    @property
    def keep(self) -> str:
        """A mark of what is drawn: while it is the same, a page leaves the pane alone and a playing picture goes on."""
        session_id = self.session.session_id if self.session else ""
        hidden = bool(self.session and self.session.hidden)
        drawn = (
            session_id,
            self.why_not,
            len(self.answers),
            len(self.grey),
            self.may_look,
            self.may_look_live,
            hidden,
            self.asked_at,
        )
        return "|".join(str(one) for one in (self.sessions, *drawn))


async def alarm_pane(
    request: web.Request, tx: Tx, case: AlarmCase, seen: list[SeenSession], check_id: UUID | None, watched: WatchedTowns
) -> PicturePane:
    """Return the pane of an alarm: only its holder sees the picture, and answers, and looks again."""
    speech, alarm = speech_of(request), case.alarm
    session = _shown_session(seen)
    mine = alarm.is_held_by(request[PERSON].user_id, watched.now)
    if alarm.state is AlarmState.CLOSED:
        why_not = page_words.ALARM_CLOSED
    elif not mine:
        why_not = page_words.HOLDER_ONLY
    else:
        why_not = await _why_no_picture(request, tx, session, watched.now)
    may_act = alarm.state is not AlarmState.CLOSED and mine and check_id is not None
    may_show = alarm.resident_id is not None and await devices.may_show_any(tx, alarm.resident_id)
    may_look = may_act and may_show and not alarm.staff_inside
    may_look_live = may_look
    if mine and check_id is None and alarm.resident_id is not None and alarm.state is not AlarmState.CLOSED:
        # Raised by hand, or by the home: no check to look at once more, but there may be a camera.
        seen_live = may_show and not alarm.staff_inside
        may_look_live = seen_live and await devices.camera_of(tx, alarm.resident_id) is not None
        if may_look_live and why_not == page_words.NOTHING_CAME:
            why_not = page_words.NOT_LOOKED_YET
    return PicturePane(
        session=session, sessions=len(seen), frames=_frames(request, alarm.org, session), why_not=speech(why_not) if why_not else "",
        awaited=why_not == page_words.PICTURE_COMING, reading=_reading(request, session),
        answers=await _answers(request, tx, session) if may_act else [], answer_by=None,
        check_id=check_id, grey=_grey(request) if alarm.state is not AlarmState.CLOSED and not mine and check_id else [], may_look=may_look, may_look_live=may_look_live, blurred=alarm.org in watched.blurred,
        asked_at=await case_pages.look_asked_at(tx, check_id, watched.now) if may_look and check_id else None,
    )  # fmt: skip


async def check_pane(
    request: web.Request, tx: Tx, case: CheckCase, looker: str | None, seen: list[SeenSession], watched: WatchedTowns
) -> PicturePane:
    """Return the pane of a check that waits for a look; *looker* is the name of somebody else who looks at it now."""
    speech = speech_of(request)
    session = _shown_session(seen)
    waits = case.state == CheckState.TO_LOOK
    if not waits:
        why_not = speech(page_words.CHECK_ENDED)
    elif looker:
        why_not = speech(page_words.NAME_IS_LOOKING, name=looker)
    else:
        missing = await _why_no_picture(request, tx, session, watched.now)
        why_not = speech(missing) if missing else ""
    free = waits and not looker
    may_look = free and await devices.may_show_any(tx, case.resident_id)
    return PicturePane(
        session=session, sessions=len(seen), frames=_frames(request, case.org, session), why_not=why_not,
        awaited=why_not == speech(page_words.PICTURE_COMING), reading=_reading(request, session),
        answers=await _answers(request, tx, session) if free else [], answer_by=case.deadline,
        check_id=case.check_id, grey=[], may_look=may_look, may_look_live=False, blurred=case.org in watched.blurred,
        asked_at=await case_pages.look_asked_at(tx, case.check_id, watched.now) if may_look else None,
    )  # fmt: skip


def _grey(request: web.Request) -> list[str]:
    return [speech_of(request)(words) for words in code_words.ANSWER_BUTTONS.values()]


def _shown_session(seen: list[SeenSession]) -> SeenSession | None:
    """Return the newest session with pictures, else the newest."""
    return next((one for one in seen if one.pictures), seen[0] if seen else None)


def _frames(request: web.Request, org: str, session: SeenSession | None) -> int:
    picture = request.app[PICTURES].fetch_picture(org, session.session_id) if session is not None else None
    return len(picture.frames) if picture is not None else 0


def _reading(request: web.Request, session: SeenSession | None) -> str:
    if session is None:
        return ""
    if session.hidden:
        return speech_of(request)(page_words.WORD_AFTER_ANSWER)
    reason = session.reasons[0] if session.reasons else None
    return speech_of(request)(code_words.reason_words(session.answer, reason, session.people))


async def _answers(request: web.Request, tx: Tx, session: SeenSession | None) -> list[tuple[int, Answer, str]]:
    """Return the answers that a person may give: no green where nobody has agreed that people see the picture."""
    looked = (
        await looks.session_to_look_at(tx, session.session_id, request[PERSON].user_id) if session is not None else None
    )
    hidden = looked is not None and not looked.shown
    speech = speech_of(request)
    return [
        (key, answer, speech(code_words.ANSWER_BUTTONS[answer]))
        for key, answer in ANSWER_KEYS
        if not (hidden and answer is Answer.IN_BED)
    ]


async def _why_no_picture(request: web.Request, tx: Tx, session: SeenSession | None, now: datetime) -> str:
    """Return why a person who may see the picture has none, still to be translated; empty where there is one."""
    if session is None:
        return page_words.NOTHING_CAME
    looked = await looks.session_to_look_at(tx, session.session_id, request[PERSON].user_id)
    if looked is None or not looked.consented:
        return page_words.NO_CONSENT
    if not looked.shown:
        return page_words.CONSENT_FORBIDS_SEND
    if looked.is_withheld:
        return page_words.TOO_MANY_PEOPLE
    if not session.pictures:
        return page_words.SENSORS_ONLY
    if looked.is_gone(now):
        return page_words.PICTURE_GONE
    if request.app[PICTURES].fetch_picture(looked.org, session.session_id) is None:
        return page_words.PICTURE_COMING if looked.is_awaited(now) else page_words.PICTURE_GONE
    return ""
