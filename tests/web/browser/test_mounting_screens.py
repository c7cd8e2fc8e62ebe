"""Screens of a mounting that nobody comes to on the way to the receipt: each is read by axe, dark and light, in both languages, at 360 pixels."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import pytest

from alarm_center.casework import mountings
from alarm_center.core.roles import Right
from alarm_center.web.auth import COOKIE
from schemas.vocabulary import Answer, Role
from tests.support.night_town import TWO, NightTown, drawn
from tests.support.viewers import viewer_in
from tests.web.browser.conftest import OpenPage
from tests.web.browser.test_accessible import broken

pytestmark = pytest.mark.browser

SHOTS: Final = os.environ.get("FJT_SHOTS")
"""A folder for pictures of the screens, to look at."""
DONE: Final = {"bed": {}, "lamp": {"shown": True}, "trial": {"ok": True, "seconds": 6, "answer": "in_bed"}}


@dataclass(frozen=True)
class Screen:
    """A screen by its name, the mounting's columns and what was said, and a text in each language that stands on it."""

    name: str
    says: tuple[str, str]
    columns: Mapping[str, Any] = field(default_factory=dict)
    said: Mapping[str, Any] = field(default_factory=dict)
    shown: bool = True
    agreed: bool = True


SCREENS: Final = (
    Screen("given", ("Jag är på plats", "I am there"), {"step": "given"}),
    Screen("consent", ("Säger nej i dag: avbryt", "Says no today: stop"), {"step": "consent"}),
    Screen("no-consent", ("Montera inte.", "Do not mount."), {"step": "consent"}, agreed=False),
    Screen("consent-unjudged", ("ingen maskin får svara ensam", "no machine may answer alone"), {"step": "consent"}, shown=False),
    Screen("code", ("Koden på kamerans skärm", "The code on the camera"), {"step": "code"}),
    Screen("lamp", ("Testa lampan", "Test the lamp"), {"step": "lamp"}),
    Screen("look", ("Ta testbild", "Take a test picture"), {"step": "look"}),
    Screen("bed", ("Var är huvudändan?", "Where is the head end?"), {"step": "bed"}),
    Screen("bed-unseen", ("har sagt nej", "has said no"), {"step": "bed"}, shown=False),
    Screen("sleepers", ("Sover någon mer här?", "Does anybody else sleep here?"), {"step": "sleepers"}),
    Screen("empty", ("Ta bild av tomt rum", "Take the empty room"), {"step": "empty"}),
    Screen("empty-failed", ("Det gick inte", "It did not work"), {"step": "empty"}, {"empty": {"ok": False}}),
    Screen("trial-unseen", ("lägga sig i sängen", "to lie down in bed"), {"step": "trial"}, shown=False),
    Screen("trial-elsewhere", ("Rita om sängen", "Draw the bed again"), {"step": "trial"}, DONE | {"trial": {"ok": True, "seconds": 6, "answer": "not_seen"}}, shown=False),
    Screen("trial", ("klart på 6 s", "done in 6 s"), {"step": "trial"}, DONE),
    Screen("weekend", ("Vem svarar i helgen?", "Who answers in the weekend?"), {"step": "weekend"}),
    Screen("paper", ("Initialer på skärmen i stället", "Initials on the screen instead"), {"step": "paper"}, DONE),
    Screen("done", ("de 3 första nätterna", "first 3 nights"), {"step": "done", "ended_at": TWO, "run_in_nights": 3}, DONE),
    *(
        Screen(f"stopped-{why}", ("Kameran är ingens", "The camera is nobody's"), {"step": "stopped", "stopped_for": why, "ended_at": TWO})
        for why in ("said_no", "no_consent", "sleeps_here")
    ),
    Screen(
        "stopped-outside", ("får veta det, och bokar en ny dag", "hears of it, and books a new day"),
        {"step": "stopped", "stopped_for": "not_let_in", "ended_at": TWO, "device_id": None},
    ),
    Screen(
        "halted", ("har avbrutit monteringen: fel hem.", "has stopped the mounting: wrong home."),
        {"step": "stopped", "stopped_for": "wrong_home", "ended_at": TWO, "halted_by": "Petra Planerare", "halted_for": "wrong_home"},
    ),
    Screen(
        "halted-kept", ("Kameran sitter kvar.", "The camera stays."),
        {"step": "paper", "ends_at": None, "halted_by": "Petra Planerare", "halted_for": "not_finished"},
    ),
    Screen("half-hour-over", ("Halvtimmen är slut", "The half hour is over"), {"step": "bed", "ends_at": TWO}),
    Screen("not-let-in-again", ("bokar en ny dag", "books a new day"), {"step": "bed", "ends_at": None}),
)  # fmt: skip


