"""Plan of a resident over area and town: chains, time limits, the purposes of SMS and calls.

A town's choices are fields here; the defaults are those of most towns (docs/domain.md#towns-compared).
A plan is data: the shell loads it as JSON, lays the resident's over the town's, and hands it to the decisions.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from alarm_center.core.plan_faults import BadSetting, SettingFault
from alarm_center.core.reason_table import REASON_TABLE, Reaction, Rule
from schemas.limits import SECONDS_MAX, SECONDS_MIN
from schemas.vocabulary import AlarmKind, Answer, Channel, HandledBy, Priority, Reason, Who


class Wording(StrEnum):
    """The purpose of an SMS or a call. Kept on notices and messages; the words themselves are in sms_words."""

    # asked of a carer
    CALL_OUT = "call_out"
    VISIT = "visit"
    REMINDER = "reminder"
    ESCALATION = "escalation"
    """To the lead or the fixed number: no patrol has taken it."""
    ESCALATION_LATE = "escalation_late"
    """To the lead: taken, and nobody is on site in time."""
    OUTCOME = "outcome"
    """To the lead: nobody needs to go any more, and nobody has said how it ended."""
    TROUBLE_HELP = "trouble_help"
    """Words of a trouble. No stored notice has them: a release before does not know them (ADR 0070)."""
    TROUBLE_CANNOT_GET_IN = "trouble_cannot_get_in"
    TROUBLE_NOBODY_HOME = "trouble_nobody_home"
    TROUBLE_SILENT = "trouble_silent"
    TROUBLE_UNDELIVERED = "trouble_undelivered"
    ON_SITE_CHECK = "on_site_check"
    SHIFT_ENDS = "shift_ends"
    MUSTER = "muster"
    MUSTER_WHO = "muster_who"
    """Question of the muster in a town whose carers have personal codes."""
    MUSTER_SILENT = "muster_silent"
    """To the lead: a shift has begun, and nobody has said that its phone is held."""
    CONFIRM_BY_VOICE = "confirm_by_voice"
    """To the lead: ring whoever has said how a case ended, and confirm it."""
    CONFIRM_OVERDUE = "confirm_overdue"
    PAUSES_UNANSWERED = "pauses_unanswered"
    """To the lead: pauses have ended, and nobody has said whether the residents are at home."""
    NIGHT_THREATENED = "night_threatened"
    """To the lead in the evening: the supervision of so many residents is threatened tonight."""
    PLANNER_WAITING = "planner_waiting"
    CARER_TEST = "carer_test"
    """To a planner who has asked, in the morning and the afternoon: so much waits."""
    INCIDENT = "incident"
    INCIDENT_LATE = "incident_late"
    INCIDENT_LEAD = "incident_lead"
    """To the lead and the fixed number, who may answer that they see to it."""
    INCIDENT_YOURS = "incident_yours"
    """To the lead who has said so."""
    INCIDENT_OVER = "incident_over"
    """To a lead who says so too late."""
    STUCK = "stuck"
    """To the lead and the fixed number: the service itself cannot go on with this case."""
    STUCK_CHECK = "stuck_check"
    # told to a carer
    GRANTED = "granted"
    TAKEN = "taken"
    STOOD_DOWN = "stood_down"
    CASE_CLOSED = "case_closed"
    SEEN_TO = "seen_to"
    """To those asked because of a trouble: somebody else sees to it."""
    YOU_SEE_TO_IT = "you_see_to_it"
    """To the lead who has said so."""
    ALSO_SEEKS = "also_seeks"
    """You took one; the other seeks another patrol."""
    HAVE_BOTH = "have_both"
    DECLINED = "declined"
    DECLINED_ONE = "declined_one"
    ARRIVED = "arrived"
    DONE = "done"
    CANNOT_GET_IN = "cannot_get_in"
    STAYING = "staying"
    NO_MORE_LOOKS = "no_more_looks"
    """Looks have stopped, on the resident's own word that the carer has passed on from the home."""
    HELP_COMING = "help_coming"
    MUSTER_YES = "muster_yes"
    CODES_REFUSED = "codes_refused"
    """To the lead: somebody has called and given three wrong codes."""
    CODE_UNKNOWN = "code_unknown"
    """To a phone that is held: a personal code was none."""
    MUSTER_NO = "muster_no"
    NOT_YOURS = "not_yours"
    NO_CASE = "no_case"
    UNKNOWN_CASE = "unknown_case"
    WHICH_CASE = "which_case"
    WHICH_ANSWER = "which_answer"
    """A digit that says where a person is, or something else of another case."""
    WHERE_AGAIN = "where_again"
    """To a carer whose answer to "Vet du var?" is none: a person reads it."""
    NOT_UNDERSTOOD = "not_understood"
    """A person reads it."""
    READ_BY_OPERATOR = "read_by_operator"
    """A person reads it, and the phone has no case."""
    NOBODY_HOME = "nobody_home"
    """To a carer who finds nobody: asks where the person is."""
    WHERE_NOTED = "where_noted"
    WHERE_UNKNOWN = "where_unknown"
    FOUND = "found"
    SMS_STOPPED = "sms_stopped"
    """To the lead and the planner: a phone takes no SMS."""
    SMS_STOPPED_LAST = "sms_stopped_last"
    SMS_STARTED = "sms_started"
    LATE_NOTED = "late_noted"
    """To a carer who is late: the new time of arrival."""
    LATE_AGAIN = "late_again"
    """To a carer who is late a second time: the time stays as it was moved."""
    CARER_LATE = "carer_late"
    """To the lead: a carer has said so."""
    # read out in a call
    VOICE_CONNECT = "voice_connect"
    """To an operator who wants to speak with the resident: they are called next, and connected."""
    VOICE_CALL_OUT = "voice_call_out"
    VOICE_ON_SITE_CHECK = "voice_on_site_check"
    VOICE_TROUBLE_HELP = "voice_trouble_help"
    VOICE_TROUBLE_CANNOT_GET_IN = "voice_trouble_cannot_get_in"
    VOICE_TROUBLE_NOBODY_HOME = "voice_trouble_nobody_home"
    VOICE_TROUBLE_SILENT = "voice_trouble_silent"
    VOICE_TROUBLE_UNDELIVERED = "voice_trouble_undelivered"
    VOICE_TROUBLE_LATE = "voice_trouble_late"
    VOICE_TROUBLE_OUTCOME = "voice_trouble_outcome"
    VOICE_INCIDENT_LATE = "voice_incident_late"
    """To the lead and the fixed number: an incident that nobody has acknowledged. It asks for no key."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a chain: *after* the round's start, ask *who* by *channel*."""

    after: timedelta
    who: Who
    channel: Channel = Channel.SMS
    wording: Wording = Wording.CALL_OUT


