"""A detector's settings: from the environment and from secrets, and every error at once."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from detector.__main__ import main
from detector.settings import DetectorSettings


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of the machine's own settings reaches a test."""
    for name in ("MQTT_HOST", "MQTT_PASSWORD", "MQTT_TLS", "MQTT_CA", "LIVE", "DETECTOR_ID", "MQTT_PASSWORD_FILE"):
        monkeypatch.delenv(f"FJT_{name}", raising=False)
    monkeypatch.setenv("FJT_SECRETS_DIR", str(tmp_path))


def test_what_is_not_said_is_safe_for_one_machine() -> None:
    made = DetectorSettings()
    assert (made.mqtt_host, made.mqtt_port, made.mqtt_shared, made.detector_http_port) == (
        "127.0.0.1",
        1883,
        False,
        None,
    )
    assert made.password is None


def test_a_password_comes_from_the_environment_or_from_its_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "word").write_text("from a file\n", encoding="utf-8")
    monkeypatch.setenv("FJT_MQTT_PASSWORD_FILE", str(tmp_path / "word"))
    assert DetectorSettings().password == "from a file"
    monkeypatch.setenv("FJT_MQTT_PASSWORD", "from the environment")
    assert DetectorSettings().password == "from the environment"
    assert "environment" not in repr(DetectorSettings())


def test_live_settings_need_tls_and_a_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FJT_LIVE", "1")
    monkeypatch.setenv("FJT_MQTT_CA", "/nowhere/ca.pem")
    with pytest.raises(ValidationError) as refused:
        DetectorSettings()
    for name in ("FJT_MQTT_TLS", "FJT_MQTT_PASSWORD", "FJT_MQTT_CA"):
        assert name in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [("DETECTOR_ID", "Not A Name"), ("MQTT_PORT", "0"), ("DETECTOR_SECONDS", "0"), ("DETECTOR_WORKERS", "many")],
)
def test_the_command_says_what_is_wrong_and_does_not_start(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str, value: str
) -> None:
    monkeypatch.setattr("resource.setrlimit", lambda *_: None)
    monkeypatch.setenv(f"FJT_{name}", value)
    assert main() == 2
    assert f"FJT_{name}:" in capsys.readouterr().err
