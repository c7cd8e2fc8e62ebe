"""Papers, withdrawals, pauses and town stops in any order, at any instant, both clock-change nights included: each coming night holds what it owes."""

import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from alarm_center.casework.editing import Editor
from alarm_center.preparation import pauses, planning, town_stops
from alarm_center.store.memory import Memory
from alarm_center.store.plans import Pause
from schemas.vocabulary import CancelReason, Instead
from tests.support import town_file
from tests.support.postgres import Database
from tests.support.town import ATown, a_town, freeze, rows, run

pytestmark = pytest.mark.long

STOCKHOLM: Final = ZoneInfo("Europe/Stockholm")
TIMES: Final = (time(23), time(2, 30), time(5))
PEOPLE: Final = 40
ROUNDS: Final = 10
BEGINNINGS: Final = (
    datetime(2026, 11, 22, 11, 30, 17, tzinfo=UTC),
    datetime(2026, 10, 23, 8, 0, 17, tzinfo=UTC),
    datetime(2027, 3, 26, 20, 0, 17, tzinfo=UTC),
    datetime(2026, 12, 30, 22, 10, 17, tzinfo=UTC),
    datetime(2027, 6, 20, 1, 40, 17, tzinfo=UTC),
)
_PAUSES: Final = (CancelReason.PAUSE_AWAY, CancelReason.PAUSE_HOSPITAL, CancelReason.PAUSE_GUESTS)


@dataclass
class PlayedResident:
    """A resident's papers, as the test has made them."""

    resident_id: UUID
    has_cohabitant: bool
    ends: date | None = None
    trial: date | None = None
    goes_on: bool = False
    no: Instead | None = None
    """The resident's own no, and what they want instead."""
    cohabitants_no: bool = False
    pauses: list[tuple[datetime, datetime, Instead, CancelReason]] = field(default_factory=list)
    mate: "PlayedResident | None" = field(default=None, repr=False)
    """The one who shares the bed, and with it one camera."""

    def owes(self, night: date, opens_at: datetime, stopped_until: datetime | None) -> str:
        """Return what a time of the night is to be."""
        for from_at, to_at, instead, _ in sorted(self.pauses):
            if from_at <= opens_at < to_at:
                return f"cancelled {instead}"
        if self.no is Instead.NOTHING:
            return "cancelled nothing"
        decided = self.ends is None or night <= self.ends
        tried = self.trial is None or night <= self.trial or self.goes_on
        agreed = self.no is None and not self.cohabitants_no
        stopped = stopped_until is not None and opens_at < stopped_until
        dark = self.mate is not None and self.mate.darkens(opens_at)
        return "planned" if decided and tried and agreed and not stopped and not dark else "cancelled visit"

    def darkens(self, opens_at: datetime) -> bool:
        """Return whether this one's no, or guests, keep the camera from looking at either of the two."""
        guests = any(
            from_at <= opens_at < to_at and reason is CancelReason.PAUSE_GUESTS
            for from_at, to_at, _, reason in self.pauses
        )
        return self.no is not None or guests


def _openings(at: datetime) -> dict[datetime, date]:
    """Return the instants of the next 36 hours at which a look is owed, each with its night; by the clock on the wall alone."""
    found = {}
    first = at.astimezone(STOCKHOLM).date() - timedelta(days=1)
    for night in (first + timedelta(days=n) for n in range(4)):
        for clock in TIMES:
            day = night if clock >= time(12) else night + timedelta(days=1)
            wall = datetime.combine(day, clock, STOCKHOLM)
            instant = wall.astimezone(UTC)
            if instant.astimezone(STOCKHOLM).time() != clock:
                instant = datetime.combine(day, time(3), STOCKHOLM).astimezone(UTC)  # an hour that is not there
            if at < instant < at + timedelta(hours=35):
                found[instant] = night
    return found


@pytest.fixture
async def memory(database: Database) -> AsyncIterator[Memory]:
    opened = await Memory.open(database.worker)
    yield opened
    await opened.close()


async def _people(memory: Memory, at: datetime) -> tuple[ATown, list[PlayedResident]]:
    lives_with = {
        "cohabitant": "Berit",
        "cohabitant_sleeps": "elsewhere",
        "cohabitant_consent": {"state": "given", "given_on": town_file.LONG_AGO, "automatic": True},
    }
    change: dict[int, town_file.Table] = {number: lives_with for number in range(1, PEOPLE + 1, 2)}
    beds = {number: number - 2 for number in range(4, PEOPLE + 1, 8)}
    change |= {
        number: {"shares_bed_with": owner, "devices": [], "consent": town_file.CONSENT}
        for number, owner in beds.items()
    }
    town = await a_town(memory, residents=PEOPLE, change=change, at=at, times=tuple(f"{each:%H:%M}" for each in TIMES))
    people = {number: PlayedResident(resident_id, number % 2 == 1) for number, resident_id in town.residents.items()}
    for number, owner in beds.items():
        people[number].mate, people[owner].mate = people[owner], people[number]
    return town, list(people.values())


async def _give_again(memory: Memory, person: PlayedResident, who: str) -> None:
    await run(
        memory,
        """
        insert into consents (org, resident_id, who, state, given_at, recorded_by)
        select 'vik', $1, $2, 'given', clock.now(), 'p' where not exists (
            select from consents where resident_id = $1 and who = $2 and revoked_at is null)
        """,
        person.resident_id, who,
    )  # fmt: skip


