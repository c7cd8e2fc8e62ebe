"""A new resident's draft, and parts of a resident changed on pages: who may write what, what follows, and that nothing is lost."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest_asyncio

from alarm_center.preparation import planning, retention
from tests.support.night_town import PASSWORD_HASH, TWO, NightTown, town
from tests.support.postgres import Database
from tests.support.site import Browser, Site

HOME = {"name": "Karin Mård", "address": "Ågatan 3", "area": "3", "risk": "2", "phone": "070-174 06 06"}
YES = {
    "said": "yes",
    "automatic": "no",
    "capacity": "able",
    "given_how": "spoken",
    "given_on": "2026-11-21",
    "present": "Eva",
}
DECISION = {"kind": "decision", "reference": "2026-0417", "starts_on": "2026-11-21"}
TIMES = {"lines": "1", "at-0": "2300", "by-0": "camera"}


async def evening_before(here: NightTown) -> None:
    """Let it be the evening before, with Kajsa, who decides."""
    await here.set_clock(TWO - timedelta(hours=8))
    person = {"login": "kajsa", "name": "Kajsa Handläggare", "roles": ["case_officer"]}
    await here.extend(users=[{**person, "password_hash": PASSWORD_HASH}])


@pytest_asyncio.fixture
async def storstad(database: Database) -> AsyncIterator[NightTown]:
    """Three homes on the evening before; Petra arranges, Kajsa decides."""
    async with town(database, residents=3, begin=evening_before) as here:
        yield here


@pytest_asyncio.fixture
async def petra(pages: Site) -> Browser:
    """Petra's browser: a coordinator, signed in."""
    return await pages.signed_in("petra")


@pytest_asyncio.fixture
async def kajsa(pages: Site) -> Browser:
    """Kajsa's browser: a case officer, signed in."""
    return await pages.signed_in("kajsa")


def of(who: str, fields: dict[str, str]) -> dict[str, str]:
    return {f"{who}-{name}": said for name, said in fields.items()}


async def send(browser: Browser, path: str, form: dict[str, str], *, revision: int | None = None) -> tuple[int, str]:
    """Send a form with the revision that its page has; return status, and the page or where it leads."""
    if revision is None:
        page = await (await browser.get(re.sub("/(add|discard)$", "", path))).text()
        found = re.search(r'name="revision" value="(\d+)"', page)
        revision = int(found[1]) if found else 0
    fields = [("csrf", browser.csrf), ("revision", str(revision)), *form.items()]
    if "lines" in form:
        fields += [("nights-0", str(day)) for day in range(7)]
    answer = await browser.client.post(path, data=fields, allow_redirects=False)
    return answer.status, answer.headers.get("Location") or await answer.text()


async def begun(browser: Browser, **more: str) -> str:
    """Begin a draft; return its path."""
    status, goal = await send(browser, "/drafts/new", HOME | more)
    assert status == 303, goal
    return goal.removesuffix("/door")


async def test_two_roles_make_one_resident(storstad: NightTown, petra: Browser, kajsa: Browser) -> None:
    """The coordinator begins, the case officer decides, the coordinator adds; each fills in what is theirs alone."""
    draft = await begun(petra)
    assert (await send(petra, f"{draft}/decision", DECISION, revision=0))[0] == 403
    assert (await send(kajsa, f"{draft}/times", TIMES, revision=0))[0] == 403
    assert "Karin Mård" in await kajsa.text("/residents")
    assert (await send(kajsa, f"{draft}/decision", DECISION))[0] == 303
    assert (await send(kajsa, f"{draft}/consents", of("resident", YES)))[0] == 303
    assert (await send(petra, f"{draft}/times", TIMES))[0] == 303
    page = await petra.text(draft)
    assert "Tiderna är med kamera, men ingen utrustning är vald" in page and "Lägg till Karin" not in page
    assert (await send(petra, f"{draft}/device", {"device": "cam1", "kind": "camera"}))[0] == 303
    status, page = await send(petra, f"{draft}/add", {})
    assert (status, "Utrustningen är redan hos någon annan." in page) == (400, True)
    assert (await send(petra, f"{draft}/device", {"device": "cam4", "kind": "camera"}))[0] == 303
    assert "Gäller från i natt 23:00." in await petra.text(draft)
    status, goal = await send(petra, f"{draft}/add", {})
    assert status == 303 and goal.startswith("/residents/")
    assert await planning.plan_changed(storstad.memory) > 0
    facts = await storstad.value(
        """
        select (number, (select count(*) from checks c where c.resident_id = r.resident_id and c.state = 'planned') > 0,
            (select count(distinct part) from changes where resident_id = r.resident_id and made_by = $1),
            (select recorded_by = $1 from consents where resident_id = r.resident_id), (select count(*) from resident_drafts))::text
        from residents r where name = 'Karin Mård'
        """,
        str(storstad.users["petra"]),
    )
    assert facts == "(4,t,6,t,0)"
    assert (await petra.get(draft)).status == 404, "a draft that became a resident is gone"


