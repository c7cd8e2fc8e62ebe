"""A gateway's settings: from the environment or files, with every error said at once."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from gateway.__main__ import main
from gateway.service import run
from gateway.settings import GatewaySettings
from runtime.settings import BadSettings
from schemas.vocabulary import JudgePlace

GOOD = {"FJT_GATEWAY_ORG": "ekby", "FJT_GATEWAY_DEVICE": "b27", "FJT_GATEWAY_SOURCE": "scene:asleep"}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_signs_in_by_its_own_name_with_the_password_of_a_file(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("secret\n")
    environment.setenv("FJT_MQTT_PASSWORD_FILE", str(tmp_path / "password"))
    settings = GatewaySettings()
    assert (settings.user, settings.password) == ("ekby/b27", "secret")


def test_real_people_need_more_and_all_of_it_is_said_at_once(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("FJT_LIVE", "1")
    environment.setenv("FJT_GATEWAY_DEVICE", "B 27")
    with pytest.raises(ValidationError) as error:
        GatewaySettings()
    for word in ("FJT_GATEWAY_DEVICE", "FJT_MQTT_TLS", "FJT_MQTT_PASSWORD", "FJT_GATEWAY_SOURCE"):
        assert word in str(error.value)


@pytest.mark.parametrize("half", ["sensor:asleep", "samples:night.csv"])
def test_no_drawn_source_stands_beside_a_real_camera(environment: pytest.MonkeyPatch, half: str) -> None:
    environment.setenv("FJT_LIVE", "1")
    environment.setenv("FJT_GATEWAY_SOURCE", f"camera:0 + {half}")
    with pytest.raises(ValidationError, match="FJT_GATEWAY_SOURCE"):
        GatewaySettings()


def test_real_people_may_have_a_camera_and_sensors_on_a_port(environment: pytest.MonkeyPatch) -> None:
    for name, value in {"LIVE": "1", "MQTT_TLS": "1", "MQTT_PASSWORD": "secret"}.items():
        environment.setenv(f"FJT_{name}", value)
    environment.setenv("FJT_GATEWAY_SOURCE", "camera:0 + serial:/dev/ttyACM0")
    assert GatewaySettings().live


def test_the_program_says_what_is_wrong_and_ends(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.setenv("FJT_GATEWAY_SOURCE", "scene:ghost")
    environment.delenv("FJT_GATEWAY_ORG")
    assert main() == 2
    said = capsys.readouterr().err
    assert "FJT_GATEWAY_SOURCE" in said and "ghost" in said and "FJT_GATEWAY_ORG" in said


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ("camera:0+serial:/dev/ttyACM0", "' + ' between"),
        ("file:/film.mp4?fps=-1", "above 0"),
        ("file:/film.mp4?rate=3", "only fps="),
        ("serial:?baud=9600", "no path"),
        ("camera:0 + rtsp://me:hemligt@10.0.0.5/live", "one camera"),
        ("rstp://me:hemligt@10.0.0.5/live", "use camera:N"),
    ],
)
def test_an_unknown_source_is_refused_without_its_password(
    environment: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], source: str, word: str
) -> None:
    environment.setenv("FJT_GATEWAY_SOURCE", source)
    assert main() == 2
    said = capsys.readouterr().err
    assert word in said and "hemligt" not in said


async def test_a_gateway_alone_refuses_to_judge() -> None:
    alone = GatewaySettings(
        gateway_org="ekby", gateway_device="b27", gateway_source="file:/tmp/a.mp4", judge=JudgePlace.HOME
    )
    with pytest.raises(BadSettings, match="run `fjarrtillsyn gateway`"):
        await run(alone)
