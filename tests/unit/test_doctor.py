"""Each thing that `fjarrtillsyn doctor` finds missing, said with the setting or the place, and a remedy."""

from datetime import UTC, date, datetime, timedelta

import pytest
from pydantic import SecretStr

from alarm_center.preparation.sealed_trials import SealedLack
from alarm_center.start_checks import Shortcoming, clock_shortcomings, factor_shortcomings, revision_shortcomings
from alarm_center.store.look_samples import OverdueSample
from alarm_center.store.readiness import PasswordAlone, Sealing, TownPeople
from fjarrtillsyn.commands import doctor
from tests.support.elks_api import ElksApi

AT = datetime(2026, 3, 20, 1, 0, tzinfo=UTC)


def said(found: list[Shortcoming]) -> list[str]:
    assert all(each.remedy for each in found), "nothing is found without its remedy"
    return [each.what for each in found]


def test_settings_are_judged_as_for_real_people(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FJT_LIVE", "0")
    lines = said(doctor.settings_shortcomings())
    for name in (
        "FJT_DATABASE_URL",
        "FJT_DATABASE_URL_WEB",
        "FJT_DATABASE_URL_SIGN_IN",
        "FJT_DATABASE_URL_PLANNER",
        "FJT_PROVIDER",
    ):
        assert [line for line in lines if line.startswith(f"{name}: is not set")]
    for name in ("DATABASE_URL", "DATABASE_URL_WEB", "DATABASE_URL_SIGN_IN", "DATABASE_URL_PLANNER"):
        monkeypatch.setenv(f"FJT_{name}", "postgresql://x")
    for name, value in (("PROVIDER", "twilio"), ("TWILIO_ACCOUNT_SID", "AC1"), ("TWILIO_AUTH_TOKEN", "t")):
        monkeypatch.setenv(f"FJT_{name}", value)
    lines = said(doctor.settings_shortcomings())
    for name in ("FJT_MQTT_TLS", "FJT_PROXIES", "FJT_HEARTBEAT_URL", "FJT_PUBLIC_URL", "FJT_SEAL_KEY"):
        assert [line for line in lines if line.startswith(f"{name}: ")]


def test_credentials_have_the_providers_shape() -> None:
    assert said(doctor.provider_shortcomings("AC" + "0" * 32, "a" * 32)) == []
    first, second = said(doctor.provider_shortcomings("SK" + "0" * 32, "token"))
    assert first.startswith("FJT_TWILIO_ACCOUNT_SID: ")
    assert second.startswith("FJT_TWILIO_AUTH_TOKEN: ")
    assert "token" not in second.partition(": ")[2], "a secret is not shown"


@pytest.mark.parametrize(("url", "count"), [("https://watch.example/1", 0), ("http://watch.example/1", 1), ("", 1)])
def test_a_heartbeat_goes_to_an_https_address(url: str, count: int) -> None:
    assert len(said(doctor.heartbeat_shortcomings(url))) == count


async def test_the_public_address_is_https() -> None:
    for url in ("", "http://natt.example", "natt.example"):
        assert said(await doctor.address_shortcomings(url)) == ["FJT_PUBLIC_URL: is no https address"]


@pytest.mark.parametrize(
    ("at", "rollout", "what"),
    [
        ("0008", False, "the database waits at revision 0008"),
        ("0001", True, "the database is at revision 0001, an old one"),
        ("9999", False, "the database is at revision 9999, which this release does not know"),
        (None, False, "the database is at revision none"),
    ],
)
def test_a_revision_that_is_not_the_newest_is_said(at: str | None, rollout: bool, what: str) -> None:
    (line,) = said(revision_shortcomings(at, rollout=rollout))
    assert line.startswith(what)


def test_a_rollout_that_is_under_way_is_borne() -> None:
    assert revision_shortcomings("0008", rollout=True) == []
    assert revision_shortcomings("0009", rollout=False) == []


def test_clocks_that_are_apart_or_movable_are_said() -> None:
    assert doctor.apart_shortcomings(timedelta(seconds=-1)) == []
    assert said(doctor.apart_shortcomings(timedelta(seconds=-3))) == [
        "the database's clock is -3 s from this machine's"
    ]
    assert len(said(clock_shortcomings(movable=True))) == 1


def test_a_town_needs_somebody_at_its_board_and_a_lead() -> None:
    assert said(doctor.town_shortcomings([])) == ["there is no town"]
    assert said(doctor.town_shortcomings([TownPeople("vik", "Vik", True, True)])) == []
    nobody, no_lead = said(doctor.town_shortcomings([TownPeople("vik", "Vik", False, False)]))
    assert nobody.startswith("vik: nobody who has accepted")
    assert no_lead.startswith("vik: no shift of a lead")


def test_people_with_a_password_alone_are_named_up_to_five() -> None:
    assert factor_shortcomings([]) == []
    people = [PasswordAlone(f"p{number}", "vik", False) for number in range(7)]
    (line,) = said(factor_shortcomings(people))
    assert line == "a password alone opens p0 in vik, p1 in vik, p2 in vik, p3 in vik, p4 in vik and 2 more"


def test_sealed_accounts_that_open_nothing_are_said() -> None:
    assert doctor.sealed_shortcomings({}) == []
    none, due = said(doctor.sealed_shortcomings({"vik": SealedLack.NONE_SEALED, "os": SealedLack.TRIAL_DUE}))
    assert none == "vik: no account is sealed"
    assert due == "os: no sealed account was tried for 35 days"


@pytest.mark.parametrize(
    ("newest", "sealed", "count"),
    [
        (None, None, 0),
        (AT, AT, 0),
        (AT, AT - timedelta(seconds=59), 0),
        (AT, AT - timedelta(seconds=61), 1),
        (AT, None, 1),
    ],
)
def test_lines_that_no_sealer_came_to_are_said(newest: datetime | None, sealed: datetime | None, count: int) -> None:
    assert len(said(doctor.seal_shortcomings(Sealing(newest, sealed)))) == count


def test_a_sample_that_nobody_signed_is_named() -> None:
    assert doctor.sample_shortcomings([]) == []
    late = OverdueSample("vik", date(2026, 10, 1), datetime(2026, 11, 1, tzinfo=UTC), chosen=20, judged=17)
    assert said(doctor.sample_shortcomings([late])) == [
        "vik: the sample of 2026-10 is not signed off, 3 looks are left"
    ]


def test_a_month_that_is_not_made_is_said() -> None:
    assert doctor.month_shortcomings([]) == []
    assert said(doctor.month_shortcomings(["events_2026_04"])) == ["the timeline has no events_2026_04"]


@pytest.mark.parametrize(
    ("password", "secret", "lacks"),
    [("test-password", "x" * 32, 0), ("another", "x" * 32, 1), ("test-password", "short", 1), ("", "", 2)],
)
async def test_46elks_is_asked_whether_it_lets_us_in(password: str, secret: str, lacks: int) -> None:
    async with ElksApi().running() as api:
        given = doctor.GivenSettings(
            elks_username=api.username, elks_password=SecretStr(password), elks_hook_secret=SecretStr(secret),
            elks_base_url=api.url, public_url="https://natt.kommun.se",
        )  # fmt: skip
        assert len(await doctor.elks_shortcomings(given)) == lacks
        assert (api.messages, api.calls) == ([], [])
