"""Answers that a call reads out when a key was pressed, in the town's language. All still to be translated.

`web/hooks/voice.py` chooses one. The words of the call itself are in `core/messages/sms_text.py`.
"""

from typing import Final

from alarm_center.words.catalogues import mark as _

TAKEN: Final = _("Tack. Larmet är ditt. Adressen kommer i ett SMS.")
TOO_LATE: Final = _("Larmet är redan taget. Du behöver inte åka.")
DECLINED: Final = _("Noterat. Vi frågar någon annan.")
NOTED: Final = _("Tack. Det är noterat.")
NOT_TAKEN: Final = _("Det gick inte att ta emot. Svara på ditt SMS.")
