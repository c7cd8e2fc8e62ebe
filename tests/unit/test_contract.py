"""The contract's table of topics against the broker's rights: each is sent and heard by those it names, and by no others."""

from typing import Final

import pytest

from fjarrtillsyn.embedded.rights import CENTRE, DETECTOR, READ, WRITE, may
from schemas import topics

USERS: Final = {"centre": CENTRE, "detector": DETECTOR, "gateway": "ekby/b27"}
BESIDE: Final = {("session", "centre")}
"""Parts that hear a topic beside its receiver: the centre hears sessions while no detector is alive (ADR 0003)."""


def address(word: str) -> str:
    named = topics.TABLE[word].address
    return named.format(org="ekby", device="b27", session_id="s1", detector_id="d1")


@pytest.mark.parametrize("word", topics.TABLE)
def test_a_topic_is_sent_by_its_sender_alone(word: str) -> None:
    allowed = {part for part, user in USERS.items() if may(WRITE, user, address(word))}
    assert allowed == set(topics.TABLE[word].sender.split(" or "))


@pytest.mark.parametrize("word", topics.TABLE)
def test_a_topic_is_heard_by_its_receiver_alone(word: str) -> None:
    also = {part for said, part in BESIDE if said == word} | ({"detector"} if word == "pulse" else set())
    allowed = {part for part, user in USERS.items() if may(READ, user, address(word))}
    assert allowed == {topics.TABLE[word].receiver} | also


@pytest.mark.parametrize("word", [word for word, route in topics.TABLE.items() if "{device}" in route.address])
def test_no_device_reaches_a_topic_of_another(word: str) -> None:
    for rights in (READ, WRITE):
        assert not may(rights, "ekby/b28", address(word)) and not may(rights, "vik/b27", address(word))
