"""Every route × method × role × own or other town × own or other area answers as docs/roles.md says, and none with 500.

The rows come from the routes themselves and the table in core/roles.py: a route whose path names something that has no
example here fails, as does an answer that its cell does not allow.
"""

import itertools
import re
import zlib
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID, uuid4

import aiohttp
import asyncpg
import pytest
import pytest_asyncio
from aiohttp import web

from alarm_center.casework import cases
from alarm_center.core.alarm import alarm_events
from alarm_center.core.calendar import night_of
from alarm_center.core.people import Assignment
from alarm_center.core.roles import Right, rights_of
from alarm_center.preparation import reserve_lists
from alarm_center.store import invitations
from alarm_center.store.invitations import NewInvitation
from alarm_center.store.memberships import people_of
from alarm_center.web.app import ROUTES
from alarm_center.web.auth import COOKIE
from alarm_center.web.route_access import Access, Opening, access_of
from alarm_center.words.code_words import TAKE_OVER
from schemas.vocabulary import Answer, HandledBy, Reason, Role
from tests.support.night_town import TWO, NightTown, drawn, town
from tests.support.postgres import Database
from tests.support.site import Site, site
from tests.support.town_file import STOCKHOLM
from tests.support.viewers import one_more_session, viewer_in

METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
FORM: Final = {
    "outcome": "false_alarm", "answer": "cannot_tell", "priority": "2", "note": "", "minutes": "10", "word": "arrived", "kind": "help",
    "notice": "6c1f8f5e-6a3c-4f0e-9f0a-3d5a3f1c2b4d",
    "once": "5b0f8f5e-6a3c-4f0e-9f0a-3d5a3f1c2b4d",
}  # fmt: skip
"""Fields that forms bring, so that a refusal is about who asks and what for, not about a field that is missing."""
REASONS: Final = {
    "/alarm/{alarm}/live": "worried",
    "/alarm/{alarm}/take-over": next(iter(TAKE_OVER)),
    "/picture/{session}/clear": "worried",
}
QUERIES: Final = {"/figures.csv": "?figure=answered", "/alike": "?town=storstad&kind=technical"}
"""Queries of the links to pages that show nothing without one."""


class Place(StrEnum):
    """A place that the path names, as seen by somebody with area 3 of Storstad."""

    OWN = "own area"
    AREA = "another area of the town"
    TOWN = "another town"


Ids = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Matrix:
    """A running service with a case of every kind in each place."""

    here: NightTown
    site: Site
    ids: Mapping[Place, Ids]


