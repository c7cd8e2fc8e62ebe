"""A town's file as values: one model for each kind of table, with times, phone numbers and days read."""

from collections.abc import Mapping
from datetime import date, time
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    StringConstraints,
    ValidationInfo,
    model_validator,
)

from alarm_center.core import phone_numbers
from alarm_center.core.people import TOWN_CARE
from alarm_center.core.phone_numbers import COUNTRY
from alarm_center.town.problems import Problem, RefusedValue
from alarm_center.town.times import EVERY_DAY, clock_time, week_days
from alarm_center.town.toml_lines import Where
from alarm_center.words import town_words
from schemas.limits import SECONDS_MAX, SECONDS_MIN
from schemas.messages import Capture, Name, Profile
from schemas.vocabulary import (
    AfterTrial,
    Capacity,
    CohabitantSleeps,
    ConsentState,
    ConsentTo,
    ContactHours,
    DecisionKind,
    DeviceKind,
    GivenHow,
    GreenBy,
    HandledBy,
    Instead,
    Mark,
    Role,
    Show,
)


def _phone(value: Any, info: ValidationInfo) -> str:
    country = (info.context or {}).get("country", COUNTRY)
    try:
        return phone_numbers.parse_phone_number(value, country)
    except phone_numbers.ImpossibleNumber:
        raise RefusedValue(town_words.IMPOSSIBLE_PHONE, value=f"{value!s:.30}", country=country) from None
    except ValueError:
        raise RefusedValue(town_words.NO_PHONE, value=f"{value!s:.30}") from None


def _takes_sms(value: str) -> str:
    if phone_numbers.is_fixed_line(value):
        raise RefusedValue(town_words.FIXED_LINE, value=value)
    if not phone_numbers.takes_sms(value):
        raise RefusedValue(town_words.TAKES_NO_SMS, value=value)
    return value


def _sends_sms(value: str) -> str:
    if not phone_numbers.takes_sms(value):
        raise RefusedValue(town_words.SENDS_NO_SMS, value=value)
    return value


def _zone(value: str) -> str:
    try:
        return ZoneInfo(value).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise RefusedValue(town_words.NO_ZONE, value=f"{value:.40}") from None


def _is_no_word_of_ours(value: str) -> str:
    if value == TOWN_CARE:
        raise RefusedValue(town_words.TOWN_CARE_CODE, code=TOWN_CARE)
    return value


Clock = Annotated[time, BeforeValidator(clock_time)]
WeekDays = Annotated[tuple[int, ...], BeforeValidator(week_days)]
Phone = Annotated[str, BeforeValidator(_phone)]
Mobile = Annotated[Phone, AfterValidator(_takes_sms)]
Sender = Annotated[Phone, AfterValidator(_sends_sms)]
Zone = Annotated[str, AfterValidator(_zone)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)]
AreaCode = Annotated[str, StringConstraints(pattern=r"^[0-9A-ZÅÄÖ]{1,4}$")]
"""Short and neutral: it goes out by SMS."""
PositionCode = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,30}$")]
PerformerCode = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,30}$")]
Host = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9.-]{0,80}[a-z0-9])?(:[0-9]{1,5})?$")]
Login = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._@-]{0,62}$")]
Answers = dict[str, Any]
"""A plan's answers, as :meth:`alarm_center.core.plan.Plan.from_settings` takes them."""


