"""Pieces of messages: instants, names and numbers within their bounds, and the base that takes no other field."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from schemas import limits


def _not_a_number(value: Any) -> Any:
    if not isinstance(value, str | datetime):
        raise ValueError("an instant is written as text: 2026-01-31T02:00:00Z")
    return value


def _to_utc(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("an instant needs its zone: write it with Z or +00:00")
    if not 1970 <= instant.year <= 9000:
        # Beyond these, adding a zone or an hour overflows: a clock that says so is broken.
        raise ValueError(f"an instant in the year {instant.year}: expected 1970 to 9000")
    return instant.astimezone(UTC)


Instant = Annotated[datetime, BeforeValidator(_not_a_number), AfterValidator(_to_utc)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
Short = Annotated[str, StringConstraints(max_length=200)]
Fraction = Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Seconds = Annotated[int, Field(ge=limits.SECONDS_MIN, le=limits.SECONDS_MAX)]


class Part(BaseModel):
    """Base of every piece of a message: frozen, and unknown fields are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)
