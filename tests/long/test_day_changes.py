"""Any sequence of what people decide by day leaves no night without supervision, and nobody looked at without consent.

A hundred residents live through the week in which the clock is moved, each with changes of their own at instants of their own:
times, pauses, withdrawals, new consents, decisions that end, moves and deaths, by pages and by the town's file; and two patrols
swap nights meanwhile. What each night has to hold is worked out here, from what was done, and not from the service's own calendar.
"""

import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

from alarm_center.casework.editing import Editor
from alarm_center.clockwork import Clockwork
from alarm_center.core.pausing import HowSaid, SaidBy, Word
from alarm_center.core.slot_changes import SlotPattern, WantedSlot
from alarm_center.preparation import pauses, planning, times
from alarm_center.store.memory import Memory, Tx, now
from alarm_center.store.plans import Pause
from schemas.vocabulary import CancelReason, Instead
from tests.support import town_file
from tests.support.postgres import Database

pytestmark = pytest.mark.long

ZONE: Final = ZoneInfo("Europe/Stockholm")
RESIDENTS: Final = 100
NIGHTS: Final = 5
CARERS: Final = ("Patrull", "Reserv")
EDITOR: Final = Editor("petra")
CLOCKS: Final = ("21:45", "22:30", "23:15", "00:30", "01:50", "02:00", "02:30", "03:10", "04:45", "06:20")


@dataclass
class Lived:
    """One resident as the test knows them: what was said last, and what was done."""

    number: int
    resident_id: UUID
    cohabitant: bool
    times: list[str] = field(default_factory=lambda: ["23:15", "03:10"])
    given_on: dict[str, date] = field(default_factory=dict)
    """The day of each person's last consent; the first one is long ago."""
    withdrawn_by: str = ""
    withdrawn_at: datetime | None = None
    instead: str = "visit"
    """Replacement of the looks without consent, as the person who withdrew it said."""
    own_no_on: set[date] = field(default_factory=set)
    """Nights at some instant of which the person wanted nobody at all."""
    ends_on: date | None = None
    gone_on: date | None = None
    """The night in which they died or moved; none is owed from it on."""
    gone_how: str = ""
    done: list[str] = field(default_factory=list)
    changes: int = 0
    """Edits by a person that changed something."""


def night_of(at: datetime) -> date:
    """Return the night that an instant is in: from noon to noon, by the wall."""
    local = at.astimezone(ZONE)
    return local.date() if local.hour >= 12 else local.date() - timedelta(days=1)


