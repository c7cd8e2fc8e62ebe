"""Sign-in by an identity provider, from outside: a real provider that signs real tokens, wrong in each way that one can be."""

import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
import pytest_asyncio
import structlog
from prometheus_client import REGISTRY

from alarm_center.identity.oidc import subject_hash
from alarm_center.oidc_settings import OidcProvider
from alarm_center.store import oidc as store
from alarm_center.store.memory import Memory
from alarm_center.web.auth import COOKIE
from alarm_center.web.settings import WebSettings
from fjarrtillsyn.embedded.ports import HOST, free_port
from tests.support import oidc_provider as idp
from tests.support.night_town import NightTown, town
from tests.support.oidc_provider import OidcTestProvider
from tests.support.postgres import Database
from tests.support.site import Browser, Site, site

KEY = "k" * 40
OLLE = "olle-sub"


@pytest_asyncio.fixture
async def provider() -> AsyncIterator[OidcTestProvider]:
    """A provider at which Olle signs in."""
    async with idp.oidc_provider() as running:
        yield running


@asynccontextmanager
async def with_providers(
    town: NightTown, *providers: OidcProvider, seconds: float = 5.0, second_factor: bool = False
) -> AsyncIterator[Site]:
    """Yield the town's pages, whose people sign in by *providers*."""
    port = free_port()
    settings = WebSettings(
        tick_s=0.05,
        public_url=f"http://{HOST}:{port}",
        providers=providers,
        provider_seconds=seconds,
        second_factor=second_factor,
        subject_key=KEY,
    )
    async with site(town, settings=settings, port=port) as running:
        yield running


async def link(town: NightTown, provider: OidcTestProvider, login: str = "olle", subject: str = OLLE) -> None:
    """Link the person of *subject* to the account of *login*, as the command does."""
    async with town.memory.transaction() as tx:
        assert await store.link_identity(tx, provider.url, subject_hash(KEY, provider.url, subject), login)


async def go(browser: Browser, provider: OidcTestProvider, path: str = "/login/oidc/idp") -> aiohttp.ClientResponse:
    """Sign in: be sent to the provider and back, and led on; return the refusal, the choice, or the way to the page asked for."""
    sent = await browser.get(path, follow=False)
    assert sent.status == 303, await sent.text()
    return await come_back(browser, provider.authorize(sent.headers["Location"]))


async def come_back(browser: Browser, answer: str) -> aiohttp.ClientResponse:
    """Bring the provider's answer, and go on where it is taken."""
    back = await browser.get(answer, follow=False)
    if back.status != 200:
        return back
    assert COOKIE not in back.cookies and 'content="0; url=/login/assignment"' in await back.text()
    return await browser.get("/login/assignment", follow=False)


def counted(result: str) -> float:
    return REGISTRY.get_sample_value("fjt_oidc_sign_ins_total", {"provider": "idp", "result": result}) or 0.0


async def test_a_linked_person_signs_in_and_goes_on(storstad: NightTown, provider: OidcTestProvider) -> None:
    await link(storstad, provider)
    async with with_providers(storstad, provider.provider()) as pages:
        olle = pages.browser()
        page = await olle.text("/login?next=/check/7")
        assert '<a class="button primary" href="/login/oidc/idp?next=/check/7">Logga in med Testlegitimation' in page
        back = await go(olle, provider, "/login/oidc/idp?next=/check/7&login_hint=olle@kommun")
        assert (back.status, back.headers["Location"]) == (303, "/check/7")
        assert (await olle.get("/", follow=False)).status == 200
    asked = provider.asked
    assert asked["login_hint"] == "olle@kommun" and asked["code_challenge_method"] == "S256"
    assert asked["scope"] == "openid" and asked["acr_values"] == idp.LOA3
    session = await storstad.value("select row_to_json(s)::text from web_sessions s")
    assert '"method":"oidc"' in session and '"provider":"idp"' in session and idp.LOA3 in session


def _set(**given: Any) -> Callable[[dict[str, Any]], None]:
    return lambda claims: claims.update(given)


def _drop(name: str) -> Callable[[dict[str, Any]], None]:
    return lambda claims: claims.pop(name, None) and None