async def _cases(here: NightTown, alarm: int, look: int, wait: int, frames: tuple[bytes, ...]) -> dict[str, str]:
    """Let the residents with these numbers have an alarm, a session to look at, and a silent check; return what paths name."""
    await here.finding(alarm, Answer.SOMETHING_WRONG, Reason.ON_FLOOR, frames=frames)
    session = await here.finding(look, Answer.IN_BED, frames=frames)
    alarm_id: UUID = await here.value("select alarm_id from alarms where resident_id = $1", here.residents[alarm])
    area: UUID = await here.value("select area_id from alarms where alarm_id = $1", alarm_id)
    await cases.apply_to_alarm(here.memory, alarm_id, alarm_events.SendPatrol(uuid4()), actor="test")
    await reserve_lists.make_reserve_list(here.memory, area, night_of(TWO, STOCKHOLM), actor="test")
    command = await here.value(
        """
        insert into commands (command_id, org, device_id, kind, case_id, alarm_id, seconds, show, asked_by, created_at, opens_at, expires_at)
        values (gen_random_uuid(), $1, $2, 'live', $3, $3, 10, 'always', 'u', clock.now(), clock.now(), clock.now() + interval '1 min')
        returning command_id
        """,
        here.org, f"cam{alarm}", alarm_id,
    )  # fmt: skip
    people = await here.value(
        """
        with one as (insert into users (login, name, password_hash) values ('person of ' || $2, 'P', '!') returning user_id)
        insert into memberships (user_id, org, roles, areas) select user_id, $1, '{carer}', array[$2::uuid] from one
        returning membership_id
        """,
        here.org, str(area),
    )  # fmt: skip
    incident = await here.value(
        "insert into incidents (org, area_id, number, kind, opened_at) values ($1, $2, $3, 'technical', clock.now()) returning link || ' ' || incident_id",
        here.org, area, wait,
    )  # fmt: skip
    seen = await here.value(
        """
        insert into looks (org, resident_id, alarm_id, user_id, kind, began_at)
        select org, resident_id, alarm_id, gen_random_uuid(), 'session', clock.now() from alarms where alarm_id = $1
        returning look_id || ' ' || user_id
        """,
        alarm_id,
    )  # fmt: skip
    sample = await here.value(
        """
        with made as (
            insert into look_samples (org, month, seed, looks, drawn_at) values ($1, '2026-10-01', 'seed', 0, clock.now())
            on conflict (org, month) do nothing returning sample_id
        )
        select sample_id from made union all select sample_id from look_samples where org = $1 limit 1
        """,
        here.org,
    )  # fmt: skip
    death = await here.value(
        """
        insert into deaths (org, area_id, resident_id, alarm_id, registered_by, registered_at)
        select org, area_id, resident_id, alarm_id, 'patrol', clock.now() from alarms where alarm_id = $1 returning death_id
        """,
        alarm_id,
    )  # fmt: skip
    held = await here.value(
        """
        insert into night_holds (org, resident_id, first_night, last_night, from_at, to_at, reason, held_by, held_at, until_on)
        values ($1, $2, '2026-11-21', '2026-11-21', clock.now(), clock.now() + interval '1 day', 'IVO', 'p', clock.now(), '2030-01-01')
        returning hold_id
        """,
        here.org, here.residents[wait],
    )  # fmt: skip
    await here.execute("update residents set run_in_from = '2026-11-21', run_in_nights = 3")
    mounting = await here.value(
        """
        insert into mountings (org, area_id, resident_id, due_on, given_by, given_at)
        select org, area_id, resident_id, (clock.now() at time zone 'Europe/Stockholm')::date, 'p', clock.now() from residents where resident_id = $1
        returning mounting_id
        """,
        here.residents[wait],
    )
    draft = await here.value(
        """
        insert into resident_drafts (org, area_id, begun_by, begun_at, changed_at) values ($1, $2, 'u', clock.now(), clock.now())
        returning draft_id
        """,
        here.org, area,
    )  # fmt: skip
    # Each area's is on duty nowhere else: whoever sees another area does not keep this phone.
    carer = await here.value(
        "insert into carers (org, name, phone) values ($1, 'P ' || $2::uuid, '+4670' || lpad((hashtext($2::text) & 8388607)::text, 7, '0')) returning carer_id",
        here.org, area,
    )  # fmt: skip
    shift = await here.value(
        """
        insert into shifts (org, area_id, carer_id, patrol, role, starts_at, ends_at)
        values ($1, $2, $3, 'P', 'patrol', clock.now(), clock.now() + interval '1 h') returning shift_id
        """,
        here.org, area, carer,
    )  # fmt: skip
    pattern = await here.value(
        """
        insert into shift_patterns (org, line_id, area_id, carer_id, patrol, role, starts, ends, weekdays, from_night)
        select org, gen_random_uuid(), area_id, carer_id, 'P', 'patrol', '21:30', '07:00', '{0}', '2027-01-01' from shifts where shift_id = $1
        returning pattern_id
        """,
        shift,
    )  # fmt: skip
    ombudsman = await here.value(
        "insert into ombudsmen (org, area_id, carer_id, from_day) values ($1, $2, $3, '2026-01-01') returning ombudsman_id",
        here.org, area, carer,
    )  # fmt: skip
    report = await here.value(
        """
        insert into carer_reports (org, alarm_id, notice_id, resident_id, mismatch, said_at)
        select n.org, n.alarm_id, n.notice_id, a.resident_id, 'key', clock.now() from notices n join alarms a using (alarm_id)
        where n.alarm_id = $1 limit 1 returning report_id
        """,
        alarm_id,
    )  # fmt: skip
    return {
        "report": str(report),
        "ombudsman": str(ombudsman),
        "carer": str(carer),
        "pattern": str(pattern),
        "piece": str(await here.value("select equipment_id from equipment where (org, device_id) = ($1, $2)", here.org, f"cam{wait}")),
        "shift": str(shift),
        "mounting": str(mounting), "take": "lamp", "draft": str(draft), "step": "door", "arranged": "door", "decided": "consent",
        "death": str(death), "hold": str(held),
        "look": seen.split()[0], "user": seen.split()[1], "sample": str(sample), "place": "1",
        "alarm": str(alarm_id), "case": str(alarm_id), "check": str(await here.check_of(look)), "session": session,
        "resident": str(here.residents[wait]), "area": str(area), "command": str(command), "link": incident.split()[0], "incident": incident.split()[1],
        "membership": str(people), "invitation": await _invitation(here, area), "invite": "x" * 43,
        "agreement": str(uuid4()), "file_import": str(uuid4()),
        "number": str(wait), "token": str(await here.value("select token from notices where alarm_id = $1 limit 1", alarm_id)),
    }  # fmt: skip


