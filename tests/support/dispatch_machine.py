"""Carers, operators, a provider and two replicas over core and store: whatever they do in whatever order, what was promised holds.

The database is real and its clock is moved; SMS and calls go through the real outbox to a provider in memory, which takes, refuses, loses
or leaves in doubt what it is given. A replica is killed between any two of its statements.
"""

import asyncio
import itertools
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any, Final, TypeVar
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from alarm_center.casework import cases
from alarm_center.core.alarm import Alarm, AlarmState, NoticeState, alarm_events
from alarm_center.core.decision import IllegalMove
from alarm_center.core.plan import Wording
from alarm_center.providers import DeliveryStatus
from alarm_center.sms import delivery, incoming_replies
from alarm_center.store import alarms, night_account
from fjarrtillsyn.embedded.postgres import Postgres
from fjarrtillsyn.faulty_night.account import names_another_case
from schemas.vocabulary import Answer, Channel, Outcome, Priority, Reason
from tests.support.by_hand import raise_manual_alarm
from tests.support.mortal_replicas import FATES, DrawnProvider, MortalMemory, MortalReplica, ReplicaKilled
from tests.support.night_town import NightTown, at_two, town
from tests.support.postgres import fresh_database

T = TypeVar("T")

NUMBER: Final = "+46701234500"
PHONES: Final = ("+46700000100", "+46700000101", "+46700000102")
"""Two patrols and the lead."""
WORDS: Final = ("1", "2", "3", "4", "5", "6", "9", "hjälp", "klar", "inte 1", "ingen hemma", "jag vet inte")
HOMES: Final = 4
_QUESTIONS: Final = (Wording.CALL_OUT, Wording.VISIT, Wording.REMINDER)
"""Texts that a notice has one of."""


_ANY: Final = st.integers(0, 60)
"""Which of those that there are: two replicas at once work in no fixed order, so that a draw may not hang on what they did."""


def _one_of(those: Sequence[T], which: int) -> T | None:
    return those[which % len(those)] if those else None


