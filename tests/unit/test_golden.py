"""Payloads of every version ever released still decode to what they said."""

from pathlib import Path

import pytest

from schemas import messages, wire
from tests.unit.golden_messages import GOLDEN, expected

EXPECTED = expected()
FILES = sorted(path for path in GOLDEN.glob("v*/*") if path.is_file())


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_golden_payload_still_says_what_it_said(path: Path) -> None:
    message = EXPECTED[path.parent.name][path.name]
    assert wire.decode(type(message), path.read_bytes()) == message


def test_every_expected_payload_is_kept() -> None:
    kept = {(path.parent.name, path.name) for path in FILES}
    assert kept == {(version, name) for version, files in EXPECTED.items() for name in files}


def test_every_message_has_a_golden_payload() -> None:
    assert {type(message) for message in EXPECTED["v1"].values()} == set(messages.MESSAGES.values())


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_what_is_sent_today_is_read_back_the_same(path: Path) -> None:
    message = EXPECTED[path.parent.name][path.name]
    assert wire.decode(type(message), wire.encode(message)) == message