def _at(seconds: int, who: Who, channel: Channel = Channel.SMS, wording: Wording = Wording.CALL_OUT) -> Step:
    return Step(timedelta(seconds=seconds), who, channel, wording)


CHAINS: Final[Mapping[Priority, tuple[Step, ...]]] = MappingProxyType(
    {
        Priority.FIRST: (
            _at(0, Who.PATROL),
            _at(90, Who.PATROL, Channel.CALL),
            _at(180, Who.SECOND_PATROL),
            _at(300, Who.LEAD),
        ),
        Priority.SECOND: (
            _at(0, Who.PATROL),
            _at(300, Who.PATROL, Channel.CALL),
            _at(600, Who.SECOND_PATROL),
            _at(1200, Who.LEAD),
        ),
        Priority.THIRD: (
            _at(0, Who.PATROL),
            _at(900, Who.PATROL, Channel.SMS, Wording.REMINDER),
            _at(2700, Who.LEAD),
        ),
    }
)
"""Chains by priority, from the round's start (docs/alarm.md#chains). Copied into a dispatch when it starts."""


@dataclass(frozen=True, slots=True)
class Plan:
    """This resident's answers, the town's where the resident has none."""

    recheck: timedelta = timedelta(minutes=15)
    rechecks: int = 1
    """Number of times to look again before ``not_seen`` becomes an alarm; 0 = never."""
    phone_first: bool = False
    phone_rings: int = 8
    """Rings that the resident has to come to the phone; 0: does not hear it, and is never called."""
    two_carers: bool = False
    visit_on_fault: bool = True
    rules: Mapping[Answer | Reason, Rule] = field(default_factory=lambda: MappingProxyType({}))
    """Rows of the reason table that this plan overrides."""

    people_of_ten: int = 1
    """Of ten looks, so many a person sees although the resident's checks turn green by themselves."""

    run_in_nights: int = 3
    """Nights after a mounting on which a patrol goes too, at the time of each look."""

    exact_window: timedelta = timedelta(minutes=10)
    grace: timedelta = timedelta(seconds=60)
    retry_window: timedelta = timedelta(minutes=2)
    recheck_window: timedelta = timedelta(minutes=5)
    recheck_look: timedelta = timedelta(seconds=10)
    """A device looks so long, or as long as the first time if that is longer, when it looks again because nobody was seen."""
    look_within: timedelta = timedelta(minutes=10)
    """A person has to have looked at a ``to_look`` session by then."""
    fault_ahead: timedelta = timedelta(minutes=60)
    """A fault that is known before a check is alarmed this long before it, or the area's target if that is longer."""

    handled_by: HandledBy = HandledBy.ALARM_CENTRE
    self_dispatch_first: timedelta = timedelta(seconds=60)
    self_dispatch: timedelta = timedelta(seconds=120)
    claim_lease: timedelta = timedelta(seconds=90)
    claim_extends: timedelta = timedelta(minutes=3)
    call_extends: timedelta = timedelta(minutes=5)
    technical_hold: timedelta = timedelta(seconds=120)
    arrive_within: timedelta = timedelta(minutes=45)
    """The area's target: on site by then, from the alarm's opening."""
    least_drive: timedelta = timedelta(minutes=10)
    """A carer who accepts late still has this long to drive before being called late."""
    on_site_silence: timedelta = timedelta(minutes=30)
    answer_within: timedelta = timedelta(minutes=5)
    """Time that a carer on site has to answer the SMS that asks, before being called."""
    outcome_within: timedelta = timedelta(minutes=10)
    """Time within which a person has to say how it ended, once nobody needs to go any more."""
    exhausted_repeat: timedelta = timedelta(minutes=5)
    """Time after which the lead and the fixed number are called again when every round is over."""
    nobody_home_within: timedelta = timedelta(minutes=15)
    """Time after which 112 is rung for a person who is not at home, and whom nobody has found or knows to be elsewhere."""
    ring_back_within: timedelta = timedelta(minutes=5)
    """Time within which a person has to see to a carer who was told "vi ringer dig"; the ladder's own, where that is shorter."""
    may_go_out: bool = False
    """The resident may go out at night: then 112 is rung at once. Of the resident's own marks, and no setting."""
    visit_lead: timedelta = timedelta(minutes=60)
    """Time before its hour at which a planned visit is sent out."""
    rounds: int = 3
    chains: Mapping[Priority, tuple[Step, ...]] = field(default_factory=lambda: CHAINS)

    def rule(self, answer: Answer, reason: Reason | None) -> Rule:
        """Return what *answer* with *reason* leads to. Only the table's own ``in_bed`` row can be ``seen``."""
        key: Answer | Reason = reason if reason is not None else answer
        rule = self.rules.get(key, REASON_TABLE[key])
        if rule.reaction is Reaction.SEEN and key is not Answer.IN_BED:
            return REASON_TABLE[key]
        return rule

    @classmethod
    def from_settings(cls, *layers: Mapping[str, Any]) -> "Plan":
        """Lay the town's settings, then the area's, then the resident's over the defaults.

        Durations are given with their unit in the name: ``recheck_minutes``, ``grace_seconds``. ``rules`` is
        ``{reason: {"reaction": …, "kind": …, "priority": …}}``, ``chains`` ``{"1": [{"after_seconds": …, "who": …, "channel": …}]}``.

        Raises:
            ValueError: a name or value is not one of a plan's; the message says which and what would be right.
        """
        plan = cls()
        for layer in layers:
            plan = plan.with_settings(layer)
        return plan

    def with_settings(self, layer: Mapping[str, Any]) -> "Plan":
        """Lay one layer of settings over the plan, as :meth:`from_settings` does."""
        return replace(self, **_fields(layer, self))