async def _change_something(
    memory: Memory, person: PlayedResident, chance: random.Random, at: datetime, night: date
) -> None:
    """Let somebody change one thing about the resident now."""
    editor = Editor("petra")
    day = night + timedelta(days=chance.randint(-2, 3))
    match chance.choice(["ends", "renewed", "trial", "word", "no", "other's no", "yes", "pause", "pause", "home"]):
        case "ends":
            person.ends = day
            await run(memory, "update decisions set ends_on = $2 where resident_id = $1", person.resident_id, day)
        case "renewed":
            person.ends = None
            await run(memory, "update decisions set ends_on = null where resident_id = $1", person.resident_id)
        case "trial":
            person.goes_on = person.goes_on and day == person.trial
            person.trial = day
            await run(memory, "update decisions set trial_ends_on = $2 where resident_id = $1", person.resident_id, day)
        case "word":
            person.goes_on = chance.random() < 0.7
            word = "goes_on" if person.goes_on else "visits"
            await run(memory, "update decisions set after_trial = $2 where resident_id = $1", person.resident_id, word)
        case "no":
            instead = chance.choice(list(Instead))
            withdrawn = person.no is None
            await pauses.revoke_consent(memory, person.resident_id, "resident", instead=instead, editor=editor)
            person.no = instead if withdrawn else person.no
        case "other's no" if person.has_cohabitant:
            person.cohabitants_no = True
            await pauses.revoke_consent(
                memory, person.resident_id, "cohabitant", instead=chance.choice(list(Instead)), editor=editor
            )
        case "yes":
            person.no, person.cohabitants_no = None, False
            await _give_again(memory, person, "resident")
            if person.has_cohabitant:
                await _give_again(memory, person, "cohabitant")
        case "pause":
            to_at, instead = at + timedelta(hours=chance.randint(2, 40)), chance.choice(list(Instead))
            reason = chance.choice(_PAUSES)
            person.pauses.append((at, to_at, instead, reason))
            pause = Pause(reason, at, to_at, "staff", instead)
            await pauses.pause_checks(memory, person.resident_id, pause, editor=editor)
        case "home":
            person.pauses = [
                (from_at, min(to_at, at) if from_at <= at < to_at else to_at, instead, reason)
                for from_at, to_at, instead, reason in person.pauses
            ]
            await pauses.end_pause(memory, person.resident_id, at, editor=editor)


async def _stop_or_go_back(
    memory: Memory, org: str, chance: random.Random, at: datetime, until: datetime | None
) -> datetime | None:
    """Let two people stop the town, or end its stop, or its last hour be past; return until when it is stopped now."""
    olle, siv = Editor("olle"), Editor("siv")
    if until is not None and until <= at:
        until = None
    elif until is None and chance.random() < 0.3:
        await town_stops.propose_stop(memory, org, "x", editor=olle)
        await town_stops.confirm_stop(memory, org, editor=siv)
        local = at.astimezone(STOCKHOLM)
        day = local.date() + timedelta(days=1 if local.hour >= 7 else 0)
        until = datetime.combine(day, time(16), STOCKHOLM)
    elif until is not None and chance.random() < 0.3:
        await town_stops.propose_return(memory, org, editor=siv)
        await town_stops.confirm_return(memory, org, editor=olle)
        until = None
    for _ in range(2):
        await town_stops.carry_out_stops(memory)
    async with memory.transaction() as tx:
        looking = await tx.fetchval("select count(*) from devices d where may_look(d.resident_id, d.kind, false)")
        listed = await tx.fetchval("select count(*) from devices d where not (config -> 'withdrawn')::bool")
    if until is not None:
        assert (looking, listed) == (0, 0)
    return until


@pytest.mark.parametrize("begins", BEGINNINGS, ids=str)
async def test_each_coming_night_holds_what_its_papers_owe(memory: Memory, begins: datetime) -> None:
    chance = random.Random(int(begins.timestamp()))
    at = begins
    town, people = await _people(memory, at)
    kinds: set[str] = set()
    stops, stopped_until = 0, None
    for round_ in range(ROUNDS):
        at += timedelta(minutes=chance.randint(3, 14 * 60))
        await freeze(memory, at)
        night = (at.astimezone(STOCKHOLM) - timedelta(hours=12)).date()
        for person in people:
            if chance.random() < 0.7:
                await _change_something(memory, person, chance, at, night)
        before, stopped_until = stopped_until, await _stop_or_go_back(memory, town.org, chance, at, stopped_until)
        stops += stopped_until not in (None, before)
        await planning.plan_town(memory, town.org)
        found = {
            (row["resident_id"], row["opens_at"]): row["state"] + (f" {row['instead']}" if row["instead"] else "")
            for row in await rows(
                memory, "select resident_id, opens_at, state, instead from checks where opens_at > $1", at
            )
        }
        wrong = {
            (round_, str(person), str(opens_at)): found.get((person.resident_id, opens_at))
            for person in people
            for opens_at, of_night in _openings(at).items()
            if found.get((person.resident_id, opens_at)) != person.owes(of_night, opens_at, stopped_until)
        }
        assert wrong == {}
        kinds |= set(found.values())
    assert stops > 0
    assert kinds == {"planned", "cancelled visit", "cancelled nothing"}
