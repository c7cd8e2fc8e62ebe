"""The page of courses: a person walks the steps of their own, and leads and planners see whose has run out."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from aiohttp import web

from alarm_center.core import courses as rules
from alarm_center.core.courses import CourseMark, CourseProgress, CourseRule, CourseState, TrainingCourse
from alarm_center.core.roles import Right
from alarm_center.store import courses
from alarm_center.store.memory import Tx, now
from alarm_center.store.web_sessions import SignedIn
from alarm_center.web.app_keys import MEMORY
from alarm_center.web.auth import require
from alarm_center.web.operator.calling import beside_context
from alarm_center.web.page import PERSON, redirect, render, speech_of, text_for
from alarm_center.web.training.exercise_pages import exercise_rows
from alarm_center.words import course_words, page_words
from alarm_center.words.catalogues import Speech

routes = web.RouteTableDef()

GOALS: Final[Mapping[str, str]] = {
    "take": "/", "dispatch": "/", "doubt": "/", "close": "/", "reserve": "/reserve",
    "agreement": "/residents", "pause": "/pause", "refusal": "/pause", "threats": "/todo",
}  # fmt: skip
"""Pages on which steps are walked."""


@routes.get("/training")
@require(Right.TRAIN)
async def show_courses(request: web.Request) -> web.StreamResponse:
    """Show the person's courses with their steps; to leads and planners also the courses of their town's people."""
    person, speech = request[PERSON], speech_of(request)
    async with request.app[MEMORY].transaction(person.viewer(Right.TRAIN)) as tx:
        own = [await _own(tx, person, each) for each in _courses(person)]
        unproven = {each.course: await _is_unproven(tx, person, each) for each in own}
    staff = []
    if person.viewer(Right.PLAN).orgs:
        async with request.app[MEMORY].transaction(person.viewer(Right.PLAN)) as tx:
            staff = await members_by_need(tx, person)
    context = await beside_context(request) | {
        "exercises": await exercise_rows(request),
        "courses": [_section(each, speech, unproven=unproven[each.course]) for each in own],
        "staff": [_line(name, found, speech) for name, found in staff],
    }
    return render(request, "training/courses.html", context)


@routes.post("/training")
@require(Right.TRAIN)
async def walk_step(request: web.Request) -> web.StreamResponse:
    """Write that the person has walked a step; with the last one the course is done. A form that is sent twice is one step."""
    person, form = request[PERSON], await request.post()
    own = {each.value: each for each in _courses(person)}
    course, step = own.get(str(form.get("course", ""))), str(form.get("step", ""))
    if course is None or step not in rules.STEPS[course]:
        raise web.HTTPBadRequest(text=text_for(request, page_words.PAGE_TOO_OLD))
    orgs = _towns(person, course)
    async with request.app[MEMORY].transaction(person.viewer(Right.TRAIN)) as tx:
        await courses.lock_person(tx, person.user_id)
        at = await now(tx)
        found = await _own(tx, person, course)
        if step in rules.PROVEN and await _is_unproven(tx, person, found):
            raise web.HTTPBadRequest(text=text_for(request, page_words.PAGE_TOO_OLD))
        if step not in found.walked:
            await courses.add_mark(tx, orgs, person.user_id, course, step, at)
            if (await _own(tx, person, course)).is_whole:
                await courses.add_mark(tx, orgs, person.user_id, course, None, at)
    return redirect(f"/training#{course}")


async def members_by_need(tx: Tx, person: SignedIn) -> list[tuple[str, CourseProgress]]:
    """Return each member of the person's towns with each of their courses, those that lack one first."""
    orgs, at = person.viewer(Right.PLAN).orgs, await now(tx)
    town_rules, marks = await courses.rules(tx, orgs), await courses.marks(tx, orgs)
    found = [
        (member.name, rules.progress(course, _of(marks, member, course), town_rules[member.org], at))
        for member in await courses.members(tx, orgs, at)
        for course in rules.courses_of(member.roles)
    ]
    return sorted(found, key=lambda each: each[1].state is CourseState.VALID)


async def lacking_sentences(tx: Tx, person: SignedIn, speech: Speech) -> list[str]:
    """Return the sentences that tell a lead or a planner whose course is missing or has run out."""
    return course_words.lacking_sentences(
        ((name, found.state) for name, found in await members_by_need(tx, person)), speech
    )


def _of(marks: Sequence[CourseMark], member: courses.CourseMember, course: TrainingCourse) -> list[CourseMark]:
    whose = (member.org, member.user_id, course)
    return [mark for mark in marks if (mark.org, mark.user_id, mark.course) == whose]


def _courses(person: SignedIn) -> list[TrainingCourse]:
    """Return the courses of the person's roles, of towns in which those give them anything."""
    return [course for course in TrainingCourse if _towns(person, course)]


def _towns(person: SignedIn, course: TrainingCourse) -> list[str]:
    """Return the towns in which the person has a role with that course."""
    seen = person.viewer(Right.TRAIN).orgs
    return [each.org for each in person.memberships if each.org in seen and course in rules.courses_of(each.roles)]


async def _own(tx: Tx, person: SignedIn, course: TrainingCourse) -> CourseProgress:
    orgs, at = _towns(person, course), await now(tx)
    town_rules: Mapping[str, CourseRule] = await courses.rules(tx, orgs)
    marks = [mark for mark in await courses.marks(tx, orgs, person.user_id) if mark.course is course]
    return rules.worst(
        rules.progress(course, [mark for mark in marks if mark.org == org], town_rules[org], at) for org in orgs
    )


async def _is_unproven(tx: Tx, person: SignedIn, found: CourseProgress) -> bool:
    """Tell whether an exercise still has to prove a step of the course: of people who see the whole town, and so its exercises."""
    towns = _towns(person, found.course)
    if not person.raising_viewer.orgs or not person.raising_viewer.sees_all:
        return False
    return not await courses.has_closed_exercise(tx, towns, person.user_id, found.finished_at)


def _section(found: CourseProgress, speech: Speech, *, unproven: bool) -> dict[str, Any]:
    course = found.course
    return {
        "course": course.value,
        "name": speech(course_words.NAMES[course]),
        "standing": course_words.standing_words(found, speech),
        "valid": found.state is CourseState.VALID,
        "steps": [
            {
                "step": step,
                "words": course_words.STEPS[course][step],
                "goal": GOALS.get(step),
                "walked": step in found.walked,
                "unproven": unproven and step in rules.PROVEN,
            }
            for step in rules.STEPS[course]
        ],
    }


def _line(name: str, found: CourseProgress, speech: Speech) -> dict[str, Any]:
    return {
        "name": name,
        "course": speech(course_words.NAMES[found.course]),
        "state": speech(course_words.STATES[found.state]),
        "valid": found.state is CourseState.VALID,
        "until": speech.short_day(found.valid_until) if found.valid_until else "",
    }
