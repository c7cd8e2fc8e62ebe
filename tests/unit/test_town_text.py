"""A town's file as text: whatever is written is read as the same."""

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from alarm_center.town.model import ContactEntry, DeviceEntry
from alarm_center.town.toml_text import table_lines, toml_key, toml_value

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
