"""Every SMS and call that there is, in both languages, to a phone with two cases: each names the case that it is about.

A story plays two cases, A and B, on the first patrol's phone, and reads whatever comes to any phone. Its heading says
which wordings it has to have heard; one that no story hears fails by name.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from uuid import UUID, uuid4

import pytest

from alarm_center.casework import cases, incidents, steps, stuck_cases, wording
from alarm_center.casework.editing import Editor
from alarm_center.core import calendar
from alarm_center.core.alarm import alarm_events
from alarm_center.core.alarm.state import Alarm
from alarm_center.core.check.state import Check
from alarm_center.core.messages import TextFacts
from alarm_center.core.plan import Wording
from alarm_center.core.replies.carer_actions import VOICE
from alarm_center.preparation import (
    carer_tests,
    deaths,
    due_times,
    muster,
    night_threats,
    pause_questions,
    planner_reminders,
    reconciliation,
)
from alarm_center.sms import ring_in
from alarm_center.store import checks as check_rows
from alarm_center.store import incidents as incident_rows
from alarm_center.store import messages, towns
from alarm_center.store.memory import now
from schemas.vocabulary import AlarmKind, Channel, GreenBy, Outcome, Priority, Show
from tests.support import town_file
from tests.support.postgres import Database
from tests.support.sms_centre import FIRST, LEAD, NUMBER, SECOND, SmsCentre, sms_centre
from tests.support.town_file import STOCKHOLM
from tests.support.waiting import DEADLINE_S, eventually

DIGITS: Final = {
    "sv": ["noll", "ett", "två", "tre", "fyra", "fem", "sex", "sju", "åtta", "nio"],
    "en": ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"],
}
NO_SUCH: Final = 4999


@dataclass
class WordingTown:
    """The centre in one language, and the wordings that have been heard in it."""

    centre: SmsCentre
    language: str
    heard: set[Wording] = field(default_factory=set)

    async def hears(self, phone: str, wording: Wording, *named: Alarm | int) -> None:
        """Read the next SMS of *phone*, or the next call: it is *wording*, and names these cases in this order."""
        wanted = [case if isinstance(case, int) else case.case_no for case in named]
        assert await self._reads(phone, wording) == wanted

    async def hears_of_each(self, phone: str, wording: Wording, *alarms: Alarm) -> None:
        """Read as many texts of *phone*, each *wording* and of one case: what is due at once is sent side by side, in any order."""
        read = [await self._reads(phone, wording) for _ in alarms]
        assert sorted(read) == [[alarm.case_no] for alarm in alarms]

    async def _reads(self, phone: str, wording: Wording) -> list[int]:
        carer = self.centre.carers[phone]
        if wording in VOICE:
            await carer.is_called(DEADLINE_S)
            query = "select wording, body from messages where phone = $1 and channel = 'call' order by arrival desc"
            row, *_ = await self.centre.rows(query, phone)
        else:
            item = await carer.receives("…", DEADLINE_S)
            query = "select wording, body from messages where phone = $1 and body = $2"
            row, *_ = await self.centre.rows(query, phone, item.body)
        assert row["wording"] == wording, row["body"]
        self.heard.add(wording)
        return self.numbers(row["body"], wording)

    def numbers(self, body: str, wording: Wording) -> list[int]:
        """Return the case numbers that a text names, each once."""
        if wording in VOICE:
            words = DIGITS[self.language]
            body = re.sub(r"\w+", lambda word: str(words.index(word[0])) if word[0] in words else word[0], body)
            body = re.sub(r"(?<=\d) (?=\d)", "", body)
        return list(dict.fromkeys(int(n) for n in re.findall(r"(?<![\w/-])4[89]\d\d(?!\w)", body)))

    async def first(self, text: str) -> None:
        """Let the first patrol write."""
        await self.centre.first.writes(text)

    async def passes(self, seconds: float) -> None:
        """Let time pass, once all that was to be sent before is sent."""

        async def sent() -> bool:
            return not await self.centre.rows("select 1 from messages where state in ('queued', 'sending')")

        await eventually(sent)
        await self.centre.pass_time(seconds)

    async def asked(self, a: int = 1, b: int = 2) -> tuple[Alarm, Alarm]:
        """Ask the first patrol about A and B, of these priorities."""
        found = []
        for resident, priority in enumerate((a, b)):
            alarm = await self.centre.alarm(priority, resident)
            await self.hears(FIRST, Wording.CALL_OUT, alarm)
            found.append(alarm)
        return found[0], found[1]

    async def held(self, a: int = 1, b: int = 2) -> tuple[Alarm, Alarm]:
        """Let the first patrol take A and B."""
        both = await self.asked(a, b)
        for alarm in both:
            await self.first(f"1 {alarm.case_no}")
            await self.hears(FIRST, Wording.GRANTED, alarm)
        return both

    async def on_site_at_a(self) -> tuple[Alarm, Alarm]:
        """Let the first patrol be on site at A, with B taken."""
        a, b = await self.held()
        await self.first(f"3 {a.case_no}")
        await self.hears(FIRST, Wording.ARRIVED, a)
        return a, b

    async def says(self, alarm: Alarm, event: Callable[[UUID], alarm_events.AlarmEvent]) -> None:
        """Let *event* happen to the notice of whoever has the alarm."""
        query = "select notice_id from notices where alarm_id = $1 and state = 'took'"
        row, *_ = await self.centre.rows(query, alarm.alarm_id)
        await cases.apply_to_alarm(self.centre.memory, alarm.alarm_id, event(row["notice_id"]), actor="test")

    async def closes(self, alarm: Alarm) -> None:
        closing = alarm_events.Close(uuid4(), Outcome.FALSE_ALARM)
        await cases.apply_to_alarm(self.centre.memory, alarm.alarm_id, closing, actor="test")


Story = Callable[[WordingTown], Awaitable[None]]
STORIES: Final[dict[Story, frozenset[Wording]]] = {}


def hears(*wordings: Wording) -> Callable[[Story], Story]:
    """Keep a story, with the wordings that it is there for."""

    def keep(story: Story) -> Story:
        STORIES[story] = frozenset(wordings)
        return story

    return keep


@hears(Wording.CALL_OUT, Wording.GRANTED, Wording.ALSO_SEEKS, Wording.STOOD_DOWN, Wording.CASE_CLOSED)
async def one_of_two(town: WordingTown) -> None:
    a, b = await town.asked()
    await town.first("1")
    await town.hears(FIRST, Wording.GRANTED, a)
    await town.hears(FIRST, Wording.ALSO_SEEKS, a, b)
    await town.first(f"1 {b.case_no}")
    await town.hears(FIRST, Wording.GRANTED, b)
    await town.closes(b)
    await town.hears(FIRST, Wording.STOOD_DOWN, b)
    await town.first("3")
    await town.hears(FIRST, Wording.ARRIVED, a)
    await town.closes(a)
    await town.hears(FIRST, Wording.CASE_CLOSED, a)


@hears(Wording.ALSO_SEEKS, Wording.GRANTED, Wording.STOOD_DOWN, Wording.TROUBLE_HELP, Wording.VOICE_TROUBLE_HELP)
async def asked_while_on_the_way(town: WordingTown) -> None:
    """B is sought of a patrol that drives to A: only that question names A too."""
    a = await town.centre.alarm(1, 0)
    await town.hears(FIRST, Wording.CALL_OUT, a)
    await town.first("1")
    await town.hears(FIRST, Wording.GRANTED, a)
    b = await town.centre.alarm(2, 1)
    await town.hears(SECOND, Wording.CALL_OUT, b)
    await town.centre.second.writes("2")
    await town.hears(SECOND, Wording.DECLINED, b)
    await town.hears(FIRST, Wording.ALSO_SEEKS, a, b)
    await town.first(f"1 {b.case_no}")
    await town.hears(FIRST, Wording.GRANTED, b)
    await town.first(f"9 {b.case_no}")
    await town.hears(FIRST, Wording.HELP_COMING, b)
    for phone in (SECOND, LEAD):
        await town.hears(phone, Wording.TROUBLE_HELP, b)
    await town.passes(90)
    for phone in (SECOND, LEAD):
        await town.hears(phone, Wording.VOICE_TROUBLE_HELP, b)
    await town.closes(b)
    for phone in (FIRST, SECOND, LEAD):
        await town.hears(phone, Wording.STOOD_DOWN, b)


@hears(Wording.HAVE_BOTH, Wording.DECLINED)
async def the_more_urgent_beside_a_calm_one(town: WordingTown) -> None:
    a = await town.centre.alarm(3, 0)
    await town.hears(FIRST, Wording.CALL_OUT, a)
    await town.first("1")
    await town.hears(FIRST, Wording.GRANTED, a)
    await town.passes(301)
    b = await town.centre.alarm(1, 1)
    await town.hears(SECOND, Wording.CALL_OUT, b)
    await town.centre.second.writes("2")
    await town.hears(SECOND, Wording.DECLINED, b)
    await town.hears(FIRST, Wording.ALSO_SEEKS, a, b)
    await town.hears(LEAD, Wording.ESCALATION, b)
    await town.first("1")
    await town.hears(FIRST, Wording.GRANTED, b)
    await town.hears(FIRST, Wording.HAVE_BOTH, b, a)
    await town.hears(LEAD, Wording.TAKEN, b)


@hears(Wording.DECLINED_ONE)
async def no_to_one_of_two(town: WordingTown) -> None:
    a, b = await town.asked()
    await town.first("2")
    await town.hears(FIRST, Wording.DECLINED, a)
    await town.hears(FIRST, Wording.DECLINED_ONE, a, b)
    await town.hears(SECOND, Wording.CALL_OUT, a)


@hears(Wording.TAKEN, Wording.VOICE_CALL_OUT)
async def called_and_taken_by_another(town: WordingTown) -> None:
    b = await town.centre.alarm(3, 1)
    await town.hears(FIRST, Wording.CALL_OUT, b)
    a = await town.centre.alarm(1, 0)
    await town.hears(FIRST, Wording.CALL_OUT, a)
    await town.passes(180)
    await town.hears(FIRST, Wording.VOICE_CALL_OUT, a)
    await town.hears(SECOND, Wording.CALL_OUT, a)
    await town.centre.second.writes("1")
    await town.hears(SECOND, Wording.GRANTED, a)
    await town.hears(FIRST, Wording.TAKEN, a)


@hears(
    Wording.ARRIVED, Wording.STAYING, Wording.CANNOT_GET_IN, Wording.HELP_COMING, Wording.DONE, Wording.OUTCOME,
    Wording.SEEN_TO,
)  # fmt: skip
async def words_from_the_site(town: WordingTown) -> None:
    a, _ = await town.on_site_at_a()
    await town.first("6")
    await town.hears(FIRST, Wording.STAYING, a)
    await town.first("5")
    await town.hears(FIRST, Wording.CANNOT_GET_IN, a)
    await town.hears(LEAD, Wording.TROUBLE_CANNOT_GET_IN, a)
    await town.first("9")
    await town.hears(FIRST, Wording.HELP_COMING, a)
    for phone in (SECOND, LEAD):
        await town.hears(phone, Wording.TROUBLE_HELP, a)
    await town.first("4")
    await town.hears(FIRST, Wording.DONE, a)
    for phone in (SECOND, LEAD):
        await town.hears(phone, Wording.SEEN_TO, a)
    await town.passes(600)
    await town.hears(LEAD, Wording.OUTCOME, a)


@hears(Wording.LATE_NOTED, Wording.LATE_AGAIN, Wording.CARER_LATE, Wording.READ_BY_OPERATOR)
async def late_and_words_of_ones_own(town: WordingTown) -> None:
    await town.first("jag står i hissen")
    await town.hears(FIRST, Wording.READ_BY_OPERATOR)
    a, _ = await town.held()
    await town.first(f"sen 15 {a.case_no}")
    await town.hears(FIRST, Wording.LATE_NOTED, a)
    await town.hears(LEAD, Wording.CARER_LATE, a)
    await town.first(f"sen 20 {a.case_no}")
    await town.hears(FIRST, Wording.LATE_AGAIN, a)


@hears(Wording.SMS_STOPPED, Wording.SMS_STOPPED_LAST, Wording.SMS_STARTED)
async def phones_that_take_no_sms(town: WordingTown) -> None:
    """No case is meant, and none is named."""
    await town.first("STOP")
    await town.hears(LEAD, Wording.SMS_STOPPED)
    await town.first("START")
    await town.hears(FIRST, Wording.SMS_STARTED)
    async with town.centre.memory.transaction() as tx:
        await tx.execute("update shifts set ends_at = clock.now() where patrol = 'Patrull 2'")
    await town.first("STOP")
    await town.hears(LEAD, Wording.SMS_STOPPED_LAST)


@hears(Wording.NO_MORE_LOOKS)
async def the_resident_wants_no_look(town: WordingTown) -> None:
    a, _ = await town.on_site_at_a()
    await town.first("vill inte ha kameran")
    await town.hears(FIRST, Wording.NO_MORE_LOOKS, a)


@hears(
    Wording.TROUBLE_CANNOT_GET_IN, Wording.VOICE_TROUBLE_CANNOT_GET_IN, Wording.TROUBLE_NOBODY_HOME,
    Wording.VOICE_TROUBLE_NOBODY_HOME, Wording.YOU_SEE_TO_IT, Wording.NOBODY_HOME, Wording.WHERE_NOTED, Wording.WHERE_UNKNOWN,
    Wording.FOUND,
)  # fmt: skip
async def locked_out_and_then_nobody_home(town: WordingTown) -> None:
    a, _ = await town.on_site_at_a()
    await town.first("5")
    await town.hears(FIRST, Wording.CANNOT_GET_IN, a)
    await town.hears(LEAD, Wording.TROUBLE_CANNOT_GET_IN, a)
    await town.passes(90)
    await town.hears(LEAD, Wording.VOICE_TROUBLE_CANNOT_GET_IN, a)
    await town.first(f"ingen hemma {a.case_no}")
    await town.hears(FIRST, Wording.NOBODY_HOME, a)
    await town.hears(LEAD, Wording.TROUBLE_NOBODY_HOME, a)
    await town.passes(90)
    await town.hears(LEAD, Wording.VOICE_TROUBLE_NOBODY_HOME, a)
    await town.centre.lead.writes("1")
    await town.hears(LEAD, Wording.YOU_SEE_TO_IT, a)
    await town.first(f"3 {a.case_no}")
    await town.hears(FIRST, Wording.WHERE_UNKNOWN, a)
    await town.first(f"hittad {a.case_no}")
    await town.hears(FIRST, Wording.FOUND, a)
    await town.first(f"ingen hemma {a.case_no}")
    await town.hears(FIRST, Wording.NOBODY_HOME, a)
    await town.hears(LEAD, Wording.TROUBLE_NOBODY_HOME, a)
    await town.first(f"1 {a.case_no}")
    await town.hears(FIRST, Wording.WHERE_NOTED, a)
    await town.hears(LEAD, Wording.SEEN_TO, a)


@hears(Wording.TROUBLE_UNDELIVERED, Wording.VOICE_TROUBLE_UNDELIVERED)
async def an_address_that_does_not_arrive(town: WordingTown) -> None:
    a, _ = await town.held()
    await town.says(a, alarm_events.AddressLost)
    await town.hears(LEAD, Wording.TROUBLE_UNDELIVERED, a)
    await town.passes(90)
    await town.hears(LEAD, Wording.VOICE_TROUBLE_UNDELIVERED, a)


@hears(
    Wording.ON_SITE_CHECK, Wording.VOICE_ON_SITE_CHECK, Wording.TROUBLE_SILENT, Wording.VOICE_TROUBLE_SILENT,
    Wording.ESCALATION_LATE, Wording.VOICE_TROUBLE_LATE,
)  # fmt: skip
async def silent_on_site_and_late_for_the_other(town: WordingTown) -> None:
    a, b = await town.on_site_at_a()
    await town.passes(30 * 60)
    await town.hears(FIRST, Wording.ON_SITE_CHECK, a)
    await town.passes(5 * 60)
    await town.hears(FIRST, Wording.VOICE_ON_SITE_CHECK, a)
    await town.hears(LEAD, Wording.TROUBLE_SILENT, a)
    await town.passes(90)
    await town.hears(LEAD, Wording.VOICE_TROUBLE_SILENT, a)
    await town.first("6")
    await town.hears(FIRST, Wording.STAYING, a)
    await town.hears(LEAD, Wording.SEEN_TO, a)
    await town.passes(10 * 60 - 90)
    await town.hears(LEAD, Wording.ESCALATION_LATE, b)
    await town.passes(90)
    await town.hears(LEAD, Wording.VOICE_TROUBLE_LATE, b)


@hears(Wording.REMINDER, Wording.ESCALATION)
async def calm_ones_that_nobody_answers(town: WordingTown) -> None:
    a, b = await town.asked(3, 3)
    await town.passes(15 * 60)
    await town.hears_of_each(FIRST, Wording.REMINDER, a, b)
    await town.passes(30 * 60)
    await town.hears_of_each(LEAD, Wording.ESCALATION, a, b)


@hears(Wording.VISIT)
async def a_visit_beside_an_alarm(town: WordingTown) -> None:
    centre = town.centre
    a = await centre.alarm(1, 0)
    await town.hears(FIRST, Wording.CALL_OUT, a)
    async with centre.memory.transaction() as tx:
        home, at = await towns.of_resident(tx, centre.residents[1]), await now(tx)
        visit_by = at + timedelta(minutes=30)
        visit = await steps._open_alarm(
            tx, home, steps.AlarmToRaise(AlarmKind.MANUAL, Priority.THIRD, None, "test", at, visit_by=visit_by)
        )
    centre.memory.hint()
    await town.hears(FIRST, Wording.VISIT, visit)


@hears(Wording.NOT_YOURS, Wording.UNKNOWN_CASE, Wording.NOT_UNDERSTOOD, Wording.WHICH_CASE)
async def doubts(town: WordingTown) -> None:
    a, b = await town.asked()
    await town.first(f"3 {b.case_no}")
    await town.hears(FIRST, Wording.NOT_YOURS, b)
    await town.first(f"1 {NO_SUCH}")
    await town.hears(FIRST, Wording.UNKNOWN_CASE, NO_SUCH, a)
    await town.first("hittar inte porten")
    await town.hears(FIRST, Wording.NOT_UNDERSTOOD, a)
    for alarm in (a, b):
        await town.first(f"1 {alarm.case_no}")
        await town.hears(FIRST, Wording.GRANTED, alarm)
    await town.first("klar")
    await town.hears(FIRST, Wording.WHICH_CASE, a, b)


@hears(Wording.WHERE_AGAIN, Wording.WHICH_ANSWER)
async def doubts_where_a_person_is(town: WordingTown) -> None:
    a, b = await town.on_site_at_a()
    await town.first(f"ingen hemma {a.case_no}")
    await town.hears(FIRST, Wording.NOBODY_HOME, a)
    await town.hears(LEAD, Wording.TROUBLE_NOBODY_HOME, a)
    await town.first("ja")
    await town.hears(FIRST, Wording.WHERE_AGAIN, a)
    await town.first("1")
    await town.hears(FIRST, Wording.WHICH_ANSWER, a, b)


@hears(Wording.MUSTER, Wording.MUSTER_YES, Wording.MUSTER_NO, Wording.MUSTER_SILENT, Wording.NO_CASE)
async def who_holds_the_phone(town: WordingTown) -> None:
    """No case is meant, and none is named."""
    await muster.muster_shifts(town.centre.memory)
    for phone in (FIRST, SECOND, LEAD):
        await town.hears(phone, Wording.MUSTER)
    await town.first("1")
    await town.hears(FIRST, Wording.MUSTER_YES)
    await town.centre.second.writes("2")
    await town.hears(SECOND, Wording.MUSTER_NO)
    await town.centre.lead.writes("1")
    await town.hears(LEAD, Wording.MUSTER_YES)
    await town.first("4")
    await town.hears(FIRST, Wording.NO_CASE)
    async with town.centre.memory.transaction() as tx:
        await tx.execute("update shifts set mustered = null where patrol = 'Patrull 1'")
    await town.centre.move_clock(15 * 60)
    await muster.muster_shifts(town.centre.memory)
    await town.hears(LEAD, Wording.MUSTER_SILENT)
    await town.hears(LEAD, Wording.MUSTER_SILENT)


@hears(Wording.PAUSES_UNANSWERED)
async def what_is_asked_of_the_lead_in_the_evening(town: WordingTown) -> None:
    centre = town.centre
    at = await centre.memory.now()
    eight = calendar.instant_of(calendar.night_of(at, STOCKHOLM), due_times.PAUSES_AT, STOCKHOLM)
    await centre.move_clock(max(0, int((eight - at).total_seconds()) + 1))
    async with centre.memory.transaction() as tx:
        at = await now(tx)
        await tx.execute(
            "insert into pauses (org, resident_id, reason, from_at, to_at, said_by, instead)"
            " select org, resident_id, 'pause_hospital', $1::timestamptz - interval '1 day', $1::timestamptz - interval '1 min', 'staff', 'nothing'"
            " from residents where resident_id = $2",
            at, centre.residents[0],
        )  # fmt: skip
    await pause_questions.ask_leads(centre.memory)
    centre.memory.hint()
    await town.hears(LEAD, Wording.PAUSES_UNANSWERED)


@hears(Wording.CONFIRM_BY_VOICE, Wording.CONFIRM_OVERDUE)
async def what_the_lead_is_to_confirm_by_voice(town: WordingTown) -> None:
    centre = town.centre
    a, _b = await town.held()
    editor = Editor(str(a.alarm_id))
    await deaths.register_death(centre.memory, centre.residents[0], a.alarm_id, editor=editor)
    await deaths.tell_of_deaths(centre.memory)
    centre.memory.hint()
    await town.hears(LEAD, Wording.CONFIRM_BY_VOICE, a)
    await centre.move_clock(10 * 60)
    await deaths.tell_of_deaths(centre.memory)
    centre.memory.hint()
    await town.hears(LEAD, Wording.CONFIRM_OVERDUE, a)


@hears(Wording.NIGHT_THREATENED)
async def what_the_lead_is_told_in_the_evening(town: WordingTown) -> None:
    centre = town.centre
    at = await centre.memory.now()
    half_past = calendar.instant_of(calendar.night_of(at, STOCKHOLM), max(due_times.RECONCILE_AT), STOCKHOLM)
    await centre.move_clock(max(0, int((half_past - at).total_seconds()) + 1))
    async with centre.memory.transaction() as tx:
        await tx.execute("delete from decisions where resident_id = $1", centre.residents[0])
    await reconciliation.reconcile_due_towns(centre.memory)
    await night_threats.tell_leads(centre.memory)
    centre.memory.hint()
    await town.hears(LEAD, Wording.NIGHT_THREATENED)


@hears(Wording.PLANNER_WAITING)
async def what_a_planner_is_told_in_the_morning(town: WordingTown) -> None:
    centre = town.centre
    at = await centre.memory.now()
    half_past = calendar.instant_of(calendar.night_of(at, STOCKHOLM), min(due_times.REMIND_AT), STOCKHOLM)
    await centre.move_clock(max(0, int((half_past - at).total_seconds()) + 1))
    async with centre.memory.transaction() as tx:
        await tx.execute("delete from decisions where resident_id = $1", centre.residents[0])
        await town_file.extend(tx, "by", await now(tx), users=[{"login": "p", "name": "P", "roles": ["coordinator"]}])
        await tx.execute(
            "insert into reminder_phones (org, user_id, phone, asked_at) select org, user_id, $1, clock.now() from memberships",
            LEAD,
        )
    await reconciliation.reconcile_town(centre.memory, "by")
    await planner_reminders.remind_planners(centre.memory)
    centre.memory.hint()
    await town.hears(LEAD, Wording.PLANNER_WAITING)


@hears(Wording.CARER_TEST)
async def what_a_new_carer_is_asked(town: WordingTown) -> None:
    async with town.centre.memory.transaction() as tx:
        await tx.execute("update carers set test_wanted_at = clock.now() where phone = $1", LEAD)
    await carer_tests.ask_new_carers(town.centre.memory)
    town.centre.memory.hint()
    await town.hears(LEAD, Wording.CARER_TEST)


@hears(Wording.MUSTER_WHO, Wording.CODE_UNKNOWN)
async def what_a_phone_is_asked_with_codes(town: WordingTown) -> None:
    async with town.centre.memory.transaction() as tx:
        await tx.execute("update carers set code = '24680' where phone = $1", LEAD)
        await tx.execute("update shifts set mustered = nullif(role <> 'lead', false), muster_asked_at = null")
    await muster.muster_shifts(town.centre.memory)
    town.centre.memory.hint()
    await town.hears(LEAD, Wording.MUSTER_WHO)
    await town.centre.carers[LEAD].writes("1 13579")
    await town.hears(LEAD, Wording.CODE_UNKNOWN)


@hears(Wording.VOICE_CONNECT)
async def what_an_operator_is_called_with(town: WordingTown) -> None:
    a, _ = await town.asked()
    async with town.centre.memory.transaction() as tx:
        at, here = await now(tx), await towns.town(tx, a.org)
        body = wording.town_texts(here).say(Wording.VOICE_CONNECT, TextFacts(case_no=a.case_no))
        draft = messages.MessageDraft(
            org=a.org, channel=Channel.CALL, wording=Wording.VOICE_CONNECT, sender=here.sending_number, phone=LEAD,
            created_at=at, valid_until=at + timedelta(minutes=1), rank=1, alarm_id=a.alarm_id,
        )  # fmt: skip
        await messages.queue(tx, draft, body)
    town.centre.memory.hint()
    await town.hears(LEAD, Wording.VOICE_CONNECT, a)


@hears(Wording.CODES_REFUSED)
async def what_the_lead_is_told_of_wrong_codes(town: WordingTown) -> None:
    call = ring_in.IncomingCall("twilio", "CA1", FIRST, NUMBER)
    for attempt in (1, 2, 3):
        await ring_in.enter_code(town.centre.memory, call, attempt, "11111")
    await town.hears(LEAD, Wording.CODES_REFUSED)


@hears(Wording.VOICE_TROUBLE_OUTCOME)
async def an_outcome_that_no_lead_can_be_asked_for(town: WordingTown) -> None:
    a = await town.centre.alarm(1, 0)
    await town.hears(FIRST, Wording.CALL_OUT, a)
    async with town.centre.memory.transaction() as tx:
        await tx.execute("update shifts set ends_at = clock.now() where role = 'lead'")
        await tx.execute("update organisations set fixed_number = $1", LEAD)
    calls_back = alarm_events.CancelDispatch(uuid4())
    await cases.apply_to_alarm(town.centre.memory, a.alarm_id, calls_back, actor="test")
    await town.hears(FIRST, Wording.STOOD_DOWN, a)
    await town.passes(600)
    await town.passes(300)
    await town.hears(LEAD, Wording.VOICE_TROUBLE_OUTCOME, a)


@hears(Wording.SHIFT_ENDS)
async def whose_shift_ends(town: WordingTown) -> None:
    a, _ = await town.held()
    async with town.centre.memory.transaction() as tx:
        await tx.execute(
            "update shifts set ends_at = clock.now() + interval '15 min' where carer_id = (select carer_id from carers where phone = $1)",
            FIRST,
        )
        await tx.execute(
            "update alarms set body = body || '{\"hand_over\": null}', next_step_at = clock.now() where alarm_id = $1",
            a.alarm_id,
        )
    await town.passes(1)
    await town.passes(6 * 60)
    await town.hears(FIRST, Wording.SHIFT_ENDS, a)
    await town.first(f"6 {a.case_no}")
    await town.hears(FIRST, Wording.GRANTED, a)


@hears(
    Wording.INCIDENT, Wording.INCIDENT_LATE, Wording.INCIDENT_LEAD, Wording.INCIDENT_YOURS, Wording.INCIDENT_OVER,
    Wording.VOICE_INCIDENT_LATE, Wording.STUCK, Wording.STUCK_CHECK,
)  # fmt: skip
async def what_is_told_of_the_whole(town: WordingTown) -> None:
    centre = town.centre
    a, b = await town.asked()
    async with centre.memory.transaction() as tx:
        incident = await incident_rows.add(tx, a.org, centre.area_id, AlarmKind.TECHNICAL, await now(tx))
        await tx.execute("update alarms set incident_id = $1", incident.incident_id)
    await incidents.form_incidents(centre.memory)
    centre.memory.hint()
    for phone in (FIRST, SECOND, LEAD):
        await town.hears(phone, Wording.INCIDENT)
    async with centre.memory.transaction() as tx:
        # One that waits on the list, two steps after its target.
        await tx.execute("update alarms set state = 'open', seeks = false where alarm_id = $1", a.alarm_id)
        # The second patrol has come on duty since the list went.
        await tx.execute(
            "update shifts set starts_at = clock.now() where carer_id = (select carer_id from carers where phone = $1)",
            SECOND,
        )
        await tx.execute("update incidents set step = 0, next_at = clock.now()")
    await incidents.form_incidents(centre.memory)
    centre.memory.hint()
    await town.hears(SECOND, Wording.INCIDENT_LATE)
    async with centre.memory.transaction() as tx:
        await tx.execute("update incidents set step = 1, next_at = clock.now()")
    await incidents.form_incidents(centre.memory)
    centre.memory.hint()
    await town.hears(LEAD, Wording.INCIDENT_LEAD)
    async with centre.memory.transaction() as tx:
        await tx.execute("update incidents set step = 2, next_at = clock.now()")
    await incidents.form_incidents(centre.memory)
    centre.memory.hint()
    await town.hears(LEAD, Wording.INCIDENT_LEAD)
    await town.hears(LEAD, Wording.VOICE_INCIDENT_LATE)
    await town.centre.lead.writes("störning")
    await town.hears(LEAD, Wording.INCIDENT_YOURS)
    async with centre.memory.transaction() as tx:
        await tx.execute("update incidents set closed_at = clock.now()")
    await town.centre.lead.writes("Störning!")
    await town.hears(LEAD, Wording.INCIDENT_OVER)
    async with centre.memory.transaction() as tx:
        slot_id, at = await tx.fetchval("select slot_id from slots limit 1"), await now(tx)
        check = Check(
            uuid4(), a.org, centre.residents[0], None, at.date(), slot_id, at, at + timedelta(minutes=10), 10,
            GreenBy.OPERATOR, Show.ALWAYS, next_step_at=at,
        )  # fmt: skip
        await check_rows.insert_missing(tx, [check])
        await stuck_cases.report_stuck_case(tx, "alarm", b.alarm_id)
        await stuck_cases.report_stuck_case(tx, "check", check.check_id)
    centre.memory.hint()
    await town.hears(LEAD, Wording.STUCK, b)
    await town.hears(LEAD, Wording.STUCK_CHECK)


@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
async def test_each_text_names_the_case_that_it_is_about(database: Database, story: Story, language: str) -> None:
    async with sms_centre(database) as centre:
        async with centre.memory.transaction() as tx:
            await tx.execute("update organisations set language = $1", language)
        town = WordingTown(centre, language)
        await story(town)
        assert STORIES[story] <= town.heard


def test_every_wording_is_heard_in_some_story() -> None:
    assert set(Wording) - frozenset().union(*STORIES.values()) == set()
