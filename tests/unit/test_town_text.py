"""A town's file as text: whatever is written is read as the same, and a rota's patterns make its nights again."""

import tomllib
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from alarm_center.town.model import ContactEntry, DeviceEntry
from alarm_center.town.rota import ShiftOfNight, patterns
from alarm_center.town.toml_text import table_lines, toml_key, toml_value

STOCKHOLM = ZoneInfo("Europe/Stockholm")
EVENING = datetime(2026, 11, 22, 19, 0, tzinfo=UTC)
TONIGHT = date(2026, 11, 22)

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
VALUES = st.recursive(
    st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS
    | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@given(TEXTS, VALUES)
def test_any_value_is_read_as_it_was_written(key: str, value: object) -> None:
    assert tomllib.loads(f"{toml_key(key)} = {toml_value(value)}") == {key: value}


def test_what_is_the_default_is_left_out() -> None:
    contact = {"name": "Karin", "phone": "+46701740609", "hours": "any", "relation": "", "has_key": True}
    assert list(table_lines("contacts", contact, ContactEntry, many=True)) == [
        "", "[[contacts]]", 'name = "Karin"', 'phone = "+46701740609"', "has_key = true",
    ]  # fmt: skip


def test_a_profile_is_written_as_it_was_said() -> None:
    """Words of a profile count, also where they are the default: that may be another one day."""
    device = {"id": "d1", "kind": "camera", "profile": {"version": 1, "zones": [{"name": "bed", "kind": "bed"}]}}
    text = "\n".join(table_lines("devices", device, DeviceEntry, many=True))
    assert tomllib.loads(text)["devices"][0] == device


@st.composite
def laid_nights(draw: st.DrawFn) -> list[ShiftOfNight]:
    """Nights of up to three shifts of an area in five weeks, each as somebody swapped them."""
    found = []
    for carer, starts, ends in (("A", time(21, 30), time(7)), ("B", time(21, 30), time(7)), ("A", time(12), time(20))):
        days = draw(st.sets(st.integers(0, 34), max_size=35))
        found += [ShiftOfNight("3", carer, "P", "patrol", starts, ends, TONIGHT + timedelta(days=n)) for n in days]
    return [one for one in found if one.ends_at(STOCKHOLM) > EVENING]


@given(laid_nights())
def test_a_rotas_patterns_make_just_its_nights(laid: list[ShiftOfNight]) -> None:
    last = max((one.night for one in laid), default=TONIGHT)
    made = []
    for pattern in patterns(laid, EVENING, STOCKHOLM):
        one = pattern.shift
        for n in range(-1, (last - TONIGHT).days + 1):
            night = TONIGHT + timedelta(days=n)
            begun = pattern.from_night is None or night >= pattern.from_night
            ended = pattern.until_night is not None and night >= pattern.until_night
            if begun and not ended and night.weekday() in pattern.weekdays:
                made.append(ShiftOfNight(one.area, one.carer, one.patrol, one.role, one.starts, one.ends, night))
    assert sorted(one for one in made if one.ends_at(STOCKHOLM) > EVENING) == sorted(laid)


def test_a_swapped_night_parts_a_pattern_in_two() -> None:
    nights = [TONIGHT + timedelta(days=n) for n in range(20)]
    anna = [
        ShiftOfNight("3", "Anna", "P", "patrol", time(21, 30), time(7), night) for night in nights if night != nights[9]
    ]
    bea = ShiftOfNight("3", "Bea", "P", "patrol", time(21, 30), time(7), nights[9])
    found = patterns([*anna, bea], EVENING, STOCKHOLM)
    assert [(each.shift.carer, each.from_night, each.until_night) for each in found] == [
        ("Anna", None, nights[9]), ("Anna", nights[10], None), ("Bea", nights[9], nights[10]),
    ]  # fmt: skip