async def _deputy(database: Database, here: NightTown, ids: Mapping[str, str]) -> dict[str, str]:
    """Let the person of *ids* stand in for somebody in their area; return *ids* with the deputy's."""
    owner = await asyncpg.connect(database.owner)  # no part of the service writes such a row for another
    try:
        made = await owner.fetchval(
            """
            insert into fjt.deputies (org, user_id, stands_in_for, roles, areas, from_at, until_at, made_at)
            select $1, m.user_id, o.user_id, '{carer}', array[$2::uuid], clock.now(), clock.now() + interval '1 day', clock.now()
            from fjt.memberships m join fjt.memberships o on o.org = m.org and o.user_id <> m.user_id
            where m.membership_id = $3 limit 1 returning deputy_id
            """,
            here.org, ids["area"], ids["membership"],
        )  # fmt: skip
    finally:
        await owner.close()
    return {**ids, "deputy": str(made)}


async def _invitation(here: NightTown, area: UUID) -> str:
    """Ask somebody for a membership of one area; return the invitation's id."""
    asked = NewInvitation(here.org, f"asked.{area}", "A", Assignment.of([Role.CARER], [area]))
    async with here.memory.transaction() as tx:
        await invitations.invite(tx, asked, area.bytes, actor="test")
        found = next(one for one in await people_of(tx, here.org) if one.login == asked.login)
        return str(found.invitation_id)


@pytest_asyncio.fixture
async def matrix(database: Database) -> AsyncIterator[Matrix]:
    """Storstad with areas 3 and 9, and Granby, each with a case of every kind, at two in the night."""
    frames = drawn("fallen", 2)
    async with (
        town(database, residents=8, operator_sees=(3, 6)) as here,
        town(database, org="granby", residents=12, operator_sees=(10,)) as granby,
    ):
        await here.extend(areas=[{"code": "9"}])
        await here.execute(
            "update residents set area_id = (select area_id from areas where (org, code) = ('storstad', '9')) where resident_id = any ($1)",
            [here.residents[number] for number in (5, 6, 7)],
        )
        await here.set_clock(TWO + timedelta(seconds=40))
        await here.step()
        ids = {
            Place.OWN: await _deputy(database, here, await _cases(here, 2, 3, 4, frames)),
            Place.AREA: await _deputy(database, here, await _cases(here, 5, 6, 7, frames)),
            Place.TOWN: await _deputy(database, granby, await _cases(granby, 9, 10, 11, frames)),
        }
        async with site(here) as running:
            yield Matrix(here, running, ids)


def _path(route: web.RouteDef, ids: Ids) -> str:
    """Return the route's path with an example of each part, from *ids* where it is somebody's, and with its query."""
    own: dict[str, str] = {
        "n": "0",
        "part": "case",
        "outcome": "moved_to_hospital",
        "kind": "alarm",
        "provider": "idp",
        "night": str(night_of(TWO, STOCKHOLM)),
        **ids,
    }

    def example(part: re.Match[str]) -> str:
        assert part[1] in own, f"{route.path}: {{{part[1]}}} has no example in this test"
        return own[part[1]]

    return re.sub(r"\{(\w+)(?::(?:[^{}]|\{[^{}]*\})*)?\}", example, route.path) + QUERIES.get(route.path, "")