class FilePart(BaseModel):
    """A piece of the file. What it does not know is an error, since it is most often a word misspelt."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class OrganisationEntry(FilePart):
    """The town: its own answers, and the numbers that its SMS come from and its carers can call."""

    id: Name
    name: Text
    country: Annotated[str, StringConstraints(pattern="^[A-Z]{2}$")] = COUNTRY
    zone: Zone = "Europe/Stockholm"
    language: Literal["sv", "en"] = "sv"
    handled_by: HandledBy = HandledBy.ALARM_CENTRE
    spread_seconds: int = Field(default=60, ge=0, le=3600)
    first_view: Literal["clear", "blurred"] = "clear"
    """The first view of a case's pictures for its holder."""
    sending_number: Sender
    provider: Literal["twilio", "46elks"] | None = None
    """The provider that its SMS and calls go through; the service's first one where it says none."""
    second_number: Sender | None = None
    """Its number at the provider that is not its own, where that is another number."""
    link_host: Host
    fixed_number: Phone | None = None
    data_number: Phone | None = None
    sms_price: int | None = Field(default=None, ge=0, le=100_000)
    """Price of an SMS by the town's own price list, in hundredths of its money; without it no cost is told."""
    call_price: int | None = Field(default=None, ge=0, le=100_000)
    visit_km: float | None = Field(default=None, gt=0, le=500)
    """Kilometres of one visit, by the town's own reckoning, said in the month ``visit_km_set``."""
    visit_km_set: Annotated[str, StringConstraints(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$")] | None = None
    course_months: int = Field(default=12, ge=1, le=60)
    """Months for which a finished course of its people counts."""
    plan: Answers = Field(default_factory=dict)

    @model_validator(mode="after")
    def _has_kilometres_with_their_month(self) -> Self:
        if (self.visit_km is None) != (self.visit_km_set is None):
            raise RefusedValue(town_words.KILOMETRES)
        return self


class AreaEntry(FilePart):
    """A district with its own night patrol; its code is neutral, never a village's name."""

    code: AreaCode
    plan: Answers = Field(default_factory=dict)


class PerformerEntry(FilePart):
    """A company that carries out care in the town, known in the file by its ``code``."""

    code: Annotated[PerformerCode, AfterValidator(_is_no_word_of_ours)]
    name: Text


class UserEntry(FilePart):
    """A person whom the town asks to be one of its users; ``name`` is what it calls them until they say yes themselves.

    ``performers`` are codes, or ``"town"`` for the town's own care; without it all of them.
    """

    login: Login
    name: Text
    roles: Annotated[tuple[Role, ...], Field(min_length=1)]
    areas: Annotated[tuple[AreaCode, ...], Field(min_length=1)] | None = None
    performers: Annotated[tuple[PerformerCode, ...], Field(min_length=1)] | None = None


class CarerEntry(FilePart):
    """A carer who can be sent. ``name`` is what shifts refer to, most often the patrol's phone."""

    name: Text
    phone: Mobile
    login: Login | None = None
    protected: bool = False
    """Protected identity: the name stands on no list and in no file that goes out."""


class ShiftEntry(FilePart):
    """A carer's duty in an area, on the nights that begin on ``weekdays``."""

    area: AreaCode
    carer: Text
    patrol: Text
    role: Literal["patrol", "lead"] = "patrol"
    starts: Clock
    ends: Clock
    weekdays: WeekDays = EVERY_DAY
    from_night: date | None = None
    until_night: date | None = None
    every_weeks: Annotated[int, Field(ge=1, le=12)] = 1
    """A rotation: each so many weeks, counted from the week of ``week_of``, or of ``from_night``."""
    week_of: date | None = None


class ConsentEntry(FilePart):
    """Consent of the resident, or of the cohabitant; ``instead`` is what comes when it is revoked.

    ``allows`` is what a limited one allows: sensors alone where nothing else is said.
    """

    state: ConsentState
    given_on: date
    basis: Note = ""
    instead: Instead | None = None
    allows: Annotated[tuple[ConsentTo, ...], Field(min_length=1)] | None = None
    automatic: bool | None = None
    """May a machine alone answer that all is well; ``None``: not asked."""
    given_how: GivenHow | None = None
    language: Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)] = ""
    present: Note = ""
    """People in the room, in words."""
    second_talk_on: date | None = None
    capacity: Capacity | None = None
    legal_position: PositionCode | None = None
    representative: Note = ""
    """Word of a representative, in words: information, never consent."""

    @property
    def agreed(self) -> frozenset[ConsentTo]:
        """Uses that it allows: all where the consent is given, none where it is revoked."""
        match self.state:
            case ConsentState.GIVEN:
                return frozenset(ConsentTo)
            case ConsentState.LIMITED:
                return frozenset(self.allows or (ConsentTo.SENSORS,))
            case ConsentState.REVOKED:
                return frozenset()

    @model_validator(mode="after")
    def _allows_what_it_can(self) -> Self:
        if self.allows is None:
            return self
        if self.state is not ConsentState.LIMITED:
            raise RefusedValue(town_words.ALLOWS_NOT_LIMITED, state=self.state)
        if set(self.allows) == set(ConsentTo):
            raise RefusedValue(town_words.ALLOWS_EVERYTHING)
        if ConsentTo.SHOWN_TO_PEOPLE in self.allows and ConsentTo.CAMERA not in self.allows:
            raise RefusedValue(town_words.ALLOWS_NO_PICTURES)
        return self


class DecisionEntry(FilePart):
    """The town's decision that this resident is looked after, or its offer without an individual test."""

    reference: Text
    kind: DecisionKind = DecisionKind.DECISION
    purpose: Note = ""
    less_intrusive: Note = ""
    """Less intrusive ways that were tried, in words."""
    alternative: Note = ""
    """The alternative that was offered, in words."""
    starts_on: date
    ends_on: date | None = None
    trial_ends_on: date | None = None
    after_trial: AfterTrial | None = None
    follow_up_on: date | None = None


class LegalPositionEntry(FilePart):
    """The town's own legal position on consent where capacity is in doubt; a consent names it by its ``code``."""

    code: PositionCode
    reference: Text
    decided_by: Text
    decided_on: date
    review_on: date