@dataclass
class Week:
    """The town under test, its people, and dice that fall the same way each time."""

    memory: Memory
    dice: random.Random
    people: list[Lived] = field(default_factory=list)
    on_duty: dict[date, str] = field(default_factory=dict)
    """The carer of each night."""
    swaps: int = 0

    async def now(self) -> datetime:
        async with self.memory.transaction() as tx:
            return await now(tx)

    async def go_to(self, at: datetime) -> None:
        """Let time pass until *at*, with the service's rounds."""
        async with self.memory.transaction() as tx:
            await tx.execute("select clock.freeze($1)", at)
        await self.work()

    async def work(self) -> None:
        """Let the service do what is due."""
        await planning.plan_changed(self.memory)
        await planning.plan_all_towns(self.memory)
        clockwork = Clockwork(self.memory)
        while await clockwork.cycle():
            pass

    async def read_file(self, one: Lived) -> None:
        """Import the town's file with this resident as they are meant to be."""

        async def work(tx: Tx) -> None:
            await town_file.extend(tx, "storstad", await now(tx), residents=[home_of(one)])

        async with self.memory.transaction() as tx:
            await work(tx)

    # ---- what people do ----

    async def change(self, one: Lived) -> None:
        """Let somebody change something about the resident, if it may be done now."""
        at = await self.now()
        deeds = {
            "times": self.change_times, "file's times": self.change_times_by_file, "pause": self.pause, "end": self.end_pause,
            "no": self.withdraw, "no by a relative": self.stop, "yes": self.consent, "decision": self.end_decision,
            "gone": self.leave,
        }  # fmt: skip
        if one.gone_on is not None:
            return
        name = self.dice.choices(list(deeds), weights=(6, 4, 5, 4, 2, 2, 3, 2, 1))[0]
        if await deeds[name](one, at):
            one.done.append(f"{at:%d %H:%M} {name}")

    async def change_times(self, one: Lived, at: datetime) -> bool:
        wanted = self.dice.sample(CLOCKS, self.dice.randint(1, 3))
        slots = [WantedSlot(SlotPattern(time.fromisoformat(each), 0, tuple(range(7)), False, 10)) for each in wanted]
        changed = await times.change_times(self.memory, one.resident_id, slots, editor=EDITOR)
        one.times = wanted
        one.changes += bool(changed)
        return bool(changed)

    async def change_times_by_file(self, one: Lived, at: datetime) -> bool:
        if one.ends_on is not None:
            return False
        one.times = self.dice.sample(CLOCKS, self.dice.randint(1, 3))
        await self.read_file(one)
        return True

    async def pause(self, one: Lived, at: datetime) -> bool:
        reason = self.dice.choice([CancelReason.PAUSE_HOSPITAL, CancelReason.PAUSE_AWAY, CancelReason.PAUSE_GUESTS])
        to_at = at + timedelta(hours=self.dice.randint(1, 40))
        instead = self.dice.choice(list(Instead))
        pause = Pause(reason, at, to_at, SaidBy.RESIDENT, instead)
        await pauses.pause_checks(self.memory, one.resident_id, pause, editor=EDITOR)
        one.changes += 1
        return True

    async def end_pause(self, one: Lived, at: datetime) -> bool:
        async with self.memory.transaction() as tx:
            holds = await tx.fetchval(
                "select exists (select from pauses where resident_id = $1 and from_at <= $2 and $2 < least(to_at, ended_at))",
                one.resident_id, at,
            )  # fmt: skip
        if holds:
            await pauses.end_pause(self.memory, one.resident_id, at, editor=EDITOR)
            one.changes += 1
        return bool(holds)

    async def withdraw(self, one: Lived, at: datetime) -> bool:
        if one.withdrawn_by:
            return False
        who = self.dice.choice(["resident", "cohabitant"] if one.cohabitant else ["resident"])
        instead = self.dice.choice(list(Instead))
        await pauses.revoke_consent(self.memory, one.resident_id, who, instead=instead, editor=EDITOR)
        one.withdrawn_by, one.withdrawn_at, one.instead = who, at, str(instead)
        one.changes += 1
        return True

    async def stop(self, one: Lived, at: datetime) -> bool:
        word = Word(SaidBy.RELATIVE, "Eva", how=HowSaid.PHONE)
        await pauses.stop_camera(self.memory, one.resident_id, word, at, ZONE, instead=Instead.VISIT, editor=EDITOR)
        one.changes += 1
        return True

    async def consent(self, one: Lived, at: datetime) -> bool:
        """A new consent is another day's: the file of the day of the withdrawal may be older than it."""
        today = at.astimezone(ZONE).date()
        if one.withdrawn_at is None or one.ends_on is not None or one.withdrawn_at.astimezone(ZONE).date() >= today:
            return False
        one.given_on[one.withdrawn_by] = today
        one.withdrawn_by, one.withdrawn_at = "", None
        await self.read_file(one)
        return True

    async def end_decision(self, one: Lived, at: datetime) -> bool:
        if one.ends_on is not None:
            return False
        one.ends_on = night_of(at) + timedelta(days=self.dice.randint(0, 2))
        await self.read_file(one)
        return True

    async def leave(self, one: Lived, at: datetime) -> bool:
        if one.ends_on is not None and one.ends_on < night_of(at):
            return False
        one.gone_on, one.gone_how = night_of(at), self.dice.choice(["moved_on", "died_on"])
        await self.read_file(one)
        return True

    async def swap(self, at: datetime) -> None:
        """Give one of the nights that have not ended to the other patrol, by the town's file."""
        night = night_of(at) + timedelta(days=self.dice.randint(0, 2))
        ended = datetime.combine(night + timedelta(days=1), time(7), ZONE) <= at
        if night not in self.on_duty or ended:
            return
        self.on_duty[night] = next(name for name in CARERS if name != self.on_duty[night])
        file = {
            "organisation": town_file.organisation("storstad"),
            "areas": [{"code": "3"}],
            "carers": carers(),
            "shifts": self.shifts(),
        }
        async with self.memory.transaction() as tx:
            await town_file.bring_in(tx, file, await now(tx))
        self.swaps += 1

    def shifts(self) -> list[town_file.Table]:
        """Return every night's shift, as the town's file has it."""
        return [town_file.shift(carer, night=night) for night, carer in self.on_duty.items()]

    # ---- what has to hold ----

    async def check_duty(self, at: datetime) -> None:
        """Each coming small hour has one patrol, the one that has the night since the last swap."""
        hours = {
            datetime.combine(night + timedelta(days=1), time(5), ZONE): name for night, name in self.on_duty.items()
        }
        async with self.memory.transaction() as tx:
            rows = await tx.fetch(
                """
                select h.at, array_agg(c.name) filter (where c.name is not null) as names
                from unnest($1::timestamptz[]) h(at) left join shifts s on s.starts_at <= h.at and h.at < s.ends_at
                    left join carers c using (carer_id)
                group by h.at
                """,
                [hour for hour in hours if hour > at],
            )
        assert {row["at"]: row["names"] for row in rows} == {hour: [name] for hour, name in hours.items() if hour > at}

    async def check_looks(self) -> None:
        """Nobody is looked at, or about to be, who has withdrawn, died or moved."""
        barred = [one for one in self.people if one.withdrawn_by or one.gone_on is not None]
        async with self.memory.transaction() as tx:
            looks = await tx.fetch(
                """
                select r.number, c.opens_at, c.state from checks c join residents r using (resident_id)
                where c.resident_id = any ($1) and (c.state in ('open', 'waiting', 'to_look') or c.state = 'planned')
                """,
                [one.resident_id for one in barred],
            )
            lists = await tx.fetch(
                """
                select r.number, d.config -> 'attempts' as attempts from devices d join residents r using (resident_id)
                where d.resident_id = any ($1) and jsonb_array_length(d.config -> 'attempts') > 0
                """,
                [one.resident_id for one in barred],
            )
        told = {one.number: one for one in barred}
        assert not looks, [(row["opens_at"], row["state"], told[row["number"]]) for row in looks]
        assert not lists, [(row["attempts"], told[row["number"]]) for row in lists]

    async def check_nights(self, first: date, last: date) -> None:
        """Every night so far holds a look, a visit, a pause, or the person's own no."""
        async with self.memory.transaction() as tx:
            rows = await tx.fetch(
                "select resident_id, night, state, cancel_reason, instead from checks where night between $1 and $2", first, last
            )  # fmt: skip
        held: dict[tuple[UUID, date], list[tuple[str, str, str]]] = {}
        for row in rows:
            said = (row["state"], row["cancel_reason"] or "", row["instead"] or "")
            held.setdefault((row["resident_id"], row["night"]), []).append(said)
        bare = []
        for one in self.people:
            night = first
            while night <= last and (one.gone_on is None or night < one.gone_on):
                found = held.get((one.resident_id, night), [])
                covered = any(
                    state != "cancelled" or instead == "visit" or reason.startswith("pause")
                    for state, reason, instead in found
                )
                if not covered and night not in one.own_no_on:
                    bare.append((night, found, one))
                night += timedelta(days=1)
        assert not bare, bare[0]

    async def check_lines(self, since: datetime) -> None:
        """Every change has its line."""
        async with self.memory.transaction() as tx:
            rows = await tx.fetch(
                "select resident_id, count(*) as made from changes where made_by = 'petra' group by 1"
            )
            swapped = await tx.fetchval(
                "select count(distinct at) from events where kind = 'shift_imported' and at > $1",
                since,
            )
        made = {row["resident_id"]: row["made"] for row in rows}
        assert swapped == self.swaps
        lacking = [
            (made.get(one.resident_id, 0), one) for one in self.people if made.get(one.resident_id, 0) != one.changes
        ]
        assert not lacking, lacking[0]