def _names_somebody(route: web.RouteDef) -> bool:
    return bool(re.search(r"\{(?!n\b|part\b|kind\b|provider\b)", route.path))


ANSWERED: Final = frozenset({200, 204, 303, 400, 409, 410, 422})
"""A page, or words that say what is wrong with the form: the person may be here."""
NOT_YET: Final = {
    "/picture/{session}/{n:\\d{1,4}}": {403},
    "/picture/{session}/clear/{n:\\d{1,4}}": {403, 404},
    "/picture/{session}/clear": {403},
    "/picture/{session}/end": {404},
    "/picture/{session}/clear/end": {404},
    "/live/{command}": {403, 404},
    "/reply/read": {404},
    "/drafts/{draft}/discard": {404},
    **{f"/account/{page}/{part}": {404} for page in ("confirm", "factors") for part in ("options", "passkey")},
    "/mountings/{mounting}/picture/{command}": {404},
    "/mountings/{mounting}/answer/{step}": {404},
    "/looks/readings": {403},
    "/files/{file_import}": {404},
    "/staff/carers/{carer}": {404},
    "/staff/carers/{carer}/edit": {404},
    "/staff/new-carer": {404},
    "/staff/new-area": {404},
    "/staff/areas/{area}/edit": {404},
    "/staff/areas/{area}/close": {404},
    "/fragments/files/{file_import}": {404},
    "/files/{file_import}/bring-in": {404},
    "/files/{file_import}/withdraw": {404},
    "/looks/samples/{sample}": {404},
    "/looks/samples/{sample}/{place:\\d{1,4}}": {404},
    "/looks/samples/{sample}/sign": {404},
}
"""Routes that ask for more than a right: the case in one's own hands (docs/pictures.md#who-sees-one), a look, a reply; an address
of the service that can have passkeys; every area of the town; one's own file; a draft that nobody has thrown away before."""


def _allowed(route: web.RouteDef, access: Access, rights: frozenset[Right] | None, place: Place) -> frozenset[int]:
    """Return the statuses that a cell allows; *rights* is ``None`` for somebody who is not signed in."""
    if access in (Opening.EVERYBODY, Opening.LINK, Opening.DEVICE):
        return ANSWERED | {403, 404}
    if access is Opening.PENDING:
        return frozenset({303} if route.method == "GET" else {403})  # no password was right here, whoever is signed in
    if rights is None:
        return frozenset({303} if route.method == "GET" else {401})
    if access is Opening.SIGNED_IN:
        return ANSWERED | {403} | NOT_YET.get(route.path, frozenset())
    if access not in rights:
        return frozenset({303, 403} if route.path == "/" else {403})
    if _names_somebody(route) and place is not Place.OWN:
        return frozenset({404})
    return ANSWERED | NOT_YET.get(route.path, frozenset())


async def _status(
    matrix: Matrix, client: aiohttp.ClientSession, method: str, path: str, cookie: str | None, reason: str = "relative"
) -> int:
    headers = {"X-Csrf": "csrf", **({"Cookie": f"{COOKIE}={cookie}"} if cookie else {})}
    url = matrix.site.server.make_url(path)
    data = {**FORM, "reason": reason} if method == "POST" else None
    async with client.request(method, url, headers=headers, data=data, allow_redirects=False) as answer:
        return answer.status


def _is_drawn(cell: str, one_in: int) -> bool:
    """Tell whether a cell is in a sample that is the same each time."""
    return zlib.crc32(cell.encode()) % one_in == 0


def _drawn_place(cell: str, places: Sequence[Place]) -> Place:
    """Return the one of *places* that a cell is tried in, the same each time."""
    return places[zlib.crc32(cell.encode()) % len(places)]