def wrong_tokens() -> Mapping[str, tuple[str, Mapping[str, Any]]]:
    """Return each way to be wrong: the fault that it is refused for, and how the provider is told to do it."""
    now = int(time.time())
    return {
        "another issuer": ("issuer", {"alter": _set(iss="https://elsewhere.example")}),
        "no issuer": ("issuer", {"alter": _drop("iss")}),
        "another audience": ("audience", {"alter": _set(aud="another-client")}),
        "two audiences, nobody's": ("audience", {"alter": _set(aud=["fjarrtillsyn", "another"])}),
        "another's party": ("audience", {"alter": _set(azp="another-client")}),
        "another nonce": ("nonce", {"alter": _set(nonce="replayed")}),
        "no nonce": ("nonce", {"alter": _drop("nonce")}),
        "expired": ("expired", {"alter": _set(exp=now - 120)}),
        "of yesterday": ("expired", {"alter": _set(iat=now - 86400)}),
        "no expiry": ("claims", {"alter": _drop("exp")}),
        "expires never": ("claims", {"alter": _set(exp=float("inf"))}),
        "not yet valid": ("not_yet", {"alter": _set(nbf=now + 600)}),
        "of tomorrow": ("not_yet", {"alter": _set(iat=now + 600)}),
        "no acr": ("acr", {"alter": _drop("acr")}),
        "a weak acr": ("acr", {"alter": _set(acr="http://id.sambi.se/loa/loa2")}),
        "another access token": ("claims", {"alter": _set(at_hash="AAAAAAAAAAAAAAAAAAAAAA")}),
        "nobody": ("claims", {"alter": _drop("sub")}),
        "signed by nobody": ("algorithm", {"sign": idp.sign_nothing}),
        "signed with the public key": ("algorithm", {"sign": idp.sign_with_public_key}),
        "tampered with": ("signature", {"sign": idp.tamper}),
        "no token at all": ("signature", {"sign": lambda *_: "x"}),
        "an unknown key": ("key", {"sign": lambda claims, key, kid: idp.sign_rs256(claims, key, "nobody-has-it")}),
        "a stranger": ("unknown", {"alter": _set(sub="a-stranger")}),
        "an answer of another issuer": ("issuer", {"answers_issuer": "https://elsewhere.example"}),
        "the provider's own error": ("provider", {"error": "server_error"}),
        "broken off": ("cancelled", {"error": "access_denied"}),
    }


async def test_every_wrong_token_is_refused_in_plain_words(storstad: NightTown, provider: OidcTestProvider) -> None:
    await link(storstad, provider)
    wanted = {name: fault for name, (fault, _) in wrong_tokens().items()}
    found = {}
    async with with_providers(storstad, provider.provider()) as pages:
        for name, (fault, told) in wrong_tokens().items():
            right = {each: getattr(provider, each) for each in told}
            for each, value in told.items():
                setattr(provider, each, value)
            browser, before = pages.browser(), counted(fault)
            with structlog.testing.capture_logs() as logs:
                answer = await go(browser, provider)
            for each, value in right.items():
                setattr(provider, each, value)
            assert answer.status == 403 and COOKIE not in answer.cookies, name
            assert 'role="alert"' in await answer.text() and "Traceback" not in await answer.text()
            assert (await browser.get("/", follow=False)).status == 303, f"{name}: nobody is signed in"
            refused = [line for line in logs if line["event"] == "oidc_sign_in_refused"]
            found[name] = refused[0]["fault"] if counted(fault) == before + 1 else "uncounted"
        assert (await go(pages.browser(), provider)).status == 303, "the right one gets in after all of them"
    assert found == wanted


async def test_an_answer_is_good_once_and_in_its_browser(storstad: NightTown, provider: OidcTestProvider) -> None:
    await link(storstad, provider)
    async with with_providers(storstad, provider.provider()) as pages:
        olle, thief = pages.browser(), pages.browser()
        sent = await olle.get("/login/oidc/idp", follow=False)
        answer = provider.authorize(sent.headers["Location"])
        assert (await thief.get(answer, follow=False)).status == 403, "the state is another browser's"
        await thief.get("/login/oidc/idp", follow=False)
        assert (await thief.get(answer, follow=False)).status == 403, "also where that one has a request of its own"
        assert (await come_back(olle, answer)).status == 303
        for browser in (olle, pages.browser()):
            assert (await browser.get(answer, follow=False)).status == 403, "the answer was used"
        assert await storstad.value("select count(*) from web_sessions") == 1


