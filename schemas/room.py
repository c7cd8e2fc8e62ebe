"""Profile of a room for the detector: zones, thresholds, expected people, and the camera and sensors that a session must hold."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from schemas.parts import Fraction, Instant, Name, Number, Part
from schemas.vocabulary import DeviceKind

ZoneKind = Literal["bed", "floor", "door", "mask", "armchair"]

Place = tuple[Fraction, Fraction]
"""Across and down in the picture."""


class Zone(Part):
    """A named polygon in the picture.

    A couple's bed is two zones of kind ``bed``, one a person. A ``mask`` is never looked at. ``seen_by`` says which device
    sees the zone in a home that has both: ``sensors`` is a thermal array, whose rows and columns stand for the picture;
    ``None`` is the camera, or the only device of the home. ``head`` is a place at a bed's head end, such as the pillow's
    middle: two who share the bed lie beside each other across the line from there to its foot. ``None`` where nobody
    has said it.
    """

    name: Name
    kind: ZoneKind
    polygon: tuple[Place, ...] = Field(min_length=3, max_length=32)
    seen_by: DeviceKind | None = None
    head: Place | None = None


Quantity = Literal["thermal_c", "ambient_c", "bed_load_kg", "bed_pressure", "presence", "door_open", "movement"]
Sense = Literal["camera"] | Quantity
"""Contents of a session: a camera's frames, or readings of a quantity."""

Row = Annotated[tuple[Annotated[int, Field(ge=-32768, le=32767)], ...], Field(max_length=1024)]


Level = Annotated[int, Field(ge=0, le=9)]


class RestlessMap(Part):
    """Map of what moves in a room when nobody is there: a curtain, a fan, a screen.

    ``cells`` are rows of the picture from its top, each from the left: 0 is still, 9 moves most. ``taken_at`` is when the room was
    filmed with nobody in it; a detector believes the map less each day, and for 60 at the most.
    """

    taken_at: Instant
    cells: tuple[Annotated[tuple[Level, ...], Field(min_length=1, max_length=32)], ...] = Field(
        min_length=1, max_length=18
    )

    @model_validator(mode="after")
    def _rows_of_one_length(self) -> Self:
        if len({len(row) for row in self.cells}) > 1:
            raise ValueError("the rows of cells are not of one length")
        return self


class Profile(Part):
    """A room's geometry and numbers for the detector, never a picture.

    ``thresholds`` override the detector's own by name. ``signature`` is the coarse structure of the empty
    room, rows of small integers (see docs/detector.md); empty when the room was never calibrated. ``senses`` names
    the contents that every session of this home must hold: a session that lacks one is never green. Empty, it demands none. ``restless``
    is what moves in the room when nobody is there; ``None`` where nothing does, or nobody has filmed it.
    """

    version: int = Field(default=1, ge=1)
    zones: tuple[Zone, ...] = Field(default=(), max_length=32)
    expected_people: int = Field(default=1, ge=1, le=4)
    pets: bool = False
    thresholds: dict[Name, Number] = Field(default_factory=dict, max_length=200)
    signature: tuple[Row, ...] = Field(default=(), max_length=64)
    senses: tuple[Sense, ...] = Field(default=(), max_length=8)
    restless: RestlessMap | None = None

    @model_validator(mode="before")
    @classmethod
    def _zones_by_name(cls, data: Any) -> Any:
        """Take ``zones`` also as ``{name: polygon}``, or ``{name: {polygon, head}}``: the kind is then the name's first word."""
        if isinstance(data, dict) and isinstance(data.get("zones"), dict):
            zones = [
                {"name": name, "kind": str(name).split("_")[0]}
                | (said if isinstance(said, dict) else {"polygon": said})
                for name, said in data["zones"].items()
            ]
            return {**data, "zones": zones}
        return data

    def for_sensors(self, *, beside_camera: bool) -> Self:
        """Return this profile with the sensors' own zones alone.

        In a home with a camera these are the zones with ``seen_by`` set to sensors; without one, also those that say nothing.
        A home has a camera if *beside_camera*, if ``senses`` names it, or if any zone sets ``seen_by``.
        """
        said = any(zone.seen_by is not None for zone in self.zones)
        camera = beside_camera or said or "camera" in self.senses
        mine = (DeviceKind.SENSORS,) if camera else (DeviceKind.SENSORS, None)
        zones = (zone.model_copy(update={"seen_by": None}) for zone in self.zones if zone.seen_by in mine)
        return self.model_copy(update={"zones": tuple(zones)})
