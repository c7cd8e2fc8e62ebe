"""Texts of SMS and calls to carers: their words, the facts in them, and their length in GSM-7."""

from alarm_center.core.messages.exercise_text import marked_as_exercise
from alarm_center.core.messages.sms_text import Texts, neutral_patrol, template
from alarm_center.core.messages.sms_words import Language
from alarm_center.core.messages.text_facts import TextFacts
from alarm_center.core.messages.text_flaws import UnfitText

__all__ = ["Language", "TextFacts", "Texts", "UnfitText", "marked_as_exercise", "neutral_patrol", "template"]