def carers() -> list[town_file.Table]:
    return [{"name": name, "phone": f"+4670000010{n}"} for n, name in enumerate(CARERS)]


def home_of(one: Lived) -> town_file.Table:
    """Return the resident as the town's file has them."""
    more: town_file.Table = {"consent": _consent_of(one, "resident")}
    if one.cohabitant:
        more |= {
            "cohabitant": "Sven", "cohabitant_sleeps": "same_bed", "cohabitant_consent": _consent_of(one, "cohabitant"),
            "devices": [{"id": f"cam{one.number}", "kind": "camera", "profile": {"expected_people": 2}}],
        }  # fmt: skip
    if one.ends_on is not None:
        more["decision"] = {"reference": f"B{one.number}", "starts_on": "2020-01-01", "ends_on": one.ends_on}
    if one.gone_on is not None:
        more[one.gone_how] = one.gone_on
    return town_file.home(one.number, device=f"cam{one.number}", times=one.times, **more)


def _consent_of(one: Lived, who: str) -> town_file.Table:
    given = {"given_on": one.given_on.get(who, date(2026, 1, 1)), "automatic": True}
    return (
        {"state": "revoked", "instead": one.instead, **given}
        if one.withdrawn_by == who
        else {"state": "given", **given}
    )


@pytest_asyncio.fixture
async def memory(database: Database) -> AsyncIterator[Memory]:
    opened = await Memory.open(database.worker, size=4)
    yield opened
    await opened.close()


