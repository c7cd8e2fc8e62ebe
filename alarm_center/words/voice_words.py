"""Answers that a call reads out when keys were pressed, and what a carer who calls is told, in the town's language.

`web/hooks/voice.py` chooses one. The words of the call itself are in `core/messages/sms_words.py`.
"""

from collections.abc import Sequence
from typing import Final

from alarm_center.core.replies.ring_in import CodeAnswer
from alarm_center.core.resident_card import ResidentCard
from alarm_center.words import resident_words
from alarm_center.words.catalogues import Speech
from alarm_center.words.catalogues import mark as _

TAKEN: Final = _("Tack. Larmet är ditt. Adressen kommer i ett SMS.")
TOO_LATE: Final = _("Larmet är redan taget. Du behöver inte åka.")
DECLINED: Final = _("Noterat. Vi frågar någon annan.")
NOTED: Final = _("Tack. Det är noterat.")
CONNECTING: Final = _("Vi ringer upp brukaren nu. Dröj kvar.")
NOBODY_TO_CALL: Final = _("Brukaren ska inte ringas upp, eller har inget nummer.")
NOT_TAKEN: Final = _("Det gick inte att ta emot. Svara på ditt SMS.")


ASK_CODE: Final = _("Ange din personliga kod, fem siffror.")
CODE_WRONG: Final = _("Koden stämmer inte. Ange din kod igen, fem siffror.")
CODE_REFUSED: Final = _("Koden stämmer inte. Ingen adress lämnas ut. Nattledaren får veta det.")
NO_CASE: Final = _("Du har inget taget larm just nu.")
NO_NUMBER: Final = _("Numret används inte.")
_CASE: Final = _("Larm %(case)s. %(address)s.")
_NO_ADDRESS: Final = _("Larm %(case)s gäller ingen adress.")
_WARNING: Final = _("Tänk på: %(marks)s.")
_DOOR: Final = _("Dörren: %(door)s.")
_NO_DOOR: Final = _("Hur man kommer in är inte antecknat.")
_SECOND_WAY: Final = _("Annan väg in: %(way)s.")


def code_words(answer: CodeAnswer | None, cases: Sequence[tuple[int, ResidentCard | None]], speech: Speech) -> str:
    """Return what a caller hears: the question for a code, why it was none, or case number, address and door of each of *cases*."""
    if answer is None:
        return speech(ASK_CODE)
    if answer is not CodeAnswer.RIGHT:
        return speech(CODE_WRONG if answer is CodeAnswer.WRONG else CODE_REFUSED)
    return " ".join(_case_words(case_no, card, speech) for case_no, card in cases) or speech(NO_CASE)


def _case_words(case_no: int, card: ResidentCard | None, speech: Speech) -> str:
    case = " ".join(str(case_no))
    if card is None:
        return speech(_NO_ADDRESS, case=case)
    marks = resident_words.marks(card, speech)
    code = speech("portkod %(code)s", code=" ".join(card.port_code)) if card.port_code else ""
    door = ", ".join(part for part in (code, card.access, card.key_place) if part)
    said = [
        speech(_CASE, case=case, address=card.address),
        speech(_WARNING, marks=marks.lower()) if marks else "",
        speech(_DOOR, door=door) if door else speech(_NO_DOOR),
        speech(_SECOND_WAY, way=card.second_way) if card.second_way else "",
    ]
    return " ".join(part for part in said if part)