async def test_without_a_yes_nothing_is_looked_at(storstad: NightTown, petra: Browser, kajsa: Browser) -> None:
    draft = await begun(petra, cohabitant="Karl Mård", cohabitant_sleeps="elsewhere")
    await send(kajsa, f"{draft}/decision", DECISION)
    assert (await send(kajsa, f"{draft}/consents", of("resident", YES) | {"cohabitant-said": "later"}))[0] == 303
    await send(petra, f"{draft}/times", TIMES)
    await send(petra, f"{draft}/device", {"device": "cam4", "kind": "camera"})
    page = await petra.text(draft)
    assert "Inte igång: Karl Mård har inte sagt ja. Till dess blir det besök på tiderna, från i natt 23:00." in page
    status, goal = await send(petra, f"{draft}/add", {})
    assert status == 303, goal
    await planning.plan_changed(storstad.memory)
    states = "select string_agg(distinct state || ' ' || instead, ',') from checks join residents using (resident_id) where number = 4"
    assert await storstad.value(states) == "cancelled visit", "the gate of each night"
    path = f"{goal}/cohabitant-consent"
    status, page = await send(kajsa, path, of("cohabitant", YES))
    assert (status, "Tillsynen gäller från nästa tid som inte har varit." in page) == (200, True)
    assert (await send(kajsa, path, of("cohabitant", YES) | {"sure": "1"}))[0] == 303
    await planning.plan_changed(storstad.memory)
    assert (
        await storstad.value(
            "select count(*) from checks join residents using (resident_id) where number = 4 and state = 'planned'"
        )
        > 0
    )
    status, page = await send(kajsa, path, of("cohabitant", {**YES, "said": "no", "instead": "visit"}) | {"sure": "1"})
    assert status == 303
    withdrawn = "select string_agg(state || ' ' || (recorded_by = $1), ',' order by who) from consents join residents using (resident_id) where number = 4"
    assert await storstad.value(withdrawn, str(storstad.users["kajsa"])) == "revoked true,given false"


async def test_a_draft_loses_nothing(storstad: NightTown, petra: Browser, pages: Site) -> None:
    """Wrong answers are saved with the right ones; of two people the second gets both versions; a draft can be thrown away."""
    status, page = await send(petra, "/drafts/new", {**HOME, "name": "", "phone": "12"})
    assert status == 400 and "Ågatan 3" in page and "Fyll i det här." in page and "Numret kan inte finnas" in page
    draft = await begun(petra)
    status, page = await send(petra, f"{draft}/door", {"access": "Nyckel 14", "who-0": "Eva"})
    assert status == 400 and "Nyckel 14" in page
    assert "Nyckel 14" in await petra.text(f"{draft}/door"), "saved all the same"
    other = await pages.signed_in("petra")
    assert (await send(other, f"{draft}/door", {"access": "Nyckel 15"}))[0] == 303
    status, page = await send(petra, f"{draft}/door", {"access": "Nyckel 16"}, revision=1)
    assert status == 409 and "Nyckel 16" in page and "Nyckel 15" in page
    assert (await send(petra, f"{draft}/discard", {}))[0] == 303
    assert await storstad.value("select count(*) from resident_drafts") == 0
    await begun(petra)
    await storstad.set_clock(TWO + timedelta(days=31))
    await retention.erase_expired(storstad.memory)
    assert await storstad.value("select count(*) from resident_drafts") == 0, "left lying"