async def test_a_code_is_good_once_at_the_provider(storstad: NightTown, provider: OidcTestProvider) -> None:
    await link(storstad, provider)
    async with with_providers(storstad, provider.provider()) as pages:
        olle, siv = pages.browser(), pages.browser()
        sent = await olle.get("/login/oidc/idp", follow=False)
        used = provider.authorize(sent.headers["Location"])
        assert (await olle.get(used, follow=False)).status == 200
        sent = await siv.get("/login/oidc/idp", follow=False)
        own = provider.authorize(sent.headers["Location"])
        code, state = used.split("code=")[1], own.split("state=")[1].split("&")[0]
        replayed = f"{own.split('?')[0]}?state={state}&iss={provider.url}&code={code}"
        assert (await siv.get(replayed, follow=False)).status == 403


async def test_one_provider_cannot_answer_for_another(storstad: NightTown, provider: OidcTestProvider) -> None:
    async with idp.oidc_provider() as evil:
        await link(storstad, provider)
        evil.says_issuer = False
        evil.keys = provider.keys
        names = {"name": "evil", "title": "Evil"}
        async with with_providers(storstad, provider.provider(), evil.provider(**names)) as pages:
            browser = pages.browser()
            sent = await browser.get("/login/oidc/evil", follow=False)
            answer = evil.authorize(sent.headers["Location"])
            mixed = answer.replace("/callback/evil", "/callback/idp")
            assert (await browser.get(mixed, follow=False)).status == 403, "asked of one, answered to the other"
            evil.alter = _set(iss=provider.url)
            assert (await go(browser, evil, "/login/oidc/evil")).status == 403, "its token names the other"
            evil.alter, evil.keys = None, {}
            assert (await go(browser, evil, "/login/oidc/evil")).status == 403, "nobody's identity is of its issuer"


async def test_new_keys_are_fetched_once_and_not_in_a_storm(storstad: NightTown, provider: OidcTestProvider) -> None:
    await link(storstad, provider)
    async with with_providers(storstad, provider.provider()) as pages:
        assert (await go(pages.browser(), provider)).status == 303
        assert provider.fetched == {"document": 1, "keys": 1}
        provider.kid = "k2"
        assert (await go(pages.browser(), provider)).status == 303, "a new key, right after the old ones were fetched"
        provider.sign = lambda claims, key, kid: idp.sign_rs256(claims, key, "nobody-has-it")
        for _ in range(5):
            assert (await go(pages.browser(), provider)).status == 403
    assert provider.fetched == {"document": 1, "keys": 2}


async def test_a_provider_that_hangs_holds_no_other_sign_in(storstad: NightTown, provider: OidcTestProvider) -> None:
    provider.hangs = True
    async with with_providers(storstad, provider.provider(), seconds=0.3) as pages:
        began = time.monotonic()
        first = await pages.browser().get("/login/oidc/idp", follow=False)
        assert first.status == 503 and "Testlegitimation svarar inte" in await first.text()
        assert (await pages.browser().sign_in()).status == 303, "the password goes on"
        second = await pages.browser().get("/login/oidc/idp", follow=False)
        assert second.status == 503 and provider.fetched == {"document": 1}, "not asked again at once"
        assert time.monotonic() - began < 5


def assignments(**given: Any) -> Mapping[str, Any]:
    """Return a table of Olle's assignments: all of Storstad, one area of it, and something in no town of ours."""
    return {
        "assignment_claim": "commissions",
        "assignment_key": "id",
        "assignments": {
            "c-all": {"org": "storstad", "roles": ["operator"], "title": "Larmcentralen"},
            "c-lead": {"org": "storstad", "roles": ["lead"], "areas": ["3"], "title": "Nattledare"},
            "c-none": {"org": "nowhere", "roles": ["admin"]},
        },
        **given,
    }


COMMISSIONS = [{"id": "c-all"}, {"id": "c-lead"}, {"id": "c-none"}, {"id": "unlisted"}, 7, None]


async def choose(browser: Browser, title: str) -> None:
    """Choose the assignment of that title on the page that the sign-in has led to."""
    page = await browser.text("/login/assignment")
    number = page.split(title)[0].rsplit('value="', 1)[1].split('"')[0]
    chosen = await browser.post("/login/assignment", {"number": number})
    assert (chosen.status, chosen.headers["Location"]) == (303, "/")


