"""A town's people as a file, for its admins."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from alarm_center.core.roles import Right
from alarm_center.store.memberships import TownPerson
from alarm_center.web import csv_file
from alarm_center.web.admin.people import keeping_of, people_scope, person_row
from alarm_center.web.admin.person_form import TownAreas
from alarm_center.web.app_keys import MEMORY
from alarm_center.web.auth import require
from alarm_center.web.page import speech_of
from alarm_center.words import list_words
from alarm_center.words.catalogues import Speech
from alarm_center.words.code_words import ROLES

routes = web.RouteTableDef()


@routes.get("/people.csv")
@require(Right.USERS)
async def export_people(request: web.Request) -> web.StreamResponse:
    """Return the people of the admin's towns as a file."""
    speech = speech_of(request)
    async with request.app[MEMORY].transaction(people_scope(request)) as tx:
        keeping = await keeping_of(request, tx)
        lines = [
            _cells(at, person_row(person, at, keeping.now), speech)
            for org, at in keeping.towns.items()
            for person in await keeping.people(org)
        ]
    return csv_file.answer("personal", keeping.now.date(), [[speech(each) for each in list_words.PEOPLE], *lines])


def _cells(at: TownAreas, row: Mapping[str, Any], speech: Speech) -> list[str]:
    person: TownPerson = row["person"]
    return [
        at.town.name, person.name, person.login, ", ".join(speech(ROLES[role]) for role in person.assignment.roles),
        ", ".join(row["areas"] or ()), ", ".join(row["performers"] or ()), str(row["until"] or ""), speech(row["state_words"]),
    ]  # fmt: skip
