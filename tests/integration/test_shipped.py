"""The service as it is shipped, asked from outside: no simulated phones, and no page that needs no sign-in."""

from datetime import timedelta
from pathlib import Path

import aiohttp

from alarm_center.settings import ServiceSettings
from alarm_center.web.settings import WebSettings
from tests.support.postgres import Database
from tests.support.service import COLD, served


async def test_the_service_serves_no_simulated_phone(database: Database, tmp_path: Path) -> None:
    async with served(database, tmp_path, COLD) as url, aiohttp.ClientSession() as http:
        async with http.get(f"{url}/login") as page:
            assert page.status == 200
            assert "/phone" not in await page.text()
            assert "ÖVNING" not in await page.text()
        for method, path in (("GET", "/phone"), ("GET", "/fragments/phone"), ("POST", "/phone/reply")):
            async with http.request(method, f"{url}{path}") as answer:
                assert answer.status == 404, path


def test_a_sign_in_to_the_service_lasts_a_night_at_most() -> None:
    settings = ServiceSettings.model_validate(
        {
            "database_url": "postgresql://",
            "database_url_web": "postgresql://",
            "database_url_sign_in": "postgresql://",
            "database_url_planner": "postgresql://",
            "provider": "twilio",
            "twilio_account_sid": "AC1",
            "twilio_auth_token": "t",
        }
    )
    pages = WebSettings.of(settings)
    assert timedelta(hours=pages.session_hours) <= timedelta(hours=12)
    assert not pages.training