_DURATIONS: Final = frozenset(
    name
    for name, value in ((n, Plan.__dataclass_fields__[n].default) for n in Plan.__dataclass_fields__)
    if isinstance(value, timedelta)
)


_COUNTS: Final = {"rechecks": 10, "rounds": 10, "people_of_ten": 10, "run_in_nights": 10, "phone_rings": 20}
_NONE: Final = timedelta(0)
_MOST: Final = timedelta(days=1)
_LEAST: Final[Mapping[str, timedelta]] = MappingProxyType(
    {
        "recheck_look": timedelta(seconds=SECONDS_MIN),
        "claim_lease": timedelta(seconds=30),
        **dict.fromkeys(
            ("on_site_silence", "answer_within", "outcome_within", "exhausted_repeat", "ring_back_within"),
            timedelta(minutes=1),
        ),
    }
)
"""A step that is done again and again needs a pause: without one, the clockwork would call the same phone without end."""
_SPAN_MOST: Final[Mapping[str, timedelta]] = MappingProxyType(
    {"recheck_look": timedelta(seconds=SECONDS_MAX), "ring_back_within": timedelta(minutes=5)}
)
"""The contract's longest look, and the longest that a carer in need waits for a call; every other span may last a day."""


def _fields(layer: Mapping[str, Any], plan: Plan) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, value in layer.items():
        stem, _, unit = name.rpartition("_")
        if stem in _DURATIONS and unit in ("minutes", "seconds"):
            if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 10**6:
                raise BadSetting(SettingFault.NUMBER, f"plan {name}: {value!r}; expected a number of {unit}, 0 or more")
            least, most = _LEAST.get(stem, _NONE), _SPAN_MOST.get(stem, _MOST)
            if not least <= timedelta(**{unit: value}) <= most:
                raise BadSetting(
                    SettingFault.SPAN, f"plan {name}: {value!r}; expected {least} to {most}", least=least, most=most
                )
            fields[stem] = timedelta(**{unit: value})
        elif name in ("phone_first", "two_carers", "visit_on_fault"):
            if not isinstance(value, bool):
                raise BadSetting(SettingFault.TRUTH, f"plan {name}: {value!r}; expected true or false")
            fields[name] = value
        elif name in _COUNTS:
            if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _COUNTS[name]:
                fault = SettingFault.COUNT if _COUNTS[name] == 10 else SettingFault.NUMBER
                raise BadSetting(fault, f"plan {name}: {value!r}; expected a whole number from 0 to {_COUNTS[name]}")
            fields[name] = value
        elif name == "handled_by":
            fields[name] = HandledBy(value)
        elif name == "rules":
            fields[name] = MappingProxyType({**plan.rules, **{_key(k): _rule(k, v) for k, v in value.items()}})
        elif name == "chains":
            fields[name] = MappingProxyType({**plan.chains, **{Priority(int(k)): _chain(v) for k, v in value.items()}})
        else:
            raise BadSetting(
                SettingFault.UNKNOWN, f"plan {name}: no such setting; durations end in _minutes or _seconds"
            )
    return fields


def _key(name: str) -> Answer | Reason:
    return Answer(name) if name in set(Answer) else Reason(name)


def _rule(name: str, value: Mapping[str, Any]) -> Rule:
    key = _key(name)
    default = REASON_TABLE[key]
    reaction = Reaction(value.get("reaction", default.reaction))
    if (reaction is Reaction.SEEN) != (key is Answer.IN_BED):
        raise BadSetting(
            SettingFault.SEEN, f"plan rules.{name}: only in_bed leads to seen, and it leads to nothing else"
        )
    kind = AlarmKind(value["kind"]) if "kind" in value else default.kind
    priority = Priority(value["priority"]) if "priority" in value else default.priority
    return Rule(reaction, kind, priority)


def _chain(steps: list[Mapping[str, Any]]) -> tuple[Step, ...]:
    return tuple(
        Step(
            timedelta(seconds=step["after_seconds"]),
            Who(step["who"]),
            Channel(step.get("channel", "sms")),
            Wording(step.get("wording", "call_out")),
        )
        for step in steps
    )