async def test_a_person_chooses_among_their_assignments(storstad: NightTown, provider: OidcTestProvider) -> None:
    await link(storstad, provider)
    await storstad.execute(
        "update memberships set roles = '{operator,lead}' where user_id = $1", storstad.users["olle"]
    )
    provider.person["commissions"] = COMMISSIONS
    async with with_providers(storstad, provider.provider(**assignments())) as pages:
        olle = pages.browser()
        back = await go(olle, provider)
        assert back.status == 200 and "Larmcentralen" in await back.text()
        assert (await olle.get("/", follow=False)).status == 303, "nobody is signed in before the choice"
        page = await olle.text("/login/assignment")
        assert "Larmcentralen" in page and "Nattledare" in page and "nowhere" not in page and "unlisted" not in page
        assert page.count('class="primary"') == 1
        for number in ("2", "99", "-1", "", "1e3"):
            refused = await olle.post("/login/assignment", {"number": number})
            assert refused.headers["Location"].startswith("/login"), "one that is not offered begins nothing"
            assert COOKIE not in refused.cookies
        await choose(olle, "Nattledare")
        assert (await olle.get("/", follow=False)).headers["Location"] == "/lead", "a lead has a page of their own"
        assert (await olle.post("/login/assignment", {"number": "0"})).status in (303, 403), "the choice was made"
        assert (await olle.get("/", follow=False)).status == 303
        await go(olle, provider)
        await choose(olle, "Larmcentralen")
        assert (await olle.get("/", follow=False)).status == 200
    assert await storstad.value("select count(*) from web_sessions") == 1, "the one that the browser brought has ended"


async def test_a_session_sees_its_assignment_and_nothing_else(
    storstad: NightTown, provider: OidcTestProvider, database: Database
) -> None:
    await link(storstad, provider)
    async with town(database, org="granby", residents=2) as granby:
        olle = storstad.users["olle"]
        await storstad.extend(areas=[{"code": "9"}])
        # His namesake's place there becomes his.
        await storstad.execute("update memberships set user_id = $1 where user_id = $2", olle, granby.users["olle"])
        await storstad.execute(
            "update residents set area_id = (select area_id from areas where (org, code) = ('storstad', '9')) where resident_id = $1",
            storstad.residents[5],
        )
        await storstad.extend(performers=[{"code": "alfa", "name": "Alfa Omsorg"}])
        await storstad.execute("update residents set performer = 'alfa' where resident_id = $1", storstad.residents[1])
        provider.person["commissions"] = ["here", "area", "there", "alfa", "town"]
        table = {
            "here": {"org": "storstad", "roles": ["operator", "admin"], "title": "Hela Storstad"},
            "area": {"org": "storstad", "roles": ["operator"], "areas": ["9"], "title": "Bara omr 9"},
            "there": {"org": "granby", "roles": ["operator"], "title": "Bara Granby"},
            "alfa": {"org": "storstad", "roles": ["operator"], "performers": ["alfa"], "title": "Bara Alfa"},
            "town": {"org": "storstad", "roles": ["operator"], "performers": ["town"], "title": "Bara egna"},
        }
        told = provider.provider(assignment_claim="commissions", assignments=table)
        own, ninth, others = await storstad.check_of(1), await storstad.check_of(5), await granby.check_of(1)
        seen = {}
        async with with_providers(storstad, told) as pages:
            for title in ("Hela Storstad", "Bara omr 9", "Bara Granby", "Bara Alfa", "Bara egna"):
                browser = pages.browser()
                await go(browser, provider)
                await choose(browser, title)
                seen[title] = [(await browser.get(f"/check/{check}")).status for check in (own, ninth, others)]
                assert (await browser.get("/people")).status == 403, "a role in the claim that the town did not give"
        assert seen == {
            "Hela Storstad": [200, 200, 404], "Bara omr 9": [404, 200, 404], "Bara Granby": [404, 404, 200],
            "Bara Alfa": [200, 404, 404], "Bara egna": [404, 200, 404],
        }  # fmt: skip


async def test_a_claim_gives_no_more_than_the_membership(storstad: NightTown, provider: OidcTestProvider) -> None:
    await link(storstad, provider)
    provider.person["commissions"] = [{"id": "c-lead"}]
    async with with_providers(storstad, provider.provider(**assignments())) as pages:
        back = await go(pages.browser(), provider)
        assert back.status == 403 and "Inget av dina uppdrag" in await back.text(), "Olle is no lead in Storstad"
        provider.person["commissions"] = [{"id": "c-all"}]
        assert (await go(pages.browser(), provider)).status == 303


