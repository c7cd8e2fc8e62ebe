"""Errors between the parts of a town's file: references that lead nowhere, doubles, overlaps, consents.

Works on what the TOML parser gives, so that these errors are found beside, not after, those of single fields.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

from alarm_center.core import phone_numbers
from alarm_center.core.people import TOWN_CARE
from alarm_center.core.plan import Plan
from alarm_center.core.plan_faults import BadSetting, SettingFault
from alarm_center.town import bed_checks, time_checks
from alarm_center.town.field_errors import misplaced
from alarm_center.town.file_tables import Table, order_errors, tables_of
from alarm_center.town.problems import Found
from alarm_center.town.toml_lines import Where
from alarm_center.words import town_words
from alarm_center.words.town_words import TownSentence, sentence
from schemas.vocabulary import CohabitantSleeps, ConsentTo


def cross_errors(data: Table, country: str, today: date | None = None) -> list[Found]:
    """Return everything that is wrong between the parts of *data*; parts of the wrong kind are passed over."""
    return [
        *_organisation_errors(data),
        *_double_errors(data, country),
        *_reference_errors(data),
        *_plan_errors(data),
        *_home_errors(data),
        *_cohabitant_errors(data),
        *bed_checks.bed_errors(data),
        *_agreement_errors(data),
        *time_checks.slot_errors(data),
        *time_checks.shift_errors(data),
        *(ended_decisions(data, today) if today is not None else ()),
    ]


def ended_decisions(data: Table, today: date) -> list[Found]:
    """Return the residents whose supervision goes on although their decision has ended by *today*."""
    found: list[Found] = []
    for place, resident in tables_of(data, "residents"):
        decision = resident.get("decision")
        if not isinstance(decision, dict) or not _is_supervised(resident):
            continue
        for name in ("ends_on", "trial_ends_on"):
            ends = decision.get(name)
            if name == "trial_ends_on" and decision.get("after_trial"):
                continue
            if isinstance(ends, date) and ends < today:
                words = town_words.TRIAL_OVER if name == "trial_ends_on" else town_words.DECISION_OVER
                found.append(((*place, "decision", name), sentence(words, day=ends)))
    return found


def _organisation_errors(data: Table) -> Iterator[Found]:
    organisation = data.get("organisation")
    name = organisation.get("id") if isinstance(organisation, dict) else None
    if isinstance(name, str) and name in ("pulse", "detector"):
        yield ("organisation", "id"), sentence(town_words.NAME_TAKEN, name=name)


_NAMED_ONCE: Final = (
    ("areas", "code", town_words.AREA_TWICE),
    ("performers", "code", town_words.PERFORMER_TWICE),
    ("legal_positions", "code", town_words.POSITION_TWICE),
    ("users", "login", town_words.LOGIN_TWICE),
    ("carers", "name", town_words.CARER_TWICE),
    ("residents", "number", town_words.NUMBER_TWICE),
)


def _double_errors(data: Table, country: str) -> Iterator[Found]:
    for part, key, words in _NAMED_ONCE:
        seen: dict[Any, int] = {}
        for place, table in tables_of(data, part):
            yield from _double_error(seen, table.get(key), (*place, key), words)
    phones: dict[Any, int] = {}
    for place, carer in tables_of(data, "carers"):
        number = _phone_number(carer.get("phone"), country)
        yield from _double_error(phones, number, (*place, "phone"), town_words.PHONE_TWICE)
    devices: dict[Any, int] = {}
    references: dict[Any, int] = {}
    for place, resident in tables_of(data, "residents"):
        for at, device in tables_of(resident, "devices", place):
            yield from _double_error(devices, device.get("id"), (*at, "id"), town_words.DEVICE_TWICE)
        contacts: dict[Any, int] = {}
        for at, contact in tables_of(resident, "contacts", place):
            number = _phone_number(contact.get("phone"), country)
            yield from _double_error(contacts, number, (*at, "phone"), town_words.PHONE_TWICE)
        kinds: dict[Any, int] = {}
        for at, device in tables_of(resident, "devices", place):
            yield from _double_error(kinds, device.get("kind"), (*at, "kind"), town_words.KIND_TWICE)
        decision = resident.get("decision")
        if isinstance(decision, dict):
            at = (*place, "decision", "reference")
            yield from _double_error(references, decision.get("reference"), at, town_words.DECISION_TWICE)


def _double_error(seen: dict[Any, int], value: Any, place: Where, words: str) -> Iterator[Found]:
    """Yield an error when *value* was there before, with the position of the table that had it."""
    if not isinstance(value, str | int) or isinstance(value, bool):
        return
    if value in seen:
        yield place, sentence(words, value=value, owner=seen[value])
    seen.setdefault(value, next((step for step in place if isinstance(step, int)), 0) + 1)


def _phone_number(value: Any, country: str) -> str | None:
    try:
        return phone_numbers.parse_phone_number(value, country)
    except ValueError:
        return None


def _reference_errors(data: Table) -> Iterator[Found]:
    areas = _names_in(data, "areas", "code")
    carers = _names_in(data, "carers", "name")
    logins = _names_in(data, "users", "login")
    for part in ("residents", "shifts"):
        for place, table in tables_of(data, part):
            yield from _unknown_name_error(areas, table.get("area"), (*place, "area"), town_words.NO_AREA)
    for place, user in tables_of(data, "users"):
        codes = user.get("areas")
        for code in codes if isinstance(codes, list) else ():
            yield from _unknown_name_error(areas, code, (*place, "areas"), town_words.NO_AREA)
    yield from _performer_errors(data)
    for place, shift in tables_of(data, "shifts"):
        yield from _unknown_name_error(carers, shift.get("carer"), (*place, "carer"), town_words.NO_CARER)
    for place, carer in tables_of(data, "carers"):
        yield from _unknown_name_error(logins, carer.get("login"), (*place, "login"), town_words.NO_USER)
    # A table that is laid over the town has no users: there somebody who has left stays named.
    for place, resident in tables_of(data, "residents") if "users" in data else ():
        relatives = resident.get("closed_to")
        for login in relatives if isinstance(relatives, list | tuple) else ():
            yield from _unknown_name_error(logins, login, (*place, "closed_to"), town_words.NO_USER)


def _performer_errors(data: Table) -> Iterator[Found]:
    performers = _names_in(data, "performers", "code")
    for place, resident in tables_of(data, "residents"):
        if resident.get("performer") == TOWN_CARE:
            yield (*place, "performer"), sentence(town_words.OWN_CARE_UNSAID)
        else:
            yield from _unknown_name_error(
                performers, resident.get("performer"), (*place, "performer"), town_words.NO_PERFORMER
            )
    for place, user in tables_of(data, "users"):
        codes = user.get("performers")
        for code in codes if isinstance(codes, list) else ():
            yield from _unknown_name_error(
                performers | {TOWN_CARE}, code, (*place, "performers"), town_words.NO_PERFORMER
            )


def _names_in(data: Table, part: str, key: str) -> set[str]:
    """Return the names that the tables of *part* give themselves; what is no text names nothing."""
    return {name for _, table in tables_of(data, part) if isinstance(name := table.get(key), str)}


def _unknown_name_error(names: set[str], value: Any, place: Where, words: str) -> Iterator[Found]:
    if isinstance(value, str) and value not in names:
        yield place, sentence(words, value=f"{value:.40}")


def _plan_errors(data: Table) -> Iterator[Found]:
    owners: list[tuple[Where, Any]] = [(("organisation",), data.get("organisation"))]
    owners += [*tables_of(data, "areas"), *tables_of(data, "residents")]
    for place, owner in owners:
        plan = owner.get("plan") if isinstance(owner, dict) else None
        for name, value in plan.items() if isinstance(plan, dict) else ():
            at = (*place, "plan", name)
            try:
                Plan.from_settings({name: value})
            except BadSetting as error:
                astray = misplaced(at) if error.fault is SettingFault.UNKNOWN else None
                yield astray or (at, _setting_words(error, value))
            except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
                yield at, sentence(town_words.PLAN_FORM, example=_PLAN_EXAMPLES.get(name, f"{name} = …"))


_PLAN_EXAMPLES: Final[Mapping[str, str]] = {
    "handled_by": 'handled_by = "alarm_centre"',
    "rules": 'rules = { at_edge = { reaction = "recheck", priority = 3 } }',
    "chains": 'chains = { 1 = [{ who = "patrol", after_seconds = 0 }] }',
}


def _setting_words(error: BadSetting, value: Any) -> TownSentence:
    match error.fault:
        case SettingFault.NUMBER:
            return sentence(town_words.PLAN_NUMBER, value=value)
        case SettingFault.SPAN:
            return sentence(town_words.PLAN_SPAN, value=value, least=error.least, most=error.longest)
        case SettingFault.TRUTH:
            return sentence(town_words.TRUE_OR_FALSE)
        case SettingFault.COUNT:
            return sentence(town_words.PLAN_COUNT, value=value)
        case SettingFault.SEEN:
            return sentence(town_words.PLAN_SEEN)
        case SettingFault.UNKNOWN:
            return sentence(town_words.PLAN_UNKNOWN)


def _is_supervised(resident: Table) -> bool:
    """Return whether a device looks after this resident, who still lives there."""
    if resident.get("moved_on") or resident.get("died_on"):
        return False
    return any(not slot.get("by_visit") for _, slot in tables_of(resident, "slots"))


def _allowed_words(consent: Table) -> set[str] | None:
    """Return the words that a limited consent allows; ``None`` where it is another, or not in the form of one."""
    allows = consent.get("allows", ["sensors"])
    if consent.get("state") != "limited" or not isinstance(allows, list):
        return None
    words = {str(word) for word in allows}
    return words if words and words <= set(ConsentTo) else None


def _home_errors(data: Table) -> Iterator[Found]:
    beside = bed_checks.companions(data)
    for place, resident in tables_of(data, "residents"):
        supervised = _is_supervised(resident)
        number = resident.get("number")
        homes = (resident, beside.get(number, {}) if isinstance(number, int) else {})
        devices = [device for each in homes for _, device in tables_of(each, "devices")]
        for at, slot in tables_of(resident, "slots", place):
            if supervised and not slot.get("by_visit") and not devices:
                yield at, sentence(town_words.NO_DEVICE)
        kinds = {str(device.get("kind")) for device in devices}
        consents = [("consent", supervised or bool(devices))]
        consents.append(("cohabitant_consent", bool(resident.get("cohabitant")) and (supervised or bool(devices))))
        for name, needed in consents:
            consent = resident.get(name)
            if consent is None and needed:
                words = town_words.CONSENT_MISSING if name == "consent" else town_words.OTHER_CONSENT_MISSING
                yield (*place, name), sentence(words)
            elif isinstance(consent, dict) and consent.get("state") == "revoked" and not consent.get("instead"):
                yield (*place, name, "instead"), sentence(town_words.INSTEAD_MISSING)
            elif isinstance(consent, dict) and supervised and devices:
                allowed = _allowed_words(consent)
                if allowed is not None and kinds & allowed:
                    # Everybody in the home has to agree to the same device: the next consent is asked of those that are left.
                    kinds &= allowed
                elif allowed is not None:
                    said = sentence(town_words.LETS_NOTHING_LOOK, kinds=", ".join(sorted(kinds)))
                    yield (*place, name, "allows"), said
        if resident.get("cohabitant_consent") and not resident.get("cohabitant"):
            yield (*place, "cohabitant"), sentence(town_words.COHABITANT_MISSING)
        slots = not (resident.get("moved_on") or resident.get("died_on")) and any(tables_of(resident, "slots"))
        if slots and not resident.get("decision"):
            yield (*place, "decision"), sentence(town_words.DECISION_MISSING)
        yield from _date_errors(place, resident)
        if resident.get("green_by") == "detector" and not (resident.get("signed_by") and resident.get("signed_on")):
            yield (*place, "green_by"), sentence(town_words.NOT_SIGNED)


def _cohabitant_errors(data: Table) -> Iterator[Found]:
    """Yield devices that expect one person and have a cohabitant in view: green would be of either of them."""
    elsewhere = f'cohabitant_sleeps = "{CohabitantSleeps.ELSEWHERE}"'
    for place, resident in tables_of(data, "residents"):
        sleeps = resident.get("cohabitant_sleeps")
        if not resident.get("cohabitant"):
            if sleeps is not None:
                yield (*place, "cohabitant"), sentence(town_words.SLEEPS_WITHOUT)
            continue
        for at, device in tables_of(resident, "devices", place):
            profile = device.get("profile")
            expected = profile.get("expected_people", 1) if isinstance(profile, dict) else 1
            if expected != 1 or sleeps == CohabitantSleeps.ELSEWHERE:
                continue
            if sleeps is None:
                said = sentence(town_words.SLEEPS_MISSING, device=device.get("id"), elsewhere=elsewhere)
                yield (*place, "cohabitant_sleeps"), said
            else:
                said = sentence(town_words.ONE_EXPECTED, sleeps=sleeps, elsewhere=elsewhere)
                yield (*at, "profile", "expected_people"), said


def _agreement_errors(data: Table) -> Iterator[Found]:
    """Yield consents that say no to what the plan does, or name a legal position that the file lacks."""
    positions = _names_in(data, "legal_positions", "code")
    for place, resident in tables_of(data, "residents"):
        for name in ("consent", "cohabitant_consent"):
            consent = resident.get(name)
            if not isinstance(consent, dict):
                continue
            if resident.get("green_by") == "detector" and consent.get("automatic") is False:
                yield (*place, "green_by"), sentence(town_words.NOT_AUTOMATIC, consent=name)
            code = consent.get("legal_position")
            yield from _unknown_name_error(positions, code, (*place, name, "legal_position"), town_words.NO_POSITION)
            yield from order_errors(consent, "given_on", "second_talk_on", (*place, name))


def _date_errors(place: Where, resident: Table) -> Iterator[Found]:
    decision = resident.get("decision")
    if isinstance(decision, dict):
        yield from order_errors(decision, "starts_on", "ends_on", (*place, "decision"))
        yield from order_errors(decision, "starts_on", "trial_ends_on", (*place, "decision"))
    for at, slot in tables_of(resident, "slots", place):
        yield from order_errors(slot, "from_night", "until_night", at)
