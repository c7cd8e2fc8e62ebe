"""A provider's settings: each provider says what it cannot be without, and a start without it is refused by name."""

import pytest
from pydantic import ValidationError

from alarm_center.settings import NEEDED_BY, ProviderName, Settings, problems

_DATABASES = {"database_url": "postgresql://", "database_url_web": "postgresql://"}


def test_each_provider_says_what_it_needs() -> None:
    assert set(NEEDED_BY) == set(ProviderName)
    unknown = {name for names in NEEDED_BY.values() for name in names} - set(Settings.model_fields)
    assert not unknown, "a setting that there is"


@pytest.mark.parametrize("name", ProviderName)
def test_a_start_without_it_names_each_missing_setting(name: ProviderName, monkeypatch: pytest.MonkeyPatch) -> None:
    for needed in NEEDED_BY[name]:
        monkeypatch.delenv(f"FJT_{needed.upper()}", raising=False)
    if not NEEDED_BY[name]:
        Settings.model_validate({**_DATABASES, "provider": name})
        return
    with pytest.raises(ValidationError) as refused:
        Settings.model_validate({**_DATABASES, "provider": name})
    (said,) = problems(refused.value)
    assert all(f"FJT_{needed.upper()}" in said for needed in NEEDED_BY[name])


def test_a_provider_that_reaches_nobody_is_training() -> None:
    assert [name for name in ProviderName if Settings.model_construct(provider=name).training] == [ProviderName.PHONE]