@pytest.mark.parametrize(
    ("handled_by", "one_in", "one_place"),
    [
        (HandledBy.ALARM_CENTRE, 1, True),
        (HandledBy.HOME_CARE, 4, True),
        pytest.param(HandledBy.ALARM_CENTRE, 1, False, marks=pytest.mark.long),
        pytest.param(HandledBy.HOME_CARE, 1, False, marks=pytest.mark.long),
    ],
)
async def test_each_cell_of_the_table_answers_as_it_says(
    matrix: Matrix, handled_by: HandledBy, one_in: int, one_place: bool
) -> None:
    """In a town whose home care itself watches: each role whose rights then differ, and one cell in four of the others.

    Whoever lacks the right is refused before the path's place is read: with *one_place* they ask for one of the three, drawn by
    route and role, so that each place is asked for of many routes.
    """
    await matrix.here.execute("update organisations set handled_by = $1", handled_by.value)
    area = (matrix.here.area,)
    # One person for each role where a path names somebody else: a town with a thousand members makes their pages slow.
    people = {role: uuid4() for role in Role}
    for role, user in people.items():
        await viewer_in(matrix.here.memory, "storstad", areas=area, role=role, user=user)
    who: dict[Role | None, str | None] = {None: None}
    reads = {role: await one_more_session(matrix.here.memory, people[role]) for role in Role}
    wrong, counted = [], Counter[str]()
    async with aiohttp.ClientSession() as client:
        for route in (each for table in ROUTES for each in table):
            assert isinstance(route, web.RouteDef)
            access = access_of(route.handler)
            assert access is not None, f"{route.method} {route.path} is not listed"
            places = tuple(Place) if _names_somebody(route) else (Place.OWN,)
            for role, place in itertools.product((None, *Role), places):
                rights = None if role is None else rights_of({role}, handled_by)
                differs = role is not None and rights != rights_of({role}, HandledBy.ALARM_CENTRE)
                if not differs and not _is_drawn(f"{route.method} {route.path} {role} {place}", one_in):
                    continue
                lacks = isinstance(access, Right) and (rights is None or access not in rights)
                if lacks and one_place and place is not _drawn_place(f"{route.method} {route.path} {role}", places):
                    continue
                # A session of its own for each cell that writes: signing out, or a new password, ends it.
                if role is not None and (lacks or route.method == "GET"):
                    who[role] = reads[role]
                elif role is not None and _names_somebody(route):
                    who[role] = await one_more_session(matrix.here.memory, people[role])
                elif role is not None:
                    who[role] = (await viewer_in(matrix.here.memory, "storstad", areas=area, role=role)).token
                path = _path(route, matrix.ids[place])
                status = await _status(
                    matrix, client, route.method, path, who[role], REASONS.get(route.path, "relative")
                )
                counted[route.method] += 1
                if status not in _allowed(route, access, rights, place):
                    wrong.append(f"{route.method} {path}, {role or 'nobody'}, {place}: {status}")
    assert not wrong, "\n".join(wrong)
    assert counted.total() > 1000, counted


async def test_what_is_another_performers_is_not_there(matrix: Matrix) -> None:
    """Area 9 is a performer's. Somebody with all of the town's own care, in each role that the route is for, asks for both."""
    here = matrix.here
    await here.extend(performers=[{"code": "alfa", "name": "Alfa Omsorg"}])
    await here.execute(
        "update residents set performer = 'alfa' where area_id = (select area_id from areas where (org, code) = ('storstad', '9'))"
    )
    await here.execute(
        "update resident_drafts set performer = 'alfa' where area_id = (select area_id from areas where (org, code) = ('storstad', '9'))"
    )
    place_of_incident = "update alarms a set incident_id = i.incident_id from incidents i where i.area_id = a.area_id"
    begins_again = "update mountings set installer = null, step = 'given', stopped_for = null, ended_at = null"
    wrong, counted = [], 0
    async with aiohttp.ClientSession() as client:
        for route in (each for table in ROUTES for each in table):
            assert isinstance(route, web.RouteDef)
            access = access_of(route.handler)
            # An area's reserve list is there for all of its performers, each with its own residents (test_performers.py). Its shifts
            # are nobody's in particular.
            of_area = route.path.startswith(("/reserve/", "/staff/"))
            if not isinstance(access, Right) or not _names_somebody(route) or of_area:
                continue
            await here.execute(place_of_incident)  # anew, since an alarm that is acted on is saved without
            for role in (each for each in Role if access in rights_of({each}, HandledBy.ALARM_CENTRE)):
                rights = rights_of({role}, HandledBy.ALARM_CENTRE)
                for place in (Place.AREA, Place.OWN):
                    if access is Right.USERS and place is Place.OWN:
                        continue  # the people there are for every performer, and so not this admin's
                    await here.execute(begins_again)  # one that somebody has begun is theirs
                    viewer = await viewer_in(here.memory, "storstad", performers=("town",), role=role)
                    path = _path(route, matrix.ids[place])
                    reason = REASONS.get(route.path, "relative")
                    status = await _status(matrix, client, route.method, path, viewer.token, reason)
                    counted += 1
                    if status not in _allowed(route, access, rights, place):
                        wrong.append(f"{route.method} {path}, {role}, {place}: {status}")
    assert not wrong, "\n".join(wrong)
    assert counted > 100, counted