def _say_no_deaths(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    if not isinstance(context.get("exception"), ReplicaKilled):
        loop.default_exception_handler(context)


class DispatchLife(RuleBasedStateMachine):
    """A town of four homes, two patrols and a lead, at two in the night."""

    server: Postgres

    @initialize()
    def the_night_begins(self) -> None:
        self.loop = asyncio.Runner()
        self.loop.get_loop().set_exception_handler(_say_no_deaths)
        self.stack = AsyncExitStack()
        database = self.stack.enter_context(fresh_database(self.server))
        self.here: NightTown = self.run(
            self.stack.enter_async_context(town(database, residents=HOMES, operator_sees=(), begin=at_two))
        )
        self.provider = DrawnProvider()
        self.replicas: list[MortalReplica] = []
        for _ in range(2):
            memory = self.run(MortalMemory.open(database.worker, size=4))
            self.stack.push_async_callback(memory.close)
            self.replicas.append(MortalReplica(memory, self.provider))
        self.sids = itertools.count(1)
        self.written: list[incoming_replies.ReceivedReply] = []
        self.all: list[Alarm] = []
        self.messages: list[night_account.KeptMessage] = []
        self.look()

    # ---- what may happen ----

    @rule(home=st.integers(1, HOMES), priority=st.sampled_from(Priority))
    def somebody_raises_an_alarm(self, home: int, priority: Priority) -> None:
        self.do(raise_manual_alarm(self.here.memory, self.here.residents[home], priority, actor="test"))

    @rule(
        home=st.integers(1, HOMES),
        attempt=st.integers(1, 2),
        answer=st.sampled_from([Answer.IN_BED, Answer.NOT_SEEN, Answer.SOMETHING_WRONG, Answer.CANNOT_TELL]),
    )
    def a_finding_comes(self, home: int, attempt: int, answer: Answer) -> None:
        """Early, late or a second time, of a look that another finding has answered already."""
        reason = {Answer.SOMETHING_WRONG: Reason.ON_FLOOR, Answer.CANNOT_TELL: Reason.DARK}.get(answer)
        self.do(self.here.finding(home, answer, reason, attempt=attempt))

    @rule(seconds=st.one_of(st.integers(1, 200), st.integers(1, 4000), st.integers(-20, -1)))
    def time_passes(self, seconds: int) -> None:
        """The clock is set ahead, sometimes a little back; nobody works meanwhile."""
        self.do(self.here.execute("select clock.move($1)", timedelta(seconds=seconds)))

    @rule(replica=st.integers(0, 1))
    def a_replica_works(self, replica: int) -> None:
        self.do(self.replicas[replica].works())
        self.nothing_is_left_undone()

    @rule()
    def both_replicas_work_at_once(self) -> None:
        async def both() -> None:
            await asyncio.gather(*(replica.works() for replica in self.replicas))

        self.do(both())
        self.nothing_is_left_undone()

    @rule(replica=st.integers(0, 1), statements=st.integers(0, 40))
    def a_replica_is_killed_at_work(self, replica: int, statements: int) -> None:
        self.replicas[replica].memory.statements_left = statements
        self.do(self.replicas[replica].works(), replica=replica)

    @rule(fates=st.lists(st.sampled_from(FATES), min_size=1, max_size=4))
    def the_provider_fails(self, fates: list[str]) -> None:
        self.provider.fates = list(fates)

    @rule(which=_ANY, status=st.sampled_from(DeliveryStatus), names_it=st.booleans())
    def the_provider_reports(self, which: int, status: DeliveryStatus, names_it: bool) -> None:
        """Of any message, in any order, as often as it likes."""
        if (item := _one_of(self.provider.taken, which)) is None:
            return
        error = "30003" if status is DeliveryStatus.FAILED else None
        of = item.message_id if names_it else None
        self.do(delivery.record_status(self.here.memory, "twilio", item.provider_id, status, error, message_id=of))

    @rule(phone=st.sampled_from(PHONES), words=st.sampled_from(WORDS), which=_ANY, named=st.booleans())
    def a_carer_writes(self, phone: str, words: str, which: int, named: bool) -> None:
        """Any word, of a case that is named or not."""
        case = _one_of(self.all, which)
        text = f"{words} {case.case_no}" if named and case is not None else words
        reply = incoming_replies.ReceivedReply("twilio", f"R{next(self.sids)}", phone, NUMBER, text)
        self.written.append(reply)
        self.do(incoming_replies.receive_reply(self.here.memory, reply))

    @rule(which=_ANY)
    def a_reply_comes_again(self, which: int) -> None:
        if (reply := _one_of(self.written, which)) is None:
            return
        before = list(self.all)
        assert self.do(incoming_replies.receive_reply(self.here.memory, reply)) == "again"
        assert self.all == before, "the same SMS again has changed something"

    @rule(replica=st.integers(0, 1), phone=st.sampled_from(PHONES), statements=st.integers(0, 20))
    def a_replica_dies_over_a_reply(self, replica: int, phone: str, statements: int) -> None:
        """The provider brings it again, to the other one."""
        reply = incoming_replies.ReceivedReply("twilio", f"R{next(self.sids)}", phone, NUMBER, "1")
        self.written.append(reply)
        self.replicas[replica].memory.statements_left = statements
        self.do(incoming_replies.receive_reply(self.replicas[replica].memory, reply), replica=replica)
        self.do(incoming_replies.receive_reply(self.here.memory, reply))

    @rule(
        which=_ANY,
        login=st.sampled_from(["olle", "siv"]),
        event=st.sampled_from([alarm_events.ClaimCase, alarm_events.ReleaseCase, alarm_events.SendPatrol]),
    )
    def an_operator_acts(self, which: int, login: str, event: Callable[[UUID], Any]) -> None:
        if (alarm := _one_of(self.open, which)) is not None:
            self.apply(alarm, event(self.here.users[login]))

    @rule(which=_ANY)
    def an_operator_sees_to_a_trouble(self, which: int) -> None:
        open_troubles = [(alarm, trouble.kind) for alarm in self.open for trouble in alarm.unacknowledged]
        if (found := _one_of(open_troubles, which)) is not None:
            self.apply(found[0], alarm_events.AcknowledgeTrouble(self.here.users["olle"], found[1]))

    @rule(which=_ANY, outcome=st.sampled_from(Outcome))
    def an_operator_closes(self, which: int, outcome: Outcome) -> None:
        if (alarm := _one_of(self.open, which)) is not None:
            self.apply(alarm, alarm_events.Close(self.here.users["olle"], outcome, note=True))

    # ---- what always holds ----

    @invariant()
    def no_open_alarm_is_without_a_next_step(self) -> None:
        assert all(alarm.next_step_at is not None for alarm in self.open)

    @invariant()
    def nobody_gets_the_same_step_twice(self) -> None:
        """A phone gets a text as often as it was sent, and once more for each that is marked: it may have gone twice.

        Two of the same words cannot be told apart at the provider, so that one may be found in the stead of the other.
        """
        texts = Counter((item.phone, item.body) for item in self.provider.taken if item.body is not None)
        for each in self.messages:
            if each.channel == Channel.SMS and (each.provider_id is not None or each.state in ("sending", "unknown")):
                texts[each.phone, each.body] -= 1 + each.sent_twice
        assert max(texts.values(), default=0) <= 0, f"{texts.most_common(1)} went twice without a mark"
        calls = Counter(item.message_id for item in self.provider.taken if item.body is None)
        twice = [message_id for message_id, times in calls.items() if times > 1 + (message_id in self.marked)]
        assert not twice, f"{twice} was called twice without a mark"
        again = [step for step, times in Counter(self.steps).items() if times > 1]
        assert not again, f"{again[0]} was written twice"

    @invariant()
    def an_accepted_alarm_alerts_no_further(self) -> None:
        """Unless a second carer is sought, or there is a trouble that somebody is asked to see to."""
        for alarm in self.open:
            if alarm.state in (AlarmState.ACCEPTED, AlarmState.ON_SITE) and not alarm.seeks and not alarm.troubles:
                assert alarm.dispatch is not None
                asked = [each for each in alarm.dispatch.notices if each.state is NoticeState.ASKED]
                assert not asked, f"{alarm.case_no} is taken, and {asked} are asked still"

    @invariant()
    def every_text_names_its_own_case(self) -> None:
        texts = [each for each in self.messages if each.channel == Channel.SMS]
        wrong = [each for each in texts if names_another_case(each, self.messages)]
        assert not wrong, wrong[0]

    @invariant()
    def every_trouble_is_acknowledged_or_gets_louder(self) -> None:
        for alarm in self.open:
            for trouble in alarm.unacknowledged:
                assert alarm.next_step_at is not None and alarm.next_step_at <= trouble.louder_at

    # ---- how it ends ----

    def teardown(self) -> None:
        if not hasattr(self, "stack"):
            return
        try:
            self.every_alarm_ends()
        finally:
            self.run(self.stack.aclose())
            self.loop.close()

    def every_alarm_ends(self) -> None:
        """With an outcome, by a person's hand; then nobody is asked for anything more."""
        self.provider.fates = []
        self.do(self.replicas[0].works())
        for alarm in self.open:
            # While another holds the case, nobody else closes it.
            by = alarm.lease.holder or self.here.users["siv"]
            assert self.apply(alarm, alarm_events.Close(by, Outcome.FALSE_ALARM, note=True))
        assert not self.open
        self.do(self.replicas[0].works())
        written = len(self.messages)
        self.do(self.here.execute("select clock.move($1)", timedelta(minutes=30)))
        self.do(self.replicas[1].works())
        closed = {alarm.alarm_id for alarm in self.all if alarm.state is AlarmState.CLOSED}
        late = [each for each in self.messages[written:] if each.alarm_id in closed]
        assert not late, f"written after the case was closed: {late[0]}"

    # ---- how ----

    @property
    def open(self) -> list[Alarm]:
        return [alarm for alarm in self.all if alarm.state is not AlarmState.CLOSED]

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run(work)

    def do(self, work: Coroutine[Any, Any, T], *, replica: int | None = None) -> T | None:
        """Return what *work* returns, ``None`` where the replica died over it; then the replica is started again."""
        result: T | None = None
        try:
            result = self.run(work)
        except ReplicaKilled:
            for killed in self.replicas if replica is None else [self.replicas[replica]]:
                self.run(self._bury(killed))
        if replica is not None:
            self.replicas[replica].start()
        self.look()
        return result

    async def _bury(self, killed: MortalReplica) -> None:
        """End what was under way, and free its claims."""
        killed.memory.statements_left = 0
        await asyncio.gather(*killed.outbox._at_work, return_exceptions=True)
        await self.here.execute("update messages set lease_until = now() - interval '1 s' where state = 'sending'")
        killed.start()

    def apply(self, alarm: Alarm, event: Any) -> bool:
        """Apply what a person at a screen does; return whether it was taken."""
        try:
            self.do(
                cases.apply_to_alarm(self.here.memory, alarm.alarm_id, event, actor="test", note="skrivet av ett prov")
            )
        except IllegalMove:
            self.look()
            return False
        return True

    def nothing_is_left_undone(self) -> None:
        """Once a replica has worked, no step that was due is left, and no trouble's."""
        now = self.run(self.here.memory.now())
        assert all(alarm.next_step_at is not None and alarm.next_step_at > now for alarm in self.open)
        assert all(trouble.louder_at > now for alarm in self.open for trouble in alarm.unacknowledged)

    def look(self) -> None:
        """Read every alarm and message as they are."""
        self.run(self._look())

    async def _look(self) -> None:
        async with self.here.memory.transaction() as tx:
            ids = await tx.fetch("select alarm_id from alarms order by case_no")
            found = [await alarms.lock(tx, row["alarm_id"]) for row in ids]
            self.all = [alarm for alarm in found if alarm is not None]
            self.messages = await night_account.kept_messages(tx, self.here.org)
            rows = await tx.fetch("select message_id, notice_id, wording, channel, rank, sent_twice from messages")
        self.marked = {row["message_id"] for row in rows if row["sent_twice"]}
        self.steps = [
            (row["notice_id"], row["wording"], row["channel"], row["rank"])
            for row in rows
            if row["wording"] in _QUESTIONS
        ]
