"""Words that people write, sent into the running service through each of its doors: none of them is in its log.

The database is made to refuse it as well, since the text of an error quotes the row that was refused.
"""

from pathlib import Path

import aiohttp
import asyncpg
import pytest

from tests.integration.test_cli import TOWN, fjarrtillsyn
from tests.support.postgres import Database, run
from tests.support.service import served, settings
from tests.support.site import Browser
from tests.support.sms_centre import FIRST, LEAD, NUMBER, SECOND, SmsCentre, sms_centre

STRANGER = "+46700999999"
MARKER = "Nyckelblomkruka"
"""A word that nobody logs by chance."""
REFUSALS = (
    "alter table fjt.replies add constraint no_words check (body !~ 'blomkruka') not valid",
    "alter table fjt.alarms add constraint no_note check (note !~ 'blomkruka') not valid",
    "alter table fjt.residents add constraint no_name check (name !~ 'blomkruka') not valid",
)
ACCEPTED = ("alter table fjt.replies drop constraint no_words", "alter table fjt.alarms drop constraint no_note")
PERSONAL = (MARKER, MARKER.lower(), FIRST, SECOND, LEAD, STRANGER, "Namn Namnsson", "Gatan 1")


async def execute(database: Database, *statements: str) -> None:
    owner = await asyncpg.connect(database.owner)
    for statement in statements:
        await owner.execute(statement)
    await owner.close()


async def say_everywhere(centre: SmsCentre, url: str) -> list[int]:
    """Say the marker by SMS, on the link's page, by a key and at the sign-in; return the statuses of the answers."""
    token = await centre.rows("select token from notices where phone = $1 order by asked_at limit 1", FIRST)
    link, said = f"/u/{token[0]['token']}", []
    form = {"AccountSid": centre.api.account_sid, "MessageSid": f"SM{len(centre.api.messages)}{token}"}
    form |= {"From": FIRST, "To": NUMBER, "Body": f"{MARKER} 2"}
    said.append((await centre.api.post(f"{url}/hooks/twilio/sms", form))[0])
    stranger = form | {"From": STRANGER, "MessageSid": f"{form['MessageSid']}x"}
    said.append((await centre.api.post(f"{url}/hooks/twilio/sms", stranger))[0])
    message = (await centre.message())["message_id"]
    key = {"AccountSid": centre.api.account_sid, "CallSid": "CA1", "From": FIRST, "To": NUMBER, "Digits": MARKER}
    said.append((await centre.api.post(f"{url}/hooks/twilio/voice/{message}/key", key))[0])
    async with aiohttp.ClientSession(url, cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        browser = Browser(session)  # type: ignore[arg-type]  # asked only what it can
        await browser.get(link)
        await browser.post(f"{link}/take", {"minutes": "10"})
        said.append((await browser.post(f"{link}/done", {"outcome": "other", "note": f"{MARKER} på bordet"})).status)
        said.append((await browser.get(f"/u/{MARKER.encode().hex()[:20]}?{MARKER}")).status)
        await browser.get("/login")
        said.append((await browser.post("/login", {"login": f"{MARKER}\x00", "password": MARKER})).status)
        said.append((await browser.post("/login", {"login": MARKER, "password": MARKER})).status)
    return said


async def test_no_words_of_anybody_are_in_the_log(database: Database, tmp_path: Path) -> None:
    async with sms_centre(database) as centre:
        await centre.stop()
        # A number that no SMS can say: the town's texts are refused, and the error quotes it.
        await centre.rows("update organisations set data_number = $1 returning 1", f"ring {MARKER}")
        twilio = {"FJT_TWILIO_BASE_URL": centre.api.url, "FJT_TWILIO_ACCOUNT_SID": centre.api.account_sid}
        async with served(database, tmp_path, **twilio, FJT_TWILIO_AUTH_TOKEN=centre.api.auth_token) as url:
            centre.api.hooks = url
            await centre.alarm(1)
            await centre.first.receives("PRIO 1")
            await execute(database, *REFUSALS)
            broken = await say_everywhere(centre, url)
            assert 500 in broken, "the database refused it, and a page says so"
            await execute(database, *ACCEPTED)
            assert 500 not in await say_everywhere(centre, url)
        link = (await centre.rows("select token from notices order by asked_at limit 1"))[0]["token"]
        log = (tmp_path / "centre.log").read_text(encoding="utf-8")
        centre.api.messages.clear()
        centre.api.calls.clear()
    assert [words for words in PERSONAL if words in log] == []
    assert str(link) not in log, "who has a link has the case"
    assert "page_failed" in log and "CheckViolationError: 23514 no_note" in log, "its errors are told"
    assert "text_refused" in log


@pytest.mark.parametrize("refuses", [False, True], ids=["taken", "refused by the database"])
def test_no_name_of_an_import_is_in_what_it_says_of_an_error(database: Database, tmp_path: Path, refuses: bool) -> None:
    text = Path(TOWN).read_text(encoding="utf-8")
    assert text.count("Astrid Exempel") == 1
    file = tmp_path / "town.toml"
    file.write_text(text.replace("Astrid Exempel", MARKER), encoding="utf-8")
    if refuses:
        run(execute(database, *REFUSALS))
    done = fjarrtillsyn(settings(database), "import", str(file))
    assert done.returncode == (1 if refuses else 0), done.stderr
    assert MARKER not in done.stderr
    if refuses:
        assert "CheckViolationError: 23514 no_name" in done.stderr