async def test_a_decision_that_has_ended_stays_ended(storstad: NightTown, kajsa: Browser, pages: Site) -> None:
    path = f"/residents/{storstad.residents[1]}"
    kept = await storstad.value("select reference from decisions where resident_id = $1", storstad.residents[1])
    form = {**DECISION, "starts_on": "2026-09-01", "ends_on": "2026-11-22"}
    status, page = await send(kajsa, f"{path}/decision", form)
    assert status == 200 and "Slutet kan inte ångras." in page
    assert (await send(kajsa, f"{path}/decision", form | {"sure": "1"}))[0] == 303
    assert await storstad.value("select ends_on::text from decisions where reference = $1", kept) == "2026-11-22"
    await storstad.set_clock(TWO + timedelta(days=3))
    kajsa = await pages.signed_in("kajsa")
    status, page = await send(kajsa, f"{path}/decision", {**form, "ends_on": "", "sure": "1"})
    assert status == 400 and "Lägg in ett nytt beslut i stället." in page
    new = {"kind": "decision", "reference": kept, "starts_on": "2026-11-25", "sure": "1"}
    assert (await send(kajsa, f"{path}/new-decision", {**new, "reference": "2026-0900"}))[0] == 303
    assert await storstad.value("select count(*) from decisions where resident_id = $1", storstad.residents[1]) == 2


async def test_what_comes_after_a_trial_is_said_here(storstad: NightTown, kajsa: Browser) -> None:
    await storstad.execute(
        "update decisions set trial_ends_on = '2026-11-20' where resident_id = $1", storstad.residents[1]
    )
    path = f"/residents/{storstad.residents[1]}/follow-up"
    assert (await send(kajsa, path, {"after_trial": "goes_on", "follow_up_on": "2026-12-10"}))[0] == 303
    kept = "select after_trial || ' ' || follow_up_on from decisions where resident_id = $1"
    assert await storstad.value(kept, storstad.residents[1]) == "goes_on 2026-12-10"


async def test_a_part_changes_alone_with_its_history(storstad: NightTown, petra: Browser, kajsa: Browser) -> None:
    """The door, the plan and the name: the rest stays, the person is named, and the second of two gets both versions."""
    path = f"/residents/{storstad.residents[1]}"
    revision = await storstad.value("select revision from residents where number = 1")
    door = {"contacts": "1", "who-0": "Eva", "phone-0": "070-174 06 06", "access": "Nyckel 9", "mark-dog": "on"}
    assert (await send(petra, f"{path}/door", door))[0] == 303
    await storstad.execute("update residents set port_code = '4711' where number = 1")
    assert "4711" not in await petra.text(f"{path}/door"), "a code is shown behind a click that is logged"
    assert (await send(petra, f"{path}/door", door))[0] == 303
    assert await storstad.value("select port_code from residents where number = 1") == "4711"
    page = await petra.text(path)
    assert "Nyckel 9" in page and "070-174 06 06" in page and "Hund" in page and "Astrid Lund" in page
    assert (await send(petra, f"{path}/door", {"access": "Nyckel 8"}, revision=revision))[0] == 409
    assert (await send(kajsa, f"{path}/door", door, revision=revision))[0] == 403
    status, page = await send(petra, f"{path}/not-seen", {"recheck": "15", "rechecks": "2", "two_carers": "yes"})
    assert status == 200 and "tittar vi igen 2 gånger" in page and "Två åker." in page
    assert (
        await send(petra, f"{path}/not-seen", {"recheck": "15", "rechecks": "2", "two_carers": "yes", "sure": "1"})
    )[0] == 303
    answers = await storstad.value("select answers::text from plans where resident_id = $1", storstad.residents[1])
    assert answers == '{"rechecks": 2, "two_carers": true}', "only what differs"
    assert "<u>Två åker.</u>" in await petra.text(path)
    made = "select string_agg(part, ',' order by revision) from changes where resident_id = $1 and made_by = $2"
    assert await storstad.value(made, storstad.residents[1], str(storstad.users["petra"])) == "resident,plan"
    page = await petra.text(path)
    assert (
        "Vägen in: Nyckelgömma vid dörren, kod hos patrullen → Nyckel 9" in page and "och larmar sedan. → Syns" in page
    )
    back = re.search(r'href="(/residents/[^"]+/door\?undo=[^"]+)"', page)
    assert back is not None
    earlier = await petra.text(back[1])
    assert (
        'value="Nyckelgömma vid dörren, kod hos patrullen"' in earlier
        and "Fälten är ifyllda som före ändringen" in earlier
    )


