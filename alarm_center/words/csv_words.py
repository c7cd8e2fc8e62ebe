"""Headings of a town's tables as Excel saves them: each is understood in Swedish, and by the name that the town's file has."""

from collections.abc import Mapping
from typing import Final

RESIDENT_COLUMNS: Final[Mapping[str, str]] = {
    "nummer": "number",
    "namn": "name",
    "område": "area",
    "utförare": "performer",
    "adress": "address",
    "telefon": "phone",
    "risk": "risk",
    "husdjur": "pets",
    "bor med": "cohabitant",
    "den som bor med sover": "cohabitant_sleeps",
    "delar säng med": "shares_bed_with",
    "skyddade uppgifter": "protected",
    "väg in": "access",
    "portkod": "port_code",
    "nyckelns plats": "key_place",
    "annan väg in": "second_way",
    "dörren provad": "door_tried_on",
    "anteckningar": "notes",
    "samtycke": "consent.state",
    "samtycke den": "consent.given_on",
    "samtycke hur": "consent.basis",
    "beslut": "decision.reference",
    "beslut från": "decision.starts_on",
    "beslut till": "decision.ends_on",
    "prövas till": "decision.trial_ends_on",
    "uppföljning": "decision.follow_up_on",
    "utrustning": "devices.id",
    "utrustning sort": "devices.kind",
    "tider": "slots",
}

TIME_COLUMNS: Final[Mapping[str, str]] = {
    "nummer": "number",
    "tid": "time",
    "dagar": "weekdays",
    "fönster": "window_minutes",
    "sekunder": "seconds",
    "besök": "by_visit",
    "från natten": "from_night",
    "till natten": "until_night",
}

STARTS_HEADING: Final = "från"
RECORD_COLUMNS: Final[Mapping[str, str]] = {
    "beslut": "reference",
    "nummer": "number",
    "sort": "kind",
    STARTS_HEADING: "starts_on",
    "till": "ends_on",
}
"""Headings of the care record's decisions."""

RISKS: Final[Mapping[str, int]] = {"hög": 1, "mellan": 2, "låg": 3, "high": 1, "medium": 2, "low": 3}
YES: Final = frozenset({"ja", "x", "sant", "true", "yes", "1"})
NO: Final = frozenset({"nej", "falskt", "false", "no", "0"})
CONSENT_WORDS: Final[Mapping[str, str]] = {
    "ja": "given",
    "delvis": "limited",
    "nej": "revoked",
    "återkallat": "revoked",
}
DECISION_WORDS: Final[Mapping[str, str]] = {"beslut": "decision", "erbjudande": "offer_without_test"}
DEVICE_WORDS: Final[Mapping[str, str]] = {"kamera": "camera", "sensorer": "sensors"}
SLEEP_WORDS: Final[Mapping[str, str]] = {"samma säng": "same_bed", "samma rum": "same_room", "annat rum": "elsewhere"}
EVERY_NIGHT: Final = frozenset({"alla", "varje natt", "every"})
