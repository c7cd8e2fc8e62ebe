"""Sentences of "Din tillsyn", the paper that a resident has at home: when somebody looks, the lamp, and how to pause or stop."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from alarm_center.core.resident_record import TimeRow
from alarm_center.words.catalogues import Speech
from alarm_center.words.catalogues import mark as _
from alarm_center.words.resident_page_words import period_words, time_groups, when_words


@dataclass(frozen=True, slots=True)
class LeafletPart:
    """One heading of the paper with its sentences."""

    heading: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Leaflet:
    """The paper: its title, its parts, and how to ``stop``: the heading, and the sentences before and after the number to ring."""

    title: str
    parts: tuple[LeafletPart, ...]
    stop: tuple[str, str, str]


def leaflet(rows: Sequence[TimeRow], night: date, device: str | None, speech: Speech) -> Leaflet:
    """Return the paper; *device* is the kind in the home, ``None`` without one."""
    return Leaflet(
        speech(_("Din tillsyn")),
        tuple(leaflet_parts(rows, night, device, speech)),
        (
            speech(_("Vill du pausa eller stänga av?")),
            speech(_("Ring när du vill, dag eller natt:")),
            speech(_("Du behöver inte säga varför.")),
        ),
    )


def leaflet_parts(rows: Sequence[TimeRow], night: date, device: str | None, speech: Speech) -> list[LeafletPart]:
    """Return the parts about the looks."""
    times = tuple(_time_sentence(some, night, device, speech) for some in time_groups(rows, night))
    parts = [LeafletPart(speech(_("När")), times or (speech(_("Inga tider är bestämda ännu.")),))]
    if device == "camera":
        lamp = (
            _("Lampan lyser när kameran är på: några sekunder varje gång."),
            _("Är lampan släckt är kameran av. Då kan ingen se dig."),
            _("Bilder sparas aldrig."),
        )
        parts.append(LeafletPart(speech(_("Lampan")), tuple(speech(text) for text in lamp)))
    elif device == "sensors":
        sensor = (_("Lampan lyser när sensorn mäter."), _("Sensorn har ingen kamera och tar inga bilder."))
        parts.append(LeafletPart(speech(_("Lampan")), tuple(speech(text) for text in sensor)))
    return parts


def _time_sentence(rows: Sequence[TimeRow], night: date, device: str | None, speech: Speech) -> str:
    how = _("någon kommer hem till dig")
    if not rows[0].by_visit:
        how = _("sensorn mäter") if device == "sensors" else _("vi tittar till dig med kameran")
    return f"{when_words(rows, speech)}: {speech(how)}{period_words(rows[0], night, speech)}."
