"""Assembly of the web application: `build_web` gives it its parts under typed keys, and each page's routes.

The middlewares that it uses stand in `middlewares.py`, the webhooks' routes in `hooks/`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aiohttp import web

from alarm_center.core import phone_numbers
from alarm_center.identity.passwords import PasswordCheck
from alarm_center.pictures import Pictures
from alarm_center.store.memory import Memory
from alarm_center.web import asked_sessions, auth, middlewares, page, shared_reads, stream
from alarm_center.web.admin import agreements, deputies, people, people_file
from alarm_center.web.app_keys import (
    MEMORY,
    PASSWORDS,
    PHONES,
    PICTURES,
    PLANNER_MEMORY,
    SETTINGS,
    SIGN_IN_MEMORY,
    Phones,
)
from alarm_center.web.carer import link, opened_link
from alarm_center.web.demo import loopback, simulated_phones
from alarm_center.web.failed_tries import FailedTries
from alarm_center.web.installer import claims, mounting
from alarm_center.web.operator import (
    board,
    case_actions,
    case_page,
    connect_page,
    dispatch_forms,
    drawn_part,
    incident_band,
    look_now,
    manual_alarm,
    night_page,
    picture,
    signed_in,
    since_sign_in,
)
from alarm_center.web.planner import (
    automatic,
    deaths,
    endings,
    equipment,
    equipment_table,
    files,
    held_nights,
    letter,
    mounting_job,
    new_resident,
    outcome,
    papers,
    past_nights,
    pause,
    reminders,
    resident_page,
    resident_parts,
    residents,
    retire,
    run_in,
    short_form,
    times,
    todo,
    town_stop,
    visits_tonight,
)
from alarm_center.web.reports import figures, hand_over, morning
from alarm_center.web.review import log_pages, look_month, resident_pages, sample_pages
from alarm_center.web.settings import WebSettings
from alarm_center.web.sign_in import (
    account,
    desk,
    enrolment,
    invitation,
    oidc,
    passkeys,
    password,
    provider_logout,
    sealed_account,
    second_factor,
)
from alarm_center.web.sign_in.provider_client import ProviderClients
from alarm_center.web.staff import (
    area_history,
    area_pages,
    carer_forms,
    carer_pages,
    group_sms_pages,
    lead_page,
    leaver_pages,
    ombudsman_pages,
    pattern_pages,
    phone_pages,
    printed_lists,
    rota_pages,
)
from alarm_center.web.training import course_pages, exercise_pages

STATIC: Final = Path(__file__).parent / "static"
ROUTES: Final = tuple(
    part.routes
    for part in (
        auth,
        password,
        account,
        oidc,
        provider_logout,
        desk,
        second_factor,
        enrolment,
        passkeys,
        sealed_account,
        board,
        night_page,
        case_page,
        case_actions,
        dispatch_forms,
        connect_page,
        incident_band,
        picture,
        manual_alarm,
        look_now,
        signed_in,
        since_sign_in,
        stream,
        link,
        printed_lists,
        rota_pages,
        lead_page,
        pattern_pages,
        carer_pages,
        phone_pages,
        group_sms_pages,
        carer_forms,
        ombudsman_pages,
        area_history,
        area_pages,
        leaver_pages,
        pause,
        outcome,
        residents,
        short_form,
        new_resident,
        times,
        automatic,
        endings,
        retire,
        equipment_table,
        equipment,
        resident_parts,
        resident_page,
        papers,
        held_nights,
        past_nights,
        letter,
        visits_tonight,
        mounting_job,
        run_in,
        town_stop,
        todo,
        files,
        reminders,
        deaths,
        people,
        people_file,
        deputies,
        agreements,
        invitation,
        look_month,
        log_pages,
        sample_pages,
        resident_pages,
        mounting,
        claims,
        morning,
        figures,
        hand_over,
        course_pages,
        exercise_pages,
    )
)
"""The routes of every page that the service has; webhooks, health and the demo's phones are added where there are any."""
_FORM_BYTES: Final = 64 * 1024
"""The largest form is a note of 500 characters."""


@dataclass(frozen=True, slots=True)
class WebMemories:
    """The database as the pages' three roles see it: ``pages`` as fjt_web, ``sign_in`` as fjt_sign_in, ``planner`` as fjt_planner."""

    pages: Memory
    sign_in: Memory
    planner: Memory


def build_web(
    memories: WebMemories, pictures: Pictures, settings: WebSettings, phones: Phones | None = None
) -> web.Application:
    """Return the root application; health and webhooks are added as routes of their own.

    *phones* is the demo's simulator; without it there is no page for it. The application closes nothing that it is given.
    The caller calls ``app[stream.HINTS].wake``, with any argument, when the timeline has a new line.
    """
    app = web.Application(
        middlewares=[middlewares.answer_errors, middlewares.retry_conflicts], client_max_size=_FORM_BYTES
    )
    app[MEMORY], app[SIGN_IN_MEMORY], app[PLANNER_MEMORY] = memories.pages, memories.sign_in, memories.planner
    app[PICTURES], app[SETTINGS] = pictures, settings
    app[password.DOOR], app[PASSWORDS], app[stream.HINTS] = password.Door(), PasswordCheck(), stream.Hints()
    shared_reads.set_up(app)
    app[board.DRAWN_ROWS], app[drawn_part.REVISIONS] = board.DrawnRows(), drawn_part.Revisions()
    app[asked_sessions.SESSIONS] = asked_sessions.AskedSessions(memories.pages)
    app[opened_link.TRIES] = FailedTries(most=50)
    app[claims.TRIES] = FailedTries(most=claims.MOST_TRIES)
    app[oidc.CLIENTS] = ProviderClients(settings.providers, settings.provider_seconds)
    app.on_cleanup.append(oidc.close_clients)
    page.set_up_templates(app, pieces=simulated_phones.pieces, national=phone_numbers.national)
    app.on_response_prepare.append(middlewares.add_headers)
    app.on_shutdown.append(app[stream.HINTS].end)
    for routes in ROUTES:
        app.add_routes(routes)
    if phones is not None:
        app[PHONES] = phones
        app.middlewares.insert(1, loopback.refuse_other_names)
        app.add_routes(simulated_phones.routes)
    app.router.add_static("/static/", STATIC)
    return app
