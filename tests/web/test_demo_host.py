"""The demo's pages under another name than this machine's own: another site's page could read its phones there."""

import pytest

from alarm_center.providers.simulated_phones import SimulatedPhones
from tests.support.night_town import NightTown
from tests.support.site import site


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("127.0.0.1:8080", 200),
        ("localhost", 200),
        ("[::1]:8080", 200),
        ("demo.example", 421),
        ("127.0.0.1.demo.example", 421),
        ("192.0.2.7:8080", 421),
        ("[::1", 421),
    ],
)
async def test_the_demo_answers_under_its_own_name_alone(storstad: NightTown, name: str, status: int) -> None:
    async with site(storstad, phones=SimulatedPhones(storstad.memory)) as running:
        browser = running.browser()
        for path in ("/phone", "/login"):
            assert (await browser.get(path, headers={"Host": name})).status == status
