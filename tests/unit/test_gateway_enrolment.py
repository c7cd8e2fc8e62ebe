"""A device's enrolment: its code, the file that only its owner reads, the centre's answers, and the strength of its radio."""

import stat
from pathlib import Path

import pytest

from alarm_center.core.mounting import CODE_LETTERS, read_code
from alarm_center.identity import broker_passwords
from deploy.make_secrets import mosquitto_hash
from gateway import enrolment, radio
from gateway.enrolment import Enrolment, NotEnrolled

MADE = Enrolment("vik", "cam-1", "geheim")


def test_a_code_can_be_typed_and_read_back() -> None:
    codes = {enrolment.new_code() for _ in range(200)}
    assert len(codes) == 200
    assert {len(read_code(code) or "") for code in codes} == {CODE_LETTERS} == {enrolment.LETTERS}


def test_settings_are_kept_for_their_owner_alone(tmp_path: Path) -> None:
    kept = tmp_path / "device.env"
    kept.write_text("FJT_GATEWAY_ORG=old")
    kept.chmod(0o644)
    enrolment.keep(MADE, kept)
    assert kept.read_text() == "FJT_GATEWAY_ORG=vik\nFJT_GATEWAY_DEVICE=cam-1\nFJT_MQTT_PASSWORD=geheim\n"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [kept]


@pytest.mark.parametrize("url", ["http://centre.example", "ftp://127.0.0.1", "centre"])
def test_no_password_goes_over_an_open_line(url: str) -> None:
    with pytest.raises(NotEnrolled, match="https"):
        enrolment.claim(url, "ACDE-FGHJ-KM")


def test_a_device_asks_until_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers, waited, shown = iter([None, None, MADE]), list[float](), list[str]()
    monkeypatch.setattr(enrolment, "claim", lambda _url, _code: next(answers))
    assert enrolment.enrol("https://x", tmp_path / "device.env", shown.append, waited.append) == MADE
    assert waited == [enrolment.EVERY_S] * 2
    assert len(shown) == 1


@pytest.mark.parametrize(
    "said",
    [[], {}, {"org": "vik", "device": "a/b", "password": "x"}, {"org": "vik", "device": "b", "password": "x\ny"}],
)
def test_what_no_centre_answers_is_not_kept(said: object) -> None:
    with pytest.raises(NotEnrolled):
        enrolment._enrolment("https://x", said)


def test_a_password_is_kept_as_mosquitto_reads_it() -> None:
    password = broker_passwords.new_password()
    kept = broker_passwords.password_hash(password)
    assert broker_passwords.is_password(password, kept)
    assert not broker_passwords.is_password(password + "x", kept)
    assert broker_passwords.is_password(password, mosquitto_hash(password, b"123456789012"))
    for broken in ("", "$7$101$x", "$6$101$AAAA$AAAA", "$7$99999999$AAAA$AAAA"):
        assert not broker_passwords.is_password(password, broken)


HEAD = "Inter-| sta-|   Quality        |\n face | tus | link level noise |\n"


@pytest.mark.parametrize(
    ("line", "dbm"),
    [
        (" wlan0: 0000   39.  -71.  -256        0\n", -71),
        (" wlan0: 0000   39.  71.  0\n", None),
        ("", None),
        (" w: 0000\n", None),
    ],
)
def test_the_radio_says_its_strength(tmp_path: Path, line: str, dbm: int | None) -> None:
    file = tmp_path / "wireless"
    file.write_text(HEAD + line)
    assert radio.signal_dbm(file) == dbm
    assert radio.signal_dbm(tmp_path / "none") is None