async def test_other_methods_are_refused_everywhere(matrix: Matrix) -> None:
    token = (await viewer_in(matrix.here.memory, "storstad", role=Role.SUPERVISOR)).token
    known: dict[str, set[str]] = {}
    for route in (each for table in ROUTES for each in table):
        assert isinstance(route, web.RouteDef)
        known.setdefault(_path(route, matrix.ids[Place.OWN]), set()).add(route.method)
    wrong = []
    async with aiohttp.ClientSession() as client:
        for path, methods in known.items():
            for method in METHODS:
                if method in methods or (method == "HEAD" and "GET" in methods):
                    continue
                status = await _status(matrix, client, method, path, token)
                if status not in (404, 405):
                    wrong.append(f"{method} {path}: {status}")
    assert wrong == []


WRITES: Final = {
    "/account/factors/app": "a new secret is kept until its first code",
    "/looks": "reading the log is a line of its own",
    "/looks.csv": "reading the log is a line of its own",
    "/looks/log": "reading the log is a line of its own",
    "/looks/person/{user}": "reading the log is a line of its own",
    "/looks/resident/{resident}": "reading the log is a line of its own",
    "/looks/resident/{resident}/letter": "reading the log is a line of its own",
    "/residents/{resident}/nights": "that the nights were shown is a line of its own",
    "/picture/{session}/{n:\\d{1,4}}": "a look is written before its first byte",
    "/picture/{session}/clear/{n:\\d{1,4}}": "the check is locked, so that nobody else begins to look",
    "/reserve/{area}/{night:\\d{4}-\\d\\d-\\d\\d}.csv": "who has fetched the list is written",
    "/reserve/{area}/{night:\\d{4}-\\d\\d-\\d\\d}": "who has fetched the list is written",
}
"""Pages that write when they are read, and why. None of them is asked for by itself, again and again, as a board is."""


async def test_a_page_that_is_read_has_no_transaction_id(matrix: Matrix) -> None:
    """One that had would hold every board, the sealer and the pictures back (docs/database.md#lines-in-order)."""
    next_id = "select pg_snapshot_xmax(pg_current_snapshot())::text"
    writing = set()
    async with aiohttp.ClientSession() as client:
        for route in (each for table in ROUTES for each in table):
            assert isinstance(route, web.RouteDef)
            if route.method != "GET":
                continue
            access = access_of(route.handler)
            able = [role for role in Role if access in rights_of({role}, HandledBy.ALARM_CENTRE)]
            role = able[0] if able else Role.OPERATOR
            token = (await viewer_in(matrix.here.memory, "storstad", areas=(matrix.here.area,), role=role)).token
            # That a session is in use is written once a minute, by whatever page.
            await matrix.here.execute("update web_sessions set seen_at = clock.now()")
            before = await matrix.here.value(next_id)
            await _status(matrix, client, "GET", _path(route, matrix.ids[Place.OWN]), token)
            if await matrix.here.value(next_id) != before:
                writing.add(route.path)
    assert writing == WRITES.keys(), sorted(writing ^ WRITES.keys())
