"""A provider's settings: each provider says what it cannot be without, and a start without it is refused by name."""

import pytest
from pydantic import ValidationError

from alarm_center.settings import NEEDED_BY, ProviderName, ProviderSettings, ServiceSettings
from runtime.settings import problems

_DATABASES = {
    "database_url": "postgresql://",
    "database_url_web": "postgresql://",
    "database_url_sign_in": "postgresql://",
    "database_url_planner": "postgresql://",
}


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ProviderSettings.model_fields:
        monkeypatch.delenv(f"FJT_{name.upper()}", raising=False)


def refusal(**given: str) -> list[str]:
    with pytest.raises(ValidationError) as refused:
        ServiceSettings.model_validate({**_DATABASES, **given})
    return problems(refused.value)


def test_each_provider_says_what_it_needs() -> None:
    assert set(NEEDED_BY) == set(ProviderName)
    unknown = {name for names in NEEDED_BY.values() for name in names} - set(ProviderSettings.model_fields)
    assert not unknown, "a setting that there is"


@pytest.mark.parametrize("name", ProviderName)
def test_a_start_without_it_names_each_missing_setting(name: ProviderName) -> None:
    assert NEEDED_BY[name], "a provider without settings would be there by default"
    assert refusal(provider=name) == [
        f"FJT_{needed.upper()}: needed by FJT_PROVIDER={name}" for needed in NEEDED_BY[name]
    ]


def test_no_provider_is_there_by_default() -> None:
    (line,) = refusal()
    assert line.startswith("FJT_PROVIDER: is not set")


def test_the_simulator_is_no_provider_of_the_service() -> None:
    (line,) = refusal(provider="phone")
    assert line.startswith("FJT_PROVIDER: the phone simulator is in `fjarrtillsyn demo` alone")
    assert line.endswith("write one of: twilio, 46elks")


def test_a_second_provider_needs_its_own_settings() -> None:
    twilio = {"provider": "twilio", "twilio_account_sid": "AC1", "twilio_auth_token": "t"}
    assert refusal(**twilio, second_provider="46elks") == [
        f"FJT_{needed.upper()}: needed by FJT_SECOND_PROVIDER=46elks" for needed in NEEDED_BY[ProviderName.ELKS]
    ]
    (line,) = refusal(**twilio, second_provider="twilio")
    assert line.startswith("FJT_SECOND_PROVIDER: is the first one too")


def test_a_short_secret_of_hooks_is_refused() -> None:
    elks = {"provider": "46elks", "elks_username": "u", "elks_password": "p"}
    assert refusal(**elks, elks_hook_secret="short") == ["FJT_ELKS_HOOK_SECRET: write at least 32 random characters"]