class ContactEntry(FilePart):
    """A person to ring about a resident. ``may_be_told`` says what, in words; nothing where it is empty."""

    name: Text
    relation: Annotated[str, StringConstraints(strip_whitespace=True, max_length=80)] = ""
    phone: Phone
    hours: ContactHours = ContactHours.ANY
    may_be_told: Note = ""
    has_key: bool = False
    ring_first: bool = False


class DeviceEntry(FilePart):
    """A camera or sensors in the resident's home."""

    id: Name
    kind: DeviceKind
    label: Annotated[str, StringConstraints(max_length=80)] = ""
    profile: Profile = Profile()
    capture: Capture = Capture()


class SlotEntry(FilePart):
    """A time at which the resident has chosen to be looked after, on the nights that begin on ``weekdays``."""

    time: Clock
    weekdays: WeekDays = EVERY_DAY
    window_minutes: int = Field(default=0, ge=0, le=480)
    seconds: int = Field(default=10, ge=SECONDS_MIN, le=SECONDS_MAX)
    by_visit: bool = False
    from_night: date | None = None
    until_night: date | None = None
    """The first night on which it is no longer owed."""


class ResidentEntry(FilePart):
    """One person who is looked after, known elsewhere by ``number`` alone; without a ``performer`` by the town's own care."""

    number: int = Field(ge=1, le=999_999)
    name: Text
    area: AreaCode
    performer: PerformerCode | None = None
    address: Text
    phone: Phone | None = None
    risk: int = Field(default=2, ge=1, le=3)
    pets: bool = False
    cohabitant: Text | None = None
    cohabitant_sleeps: CohabitantSleeps | None = None
    """Said where the device expects one person only: a cohabitant in its view would be taken for the resident."""
    shares_bed_with: int | None = Field(default=None, ge=1, le=999_999)
    """Number of another resident in the same bed; the device of one of them serves both."""
    protected: bool = False
    """Protected identity (skyddad folkbokföring)."""
    access: Note = ""
    """The way in: the lock or the key by its number."""
    port_code: Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)] = ""
    key_place: Note = ""
    """The place where the key hangs."""
    second_way: Note = ""
    door_tried_on: date | None = None
    contacts: tuple[ContactEntry, ...] | None = None
    marks: tuple[Mark, ...] = ()
    notes: Note = ""
    closed_to: tuple[Login, ...] = ()
    """The logins of colleagues who are related: this resident is closed to them."""
    moved_on: date | None = None
    died_on: date | None = None
    green_by: GreenBy = GreenBy.OPERATOR
    show: Show = Show.DEVIATION
    signed_by: Text | None = None
    signed_on: date | None = None
    plan: Answers = Field(default_factory=dict)
    consent: ConsentEntry | None = None
    cohabitant_consent: ConsentEntry | None = None
    decision: DecisionEntry | None = None
    devices: tuple[DeviceEntry, ...] = ()
    slots: tuple[SlotEntry, ...] = ()


class ExportedState(FilePart):
    """The town as it was when the file was written: a digest for each part, and the shifts themselves, since they have no names.

    An import tells by it what somebody has changed since.
    """

    parts: dict[str, str] = Field(default_factory=dict)
    shifts: tuple[str, ...] = ()
    shifts_until: date | None = None
    """The first night for which no shift had been laid."""


class TownFile(FilePart):
    """A whole town. A part that is ``None`` is not kept in the file, and the import leaves it alone."""

    organisation: OrganisationEntry
    areas: Annotated[tuple[AreaEntry, ...], Field(min_length=1)]
    performers: tuple[PerformerEntry, ...] | None = None
    legal_positions: tuple[LegalPositionEntry, ...] | None = None
    users: tuple[UserEntry, ...] | None = None
    carers: tuple[CarerEntry, ...] | None = None
    shifts: tuple[ShiftEntry, ...] | None = None
    residents: tuple[ResidentEntry, ...] | None = None
    exported: ExportedState | None = None

    _lines: Mapping[Where, int] = PrivateAttr(default_factory=dict)
    _notes: tuple[Problem, ...] = PrivateAttr(default=())
    _some: bool = PrivateAttr(default=False)

    @property
    def lines(self) -> Mapping[Where, int]:
        """Lines of each table and key; empty when the town was not read from a text."""
        return self._lines

    @property
    def has_some_residents(self) -> bool:
        """Tell whether its residents are some of the town's only, and say nothing of the others."""
        return self._some

    def of_some_residents(self) -> Self:
        """Return the town as one that says nothing of other residents than its own."""
        self._some = True
        return self

    @property
    def notes(self) -> tuple[Problem, ...]:
        """Notes on what is let through and yet may not be what was meant, each with its line."""
        return self._notes
