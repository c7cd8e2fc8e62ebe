"""TwiML of a call: a question, read up to three times with a wait for keys, and the answer to them.

https://www.twilio.com/docs/voice/twiml/gather
"""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from twilio.twiml.voice_response import VoiceResponse  # type: ignore[import-untyped]  # the SDK ships no types

from alarm_center.sms.pressed_keys import KeyOutcome
from alarm_center.web.hooks.call_words import answer_words

_VOICES: Final = MappingProxyType({"sv": "sv-SE", "en": "en-GB"})
_KEY_WAIT_S: Final = 6
_READINGS: Final = 3
_RING_S: Final = 5
"""A ring and the pause after it, in Sweden."""


@dataclass(frozen=True, slots=True)
class Dialled:
    """A phone (E.164) to be called from our number *caller_id* for so many rings; its outcome is posted to *outcome_url*."""

    phone: str
    caller_id: str
    rings: int
    outcome_url: str


def question_twiml(words: str, language: str, key_url: str, digits: int = 1) -> str:
    """Return the TwiML that reads *words*, up to three times, and sends the *digits* that are pressed to *key_url*."""
    response = VoiceResponse()
    for _ in range(_READINGS):
        gather = response.gather(
            input="dtmf", num_digits=digits, timeout=_KEY_WAIT_S, action=key_url, method="POST", finish_on_key=""
        )
        gather.say(words, language=_VOICES[language])
    response.hangup()
    return str(response)


def connecting_twiml(words: str, language: str, dialled: Dialled) -> str:
    """Return the TwiML that reads *words*, calls the resident, and sends what came of it to the address of *dialled*.

    https://www.twilio.com/docs/voice/twiml/dial
    """
    response = VoiceResponse()
    response.say(words, language=_VOICES[language])
    dial = response.dial(
        timeout=dialled.rings * _RING_S, caller_id=dialled.caller_id or None, action=dialled.outcome_url, method="POST"
    )
    dial.number(dialled.phone)
    return str(response)


def spoken_twiml(words: str, language: str, readings: int = 1) -> str:
    """Return the TwiML that reads *words* so many times, and ends the call."""
    response = VoiceResponse()
    for _ in range(readings):
        response.say(words, language=_VOICES[language])
        response.pause(length=1)
    response.hangup()
    return str(response)


def answer_twiml(pressed: KeyOutcome, language: str) -> str:
    """Return the TwiML that says the outcome of the key, and ends the call."""
    response = VoiceResponse()
    response.say(answer_words(pressed, language), language=_VOICES[language])
    response.hangup()
    return str(response)
