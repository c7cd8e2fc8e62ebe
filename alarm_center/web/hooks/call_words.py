"""Words that a call reads out: its question, and the answer to the key that was pressed."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final
from uuid import UUID

from alarm_center.sms.pressed_keys import KeyOutcome
from alarm_center.sms.ring_in import CallAnswer
from alarm_center.store import connected_calls, messages, towns
from alarm_center.store.connected_calls import ResidentCall
from alarm_center.store.memory import Memory
from alarm_center.words import voice_words
from alarm_center.words.catalogues import SPEECHES
from schemas.vocabulary import Channel

LANGUAGE: Final = "sv"
"""The language of an answer about a call that is not ours."""

_ANSWERS: Final[Mapping[KeyOutcome, str]] = MappingProxyType(
    {
        KeyOutcome.TAKEN: voice_words.TAKEN,
        KeyOutcome.TOO_LATE: voice_words.TOO_LATE,
        KeyOutcome.DECLINED: voice_words.DECLINED,
        KeyOutcome.NOTED: voice_words.NOTED,
        KeyOutcome.UNKNOWN: voice_words.NOT_TAKEN,
    }
)


@dataclass(frozen=True, slots=True)
class CallWords:
    """The question of a call, in its town's language."""

    question: str
    language: str


async def find_call(memory: Memory, message_id: UUID) -> CallWords | None:
    """Return the words of one of our calls; ``None`` for anything else."""
    async with memory.transaction() as tx:
        message = await messages.get(tx, message_id)
        if message is None or message.channel is not Channel.CALL:
            return None
        return CallWords(message.body, (await towns.town(tx, message.org)).language)


async def find_resident_call(memory: Memory, message_id: UUID) -> ResidentCall | None:
    """Return whom one of our calls goes on to; ``None`` for a call that reads a question."""
    return await memory.attempt(lambda tx: connected_calls.resident_call(tx, message_id))


def answer_words(pressed: KeyOutcome, language: str) -> str:
    """Return the words that say the outcome of the key."""
    return SPEECHES[language](_ANSWERS[pressed])


def call_answer_words(answered: CallAnswer) -> str:
    """Return the words that a carer who calls us hears."""
    cases = [(case.case_no, case.card) for case in answered.cases]
    return voice_words.code_words(answered.answer, cases, SPEECHES[answered.language])
