"""Settings of the identity providers: complete and safe ones are taken, each other is named."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from alarm_center.settings import OidcSettings
from runtime.settings import BadSettings, read_settings

KEY = "k" * 32
GOOD: Mapping[str, Any] = {
    "name": "siths",
    "title": "SITHS",
    "issuer": "https://idp.example.se",
    "client_id": "fjarrtillsyn",
    "client_secret": "hemlig",
    "assignment_claim": "groups",
    "assignments": {"natt": {"org": "vik", "roles": ["operator"]}},
}


def read(monkeypatch: pytest.MonkeyPatch, *providers: Mapping[str, Any], key: str = KEY) -> OidcSettings:
    monkeypatch.setenv("FJT_OIDC", json.dumps(providers))
    monkeypatch.setenv("FJT_OIDC_SUBJECT_KEY", key)
    return read_settings(OidcSettings)


def test_a_complete_provider_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("ur en fil\n", encoding="utf-8")
    filed = {**GOOD, "name": "b", "issuer": "https://b.example", "client_secret_file": str(secret)}
    del filed["client_secret"]
    first, second = read(monkeypatch, GOOD, filed).oidc
    assert (first.secret, second.secret) == ("hemlig", "ur en fil")
    assert "hemlig" not in repr(first)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"issuer": "http://idp.example.se"}, "is no issuer"),
        ({"issuer": "https://u@idp.example.se"}, "is no issuer"),
        ({"issuer": "https://idp.example.se?x=1"}, "is no issuer"),
        ({"issuer": "https://127.0.0.1:x y"}, "is no issuer"),
        ({"name": "Två ord"}, "NAME"),
        ({"client_secret": ""}, "client_secret goes with"),
        ({"client_auth": "none"}, "client_secret goes with"),
        ({"client_secret_file": "/nowhere"}, "write one of them"),
        ({"scopes": ["profile"]}, "lacks openid"),
        ({"algorithms": ["HS256"]}, "ALGORITHMS"),
        ({"algorithms": []}, "ALGORITHMS"),
        ({"assignments": {}}, "go together"),
        ({"assignments": {"x": {"org": "vik", "roles": ["king"]}}}, "ROLES"),
        ({"assignments": {}, "assignment_claim": "", "accounts": "made"}, "write their table"),
        ({"unknown_setting": 1}, "UNKNOWN_SETTING"),
    ],
)
def test_a_wrong_provider_is_named(monkeypatch: pytest.MonkeyPatch, change: Mapping[str, Any], named: str) -> None:
    with pytest.raises(BadSettings) as bad:
        read(monkeypatch, {**GOOD, **change})
    assert "FJT_OIDC" in str(bad.value) and named in str(bad.value)


def test_two_of_a_name_and_a_short_key_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadSettings) as bad:
        read(monkeypatch, GOOD, GOOD, key="short")
    assert len(bad.value.problems) == 2


def test_a_file_of_secrets_lists_providers_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("FJT_OIDC", "FJT_OIDC_SUBJECT_KEY"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "fjt_oidc").write_text(json.dumps([GOOD]), encoding="utf-8")
    (tmp_path / "fjt_oidc_subject_key").write_text(KEY, encoding="utf-8")
    found = OidcSettings(_secrets_dir=tmp_path)
    assert [each.name for each in found.oidc] == ["siths"] and found.subject_key == KEY
    (tmp_path / "fjt_oidc").write_text("[]\n", encoding="utf-8")
    assert OidcSettings(_secrets_dir=tmp_path).oidc == ()


def test_a_list_that_is_none_is_named_and_not_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FJT_OIDC_SUBJECT_KEY", KEY)
    for wrong in ('[{"client_secret": "hemlig"', "hemlig", '"hemlig"', '{"name": "hemlig"}'):
        monkeypatch.setenv("FJT_OIDC", wrong)
        with pytest.raises(BadSettings) as bad:
            read_settings(OidcSettings)
        assert str(bad.value).startswith("FJT_OIDC") and "hemlig" not in str(bad.value)
