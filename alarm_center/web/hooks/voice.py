"""What is said in a call, as TwiML: the words and the wait for one key, and what the key came to.

https://www.twilio.com/docs/voice/twiml/gather
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from twilio.twiml.voice_response import VoiceResponse  # type: ignore[import-untyped]  # the SDK ships no types

from alarm_center.sms.replies_in import Pressed

_VOICES: Final = MappingProxyType({"sv": "sv-SE", "en": "en-GB"})
_KEY_SECONDS: Final = 6
_TIMES: Final = 3

_SAID: Final[Mapping[str, Mapping[Pressed, str]]] = MappingProxyType(
    {
        "sv": {
            Pressed.TAKEN: "Tack. Larmet är ditt. Adressen kommer i ett SMS.",
            Pressed.TOO_LATE: "Larmet är redan taget. Du behöver inte åka.",
            Pressed.DECLINED: "Noterat. Vi frågar någon annan.",
            Pressed.NOTED: "Tack. Det är noterat.",
            Pressed.UNKNOWN: "Det gick inte att ta emot. Svara på ditt SMS.",
        },
        "en": {
            Pressed.TAKEN: "Thank you. The alarm is yours. The address comes in a text message.",
            Pressed.TOO_LATE: "The alarm is taken already. You need not go.",
            Pressed.DECLINED: "Noted. We ask somebody else.",
            Pressed.NOTED: "Thank you. It is noted.",
            Pressed.UNKNOWN: "That could not be taken. Please reply to your text message.",
        },
    }
)


def ask(words: str, language: str, key_url: str) -> str:
    """Return the TwiML that reads *words*, up to three times, and sends the key that is pressed to *key_url*."""
    response = VoiceResponse()
    for _ in range(_TIMES):
        gather = response.gather(
            input="dtmf", num_digits=1, timeout=_KEY_SECONDS, action=key_url, method="POST", finish_on_key=""
        )
        gather.say(words, language=_VOICES[language])
    response.hangup()
    return str(response)


def answer(pressed: Pressed, language: str) -> str:
    """Return the TwiML that says what a key came to, and ends the call."""
    response = VoiceResponse()
    response.say(_SAID[language][pressed], language=_VOICES[language])
    response.hangup()
    return str(response)