async def test_made_accounts_end_with_their_claim(storstad: NightTown, provider: OidcTestProvider) -> None:
    provider.person.update(sub="new", name="Nora Ny\nadmin", commissions=[{"id": "c-all"}])
    async with with_providers(storstad, provider.provider(**assignments(accounts="made"))) as pages:
        nora = pages.browser()
        assert (await go(nora, provider)).status == 303
        assert (await nora.get("/", follow=False)).status == 200
        assert await storstad.value("select name from users where login like 'oidc:%'") == "Nora Ny admin"
        provider.person["commissions"] = []
        gone = await go(pages.browser(), provider)
        assert gone.status == 403 and "Inget av dina uppdrag" in await gone.text()
        assert (await nora.get("/", follow=False)).status in (303, 403), "and her other session sees nothing more"
        provider.person["commissions"] = [{"id": "c-all"}]
        assert (await go(nora, provider)).status == 303
        assert (await nora.get("/", follow=False)).status == 200
        # One that the town ended stays so, whatever the claim says.
        await storstad.execute("update memberships set ended_at = clock.now() where from_issuer is not null")
        assert (await go(nora, provider)).status == 403
    assert await storstad.value("select count(*) from users where login like 'oidc:%'") == 1


async def test_a_stranger_with_no_claim_leaves_no_account(storstad: NightTown, provider: OidcTestProvider) -> None:
    provider.person.update(sub="stranger", commissions=[{"id": "unlisted"}])
    async with with_providers(storstad, provider.provider(**assignments(accounts="made"))) as pages:
        assert (await go(pages.browser(), provider)).status == 403
    assert await storstad.value("select count(*) from users where login like 'oidc:%'") == 0


async def test_no_personal_number_is_kept_or_logged(
    storstad: NightTown, provider: OidcTestProvider, database: Database
) -> None:
    number = "191212121212"
    provider.person["personalIdentityNumber"] = number
    await link(storstad, provider, subject=number)
    told = provider.provider(subject_claim="personalIdentityNumber")
    with structlog.testing.capture_logs() as logs:
        async with with_providers(storstad, told) as pages:
            assert (await go(pages.browser(), provider)).status == 303
    assert number not in str(logs) and "olle-sub" not in str(logs)
    owner = await Memory.open(database.owner, size=1)
    try:
        async with owner.transaction() as tx:
            for table in ("identities", "users", "web_sessions", "memberships"):
                kept = await tx.fetchval(f"select jsonb_agg(t)::text from fjt.{table} t")
                assert kept is not None and number not in kept
    finally:
        await owner.close()


async def test_papers_ask_how_long_ago_the_provider_saw_them(storstad: NightTown, provider: OidcTestProvider) -> None:
    await link(storstad, provider)
    async with with_providers(storstad, provider.provider(), second_factor=True) as pages:
        olle = pages.browser()
        provider.alter = _set(auth_time=int(time.time()) - 3600)
        await go(olle, provider)
        assert "prompt" not in provider.asked
        papers = f"/reserve/{storstad.area}/2026-11-21"
        asked = await olle.get(papers, follow=False)
        assert asked.headers["Location"] == f"/account/confirm?next={papers}"
        assert f'href="/login?next={papers}"' in await olle.text(asked.headers["Location"])
        provider.alter = _set(auth_time=int(time.time()))
        back = await go(olle, provider, f"/login/oidc/idp?next={papers}")
        assert provider.asked["prompt"] == "login", "the provider is to verify them anew"
        assert back.headers["Location"] == papers
        assert (await olle.get(papers, follow=False)).status == 404, "no list is made yet; nobody is asked again"


async def test_a_request_is_good_for_ten_minutes(
    storstad: NightTown, provider: OidcTestProvider, database: Database
) -> None:
    await link(storstad, provider)
    owner = await Memory.open(database.owner, size=1)
    try:
        async with with_providers(storstad, provider.provider()) as pages:
            olle = pages.browser()
            sent = await olle.get("/login/oidc/idp", follow=False)
            async with owner.transaction() as tx:
                await tx.execute("update fjt.oidc_requests set asked_at = asked_at - interval '11 minutes'")
            assert (await olle.get(provider.authorize(sent.headers["Location"]), follow=False)).status == 403
    finally:
        await owner.close()


@pytest.mark.parametrize("goal", ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example"])
async def test_a_sign_in_leads_to_our_own_pages_only(
    storstad: NightTown, provider: OidcTestProvider, goal: str
) -> None:
    await link(storstad, provider)
    async with with_providers(storstad, provider.provider()) as pages:
        back = await go(pages.browser(), provider, f"/login/oidc/idp?next={quote(goal)}")
        assert back.headers["Location"] == "/"
