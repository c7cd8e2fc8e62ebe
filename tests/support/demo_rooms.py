"""``python -m tests.support.demo_rooms``: write into the demo's town what each of its cameras knows of its room, taken empty."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from alarm_center.town import reader
from alarm_center.town.model import DeviceEntry, TownFile
from detector.calibrate import calibrate
from drawn_homes import draw
from schemas.messages import Frame, Profile, Session
from schemas.vocabulary import DeviceKind

TOWN: Final = Path(__file__).parents[2] / "fjarrtillsyn" / "demo" / "town.toml"
_TAKE: Final = 99
"""The occasion on which the rooms were taken empty: none of the night's."""
_FPS: Final = 5


def cameras() -> dict[int, DeviceEntry]:
    """Return the demo's cameras by the number of their resident, which is the seed of the room too."""
    town: TownFile = reader.read_town(TOWN.read_text(encoding="utf-8"))
    found = {resident.number: resident.devices[0] for resident in town.residents or ()}
    return {number: device for number, device in found.items() if device.kind is DeviceKind.CAMERA}


def empty_take(number: int, room: Profile) -> Session:
    """Return a look at home *number* with nobody in it."""
    room = room.model_copy(update={"senses": ()})  # an array beside the camera has no empty take
    scene = "empty" if room.expected_people == 1 else "empty_couple"
    shown = draw(scene, number, 10, _FPS, take=_TAKE)
    return Session(
        session_id="empty", org="granby", device="camera", kind=DeviceKind.CAMERA, profile=room, seconds=10,
        started_at=datetime(2026, 11, 22, 12, tzinfo=UTC),
        frames=tuple(Frame(ms=n * 1000 // _FPS, jpeg=jpeg) for n, jpeg in enumerate(shown)),
    )  # fmt: skip


def main() -> None:
    """Write the signatures, in the order of the homes."""
    text = re.sub(r"^signature = .*\n", "", TOWN.read_text(encoding="utf-8"), flags=re.MULTILINE)
    for number, device in cameras().items():
        bare = device.profile.model_copy(update={"signature": ()})
        rows = [list(row) for row in calibrate(empty_take(number, bare).frames, bare).signature]
        before, id_, after = text.partition(f'id = "{device.id}"\n')
        assert id_, f"{device.id} is in the file"
        text = before + id_ + after.replace("expected_people", f"signature = {rows}\nexpected_people", 1)
    TOWN.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