@pytest.mark.parametrize(
    ("theme", "language"),
    [
        ("dark", "sv"),
        ("light", "en"),
        pytest.param("dark", "en", marks=pytest.mark.long),
        pytest.param("light", "sv", marks=pytest.mark.long),
    ],
)
async def test_each_screen_is_read_at_360(storstad: NightTown, open_page: OpenPage, theme: str, language: str) -> None:
    resident, me = storstad.residents[5], uuid4()
    viewer = await viewer_in(storstad.memory, "storstad", role=Role.INSTALLER, right=Right.MOUNT, user=me)
    mounting = await storstad.value(
        """
        insert into mountings (org, area_id, resident_id, due_on, given_by, given_at, installer, begun_at, device_id)
        select org, area_id, resident_id, '2026-11-22', 'Petra Planerare', clock.now(), $2, clock.now(), 'cam5' from residents
        where resident_id = $1 returning mounting_id
        """,
        resident, me,
    )  # fmt: skip
    page = await open_page("/login", login="", theme=theme, language=language, width=360)
    await page.context.add_cookies([{"name": COOKIE, "value": viewer.token, "url": page.url.split("/login")[0]}])
    columns = ("step", "stopped_for", "ended_at", "ends_at", "run_in_nights", "device_id", "halted_by", "halted_for")
    for screen in SCREENS:
        usual = {
            "stopped_for": None,
            "ended_at": None,
            "ends_at": TWO.replace(hour=3),
            "run_in_nights": 0,
            "device_id": "cam5",
            "halted_by": None,
            "halted_for": None,
        }
        values = usual | dict(screen.columns)
        await storstad.execute(
            f"update mountings set said = $1, {', '.join(f'{name} = ${n}' for n, name in enumerate(columns, 2))}",
            dict(screen.said), *(values[name] for name in columns),
        )  # fmt: skip
        consent = "revoked" if not screen.agreed else "given" if screen.shown else "limited"
        await storstad.execute(
            """
            update consents set shown_to_people = $2, automatic = case when $2 then automatic else 'no' end, state = $3, revoked_at = case when $3 = 'revoked' then clock.now() end,
                revoked_instead = case when $3 = 'revoked' then 'visit' end where resident_id = $1
            """,
            resident, screen.shown, consent,
        )  # fmt: skip
        await page.goto(f"/mountings/{mounting}")
        text = await page.inner_text("main")
        assert screen.says[language == "en"] in text, (screen.name, text)
        assert await broken(page) == [], screen.name
        assert await page.locator("#mounting .primary:visible").count() <= 1, (screen.name, "one filled button")
        if SHOTS:
            await page.screenshot(path=Path(SHOTS) / f"{screen.name}-{theme}-{language}.png", full_page=True)


async def test_the_first_look_in_the_dark_goes_to_a_person(storstad: NightTown, open_page: OpenPage) -> None:
    """A person looks, whatever the town has signed for: one opens it, presses 1, and from then on the camera has been seen in the dark."""
    await storstad.execute("update devices set unseen_in_dark = true where device_id = 'cam6'")
    resident = storstad.residents[6]
    session = await storstad.finding(6, Answer.IN_BED, frames=drawn("asleep", 5))
    petra = await open_page(f"/residents/{resident}", login="petra")
    assert "inte sett i mörker: en person bedömer" in await petra.inner_text("main")
    olle = await open_page(f"/check/{await storstad.check_of(6)}")
    await olle.wait_for_selector(".has-picture")
    await olle.keyboard.press("1")
    await olle.wait_for_url(lambda url: "/check/" not in url)
    assert await storstad.value("select seen_by from checks where check_id = $1", await storstad.check_of(6)) == str(
        storstad.users["olle"]
    )
    assert session and await mountings.note_dark_looks(storstad.memory) == 1
    await petra.reload()
    assert "inte sett i mörker" not in await petra.inner_text("main")
