"""The words before a text of an exercise: whoever reads or hears it knows at once that nobody real is in it."""

from typing import Final

from alarm_center.core.messages.sms_words import Language
from alarm_center.core.plan import Wording
from alarm_center.core.replies.carer_actions import VOICE

_FIRST_WORDS: Final = {
    Language.SV: ("ÖVNING", "Detta är en övning"),
    Language.EN: ("TRAINING", "This is an exercise"),
}
"""Of an SMS, and of a call."""


def marked_as_exercise(said: str, language: Language, text: Wording) -> str:
    """Return what is *said* by a text, with the words before it that it is an exercise. It may then take a second segment."""
    return f"{_FIRST_WORDS[language][text in VOICE]}. {said}"