@pytest.mark.parametrize("moved", [date(2026, 10, 24), date(2027, 3, 27)], ids=["autumn", "spring"])
async def test_no_night_is_bare_whatever_people_change(memory: Memory, moved: date) -> None:
    """*moved* is the night in which the clock is moved."""
    first = moved - timedelta(days=2)
    noon = datetime.combine(first, time(12), ZONE).astimezone(UTC)
    week = Week(memory, random.Random(moved.toordinal()))
    start = noon - timedelta(days=1)
    week.on_duty = {first + timedelta(days=ahead): CARERS[0] for ahead in range(-1, NIGHTS + 3)}
    async with memory.transaction() as tx:
        await tx.execute("select clock.freeze($1)", start)
        people = [Lived(n, UUID(int=0), cohabitant=n % 5 == 0) for n in range(1, RESIDENTS + 1)]
        file = {
            "organisation": town_file.organisation("storstad"),
            "areas": [{"code": "3"}],
            "carers": carers(),
            "shifts": week.shifts(),
            "residents": [home_of(one) for one in people],
        }
        await town_file.bring_in(tx, file, start)
        ids = {row["number"]: row["resident_id"] for row in await tx.fetch("select number, resident_id from residents")}
    for one in people:
        one.resident_id = ids[one.number]
    week.people = people
    at, end = noon, noon + timedelta(days=NIGHTS)
    await week.go_to(at)
    while at < end:
        at += timedelta(minutes=week.dice.randint(20, 150))
        await week.go_to(at)
        for one in week.dice.sample(people, RESIDENTS // 12):
            await week.change(one)
            await week.check_looks()
        if week.dice.random() < 0.3:
            await week.swap(at)
        await week.work()
        await week.check_duty(at)
        _note_own_no(week, at)
        await week.check_nights(first, night_of(at) - timedelta(days=1))
    await week.check_lines(noon)
    assert week.swaps > NIGHTS
    assert sum(len(one.done) for one in people) > 2 * RESIDENTS, "things were done"


def _note_own_no(week: Week, at: datetime) -> None:
    """Remember the nights in which somebody wanted nobody: the one that is, and the one that comes."""
    for one in week.people:
        if one.withdrawn_by and one.instead == "nothing":
            one.own_no_on |= {night_of(at), night_of(at) + timedelta(days=1)}
