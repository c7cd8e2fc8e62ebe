"""The numbers, codes and times that an SMS or a call may say."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFacts:
    """Facts that a text may say. Give those that are known; a text takes those that it needs.

    ``area`` is a neutral code of at most four digits or capitals. ``patrol`` is said only if it is a patrol's
    label with a number ("Patrull 2"), never a person's name. ``by`` is a deadline, or a visit's time.
    ``token`` is the notice's own link token; ``incident_link`` makes the link of an incident's list. ``digit``
    is the one that the carer sent, or that means what they said; ``other_digit`` the one that it is in another case. ``phone``, in E.164, is the number of a colleague in trouble: whoever ``sees_to`` it
    rings, the others go. ``numbered``: their bare digit would be of another case.
    """

    case_no: int | None = None
    priority: int | None = None
    area: str | None = None
    by: datetime | None = None
    token: str | None = None
    patrol: str | None = None
    phone: str | None = None
    other_no: int | None = None
    other_priority: int | None = None
    minutes: int | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    incident_link: str | None = None
    places: int | None = None
    digit: str | None = None
    other_digit: str | None = None
    sees_to: bool | None = None
    numbered: bool | None = None
