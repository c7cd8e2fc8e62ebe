"""The setting of the proxies in front: each error says what to write instead."""

from ipaddress import ip_network

import pytest
from pydantic import ValidationError

from alarm_center.settings import CentreSettings
from runtime.settings import problems

_DATABASES = {f"database_url{role}": "postgresql://" for role in ("", "_web", "_sign_in", "_planner")}


def read(**given: str) -> CentreSettings:
    return CentreSettings.model_validate({**_DATABASES, **given})


def refusal(**given: str) -> str:
    with pytest.raises(ValidationError) as refused:
        read(**given)
    (line,) = problems(refused.value)
    return line


def test_proxies_are_addresses_and_networks() -> None:
    expected = tuple(map(ip_network, ("10.1.2.3", "172.30.77.0/24", "fd00::/8")))
    assert read(proxies="10.1.2.3, 172.30.77.0/24 fd00::/8").proxies == expected
    assert read().proxies == ()


@pytest.mark.parametrize("given", ["caddy", "10.1.2.3/24", "10.1.2.3;10.1.2.4"])
def test_what_is_no_network_says_what_to_write(given: str) -> None:
    line = refusal(proxies=given)
    assert line.startswith("FJT_PROXIES: ")
    assert line.endswith("write addresses or networks, such as 10.1.2.3,172.30.77.0/24")


def test_everybody_is_no_proxy() -> None:
    assert refusal(proxies="0.0.0.0/0").startswith("FJT_PROXIES: 0.0.0.0/0 is everybody")


def test_the_old_setting_says_what_to_write_instead() -> None:
    line = refusal(behind_proxy="true")
    assert line.startswith("FJT_BEHIND_PROXY: does not say which proxy")
    assert "FJT_PROXIES=" in line
    assert read(behind_proxy="true", proxies="10.1.2.3").proxies, "an old replica needs it beside the new one"
