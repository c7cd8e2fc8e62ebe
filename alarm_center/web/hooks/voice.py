"""TwiML of a call: the question, read up to three times with a wait for one key, and the answer to the key.

https://www.twilio.com/docs/voice/twiml/gather
"""

from types import MappingProxyType
from typing import Final

from twilio.twiml.voice_response import VoiceResponse  # type: ignore[import-untyped]  # the SDK ships no types

from alarm_center.sms.pressed_keys import KeyOutcome
from alarm_center.web.hooks.call_words import answer_words

_VOICES: Final = MappingProxyType({"sv": "sv-SE", "en": "en-GB"})
_KEY_WAIT_S: Final = 6
_READINGS: Final = 3


def question_twiml(words: str, language: str, key_url: str) -> str:
    """Return the TwiML that reads *words*, up to three times, and sends the key that is pressed to *key_url*."""
    response = VoiceResponse()
    for _ in range(_READINGS):
        gather = response.gather(
            input="dtmf", num_digits=1, timeout=_KEY_WAIT_S, action=key_url, method="POST", finish_on_key=""
        )
        gather.say(words, language=_VOICES[language])
    response.hangup()
    return str(response)


def answer_twiml(pressed: KeyOutcome, language: str) -> str:
    """Return the TwiML that says the outcome of the key, and ends the call."""
    response = VoiceResponse()
    response.say(answer_words(pressed, language), language=_VOICES[language])
    response.hangup()
    return str(response)
