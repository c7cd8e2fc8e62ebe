"""Notes on a town's file: what is let through and yet may not be what was meant."""

from collections.abc import Iterator
from typing import Final

from alarm_center.core import phone_numbers
from alarm_center.core.messages import neutral_patrol
from alarm_center.town.model import TownFile
from alarm_center.town.problems import Found
from alarm_center.town.toml_lines import Where
from alarm_center.words import town_words
from alarm_center.words.town_words import sentence
from schemas.vocabulary import DeviceKind, GreenBy

_LABEL_CHARACTERS: Final = 40
"""A longer patrol's label is cut off in the board's narrowest column."""


def notes_on(town: TownFile) -> Iterator[Found]:
    """Yield what is worth a second look: numbers of machines, rooms that a camera does not know, and patrols' labels that no SMS says."""
    numbers: list[tuple[Where, str]] = [(("organisation", "sending_number"), town.organisation.sending_number)]
    if town.organisation.second_number:
        numbers.append((("organisation", "second_number"), town.organisation.second_number))
    numbers += [(("carers", at, "phone"), carer.phone) for at, carer in enumerate(town.carers or ())]
    numbers += [(("residents", at, "phone"), one.phone) for at, one in enumerate(town.residents or ()) if one.phone]
    for place, number in numbers:
        if phone_numbers.is_machine(number):
            yield place, sentence(town_words.MACHINE_NUMBER, value=number)
    for at, one in enumerate(town.residents or ()):
        if one.green_by is GreenBy.DETECTOR:
            for which, device in enumerate(one.devices):
                if device.kind is DeviceKind.CAMERA and not device.profile.signature:
                    found = sentence(town_words.ROOM_UNKNOWN, device=device.id)
                    yield ("residents", at, "devices", which, "profile"), found
    for at, shift in enumerate(town.shifts or ()):
        if shift.role == "patrol" and neutral_patrol(shift.patrol) is None:
            yield ("shifts", at, "patrol"), sentence(town_words.PATROL_UNSAID, label=shift.patrol)
        if len(shift.patrol) > _LABEL_CHARACTERS:
            yield (
                ("shifts", at, "patrol"),
                sentence(town_words.PATROL_LONG, label=f"{shift.patrol:.20}…", most=_LABEL_CHARACTERS),
            )
