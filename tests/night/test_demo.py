"""The demo as a newcomer and as a machine run it: a whole night judged, and a page that is there soon and leaves nothing."""

import json
import os
import re
import signal
import subprocess
import urllib.request
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.support.demo_process import URL_WITHIN_S, command, demo_folder, read_welcome, running_demo

pytestmark = pytest.mark.night

NIGHT_WITHIN_S = 1200
"""On an idle machine a tenth is enough."""
STORY = (
    "check_opened",
    "session_received",
    "finding",
    "alarm_opened",
    "sms_sent",
    "reply",
    "accepted",
    "on_site",
    "closed",
)


@dataclass(frozen=True)
class Played:
    """The result of one night without anybody."""

    status: int
    lines: list[dict[str, Any]]
    ledger: dict[str, int]
    stderr: str
    left: list[str]


@pytest.fixture(scope="module")
def night() -> Iterator[Played]:
    """One night, played alone by a process of its own; its temporary files are in a folder that nobody else uses."""
    with demo_folder() as folder:
        yield _played_alone(folder)


def _played_alone(folder: Path, *more: str) -> Played:
    run = subprocess.run(
        command("--headless", "--json", *more),
        # Whatever the environment says of a real service, the demo does not read it.
        env={
            **os.environ,
            "TMPDIR": str(folder),
            "FJT_LIVE": "1",
            "FJT_PROVIDER": "twilio",
            "FJT_DATABASE_URL": "nowhere",
        },
        capture_output=True,
        text=True,
        timeout=NIGHT_WITHIN_S,
        check=False,
    )
    *lines, last = [json.loads(line) for line in run.stdout.splitlines()]
    return Played(run.returncode, lines, last["ledger"], run.stderr, list_of_databases(folder))


def list_of_databases(folder: Path) -> list[str]:
    return [path.name for path in folder.glob("fjt-*")]


def test_a_night_of_twelve_homes_comes_out_right(night: Played) -> None:
    assert night.status == 0, night.stderr


def test_the_ledger_adds_up_and_nothing_is_open(night: Played) -> None:
    ledger = night.ledger
    assert ledger == {"owed": 24, "seen": 21, "alarmed": 3, "cancelled": 0, "open": 0}
    assert ledger["owed"] == ledger["seen"] + ledger["alarmed"] + ledger["cancelled"] + ledger["open"]


@pytest.mark.long
def test_a_night_that_homes_judge_comes_out_the_same() -> None:
    with demo_folder() as folder:
        played = _played_alone(folder, "--judge", "home")
    assert played.status == 0, played.stderr
    assert played.ledger == {"owed": 24, "seen": 21, "alarmed": 3, "cancelled": 0, "open": 0}
    assert played.left == []


def test_each_line_says_what_when_and_about_whom(night: Played) -> None:
    for line in night.lines:
        assert line["event"] in STORY
        assert datetime.fromisoformat(line["at"]).tzinfo is not None
        assert line["resident"] in range(1, 13)
        assert {"check_id", "alarm_id"} <= line.keys()
        assert line["check_id"]
    at = [line["at"] for line in night.lines]
    assert at == sorted(at)


def test_the_fall_is_told_from_the_look_to_the_close(night: Played) -> None:
    alarm = next(line for line in night.lines if line["event"] == "alarm_opened" and line["kind"] == "something_wrong")
    about = [line for line in night.lines if line["check_id"] == alarm["check_id"]]
    first = [next(i for i, line in enumerate(about) if line["event"] == event) for event in STORY]
    assert first == sorted(first)
    assert alarm["priority"] == 1
    assert [line["meaning"] for line in about if line["event"] == "reply"] == ["take", "on_site", "done"]
    assert about[-1]["outcome"] == "helped_up"


def test_only_the_four_homes_that_need_somebody_get_an_sms(night: Played) -> None:
    about = Counter(line["resident"] for line in night.lines if line["event"] == "sms_sent")
    assert set(about) == {7, 9, 10, 11}
    assert {line["resident"] for line in night.lines if line["event"] == "alarm_opened"} == {7, 9, 10, 11}


def test_the_demo_leaves_nothing_and_logs_no_personal_data(night: Played) -> None:
    assert night.left == []
    told = json.dumps(night.lines, ensure_ascii=False) + night.stderr
    assert not re.search(r"Gunborg|Idh|Åkervägen|\+4670|Patrull", told)


def test_the_page_is_there_within_a_minute_and_leaves_no_trace() -> None:
    with demo_folder() as folder, running_demo(folder) as running:
        url, password = read_welcome(running)
        login = urllib.request.Request(f"{url}/login", headers={"Accept-Language": "sv"})
        with urllib.request.urlopen(login, timeout=URL_WITHIN_S) as page:
            assert "Klockan står på 21:45. Natten börjar när du loggar in." in page.read().decode()
        with urllib.request.urlopen(f"{url}/phone", timeout=URL_WITHIN_S) as page:
            assert page.status == 200
        assert password.startswith("natt-")
        assert list_of_databases(folder)
        running.send_signal(signal.SIGINT)
        running.wait(timeout=60)
        complained = (folder / "demo.log").read_text()
        assert running.returncode == 0, complained
        assert "Traceback" not in complained
        assert list_of_databases(folder) == []
