"""The gate of a night: no papers leave somebody who has had supervision without a look, a visit, a pause or their own no."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Final

import pytest

from alarm_center.casework.editing import Editor
from alarm_center.preparation import pauses, planning, reconciliation
from alarm_center.store import discrepancies
from alarm_center.store.memory import Memory, now
from schemas.vocabulary import Instead
from tests.support import night_town, town_file
from tests.support.night_town import TWO, NightTown
from tests.support.postgres import Database
from tests.support.town import ATown, a_town, run, value
from tests.support.town import rows as rows_of

NOON: Final = datetime(2026, 11, 22, 11, 30, tzinfo=UTC)
_LATER: Final = timedelta(hours=24)

DECISIONS: Final = {
    "holds": "update decisions set ends_on = null",
    "ended": "update decisions set ends_on = '2026-11-21'",
    "missing": "delete from decisions",
    "coming": "update decisions set starts_on = '2026-12-24'",
    "on trial": "update decisions set trial_ends_on = '2026-12-24'",
    "trial ended": "update decisions set trial_ends_on = '2026-11-21'",
    "trial goes on": "update decisions set trial_ends_on = '2026-11-21', after_trial = 'goes_on'",
    "trial to visits": "update decisions set trial_ends_on = '2026-11-21', after_trial = 'visits'",
}
CONSENTS: Final = {
    "given": "update consents set capacity = 'able'",
    "missing": "delete from consents",
    "withdrawn, visit": "update consents set state = 'revoked', revoked_at = clock.now(), revoked_instead = 'visit'",
    "withdrawn, nothing": "update consents set state = 'revoked', revoked_at = clock.now(), revoked_instead = 'nothing'",
    "sensors alone": "update consents set state = 'limited', camera = false, shown_to_people = false",
    "in doubt": "update consents set capacity = 'in_doubt'",
    "in doubt, by the town's position": "update consents set capacity = 'in_doubt', legal_position = 'rs'",
}
COHABITANTS: Final = ("nobody", *CONSENTS)


def what_is_owed(decision: str, consent: str, cohabitant: str) -> set[str]:
    """Return what a night of those papers may hold, by the words of the law alone."""
    if decision == "coming":
        return set()
    if consent == "withdrawn, nothing":
        return {"cancelled nothing"}
    agrees = {"given", "in doubt, by the town's position"}
    if decision in ("holds", "on trial", "trial goes on") and consent in agrees and cohabitant in agrees | {"nobody"}:
        return {"planned"}
    return {"cancelled visit"}


@pytest.fixture
async def memory(database: Database) -> AsyncIterator[Memory]:
    opened = await Memory.open(database.worker)
    yield opened
    await opened.close()


async def _plan_again(memory: Memory, town: ATown) -> None:
    await run(memory, "delete from attempts")
    await run(memory, "delete from checks")
    await planning.plan_town(memory, town.org)


async def test_every_pair_of_papers_owes_what_it_says(memory: Memory) -> None:
    homes = [*product(DECISIONS, CONSENTS, ["nobody"]), *product(["holds"], CONSENTS, COHABITANTS[1:])]
    lives_with = {
        "cohabitant": "Berit",
        "cohabitant_sleeps": "elsewhere",
        "cohabitant_consent": {"state": "given", "given_on": town_file.LONG_AGO, "automatic": True},
    }
    change = {number: lives_with for number, home in enumerate(homes, 1) if home[2] != "nobody"}
    town = await a_town(memory, residents=len(homes), change=change, at=NOON, times=("02:00",))
    await run(memory, "delete from attempts")
    await run(memory, "delete from checks")
    await run(
        memory, "insert into legal_positions values ('vik', 'rs', 'Protokoll 7', 'Nämnden', '2026-01-01', '2027-01-01')"
    )
    for number, (decision, consent, cohabitant) in enumerate(homes, 1):
        resident_id = town.residents[number]
        await run(memory, f"{DECISIONS[decision]} where resident_id = $1", resident_id)
        await run(memory, f"{CONSENTS[consent]} where resident_id = $1 and who = 'resident'", resident_id)
        if cohabitant != "nobody":
            await run(memory, f"{CONSENTS[cohabitant]} where resident_id = $1 and who = 'cohabitant'", resident_id)
    await planning.plan_town(memory, town.org)
    found = await rows_of(
        memory,
        """
        select r.number, array_agg(distinct c.state || coalesce(' ' || c.instead, '')) as owed
        from checks c join residents r using (resident_id) group by r.number
        """,
    )
    owed = {row["number"]: set(row["owed"]) for row in found}
    wrong = {
        home: owed.get(number, set())
        for number, home in enumerate(homes, 1)
        if owed.get(number, set()) != what_is_owed(*home)
    }
    assert wrong == {}
    listed = await value(
        memory,
        """
        select count(*) from devices d, jsonb_array_elements(d.config -> 'attempts') a
        where not may_look(d.resident_id, d.kind, false)
        """,
    )
    assert listed == 0, "no look without consent"
    otherwise = await value(
        memory,
        """
        with everybody as (select array_agg(resident_id) as ids from residents),
            together as (
                select resident_id, night, owed, reason, agreed_by from everybody, gates(ids, '2026-11-20', '2026-11-24')),
            alone as (
                select r.resident_id, n.night::date, g.owed, g.reason, g.agreed_by
                from residents r cross join generate_series('2026-11-20'::date, '2026-11-24', '1 day') n (night)
                    cross join lateral gate(r.resident_id, n.night::date) g)
        select (select count(*) from (table together except table alone) t) + (select count(*) from (table alone except table together) a)
        """,
    )
    assert otherwise == 0, "a home's papers answer for that home alone, however many are asked about"


async def test_a_cohabitants_no_leaves_the_resident_a_visit(memory: Memory) -> None:
    change = {
        1: {
            "cohabitant": "Berit",
            "cohabitant_sleeps": "elsewhere",
            "cohabitant_consent": {"state": "given", "given_on": town_file.LONG_AGO, "automatic": True},
        }
    }
    town = await a_town(memory, residents=1, change=change, at=NOON)
    await pauses.revoke_consent(
        memory, town.residents[1], "cohabitant", instead=Instead.NOTHING, editor=Editor("petra")
    )
    assert await value(memory, "select array_agg(distinct state || ' ' || instead) from checks") == ["cancelled visit"]


@pytest.mark.parametrize(
    ("consents", "green_by"),
    [
        ("automatic = 'yes'", "detector"),
        ("automatic = 'carried_over'", "detector"),
        ("automatic = 'no'", "operator"),
        ("automatic = null", "operator"),
    ],
)
async def test_a_machine_alone_answers_by_consent(memory: Memory, consents: str, green_by: str) -> None:
    town = await a_town(memory, residents=1, at=NOON)
    await run(memory, f"update consents set {consents}")
    await _plan_again(memory, town)
    assert await value(memory, "select array_agg(distinct green_by) from checks") == [green_by]


async def test_a_new_no_to_the_machine_holds_for_tonight(memory: Memory) -> None:
    await a_town(memory, residents=1, at=NOON)
    async with memory.transaction() as tx:
        consent = {"state": "given", "given_on": town_file.LONG_AGO, "automatic": False}
        home = town_file.home(1, device="vik-cam1", times=("22:30", "02:00"), green_by="operator", consent=consent)
        await town_file.extend(tx, "vik", await now(tx), residents=[home])
    assert await value(memory, "select array_agg(distinct green_by || ' ' || show) from checks") == ["operator always"]


async def test_a_no_from_the_start_is_kept_and_visited(memory: Memory) -> None:
    no = {"state": "revoked", "given_on": "2026-11-20", "instead": "visit", "basis": "Vill inte ha kamera"}
    await a_town(memory, residents=1, change={1: {"consent": no}}, at=NOON)
    assert await value(memory, "select state || ' ' || revoked_instead || ' ' || basis from consents") == (
        "revoked visit Vill inte ha kamera"
    )
    assert await value(memory, "select array_agg(distinct state || ' ' || instead) from checks") == ["cancelled visit"]


async def test_another_end_of_the_trial_takes_the_word_away(memory: Memory) -> None:
    await a_town(memory, residents=1, at=NOON)
    await run(memory, "update decisions set trial_ends_on = '2026-11-21', after_trial = 'goes_on'")
    await run(memory, "update decisions set trial_ends_on = '2026-11-22'")
    assert await value(memory, "select after_trial from decisions") is None


# ---- in a running town ----


@pytest.fixture
async def storstad(database: Database) -> AsyncIterator[NightTown]:
    async with night_town.town(database, residents=2) as here:
        yield here


async def _tonight(storstad: NightTown, night: str) -> list[str]:
    found: list[str] = await storstad.value(
        """
        select array_agg(state || coalesce(' ' || instead, '') order by opens_at) from checks
        where resident_id = $1 and night = $2::text::date
        """,
        storstad.residents[1], night,
    )  # fmt: skip
    return found


@pytest.mark.parametrize("ended", ["ends_on = '2026-11-21'", "trial_ends_on = '2026-11-21'"])
async def test_a_decision_that_ends_on_a_saturday_is_visited(storstad: NightTown, ended: str) -> None:
    await storstad.execute(f"update decisions set {ended} where resident_id = $1", storstad.residents[1])
    await storstad.set_clock(TWO + timedelta(hours=13, minutes=5))  # 15:05 on Sunday
    await reconciliation.reconcile_town(storstad.memory, "storstad")
    assert await _tonight(storstad, "2026-11-21") == ["planned", "planned"], "the last night's looks stay"
    assert await _tonight(storstad, "2026-11-22") == ["cancelled visit"] * 3
    async with storstad.memory.transaction() as tx:
        found = {each.code: each.endangers for each in await discrepancies.open_ones(tx, "storstad")}
    assert found["trial_ended" if "trial" in ended else "decision_ended"] is True

    # The patrol is asked, as for every visit.
    shifts = [
        town_file.shift_between(name, TWO + timedelta(hours=19), TWO + timedelta(hours=30))
        for name in ("Patrull 1", "Patrull 2")
    ]
    await storstad.extend(shifts=shifts)
    await storstad.set_clock(TWO + timedelta(hours=21))
    await storstad.step()
    asked = await storstad.value(
        "select count(distinct a.alarm_id) from notices join alarms a using (alarm_id) where a.visit and a.resident_id = $1",
        storstad.residents[1],
    )
    assert asked >= 1

    # A person says what comes next, and the rest of the night is looks again.
    home = town_file.home(1, device="cam1", times=("23:00", "02:00", "05:00"))
    decision = {"reference": "next", "starts_on": date(2026, 11, 22)}
    await storstad.extend(residents=[home | {"decision": decision}])
    await planning.plan_all_towns(storstad.memory)
    assert (await _tonight(storstad, "2026-11-22"))[1:] == ["planned", "planned"]
    left = await storstad.value(
        "select count(*) from alarms where visit and state <> 'closed' and resident_id = $1 and arrive_by > $2",
        storstad.residents[1], TWO + _LATER - timedelta(minutes=30),
    )  # fmt: skip
    assert left == 0, "the visits that nobody has begun are called off"