async def test_a_relative_at_work_sees_nothing(storstad: NightTown, petra: Browser, pages: Site) -> None:
    """Petra closes Astrid to Olle, and then to herself: it leads to the list, and Astrid has no page for her any more."""
    path, olle = f"/residents/{storstad.residents[1]}", await pages.signed_in("olle")
    home = HOME | {"name": "Astrid Lund"}
    assert "Astrid Lund" in await olle.text("/")
    assert (await send(petra, f"{path}/home", home | {"closed-olle": "on"}))[0] == 303
    assert "Astrid Lund" not in await olle.text("/")
    assert "checked" in (await petra.text(f"{path}/home")).partition('name="closed-olle"')[2][:20]
    status, page = await send(petra, f"{path}/home", home | {"closed-nobody.here": "on"})
    assert status == 400 and "nobody.here" in page
    assert await send(petra, f"{path}/home", home | {"closed-petra": "on"}) == (303, "/residents")
    assert (await petra.get(path)).status == 404
    assert "Astrid Lund" not in await petra.text("/residents") and "Astrid Lund" in await olle.text("/")


SHORT = {
    "name": "Nils Ny", "address": "Ågatan 3", "area": "3", "reference": "2026-0417", "at-0": "2230", "device": "cam-9",
    **{f"resident-{name}": said for name, said in YES.items()},
}  # fmt: skip


async def test_one_page_says_what_has_to_be_said(storstad: NightTown, pages: Site, petra: Browser) -> None:
    """Somebody who both arranges and decides has it all in one form; the town's defaults are the rest."""
    person = {"login": "hanna", "name": "Hanna Handläggare", "roles": ["coordinator", "case_officer"]}
    await storstad.extend(users=[{**person, "password_hash": PASSWORD_HASH}])
    hanna = await pages.signed_in("hanna")
    assert 'href="/drafts/short"' in await hanna.text("/residents")
    assert 'href="/drafts/new"' in await petra.text("/residents"), "who decides nothing has the steps"
    assert 'action="/drafts/new"' in await petra.text("/drafts/short")
    assert (await send(petra, "/drafts/short", SHORT, revision=0)) == (303, "/drafts/new")
    assert await storstad.value("select count(*) from resident_drafts") == 0
    for field, said in (("name", ""), ("reference", ""), ("at-0", "25:99"), ("resident-said", ""), ("device", "Å!")):
        status, page = await send(hanna, "/drafts/short", SHORT | {field: said}, revision=0)
        assert (status, f'id="wrong-{field}"' in page, "Nils Ny" in page or field == "name") == (400, True, True), field
    status, draft = await send(hanna, "/drafts/short", SHORT, revision=0)
    assert status == 303
    assert "Gäller från i natt 22:30." in await hanna.text(draft)
    status, goal = await send(hanna, f"{draft}/add", {})
    assert status == 303 and goal.startswith("/residents/")
    assert await planning.plan_changed(storstad.memory) > 0
    assert (
        await storstad.value("select count(*) from devices where device_id = 'cam-9' and resident_id is not null") == 1
    )
